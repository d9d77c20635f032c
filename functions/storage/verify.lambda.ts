import { ebsGateway } from '../gateways/ebs.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { verify } from './verify.step.ts';

export const handler = lambda(verify, {
  clock: systemClock,
  ledger: ledgerGateway,
  ebs: ebsGateway,
  ssm: ssmGateway,
});

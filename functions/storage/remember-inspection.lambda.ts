import { fleetFile } from '../fleet/load.ts';
import { ebsGateway } from '../gateways/ebs.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { rememberInspection } from './remember-inspection.step.ts';

export const handler = lambda(rememberInspection, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  ebs: ebsGateway,
  ssm: ssmGateway,
});

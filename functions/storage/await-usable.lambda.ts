import { ebsGateway } from '../gateways/ebs.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { awaitUsable } from './await-usable.step.ts';

export const handler = lambda(awaitUsable, {
  clock: systemClock,
  ledger: ledgerGateway,
  workflows: workflowsGateway,
  ebs: ebsGateway,
  ssm: ssmGateway,
});

import { ebsGateway } from '../gateways/ebs.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { awaitCompleted } from './await-completed.step.ts';

export const handler = lambda(awaitCompleted, {
  clock: systemClock,
  ledger: ledgerGateway,
  workflows: workflowsGateway,
  ebs: ebsGateway,
  ssm: ssmGateway,
});

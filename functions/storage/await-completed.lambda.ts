import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { awaitCompleted } from './await-completed.step.ts';
import { services } from './services.ts';

export const handler = lambda(awaitCompleted, {
  clock: systemClock,
  ledger: ledgerGateway,
  workflows: workflowsGateway,
  ...services,
});

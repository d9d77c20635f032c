import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { services } from './services.ts';
import { wakeWaiting } from './wake-waiting.step.ts';

export const handler = lambda(wakeWaiting, {
  clock: systemClock,
  ledger: ledgerGateway,
  workflows: workflowsGateway,
  ssm: ssmGateway,
  ...services,
});

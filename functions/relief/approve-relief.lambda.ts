import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { notifyGateway } from '../gateways/notify.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { approveRelief } from './approve-relief.step.ts';

export const handler = lambda(approveRelief, {
  clock: systemClock,
  ledger: ledgerGateway,
  notify: notifyGateway,
  workflows: workflowsGateway,
});

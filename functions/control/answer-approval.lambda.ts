import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { answerApproval } from './answer-approval.step.ts';

export const handler = lambda(answerApproval, {
  clock: systemClock,
  ledger: ledgerGateway,
  workflows: workflowsGateway,
});

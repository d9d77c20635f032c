import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { startWorkflow } from './start-workflow.step.ts';

export const handler = lambda(startWorkflow, {
  fleet: fleetFile,
  ledger: ledgerGateway,
  workflows: workflowsGateway,
});

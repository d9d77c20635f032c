import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { topicsGateway } from '../gateways/topics.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { restoreRetention } from './restore-retention.step.ts';

export const handler = lambda(restoreRetention, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  topics: topicsGateway,
  workflows: workflowsGateway,
});

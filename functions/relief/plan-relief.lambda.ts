import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { metricsGateway } from '../gateways/metrics.ts';
import { mskGateway } from '../gateways/msk.ts';
import { topicsGateway } from '../gateways/topics.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { planRelief } from './plan-relief.step.ts';

export const handler = lambda(planRelief, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  metrics: metricsGateway,
  msk: mskGateway,
  topics: topicsGateway,
  workflows: workflowsGateway,
});

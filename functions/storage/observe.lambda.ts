import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { metricsGateway } from '../gateways/metrics.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { observe } from './observe.step.ts';
import { services } from './services.ts';

export const handler = lambda(observe, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  metrics: metricsGateway,
  workflows: workflowsGateway,
  ...services,
});

import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { metricsGateway } from '../gateways/metrics.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { services } from './services.ts';
import { verify } from './verify.step.ts';

export const handler = lambda(verify, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  metrics: metricsGateway,
  ssm: ssmGateway,
  ...services,
});

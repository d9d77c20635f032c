import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { metricsGateway } from '../gateways/metrics.ts';
import { mskTopicsGateway } from '../gateways/msk-topics.ts';
import { mskGateway } from '../gateways/msk.ts';
import { notifyGateway } from '../gateways/notify.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { record } from './record.step.ts';

export const handler = lambda(record, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  notify: notifyGateway,
  msk: mskGateway,
  metrics: metricsGateway,
  topics: mskTopicsGateway,
});

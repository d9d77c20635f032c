import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { metricsGateway } from '../gateways/metrics.ts';
import { mskGateway } from '../gateways/msk.ts';
import { notifyGateway } from '../gateways/notify.ts';
import { scheduleGateway } from '../gateways/schedule.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { recordRestore } from './record-restore.step.ts';

export const handler = lambda(recordRestore, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  metrics: metricsGateway,
  msk: mskGateway,
  notify: notifyGateway,
  schedule: scheduleGateway,
});

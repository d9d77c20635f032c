import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { notifyGateway } from '../gateways/notify.ts';
import { scheduleGateway } from '../gateways/schedule.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { recordRelief } from './record-relief.step.ts';

export const handler = lambda(recordRelief, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  notify: notifyGateway,
  schedule: scheduleGateway,
});

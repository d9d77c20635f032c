import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { scheduleGateway } from '../gateways/schedule.ts';
import { topicsGateway } from '../gateways/topics.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { armRelief } from './arm-relief.step.ts';

export const handler = lambda(armRelief, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  topics: topicsGateway,
  schedule: scheduleGateway,
});

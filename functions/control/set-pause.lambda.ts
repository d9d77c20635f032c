import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { setPause } from './set-pause.step.ts';

export const handler = lambda(setPause, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
});

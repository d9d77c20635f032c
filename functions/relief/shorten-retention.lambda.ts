import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { topicsGateway } from '../gateways/topics.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { shortenRetention } from './shorten-retention.step.ts';

export const handler = lambda(shortenRetention, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  topics: topicsGateway,
});

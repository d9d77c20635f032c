import { fleetFile } from '../fleet/load.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { apply } from './apply.step.ts';
import { services } from './services.ts';

export const handler = lambda(apply, { clock: systemClock, fleet: fleetFile, ledger: ledgerGateway, ...services });

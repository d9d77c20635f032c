/**
 * The ledger on DynamoDB. Each subject has its file; keys and how long things are kept: `keys.ts`.
 *
 * Needs dynamodb:GetItem, PutItem, UpdateItem, DeleteItem, ConditionCheckItem and Query on the table, Query on its index.
 * Gateway endpoints reach it from private networks.
 */
import type { Wire } from '../../runtime/runtime.ts';
import { approvals } from './approvals.ts';
import { clusters } from './clusters.ts';
import { heard } from './heard.ts';
import { journal } from './journal.ts';
import { leases } from './leases.ts';
import type { Ledger } from './ledger.ts';
import { operations } from './operations.ts';
import { reliefs } from './relief.ts';
import { slots } from './slots.ts';
import { ledgerStore } from './store.ts';
import { volumes } from './volumes.ts';
import { waits } from './waiting.ts';

export const ledgerGateway: Wire<Ledger> = (runtime) => {
  const store = ledgerStore(runtime);
  return {
    ...leases(store),
    ...clusters(store),
    ...journal(store),
    ...volumes(store),
    ...operations(store),
    ...approvals(store),
    ...waits(store),
    ...heard(store),
    ...slots(store),
    ...reliefs(store),
  };
};

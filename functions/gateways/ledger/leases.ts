/**
 * Leases. A free lease's item stays, so that its fence only ever grows: a writer of long ago is refused for good.
 */
import type { Ledger } from './ledger.ts';
import { LedgerItemUnreadable } from './faults.ts';
import { HeldLease, type Item, read } from './items.ts';
import { leaseKey } from './keys.ts';
import type { Store } from './store.ts';

export function leases(store: Store): Pick<Ledger, 'takeLease' | 'releaseLease' | 'readLease'> {
  return {
    /** Our own earlier taking, be it a lost answer or a re-run step, is given back as it was: same fence, same time. */
    async takeLease({ name, operationId, executionArn, nowMs, over }) {
      const { written, item } = await store.update(leaseKey(name), (x) => {
        const free = `attribute_not_exists(${x.path('executionArn')})`;
        const proven = over && `(${x.equal('executionArn', over.executionArn)} AND ${x.equal('fence', over.fence)})`;
        const set = `SET ${x.stamp('lease')}, ${x.assign({ name, operationId, executionArn, takenAtMs: nowMs })}`;
        return {
          update: `${set} ADD ${x.path('fence')} ${x.value(1)}`,
          condition: proven === undefined ? free : `${free} OR ${proven}`,
        };
      });
      const holder = item && held(item);
      if (holder === undefined) throw new LedgerItemUnreadable(`the lease ${name} was neither taken nor is it held`);
      const taken = written || holder.executionArn === executionArn;
      return taken ? { taken, lease: holder } : { taken, holder };
    },

    /** True too when we gave it back already: nobody has taken it since, for the fence is still ours. */
    async releaseLease({ name, executionArn, fence }) {
      const { written, item } = await store.update(leaseKey(name), (x) => ({
        update: `REMOVE ${x.path('executionArn')}, ${x.path('operationId')}, ${x.path('takenAtMs')}`,
        condition: `${x.equal('executionArn', executionArn)} AND ${x.equal('fence', fence)}`,
      }));
      return written || (item !== undefined && held(item) === undefined && item.fence === fence);
    },

    async readLease(name) {
      const item = await store.get(leaseKey(name));
      return item && held(item);
    },
  };
}

function held(item: Item) {
  return item.executionArn === undefined ? undefined : read(HeldLease, 'lease', item);
}

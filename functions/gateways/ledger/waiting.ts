/** Parked workflows by what they wait for. */
import type { Ledger } from './ledger.ts';
import { PlainWaiting, read } from './items.ts';
import { waitingKey } from './keys.ts';
import { expiresAt, waitingDays } from './limits.ts';
import { absent, type Store } from './store.ts';

export function waits(store: Store): Pick<Ledger, 'putWaiting' | 'waiting' | 'deleteWaiting'> {
  return {
    /** An older wait never replaces a newer one: its token is closed. */
    async putWaiting({ resource, token, operationId, cluster, detail, sinceMs }) {
      const fields = { resource, token, operationId, cluster, detail, sinceMs };
      await store.put(
        waitingKey(resource),
        'waiting',
        { ...fields, expiresAt: expiresAt(sinceMs, waitingDays) },
        (x) => `${absent(x)} OR ${x.path('sinceMs')} <= ${x.value(sinceMs)}`,
      );
    },

    async waiting(resource) {
      const item = await store.get(waitingKey(resource));
      return item && read(PlainWaiting, 'waiting', item);
    },

    async deleteWaiting(resource, token) {
      await store.delete(waitingKey(resource), (x) => x.equal('token', token));
    },
  };
}

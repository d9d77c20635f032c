/** Events that came while nobody waited for them: the last one of each resource, for an hour. */
import type { Ledger } from './ledger.ts';
import { PlainHeard, read } from './items.ts';
import { heardKey } from './keys.ts';
import { expiresAt, heardDays } from './limits.ts';
import { absent, type Store } from './store.ts';

export function heard(store: Store): Pick<Ledger, 'heard' | 'wasHeard'> {
  return {
    /** An older event that arrives late never replaces a newer one. */
    async heard(resource, atMs) {
      await store.put(
        heardKey(resource),
        'heard',
        { resource, atMs, expiresAt: expiresAt(atMs, heardDays) },
        (x) => `${absent(x)} OR ${x.path('atMs')} <= ${x.value(atMs)}`,
      );
    },

    /** Judged by the event's own time: DynamoDB deletes what is over only within days. */
    async wasHeard(resource, sinceMs) {
      const item = await store.get(heardKey(resource));
      return item !== undefined && read(PlainHeard, 'heard', item).atMs >= sinceMs;
    },
  };
}

/**
 * Places in queues: a token bucket kept as one time, that of the next place (GCRA). Each taking moves it on by `everyMs`;
 * it lags behind the clock by at most `burst - 1` places, which are those that may go at once.
 *
 *     burst 3, rested:    place  now-2e  now-e   now   now+e  now+2e
 *                         goes    now     now    now   now+e  now+2e
 *
 * Every taking is one sum in DynamoDB on the time as it stands there, and that time only ever grows: no two callers get
 * the same place, whatever their clocks say. A caller whose clock is fast moves a rested queue on by as much, and the
 * others wait for it; one whose clock is slow waits longer itself.
 */
import type { Ledger } from './ledger.ts';
import { LedgerContended, LedgerContradiction, LedgerItemUnreadable } from './faults.ts';
import { PlainQueue, PlainSlot, read } from './items.ts';
import { queueKey, slotKey } from './keys.ts';
import { expiresAt, slotDays } from './limits.ts';
import { absent, type Store, type Written } from './store.ts';

type Taking = Parameters<Ledger['takeSlot']>[0];

export function slots(store: Store): Pick<Ledger, 'takeSlot'> {
  return {
    /**
     * First a place, then the note whose it is: where an answer is lost in between, or the same holder asks twice at
     * once, a place stays empty, and none is given twice.
     *
     * @throws LedgerContradiction when `burst` is below 1 or `everyMs` is not above 0
     */
    async takeSlot(taking) {
      const { queue, holder, nowMs, burst, everyMs } = taking;
      if (!(burst >= 1 && everyMs > 0))
        throw new LedgerContradiction(`a queue of ${burst} at once and one each ${everyMs} ms lets nobody through`);
      const key = slotKey(queue, holder);
      const first = await store.get(key);
      if (first !== undefined) return read(PlainSlot, 'slot', first);

      const atMs = Math.max(nowMs, Math.round(await nextPlace(store, taking)));
      const fields = { queue, holder, atMs, expiresAt: expiresAt(atMs, slotDays) };
      const put = await store.put(key, 'slot', fields, absent);
      if (put.written) return { atMs };
      if (put.item === undefined)
        throw new LedgerItemUnreadable(`the slot of ${holder} in ${queue} stands and is not there`);
      return read(PlainSlot, 'slot', put.item);
    },
  };
}

/**
 * Rarely more than one write: a second one for a queue that rested, a third one where another caller found it rested in
 * the same moment. Then it stands no further back than it did for us, so that the third one is never refused.
 */
async function nextPlace(store: Store, { queue, nowMs, burst, everyMs }: Taking): Promise<number> {
  const restedMs = nowMs - (burst - 1) * everyMs;
  const moveOn = (): Promise<Written> =>
    store.update(queueKey(queue), (x) => ({
      update: `SET ${x.path('nextAtMs')} = ${x.path('nextAtMs')} + ${x.value(everyMs)}`,
      condition: `${x.path('nextAtMs')} >= ${x.value(restedMs)}`,
    }));
  const beginAnew = (): Promise<Written> =>
    store.update(queueKey(queue), (x) => ({
      update: `SET ${x.stamp('queue')}, ${x.assign({ queue, nextAtMs: restedMs + everyMs })}`,
      condition: `${absent(x)} OR ${x.path('nextAtMs')} < ${x.value(restedMs)}`,
    }));

  for (const write of [moveOn, beginAnew, moveOn]) {
    const { written, item } = await write();
    if (written) return read(PlainQueue, 'queue', item).nextAtMs - everyMs;
  }
  throw new LedgerContended(`the queue ${queue} was taken away while a place in it was taken`);
}

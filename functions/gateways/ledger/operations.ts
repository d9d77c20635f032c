/** Operations with their timeline, listed by cluster through the index. */
import { isDeepStrictEqual } from 'node:util';
import type { Ledger, Operation } from './ledger.ts';
import { LedgerContended, LedgerContradiction } from './faults.ts';
import { FullOperation, PlainOperation, read } from './items.ts';
import { operationKey, sortableMs } from './keys.ts';
import {
  decisionBytesMax,
  detailBytesMax,
  expiresAt,
  recordDays,
  shortened,
  timelineEntriesMax,
  triggerBytesMax,
} from './limits.ts';
import { absent, type Store } from './store.ts';

const triesMax = 8;

type Note = Operation['timeline'][number];
type Operations = Pick<Ledger, 'openOperation' | 'updateOperation' | 'operation' | 'operations'>;

export function operations(store: Store): Operations {
  return {
    async openOperation(operation) {
      const { operationId, startedAtMs, trigger, decision, timeline } = operation;
      const fields = {
        ...operation,
        trigger: shortened(trigger, triggerBytesMax),
        ...(decision !== undefined && { decision: shortened(decision, decisionBytesMax) }),
        timeline: timeline.slice(-timelineEntriesMax).map(short),
        revision: 1,
        sortAt: `${sortableMs(startedAtMs)}#${operationId}`,
        expiresAt: expiresAt(startedAtMs, recordDays),
      };
      await store.put(operationKey(operationId), 'operation', fields, absent);
    },

    /**
     * A note that stands already, word for word and at the same millisecond, is not written twice: a lost answer or a
     * re-run step leaves one.
     *
     * @throws LedgerContradiction when there is no such operation
     */
    async updateOperation(operationId, { note, decision, ...rest }) {
      const change = { ...rest, ...(decision !== undefined && { decision: shortened(decision, decisionBytesMax) }) };
      for (let tries = 1; tries <= triesMax; tries++) {
        const item = await store.get(operationKey(operationId));
        if (item === undefined) throw new LedgerContradiction(`there is no operation ${operationId}`);
        const { revision, timeline } = read(FullOperation, 'operation', item);
        const fields = { ...change, timeline: extended(timeline, note), revision: revision + 1 };
        const { written } = await store.update(operationKey(operationId), (x) => ({
          update: `SET ${x.assign(fields)}`,
          condition: x.equal('revision', revision),
        }));
        if (written) return;
      }
      throw new LedgerContended(`the operation ${operationId} kept changing`);
    },

    async operation(operationId) {
      const item = await store.get(operationKey(operationId));
      return item && read(PlainOperation, 'operation', item);
    },

    async operations(cluster, { sinceMs = 0, limit }) {
      if (limit <= 0) return [];
      const items = await store.queryByCluster(cluster, sortableMs(sinceMs), limit);
      return items.map((item) => read(PlainOperation, 'operation', item));
    },
  };
}

function short(note: Note): Note {
  return note.detail === undefined ? note : { ...note, detail: shortened(note.detail, detailBytesMax) };
}

function extended(timeline: Note[], note: Note | undefined): Note[] {
  if (note === undefined) return timeline;
  const next = short(note);
  const asRead: unknown = JSON.parse(JSON.stringify(next)); // without what is undefined
  const stands = timeline.some((entry) => isDeepStrictEqual(entry, asRead));
  return stands ? timeline : [...timeline, next].slice(-timelineEntriesMax);
}

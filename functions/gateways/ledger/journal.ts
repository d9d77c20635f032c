/**
 * The journal of mutations: an intent before each, settled after it, one by one subject. It also counts modifications
 * in the rolling 24 h. A window is read as the subject's whole partition, filtered: EBS's own limit keeps that to a few
 * items a day, and one item per intent can't disagree with an index of it.
 */
import type { Intent, Ledger, Reservation } from './ledger.ts';
import { clusterState, stateWrite, unpaused, versionIs } from './clusters.ts';
import { LedgerContended, LedgerContradiction } from './faults.ts';
import { FullIntent, PlainIntent, read, type Schema, type StoredIntent } from './items.ts';
import { clusterKey, fleet, intentKey, journalPk, leaseKey } from './keys.ts';
import { answerCharactersMax, expiresAt, recordDays } from './limits.ts';
import { absent, type Condition, type Store, tokenOf } from './store.ts';

const triesMax = 8;

/** Micro-dollars, so that what was added and taken out again leaves what was there before. */
const usd = (value: number): number => Math.round(value * 1e6) / 1e6;

type Journal = Pick<Ledger, 'reserveIntent' | 'settleIntent' | 'readIntent' | 'journal' | 'recordForeign'>;

export function journal(store: Store): Journal {
  let calls = 0;

  const readAs = async <T>(schema: Schema<T>, subject: string, intentId: string): Promise<T | undefined> => {
    const item = await store.get(intentKey(subject, intentId));
    return item && read(schema, 'intent', item);
  };

  return {
    /**
     * A lost answer is repeated by the SDK with the same token, which DynamoDB answers as the one transaction that it
     * is. The number of the call is in the token, so that asking again is another question: `intent-exists`.
     */
    async reserveIntent({ intent, lease, clusterVersion, reservation, day }) {
      if (intent.cluster === fleet) throw new LedgerContradiction('an intent belongs to a cluster, not to the fleet');
      const state = await clusterState(store, intent.cluster);
      const stored: StoredIntent = {
        ...intent,
        status: 'intended',
        ...(reservation !== undefined && { reservation, reservedOn: day }),
      };
      const parts = [
        store.partCheck(
          leaseKey(lease.name),
          (x) => `${x.equal('executionArn', lease.executionArn)} AND ${x.equal('fence', lease.fence)}`,
        ),
        store.partPut(
          intentKey(intent.subject, intent.intentId),
          'intent',
          { ...stored, expiresAt: expiresAt(intent.atMs, recordDays) },
          absent,
        ),
        store.partCheck(clusterKey(fleet), unpaused),
        reservation === undefined
          ? store.partCheck(clusterKey(intent.cluster), (x) => `${unpaused(x)} AND ${versionIs(x, clusterVersion)}`)
          : store.partUpdate(clusterKey(intent.cluster), (x) => {
              const after = reserved(state, reservation, day);
              const { update, condition } = stateWrite({ version: clusterVersion }, after)(x);
              return { update, condition: `${condition} AND ${unpaused(x)}` };
            }),
      ];
      const done = await store.transact(parts, tokenOf('reserve', parts, ++calls));
      if (done.written) return { reserved: true };

      const [leaseLost, exists, fleetPaused, clusterRefused] = done.refused;
      if (leaseLost) return { reserved: false, because: 'lease-lost' };
      if (exists?.item)
        return { reserved: false, because: 'intent-exists', intent: read(PlainIntent, 'intent', exists.item) };
      if (fleetPaused || clusterRefused?.item?.paused !== undefined) return { reserved: false, because: 'paused' };
      return { reserved: false, because: 'cluster-changed' };
    },

    /** @throws LedgerContradiction when there is no such intent, or it was settled otherwise */
    async settleIntent({ intent: { subject, intentId, cluster }, status, atMs, answer, giveBack }) {
      for (let tries = 1; tries <= triesMax; tries++) {
        const stored = await readAs(FullIntent, subject, intentId);
        if (stored === undefined) throw new LedgerContradiction(`there is no intent ${intentId} of ${subject}`);
        refuseContradiction(stored, status);
        const returned = giveBack && stored.givenBack !== true ? stored.reservation : undefined;
        if (stored.status === status && returned === undefined) return;

        const change = settled(stored, { status, atMs, answer, givenBack: returned !== undefined });
        if (returned === undefined) {
          const { written } = await store.update(intentKey(subject, intentId), change);
          if (written) return;
          continue;
        }
        const state = await clusterState(store, cluster);
        const after = takenOut(state, returned, stored);
        const parts = [
          store.partUpdate(intentKey(subject, intentId), change),
          store.partUpdate(clusterKey(cluster), stateWrite(state, after)),
        ];
        const { written } = await store.transact(parts, tokenOf('give-back', parts, ++calls));
        if (written) return;
      }
      throw new LedgerContended(`the bookkeeping of ${cluster} kept changing while ${intentId} was settled`);
    },

    readIntent: (subject, intentId) => readAs(PlainIntent, subject, intentId),

    async journal(subject, sinceMs) {
      const since: Condition = (x) => `${x.path('atMs')} >= ${x.value(sinceMs)}`;
      const items = await store.query(journalPk(subject), 'intent#', since);
      return items.map((item) => read(PlainIntent, 'intent', item)).toSorted((a, b) => a.atMs - b.atMs);
    },

    async recordForeign({ subject, cluster, action, startedAtMs, request }) {
      const intent: Intent = {
        intentId: `foreign/${startedAtMs}`,
        operationId: 'foreign',
        cluster,
        subject,
        action,
        request,
        atMs: startedAtMs,
        status: 'accepted',
        settledAtMs: startedAtMs,
        foreign: true,
      };
      const fields = { ...intent, expiresAt: expiresAt(startedAtMs, recordDays) };
      await store.put(intentKey(subject, intent.intentId), 'intent', fields, absent);
    },
  };
}

type Sums = Parameters<typeof stateWrite>[1];

/** A new day begins with empty sums. */
function reserved(state: Sums, reservation: Reservation, day: string): Sums {
  const sameDay = state.day === day;
  return {
    ...state,
    reservations: { ...state.reservations, [reservation.volumeId]: reservation },
    day,
    dayGrownGib: (sameDay ? state.dayGrownGib : 0) + reservation.toGib - reservation.fromGib,
    dayUsdPerMonth: usd((sameDay ? state.dayUsdPerMonth : 0) + reservation.usdPerMonth),
  };
}

/** Sums of another day than the one that it was added to don't contain it. */
function takenOut(state: Sums, reservation: Reservation, { operationId, reservedOn }: StoredIntent): Sums {
  const { [reservation.volumeId]: standing, ...others } = state.reservations;
  const sameDay = state.day === reservedOn;
  return {
    ...state,
    reservations: standing?.operationId === operationId ? others : state.reservations,
    dayGrownGib: state.dayGrownGib - (sameDay ? reservation.toGib - reservation.fromGib : 0),
    dayUsdPerMonth: usd(state.dayUsdPerMonth - (sameDay ? reservation.usdPerMonth : 0)),
  };
}

function refuseContradiction({ status: before, intentId }: Intent, after: Intent['status']): void {
  const open = before === 'intended' || before === 'unknown';
  if (after === 'intended' || (!open && before !== after))
    throw new LedgerContradiction(`the intent ${intentId} is ${before} and can't become ${after}`);
}

/** Nobody settled it since it was read. `unknown` is no end: it has no time of settling. */
function settled(
  before: StoredIntent,
  after: { status: Intent['status']; atMs: number; answer: string | undefined; givenBack: boolean },
): Parameters<Store['partUpdate']>[1] {
  return (x) => {
    const fields = {
      status: after.status,
      settledAtMs: after.status === 'unknown' ? undefined : after.atMs,
      answer: after.answer?.slice(0, answerCharactersMax),
      givenBack: after.givenBack || undefined,
    };
    const stillOpen = x.equal('status', before.status);
    return {
      update: `SET ${x.assign(fields)}`,
      condition: after.givenBack ? `${stillOpen} AND attribute_not_exists(${x.path('givenBack')})` : stillOpen,
    };
  };
}

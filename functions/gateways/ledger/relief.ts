/**
 * Reliefs: retention that is shortened for a while. The former values stand here before anything is shortened, and the
 * cluster's bookkeeping names the relief until it is over. Topics keep their places in the list, so that each one's state
 * is written alone.
 */
import type { Ledger, Relief, ReliefTopic } from './ledger.ts';
import { nextVersion, unpaused } from './clusters.ts';
import { LedgerContradiction } from './faults.ts';
import { PlainClusterState, PlainRelief, read } from './items.ts';
import { clusterKey, fleet, reliefKey } from './keys.ts';
import { expiresAt, recordDays, reliefDetailCharactersMax, reliefTopicsMax } from './limits.ts';
import { absent, type Store, tokenOf } from './store.ts';

/** What a topic may have been before it becomes this. */
const before: Record<ReliefTopic['state'], ReliefTopic['state'][]> = {
  planned: ['planned'],
  shortened: ['planned', 'shortened'],
  restored: ['planned', 'shortened', 'restored'],
  'left-alone': ['planned', 'shortened', 'left-alone'],
};

type Reliefs = Pick<Ledger, 'armRelief' | 'relief' | 'setReliefTopic' | 'endRelief'>;

export function reliefs(store: Store): Reliefs {
  let calls = 0;

  const find = async (reliefId: string): Promise<Relief | undefined> => {
    const item = await store.get(reliefKey(reliefId));
    return item && read(PlainRelief, 'relief', item);
  };
  const standing = async (reliefId: string): Promise<Relief> => {
    const relief = await find(reliefId);
    if (relief === undefined) throw new LedgerContradiction(`there is no relief ${reliefId}`);
    return relief;
  };

  return {
    /** Counts the cluster's version up: what was planned without knowing of the relief is planned again. */
    async armRelief(relief) {
      refuseShape(relief);
      const { reliefId, cluster, restoreAtMs } = relief;
      const parts = [
        store.partPut(
          reliefKey(reliefId),
          'relief',
          { ...relief, expiresAt: expiresAt(restoreAtMs, recordDays) },
          absent,
        ),
        store.partCheck(clusterKey(fleet), unpaused),
        store.partUpdate(clusterKey(cluster), (x) => ({
          update: `${nextVersion(x, cluster)}, ${x.assign({ relief: { reliefId, restoreAtMs } })}`,
          condition: `${unpaused(x)} AND attribute_not_exists(${x.path('relief')})`,
        })),
      ];
      const done = await store.transact(parts, tokenOf('relief', parts, ++calls));
      if (done.written) return { armed: true };

      const [exists, fleetPaused, clusterRefused] = done.refused;
      if (exists?.item) {
        if (read(PlainRelief, 'relief', exists.item).endedAtMs !== undefined)
          throw new LedgerContradiction(`the relief ${reliefId} has ended`);
        return { armed: true };
      }
      const state = clusterRefused?.item && read(PlainClusterState, 'cluster', clusterRefused.item);
      if (fleetPaused || state?.paused !== undefined) return { armed: false, because: 'paused' };
      const open = state?.relief;
      return { armed: false, because: 'open', ...(open !== undefined && { reliefId: open.reliefId }) };
    },

    relief: find,

    async setReliefTopic(reliefId, { name, state, detail }) {
      const { topics } = await standing(reliefId);
      const index = topics.findIndex((topic) => topic.name === name);
      const topic = topics[index];
      if (topic === undefined) throw new LedgerContradiction(`the relief ${reliefId} has no topic ${name}`);
      const short = detail?.slice(0, reliefDetailCharactersMax);
      if (topic.state === state && (short === undefined || short === topic.detail)) return;

      const { written } = await store.update(reliefKey(reliefId), (x) => {
        const of = (field: keyof ReliefTopic) => `${x.path('topics')}[${index}].${x.path(field)}`;
        const set = `SET ${of('state')} = ${x.value(state)}`;
        const from = before[state].map((former) => x.value(former)).join(', ');
        return {
          update: short === undefined ? `${set} REMOVE ${of('detail')}` : `${set}, ${of('detail')} = ${x.value(short)}`,
          condition: `${of('name')} = ${x.value(name)} AND ${of('state')} IN (${from})`,
        };
      });
      if (!written)
        throw new LedgerContradiction(`the topic ${name} of the relief ${reliefId} is ${topic.state}, not ${state}`);
    },

    /**
     * First the relief, then the cluster: where it stops in between, the cluster still names the relief, and ending it
     * again goes on. Topics that are done stay done, so that what was read here holds.
     */
    async endRelief(reliefId, atMs) {
      const { cluster, topics } = await standing(reliefId);
      const open = topics.find(({ state }) => state === 'planned' || state === 'shortened');
      if (open !== undefined)
        throw new LedgerContradiction(`the relief ${reliefId} can't end: the topic ${open.name} is ${open.state}`);
      await store.update(reliefKey(reliefId), (x) => ({
        update: `SET ${x.assign({ endedAtMs: atMs })}`,
        condition: `${x.equal('reliefId', reliefId)} AND attribute_not_exists(${x.path('endedAtMs')})`,
      }));
      await store.update(clusterKey(cluster), (x) => ({
        update: `${nextVersion(x, cluster)} REMOVE ${x.path('relief')}`,
        condition: x.equal(['relief', 'reliefId'], reliefId),
      }));
    },
  };
}

function refuseShape({ reliefId, cluster, topics }: Relief): void {
  if (cluster === fleet) throw new LedgerContradiction('a relief belongs to a cluster, not to the fleet');
  if (topics.length > reliefTopicsMax)
    throw new LedgerContradiction(`the relief ${reliefId} has ${topics.length} topics, not at most ${reliefTopicsMax}`);
  if (new Set(topics.map(({ name }) => name)).size < topics.length)
    throw new LedgerContradiction(`the relief ${reliefId} names a topic twice`);
}

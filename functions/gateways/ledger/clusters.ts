/** The bookkeeping of a cluster: pause, open reservations, what was grown today, an open relief. `version` counts its writes. */
import type { ClusterState, Ledger } from './ledger.ts';
import type { Expression } from './expression.ts';
import { PlainClusterState, read } from './items.ts';
import { clusterKey } from './keys.ts';
import type { Condition, Store } from './store.ts';

/** The day of sums that nothing was added to yet. */
const noDay = '1970-01-01';

export const unpaused: Condition = (x) => `attribute_not_exists(${x.path('paused')})`;

export async function clusterState(store: Store, cluster: string): Promise<ClusterState> {
  const item = await store.get(clusterKey(cluster));
  if (item !== undefined) return read(PlainClusterState, 'cluster', item);
  return { cluster, version: 0, reservations: {}, day: noDay, dayGrownGib: 0, dayUsdPerMonth: 0 };
}

/** Writes the bookkeeping anew, whole but for pause and relief, where nobody wrote since `before` was read. */
export function stateWrite(
  before: Pick<ClusterState, 'version'>,
  after: Omit<ClusterState, 'version' | 'paused' | 'relief'>,
) {
  return (x: Expression): { update: string; condition: string } => ({
    update: `SET ${x.stamp('cluster')}, ${x.assign({ ...pickSums(after), version: before.version + 1 })}`,
    condition: versionIs(x, before.version),
  });
}

export function versionIs(x: Expression, version: number): string {
  return version === 0 ? `attribute_not_exists(${x.path('version')})` : x.equal('version', version);
}

export function clusters(store: Store): Pick<Ledger, 'clusterState' | 'setPaused' | 'releaseReservation'> {
  return {
    clusterState: (cluster) => clusterState(store, cluster),

    /**
     * A pause is written whatever else happens: where its answer is lost and it is repeated, it may pause again what was
     * resumed in between, which is the safe side. Resuming ends only the pause that stood when it began.
     */
    async setPaused(cluster, paused) {
      if (paused !== undefined) {
        await store.update(clusterKey(cluster), (x) => ({
          update: `${nextVersion(x, cluster)}, ${x.assign({ paused })}`,
        }));
        return;
      }
      const standing = (await clusterState(store, cluster)).paused;
      if (standing === undefined) return;
      await store.update(clusterKey(cluster), (x) => ({
        update: `${nextVersion(x, cluster)} REMOVE ${x.path('paused')}`,
        condition: x.equal('paused', standing),
      }));
    },

    /** Nothing to do where it is gone already or is another operation's. */
    async releaseReservation(cluster, volumeId, operationId) {
      await store.update(clusterKey(cluster), (x) => ({
        update: `SET ${x.path('version')} = ${x.path('version')} + ${x.value(1)} REMOVE ${x.path('reservations', volumeId)}`,
        condition: x.equal(['reservations', volumeId, 'operationId'], operationId),
      }));
    },
  };
}

/** An update that counts the version up, to go on from; what is not there yet begins empty. */
export function nextVersion(x: Expression, cluster: string): string {
  const empty = { reservations: {}, day: noDay, dayGrownGib: 0, dayUsdPerMonth: 0 };
  const kept = Object.entries(empty).map(
    ([name, value]) => `${x.path(name)} = if_not_exists(${x.path(name)}, ${x.value(value)})`,
  );
  const version = `${x.path('version')} = if_not_exists(${x.path('version')}, ${x.value(0)}) + ${x.value(1)}`;
  return `SET ${x.stamp('cluster')}, ${x.assign({ cluster })}, ${version}, ${kept.join(', ')}`;
}

function pickSums({
  cluster,
  reservations,
  day,
  dayGrownGib,
  dayUsdPerMonth,
}: Omit<ClusterState, 'version' | 'paused' | 'relief'>) {
  return { cluster, reservations, day, dayGrownGib, dayUsdPerMonth };
}

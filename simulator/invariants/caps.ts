/**
 * No size above the policy's caps: per volume, per step, per UTC day, per cluster in GiB and USD. Of an MSK cluster all
 * brokers count. Computed from the fleet and the cloud's record, not with the product's code.
 */
import type { Cluster } from '../../functions/fleet/fleet.ts';
import type { Checker, IntentChange, InvariantWorld, ModificationView, Report, VolumeView } from './checker.ts';
import { isGrowth, volumeIdOf } from './storage.ts';

export function caps(world: InvariantWorld, report: Report): Checker {
  /** GiB grown by us, by `<cluster>/<UTC day>`. A step belongs to the day on which it was intended. */
  const grownGib = new Map<string, number>();
  const intendedAtMs = new Map<string, number>();
  /** Steps that are under way, by the volume: what fails has not grown. */
  const underWay = new Map<string, { step: ModificationView; key: string; gib: number }>();

  const checkDay = (cluster: Cluster, volumeId: string, step: ModificationView, gib: number, atMs: number): void => {
    const day = new Date(intendedAtMs.get(volumeId) ?? atMs).toISOString().slice(0, 10);
    const key = `${cluster.name}/${day}`;
    const sumGib = (grownGib.get(key) ?? 0) + gib;
    grownGib.set(key, sumGib);
    underWay.set(volumeId, { step, key, gib });
    const most = cluster.policy.growthGibPerDayMax;
    if (sumGib > most)
      report('day-cap', cluster.name, `grew by ${sumGib} GiB on ${day}, at most ${most}; last ${volumeId}`);
  };

  const checkCluster = (cluster: Cluster): void => {
    const volumes = world.dataVolumes(cluster.name);
    const { clusterGibMax, clusterUsdPerMonthMax } = cluster.policy;
    const gib = volumes.reduce((sum, volume) => sum + futureGib(volume), 0);
    if (gib > clusterGibMax) report('cluster-cap', cluster.name, `${gib} GiB, at most ${clusterGibMax}`);
    const usd = volumes.reduce((sum, volume) => sum + monthlyUsd(world, volume), 0);
    if (usd > clusterUsdPerMonthMax + 0.005) {
      report('cluster-cap', cluster.name, `${usd.toFixed(2)} USD a month, at most ${clusterUsdPerMonthMax}`);
    }
  };

  return {
    intentWritten({ intent, before }: IntentChange) {
      if (!isGrowth(intent.action) || before !== undefined || intent.foreign === true) return;
      intendedAtMs.set(volumeIdOf(intent.subject), intent.atMs);
    },
    accepted({ action, volumeId, atMs }) {
      if (!isGrowth(action)) return;
      const volume = world.volume(volumeId);
      const last = volume?.modifications.at(-1);
      const name = world.clusterOf(volumeId);
      const cluster = world.fleet.clusters.find((one) => one.name === name);
      if (volume === undefined || last === undefined) return;
      if (cluster === undefined) {
        report('foreign-volume', volumeId, 'was modified though it belongs to no cluster of the fleet');
        return;
      }
      const { policy } = cluster;
      const stepGib = last.targetGib - last.originalGib;
      if (last.targetGib > policy.sizeGibMax) {
        report('size-cap', volumeId, `${last.targetGib} GiB, at most ${policy.sizeGibMax}`);
      }
      if (stepGib > policy.stepGibMax)
        report('step-cap', volumeId, `a step of ${stepGib} GiB, at most ${policy.stepGibMax}`);
      checkDay(cluster, volumeId, last, stepGib * volume.volumes, atMs);
      checkCluster(cluster);
    },
    rested() {
      for (const [volumeId, { step, key, gib }] of underWay) {
        const now = world.volume(volumeId)?.modifications.find(({ startedAtMs }) => startedAtMs === step.startedAtMs);
        if (now?.endedAtMs === undefined && now?.state !== 'failed') continue;
        if (now.state === 'failed') grownGib.set(key, (grownGib.get(key) ?? 0) - gib);
        underWay.delete(volumeId);
      }
    },
  };
}

/** MSK shows a new size only when its operation has ended. */
function futureGib({ sizeGib, volumes, modifications }: VolumeView): number {
  const last = modifications.at(-1);
  return volumes * (last?.state === 'modifying' ? Math.max(sizeGib, last.targetGib) : sizeGib);
}

function monthlyUsd({ fleet }: InvariantWorld, volume: VolumeView): number {
  const prices: Record<string, number> = fleet.prices.usdPerGibMonth;
  return futureGib(volume) * (prices[volume.type] ?? 0);
}

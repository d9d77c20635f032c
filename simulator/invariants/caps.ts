/**
 * No size above the policy's caps: per volume, per step, per UTC day, per cluster in GiB and USD. Computed from the fleet
 * and the cloud's record, not with the product's code.
 */
import type { Ec2Cluster } from '../../functions/fleet/fleet.ts';
import type { Checker, IntentChange, InvariantWorld, Report, VolumeView } from './checker.ts';

export function caps(world: InvariantWorld, report: Report): Checker {
  /** GiB grown by us, by `<cluster>/<UTC day>`. A step belongs to the day on which it was intended. */
  const grownGib = new Map<string, number>();
  const intendedAtMs = new Map<string, number>();

  const checkDay = (cluster: Ec2Cluster, volumeId: string, stepGib: number, atMs: number): void => {
    const day = new Date(intendedAtMs.get(volumeId) ?? atMs).toISOString().slice(0, 10);
    const key = `${cluster.name}/${day}`;
    const sumGib = (grownGib.get(key) ?? 0) + stepGib;
    grownGib.set(key, sumGib);
    const most = cluster.policy.growthGibPerDayMax;
    if (sumGib > most)
      report('day-cap', cluster.name, `grew by ${sumGib} GiB on ${day}, at most ${most}; last ${volumeId}`);
  };

  const checkCluster = (cluster: Ec2Cluster): void => {
    const volumes = world.dataVolumes(cluster.name);
    const { clusterGibMax, clusterUsdPerMonthMax } = cluster.policy;
    const gib = volumes.reduce((sum, { sizeGib }) => sum + sizeGib, 0);
    if (gib > clusterGibMax) report('cluster-cap', cluster.name, `${gib} GiB, at most ${clusterGibMax}`);
    const usd = volumes.reduce((sum, volume) => sum + monthlyUsd(world, volume), 0);
    if (usd > clusterUsdPerMonthMax + 0.005) {
      report('cluster-cap', cluster.name, `${usd.toFixed(2)} USD a month, at most ${clusterUsdPerMonthMax}`);
    }
  };

  return {
    intentWritten({ intent, before }: IntentChange) {
      if (intent.action !== 'ec2:ModifyVolume' || before !== undefined || intent.foreign === true) return;
      intendedAtMs.set(intent.subject.replace(/^volume\//, ''), intent.atMs);
    },
    accepted({ action, volumeId, atMs }) {
      if (action !== 'ec2:ModifyVolume') return;
      const last = world.volume(volumeId)?.modifications.at(-1);
      const name = world.clusterOf(volumeId);
      const cluster = world.fleet.clusters.find((one) => one.name === name);
      if (last === undefined) return;
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
      checkDay(cluster, volumeId, stepGib, atMs);
      checkCluster(cluster);
    },
  };
}

function monthlyUsd({ fleet }: InvariantWorld, { sizeGib, type }: VolumeView): number {
  const prices: Record<string, number> = fleet.prices.usdPerGibMonth;
  return sizeGib * (prices[type] ?? 0);
}

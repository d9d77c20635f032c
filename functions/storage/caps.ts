/**
 * What the policy's sums still allow: per UTC day, and for the cluster as a whole in GiB and USD a month. Pure. Growth
 * that is reserved but not yet visible counts.
 */
import type { Ec2Cluster } from '../fleet/fleet.ts';
import type { ClusterState } from '../gateways/ledger/ledger.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import { dayMs } from './limits.ts';

export interface CapacityLeft {
  /** GiB, may be negative where a cap was lowered. */
  dayGib: number;
  clusterGib: number;
}

export function utcDay(nowMs: number): string {
  return new Date(Math.floor(nowMs / dayMs) * dayMs).toISOString().slice(0, 10);
}

export function capacityLeft(input: {
  cluster: Ec2Cluster;
  facts: ClusterFacts;
  volume: VolumeFacts;
  usdPerGibMonth: number;
}): CapacityLeft {
  const { cluster, facts, volume, usdPerGibMonth } = input;
  const { policy } = cluster;
  const grownTodayGib = facts.state.day === utcDay(facts.nowMs) ? facts.state.dayGrownGib : 0;
  // A reserved target and a size that is already visible are the same growth: the larger of the two counts.
  const hereGib = facts.volumes
    .filter((other) => isDataVolume(other, cluster))
    .reduce((sum, other) => sum + countedGib(other, facts.state, volume.volumeId), 0);
  const totalGib = facts.elsewhereGib + hereGib;
  const byMoneyGib =
    usdPerGibMonth > 0
      ? Math.floor(policy.clusterUsdPerMonthMax / usdPerGibMonth) - totalGib
      : Number.POSITIVE_INFINITY;
  return {
    dayGib: policy.growthGibPerDayMax - grownTodayGib,
    clusterGib: Math.min(policy.clusterGibMax - totalGib, byMoneyGib),
  };
}

/** The volume that is decided about gives up a reservation of its own: the new one replaces it. */
export function countedGib(
  volume: Pick<VolumeFacts, 'volumeId' | 'sizeGib'>,
  state: ClusterState,
  exceptVolumeId?: string,
): number {
  if (volume.volumeId === exceptVolumeId) return volume.sizeGib;
  return Math.max(volume.sizeGib, state.reservations[volume.volumeId]?.toGib ?? 0);
}

/** Uninspected volumes count: better too early a stop than none. */
export function isDataVolume(volume: Pick<VolumeFacts, 'isRoot' | 'inspection'>, cluster: Ec2Cluster): boolean {
  if (volume.isRoot) return false;
  const mountPoint = volume.inspection?.mountPoint;
  return mountPoint === undefined || cluster.mountPoints.includes(mountPoint);
}

/** The sums of a cluster on EC2: which of its brokers' volumes count, and by which size. Pure. */
import type { Ec2Cluster } from '../../fleet/fleet.ts';
import type { ClusterState } from '../../gateways/ledger/ledger.ts';
import { leftOf, type CapacityLeft } from '../caps.ts';
import type { ClusterFacts, EbsVolumeFacts } from '../facts.ts';

export function capacityLeft(input: {
  cluster: Ec2Cluster;
  facts: ClusterFacts<EbsVolumeFacts>;
  volume: EbsVolumeFacts;
  usdPerGibMonth: number;
}): CapacityLeft {
  const { cluster, facts, volume, usdPerGibMonth } = input;
  // A reserved target and a size that is already visible are the same growth: the larger of the two counts.
  const hereGib = facts.volumes
    .filter((other) => isDataVolume(other, cluster))
    .reduce((sum, other) => sum + countedGib(other, facts.state, volume.volumeId), 0);
  const totalGib = facts.elsewhereGib + hereGib;
  const { state, nowMs } = facts;
  return leftOf({ policy: cluster.policy, state, nowMs }, { totalGib, volumes: 1, usdPerGibMonth });
}

/** The volume that is decided about gives up a reservation of its own: the new one replaces it. */
export function countedGib(
  volume: Pick<EbsVolumeFacts, 'volumeId' | 'sizeGib'>,
  state: ClusterState,
  exceptVolumeId?: string,
): number {
  if (volume.volumeId === exceptVolumeId) return volume.sizeGib;
  return Math.max(volume.sizeGib, state.reservations[volume.volumeId]?.toGib ?? 0);
}

/** Uninspected volumes count: better too early a stop than none. */
export function isDataVolume(volume: Pick<EbsVolumeFacts, 'isRoot' | 'inspection'>, cluster: Ec2Cluster): boolean {
  if (volume.isRoot) return false;
  const mountPoint = volume.inspection?.mountPoint;
  return mountPoint === undefined || cluster.mountPoints.includes(mountPoint);
}

/** The kinds of clusters that can be grown. */
import type { Cluster } from '../fleet/fleet.ts';
import { ec2 } from './ec2/ec2.ts';
import type { StorageKind } from './kind.ts';
import { msk } from './msk/msk.ts';

// Method parameters are bivariant, so each kind stands for itself here; a cluster always meets its own kind.
const kinds: Record<Cluster['kind'], StorageKind> = { ec2, msk };

export function kindOf(cluster: Pick<Cluster, 'kind'>): StorageKind {
  return kinds[cluster.kind];
}

/** Where only the volume is known: its id says it. */
export function kindOfVolume(volumeId: string): StorageKind {
  return volumeId.startsWith('msk/') ? kinds.msk : kinds.ec2;
}

/** The kinds of clusters that can be grown. */
import type { Cluster } from '../fleet/fleet.ts';
import { ec2 } from './ec2/ec2.ts';
import type { StorageKind } from './kind.ts';

const kinds: { [K in Cluster['kind']]: StorageKind<Extract<Cluster, { kind: K }>> } = { ec2 };

export function kindOf(cluster: Cluster): StorageKind {
  return kinds[cluster.kind];
}

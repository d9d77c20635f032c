/**
 * The brokers that a fleet file describes only by tags: what a simulated account has of them. Pure planning, then made
 * real in the simulated EC2. Ids are hashes of names, so the same fleet always has the same ones.
 */
import { createHash } from 'node:crypto';
import type { Fleet } from '../../functions/fleet/fleet.ts';
import type { SimulatedEc2 } from '../cloud/ec2.ts';
import type { Layout, SimulatedHosts } from '../cloud/host.ts';
import { seededRandom } from '../random.ts';

export interface WorldVolume {
  volumeId: string;
  mountPoint: string;
  sizeGib: number;
  usedFraction: number;
  layout: Layout;
  filesystem: 'ext4' | 'xfs';
}

export interface WorldBroker {
  cluster: string;
  instanceId: string;
  tags: Record<string, string>;
  volumes: WorldVolume[];
}

/** Where tags select the brokers, a cluster has this many. */
const brokersPerCluster = 3;
const startGib = 100;
const layouts: readonly (readonly [Layout, 'ext4' | 'xfs'])[] = [
  ['plain', 'xfs'],
  ['partition', 'ext4'],
  ['lvm', 'xfs'],
];

export function planWorld(fleet: Fleet, seed: number): WorldBroker[] {
  return fleet.clusters.flatMap((cluster) => {
    const random = seededRandom(seed).fork(`world ${cluster.name}`);
    const fixed = 'instanceIds' in cluster.brokers ? cluster.brokers.instanceIds : undefined;
    const ids =
      fixed ?? Array.from({ length: brokersPerCluster }, (_, index) => idOf('i', cluster.name, String(index)));
    const selected = 'tags' in cluster.brokers ? cluster.brokers.tags : {};
    return ids.map((instanceId, index): WorldBroker => {
      const [layout, filesystem] = layouts[index % layouts.length] ?? ['plain', 'xfs'];
      return {
        cluster: cluster.name,
        instanceId,
        tags: { ...selected, Name: `${cluster.name}-${index + 1}` },
        volumes: cluster.mountPoints.map((mountPoint) => ({
          volumeId: idOf('vol', instanceId, mountPoint),
          mountPoint,
          sizeGib: Math.min(startGib, cluster.policy.sizeGibMax),
          usedFraction: Number(random.between(0.4, 0.55).toFixed(3)),
          layout,
          filesystem,
        })),
      };
    });
  });
}

export function makeWorld(world: readonly WorldBroker[], ec2: SimulatedEc2, hosts: SimulatedHosts): void {
  for (const { cluster, instanceId, tags, volumes } of world) {
    ec2.createInstance({ instanceId, tags });
    volumes.forEach(({ volumeId, mountPoint, sizeGib, layout, filesystem }, index) => {
      ec2.createVolume({ volumeId, sizeGib, tags: { 'aws:cloudformation:stack-name': `kafka-${cluster}` } });
      ec2.attach(volumeId, instanceId, `/dev/sd${String.fromCodePoint(102 + index)}`);
      hosts.mount({ instanceId, volumeId, mountPoint, layout, filesystem });
    });
  }
}

/** EC2's form: 17 hexadecimal digits. */
function idOf(kind: 'i' | 'vol', ...names: string[]): string {
  return `${kind}-${createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 17)}`;
}

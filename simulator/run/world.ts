/**
 * The disks that a fleet file describes only by tags or by a cluster's ARN: what a simulated account has of them. Pure
 * planning, then made real in the simulated EC2 and MSK. Ids are hashes of names, so the same fleet always has the same
 * ones.
 */
import { createHash } from 'node:crypto';
import type { Ec2Cluster, Fleet, MskCluster } from '../../functions/fleet/fleet.ts';
import type { Layout } from '../cloud/host.ts';
import { brokerVolumeId, type NewTopic } from '../cloud/msk.ts';
import type { Simulation } from '../deploy/boot.ts';
import { seededRandom, type Random } from '../random.ts';

interface AnyDisk {
  cluster: string;
  /** In the fill model and in reports: `vol-…`, or `msk/<MSK's name of the cluster>/<broker>`. */
  volumeId: string;
  /** What operations call it: the volume itself, or `msk/<cluster>`, as MSK's brokers grow together. */
  storageId: string;
  /** `i-…`, or `broker 1`. */
  instanceId: string;
  /** Empty for MSK. */
  mountPoint: string;
  sizeGib: number;
  usedFraction: number;
}

export interface Ec2Disk extends AnyDisk {
  kind: 'ec2';
  tags: Record<string, string>;
  layout: Layout;
  filesystem: 'ext4' | 'xfs';
}

export interface MskDisk extends AnyDisk {
  kind: 'msk';
  clusterArn: string;
  brokerId: number;
}

export type WorldDisk = Ec2Disk | MskDisk;

/** Where the fleet file doesn't name them, a cluster has this many. */
const brokersPerCluster = 3;
const startGib = 100;
const layouts: readonly (readonly [Layout, 'ext4' | 'xfs'])[] = [
  ['plain', 'xfs'],
  ['partition', 'ext4'],
  ['lvm', 'xfs'],
];

export function planWorld(fleet: Fleet, seed: number): WorldDisk[] {
  return fleet.clusters.flatMap((cluster): WorldDisk[] => {
    const random = seededRandom(seed).fork(`world ${cluster.name}`);
    return cluster.kind === 'ec2' ? ec2Disks(cluster, random) : mskDisks(cluster, random);
  });
}

function ec2Disks({ name, brokers, mountPoints, policy }: Ec2Cluster, random: Random): Ec2Disk[] {
  const fixed = 'instanceIds' in brokers ? brokers.instanceIds : undefined;
  const ids = fixed ?? Array.from({ length: brokersPerCluster }, (_, index) => idOf('i', name, String(index)));
  const selected = 'tags' in brokers ? brokers.tags : {};
  return ids.flatMap((instanceId, index) => {
    const [layout, filesystem] = layouts[index % layouts.length] ?? ['plain', 'xfs'];
    return mountPoints.map((mountPoint): Ec2Disk => {
      const volumeId = idOf('vol', instanceId, mountPoint);
      return {
        kind: 'ec2',
        cluster: name,
        volumeId,
        storageId: volumeId,
        instanceId,
        mountPoint,
        sizeGib: Math.min(startGib, policy.sizeGibMax),
        usedFraction: usedAtStart(random),
        tags: { ...selected, Name: `${name}-${index + 1}` },
        layout,
        filesystem,
      };
    });
  });
}

/** Partitions are spread evenly, but never quite: one broker is a little fuller than the others. */
function mskDisks({ name, clusterArn, policy }: MskCluster, random: Random): MskDisk[] {
  const usedFraction = usedAtStart(random);
  const fuller = random.integer(1, brokersPerCluster);
  return Array.from({ length: brokersPerCluster }, (_, index): MskDisk => {
    const brokerId = index + 1;
    return {
      kind: 'msk',
      cluster: name,
      volumeId: brokerVolumeId(mskNameOf(clusterArn), brokerId),
      storageId: `msk/${name}`,
      instanceId: `broker ${brokerId}`,
      mountPoint: '',
      sizeGib: Math.min(startGib, policy.sizeGibMax),
      usedFraction: Number((usedFraction + (brokerId === fuller ? 0.05 : random.between(-0.01, 0.01))).toFixed(3)),
      clusterArn,
      brokerId,
    };
  });
}

const usedAtStart = (random: Random): number => Number(random.between(0.4, 0.55).toFixed(3));

/** `arn:aws:kafka:<region>:<account>:cluster/<name>/<uuid>`. */
const mskNameOf = (clusterArn: string): string => clusterArn.split('/')[1] ?? clusterArn;

const retention = (hours: number): Record<string, string> => ({ 'retention.ms': String(hours * 3_600_000) });

/**
 * What an MSK cluster holds: a fat topic that relief would shorten first, smaller ones, one that the policy excludes, and
 * a compacted one. Internal topics are in every cluster anyway. Retention is of the kind that people set.
 */
export function topicsOf({ name, retentionRelief }: MskCluster): NewTopic[] {
  const topic = (suffix: string, share: number, configs: Record<string, string> = {}): NewTopic => {
    return { name: `${name}-${suffix}`, partitions: 6, replicationFactor: brokersPerCluster, share, configs };
  };
  const excluded = retentionRelief.exclude.map((pattern) => pattern.replace(/\*$/, ''));
  return [
    topic('events', 0.45, retention(168)),
    topic('requests', 0.2, retention(72)),
    topic('state', 0.1, { 'cleanup.policy': 'compact' }),
    topic('retries', 0.05, retention(24)),
    ...excluded.slice(0, 1).map((excludedName) => ({ ...topic('', 0.15, retention(720)), name: excludedName })),
  ];
}

export function makeWorld(world: readonly WorldDisk[], fleet: Fleet, simulation: Simulation): void {
  const { ec2, hosts } = simulation;
  const volumesOf = new Map<string, number>();
  for (const disk of world) {
    if (disk.kind !== 'ec2') continue;
    const { cluster, instanceId, tags, volumeId, mountPoint, sizeGib, layout, filesystem } = disk;
    const index = volumesOf.get(instanceId) ?? 0;
    volumesOf.set(instanceId, index + 1);
    if (index === 0) ec2.createInstance({ instanceId, tags });
    ec2.createVolume({ volumeId, sizeGib, tags: { 'aws:cloudformation:stack-name': `kafka-${cluster}` } });
    ec2.attach(volumeId, instanceId, `/dev/sd${String.fromCodePoint(102 + index)}`);
    hosts.mount({ instanceId, volumeId, mountPoint, layout, filesystem });
  }
  for (const cluster of fleet.clusters) if (cluster.kind === 'msk') makeMskCluster(cluster, world, simulation);
}

function makeMskCluster(cluster: MskCluster, world: readonly WorldDisk[], { msk }: Simulation): void {
  const { clusterArn } = cluster;
  const disks = world.filter((disk) => disk.cluster === cluster.name);
  msk.createCluster({
    clusterName: mskNameOf(clusterArn),
    clusterArn,
    brokers: disks.length,
    volumeGib: disks[0]?.sizeGib ?? startGib,
    // What topics weigh is known only from here on (aws-facts 1.5).
    monitoring: 'PER_TOPIC_PER_BROKER',
    tags: { 'aws:cloudformation:stack-name': `kafka-${cluster.name}` },
  });
  for (const topic of topicsOf(cluster)) msk.createTopic(clusterArn, topic);
}

/** EC2's form: 17 hexadecimal digits. */
function idOf(kind: 'i' | 'vol', ...names: string[]): string {
  return `${kind}-${createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 17)}`;
}

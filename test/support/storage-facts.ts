/** Builders for what was observed: a healthy cluster, of which a test says only what is different. */
import type { Ec2Cluster, Fleet, MskCluster, RetentionRelief, StoragePolicy } from '../../functions/fleet/fleet.ts';
import type { Inspection } from '../../functions/gateways/ledger/ledger.ts';
import type {
  ClusterFacts,
  EbsVolumeFacts,
  MskStorageFacts,
  Readings,
  StorageFacts,
} from '../../functions/storage/facts.ts';
import { bytesPerGib, hourMs } from '../../functions/storage/limits.ts';

/** A Wednesday, noon UTC. */
export const nowMs = Date.parse('2026-06-03T12:00:00Z');

export const policy: StoragePolicy = {
  usedFractionMax: 0.75,
  usedFractionTarget: 0.6,
  usedFractionEmergency: 0.9,
  fullWithinHours: 24,
  modificationsPerDayMax: 4,
  modificationsReserved: 1,
  stepGibMin: 10,
  stepGibMax: 1024,
  sizeGibMax: 4096,
  growthGibPerDayMax: 2048,
  clusterGibMax: 65_536,
  clusterUsdPerMonthMax: 5000,
  approvalAboveUsdPerMonth: 100,
  approvalTimeoutHours: 8,
  metricAgeMinutesMax: 20,
  escalationReminderHours: 12,
};

export const prices: Fleet['prices'] = {
  date: '2026-11-20',
  usdPerGibMonth: { gp2: 0.1, gp3: 0.08, io1: 0.125, io2: 0.125, st1: 0.045, sc1: 0.015, msk: 0.1 },
};

export const noRelief: RetentionRelief = {
  enabled: false,
  approval: 'ask',
  retentionHoursMin: 24,
  retentionGibMin: 1,
  topicsMax: 5,
  exclude: [],
  restoreAfterHours: 24,
};

export function aCluster(
  change: Partial<Omit<Ec2Cluster, 'policy'>> & { policy?: Partial<StoragePolicy> } = {},
): Ec2Cluster {
  return {
    name: 'orders',
    kind: 'ec2',
    mode: 'act',
    brokers: { tags: { 'kafka-cluster': 'orders' } },
    mountPoints: ['/data1'],
    metric: { namespace: 'CWAgent', name: 'disk_used_percent', periodSeconds: 60 },
    maintenanceWindows: [],
    retentionRelief: noRelief,
    ...change,
    policy: { ...policy, ...change.policy },
  };
}

export const clusterArn =
  'arn:aws:kafka:eu-central-1:123456789012:cluster/payments-prod/6357e0b2-0e6a-4b86-a0b4-70df934c2e31-5';

export function anMskCluster(
  change: Partial<Omit<MskCluster, 'policy'>> & { policy?: Partial<StoragePolicy> } = {},
): MskCluster {
  return {
    name: 'payments',
    kind: 'msk',
    mode: 'act',
    clusterArn,
    takeOverFromAutoScaling: false,
    skewFractionMax: 0.2,
    maintenanceWindows: [],
    retentionRelief: noRelief,
    ...change,
    policy: { ...policy, ...change.policy },
  };
}

export function anInspection(change: Partial<Inspection> = {}): Inspection {
  return {
    atMs: nowMs - hourMs,
    instanceId: 'i-1',
    supported: true,
    layout: 'plain',
    filesystem: 'xfs',
    mountPoint: '/data1',
    deviceBytes: 100 * bytesPerGib,
    filesystemBytes: 100 * bytesPerGib,
    ...change,
  };
}

/** The last day, used fraction changing by `perHour` up to `now`. */
export function readingsUpTo(usedFraction: number, perHour = 0): { hourly: Readings; recent: Readings } {
  const at = (agoMs: number): number => Math.max(0.01, usedFraction - (agoMs / hourMs) * perHour);
  const hourly: Readings = { timesMs: [], usedFractions: [] };
  for (let hours = 24; hours >= 1; hours--) {
    hourly.timesMs.push(nowMs - hours * hourMs);
    hourly.usedFractions.push(at((hours - 1) * hourMs));
  }
  const recent: Readings = { timesMs: [], usedFractions: [] };
  for (let minutes = 175; minutes >= 0; minutes -= 5) {
    recent.timesMs.push(nowMs - minutes * 60_000);
    recent.usedFractions.push(at(minutes * 60_000));
  }
  return { hourly, recent };
}

export function aVolume(change: Partial<EbsVolumeFacts> = {}): EbsVolumeFacts {
  return {
    volumeId: 'vol-1',
    cluster: 'orders',
    instanceId: 'i-1',
    instanceState: 'running',
    sizeGib: 100,
    type: 'gp3',
    state: 'in-use',
    multiAttach: false,
    isRoot: false,
    past: [],
    growths: [],
    inspection: anInspection(),
    firstSeenGib: 100,
    ownerTags: {},
    ...readingsUpTo(0.5),
    ...change,
  };
}

/** Three brokers of 100 GiB, used equally. */
export function anMskStorage(change: Partial<MskStorageFacts> = {}): MskStorageFacts {
  return {
    volumeId: 'msk/payments',
    cluster: 'payments',
    clusterArn,
    clusterState: 'ACTIVE',
    currentVersion: 'K1',
    instanceType: 'kafka.m7g.large',
    storageMode: 'LOCAL',
    monitoring: 'DEFAULT',
    sizeGib: 100,
    volumes: 3,
    brokers: brokersAt(0.5, 0.5, 0.5),
    past: [],
    growths: [],
    firstSeenGib: 100,
    ownerTags: {},
    ...readingsUpTo(0.5),
    ...change,
  };
}

/** Brokers 1, 2 and so on; undefined: silent. */
export function brokersAt(...usedFractions: (number | undefined)[]): MskStorageFacts['brokers'] {
  return usedFractions.map((usedFraction, index) => ({
    brokerId: index + 1,
    ...(usedFraction === undefined ? {} : { usedFraction }),
  }));
}

export function someFacts<V extends StorageFacts>(volume: V, change: Partial<ClusterFacts<V>> = {}): ClusterFacts<V> {
  return {
    name: volume.cluster,
    nowMs,
    state: {
      cluster: volume.cluster,
      version: 1,
      reservations: {},
      day: '2026-06-03',
      dayGrownGib: 0,
      dayUsdPerMonth: 0,
    },
    fleetPaused: false,
    volumes: [volume],
    elsewhereGib: 500,
    ...change,
  };
}

/** From `fleet.yaml` as written to the fleet as the code knows it: cluster over group over defaults over built-in. Pure. */
import type { Cluster, Ec2Cluster, Fleet, KafkaListener, MskCluster, RetentionRelief, StoragePolicy } from './fleet.ts';
import {
  type ClusterSource,
  type Ec2Source,
  type FleetSource,
  METRIC,
  MSK_STEP_GIB_MIN,
  type MskSource,
  NOT_FOR_MSK,
  type NumberKey,
  partsOfArn,
  POLICY,
  PRICES,
  RELIEF,
  SKEW,
  SWEEP_MINUTES,
} from './schema.ts';

/** @param source has passed `FleetShape`; a group that does not exist counts as empty, `check.ts` reports it */
export function resolveFleet(source: FleetSource): Fleet {
  return {
    version: 1,
    name: source.name,
    sweepMinutes: source.sweepMinutes ?? SWEEP_MINUTES,
    adoptedAlarmArns: source.adoptedAlarmArns ?? [],
    notify: { emails: source.notify?.emails ?? [] },
    prices: {
      date: source.prices?.date ?? PRICES.date,
      usdPerGibMonth: merged(PRICES.usdPerGibMonth, [source.prices?.usdPerGibMonth]),
    },
    ...(source.networks !== undefined && { networks: source.networks }),
    clusters: source.clusters.map((cluster) => resolveCluster(source, cluster)),
  };
}

export function resolveCluster(source: FleetSource, cluster: ClusterSource): Cluster {
  return cluster.kind === 'ec2' ? resolveEc2(source, cluster) : resolveMsk(source, cluster);
}

function resolveEc2(source: FleetSource, cluster: Ec2Source): Ec2Cluster {
  const layers = layersOf(source, cluster);
  const { tags, instanceIds } = cluster.brokers;
  const { kafka } = cluster;
  return {
    ...resolveAny(source, cluster),
    kind: 'ec2',
    brokers: tags === undefined ? { instanceIds: instanceIds ?? [] } : { tags },
    mountPoints: last(layers, (layer) => layer.mountPoints) ?? [],
    metric: merged(
      METRIC,
      layers.map((layer) => layer.metric),
    ),
    ...(kafka !== undefined && { kafka: resolveListener(kafka) }),
  };
}

function resolveListener({ certificateAuthorities, ...listener }: NonNullable<Ec2Source['kafka']>): KafkaListener {
  return { ...listener, ...(certificateAuthorities !== undefined && { certificateAuthorities }) };
}

function resolveMsk(source: FleetSource, cluster: MskSource): MskCluster {
  const layers = layersOf(source, cluster);
  const common = resolveAny(source, cluster);
  const notCounted = Object.fromEntries(NOT_FOR_MSK.map((key) => [key, POLICY[key].initial]));
  const stepGibMin = Math.max(common.policy.stepGibMin, MSK_STEP_GIB_MIN);
  return {
    ...common,
    kind: 'msk',
    clusterArn: cluster.clusterArn,
    ...(cluster.brokers === undefined ? {} : { brokers: cluster.brokers }),
    policy: { ...common.policy, ...notCounted, stepGibMin },
    takeOverFromAutoScaling: last(layers, (layer) => layer.takeOverFromAutoScaling) ?? false,
    skewFractionMax: last(layers, (layer) => layer.skewFractionMax) ?? SKEW.initial,
  };
}

function resolveAny(source: FleetSource, cluster: ClusterSource) {
  const layers = layersOf(source, cluster);
  return {
    name: cluster.name,
    mode: last(layers, (layer) => layer.mode) ?? ('observe' as const),
    policy: merged(
      builtInPolicy(),
      layers.map((layer) => layer.policy),
    ),
    maintenanceWindows: last(layers, (layer) => layer.maintenanceWindows) ?? [],
    retentionRelief: merged(
      builtInRelief(),
      layers.map((layer) => layer.retentionRelief),
    ),
  };
}

/** The weakest first. */
function layersOf<T extends ClusterSource>(source: FleetSource, cluster: T) {
  return [source.defaults ?? {}, groupOf(source, cluster) ?? {}, cluster];
}

export function groupOf(source: FleetSource, cluster: ClusterSource) {
  const { groups } = source;
  return cluster.group !== undefined && groups !== undefined && Object.hasOwn(groups, cluster.group)
    ? groups[cluster.group]
    : undefined;
}

/**
 * Where the fleet lives: what the top of the file says, else the account and the Region of most of the MSK clusters, so
 * that one astray is told and not the hundred others. Without either: unknown.
 */
export function homeOf(source: FleetSource): { account?: string; region?: string } {
  const arns = source.clusters.flatMap((cluster) => (cluster.kind === 'msk' ? [partsOfArn(cluster.clusterArn)] : []));
  const account = source.account ?? mostFrequent(arns.map((arn) => arn.account));
  const region = source.region ?? mostFrequent(arns.map((arn) => arn.region));
  return { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
}

export function builtInPolicy(): StoragePolicy {
  return initials(POLICY);
}

export function builtInRelief(): RetentionRelief {
  return { enabled: false, approval: 'ask', exclude: [], ...initials(RELIEF) };
}

function initials<K extends string>(keys: Readonly<Record<K, NumberKey>>): Record<K, number> {
  return Object.fromEntries(Object.entries<NumberKey>(keys).map(([name, { initial }]) => [name, initial])) as Record<
    K,
    number
  >;
}

function last<L, T>(layers: readonly L[], pick: (layer: L) => T | undefined): T | undefined {
  return layers.map(pick).findLast((value) => value !== undefined);
}

type Partly<T> = { [K in keyof T]?: T[K] | undefined };

/** Key by key; a key without a value counts as not written. */
function merged<T extends object>(builtIn: T, layers: readonly (Partly<T> | undefined)[]): T {
  const result = { ...builtIn };
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer ?? {}))
      if (value !== undefined) Object.assign(result, { [key]: value });
  }
  return result;
}

/** The first of them, where several are. */
function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce<[string, number] | undefined>(
    (most, each) => (most === undefined || each[1] > most[1] ? each : most),
    undefined,
  )?.[0];
}

/** From `fleet.yaml` as written to the fleet as the code knows it: cluster over group over defaults over built-in. Pure. */
import type { Ec2Cluster, Fleet, StoragePolicy } from './fleet.ts';
import { type ClusterSource, type FleetSource, METRIC, POLICY, PRICES, SWEEP_MINUTES } from './schema.ts';

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
      usdPerGibMonth: Object.assign({ ...PRICES.usdPerGibMonth }, defined(source.prices?.usdPerGibMonth)),
    },
    clusters: source.clusters.map((cluster) => resolveCluster(source, cluster)),
  };
}

export function resolveCluster(source: FleetSource, cluster: ClusterSource): Ec2Cluster {
  const group = groupOf(source, cluster) ?? {};
  const layers = [source.defaults ?? {}, group, cluster];
  const last = <T>(pick: (layer: (typeof layers)[number]) => T | undefined): T | undefined =>
    layers.map(pick).findLast((value) => value !== undefined);

  const { tags, instanceIds } = cluster.brokers;
  return {
    name: cluster.name,
    kind: 'ec2',
    mode: last((layer) => layer.mode) ?? 'observe',
    brokers: tags === undefined ? { instanceIds: instanceIds ?? [] } : { tags },
    mountPoints: last((layer) => layer.mountPoints) ?? [],
    metric: Object.assign({ ...METRIC }, ...layers.map((layer) => defined(layer.metric))) as Ec2Cluster['metric'],
    policy: Object.assign(builtInPolicy(), ...layers.map((layer) => defined(layer.policy))) as StoragePolicy,
    maintenanceWindows: last((layer) => layer.maintenanceWindows) ?? [],
  };
}

export function groupOf(source: FleetSource, cluster: ClusterSource) {
  const { groups } = source;
  return cluster.group !== undefined && groups !== undefined && Object.hasOwn(groups, cluster.group)
    ? groups[cluster.group]
    : undefined;
}

export function builtInPolicy(): StoragePolicy {
  return Object.fromEntries(
    Object.entries(POLICY).map(([name, key]) => [name, key.initial]),
  ) as unknown as StoragePolicy;
}

function defined<T extends object>(values: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

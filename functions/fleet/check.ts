/** What a well-formed `fleet.yaml` can still have wrong: rules over several keys. Pure; positions are paths into the file. */
import type { StoragePolicy } from './fleet.ts';
import { didYouMean } from './nearest.ts';
import { groupOf, resolveCluster } from './resolve.ts';
import type { ClusterSource, FleetSource } from './schema.ts';

export type Path = (string | number)[];

export interface Finding {
  /** Where the offending value was written, be it in the cluster, its group or the defaults. */
  path: Path;
  expected: string;
}

/** @param positions where each of the source's clusters stands in the file: broken ones have been taken out */
export function checkFleet(source: FleetSource, positions: number[]): Finding[] {
  const at = (index: number): number => positions[index] ?? index;
  return [
    ...source.clusters.flatMap((cluster, index) => checkCluster(source, cluster, at(index))),
    ...checkNames(source, at),
    ...checkOverlaps(source, at),
    ...checkAlarms(source),
  ];
}

function checkCluster(source: FleetSource, cluster: ClusterSource, index: number): Finding[] {
  const findings: Finding[] = [];
  const resolved = resolveCluster(source, cluster);
  const { policy } = resolved;
  const report = (path: Path, expected: string): void => {
    findings.push({ path: origin(source, cluster, index, path), expected });
  };
  const less = (small: keyof StoragePolicy, large: keyof StoragePolicy, orEqual = false): void => {
    if (policy[small] < policy[large] || (orEqual && policy[small] === policy[large])) return;
    report(['policy', small], `${orEqual ? 'at most' : 'less than'} ${large} (${policy[large]})`);
  };
  less('usedFractionTarget', 'usedFractionMax');
  less('usedFractionMax', 'usedFractionEmergency');
  less('modificationsReserved', 'modificationsPerDayMax');
  less('stepGibMin', 'stepGibMax', true);
  less('stepGibMin', 'growthGibPerDayMax', true);

  const periodMinutes = resolved.metric.periodSeconds / 60;
  if (policy.metricAgeMinutesMax <= periodMinutes) {
    report(['policy', 'metricAgeMinutesMax'], `more than the metric's period (${periodMinutes} minutes)`);
  }
  if (cluster.group !== undefined && groupOf(source, cluster) === undefined) {
    const names = Object.keys(source.groups ?? {});
    report(
      ['group'],
      `${names.length === 0 ? 'a group, but there are none' : `one of ${names.join(', ')}`}${didYouMean(cluster.group, names)}`,
    );
  }
  if (resolved.mountPoints.length === 0) report(['mountPoints'], 'mountPoints, here, in its group or in the defaults');
  for (const at of repeated(resolved.mountPoints)) report(['mountPoints', at], 'each mount point once');
  for (const [at, window] of resolved.maintenanceWindows.entries()) {
    if (window.from === window.to) report(['maintenanceWindows', at, 'to'], "another time than 'from'");
  }
  for (const key of ['account', 'region'] as const) {
    if (cluster[key] === undefined || cluster[key] === source[key]) continue;
    report(
      [key],
      source[key] === undefined
        ? `no ${key} here, or the same one at the top of the file`
        : `${source[key]}: a fleet lives in one account and Region`,
    );
  }
  return findings;
}

function checkNames(source: FleetSource, at: (index: number) => number): Finding[] {
  return repeated(source.clusters.map((cluster) => cluster.name)).map((index) => ({
    path: ['clusters', at(index), 'name'],
    expected: 'a name that no other cluster has',
  }));
}

/** Two clusters that surely select the same volume: the same instance or the same tags, and a common mount point. */
function checkOverlaps(source: FleetSource, at: (index: number) => number): Finding[] {
  const owners = new Map<string, string>();
  const findings: Finding[] = [];
  for (const [index, cluster] of source.clusters.entries()) {
    const { tags, instanceIds } = cluster.brokers;
    const selections: { key: string; path: Path }[] =
      tags === undefined
        ? (instanceIds ?? []).map((id, position) => ({ key: id, path: ['brokers', 'instanceIds', position] }))
        : [{ key: JSON.stringify(Object.entries(tags).map(String).sort()), path: ['brokers', 'tags'] }];
    const { mountPoints } = resolveCluster(source, cluster);
    for (const { key, path } of selections) {
      const owner = mountPoints
        .map((mountPoint) => owners.get(`${key} ${mountPoint}`))
        .find((name) => name !== undefined);
      if (owner !== undefined) {
        findings.push({
          path: ['clusters', at(index), ...path],
          expected: `other brokers than those of cluster ${owner}, or other mount points`,
        });
      }
    }
    for (const { key } of selections)
      for (const mountPoint of mountPoints) owners.set(`${key} ${mountPoint}`, cluster.name);
  }
  return findings;
}

function checkAlarms(source: FleetSource): Finding[] {
  const arns = source.adoptedAlarmArns ?? [];
  const findings: Finding[] = repeated(arns).map((at) => ({
    path: ['adoptedAlarmArns', at],
    expected: 'each alarm once',
  }));
  for (const [at, arn] of arns.entries()) {
    const [, , , region, account] = arn.split(':');
    const path = ['adoptedAlarmArns', at];
    if (source.account !== undefined && account !== source.account)
      findings.push({ path, expected: `an alarm of account ${source.account}` });
    if (source.region !== undefined && region !== source.region)
      findings.push({ path, expected: `an alarm of Region ${source.region}` });
  }
  return findings;
}

/** The cluster's own key if it is written there, else its group's, else the defaults', else the cluster itself. */
function origin(source: FleetSource, cluster: ClusterSource, index: number, path: Path): Path {
  const bases: Path[] = [['clusters', index], ['groups', cluster.group ?? ''], ['defaults']];
  const layers: unknown[] = [cluster, groupOf(source, cluster), source.defaults];
  const written = layers.findIndex((layer) => has(layer, path));
  return written === -1 ? ['clusters', index] : [...(bases[written] ?? []), ...path];
}

function has(value: unknown, path: Path): boolean {
  let present = value;
  for (const key of path) {
    if (typeof present !== 'object' || present === null || !Object.hasOwn(present, key)) return false;
    present = (present as Record<string | number, unknown>)[key];
  }
  return present !== undefined;
}

/** Positions of what occurred before. */
function repeated(items: readonly string[]): number[] {
  const seen = new Set<string>();
  return [...items.entries()].filter(([, item]) => seen.size === seen.add(item).size).map(([at]) => at);
}

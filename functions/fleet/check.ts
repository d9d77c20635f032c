/** What a well-formed `fleet.yaml` can still have wrong: rules over several keys. Pure; positions are paths into the file. */
import type { Cluster, Ec2Cluster, StoragePolicy } from './fleet.ts';
import { didYouMean } from './nearest.ts';
import { groupOf, homeOf, resolveCluster } from './resolve.ts';
import {
  type ClusterSource,
  type FleetSource,
  MSK_PERIOD_SECONDS,
  MSK_SIZE_GIB_MAX,
  MSK_STEP_GIB_MIN,
  type MskSource,
  NOT_FOR_MSK,
  partsOfArn,
} from './schema.ts';

export type Path = (string | number)[];

export interface Finding {
  /** Where the offending value was written, be it in the cluster, its group or the defaults. */
  path: Path;
  expected: string;
}

type Home = ReturnType<typeof homeOf>;
/** @param path below the cluster, as if it were written there */
type Report = (path: Path, expected: string) => void;

/** A cluster as written and as it is, and where it stands in the file. */
interface Entry {
  source: ClusterSource;
  resolved: Cluster;
  at: number;
}

const ONE_HOME =
  'a fleet lives in one account and Region: put this cluster into a fleet file of its own, deployed there';

const MSK_STEP = `at least ${MSK_STEP_GIB_MIN} for kind msk (MSK's smallest step)`;

/** @param positions where each of the source's clusters stands in the file: broken ones have been taken out */
export function checkFleet(source: FleetSource, positions: number[]): Finding[] {
  const home = homeOf(source);
  const entries = source.clusters.map((cluster, index): Entry => {
    return { source: cluster, resolved: resolveCluster(source, cluster), at: positions[index] ?? index };
  });
  return [
    ...entries.flatMap((entry) => checkCluster(source, entry, home)),
    ...checkNames(entries),
    ...checkOverlaps(entries),
    ...checkArns(entries),
    ...checkAlarms(source, home),
  ];
}

function checkCluster(source: FleetSource, entry: Entry, home: Home): Finding[] {
  const { source: cluster, resolved, at: index } = entry;
  const findings: Finding[] = [];
  const report: Report = (path, expected) => {
    findings.push({ path: origin(source, cluster, index, path), expected });
  };
  checkPolicy(resolved, report, (path) => layersOf(source, cluster).some((layer) => has(layer, path)));
  if (cluster.group !== undefined && groupOf(source, cluster) === undefined) {
    const names = Object.keys(source.groups ?? {});
    report(
      ['group'],
      `${names.length === 0 ? 'a group, but there are none' : `one of ${names.join(', ')}`}${didYouMean(cluster.group, names)}`,
    );
  }
  for (const [at, window] of resolved.maintenanceWindows.entries()) {
    if (window.from === window.to) report(['maintenanceWindows', at, 'to'], "another time than 'from'");
  }
  for (const key of ['account', 'region'] as const) {
    if (cluster[key] === undefined || cluster[key] === home[key]) continue;
    const unknown = `no ${key} here, or the same one at the top of the file (${ONE_HOME})`;
    report([key], home[key] === undefined ? unknown : `${home[key]}: ${ONE_HOME}`);
  }
  if (resolved.kind === 'ec2') {
    checkEc2(resolved, report);
    checkNetwork(source, resolved, report);
  }
  if (cluster.kind === 'msk') {
    checkMskPolicy(cluster.policy ?? {}, resolved.policy, report);
    checkMskHome(source, cluster, home, report);
  }
  return findings;
}

function checkPolicy(cluster: Cluster, report: Report, isWritten: (path: Path) => boolean): void {
  const { policy } = cluster;
  const less = (small: keyof StoragePolicy, large: keyof StoragePolicy, orEqual = false): void => {
    if (policy[small] < policy[large] || (orEqual && policy[small] === policy[large])) return;
    // Nobody wrote the one: then the other is what was written, and wrong.
    if (!isWritten(['policy', small])) {
      report(['policy', large], `${orEqual ? 'at least' : 'more than'} ${small} (${policy[small]})`);
      return;
    }
    report(['policy', small], `${orEqual ? 'at most' : 'less than'} ${large} (${policy[large]})`);
  };
  less('usedFractionTarget', 'usedFractionMax');
  less('usedFractionMax', 'usedFractionEmergency');
  less('modificationsReserved', 'modificationsPerDayMax');
  for (const most of ['stepGibMax', 'growthGibPerDayMax'] as const) {
    // Nobody wrote MSK's least step: what is wrong is the key that leaves no room for it.
    if (cluster.kind === 'msk' && policy[most] < MSK_STEP_GIB_MIN) report(['policy', most], MSK_STEP);
    else less('stepGibMin', most, true);
  }
  const periodMinutes = (cluster.kind === 'ec2' ? cluster.metric.periodSeconds : MSK_PERIOD_SECONDS) / 60;
  if (policy.metricAgeMinutesMax > periodMinutes) return;
  if (isWritten(['policy', 'metricAgeMinutesMax'])) {
    report(['policy', 'metricAgeMinutesMax'], `more than the metric's period (${periodMinutes} minutes)`);
  } else {
    report(['metric', 'periodSeconds'], `less than metricAgeMinutesMax (${policy.metricAgeMinutesMax} minutes)`);
  }
}

function checkEc2({ mountPoints }: Ec2Cluster, report: Report): void {
  if (mountPoints.length === 0) report(['mountPoints'], 'mountPoints, here, in its group or in the defaults');
  for (const at of repeated(mountPoints)) report(['mountPoints', at], 'each mount point once');
}

function checkNetwork({ networks = {} }: FleetSource, { kafka }: Ec2Cluster, report: Report): void {
  if (kafka === undefined || Object.hasOwn(networks, kafka.network)) return;
  const names = Object.keys(networks);
  const known = names.length === 0 ? "a network, but there are none: add 'networks'" : `one of ${names.join(', ')}`;
  report(['kafka', 'network'], `${known}${didYouMean(kafka.network, names)}`);
}

/** What a shared policy says for other kinds is no mistake here, unless a volume could not become so large. */
function checkMskPolicy(own: NonNullable<MskSource['policy']>, policy: StoragePolicy, report: Report): void {
  for (const key of NOT_FOR_MSK) {
    if (own[key] === undefined) continue;
    report(
      ['policy', key],
      `no ${key} for kind msk: MSK counts no modifications, it has a cool-down of 6 to 24 h instead`,
    );
  }
  if (own.stepGibMin !== undefined && own.stepGibMin < MSK_STEP_GIB_MIN) report(['policy', 'stepGibMin'], MSK_STEP);
  if (policy.sizeGibMax > MSK_SIZE_GIB_MAX) {
    const heirs = own.sizeGibMax === undefined ? '; clusters of kind msk inherit this' : '';
    report(['policy', 'sizeGibMax'], `at most ${MSK_SIZE_GIB_MAX} for kind msk (MSK's largest volume)${heirs}`);
  }
}

function checkMskHome(source: FleetSource, cluster: MskSource, home: Home, report: Report): void {
  const arn = partsOfArn(cluster.clusterArn);
  const astray = (['account', 'region'] as const).filter((key) => arn[key] !== home[key]);
  if (astray.length === 0) return;
  const wanted = astray.map((key) => {
    const others = source[key] === undefined ? " (the other MSK clusters')" : '';
    return `${key === 'account' ? 'account' : 'Region'} ${home[key]}${others}`;
  });
  report(['clusterArn'], `a cluster of ${wanted.join(' and ')}: ${ONE_HOME}`);
}

function checkNames(entries: readonly Entry[]): Finding[] {
  return repeated(entries.map(({ source }) => source.name)).map((index) => ({
    path: ['clusters', entries[index]?.at ?? index, 'name'],
    expected: 'a name that no other cluster has',
  }));
}

/** Two clusters that surely select the same volume: the same instance or the same tags, and a common mount point. */
function checkOverlaps(entries: readonly Entry[]): Finding[] {
  const owners = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { resolved, at } of entries) {
    if (resolved.kind !== 'ec2') continue;
    const { brokers, mountPoints, name } = resolved;
    const selections: { key: string; path: Path }[] =
      'instanceIds' in brokers
        ? brokers.instanceIds.map((id, position) => ({ key: id, path: ['brokers', 'instanceIds', position] }))
        : [{ key: JSON.stringify(Object.entries(brokers.tags).map(String).sort()), path: ['brokers', 'tags'] }];
    for (const { key, path } of selections) {
      const owner = mountPoints
        .map((mountPoint) => owners.get(`${key} ${mountPoint}`))
        .find((name) => name !== undefined);
      if (owner !== undefined) {
        findings.push({
          path: ['clusters', at, ...path],
          expected: `other brokers than those of cluster ${owner}, or other mount points`,
        });
      }
    }
    for (const { key } of selections) for (const mountPoint of mountPoints) owners.set(`${key} ${mountPoint}`, name);
  }
  return findings;
}

/** An MSK cluster has one owner, and a name of its own: CloudWatch's dimension `Cluster Name` knows no ARN (aws-facts 1.5). */
function checkArns(entries: readonly Entry[]): Finding[] {
  const owners = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { resolved, at } of entries) {
    if (resolved.kind !== 'msk') continue;
    const { clusterArn, name } = resolved;
    const { account, region, clusterName } = partsOfArn(clusterArn);
    const metrics = `${account} ${region} ${clusterName}`;
    const same = owners.get(clusterArn);
    const alike = owners.get(metrics);
    const path = ['clusters', at, 'clusterArn'];
    if (same !== undefined) {
      findings.push({ path, expected: `another cluster than that of ${same}` });
    } else if (alike !== undefined) {
      const expected = `a cluster that is not named ${clusterName}, like that of ${alike}: CloudWatch's dimension 'Cluster Name' can't tell them apart`;
      findings.push({ path, expected });
    }
    owners.set(clusterArn, same ?? name).set(metrics, alike ?? name);
  }
  return findings;
}

function checkAlarms(source: FleetSource, home: Home): Finding[] {
  const arns = source.adoptedAlarmArns ?? [];
  const findings: Finding[] = repeated(arns).map((at) => ({
    path: ['adoptedAlarmArns', at],
    expected: 'each alarm once',
  }));
  for (const [at, arn] of arns.entries()) {
    const [, , , region, account] = arn.split(':');
    const path = ['adoptedAlarmArns', at];
    if (home.account !== undefined && account !== home.account)
      findings.push({ path, expected: `an alarm of account ${home.account}` });
    if (home.region !== undefined && region !== home.region)
      findings.push({ path, expected: `an alarm of Region ${home.region}` });
  }
  return findings;
}

/** The cluster's own key if it is written there, else its group's, else the defaults', else the cluster itself. */
function origin(source: FleetSource, cluster: ClusterSource, index: number, path: Path): Path {
  const bases: Path[] = [['clusters', index], ['groups', cluster.group ?? ''], ['defaults']];
  const written = layersOf(source, cluster).findIndex((layer) => has(layer, path));
  return written === -1 ? ['clusters', index] : [...(bases[written] ?? []), ...path];
}

const layersOf = (source: FleetSource, cluster: ClusterSource): unknown[] => [
  cluster,
  groupOf(source, cluster),
  source.defaults,
];

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

/**
 * Reads MSK clusters: the control plane, who else scales them, storage operations, what the ledger remembers, and how full
 * each broker is. Reads only.
 */
import type { MskCluster as DeclaredCluster } from '../../fleet/fleet.ts';
import type { Intent, VolumeRecord } from '../../gateways/ledger/ledger.ts';
import type { MskCluster, MskOperation } from '../../gateways/types.ts';
import { matchesIntent, subjectOf } from '../change.ts';
import type { ClusterFacts, MskStorageFacts } from '../facts.ts';
import type { FactsOptions, Listed, Scope, Services, Sources } from '../kind.ts';
import { hourMs } from '../limits.ts';
import { ownerTagsOf } from '../owner-tags.ts';
import { addFill } from './fill.ts';
import { lookBackMs } from './limits.ts';
import { changeOf, endOf, operationsOf } from './operations.ts';

/** What the services show of one cluster. */
export interface SeenCluster {
  cluster?: MskCluster;
  scalingTarget?: { sizeGibMax: number };
}

export const action = 'kafka:UpdateBrokerStorage';
export const volumeIdOf = (clusterName: string): string => `msk/${clusterName}`;

export async function list(
  { msk, scalingOwners }: Services,
  clusters: readonly DeclaredCluster[],
): Promise<Map<string, Listed<SeenCluster>[]>> {
  const arns = clusters.map(({ clusterArn }) => clusterArn);
  const [found, targets] =
    arns.length === 0 ? [[], []] : await Promise.all([msk.clusters(arns), scalingOwners.storageTargets(arns)]);
  return new Map(
    clusters.map(({ name, clusterArn }) => {
      const cluster = found.find((candidate) => candidate.clusterArn === clusterArn);
      const target = targets.find((candidate) => candidate.clusterArn === clusterArn);
      const seen: SeenCluster = {
        ...(cluster === undefined ? {} : { cluster }),
        ...(target === undefined ? {} : { scalingTarget: { sizeGibMax: target.sizeGibMax } }),
      };
      const volumes = cluster?.provisioned?.brokers ?? 0;
      return [name, [{ volumes, totalGib: volumes * (cluster?.provisioned?.volumeGib ?? 0), seen }]];
    }),
  );
}

export async function look(
  sources: Sources,
  cluster: DeclaredCluster,
  { withMetrics }: Scope,
): Promise<ClusterFacts<MskStorageFacts>[]> {
  const listed = (await list(sources, [cluster])).get(cluster.name) ?? [];
  const seen = listed.map((entry) => entry.seen);
  return factsOf(sources, cluster, seen, { withMetrics, lastDay: true, withOperations: true });
}

/** For the sweep: a cluster of which nothing says that its storage changed lately is not asked for its operations. */
export async function facts(
  sources: Sources,
  cluster: DeclaredCluster,
  listed: readonly SeenCluster[],
  { withMetrics, lastDay }: FactsOptions,
): Promise<ClusterFacts<MskStorageFacts>[]> {
  return factsOf(sources, cluster, listed, { withMetrics, lastDay, withOperations: false });
}

async function factsOf(
  sources: Sources,
  cluster: DeclaredCluster,
  listed: readonly SeenCluster[],
  { withMetrics, lastDay, withOperations }: { withMetrics: boolean; lastDay: boolean; withOperations: boolean },
): Promise<ClusterFacts<MskStorageFacts>[]> {
  const { ledger, nowMs } = sources;
  const volumeId = volumeIdOf(cluster.name);
  // Before the size: a reservation made in between is then noticed by its version.
  const [state, fleet, record] = await Promise.all([
    ledger.clusterState(cluster.name),
    ledger.clusterState('*'),
    ledger.volume(cluster.name, volumeId),
  ]);
  const sinceMs = nowMs - lookBackMs(record ?? {});
  const journal = await ledger.journal(subjectOf(volumeId), sinceMs);
  return Promise.all(
    listed.map(async (seen) => {
      const storage = bareStorage(cluster, seen, record, nowMs);
      const mayHaveChanged = withOperations || journal.length > 0 || seen.cluster?.activeOperationArn !== undefined;
      const asked = mayHaveChanged && storage.sizeGib > 0 ? seen.cluster : undefined;
      const operations = asked === undefined ? [] : await operationsOf(sources.msk, asked, sinceMs);
      addChanges(storage, operations, journal);
      const isCalledFor = Object.keys(record?.escalations ?? {}).length > 0;
      const { clusterName } = seen.cluster ?? {};
      if (withMetrics && clusterName !== undefined && storage.sizeGib > 0)
        await addFill(sources, storage, { clusterName, policy: cluster.policy, lastDay, isCalledFor });
      const fleetPaused = fleet.paused !== undefined;
      return { name: cluster.name, nowMs, state, fleetPaused, volumes: [storage], elsewhereGib: 0 };
    }),
  );
}

function bareStorage(
  { name, clusterArn }: DeclaredCluster,
  { cluster, scalingTarget }: SeenCluster,
  record: VolumeRecord | undefined,
  nowMs: number,
): MskStorageFacts {
  const provisioned = cluster?.provisioned;
  const notBefore = record?.notBefore;
  const sizeGib = provisioned?.volumeGib ?? 0;
  return {
    volumeId: volumeIdOf(name),
    cluster: name,
    clusterArn,
    clusterState: cluster?.state ?? 'NOT_FOUND',
    currentVersion: cluster?.currentVersion ?? '',
    sizeGib,
    volumes: provisioned?.brokers ?? 0,
    ...(provisioned === undefined
      ? {}
      : {
          instanceType: provisioned.instanceType,
          storageMode: provisioned.storageMode,
          monitoring: provisioned.monitoring,
          ...(provisioned.throughputMibps === undefined ? {} : { throughputMibps: provisioned.throughputMibps }),
        }),
    ...(scalingTarget === undefined ? {} : { scalingTarget }),
    brokers: [],
    past: [],
    growths: [],
    ...(notBefore === undefined || notBefore.atMs <= nowMs ? {} : { notBefore }),
    ...(record?.coolDown === undefined ? {} : { coolDown: record.coolDown }),
    // 0: it did not exist yet when it was first looked for.
    firstSeenGib: record?.firstSeenGib || sizeGib,
    ownerTags: record?.ownerTags ?? ownerTagsOf(cluster?.tags ?? {}),
  };
}

/**
 * What has changed the storage, by MSK's operations and by the journal: the list may lag behind, or forget. An operation
 * that failed took no effect. One without sizes (its description is gone, or it changed the throughput) bars the next one
 * all the same.
 */
function addChanges(storage: MskStorageFacts, operations: readonly MskOperation[], journal: readonly Intent[]): void {
  const ours = journal.filter((intent) => intent.action === action && intent.status === 'accepted');
  const changes = operations
    .filter(({ targetGib }) => targetGib !== undefined)
    .map((operation) => {
      const change = changeOf(operation, storage.volumeId, storage.sizeGib);
      const intent = ours.find((candidate) => matchesIntent(change, candidate));
      return { ...change, fromGib: operation.fromGib ?? intent?.request.fromGib, intent };
    });
  const newest = operations.findLast(({ targetGib }) => targetGib !== undefined);
  if (newest !== undefined) storage.modification = changeOf(newest, storage.volumeId, storage.sizeGib);

  const unlisted = ours.filter((intent) => !changes.some((change) => change.intent === intent));
  const took = [
    ...operations.filter((one) => endOf(one) !== 'failed').map((one) => one.endedAtMs ?? one.startedAtMs),
    ...unlisted.map(({ atMs }) => atMs),
  ];
  if (took.length > 0) storage.changedAtMs = Math.max(...took);
  storage.past = took.toSorted((a, b) => a - b).map((startedAtMs) => ({ startedAtMs }));

  const growths = [
    ...changes
      .filter(({ state }) => state !== 'failed')
      .map(({ startedAtMs: atMs, endedAtMs, fromGib, state }) => ({
        atMs,
        fromGib,
        // The metric follows within minutes.
        doneAtMs: state === 'modifying' ? Number.MAX_SAFE_INTEGER : (endedAtMs ?? atMs) + settleMs,
      })),
    ...unlisted.map(({ atMs, request: { fromGib } }) => ({ atMs, fromGib, doneAtMs: atMs + unlistedMs })),
  ];
  storage.growths = growths
    .flatMap(({ fromGib, ...growth }) => (typeof fromGib === 'number' ? [{ ...growth, fromGib }] : []))
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** KafkaDataLogsDiskUsed is written every minute (aws-facts 1.5); read in periods of five. */
const settleMs = 10 * 60_000;
/** How long a growth is taken to last of which only the journal tells (own assumption). */
const unlistedMs = hourMs;

/**
 * What would be done now, for every volume of many clusters, and why: the sweep acts on it, `kafka-autopilot plan` shows
 * it. First all is listed, few calls for the whole fleet, then decided, cluster by cluster. Reads only.
 */
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import type { GrowthDecision } from './decision.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import type { Listed, Services, Sources } from './kind.ts';
import { kindOf } from './kinds.ts';
import { readTogether } from './read-together.ts';

export interface SurveyedBroker {
  facts: ClusterFacts;
  volumes: { volume: VolumeFacts; decision: GrowthDecision }[];
}

/** A cluster, or some of its brokers. */
export interface SurveyPart {
  cluster: Cluster;
  listed: readonly Listed['seen'][];
  /** Of the brokers that are left out. */
  elsewhereGib: number;
  /** As `FactsOptions.lastDay`. */
  lastDay: boolean;
}

/** By the cluster's name. What could not be listed is told, so that one kind's trouble is not the others'. */
export async function listFleet(
  services: Services,
  clusters: readonly Cluster[],
): Promise<{ listed: Map<string, Listed[]>; unlisted: { kind: Cluster['kind']; error: unknown }[] }> {
  const listed = new Map<string, Listed[]>();
  const unlisted: { kind: Cluster['kind']; error: unknown }[] = [];
  const list = async ([kind, alike]: [Cluster['kind'], Cluster[]]): Promise<void> => {
    try {
      for (const [name, seen] of await kindOf({ kind }).list(services, alike)) listed.set(name, seen);
    } catch (error) {
      unlisted.push({ kind, error });
    }
  };
  await Promise.all([...Map.groupBy(clusters, ({ kind }) => kind)].map(list));
  return { listed, unlisted };
}

/** In the order of the parts; a broker without volumes has no decisions. */
export function survey(sources: Sources, fleet: Fleet, parts: readonly SurveyPart[]): Promise<SurveyedBroker[][]> {
  return readTogether(sources.metrics, parts, async ({ cluster, listed, elsewhereGib, lastDay }, metrics) => {
    const options = { withMetrics: true, elsewhereGib, lastDay };
    const facts = await kindOf(cluster).facts({ ...sources, metrics }, cluster, listed, options);
    return decideAll(fleet, cluster, facts);
  });
}

function decideAll(fleet: Fleet, cluster: Cluster, brokers: readonly ClusterFacts[]): SurveyedBroker[] {
  const kind = kindOf(cluster);
  return brokers.map((facts) => ({
    facts,
    volumes: facts.volumes
      .filter(({ isRoot }) => isRoot !== true)
      .map((volume) => ({ volume, decision: kind.decide({ volume, facts, cluster, prices: fleet.prices }) })),
  }));
}

/** One line of `kafka-autopilot plan`. */
export interface PlanRow {
  cluster: string;
  mode: Cluster['mode'];
  volumeId: string;
  instanceId?: string;
  mountPoint?: string;
  sizeGib: number;
  /** When it was first seen: a larger size now is drift from what declared it (`ownerTags`). */
  firstSeenGib: number;
  ownerTags: Record<string, string>;
  usedFraction?: number;
  decision: GrowthDecision;
}

/** Changes nothing. @throws what a service answered that could not be listed */
export async function planFleet(sources: Sources, fleet: Fleet): Promise<PlanRow[]> {
  const { listed, unlisted } = await listFleet(sources, fleet.clusters);
  const [trouble] = unlisted;
  if (trouble !== undefined) throw trouble.error;
  const parts = fleet.clusters.map((cluster): SurveyPart => {
    const seen = (listed.get(cluster.name) ?? []).map((entry) => entry.seen);
    return { cluster, listed: seen, elsewhereGib: 0, lastDay: true };
  });
  const surveyed = await survey(sources, fleet, parts);
  return fleet.clusters.flatMap((cluster, index) =>
    (surveyed[index] ?? []).flatMap(({ volumes }) =>
      volumes.map(({ volume, decision }) => rowOf(cluster, volume, decision)),
    ),
  );
}

function rowOf(cluster: Cluster, volume: VolumeFacts, decision: GrowthDecision): PlanRow {
  const mountPoint = volume.inspection?.mountPoint;
  const { usedFraction } = decision.evidence;
  return {
    cluster: cluster.name,
    mode: cluster.mode,
    volumeId: volume.volumeId,
    ...('instanceId' in volume ? { instanceId: volume.instanceId } : {}),
    ...(mountPoint === undefined ? {} : { mountPoint }),
    sizeGib: volume.sizeGib,
    firstSeenGib: volume.firstSeenGib,
    ownerTags: volume.ownerTags,
    ...(usedFraction === undefined ? {} : { usedFraction }),
    decision,
  };
}

/**
 * What would be done now, for every volume of a cluster, and why: the sweep acts on it, `kafka-autopilot plan` shows it.
 * Reads only.
 */
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import { decideGrowth } from './decide.ts';
import type { GrowthDecision } from './decision.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import type { Sources } from './kind.ts';
import { kindOf } from './kinds.ts';

export interface SurveyedBroker {
  facts: ClusterFacts;
  volumes: { volume: VolumeFacts; decision: GrowthDecision }[];
}

export async function survey(sources: Sources, fleet: Fleet, cluster: Cluster): Promise<SurveyedBroker[]> {
  const brokers = await kindOf(cluster).look(sources, cluster, { withMetrics: true });
  return brokers.map((facts) => ({
    facts,
    volumes: facts.volumes
      .filter(({ isRoot }) => !isRoot)
      .map((volume) => ({ volume, decision: decideGrowth({ volume, facts, cluster, prices: fleet.prices }) })),
  }));
}

/** One line of `kafka-autopilot plan`. */
export interface PlanRow {
  cluster: string;
  mode: Cluster['mode'];
  volumeId: string;
  instanceId: string;
  mountPoint?: string;
  sizeGib: number;
  /** When it was first seen: a larger size now is drift from what declared it (`ownerTags`). */
  firstSeenGib: number;
  ownerTags: Record<string, string>;
  usedFraction?: number;
  decision: GrowthDecision;
}

/** Changes nothing. */
export async function planFleet(sources: Sources, fleet: Fleet): Promise<PlanRow[]> {
  const rows: PlanRow[] = [];
  for (const cluster of fleet.clusters) {
    for (const broker of await survey(sources, fleet, cluster)) {
      for (const { volume, decision } of broker.volumes) {
        const mountPoint = volume.inspection?.mountPoint;
        const { usedFraction } = decision.evidence;
        rows.push({
          cluster: cluster.name,
          mode: cluster.mode,
          volumeId: volume.volumeId,
          instanceId: volume.instanceId,
          ...(mountPoint === undefined ? {} : { mountPoint }),
          sizeGib: volume.sizeGib,
          firstSeenGib: volume.firstSeenGib,
          ownerTags: volume.ownerTags,
          ...(usedFraction === undefined ? {} : { usedFraction }),
          decision,
        });
      }
    }
  }
  return rows;
}

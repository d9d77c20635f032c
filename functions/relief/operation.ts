/**
 * What every state of both workflows is given of its operation. Parsed at each step's door: an execution that was started
 * by an older release still has this shape.
 */
import * as z from 'zod/mini';
import type { Cluster, Ec2Cluster, Fleet, MskCluster } from '../fleet/fleet.ts';
import { DefectFault, RefusedFault } from '../runtime/fault.ts';
import type { PlannedTopic, ReliefDecision } from './decision.ts';
import type { ReliefPlan } from './plan-hash.ts';

const plain = {
  operationId: z.string(),
  executionArn: z.string(),
  /** Its name in the fleet file. */
  cluster: z.string(),
};

/** `retention-relief`. */
export const ReliefOperation = z.object({
  ...plain,
  /** What would be full: `msk/<cluster>` or `vol-…`; calls for a person are kept under it. */
  subject: z.string(),
  trigger: z.looseObject({
    type: z.string(),
    /** Growth is allowed again then. */
    retryAtMs: z.optional(z.number()),
    fullInHours: z.optional(z.number()),
    brokerId: z.optional(z.union([z.string(), z.number()])),
  }),
  /** `topics`: an operator's own choice; no other is touched. */
  request: z.optional(z.object({ topics: z.optional(z.array(z.string())) })),
});
export type ReliefOperation = z.infer<typeof ReliefOperation>;

/** `retention-restore`. */
export const RestoreOperation = z.object({
  ...plain,
  /** `topics/<cluster>`. */
  subject: z.string(),
  reliefId: z.string(),
  /** `deadline`, `room` or `operator`. */
  trigger: z.looseObject({ type: z.string() }),
});
export type RestoreOperation = z.infer<typeof RestoreOperation>;

export const Lease = z.object({ name: z.string(), executionArn: z.string(), fence: z.int() });

export const Failure = z.object({ Error: z.optional(z.string()), Cause: z.optional(z.string()) });

const values = z.record(z.string(), z.string());
const Planned: z.ZodMiniType<PlannedTopic> = z.object({
  name: z.string(),
  id: z.string(),
  former: values,
  inherited: z.exactOptional(z.boolean()),
  shortened: values,
  freesGib: z.exactOptional(z.number()),
});
export const Plan: z.ZodMiniType<ReliefPlan> = z.object({
  cluster: z.string(),
  restoreAfterHours: z.number(),
  topics: z.array(Planned),
});

export const Decision = z.custom<ReliefDecision>(
  (value) => typeof value === 'object' && value !== null && 'action' in value && 'evidence' in value,
);

/** @throws InputInvalid a developer mends the state machine */
export function parse<T extends z.ZodMiniType>(schema: T, event: unknown): z.infer<T> {
  const parsed = z.safeParse(schema, event);
  if (parsed.success) return parsed.data;
  throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
}

/** @throws UnknownCluster the cluster was taken out of the fleet file */
export function clusterOf(fleet: Fleet, name: string): Cluster {
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (cluster === undefined) throw new RefusedFault('UnknownCluster', `the fleet has no cluster ${name}`);
  return cluster;
}

/** A cluster whose topics are reached: through MSK, or from within its network. */
export type ReachedCluster = MskCluster | (Ec2Cluster & Required<Pick<Ec2Cluster, 'kafka'>>);

export function isReached(cluster: Cluster): cluster is ReachedCluster {
  return cluster.kind === 'msk' || cluster.kafka !== undefined;
}

/** @throws UnknownCluster, NoWayToTopics */
export function reachedClusterOf(fleet: Fleet, name: string): ReachedCluster {
  const cluster = clusterOf(fleet, name);
  if (!isReached(cluster))
    throw new RefusedFault('NoWayToTopics', `nothing here reaches the topics of cluster ${name}`);
  return cluster;
}

/** How the gateway of topics is told which cluster. */
export const topicsAddressOf = (cluster: ReachedCluster): string =>
  cluster.kind === 'msk' ? cluster.clusterArn : `${cluster.kafka.network}/${cluster.name}`;

/** The lease of all topics of a cluster. */
export const topicsOf = (cluster: string): string => `topics/${cluster}`;

/** The one-time schedule that gives the retention back. */
export const scheduleOf = (reliefId: string): string => `${reliefId}-restore`;

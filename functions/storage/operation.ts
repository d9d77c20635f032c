/**
 * What every state of `storage-scaling` is given of its operation. Parsed at each step's door: an execution that was
 * started by an older release still has this shape.
 */
import * as z from 'zod/mini';
import type { Cluster, Ec2Cluster, Fleet } from '../fleet/fleet.ts';
import { DefectFault, RefusedFault } from '../runtime/fault.ts';

export const Request = z.object({
  action: z.optional(z.enum(['grow', 'grow-filesystem'])),
  toGib: z.optional(z.int()),
});

export const Operation = z.object({
  operationId: z.string(),
  executionArn: z.string(),
  cluster: z.string(),
  /** What grows: an EBS volume, or `msk/<cluster>` for all brokers' volumes of an MSK cluster. */
  subject: z.string().check(z.regex(/^(vol-|msk\/)/)),
  trigger: z.record(z.string(), z.unknown()),
  request: z.optional(Request),
});
export type Operation = z.infer<typeof Operation>;

export const Lease = z.object({ name: z.string(), executionArn: z.string(), fence: z.int() });

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

/** @throws UnknownCluster also where it is of another kind: hosts are looked into on EC2 only */
export function ec2ClusterOf(fleet: Fleet, name: string): Ec2Cluster {
  const cluster = clusterOf(fleet, name);
  if (cluster.kind !== 'ec2') throw new RefusedFault('UnknownCluster', `cluster ${name} has no hosts to look into`);
  return cluster;
}

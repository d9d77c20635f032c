/**
 * What differs by kind of cluster, behind one small interface. A kind is one folder beside this file and one entry in
 * `kinds.ts`; nothing else knows it.
 */
import type { Cluster } from '../fleet/fleet.ts';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, MetricsGateway } from '../gateways/types.ts';
import type { ClusterFacts } from './facts.ts';

/** What reading a cluster takes. */
export interface Sources {
  ledger: Ledger;
  ebs: EbsGateway;
  metrics: MetricsGateway;
  nowMs: number;
}

/** Which brokers to read, and whether with their metrics. */
export interface Scope {
  /** Only the broker of this volume; absent: all. */
  volumeId?: string;
  /** The cheaper look before a change needs none. */
  withMetrics: boolean;
}

/** How far a growth that was asked for has come, read from the world. */
export type GrowthProgress =
  | { state: 'pending' | 'usable' | 'completed'; sizeGib: number }
  | { state: 'failed'; sizeGib: number; message: string };

export interface StorageKind<C extends Cluster = Cluster> {
  /** One entry for each broker in scope. Reads only. */
  look(sources: Sources, cluster: C, scope: Scope): Promise<ClusterFacts[]>;
  progress(sources: Pick<Sources, 'ebs'>, volumeId: string, targetGib: number): Promise<GrowthProgress>;
}

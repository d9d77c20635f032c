/**
 * What differs by kind of cluster, behind one small interface. A kind is one folder beside this file and one entry in
 * `kinds.ts`; nothing else knows it.
 */
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import type { Intent, Ledger } from '../gateways/ledger/ledger.ts';
import type {
  EbsGateway,
  MetricsGateway,
  MskGateway,
  ScalingOwnersGateway,
  SsmGateway,
  TopicsGateway,
  VolumeModification,
} from '../gateways/types.ts';
import type { CapacityLeft } from './caps.ts';
import type { GrowthDecision } from './decision.ts';
import type { ClusterFacts, HeavyTopic, StorageFacts, VolumeFacts } from './facts.ts';
import type { DecideInput } from './growth.ts';

/** The services that a cluster's storage lives in. */
export interface Services {
  ebs: EbsGateway;
  msk: MskGateway;
  scalingOwners: ScalingOwnersGateway;
}

/** What reading a cluster takes. */
export interface Sources extends Services {
  ledger: Ledger;
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

/**
 * What the service itself shows of a part of a cluster (a broker, or an MSK cluster), without ledger and metrics. Plain
 * JSON: the sweep lists once and hands it on by reference.
 */
export interface Listed<S = unknown> {
  /** Of how many volumes it tells: the measure of a sweep's page. */
  volumes: number;
  /** Their sizes, GiB. */
  totalGib: number;
  seen: S;
}

export interface FactsOptions {
  withMetrics: boolean;
  /** Read the last day's metrics of all storage; else only where `needsLastDay` says so. */
  lastDay: boolean;
  /** Data volumes of the cluster that were not listed, GiB. */
  elsewhereGib: number;
}

/** How far a growth that was asked for has come, read from the world. */
export type GrowthProgress =
  | { state: 'pending' | 'usable' | 'completed'; sizeGib: number }
  | { state: 'failed'; sizeGib: number; message: string };

/** A growth that the service has begun; `reference` where it has a name of its own to follow it by. */
export type Change = VolumeModification & { reference?: string };

/** The growth to prove. */
export interface Proof {
  cluster: string;
  volumeId: string;
  fromGib: number;
  targetGib: number;
  /** When it was asked for, as far as it is known. */
  startedAtMs?: number;
  /** Of the command that grew the file system. */
  instanceId?: string;
  commandId?: string;
}

export interface Verified {
  sizeGib: number;
  /** What proved it, for the record. */
  evidence: Record<string, unknown>;
  /** What is told to whoever balances by capacity or declares it (`Storage Grown`). */
  announcement: Record<string, unknown>;
}

/** `burst` at once, then one each `everyMs`. */
export interface Pace {
  burst: number;
  everyMs: number;
}

export interface StorageKind<C extends Cluster = Cluster, V extends StorageFacts = VolumeFacts, S = unknown> {
  /** The mutation that grows it, as the journal and IAM name it. */
  readonly action: string;
  /** A file system on a host has to be grown after the volume. */
  readonly hasFilesystem: boolean;
  /** The service says by events how far a change has come; else it has to be asked. */
  readonly hasEvents: boolean;
  /** At which pace growths may begin, where very many may be due at once. */
  readonly pace?: { account: Pace; cluster: Pace };

  /** All these clusters in as few calls as the service allows, none per volume. By the cluster's name. */
  list(sources: Services, clusters: readonly C[]): Promise<Map<string, Listed<S>[]>>;
  /** From what was listed: no call per volume but for those that were changed lately. */
  facts(sources: Sources, cluster: C, listed: readonly S[], options: FactsOptions): Promise<ClusterFacts<V>[]>;
  /** One cluster, or one broker of it, read from the service now. Reads only. */
  look(sources: Sources, cluster: C, scope: Scope): Promise<ClusterFacts<V>[]>;

  /** Pure. */
  decide(input: DecideInput<V, C>): GrowthDecision;
  /** Pure. */
  left(input: { cluster: C; facts: ClusterFacts<V>; volume: V; prices: Fleet['prices'] }): CapacityLeft;

  /** The last look before the call: what has come in between. @throws a fault that says why not now */
  mayChange(volume: V): void;
  /** Sums over the volumes that grow together. */
  reservationOf(volume: V, plan: { fromGib: number; targetGib: number }): { fromGib: number; toGib: number };
  /** Calls the service, once. @throws its faults; nothing was changed except perhaps by AnswerLost */
  change(
    sources: Pick<Sources, keyof Services | 'ledger' | 'nowMs'>,
    request: { cluster: C; volume: V; targetGib: number },
  ): Promise<Change>;
  /** The change that the intent announced, else the service's newest: to learn what came of a call without an answer. */
  newestChange(
    sources: Services,
    cluster: C,
    volumeId: string,
    intent: Pick<Intent, 'atMs' | 'request' | 'settledAtMs'>,
  ): Promise<Change | undefined>;
  progress(
    sources: Services,
    change: { volumeId: string; targetGib: number; reference?: string },
  ): Promise<GrowthProgress>;
  /** That the space is there to be used: not the request. @throws FilesystemNotGrown, GrowthNotShown */
  verify(sources: Sources & { ssm: SsmGateway }, cluster: C | undefined, proof: Proof): Promise<Verified>;

  /** The topics that weigh most on a broker, heaviest first, for whoever rebalances. Reads only, a bounded number of calls; empty where the service doesn't tell. */
  heaviest?(
    sources: Pick<Sources, 'msk' | 'metrics' | 'nowMs'> & { topics: TopicsGateway },
    cluster: C,
    brokerId: number,
  ): Promise<HeavyTopic[]>;
}

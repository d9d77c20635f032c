/**
 * What was observed of a cluster's storage: the input of every decision, as data that can be recorded and replayed. Pure
 * types. Sizes are whole GiB unless named otherwise, times epoch milliseconds, fractions 0..1.
 */
import type { ClusterState, CoolDown, Inspection } from '../gateways/ledger/ledger.ts';
import type { VolumeModification, VolumeType } from '../gateways/types.ts';
import type { PastModification } from './limits.ts';

/** Readings of a file system's used fraction, oldest first. */
export interface Readings {
  timesMs: number[];
  usedFractions: number[];
}

/** Storage that grows as one: an EBS volume, or the equal volumes of all brokers of an MSK cluster. */
export interface StorageFacts {
  /** EBS's volume id, or `msk/<cluster>`. */
  volumeId: string;
  cluster: string;
  /** Of one volume. */
  sizeGib: number;
  /** A system disk: seen, never grown. */
  isRoot?: boolean;
  /** The service's newest change of it. */
  modification?: VolumeModification;
  /** All that count against the service's limit: the journal's and foreign ones as far as they were seen. */
  past: PastModification[];
  /**
   * Sizes before each growth of ours, oldest first: a fraction read then was a fraction of that size. `doneAtMs`: the
   * file system had its new size by then; what a fraction read in between is of, nobody knows.
   */
  growths: { atMs: number; fromGib: number; doneAtMs?: number }[];
  /** What a host showed of it, where there is one to ask. */
  inspection?: Inspection;
  notBefore?: { atMs: number; reason: string };
  firstSeenGib: number;
  ownerTags: Record<string, string>;
  /** Absent where the metric was not asked for. Of an MSK cluster: of the fullest broker. */
  hourly?: Readings;
  recent?: Readings;
  /** Of those brokers that will be full before the fullest one: what is decided holds for the worst of all. */
  rivals?: { hourly?: Readings; recent: Readings }[];
}

export interface EbsVolumeFacts extends StorageFacts {
  instanceId: string;
  /** EC2's instance state. */
  instanceState: string;
  type: VolumeType;
  /** EC2's volume state. */
  state: string;
  multiAttach: boolean;
  managedBy?: string;
  isRoot: boolean;
}

export interface MskStorageFacts extends StorageFacts {
  clusterArn: string;
  /** MSK's cluster state; `NOT_FOUND` where there is none. */
  clusterState: string;
  currentVersion: string;
  /** Absent for a serverless cluster. */
  instanceType?: string;
  /** `TIERED`: only what is local lies on these volumes, and is what the metric and this size are about. */
  storageMode?: 'LOCAL' | 'TIERED';
  throughputMibps?: number;
  monitoring?: string;
  /** How full each broker is now, by broker id; empty where the metric was not asked for. */
  brokers: { brokerId: number; usedFraction?: number }[];
  /** How many volumes grow together. */
  volumes: number;
  /** Application Auto Scaling grows this cluster too. */
  scalingTarget?: { sizeGibMax: number };
  /** When the newest storage change took effect. */
  changedAtMs?: number;
  coolDown?: CoolDown;
}

export type VolumeFacts = EbsVolumeFacts | MskStorageFacts;

export interface ClusterFacts<V extends StorageFacts = VolumeFacts> {
  name: string;
  nowMs: number;
  state: ClusterState;
  /** The fleet is paused as a whole. */
  fleetPaused: boolean;
  /** All volumes of one broker, so that they are decided from one observation; or the one storage of an MSK cluster. */
  volumes: V[];
  /** Data volumes of the other brokers: their sizes, or what is reserved for them where that is more. */
  elsewhereGib: number;
}

/** A topic with the partitions that lie on one broker. */
export interface HeavyTopic {
  name: string;
  /** From producers to the partitions that the broker leads, mean of the last day. */
  bytesInPerSecond: number;
  partitions: number[];
  /** Of those, the ones that it leads. */
  leads: number[];
}

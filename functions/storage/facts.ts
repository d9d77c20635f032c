/**
 * What was observed of a cluster's storage: the input of every decision, as data that can be recorded and replayed. Pure
 * types. Sizes are whole GiB unless named otherwise, times epoch milliseconds, fractions 0..1.
 */
import type { ClusterState, Inspection } from '../gateways/ledger/ledger.ts';
import type { VolumeModification, VolumeType } from '../gateways/types.ts';
import type { PastModification } from './limits.ts';

/** Readings of a file system's used fraction, oldest first. */
export interface Readings {
  timesMs: number[];
  usedFractions: number[];
}

export interface VolumeFacts {
  volumeId: string;
  cluster: string;
  instanceId: string;
  /** EC2's instance state. */
  instanceState: string;
  sizeGib: number;
  type: VolumeType;
  /** EC2's volume state. */
  state: string;
  multiAttach: boolean;
  managedBy?: string;
  isRoot: boolean;
  /** The service's newest modification of this volume. */
  modification?: VolumeModification;
  /** All that count against the rolling limit: the journal's and foreign ones as far as they were seen. */
  past: PastModification[];
  /**
   * Sizes before each growth of ours, oldest first: a fraction read then was a fraction of that size. `doneAtMs`: the
   * file system had its new size by then; what a fraction read in between is of, nobody knows.
   */
  growths: { atMs: number; fromGib: number; doneAtMs?: number }[];
  inspection?: Inspection;
  notBefore?: { atMs: number; reason: string };
  firstSeenGib: number;
  ownerTags: Record<string, string>;
  /** Absent where the metric was not asked for. */
  hourly?: Readings;
  recent?: Readings;
}

export interface ClusterFacts {
  name: string;
  nowMs: number;
  state: ClusterState;
  /** The fleet is paused as a whole. */
  fleetPaused: boolean;
  /** All volumes of one broker, so that they are decided from one observation. */
  volumes: VolumeFacts[];
  /** Data volumes of the other brokers: their sizes, or what is reserved for them where that is more. */
  elsewhereGib: number;
}

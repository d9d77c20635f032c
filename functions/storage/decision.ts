/**
 * A decision about one volume: a closed union with stable reason codes that tests, state machines and people branch on.
 * Pure types. Meanings of all codes: docs/decisions-reference.md.
 */

/** What the operator or an earlier step of the same operation brings along. */
export interface Request {
  action?: 'grow' | 'grow-filesystem';
  toGib?: number;
  /** The plan that a person has approved; absent price: any. */
  approved?: { fromGib: number; targetGib: number; usdPerMonth?: number };
  /** An inspection was just made by this operation; another one would not help. */
  inspected?: boolean;
}

/** Numbers that led to the decision, kept for `explain`. */
export interface Evidence {
  sizeGib: number;
  usedFraction?: number;
  usedGib?: number;
  fileSystemGib?: number;
  fillGibPerHour?: number;
  fullInHours?: number;
  forecastGib?: number;
  horizonHours?: number;
  modificationsInWindow?: number;
  nextModificationAtMs?: number;
  metricAtMs?: number;
  emergency?: boolean;
  cappedBy?: string[];
  detail?: string;
  /** Of an MSK cluster: how full each broker is, how many volumes grow together, what else is known of its storage. */
  brokers?: { brokerId: number; usedFraction?: number }[];
  volumes?: number;
  storageMode?: 'LOCAL' | 'TIERED';
  throughputMibps?: number;
}

export type GrowReason = 'above-threshold' | 'forecast-full' | 'emergency' | 'operator' | 'approved';
export type WaitReason =
  | 'paused'
  | 'modification-in-progress'
  | 'modification-limit'
  | 'modification-reserved'
  | 'not-before'
  | 'maintenance-window'
  | 'day-cap'
  | 'cool-down'
  | 'cluster-not-active';
export type RefuseReason =
  | 'volume-managed-by-aws'
  | 'multi-attach'
  | 'volume-type'
  | 'volume-state'
  | 'broker-not-live'
  | 'root-volume'
  | `layout-${string}`
  | 'mount-point-mismatch'
  | 'inspection-impossible'
  | 'metric-missing'
  | 'metric-stale'
  | 'metric-implausible'
  | 'target-not-larger'
  | 'target-above-maximum'
  | 'target-step-too-small'
  | 'cluster-not-found'
  | 'cluster-express'
  | 'cluster-serverless'
  | 'cluster-state'
  | 'owned-by-auto-scaling';
export type EscalateReason = 'at-size-limit' | 'cluster-cap' | 'growth-barred' | 'skewed';

export type GrowthDecision = { evidence: Evidence } & (
  | { action: 'keep'; reason: 'below-threshold' | 'not-a-data-volume' | 'filesystem-complete' | 'no-longer-needed' }
  | { action: 'wait'; reason: WaitReason; retryAtMs?: number }
  | { action: 'inspect'; reason: 'inspection-missing' | 'inspection-stale' }
  | { action: 'grow-filesystem'; reason: 'filesystem-smaller-than-volume' }
  | {
      action: 'grow';
      reason: GrowReason;
      fromGib: number;
      targetGib: number;
      usdPerMonth: number;
      needsApproval: boolean;
    }
  | { action: 'refuse'; reason: RefuseReason }
  | { action: 'escalate'; reason: EscalateReason; barredBy?: WaitReason | 'size' | 'cluster'; retryAtMs?: number }
);

/** Growth may not start now. */
export interface Bar {
  reason: WaitReason;
  /** Absent: nobody knows. */
  retryAtMs?: number;
}

/** Whether retention relief should be started: growth is barred, and the disk would be full before it is allowed again. Pure. */
import type { Cluster } from '../fleet/fleet.ts';
import { fullestBroker, hoursLeft } from './advice.ts';
import type { GrowthDecision } from './decision.ts';
import { hourMs } from './limits.ts';
import { outcomeOf, type Outcome } from './outcome.ts';

/** What relief is started with. */
export interface Barred {
  outcome: string;
  volumeId: string;
  /** From now; absent: not within 30 days. */
  fullInHours?: number;
  /** Growth is allowed again then, as far as is known. */
  retryAtMs?: number;
  /** The fullest one, where a cluster's volumes grow together. */
  brokerId?: number;
}

/** Bars that end at a time. */
const timed: ReadonlySet<string> = new Set(['modification-limit', 'cool-down']);
/** Bars that relief can't or needn't help against: a person's pause, and a growth that is on its way. */
const passes: ReadonlySet<string> = new Set(['paused', 'modification-in-progress']);
/** Bars of which nobody knows when they end. */
const endless: ReadonlySet<string> = new Set([
  'at-size-limit',
  'cluster-cap',
  'cool-down-endless',
  'unknown-text',
  'volume-quota',
]);
/** Without an end in sight relief begins this long before the disk is full, or earlier where the policy looks farther. */
const horizonHoursMin = 24;

export function reliefOf({
  cluster,
  volumeId,
  decision,
  ended,
  nowMs,
}: {
  cluster: Cluster | undefined;
  volumeId: string;
  decision: GrowthDecision | undefined;
  ended: Outcome;
  nowMs: number;
}): Barred | undefined {
  if (cluster === undefined || cluster.mode !== 'act' || !cluster.retentionRelief.enabled) return undefined;
  if (decision === undefined) return undefined;
  const fullInHours = hoursLeft(decision.evidence, nowMs);
  const retryAtMs = ended.retryAtMs ?? ('retryAtMs' in decision ? decision.retryAtMs : undefined);
  const until = {
    growthBarred: ended.outcome === 'growth-barred' && !('barredBy' in decision && passes.has(decision.barredBy ?? '')),
    timed: timed.has(ended.outcome) && isBefore(fullInHours, (retryAtMs ?? nowMs + (ended.pauseMs ?? 0)) - nowMs),
    endless:
      endless.has(ended.outcome) &&
      (decision.evidence.emergency === true ||
        isBefore(fullInHours, Math.max(horizonHoursMin, cluster.policy.fullWithinHours) * hourMs)),
  };
  if (!until.growthBarred && !until.timed && !until.endless) return undefined;
  const brokerId = fullestBroker(decision.evidence);
  return {
    outcome: ended.outcome,
    volumeId,
    ...(fullInHours === undefined ? {} : { fullInHours }),
    ...(retryAtMs === undefined ? {} : { retryAtMs }),
    ...(brokerId === undefined ? {} : { brokerId }),
  };
}

/** Whether the end of an operation with this decision would start relief. */
export function isReliefDue(input: {
  cluster: Cluster;
  volumeId: string;
  decision: GrowthDecision;
  nowMs: number;
}): boolean {
  return reliefOf({ ...input, ended: outcomeOf({ decision: input.decision }) }) !== undefined;
}

function isBefore(fullInHours: number | undefined, ms: number): boolean {
  return fullInHours !== undefined && fullInHours * hourMs <= ms;
}

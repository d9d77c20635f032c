/** What relief decides: a closed union with stable reason codes. Pure types. Meanings: docs/relief.md. */

/** Why a topic is not touched. */
export type LeftReason =
  | 'internal'
  | 'excluded'
  | 'compacted'
  | 'cleanup-policy-unknown'
  | 'tiered'
  | 'kept-for-ever'
  | 'retention-unknown'
  | 'at-floor'
  | 'frees-nothing'
  | 'weight-unknown'
  | 'not-named'
  | 'not-found'
  | 'beyond-topics-max';

/** One topic of a plan. `former` and `shortened` have the same single key: `retention.ms`, or `retention.bytes` where time is no bound. */
export interface PlannedTopic {
  name: string;
  id: string;
  former: Record<string, string>;
  /** What the topic has is not its own. */
  inherited?: boolean;
  shortened: Record<string, string>;
  /** Estimate on the fullest broker; absent: unknown. */
  freesGib?: number;
}

export interface ReliefEvidence {
  brokerId?: number;
  usedGib?: number;
  capacityGib?: number;
  usedFraction?: number;
  fillGibPerHour?: number;
  /** At that rate. */
  fullInHours?: number;
  /** Growth is allowed again, or the former retention is back: whichever is first. */
  untilMs?: number;
  /** To be at `usedFractionTarget` then. */
  needGib?: number;
  /** What the plan frees, where it is known. */
  freesGib?: number;
  /** At most `namesMax`; `leftCount` counts all. */
  left?: { name: string; why: LeftReason }[];
  leftCount?: number;
  unread?: number;
  detail?: string;
}

export type ReliefRefusal =
  | 'disabled'
  | 'paused'
  | 'relief-open'
  /** A person said no, or nothing, to relief of this cluster a short while ago. */
  | 'asked-recently'
  | 'no-way-to-topics'
  | 'cluster-not-found'
  | 'no-volumes'
  | 'no-topic-api'
  | 'fill-unknown'
  | 'weights-unknown'
  | 'nothing-to-shorten';

export type ReliefDecision = { evidence: ReliefEvidence } & (
  | { action: 'keep'; reason: 'not-needed' | 'no-longer-needed' }
  /** `unweighed`: a named topic's weight is unknown, so nothing is promised. */
  | { action: 'shorten'; reason: 'enough' | 'not-enough' | 'unweighed'; topics: PlannedTopic[] }
  | { action: 'refuse'; reason: ReliefRefusal }
);

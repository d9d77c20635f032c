/**
 * How an operation ended, from what its states left behind: one table from a failure's name to a truthful end. Pure.
 */
import type { Escalation, OperationStatus } from '../gateways/ledger/ledger.ts';
import type { GrowthDecision } from './decision.ts';
import { hourMs } from './limits.ts';

export interface Failure {
  Error?: string | undefined;
  Cause?: string | undefined;
}

export interface Outcome {
  status: Extract<OperationStatus, 'succeeded' | 'deferred' | 'refused' | 'escalated' | 'failed'>;
  /** Stable code. */
  outcome: string;
  message: string;
  /** A person is notified (once, then as a reminder). */
  escalate: boolean;
  /** No try before this many milliseconds from now; a later time that the service named wins. */
  pauseMs?: number;
  retryAtMs?: number;
}

/** Errors that end an operation without anybody having to act now: the sweep tries again. */
const deferrals: Readonly<Record<string, { outcome: string; pauseMs: number }>> = {
  AlreadyRunning: { outcome: 'already-running', pauseMs: 0 },
  VolumeModificationLimit: { outcome: 'modification-limit', pauseMs: hourMs },
  ModificationInProgress: { outcome: 'modification-in-progress', pauseMs: hourMs },
  WorldChanged: { outcome: 'world-changed', pauseMs: 0 },
  LedgerBusy: { outcome: 'ledger-busy', pauseMs: 0 },
  LedgerContended: { outcome: 'ledger-busy', pauseMs: 0 },
  ServiceUnavailable: { outcome: 'service-unavailable', pauseMs: 0 },
  AlreadySettled: { outcome: 'already-settled', pauseMs: hourMs },
  Throttled: { outcome: 'throttled', pauseMs: 0 },
  Paused: { outcome: 'paused', pauseMs: 0 },
  ObserveOnly: { outcome: 'observe-only', pauseMs: 0 },
  ClusterNotActive: { outcome: 'cluster-not-active', pauseMs: hourMs / 4 },
  StaleClusterVersion: { outcome: 'stale-cluster-version', pauseMs: 0 },
  StorageUnchanged: { outcome: 'world-changed', pauseMs: 0 },
  StorageCoolDown: { outcome: 'cool-down', pauseMs: hourMs },
  LeaseLost: { outcome: 'lease-lost', pauseMs: 0 },
};

/** Errors after which a person decides; `pauseMs` keeps the sweep from asking the same again at once. */
const refusals: Readonly<
  Record<string, { outcome: string; status: 'refused' | 'escalated' | 'failed'; pauseMs: number }>
> = {
  ApprovalRejected: { outcome: 'approval-rejected', status: 'refused', pauseMs: 12 * hourMs },
  // Polled for a day; what it still does, the next look sees.
  OperationRunning: { outcome: 'deadline-passed', status: 'escalated', pauseMs: hourMs },
  'States.Timeout': { outcome: 'deadline-passed', status: 'escalated', pauseMs: hourMs },
  'States.HeartbeatTimeout': { outcome: 'deadline-passed', status: 'escalated', pauseMs: hourMs },
  ApprovalExpired: { outcome: 'approval-expired', status: 'escalated', pauseMs: 4 * hourMs },
  AnswerLost: { outcome: 'answer-lost', status: 'escalated', pauseMs: hourMs / 4 },
  AccessDenied: { outcome: 'access-denied', status: 'escalated', pauseMs: hourMs },
  UnsupportedVolume: { outcome: 'unsupported-volume', status: 'refused', pauseMs: 6 * hourMs },
  VolumeQuotaExceeded: { outcome: 'volume-quota', status: 'escalated', pauseMs: 6 * hourMs },
  ModificationFailed: { outcome: 'modification-failed', status: 'escalated', pauseMs: hourMs },
  HostUnreachable: { outcome: 'host-unreachable', status: 'escalated', pauseMs: hourMs },
  HostBusy: { outcome: 'host-busy', status: 'escalated', pauseMs: hourMs },
  FilesystemNotGrown: { outcome: 'filesystem-not-grown', status: 'escalated', pauseMs: hourMs },
  GrowthNotShown: { outcome: 'growth-not-shown', status: 'escalated', pauseMs: hourMs },
  StorageStepTooSmall: { outcome: 'target-step-too-small', status: 'refused', pauseMs: 6 * hourMs },
  // Only a person can say what it means: not tried again by itself (their own request overrides the pause).
  UnknownRefusal: { outcome: 'unknown-text', status: 'refused', pauseMs: 30 * 24 * hourMs },
  // Named with the time of the next try.
  UnknownRefusalInCoolDown: { outcome: 'unknown-text', status: 'refused', pauseMs: hourMs },
  CoolDownEndless: { outcome: 'cool-down-endless', status: 'escalated', pauseMs: 24 * hourMs },
  VolumeNotFound: { outcome: 'volume-not-found', status: 'refused', pauseMs: 0 },
  ClusterNotFound: { outcome: 'cluster-not-found', status: 'refused', pauseMs: 0 },
  UnknownCluster: { outcome: 'unknown-cluster', status: 'refused', pauseMs: 0 },
};

export function outcomeOf(input: {
  failure?: Failure | undefined;
  decision?: GrowthDecision | undefined;
  observeOnly?: boolean | undefined;
  verified?: object | undefined;
}): Outcome {
  if (input.failure !== undefined) return ofFailure(input.failure, input.verified !== undefined);
  if (input.verified !== undefined) {
    const grown = input.decision?.action === 'grow';
    return {
      status: 'succeeded',
      outcome: grown ? 'grown' : 'filesystem-grown',
      message: grown ? 'grown and proven' : 'the file system was grown to its volume',
      escalate: false,
    };
  }
  if (input.decision === undefined)
    return { status: 'failed', outcome: 'defect', message: 'the operation ended without a decision', escalate: true };
  return ofDecision(input.decision, input.observeOnly === true);
}

/**
 * The name under which a person is called: once, then as a reminder. That it has become an emergency is another call:
 * whoever was told of a disk with days left must not sleep through its last hours.
 */
export function callOf(outcome: string, decision: GrowthDecision | undefined): string {
  return decision?.action === 'escalate' && decision.evidence.emergency === true ? `${outcome}-emergency` : outcome;
}

/**
 * Whether a standing call is closed now that the volume needs nothing. Not within the hour: a saw-tooth around a threshold
 * is one incident, not one at every tooth.
 */
export function isOver({ remindedAtMs }: Escalation, nowMs: number): boolean {
  return nowMs - remindedAtMs >= hourMs;
}

/** Every code that an operation can end with because of a failure, beside `error-<Error>`. */
export const failureOutcomes: readonly string[] = [
  ...new Set([...Object.values(deferrals), ...Object.values(refusals)].map(({ outcome }) => outcome)),
  'grown-completion-unseen',
];

function ofFailure({ Error: name = 'Unknown', Cause: cause = '' }: Failure, verified: boolean): Outcome {
  // A time-out has no cause.
  const message = messageOf(cause) || name;
  // The file system has grown; only the wait for `completed` went wrong.
  if (verified && name !== 'ModificationFailed')
    return {
      status: 'succeeded',
      outcome: 'grown-completion-unseen',
      message: `grown and proven; that the service has completed was not seen: ${name} ${message}`.trim(),
      escalate: true,
    };
  const deferral = Object.hasOwn(deferrals, name) ? deferrals[name] : undefined;
  if (deferral !== undefined) {
    const retryAtMs = retryAtOf(message);
    return {
      status: 'deferred',
      outcome: deferral.outcome,
      message,
      escalate: false,
      pauseMs: deferral.pauseMs,
      ...(retryAtMs === undefined ? {} : { retryAtMs }),
    };
  }
  const refusal = Object.hasOwn(refusals, name) ? refusals[name] : undefined;
  if (refusal !== undefined) {
    const retryAtMs = name === 'UnknownRefusalInCoolDown' ? retryAtOf(message) : undefined;
    return {
      status: refusal.status,
      outcome: refusal.outcome,
      message,
      escalate: true,
      pauseMs: refusal.pauseMs,
      ...(retryAtMs === undefined ? {} : { retryAtMs }),
    };
  }
  return { status: 'failed', outcome: `error-${name}`, message, escalate: true, pauseMs: hourMs };
}

function ofDecision(decision: GrowthDecision, observeOnly: boolean): Outcome {
  const { detail } = decision.evidence;
  const message = `${decision.action}: ${decision.reason}${detail === undefined ? '' : ` (${detail})`}`;
  switch (decision.action) {
    case 'keep':
      return { status: 'succeeded', outcome: 'kept', message, escalate: false };
    case 'wait':
      return { status: 'deferred', outcome: decision.reason, message, escalate: false };
    case 'refuse':
      return { status: 'refused', outcome: decision.reason, message, escalate: true };
    case 'escalate':
      return { status: 'escalated', outcome: decision.reason, message, escalate: true };
    case 'grow':
    case 'grow-filesystem':
    case 'inspect':
      // Only an observed cluster comes here with something left to do; it is told once what would be done.
      return observeOnly
        ? { status: 'succeeded', outcome: 'observed', message, escalate: true }
        : { status: 'failed', outcome: 'not-done', message, escalate: true };
  }
}

/** A Lambda error's cause is JSON with `errorMessage`; a failed token's is plain text. */
function messageOf(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = (parsed as { errorMessage?: unknown } | null)?.errorMessage;
    return typeof message === 'string' ? message.slice(0, 500) : cause.slice(0, 500);
  } catch {
    return cause.slice(0, 500);
  }
}

/** Our own faults name the time in ISO form. */
function retryAtOf(message: string): number | undefined {
  const found = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/.exec(message);
  return found === null ? undefined : Date.parse(found[0]);
}

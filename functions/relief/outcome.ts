/**
 * How an operation ended, from what its states left behind: one table from a failure's name to a truthful end. Pure.
 * Meanings of the codes: docs/relief.md.
 */
import type { OperationStatus, ReliefTopic } from '../gateways/ledger/ledger.ts';
import type { ReliefDecision, ReliefRefusal } from './decision.ts';

export interface Failure {
  Error?: string | undefined;
  Cause?: string | undefined;
}

export interface Outcome {
  status: Extract<OperationStatus, 'succeeded' | 'deferred' | 'refused' | 'escalated' | 'failed'>;
  /** Stable code. */
  outcome: string;
  message: string;
  /** `always`: retention was changed. `call`: a person is needed; once, then as a reminder. */
  tell: 'no' | 'call' | 'always';
}

type End = Pick<Outcome, 'status' | 'outcome'>;

const deferred = (outcome: string): End => ({ status: 'deferred', outcome });
const refused = (outcome: string): End => ({ status: 'refused', outcome });
const escalated = (outcome: string): End => ({ status: 'escalated', outcome });

/** Failures before anything was shortened. Deferred ones need nobody: growth is tried again, and asks again. */
const failures: Readonly<Record<string, End>> = {
  AlreadyRunning: deferred('already-running'),
  ReliefOpen: deferred('relief-open'),
  WorldChanged: deferred('world-changed'),
  Paused: deferred('paused'),
  ObserveOnly: deferred('observe-only'),
  LeaseLost: deferred('lease-lost'),
  LedgerBusy: deferred('ledger-busy'),
  LedgerContended: deferred('ledger-busy'),
  Throttled: deferred('throttled'),
  ServiceUnavailable: deferred('service-unavailable'),
  ClusterNotActive: deferred('cluster-not-active'),
  ApprovalRejected: refused('approval-rejected'),
  ApprovalExpired: escalated('approval-expired'),
  NotApproved: refused('not-approved'),
  UnknownCluster: refused('unknown-cluster'),
  NoWayToTopics: refused('no-way-to-topics'),
  UnknownRefusal: escalated('topics-refused'),
  ListenerMismatch: escalated('listener-mismatch'),
  BrokersUnsupported: escalated('brokers-unsupported'),
  ScheduleNotArmed: escalated('undo-not-armed'),
  AccessDenied: escalated('access-denied'),
  AnswerLost: escalated('answer-lost'),
  ReliefEnded: escalated('relief-ended'),
  DeadlinePassed: escalated('deadline-passed'),
  'States.Timeout': escalated('deadline-passed'),
  'States.HeartbeatTimeout': escalated('deadline-passed'),
};

const refusals: Readonly<Record<ReliefRefusal, End>> = {
  paused: deferred('paused'),
  'relief-open': deferred('relief-open'),
  'asked-recently': deferred('asked-recently'),
  disabled: refused('disabled'),
  'no-way-to-topics': escalated('no-way-to-topics'),
  'cluster-not-found': refused('cluster-not-found'),
  'no-volumes': refused('no-volumes'),
  'no-topic-api': escalated('no-topic-api'),
  'fill-unknown': escalated('fill-unknown'),
  'weights-unknown': escalated('weights-unknown'),
  'nothing-to-shorten': escalated('nothing-to-shorten'),
};

/** The end of `retention-relief`. `topics`: of a relief that was armed; without, nothing was shortened. */
export function reliefOutcome(input: {
  failure?: Failure | undefined;
  decision?: ReliefDecision | undefined;
  observeOnly?: boolean | undefined;
  topics?: readonly ReliefTopic[] | undefined;
}): Outcome {
  const { failure, decision, topics } = input;
  const why = failure === undefined ? undefined : `${failure.Error ?? 'Unknown'}: ${messageOf(failure)}`;
  if (topics !== undefined) return ofShortening(topics, decision, why);
  if (failure !== undefined) return ofFailure(failure, failures);
  if (decision === undefined)
    return { status: 'failed', outcome: 'defect', message: 'the operation ended without a decision', tell: 'call' };
  const { detail } = decision.evidence;
  const message = `${decision.action}: ${decision.reason}${detail === undefined ? '' : ` (${detail})`}`;
  if (decision.action === 'keep') return { status: 'succeeded', outcome: decision.reason, message, tell: 'no' };
  if (decision.action === 'refuse') return called(refusals[decision.reason], message);
  return input.observeOnly === true
    ? { status: 'succeeded', outcome: 'observed', message, tell: 'call' }
    : { status: 'failed', outcome: 'not-done', message, tell: 'call' };
}

function ofShortening(
  topics: readonly ReliefTopic[],
  decision: ReliefDecision | undefined,
  why: string | undefined,
): Outcome {
  const count = (state: ReliefTopic['state']): number => topics.filter((topic) => topic.state === state).length;
  const done = count('shortened');
  const unclear = count('planned');
  const message = [
    `retention of ${done} of ${topics.length} topics shortened`,
    ...(unclear > 0 ? [`of ${unclear} it is not known`] : []),
    ...(why === undefined ? [] : [why]),
  ].join('; ');
  if (done === 0 && unclear === 0) return { status: 'escalated', outcome: 'nothing-shortened', message, tell: 'call' };
  if (why !== undefined || done < topics.length)
    return { status: 'escalated', outcome: 'shortened-partly', message, tell: 'always' };
  if (decision?.reason !== 'enough')
    return { status: 'escalated', outcome: 'shortened-not-enough', message, tell: 'always' };
  return { status: 'succeeded', outcome: 'shortened', message, tell: 'always' };
}

/** Failures of giving back, where nothing is owed by then all the same. */
const restoreFailures: Readonly<Record<string, End>> = {
  UnknownRelief: refused('unknown-relief'),
};

/** The end of `retention-restore`. What the ledger says of the topics counts, not how the last state ended. */
export function restoreOutcome(input: {
  failure?: Failure | undefined;
  /** The relief had ended before this operation came. */
  already?: boolean | undefined;
  topics?: readonly ReliefTopic[] | undefined;
}): Outcome {
  const { failure, already, topics } = input;
  if (topics === undefined) return ofFailure(failure ?? { Error: 'UnknownRelief' }, restoreFailures);
  if (already === true)
    return { status: 'succeeded', outcome: 'already-restored', message: 'it was given back before', tell: 'no' };
  const owed = topics.filter(({ state }) => state === 'planned' || state === 'shortened');
  if (owed.length > 0) {
    const names = owed.map(({ name }) => name).join(', ');
    const why = failure === undefined ? '' : `; ${failure.Error ?? 'Unknown'}: ${messageOf(failure)}`;
    return { status: 'escalated', outcome: 'restore-owed', message: `still owed: ${names}${why}`, tell: 'call' };
  }
  const alone = topics.filter(({ state }) => state === 'left-alone').length;
  const message = `${topics.length - alone} of ${topics.length} topics have their former retention`;
  if (alone > 0) return { status: 'succeeded', outcome: 'restored-partly', message, tell: 'always' };
  return { status: 'succeeded', outcome: 'restored', message, tell: 'always' };
}

/** Every code that an operation can end with because of a failure or a refusal, beside `error-<Error>`. */
export const endings: readonly string[] = [
  ...new Set(
    [...Object.values(failures), ...Object.values(refusals), ...Object.values(restoreFailures)].map(
      ({ outcome }) => outcome,
    ),
  ),
];

function ofFailure(failure: Failure, table: Readonly<Record<string, End>>): Outcome {
  const name = failure.Error ?? 'Unknown';
  const known = Object.hasOwn(table, name) ? table[name] : undefined;
  return called(known ?? { status: 'failed', outcome: `error-${name}` }, messageOf(failure) || name);
}

function called(end: End, message: string): Outcome {
  return { ...end, message, tell: end.status === 'deferred' ? 'no' : 'call' };
}

/** A Lambda error's cause is JSON with `errorMessage`; a failed token's is plain text; a time-out has none. */
function messageOf({ Cause: cause = '' }: Failure): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = (parsed as { errorMessage?: unknown } | null)?.errorMessage;
    return (typeof message === 'string' ? message : cause).slice(0, 500);
  } catch {
    return cause.slice(0, 500);
  }
}

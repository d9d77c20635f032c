import * as z from 'zod/mini';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import type { Ledger, VolumeRecord } from '../gateways/ledger/ledger.ts';
import type { MetricsGateway, MskGateway, NotifyGateway, TopicsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { adviceFor, fullestBroker, whatOf } from './advice.ts';
import { subjectOf } from './change.ts';
import type { GrowthDecision } from './decision.ts';
import type { HeavyTopic } from './facts.ts';
import { kindOf } from './kinds.ts';
import { dayMs, hourMs } from './limits.ts';
import { Lease, Operation, parse } from './operation.ts';
import { callOf, isOver, outcomeOf, type Outcome } from './outcome.ts';
import { reliefOf, type Barred } from './relief.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  notify: NotifyGateway;
  /** Asked only for the topics that a person should move. */
  msk: MskGateway;
  metrics: MetricsGateway;
  topics: TopicsGateway;
}

const Input = z.extend(Operation, {
  lease: z.optional(z.nullable(Lease)),
  failure: z.optional(z.nullable(z.object({ Error: z.optional(z.string()), Cause: z.optional(z.string()) }))),
  decision: z.optional(
    z.custom<GrowthDecision>((value) => typeof value === 'object' && value !== null && 'action' in value),
  ),
  observeOnly: z.optional(z.boolean()),
  /** Of any release: that it is there is what counts. */
  verified: z.optional(z.record(z.string(), z.unknown())),
});
type Input = z.infer<typeof Input>;

export interface Recorded {
  status: Outcome['status'];
  outcome: string;
  message: string;
  /** A person is needed. */
  failed: boolean;
  /** Growth is barred and the disk would be full first: relief is to be started with this. */
  relief?: Barred;
}

/**
 * State `Record`: the operation's end, truthfully; gives the lease and what is left of a reservation back, and calls a
 * person where one is needed. Run twice: the same record, no second notification within the reminder time (except where
 * the first run died in between calling and saying that the operation has ended).
 */
export const record =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<Recorded> => {
    const { clock, fleet, ledger } = dependencies;
    const input = parse(Input, event);
    const { operationId, subject: volumeId, decision } = input;
    const nowMs = clock.nowMs();
    const ended = outcomeOf({
      failure: input.failure ?? undefined,
      decision,
      observeOnly: input.observeOnly,
      verified: input.verified,
    });
    const cluster = fleet.clusters.find(({ name }) => name === input.cluster);
    const remembered = await ledger.volume(input.cluster, volumeId);

    // Without the lease nothing of the volume is ours to write: another operation is at it.
    const lease = input.lease ?? undefined;
    if (lease !== undefined) await settle({ ledger }, input, ended, remembered, nowMs);
    if (ended.escalate) await escalate(dependencies, { input, cluster, ended, remembered, nowMs });
    await ledger.updateOperation(operationId, {
      status: ended.status,
      outcome: ended.outcome,
      endedAtMs: nowMs,
      note: { atMs: nowMs, what: 'ended', detail: { outcome: ended.outcome, message: ended.message } },
    });
    if (lease !== undefined) await ledger.releaseLease(lease);
    const relief = reliefOf({ cluster, volumeId, decision, ended, nowMs });
    return {
      status: ended.status,
      outcome: ended.outcome,
      message: ended.message,
      failed: ended.status === 'refused' || ended.status === 'escalated' || ended.status === 'failed',
      ...(relief === undefined ? {} : { relief }),
    };
  };

async function settle(
  { ledger }: { ledger: Ledger },
  input: Input,
  ended: Outcome,
  remembered: VolumeRecord | undefined,
  nowMs: number,
): Promise<void> {
  const { cluster, subject: volumeId, operationId } = input;
  await ledger.releaseReservation(cluster, volumeId, operationId);
  if (input.failure !== undefined && input.failure !== null) await leaveOpen({ ledger }, input, nowMs);
  const pausedUntilMs = Math.max(ended.retryAtMs ?? 0, nowMs + (ended.pauseMs ?? 0));
  // A person's no, or a limit, outlasts a shorter pause that came up meanwhile; their own new request replaces it.
  const standingMs = input.request === undefined ? (remembered?.notBefore?.atMs ?? 0) : 0;
  if (pausedUntilMs > Math.max(nowMs, standingMs))
    await ledger.setNotBefore(cluster, volumeId, { atMs: pausedUntilMs, reason: ended.outcome });
  // It also outlasts a look that found nothing to do.
  else if (input.verified !== undefined && remembered?.notBefore !== undefined)
    await ledger.setNotBefore(cluster, volumeId, undefined);
  const escalations = Object.entries(remembered?.escalations ?? {});
  if (escalations.length === 0) return;
  // What was called for is over once the volume is as it should be; what came up meanwhile is not cured by this growth.
  const cured = input.verified === undefined ? undefined : await ledger.operation(operationId);
  for (const [reason, escalation] of escalations) {
    const isCured = cured !== undefined && escalation.openedAtMs <= cured.startedAtMs;
    if (isCured || (ended.outcome === 'kept' && isOver(escalation, nowMs)))
      await ledger.closeEscalations(cluster, volumeId, reason);
  }
}

/** An intent that nobody settled before the end: what came of it the next operation asks the world. */
async function leaveOpen({ ledger }: { ledger: Ledger }, input: Input, nowMs: number): Promise<void> {
  const journal = await ledger.journal(subjectOf(input.subject), nowMs - 30 * dayMs);
  for (const intent of journal) {
    if (intent.operationId !== input.operationId || intent.status !== 'intended') continue;
    await ledger.settleIntent({
      intent,
      status: 'unknown',
      atMs: nowMs,
      answer: 'the operation ended without an answer',
    });
  }
}

interface Ending {
  input: Input;
  cluster: Cluster | undefined;
  ended: Outcome;
  remembered: VolumeRecord | undefined;
  nowMs: number;
}

async function escalate(dependencies: Dependencies, ending: Ending): Promise<void> {
  const { ledger } = dependencies;
  const { input, cluster, ended, remembered, nowMs } = ending;
  const { operationId, subject: volumeId } = input;
  const reason = callOf(ended.outcome, input.decision);
  const remindAfterMs = (cluster?.policy.escalationReminderHours ?? 12) * hourMs;
  // Claimed first: of two operations that end at the same instant (an alarm's, the sweep's) one calls.
  const told = await ledger.escalate({ cluster: input.cluster, volumeId, reason, operationId, nowMs, remindAfterMs });
  const isMine = told === 'standing' && remembered?.escalations[reason]?.operationId === operationId;
  // Found its own claim: an earlier run of this step died after it. Unless it came to the end, nobody was called.
  const isOwed = isMine && (await ledger.operation(operationId))?.endedAtMs === undefined;
  if (told !== 'standing' || isOwed) await call(dependencies, ending, told === 'due');
}

async function call(dependencies: Dependencies, ending: Ending, reminder: boolean): Promise<void> {
  const { input, cluster, ended, remembered, nowMs } = ending;
  const { operationId, subject: volumeId, decision } = input;
  const { outcome } = ended;
  const where = {
    volumeId,
    instanceId: remembered?.instanceId,
    mountPoint: remembered?.inspection?.mountPoint,
    clusterArn: cluster?.kind === 'msk' ? cluster.clusterArn : undefined,
  };
  const heaviest = outcome === 'skewed' ? await heaviestOf(dependencies, cluster, decision, nowMs) : [];
  await dependencies.notify.publish({
    subject: `${reminder ? 'Reminder: ' : ''}${input.cluster}: ${subjectOf(volumeId)} ${outcome}`,
    text: [
      `${ended.message} (${ended.status})`,
      whatOf({ ...where, evidence: decision?.evidence }),
      ...adviceFor({ ...where, decision, nowMs, outcome, cluster: input.cluster, heaviest }),
      `Why: npx kafka-autopilot explain ${operationId}`,
    ].join('\n'),
    attributes: {
      kind: outcome === 'observed' ? 'observed' : 'escalation',
      cluster: input.cluster,
      operationId,
      outcome,
      volumeId,
    },
  });
}

/** What can't be read is left out: that a person is told matters more, and the message has the command. */
async function heaviestOf(
  { msk, metrics, topics }: Dependencies,
  cluster: Cluster | undefined,
  decision: GrowthDecision | undefined,
  nowMs: number,
): Promise<HeavyTopic[]> {
  const brokerId = fullestBroker(decision?.evidence);
  if (cluster === undefined || brokerId === undefined) return [];
  try {
    return (await kindOf(cluster).heaviest?.({ msk, metrics, topics, nowMs }, cluster, brokerId)) ?? [];
  } catch {
    return [];
  }
}

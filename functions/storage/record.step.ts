import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger, VolumeRecord } from '../gateways/ledger/ledger.ts';
import type { NotifyGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { adviceFor } from './advice.ts';
import type { GrowthDecision } from './decision.ts';
import { subjectOf } from './ec2/volume.ts';
import { dayMs, hourMs } from './limits.ts';
import { Lease, Operation, parse } from './operation.ts';
import { callOf, isOver, outcomeOf, type Outcome } from './outcome.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  notify: NotifyGateway;
}

const Input = z.extend(Operation, {
  lease: z.optional(z.nullable(Lease)),
  failure: z.optional(z.nullable(z.object({ Error: z.optional(z.string()), Cause: z.optional(z.string()) }))),
  decision: z.optional(
    z.custom<GrowthDecision>((value) => typeof value === 'object' && value !== null && 'action' in value),
  ),
  observeOnly: z.optional(z.boolean()),
  verified: z.optional(z.object({ filesystemBytes: z.number(), instanceId: z.string() })),
});
type Input = z.infer<typeof Input>;

/**
 * State `Record`: the operation's end, truthfully; gives the lease and what is left of a reservation back, and calls a
 * person where one is needed. Run twice: the same record, no second notification within the reminder time (except where
 * the first run died in between calling and saying that the operation has ended).
 */
export const record =
  ({ clock, fleet, ledger, notify }: Dependencies) =>
  async (event: unknown): Promise<{ status: Outcome['status']; outcome: string; message: string; failed: boolean }> => {
    const input = parse(Input, event);
    const { operationId, cluster, subject: volumeId } = input;
    const nowMs = clock.nowMs();
    const ended = outcomeOf({
      failure: input.failure ?? undefined,
      decision: input.decision,
      observeOnly: input.observeOnly,
      verified: input.verified,
    });
    const remembered = await ledger.volume(cluster, volumeId);

    // Without the lease nothing of the volume is ours to write: another operation is at it.
    const lease = input.lease ?? undefined;
    if (lease !== undefined) await settle({ ledger }, input, ended, remembered, nowMs);
    const reminderHours = fleet.clusters.find(({ name }) => name === cluster)?.policy.escalationReminderHours ?? 12;
    if (ended.escalate) {
      const reason = callOf(ended.outcome, input.decision);
      const remindAfterMs = reminderHours * hourMs;
      // Claimed first: of two operations that end at the same instant (an alarm's, the sweep's) one calls.
      const told = await ledger.escalate({ cluster, volumeId, reason, operationId, nowMs, remindAfterMs });
      const isMine = told === 'standing' && remembered?.escalations[reason]?.operationId === operationId;
      // Found its own claim: an earlier run of this step died after it. Unless it came to the end, nobody was called.
      const isOwed = isMine && (await ledger.operation(operationId))?.endedAtMs === undefined;
      if (told !== 'standing' || isOwed) await call(notify, input, ended, remembered, nowMs, told === 'due');
    }
    await ledger.updateOperation(operationId, {
      status: ended.status,
      outcome: ended.outcome,
      endedAtMs: nowMs,
      note: { atMs: nowMs, what: 'ended', detail: { outcome: ended.outcome, message: ended.message } },
    });
    if (lease !== undefined) await ledger.releaseLease(lease);
    return {
      status: ended.status,
      outcome: ended.outcome,
      message: ended.message,
      failed: ended.status === 'refused' || ended.status === 'escalated' || ended.status === 'failed',
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
  if (pausedUntilMs > nowMs)
    await ledger.setNotBefore(cluster, volumeId, { atMs: pausedUntilMs, reason: ended.outcome });
  // A person's no, or a limit, outlasts a look that found nothing to do.
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

async function call(
  notify: NotifyGateway,
  input: Input,
  ended: Outcome,
  remembered: VolumeRecord | undefined,
  nowMs: number,
  reminder: boolean,
): Promise<void> {
  const { operationId, cluster, subject: volumeId, decision } = input;
  const mountPoint = remembered?.inspection?.mountPoint;
  const kind = ended.outcome === 'observed' ? 'observed' : 'escalation';
  await notify.publish({
    subject: `${reminder ? 'Reminder: ' : ''}${cluster}: ${subjectOf(volumeId)} ${ended.outcome}`,
    text: [
      `${ended.message} (${ended.status})`,
      `Volume ${volumeId}${remembered?.instanceId === undefined ? '' : ` of ${remembered.instanceId}`}${mountPoint === undefined ? '' : ` at ${mountPoint}`}.`,
      ...adviceFor({
        decision,
        nowMs,
        outcome: ended.outcome,
        cluster,
        volumeId,
        instanceId: remembered?.instanceId,
        mountPoint,
      }),
      `Why: npx kafka-autopilot explain ${operationId}`,
    ].join('\n'),
    attributes: { kind, cluster, operationId, outcome: ended.outcome, volumeId },
  });
}

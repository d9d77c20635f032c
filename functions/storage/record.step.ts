import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger, VolumeRecord } from '../gateways/ledger/ledger.ts';
import type { NotifyGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { adviceFor } from './advice.ts';
import type { GrowthDecision } from './decision.ts';
import { subjectOf } from './ec2/volume.ts';
import { hourMs } from './limits.ts';
import { Lease, Operation, parse } from './operation.ts';
import { outcomeOf, type Outcome } from './outcome.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  notify: NotifyGateway;
}

const Input = z.extend(Operation, {
  lease: z.optional(Lease),
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
 * person where one is needed. Run twice: the same record, no second notification within the reminder time.
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
    if (input.lease !== undefined) await settle({ ledger }, input, ended, remembered, nowMs);
    const reminderHours = fleet.clusters.find(({ name }) => name === cluster)?.policy.escalationReminderHours ?? 12;
    if (ended.escalate) {
      const reason = ended.outcome;
      const told = await ledger.escalate({
        cluster,
        volumeId,
        reason,
        operationId,
        nowMs,
        remindAfterMs: reminderHours * hourMs,
      });
      if (told !== 'standing') await call(notify, input, ended, remembered, told === 'due');
    }
    await ledger.updateOperation(operationId, {
      status: ended.status,
      outcome: ended.outcome,
      endedAtMs: nowMs,
      note: { atMs: nowMs, what: 'ended', detail: { outcome: ended.outcome, message: ended.message } },
    });
    if (input.lease !== undefined) await ledger.releaseLease(input.lease);
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
  const pausedUntilMs = Math.max(ended.retryAtMs ?? 0, nowMs + (ended.pauseMs ?? 0));
  if (pausedUntilMs > nowMs)
    await ledger.setNotBefore(cluster, volumeId, { atMs: pausedUntilMs, reason: ended.outcome });
  else if (ended.status === 'succeeded' && remembered?.notBefore !== undefined)
    await ledger.setNotBefore(cluster, volumeId, undefined);
  // What was called for is over once the volume is as it should be.
  const over = ended.status === 'succeeded' && ended.outcome !== 'observed';
  if (over && Object.keys(remembered?.escalations ?? {}).length > 0) await ledger.closeEscalations(cluster, volumeId);
}

async function call(
  notify: NotifyGateway,
  input: Input,
  ended: Outcome,
  remembered: VolumeRecord | undefined,
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

import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger, Relief } from '../gateways/ledger/ledger.ts';
import type { NotifyGateway, ScheduleGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { Fault } from '../runtime/fault.ts';
import { claimCall } from './call.ts';
import { commandsByHand, figures, isoTime, topicStates } from './advice.ts';
import { Decision, Failure, Lease, parse, ReliefOperation, scheduleOf } from './operation.ts';
import { reliefOutcome, type Outcome } from './outcome.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  notify: NotifyGateway;
  schedule: ScheduleGateway;
}

const Input = z.extend(ReliefOperation, {
  lease: z.optional(z.nullable(Lease)),
  failure: z.optional(z.nullable(Failure)),
  decision: z.optional(Decision),
  observeOnly: z.optional(z.boolean()),
  /** `ArmRelief` came to its end: from then on topics may be shortened. */
  armed: z.optional(z.boolean()),
});
type Input = z.infer<typeof Input>;

/**
 * State `RecordRelief`: the operation's end, truthfully. A relief of which nothing was shortened is ended here, with its
 * schedule; one that shortened anything, or may have, stays armed: `retention-restore` ends it. Run twice: the same
 * record, no second notification (except where the first run died between telling and recording that it has ended).
 */
export const recordRelief =
  ({ clock, fleet, ledger, notify, schedule }: Dependencies) =>
  async (event: unknown): Promise<{ status: Outcome['status']; outcome: string; message: string; failed: boolean }> => {
    const input = parse(Input, event);
    const { operationId } = input;
    const nowMs = clock.nowMs();
    const relief = await ledger.relief(operationId);
    if (relief !== undefined && input.armed !== true) await withdraw({ ledger, schedule }, relief, nowMs);
    const armed = input.armed === true ? relief : undefined;
    if (armed?.topics.every(({ state }) => state === 'left-alone') === true)
      await withdraw({ ledger, schedule }, armed, nowMs);

    const ended = reliefOutcome({
      failure: input.failure ?? undefined,
      decision: input.decision,
      observeOnly: input.observeOnly,
      topics: armed?.topics,
    });
    const before = await ledger.operation(operationId);
    if (before?.endedAtMs === undefined) await tell({ fleet, ledger, notify }, input, ended, armed, nowMs);
    await ledger.updateOperation(operationId, {
      status: ended.status,
      outcome: ended.outcome,
      endedAtMs: before?.endedAtMs ?? nowMs,
      note: {
        atMs: before?.endedAtMs ?? nowMs,
        what: 'ended',
        detail: { outcome: ended.outcome, message: ended.message },
      },
    });
    const lease = input.lease ?? undefined;
    if (lease !== undefined) await ledger.releaseLease(lease);
    return {
      status: ended.status,
      outcome: ended.outcome,
      message: ended.message,
      failed: ended.status === 'refused' || ended.status === 'escalated' || ended.status === 'failed',
    };
  };

/** Nothing of it was shortened. A schedule that can't be cancelled starts a restore that finds nothing to do. */
async function withdraw(
  { ledger, schedule }: Pick<Dependencies, 'ledger' | 'schedule'>,
  { reliefId, topics, endedAtMs }: Relief,
  nowMs: number,
): Promise<void> {
  if (endedAtMs !== undefined) return;
  for (const { name, state } of topics)
    if (state === 'planned')
      await ledger.setReliefTopic(reliefId, { name, state: 'left-alone', detail: 'never shortened' });
  await ledger.endRelief(reliefId, nowMs);
  try {
    await schedule.cancel(scheduleOf(reliefId));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

async function tell(
  { fleet, ledger, notify }: Pick<Dependencies, 'fleet' | 'ledger' | 'notify'>,
  input: Input,
  ended: Outcome,
  armed: Relief | undefined,
  nowMs: number,
): Promise<void> {
  if (ended.tell === 'no') return;
  const { operationId, cluster, subject, decision } = input;
  const known = fleet.clusters.find(({ name }) => name === cluster);
  const reason = `relief-${ended.outcome}`;
  const call = { cluster, volumeId: subject, reason, operationId, nowMs };
  const told = ended.tell === 'call' && (await claimCall(ledger, call, known?.policy.escalationReminderHours));
  if (told === 'told-already') return;
  const inForce = armed !== undefined && ended.tell === 'always' ? armed : undefined;
  await notify.publish({
    subject: `${told === 'reminder' ? 'Reminder: ' : ''}${cluster}: retention relief ${ended.outcome}`,
    text: [
      `${ended.message} (${ended.status})`,
      ...(inForce === undefined ? [] : inForceLines(inForce)),
      ...(decision === undefined ? [] : figures(decision)),
      ...(inForce === undefined ? commandsByHand(decision, known?.retentionRelief) : []),
      `Why: npx kafka-autopilot explain ${operationId}`,
    ].join('\n'),
    attributes: { kind: inForce === undefined ? 'escalation' : 'relief', cluster, operationId, outcome: ended.outcome },
  });
}

function inForceLines({ cluster, restoreAtMs, topics }: Relief): string[] {
  return [
    ...topicStates(topics),
    `The former values are set again at ${isoTime(restoreAtMs)} at the latest, earlier once there is room. Now:`,
    `  npx kafka-autopilot restore-retention ${cluster} --yes`,
  ];
}

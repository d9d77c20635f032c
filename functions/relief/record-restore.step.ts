import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger, Relief } from '../gateways/ledger/ledger.ts';
import type { MetricsGateway, MskGateway, NotifyGateway, ScheduleGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { Fault } from '../runtime/fault.ts';
import { claimCall } from './call.ts';
import { restoreByHand, topicStates } from './advice.ts';
import { Failure, Lease, parse, RestoreOperation, scheduleOf } from './operation.ts';
import { restoreOutcome, type Outcome } from './outcome.ts';
import { fullestBroker } from './survey.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  msk: MskGateway;
  metrics: MetricsGateway;
  notify: NotifyGateway;
  schedule: ScheduleGateway;
}

const Input = z.extend(RestoreOperation, {
  lease: z.optional(z.nullable(Lease)),
  failure: z.optional(z.nullable(Failure)),
  already: z.optional(z.boolean()),
});
type Input = z.infer<typeof Input>;

/**
 * State `RecordRestore`: ends the relief if nothing is owed any more, cancels its schedule, says what came of it. What is
 * owed stays open: the sweep tries again. Run twice: the same record, no second notification.
 */
export const recordRestore =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ status: Outcome['status']; outcome: string; message: string; failed: boolean }> => {
    const input = parse(Input, event);
    const { clock, ledger } = dependencies;
    const { operationId } = input;
    const nowMs = clock.nowMs();
    const found = await ledger.relief(input.reliefId);
    const relief = found?.cluster === input.cluster ? found : undefined;
    const failure = input.failure ?? undefined;
    const ended = restoreOutcome({
      failure,
      // Another operation gave it back while this one waited for the topics.
      already: input.already === true || (failure !== undefined && relief?.endedAtMs !== undefined),
      topics: relief?.topics,
    });
    const over = relief !== undefined && (ended.outcome === 'restored' || ended.outcome === 'restored-partly');
    const leftover = over ? await end(dependencies, relief, nowMs) : undefined;
    const before = await ledger.operation(operationId);
    if (before?.endedAtMs === undefined) await tell(dependencies, input, ended, relief, nowMs);
    await ledger.updateOperation(operationId, {
      status: ended.status,
      outcome: ended.outcome,
      endedAtMs: before?.endedAtMs ?? nowMs,
      note: {
        atMs: before?.endedAtMs ?? nowMs,
        what: 'ended',
        detail: { outcome: ended.outcome, message: ended.message, ...(leftover !== undefined && { leftover }) },
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

/** @returns the schedule that could not be cancelled: it will start a restore that finds nothing to do */
async function end(
  { ledger, schedule }: Dependencies,
  { reliefId, cluster, volumeId }: Relief,
  nowMs: number,
): Promise<string | undefined> {
  await ledger.endRelief(reliefId, nowMs);
  await ledger.closeEscalations(cluster, volumeId, 'restore-owed');
  try {
    await schedule.cancel(scheduleOf(reliefId));
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return `${scheduleOf(reliefId)}: ${error.message}`;
  }
}

async function tell(
  dependencies: Dependencies,
  input: Input,
  ended: Outcome,
  relief: Relief | undefined,
  nowMs: number,
): Promise<void> {
  const { fleet, ledger, notify } = dependencies;
  const { operationId, cluster, reliefId, trigger } = input;
  if (ended.tell === 'no') return;
  const hours = fleet.clusters.find(({ name }) => name === cluster)?.policy.escalationReminderHours;
  const volumeId = relief?.volumeId ?? input.subject;
  const call = { cluster, volumeId, reason: ended.outcome, operationId, nowMs };
  const told = ended.tell === 'call' && (await claimCall(ledger, call, hours));
  if (told === 'told-already') return;
  await notify.publish({
    subject: `${told === 'reminder' ? 'Reminder: ' : ''}${cluster}: retention ${ended.outcome}`,
    text: [
      `${ended.message} (${ended.status}), because of ${trigger.type}; relief ${reliefId}`,
      ...topicStates(relief?.topics ?? []),
      ...(await room(dependencies, input, nowMs)),
      ...restoreByHand(relief?.topics ?? []),
      `Why: npx kafka-autopilot explain ${operationId}`,
    ].join('\n'),
    attributes: {
      kind: ended.tell === 'call' ? 'escalation' : 'relief',
      cluster,
      operationId,
      outcome: ended.outcome,
    },
  });
}

/** At the deadline it is given back even if there is no room: then that has to be said. Not worth failing for. */
async function room({ fleet, msk, metrics }: Dependencies, { cluster: name }: Input, nowMs: number): Promise<string[]> {
  const cluster = fleet.clusters.find((one) => one.name === name);
  if (cluster?.kind !== 'msk') return [];
  try {
    const [seen] = await msk.clusters([cluster.clusterArn]);
    const fullest = seen && (await fullestBroker(metrics, seen, cluster.policy.metricAgeMinutesMax, nowMs));
    if (fullest === undefined) return ['How full the brokers are is not known now.'];
    const used = fullest.usedGib / fullest.capacityGib;
    const says = `The fullest broker, ${fullest.brokerId}, uses ${Math.round(used * 100)} % of ${fullest.capacityGib} GiB`;
    return used < cluster.policy.usedFractionTarget
      ? [`${says}.`]
      : [`${says}: there is no room yet, and the former retention will fill it further.`];
  } catch (error) {
    if (error instanceof Fault) return ['How full the brokers are could not be read now.'];
    throw error;
  }
}

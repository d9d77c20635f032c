import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger, Relief } from '../gateways/ledger/ledger.ts';
import type { ScheduleGateway, TopicsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault, Fault, RefusedFault } from '../runtime/fault.ts';
import { hasValues, isAllowed } from './decide.ts';
import { mayStillChange } from './lease.ts';
import { hourMs } from './limits.ts';
import { Lease, parse, Plan, reachedClusterOf, ReliefOperation, scheduleOf, topicsAddressOf } from './operation.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  topics: TopicsGateway;
  schedule: ScheduleGateway;
}

const Input = z.extend(ReliefOperation, { lease: Lease, plan: Plan });
type Input = z.infer<typeof Input>;

/**
 * State `ArmRelief`: before anything is shortened, the former values stand in the ledger and a one-time schedule stands
 * that gives them back, whatever becomes of this execution. Topics are read once more. Run twice: the relief and its
 * schedule stand already, with the time of the first run. Where it fails, `RecordRelief` ends the relief: nothing was
 * shortened yet.
 *
 * @throws WorldChanged a topic is no longer what was planned
 * @throws ScheduleNotArmed the undo could not be armed
 * @throws Paused, LeaseLost, ReliefOpen, ObserveOnly; nothing was changed
 */
export const armRelief =
  ({ clock, fleet, ledger, topics, schedule }: Dependencies) =>
  async (event: unknown): Promise<{ reliefId: string; restoreAtMs: number }> => {
    const input = parse(Input, event);
    const { operationId: reliefId, plan } = input;
    const cluster = reachedClusterOf(fleet, input.cluster);
    if (cluster.mode !== 'act') throw new RefusedFault('ObserveOnly', `cluster ${cluster.name} is in mode observe`);
    for (const topic of plan.topics) {
      if (!isAllowed(topic, cluster.retentionRelief))
        throw new DefectFault(
          'PlanNotAllowed',
          `the plan goes below the floor of topic ${topic.name}, or lengthens it`,
        );
      const now = await topics.describe(topicsAddressOf(cluster), topic.name);
      if (now?.id !== topic.id || !hasValues(now, topic.former))
        throw new RefusedFault('WorldChanged', `topic ${topic.name} is no longer what was planned`);
    }
    await mayStillChange(ledger, input.lease, cluster.name);
    const nowMs = clock.nowMs();
    const relief = (await ledger.relief(reliefId)) ?? (await arm(ledger, input, nowMs));
    if (relief.endedAtMs !== undefined) throw new RefusedFault('ReliefEnded', `relief ${reliefId} has ended already`);
    await armSchedule(schedule, relief);
    await ledger.updateOperation(reliefId, {
      note: { atMs: nowMs, what: 'armed', detail: { restoreAtMs: relief.restoreAtMs, topics: relief.topics.length } },
    });
    return { reliefId, restoreAtMs: relief.restoreAtMs };
  };

async function arm(ledger: Ledger, { operationId, cluster, subject, plan }: Input, nowMs: number): Promise<Relief> {
  const relief: Relief = {
    reliefId: operationId,
    cluster,
    volumeId: subject,
    armedAtMs: nowMs,
    restoreAtMs: nowMs + plan.restoreAfterHours * hourMs,
    topics: plan.topics.map(({ name, id, former, inherited, shortened }) => ({
      name,
      id,
      former,
      ...(inherited === true && { inherited }),
      shortened,
      state: 'planned',
    })),
  };
  const armed = await ledger.armRelief(relief);
  if (armed.armed) return relief;
  if (armed.because === 'paused') throw new RefusedFault('Paused', `cluster ${cluster} or the fleet is paused`);
  throw new RefusedFault('ReliefOpen', `relief ${armed.reliefId ?? ''} of cluster ${cluster} stands`);
}

async function armSchedule(
  schedule: ScheduleGateway,
  { reliefId, cluster, restoreAtMs }: Pick<Relief, 'reliefId' | 'cluster' | 'restoreAtMs'>,
): Promise<void> {
  try {
    await schedule.at({
      name: scheduleOf(reliefId),
      atMs: restoreAtMs,
      payload: { source: 'relief-deadline', reliefId, cluster },
    });
  } catch (error) {
    if (error instanceof Fault && error.faultClass === 'transient') throw error;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    throw new RefusedFault('ScheduleNotArmed', why, { cause: error });
  }
}

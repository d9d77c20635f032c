import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import { TopicNotFound } from '../gateways/faults.ts';
import type { Ledger, ReliefTopic } from '../gateways/ledger/ledger.ts';
import type { TopicsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault } from '../runtime/fault.ts';
import { hasValues, isAllowed, topicBars } from './decide.ts';
import { mayStillChange } from './lease.ts';
import { Lease, parse, type ReachedCluster, reachedClusterOf, ReliefOperation, topicsAddressOf } from './operation.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  topics: TopicsGateway;
}

const Input = z.extend(ReliefOperation, { lease: Lease });
type Input = z.infer<typeof Input>;

/**
 * State `ShortenRetention`: sets what the armed relief says, topic by topic, each read right before. From here on data is
 * deleted for good; the settings themselves are given back by `retention-restore`. Run twice: what has the new value is
 * done; what still shows the former one is set again, which is harmless (the topic APIs' answers may be a minute old).
 *
 * @throws AnswerLost, Throttled, ClusterNotActive; try again later
 * @throws Paused, LeaseLost, ObserveOnly, ReliefEnded, DeadlinePassed; the rest is not shortened
 */
export const shortenRetention =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ shortened: string[]; leftAlone: string[] }> => {
    const input = parse(Input, event);
    const { fleet, ledger } = dependencies;
    const cluster = reachedClusterOf(fleet, input.cluster);
    const relief = await ledger.relief(input.operationId);
    for (const topic of relief?.topics ?? []) {
      if (topic.state !== 'planned') continue;
      const came = await shorten(dependencies, input, cluster, topic);
      await ledger.setReliefTopic(input.operationId, { name: topic.name, ...came });
    }
    const after = (await ledger.relief(input.operationId))?.topics ?? [];
    const namesIn = (state: ReliefTopic['state']): string[] =>
      after.filter((topic) => topic.state === state).map(({ name }) => name);
    return { shortened: namesIn('shortened'), leftAlone: namesIn('left-alone') };
  };

async function shorten(
  dependencies: Dependencies,
  input: Input,
  cluster: ReachedCluster,
  topic: ReliefTopic,
): Promise<{ state: 'shortened' } | { state: 'left-alone' | 'planned'; detail: string }> {
  const { topics } = dependencies;
  await checkAgain(dependencies, input, cluster);
  const now = await topics.describe(topicsAddressOf(cluster), topic.name);
  if (now === undefined) return leftAlone('gone');
  if (now.id !== topic.id) return leftAlone('created anew');
  // An earlier run's answer was lost.
  if (hasValues(now, topic.shortened)) return { state: 'shortened' };
  if (!hasValues(now, topic.former)) return leftAlone('changed by somebody else');
  const named = input.request?.topics?.includes(topic.name) === true;
  const bars = topicBars(now, cluster.retentionRelief, named);
  if (bars !== undefined) return leftAlone(bars);
  if (!isAllowed(topic, cluster.retentionRelief)) return leftAlone('below the floor of the policy');
  try {
    await topics.alter(topicsAddressOf(cluster), topic.name, topic.shortened);
  } catch (error) {
    if (error instanceof TopicNotFound) return leftAlone('gone');
    // An earlier run may have set it, its answer lost: it stays to be given back. The others may still be shortened.
    if (error instanceof RefusedFault) return { state: 'planned', detail: `refused: ${error.name} ${error.message}` };
    throw error;
  }
  return { state: 'shortened' };
}

const leftAlone = (detail: string) => ({ state: 'left-alone', detail }) as const;

/** A wait may lie between two topics (a retry), and so may a person's pause. */
async function checkAgain({ clock, ledger }: Dependencies, input: Input, cluster: ReachedCluster): Promise<void> {
  if (cluster.mode !== 'act') throw new RefusedFault('ObserveOnly', `cluster ${cluster.name} is in mode observe`);
  const relief = await ledger.relief(input.operationId);
  if (relief === undefined || relief.endedAtMs !== undefined)
    throw new RefusedFault('ReliefEnded', `relief ${input.operationId} does not stand any more`);
  if (clock.nowMs() >= relief.restoreAtMs)
    throw new RefusedFault('DeadlinePassed', `relief ${input.operationId} is to be given back already`);
  await mayStillChange(ledger, input.lease, cluster.name);
}

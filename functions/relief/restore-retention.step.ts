import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Lease as HeldLease, Ledger, Relief, ReliefTopic } from '../gateways/ledger/ledger.ts';
import type { TopicsGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault, TransientFault } from '../runtime/fault.ts';
import { formerConfigs, hasFormer, hasValues } from './decide.ts';
import { takeLease } from './lease.ts';
import { parse, reachedClusterOf, RestoreOperation, topicsAddressOf, topicsOf } from './operation.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  topics: TopicsGateway;
  workflows: WorkflowsGateway;
}

const Input = z.extend(RestoreOperation, {
  /** State `ConfirmRestore`: more than a minute has passed since the first look. */
  confirm: z.boolean(),
});

export interface Restoring {
  /** Null where none was needed. */
  lease: HeldLease | null;
  /** The relief had ended before. */
  already: boolean;
  /** Names that were set, or could not be. */
  owed: string[];
}

/**
 * States `RestoreRetention` and `ConfirmRestore`: sets former values where ours are found, and nowhere else. MSK's topic
 * APIs answer with what held up to a minute ago [MSK DG msk-topic-operations-information], so one look proves nothing: the
 * first only sets, and what the second sees, more than a minute later, counts. Not held up by a pause or by mode observe:
 * undo always runs. Run twice: the same values are set again.
 *
 * @throws TopicsBusy another operation holds the topics; try again later
 * @throws RestoreOwed in `ConfirmRestore`: something is still to be given back; try again later
 * @throws UnknownRelief, UnknownCluster, NoWayToTopics
 */
export const restoreRetention =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<Restoring> => {
    const input = parse(Input, event);
    const { clock, fleet, ledger } = dependencies;
    const { operationId, executionArn, reliefId, confirm } = input;
    const nowMs = clock.nowMs();
    await ledger.openOperation({
      operationId,
      workflow: 'retention-restore',
      cluster: input.cluster,
      subject: topicsOf(input.cluster),
      executionArn,
      trigger: { ...input.trigger, reliefId },
      startedAtMs: nowMs,
      status: 'running',
      timeline: [{ atMs: nowMs, what: 'started' }],
    });
    const known = await ledger.relief(reliefId);
    if (known?.cluster !== input.cluster)
      throw new RefusedFault('UnknownRelief', `cluster ${input.cluster} has no relief ${reliefId}`);
    if (known.endedAtMs !== undefined) return { lease: null, already: true, owed: [] };
    const cluster = topicsAddressOf(reachedClusterOf(fleet, input.cluster));
    const taken = await takeLease(dependencies, { name: topicsOf(input.cluster), operationId, executionArn, nowMs });
    if ('busy' in taken)
      throw new TransientFault('TopicsBusy', `the topics of ${input.cluster} are held by operation ${taken.busy}`);
    // Read under the lease: from here on nobody else writes it.
    const relief = (await ledger.relief(reliefId)) ?? known;
    if (relief.endedAtMs !== undefined) return { lease: taken.lease, already: true, owed: [] };
    const owed = await restoreAll(dependencies, cluster, relief, confirm);
    if (confirm && owed.length > 0) {
      const list = owed.map(({ name, why }) => `${name} (${why})`).join(', ');
      throw new TransientFault('RestoreOwed', `not seen with their former retention: ${list}`);
    }
    return { lease: taken.lease, already: false, owed: owed.map(({ name }) => name) };
  };

async function restoreAll(
  { ledger, topics }: Dependencies,
  cluster: string,
  relief: Relief,
  confirm: boolean,
): Promise<{ name: string; why: string }[]> {
  const owed: { name: string; why: string }[] = [];
  for (const topic of relief.topics) {
    if (topic.state === 'restored' || topic.state === 'left-alone') continue;
    try {
      const came = await restore(topics, cluster, topic);
      if (came !== 'set' && confirm) await ledger.setReliefTopic(relief.reliefId, { name: topic.name, ...came });
      else owed.push({ name: topic.name, why: came === 'set' ? 'set just now' : 'to be seen again' });
    } catch (error) {
      // One topic that can't be read or set must not keep the others short.
      owed.push({ name: topic.name, why: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' });
    }
  }
  return owed;
}

async function restore(
  topics: TopicsGateway,
  cluster: string,
  topic: ReliefTopic,
): Promise<'set' | { state: 'restored' } | { state: 'left-alone'; detail: string }> {
  const now = await topics.describe(cluster, topic.name);
  if (now === undefined) return { state: 'left-alone', detail: 'gone' };
  if (now.id !== topic.id) return { state: 'left-alone', detail: 'created anew' };
  if (hasFormer(now, topic)) return { state: 'restored' };
  if (!hasValues(now, topic.shortened)) {
    // MSK's ARN of a topic is made of its name: created anew may look just so.
    const found = Object.keys(topic.shortened).map((key) => `${key}=${now.configs[key] ?? 'unset'}`);
    return { state: 'left-alone', detail: `changed by somebody else: ${found.join(', ')}` };
  }
  await topics.alter(cluster, topic.name, formerConfigs(topic), { undo: true });
  return 'set';
}

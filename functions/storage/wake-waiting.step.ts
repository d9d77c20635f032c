import * as z from 'zod/mini';
import { parse } from './operation.ts';
import type { SsmGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Services } from './kind.ts';
import {
  answerIfReached,
  awaitedOrHeard,
  commandJudge,
  commandResource,
  completedResource,
  growthJudge,
  usableResource,
  type Waiters,
} from './waiting.ts';

const Event = z.object({
  source: z.string(),
  resources: z.optional(z.array(z.string())),
  detail: z.record(z.string(), z.unknown()),
});

/**
 * Event function: EBS or SSM says that something changed. It finds who waits for that resource and looks at the world;
 * where nobody waits for EBS, that it has spoken is noted for whoever comes right after it (`waiting.ts`). Duplicates and
 * late events are harmless.
 */
export const wakeWaiting =
  (dependencies: Waiters & Services & { clock: Clock; ssm: SsmGateway }) =>
  async (event: unknown): Promise<{ woken: string[] }> => {
    const woken: string[] = [];
    const { clock, ledger } = dependencies;
    const { source, resources = [], detail } = parse(Event, event);
    for (const resource of source === 'aws.ssm' ? commandsOf(detail) : growthsOf(resources, detail)) {
      const isCommand = source === 'aws.ssm';
      const waiting = isCommand
        ? await ledger.waiting(resource)
        : await awaitedOrHeard(ledger, resource, clock.nowMs());
      if (waiting === undefined) continue;
      const judge = isCommand ? commandJudge(dependencies) : growthJudge(dependencies);
      if (await answerIfReached(dependencies, judge, waiting)) woken.push(resource);
    }
    return { woken };
  };

function commandsOf(detail: Record<string, unknown>): string[] {
  return typeof detail['command-id'] === 'string' ? [commandResource(detail['command-id'])] : [];
}

function growthsOf(resources: readonly string[], detail: Record<string, unknown>): string[] {
  // The account may be missing from an EBS event's ARN: only its tail counts (aws-facts 2.2).
  const volumeIds = resources.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)).filter((id) => id.startsWith('vol-'));
  // What has just begun to optimize is not completed; all else may be, or both were missed.
  const isUsable = detail.result === 'optimizing';
  return volumeIds.flatMap((id) => [usableResource(id), ...(isUsable ? [] : [completedResource(id)])]);
}

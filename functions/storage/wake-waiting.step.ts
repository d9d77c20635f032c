import * as z from 'zod/mini';
import { parse } from './operation.ts';
import { answerIfReached, commandResource, completedResource, usableResource, type Waiters } from './waiting.ts';

const Event = z.object({
  source: z.string(),
  resources: z.optional(z.array(z.string())),
  detail: z.record(z.string(), z.unknown()),
});

/**
 * Event function: EBS or SSM says that something changed. It finds who waits for that resource and looks at the world; it
 * does nothing where nobody waits, because whoever comes later looks for itself. Duplicates and late events are harmless.
 */
export const wakeWaiting =
  (dependencies: Waiters) =>
  async (event: unknown): Promise<{ woken: string[] }> => {
    const woken: string[] = [];
    for (const resource of resourcesOf(parse(Event, event))) {
      const waiting = await dependencies.ledger.waiting(resource);
      if (waiting !== undefined && (await answerIfReached(dependencies, waiting))) woken.push(resource);
    }
    return { woken };
  };

function resourcesOf({ source, resources = [], detail }: z.infer<typeof Event>): string[] {
  if (source === 'aws.ssm')
    return typeof detail['command-id'] === 'string' ? [commandResource(detail['command-id'])] : [];
  // The account may be missing from an EBS event's ARN: only its tail counts (aws-facts 2.2).
  const volumeIds = resources.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)).filter((id) => id.startsWith('vol-'));
  return volumeIds.flatMap((volumeId) => [usableResource(volumeId), completedResource(volumeId)]);
}

/** What a person approves: which topics, from what to what, for how long; without its weather (weights, forecast). Pure. */
import { createHash } from 'node:crypto';
import type { PlannedTopic } from './decision.ts';

export interface ReliefPlan {
  cluster: string;
  restoreAfterHours: number;
  topics: PlannedTopic[];
}

/** First 16 hex digits of SHA-256 over the plan's fields in a fixed order. */
export function hashOf({ cluster, restoreAfterHours, topics }: ReliefPlan): string {
  const fields = topics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, id, former, inherited, shortened }) => [
      name,
      id,
      sorted(former),
      sorted(shortened),
      ...(inherited === true ? ['inherited'] : []),
    ]);
  return createHash('sha256')
    .update(JSON.stringify([cluster, restoreAfterHours, fields]))
    .digest('hex')
    .slice(0, 16);
}

function sorted(values: Record<string, string>): [string, string][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

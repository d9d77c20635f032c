/** Retention relief in a terminal: which topics, from what to what. Pure. */
import type { Relief } from '../functions/gateways/ledger/ledger.ts';
import type { ReliefPlan } from '../functions/relief/plan-hash.ts';
import { changeOf } from '../functions/relief/advice.ts';
import { type Paint, table } from './render.ts';

export const deletesData =
  'What is deleted does not come back, and a consumer that is further behind than the new retention loses records.';

/** What is asked for, with what it means. */
export function reliefPlanText(paint: Paint, { restoreAfterHours, topics }: ReliefPlan): string[] {
  const rows = topics.map((topic) => [
    `  ${topic.name}`,
    changeOf(topic),
    topic.freesGib === undefined ? 'unknown' : `${topic.freesGib} GiB`,
  ]);
  return [
    `  shorten the retention of ${topics.length === 1 ? 'a topic' : `${topics.length} topics`} for ${restoreAfterHours} h at most:`,
    table(paint, ['  TOPIC', 'RETENTION', 'FREES ABOUT'], rows),
    deletesData,
  ];
}

/** `clicks, views`; what is given back or was never ours is left out. */
export function owedTopics({ topics }: Pick<Relief, 'topics'>): string[] {
  return topics.filter(({ state }) => state === 'planned' || state === 'shortened').map(({ name }) => name);
}

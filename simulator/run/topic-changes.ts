/** What the system under test changes of topics: heard from the cluster itself, by the operation that did it. */
import type { TopicChange } from '../cloud/msk.ts';
import { kafkaDefaults } from '../cloud/msk/topic-data.ts';
import type { Simulation } from '../deploy/boot.ts';

const hourMs = 3_600_000;
const gib = 2 ** 30;

/** Lines such as `payments-events: retention.ms 168 h → 60 h`, by operation id. Fills as the simulation runs. */
export function recordTopicChanges({ msk, lambda }: Pick<Simulation, 'msk' | 'lambda'>): ReadonlyMap<string, string[]> {
  const changes = new Map<string, string[]>();
  msk.onTopicChange((change) => {
    const operationId = lambda.current()?.tag;
    if (operationId === undefined) return;
    changes.set(operationId, [...(changes.get(operationId) ?? []), ...linesOf(change)]);
  });
  return changes;
}

/** What has changed for the data: a default that was made explicit is none. */
function linesOf({ name, before, after }: TopicChange): string[] {
  const [from, to] = [
    { ...kafkaDefaults, ...before },
    { ...kafkaDefaults, ...after },
  ];
  return ['retention.ms', 'retention.bytes']
    .filter((key) => from[key] !== to[key])
    .map((key) => `${name}: ${key} ${amountOf(key, from[key])} → ${amountOf(key, to[key])}`);
}

function amountOf(key: string, value: string | undefined): string {
  if (Number(value) < 0) return 'no limit';
  const [unit, name] = key === 'retention.ms' ? [hourMs, 'h'] : [gib, 'GiB'];
  return `${Number((Number(value) / unit).toFixed(2))} ${name}`;
}

/** Every operation as one line of JSON, for `jq` and spreadsheets: all fields, and each time also as ISO 8601 in UTC. */
import { byText, isoTime } from './format.ts';
import type { OperationRun, RunRecord } from './run-record.ts';

/** Lines end in a newline; a run without operations is the empty text. Sorted by start, then by operation id. */
export const operationsJsonl = (run: Pick<RunRecord, 'operations'>): string =>
  operationsInOrder(run.operations)
    .map((operation) => `${JSON.stringify(line(operation))}\n`)
    .join('');

export const operationsInOrder = (operations: readonly OperationRun[]): OperationRun[] =>
  [...operations].sort((a, b) => a.startedAtMs - b.startedAtMs || byText(a.operationId, b.operationId));

function line(operation: OperationRun): Record<string, unknown> {
  const { operationId, startedAtMs, endedAtMs, timeline, statesEntered, transitions, ...facts } = operation;
  return {
    operationId,
    startedAt: isoTime(startedAtMs),
    ...(endedAtMs === undefined ? {} : { endedAt: isoTime(endedAtMs) }),
    startedAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...sortedByKey(facts),
    statesEntered,
    transitions,
    timeline: timeline.map(({ atMs, what, detail }) => ({
      at: isoTime(atMs),
      atMs,
      what,
      ...(detail === undefined ? {} : { detail }),
    })),
  };
}

/** The order in which a record's optional fields were set must not show in the file. */
const factOrder = [
  'workflow',
  'cluster',
  'volumeId',
  'trigger',
  'status',
  'outcome',
  'action',
  'reason',
  'fromGib',
  'targetGib',
  'usdPerMonth',
  'usedFraction',
  'fullInHours',
  'message',
  'topics',
];

const sortedByKey = (facts: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(facts).sort(([a], [b]) => position(a) - position(b) || byText(a, b)));

const position = (key: string): number => (factOrder.includes(key) ? factOrder.indexOf(key) : factOrder.length);

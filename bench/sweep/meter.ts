/** What a run asked of AWS, counted at the simulated account's door, and what that costs at list prices. */
import { specOf, type Verb } from '../../infra/function-table.ts';
import type { Simulation } from '../../simulator/deploy/boot.ts';
import { usdPer } from '../../simulator/run/prices.ts';

/** S3 Standard, us-east-1, as on its price page; not re-read for this release. */
const s3Usd = { put: 0.005 / 1000, get: 0.0004 / 1000 };
/** Assumed, not measured: the virtual clock stands still while a function computes. */
const cpuMs = 500;
const kib = 1024;

export interface Counts {
  /** Calls by `<service>:<Operation>`, each attempt. */
  calls: Record<string, number>;
  /** Refused by a request bucket. */
  throttled: Record<string, number>;
  metrics: number;
  transitions: number;
  invocations: number;
  gibSeconds: number;
  readUnits: number;
  writeUnits: number;
}

/** Counts from now on. */
export function meter(simulation: Simulation): { stop(): Counts } {
  const counts: Counts = {
    calls: {},
    throttled: {},
    metrics: 0,
    transitions: 0,
    invocations: 0,
    gibSeconds: 0,
    readUnits: 0,
    writeUnits: 0,
  };
  const refusedBefore = new Map(simulation.cloud.throttle.refused);
  let isOn = true;
  let units = 0;
  simulation.dynamodb.onWrite((_table, _key, before, after) => {
    units += Math.max(1, Math.ceil(Math.max(sizeOf(before), sizeOf(after)) / kib));
  });
  simulation.cloud.observe({
    after: ({ service, operation, input }, outcome) => {
      if (!isOn) return;
      const key = `${service}:${operation}`;
      counts.calls[key] = (counts.calls[key] ?? 0) + 1;
      if (operation === 'GetMetricData') counts.metrics += ((input.MetricDataQueries ?? []) as unknown[]).length;
      // Strongly consistent: one unit for each 4 KiB.
      if (service === 'dynamodb' && (operation === 'GetItem' || operation === 'Query'))
        counts.readUnits += Math.max(1, Math.ceil(sizeOf('answer' in outcome ? outcome.answer : '') / (4 * kib)));
      if (service === 'dynamodb') counts.writeUnits += units * (operation === 'TransactWriteItems' ? 2 : 1);
      units = 0;
    },
  });
  simulation.states.observe({
    ended: ({ executionType, statesEntered, retries }) => {
      if (isOn && executionType === 'STANDARD') counts.transitions += statesEntered + retries;
    },
  });
  simulation.lambda.onReport(({ verb, durationMs }) => {
    if (!isOn) return;
    counts.invocations += 1;
    counts.gibSeconds += (specOf(verb as Verb).memoryMib / 1024) * ((durationMs + cpuMs) / 1000);
  });
  return {
    stop() {
      isOn = false;
      for (const [key, count] of simulation.cloud.throttle.refused) {
        const since = count - (refusedBefore.get(key) ?? 0);
        if (since > 0) counts.throttled[key] = since;
      }
      return counts;
    },
  };
}

export const callsOf = ({ calls }: Counts, service: string): number =>
  Object.entries(calls)
    .filter(([key]) => key.startsWith(`${service}:`))
    .reduce((sum, [, count]) => sum + count, 0);

export const throttledOf = ({ throttled }: Counts): number =>
  Object.values(throttled).reduce((sum, count) => sum + count, 0);

/** By what it is spent on. */
export function usdOf(counts: Counts): Record<string, number> {
  return {
    cloudwatch: counts.metrics * usdPer.metricRead,
    states: counts.transitions * usdPer.stateTransition,
    lambda: counts.invocations * usdPer.lambdaRequest + counts.gibSeconds * usdPer.lambdaGibSecond,
    dynamodb: counts.readUnits * usdPer.dynamodbReadUnit + counts.writeUnits * usdPer.dynamodbWriteUnit,
    s3: (counts.calls['s3:PutObject'] ?? 0) * s3Usd.put + (counts.calls['s3:GetObject'] ?? 0) * s3Usd.get,
  };
}

/** JSON is somewhat larger than DynamoDB's own counting: the estimate errs upwards. */
const sizeOf = (value: unknown): number => (value === undefined ? 0 : JSON.stringify(value).length);

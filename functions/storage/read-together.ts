/** Many look at their metrics, and one call reads for them: CloudWatch takes 500 queries at a time. */
import type { MetricQuery, MetricSeries, MetricsGateway } from '../gateways/types.ts';

interface Waiting {
  queries: readonly MetricQuery[];
  fromMs: number;
  toMs: number;
  resolve: (series: MetricSeries[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Works on all items side by side; what they ask of the metrics is read when each of them waits for an answer or has
 * ended, together where it is of the same time.
 *
 * @throws the first failure; a reading that fails, fails for all who wait for it
 */
export function readTogether<T, R>(
  metrics: MetricsGateway,
  items: readonly T[],
  work: (item: T, metrics: MetricsGateway) => Promise<R>,
): Promise<R[]> {
  let busy = items.length;
  let waiting: Waiting[] = [];
  const readOnceAllWait = (): void => {
    if (busy > 0) return;
    const requests = waiting;
    waiting = [];
    busy += requests.length;
    for (const alike of Map.groupBy(requests, ({ fromMs, toMs }) => `${fromMs} ${toMs}`).values())
      void answer(metrics, alike);
  };
  const together: MetricsGateway = {
    read: (queries, fromMs, toMs) =>
      new Promise((resolve, reject) => {
        waiting.push({ queries, fromMs, toMs, resolve, reject });
        busy -= 1;
        readOnceAllWait();
      }),
  };
  return Promise.all(
    items.map(async (item) => {
      try {
        return await work(item, together);
      } finally {
        busy -= 1;
        readOnceAllWait();
      }
    }),
  );
}

async function answer(metrics: MetricsGateway, requests: readonly Waiting[]): Promise<void> {
  const [first] = requests;
  if (first === undefined) return;
  try {
    const queries = requests.flatMap((request, at) =>
      request.queries.map((query, index) => ({ ...query, id: `${at}/${index}` })),
    );
    const series = await metrics.read(queries, first.fromMs, first.toMs);
    const byId = new Map(series.map((one) => [one.id, one]));
    requests.forEach((request, at) => {
      request.resolve(
        request.queries.map(({ id }, index) => ({ timesMs: [], values: [], ...byId.get(`${at}/${index}`), id })),
      );
    });
  } catch (error) {
    for (const { reject } of requests) reject(error);
  }
}

/** Metrics, read in bulk with GetMetricData. */
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Wire } from '../runtime/runtime.ts';
import { answered, required } from './classify.ts';
import { batches, retryingClient } from './client.ts';
import { AccessDenied, ServiceUnavailable, UnknownAwsError } from './faults.ts';
import type { MetricQuery, MetricSeries, MetricsGateway } from './types.ts';

/** Queries a call (aws-facts 2.4). */
const QUERIES_MAX = 500;
/** Data points a call (aws-facts 2.4). */
const POINTS_MAX = 100_800;
/** Pages of one batch: more is a token that runs in a circle. */
const PAGES_MAX = 1_000;

export const metricsGateway: Wire<MetricsGateway> = (runtime) => {
  const client = runtime.connect(new CloudWatchClient(retryingClient(runtime)));

  /** Points of each query of one batch, by its position; a query's points may be spread over pages. */
  const readBatch = async (batch: MetricQuery[], fromMs: number, toMs: number): Promise<Map<number, number>[]> => {
    const points = batch.map(() => new Map<number, number>());
    let token: string | undefined;
    for (let count = 0; count < PAGES_MAX; count++) {
      const command = new GetMetricDataCommand({
        MetricDataQueries: batch.map(toQuery),
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        ScanBy: 'TimestampAscending',
        MaxDatapoints: POINTS_MAX,
        NextToken: token,
      });
      const page = await answered(client.send(command), 'read');
      for (const result of page.MetricDataResults ?? []) {
        const id = required(result.Id, 'MetricDataResults.Id');
        const series = points[Number(id.slice(1))];
        if (series === undefined) throw new UnknownAwsError(`the answer has a metric ${id} that nobody asked for`);
        refusePartly(id, result.StatusCode);
        const values = result.Values ?? [];
        for (const [at, time] of (result.Timestamps ?? []).entries()) {
          series.set(time.getTime(), required(values[at], 'MetricDataResults.Values'));
        }
      }
      token = page.NextToken;
      if (token === undefined || token === '') return points;
    }
    throw new UnknownAwsError(`GetMetricData did not end after ${PAGES_MAX} pages`);
  };

  return {
    async read(queries, fromMs, toMs) {
      const all: MetricSeries[] = [];
      for (const batch of batches(queries, QUERIES_MAX)) {
        const points = await readBatch(batch, fromMs, toMs);
        for (const [at, query] of batch.entries()) {
          const sorted = [...(points[at] ?? [])].sort(([a], [b]) => a - b);
          all.push({ id: query.id, timesMs: sorted.map(([time]) => time), values: sorted.map(([, value]) => value) });
        }
      }
      return all;
    },
  };
};

/** CloudWatch wants ids that start with a small letter and have no dash: ours are positions, the caller's come back. */
function toQuery(query: MetricQuery, position: number): MetricDataQuery {
  return {
    Id: `q${position}`,
    MetricStat: {
      Metric: {
        Namespace: query.namespace,
        MetricName: query.name,
        Dimensions: Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: query.periodSeconds,
      Stat: query.stat,
    },
    ReturnData: true,
  };
}

/** One metric of a page can fail alone [SDK cloudwatch StatusCode]; its silence must not look like a missing metric. */
function refusePartly(id: string, status: string | undefined): void {
  if (status === 'InternalError') throw new ServiceUnavailable(`CloudWatch could not read metric ${id}`);
  if (status === 'Forbidden') throw new AccessDenied(`CloudWatch may not read metric ${id}`);
}

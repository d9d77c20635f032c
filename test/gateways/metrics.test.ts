import { describe, expect, it } from '@jest/globals';
import { metricsGateway } from '../../functions/gateways/metrics.ts';
import type { MetricQuery } from '../../functions/gateways/types.ts';
import { json, jsonError, NOW_MS, wired } from './http.ts';

const HOUR_MS = 3_600_000;
const query = (id: string): MetricQuery => ({
  id,
  namespace: 'CWAgent',
  name: 'disk_used_percent',
  dimensions: { InstanceId: 'i-1', path: '/data1' },
  stat: 'Maximum',
  periodSeconds: 60,
});

interface Sent {
  MetricDataQueries: { Id: string }[];
  NextToken?: string;
}
const sent = (body: string | undefined): Sent => JSON.parse(String(body)) as Sent;

describe('read', () => {
  it('asks in the protocol that this SDK version speaks and gives the points by the asker’s id', async () => {
    const { runtime, bodies, requests } = wired(() =>
      json({
        MetricDataResults: [
          {
            Id: 'q0',
            Label: 'x',
            Timestamps: [NOW_MS / 1000 - 120, NOW_MS / 1000 - 60],
            Values: [61.5, 62],
            StatusCode: 'Complete',
          },
          { Id: 'q1', Label: 'y', Timestamps: [], Values: [], StatusCode: 'Complete' },
        ],
      }),
    );
    const series = await metricsGateway(runtime).read([query('vol-1'), query('vol-2')], NOW_MS - HOUR_MS, NOW_MS);

    expect(series).toEqual([
      { id: 'vol-1', timesMs: [NOW_MS - 120_000, NOW_MS - 60_000], values: [61.5, 62] },
      { id: 'vol-2', timesMs: [], values: [] },
    ]);
    expect(requests[0]?.headers['x-amz-target']).toBe('GraniteServiceVersion20100801.GetMetricData');
    expect(sent(bodies[0])).toMatchObject({
      StartTime: (NOW_MS - HOUR_MS) / 1000,
      EndTime: NOW_MS / 1000,
      MaxDatapoints: 100_800,
      MetricDataQueries: [
        {
          Id: 'q0',
          MetricStat: {
            Metric: {
              Namespace: 'CWAgent',
              MetricName: 'disk_used_percent',
              Dimensions: [
                { Name: 'InstanceId', Value: 'i-1' },
                { Name: 'path', Value: '/data1' },
              ],
            },
            Period: 60,
            Stat: 'Maximum',
          },
        },
        {},
      ],
    });
  });

  it('joins a metric that is spread over pages, oldest first', async () => {
    const { runtime, bodies } = wired((_body, count) =>
      count === 0
        ? json({
            MetricDataResults: [{ Id: 'q0', Timestamps: [200], Values: [2], StatusCode: 'PartialData' }],
            NextToken: 'more',
          })
        : json({ MetricDataResults: [{ Id: 'q0', Timestamps: [100, 300], Values: [1, 3], StatusCode: 'Complete' }] }),
    );
    await expect(metricsGateway(runtime).read([query('v')], 0, NOW_MS)).resolves.toEqual([
      { id: 'v', timesMs: [100_000, 200_000, 300_000], values: [1, 2, 3] },
    ]);
    expect(sent(bodies[1]).NextToken).toBe('more');
  });

  it('asks for at most 500 metrics a call', async () => {
    const { runtime, bodies } = wired(() => json({ MetricDataResults: [] }));
    const queries = Array.from({ length: 501 }, (_, at) => query(`v${at}`));
    const series = await metricsGateway(runtime).read(queries, 0, NOW_MS);
    expect(bodies.map((body) => sent(body).MetricDataQueries.length)).toEqual([500, 1]);
    expect(series).toHaveLength(501);
    expect(series[500]).toEqual({ id: 'v500', timesMs: [], values: [] });
  });

  it.each([
    [
      'one metric that fails alone is not a missing metric',
      json({ MetricDataResults: [{ Id: 'q0', StatusCode: 'InternalError' }] }),
      'ServiceUnavailable',
    ],
    [
      'a metric that may not be read',
      json({ MetricDataResults: [{ Id: 'q0', StatusCode: 'Forbidden' }] }),
      'AccessDenied',
    ],
    [
      'a time without a value',
      json({ MetricDataResults: [{ Id: 'q0', Timestamps: [100], Values: [], StatusCode: 'Complete' }] }),
      'UnknownAwsError',
    ],
    ['no permission at all', jsonError('AccessDeniedException', 'no'), 'AccessDenied'],
  ])('%s', async (_title, reply, name) => {
    const { runtime } = wired(() => reply);
    await expect(metricsGateway(runtime).read([query('v')], 0, NOW_MS)).rejects.toMatchObject({ name });
  });
});

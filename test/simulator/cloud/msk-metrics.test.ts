import { describe, expect, it } from '@jest/globals';
import { gib, hour, minute, mskWorld, startMs } from './msk-world.ts';

type World = ReturnType<typeof mskWorld>;

/** The values of one metric in a time, oldest first. */
function read({ ask }: World, MetricName: string, dimensions: Record<string, string>, fromMs: number, toMs: number) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const { MetricDataResults } = ask('cloudwatch', 'GetMetricData', {
    MetricDataQueries: [
      {
        Id: 'q',
        MetricStat: { Metric: { Namespace: 'AWS/Kafka', MetricName, Dimensions }, Period: 60, Stat: 'Maximum' },
      },
    ],
    StartTime: new Date(fromMs),
    EndTime: new Date(toMs),
    ScanBy: 'TimestampAscending',
  }) as { MetricDataResults: { Values: number[] }[] };
  return MetricDataResults[0]?.Values ?? [];
}
const broker = (id: number, cluster = 'orders') => ({ 'Cluster Name': cluster, 'Broker ID': String(id) });
const disk = 'KafkaDataLogsDiskUsed';

describe('KafkaDataLogsDiskUsed', () => {
  it('is each broker’s percentage, a minute late', async () => {
    const world = mskWorld();
    await world.clock.run(startMs + 24 * hour);
    const [first, third] = [1, 3].map((id) => read(world, disk, broker(id), startMs + 23 * hour, startMs + 25 * hour));
    expect(first).toHaveLength(60);
    expect(first?.at(-1)).toBeCloseTo(51, 2);
    expect(third?.at(-1)).toBeCloseTo(53, 2);
  });

  it('knows the new size once the operation is complete, not before', async () => {
    const world = mskWorld({ usedBytes: () => 50 * gib });
    world.msk.switches.operationMs = () => 10 * minute;
    world.grow(200);
    await world.clock.run(startMs + 12 * minute);
    expect(read(world, disk, broker(2), startMs + 8 * minute, startMs + hour)).toEqual([50, 50, 25, 25]);
  });

  it('stays at 100 % where more arrives than fits, and the minutes are counted', async () => {
    const world = mskWorld({ usedBytes: (id, atMs) => (id === 2 && atMs >= startMs + 5 * minute ? 120 : 10) * gib });
    await world.clock.run(startMs + 10 * minute);
    expect(read(world, disk, broker(2), startMs, startMs + hour)).toEqual([
      10, 10, 10, 10, 10, 100, 100, 100, 100, 100,
    ]);
    const disks = world.msk.disks(world.clusterArn);
    expect([1, 2].map((id) => disks.minutesFull(id, world.clock.nowMs()))).toEqual([0, 5]);
    expect(disks.mostUsedFraction(world.clock.nowMs())).toBe(1);
  });

  it('may be missing', async () => {
    const world = mskWorld({ usedBytes: () => 50 * gib });
    world.msk.createCluster({ clusterName: 'other', usedBytes: () => 50 * gib });
    world.msk.metricsGap({ clusterArn: world.clusterArn, fromMs: startMs + minute, toMs: startMs + 3 * minute });
    await world.clock.run(startMs + 5 * minute);
    expect(read(world, disk, broker(1), startMs, startMs + hour)).toHaveLength(3);
    expect(read(world, disk, broker(1, 'other'), startMs, startMs + hour)).toHaveLength(5);
  });

  it.each([[{ instanceType: 'express.m7g.large' }], [{ type: 'SERVERLESS' as const }]])(
    'is not there for %j',
    async (cluster) => {
      const world = mskWorld(cluster);
      await world.clock.run(startMs + hour);
      expect([...world.cloudwatch.metrics.all()]).toEqual([]);
    },
  );

  it.each([
    ['all clusters', '', ['orders ALARM', 'other ALARM', 'orders OK']],
    ['one cluster', `WHERE "Cluster Name" = 'other'`, ['other ALARM']],
  ])('is seen by a Metrics Insights alarm over %s, a contributor for each', async (_title, where, expected) => {
    const world = mskWorld({ usedBytes: (id) => (id === 2 ? 90 : 30) * gib });
    const { clock, cloudwatch, msk, events, clusterArn } = world;
    msk.switches.operationMs = () => 10 * minute;
    msk.createCluster({ clusterName: 'other', usedBytes: (_id, atMs) => (atMs < startMs + hour ? 30 : 95) * gib });
    msk.createCluster({ clusterName: 'calm', usedBytes: () => 10 * gib });
    cloudwatch.alarms.load({
      AlarmName: 'msk-disk',
      Metrics: [
        {
          Id: 'used',
          Expression: `SELECT MAX(KafkaDataLogsDiskUsed) FROM SCHEMA("AWS/Kafka","Broker ID","Cluster Name") ${where} GROUP BY "Cluster Name" ORDER BY MAX() DESC`,
          Period: 300,
          ReturnData: true,
        },
      ],
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 80,
      EvaluationPeriods: 1,
      TreatMissingData: 'missing',
    });
    await clock.run(startMs + 2 * hour);
    world.grow(200);
    await clock.run(startMs + 4 * hour);

    const told = events
      .filter((event) => event['detail-type'] === 'CloudWatch Alarm Contributor State Change')
      .map(({ detail }) => {
        const { attributes } = detail['alarmContributor'] as { attributes: Record<string, string> };
        expect(Object.keys(attributes)).toEqual(['Cluster Name']);
        return `${attributes['Cluster Name']} ${(detail['state'] as { value: string }).value}`;
      });
    expect(told).toEqual(expected);
    expect(msk.cluster(clusterArn).volumeGib).toBe(200);
  });
});

describe('BytesInPerSec', () => {
  const topics = { monitoring: 'PER_TOPIC_PER_BROKER' as const, usedBytes: () => 50 * gib };
  const day = { 'retention.ms': String(24 * hour) };

  it('follows share and retention, at the leaders', async () => {
    const world = mskWorld(topics);
    const { msk, clusterArn, clock } = world;
    const replicas = [
      [1, 2],
      [3, 1],
    ];
    const weights = [3, 1];
    msk.createTopic(clusterArn, {
      name: 'a',
      partitions: 2,
      replicationFactor: 2,
      configs: day,
      share: 0.5,
      replicas,
      weights,
    });
    msk.createTopic(clusterArn, { name: 'even', partitions: 6, replicationFactor: 3, configs: day, share: 0.3 });
    await clock.run(startMs + 3 * minute);
    const rate = (id: number, Topic: string) =>
      read(world, 'BytesInPerSec', { ...broker(id), Topic }, startMs, startMs + minute)[0];
    // Spread evenly, 0.3 of 150 GiB are three copies of what a day brings.
    expect(rate(1, 'even')! + rate(2, 'even')! + rate(3, 'even')!).toBeCloseTo((0.3 * 50 * gib) / 86_400, -5);
    expect(rate(1, 'even')).toBeCloseTo(rate(2, 'even')!, 5);
    expect(rate(1, 'a')).toBeCloseTo(3 * rate(3, 'a')!, 5);
    expect(rate(2, 'a')).toBeUndefined();
  });

  it('ends with its topic', async () => {
    const world = mskWorld(topics);
    const { msk, clusterArn, clock } = world;
    msk.createTopic(clusterArn, { name: 'a', partitions: 3, replicationFactor: 1, share: 0.5 });
    await clock.run(startMs + 5 * minute);
    msk.foreignTopic(clusterArn, 'delete', { TopicName: 'a' });
    await clock.run(startMs + hour);
    expect(read(world, 'BytesInPerSec', { ...broker(1), Topic: 'a' }, startMs, startMs + hour)).toHaveLength(5);
  });

  it('is paid for: none by default', async () => {
    const { msk, clusterArn, clock, cloudwatch } = mskWorld({ usedBytes: () => 50 * gib });
    msk.createTopic(clusterArn, { name: 'a', partitions: 3, replicationFactor: 1, share: 0.5 });
    await clock.run(startMs + minute);
    expect([...cloudwatch.metrics.all()].map(({ name }) => name)).toEqual([disk, disk, disk]);
  });
});

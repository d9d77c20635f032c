import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../simulator/clock.ts';
import { operator, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { SimulatedCloudWatch } from '../../../simulator/cloud/cloudwatch.ts';
import { defineAlarm } from '../../../simulator/cloud/cloudwatch/definition.ts';
import { evaluate } from '../../../simulator/cloud/cloudwatch/evaluate.ts';
import { statisticOf } from '../../../simulator/cloud/cloudwatch/metrics.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import { SimulatedHosts } from '../../../simulator/cloud/host.ts';
import type { BusEvent } from '../../../simulator/cloud/service.ts';
import { SimulatedSns } from '../../../simulator/cloud/sns.ts';

const startMs = Date.parse('2026-11-21T00:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const topic = 'arn:aws:sns:eu-central-1:123456789012:notices';

interface Answer {
  MetricDataResults: { Id: string; Timestamps: Date[]; Values: number[]; StatusCode: string }[];
  Metrics: { Dimensions: unknown[] }[];
  AlarmContributors: unknown[];
  MetricAlarms: { StateValue: string; StateReason: string }[];
  NextToken?: string;
}

const query = (more: object = {}, InstanceId = 'i-0', Id = 'q0') => ({
  Id,
  MetricStat: {
    Metric: {
      Namespace: 'CWAgent',
      MetricName: 'disk_used_percent',
      Dimensions: [
        { Name: 'path', Value: '/kafka' },
        { Name: 'InstanceId', Value: InstanceId },
      ],
    },
    Period: 300,
    Stat: 'Maximum',
    ...more,
  },
});

/** `brokers` volumes of 100 GiB that fill by so many percent an hour, from 50 %. */
function world({ brokers = 1, percentPerHour = 1, mountPoints = ['/kafka'] } = {}) {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed: 1 });
  const ec2 = cloud.add(new SimulatedEc2(cloud));
  const factors = new Map<string, number>();
  const usedBytes = (volumeId: string, atMs: number) =>
    hosts.filesystemBytes(volumeId, startMs) *
    (0.5 + ((factors.get(volumeId) ?? 1) * percentPerHour * (atMs - startMs)) / hour / 100);
  const hosts = new SimulatedHosts(cloud, ec2, { usedBytes, shortenRetention: () => undefined, notes: [] });
  const sns = cloud.add(new SimulatedSns(cloud));
  sns.createTopic(topic);
  const cloudwatch = cloud.add(new SimulatedCloudWatch(cloud, hosts, sns));
  const instances = Array.from({ length: brokers }, (_, index) => {
    const { instanceId } = ec2.createInstance({ instanceId: `i-${index}` });
    for (const mountPoint of mountPoints) {
      const { volumeId } = ec2.createVolume({ sizeGib: 100 });
      factors.set(volumeId, index + 1);
      ec2.attach(volumeId, instanceId, `/dev/sd${mountPoint}`);
      hosts.mount({ instanceId, volumeId, mountPoint });
    }
    return instanceId;
  });
  const events: BusEvent[] = [];
  cloud.onEvent((event) => events.push(event));
  const call = (operation: string, input: Record<string, unknown>) =>
    cloud.answer({ service: 'cloudwatch', operation, input, principal: operator, atMs: clock.nowMs() }) as Answer;
  const read = (fromMs: number, toMs: number, more: object = {}) => {
    const [result] = call('GetMetricData', {
      MetricDataQueries: [query(more)],
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      ScanBy: 'TimestampAscending',
    }).MetricDataResults;
    return (result?.Timestamps ?? []).map((time, at) => [time.getTime() - startMs, result?.Values[at]] as const);
  };
  const insights = (where: string, more: object = {}) =>
    cloudwatch.alarms.load({
      AlarmName: 'disk',
      AlarmDescription: 'full',
      Metrics: [
        {
          Id: 'used',
          Expression: `SELECT MAX(disk_used_percent) FROM SCHEMA("CWAgent", InstanceId, path) ${where} GROUP BY InstanceId, path ORDER BY MAX() DESC`,
          Period: 300,
          ReturnData: true,
        },
      ],
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 60,
      EvaluationPeriods: 1,
      TreatMissingData: 'missing',
      ...more,
    });
  return { clock, cloud, ec2, hosts, sns, cloudwatch, instances, events, call, read, insights };
}

const types = (events: BusEvent[]) =>
  events.map(({ detail }) => {
    const contributor = detail['alarmContributor'] as { attributes: Record<string, string> } | undefined;
    const { value } = detail['state'] as { value: string };
    return contributor === undefined ? `alarm ${value}` : `${contributor.attributes['InstanceId']} ${value}`;
  });

const errors = (more: object = {}) => ({
  AlarmName: 'errors',
  Namespace: 'AWS/Lambda',
  MetricName: 'Errors',
  Dimensions: [{ Name: 'FunctionName', Value: 'apply' }],
  Statistic: 'Sum',
  Period: 300,
  EvaluationPeriods: 1,
  Threshold: 0,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'notBreaching',
  AlarmActions: [topic],
  ...more,
});

const metric = (Id: string) => ({
  Id,
  ReturnData: false,
  MetricStat: { Metric: { Namespace: 'AWS/States', MetricName: Id }, Period: 300, Stat: 'Sum' },
});

describe('GetMetricData', () => {
  it('gives periods by their beginning, a gap is absent, the future never seen', async () => {
    const { clock, read } = world({ percentPerHour: 60 });
    await clock.run(startMs + 12.5 * minute);
    // Samples of 00:00 to 00:11 are known; each minute adds 1 %.
    const rounded = read(startMs - hour, startMs + hour).map(([at, value]) => [
      at,
      Math.round((value ?? 0) * 100) / 100,
    ]);
    expect(rounded).toEqual([
      [0, 54],
      [5 * minute, 59],
      [10 * minute, 61],
    ]);
    expect(read(startMs + minute, startMs + 10 * minute).map(([at]) => at)).toEqual([5 * minute]);
    expect(read(startMs, startMs + 5 * minute, { Stat: 'SampleCount' })).toEqual([[0, 5]]);
    expect(read(startMs, startMs + 3 * minute, { Period: 60, Stat: 'Minimum' })).toHaveLength(3);
  });

  it('comes in pages of so many data points', async () => {
    const { clock, call } = world({ brokers: 3 });
    await clock.run(startMs + 2 * hour);
    const seen: Record<string, number[]> = {};
    let NextToken: string | undefined;
    let pages = 0;
    do {
      const answer = call('GetMetricData', {
        MetricDataQueries: [query({}, 'i-0', 'a'), query({}, 'i-1', 'b'), query({}, 'i-2', 'c')],
        StartTime: new Date(startMs),
        EndTime: new Date(startMs + hour),
        MaxDatapoints: 10,
        NextToken,
      });
      pages += 1;
      for (const { Id, Timestamps } of answer.MetricDataResults) {
        (seen[Id] ??= []).push(...Timestamps.map((time) => time.getTime()));
      }
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    expect(pages).toBe(4);
    for (const times of Object.values(seen)) {
      expect(times).toHaveLength(12);
      expect(times).toEqual([...times].sort((a, b) => b - a)); // newest first by default
    }
  });

  it.each([
    ['no query', { MetricDataQueries: [] }],
    ['too many queries', { MetricDataQueries: Array.from({ length: 501 }, (_, at) => ({ Id: `q${at}` })) }],
    ['an end before the start', { StartTime: new Date(startMs + hour) }],
  ])('refuses %s', (_title, wrong) => {
    const { call } = world();
    const input = {
      MetricDataQueries: [query()],
      StartTime: new Date(startMs),
      EndTime: new Date(startMs + 1),
      ...wrong,
    };
    expect(() => call('GetMetricData', input)).toThrow(expect.objectContaining({ name: 'ValidationError' }));
  });

  it('shows what agents measured: gaps, zeros and stale readings too', async () => {
    const { clock, ec2, cloudwatch, read } = world({ percentPerHour: 60 });
    cloudwatch.agents.disturb({ kind: 'gap', fromMs: startMs + 5 * minute, toMs: startMs + 10 * minute });
    cloudwatch.agents.disturb({
      kind: 'zero',
      instanceId: 'i-0',
      fromMs: startMs + 10 * minute,
      toMs: startMs + 15 * minute,
    });
    const end = cloudwatch.agents.disturb({ kind: 'stale', mountPoint: '/kafka', fromMs: startMs + 15 * minute });
    await clock.run(startMs + 25 * minute);
    end(startMs + 20 * minute);
    await clock.run(startMs + 30 * minute);
    ec2.setInstanceState('i-0', 'stopped');
    await clock.run(startMs + hour);
    const rounded = read(startMs, startMs + hour).map(([at, value]) => [at / minute, Math.round(value ?? -1)]);
    expect(rounded).toEqual([
      [0, 54],
      [10, 0],
      [15, 65],
      [20, 74],
      [25, 79],
    ]);
  });

  it('keeps one-minute data for 15 days', async () => {
    const { clock, read } = world();
    await clock.run(startMs + 16 * 24 * hour);
    expect(read(startMs, startMs + hour, { Period: 60 })).toEqual([]);
    expect(read(startMs, startMs + hour, { Period: 300 })).toHaveLength(12);
  });

  it('lists the metrics of the agents', () => {
    const { call } = world({ brokers: 2, mountPoints: ['/kafka', '/logs'] });
    expect(call('ListMetrics', { Namespace: 'CWAgent', MetricName: 'disk_used_percent' }).Metrics).toHaveLength(4);
    const Dimensions = [{ Name: 'path', Value: '/logs' }, { Name: 'InstanceId' }];
    expect(call('ListMetrics', { Dimensions }).Metrics).toHaveLength(2);
  });
});

describe('a Metrics Insights alarm', () => {
  it('has a state for each broker and speaks of transitions only', async () => {
    const { clock, call, events, insights, hosts } = world({ brokers: 2 });
    insights(`WHERE path = '/kafka'`);
    await clock.run(startMs + 24 * hour);
    // 60 % after 5 h on the faster broker, after 10 h on the slower.
    expect(types(events)).toEqual(['alarm OK', 'i-1 ALARM', 'alarm ALARM', 'i-0 ALARM']);
    const changed = events.map(({ time }) => time.slice(11, 16));
    expect(changed).toEqual(['00:05', '05:05', '05:05', '10:05']);
    expect(hosts.filesystems()).toHaveLength(2);
    expect(call('DescribeAlarmContributors', { AlarmName: 'disk' }).AlarmContributors).toMatchObject([
      {
        ContributorId: expect.stringMatching(/^[0-9a-f]{16}$/),
        ContributorAttributes: { InstanceId: 'i-1', path: '/kafka' },
      },
      { ContributorAttributes: { InstanceId: 'i-0', path: '/kafka' } },
    ]);
    expect(call('DescribeAlarms', { AlarmNames: ['disk'] }).MetricAlarms).toMatchObject([
      { StateValue: 'ALARM', StateReason: '1 out of 2 time series evaluated to ALARM' },
    ]);
  });

  it("gives its contributor's event the documented shape", async () => {
    const { clock, events, insights } = world({ percentPerHour: 20 });
    insights('');
    await clock.run(startMs + hour);
    expect(events.at(-2)).toMatchObject({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm Contributor State Change',
      resources: ['arn:aws:cloudwatch:eu-central-1:123456789012:alarm:disk'],
      detail: {
        alarmName: 'disk',
        alarmContributor: {
          id: expect.stringMatching(/^[0-9a-f]{16}$/),
          attributes: { InstanceId: 'i-0', path: '/kafka' },
        },
        state: {
          value: 'ALARM',
          reason: expect.stringContaining('greater than or equal to the threshold (60.0)'),
          timestamp: expect.stringMatching(/^2026-11-21T00:35:\d\d\.\d{3}\+0000$/),
        },
        configuration: {
          metrics: [{ id: 'used', expression: expect.stringContaining('SELECT'), returnData: true, period: 300 }],
          description: 'full',
        },
      },
    });
    expect(events.at(-2)?.detail).not.toHaveProperty('previousState');
  });

  it('says OK when the file system was grown', async () => {
    const { clock, ec2, hosts, events, insights } = world({ percentPerHour: 20 });
    insights('');
    await clock.run(startMs + hour);
    const [volume] = hosts.filesystems();
    ec2.foreignModify(volume?.volumeId ?? '', { sizeGib: 200 });
    await clock.run(startMs + hour + 2 * minute);
    hosts.grow(volume?.volumeId ?? '', 'filesystem');
    await clock.run(startMs + hour + 20 * minute);
    expect(types(events.filter(({ source }) => source === 'aws.cloudwatch')).slice(-2)).toEqual(['i-0 OK', 'alarm OK']);
  });

  it.each([
    ['silent', ['alarm INSUFFICIENT_DATA']],
    ['ok', ['i-0 OK', 'alarm INSUFFICIENT_DATA']],
  ] as const)('loses a contributor without data (%s), and has no state without any', async (reading, expected) => {
    const { clock, cloudwatch, events, insights } = world({ percentPerHour: 60 });
    cloudwatch.alarms.switches.vanishedContributor = reading;
    insights('');
    await clock.run(startMs + hour);
    events.length = 0;
    cloudwatch.agents.disturb({ kind: 'gap', fromMs: startMs + hour });
    await clock.run(startMs + 2 * hour);
    expect(types(events)).toEqual(expected);
  });

  it('selects by labels, all of them', () => {
    const { insights } = world();
    insights(`WHERE path = '/kafka' AND InstanceId != 'i-7'`);
    expect(() => insights(`WHERE path = '/a' OR path = '/b'`)).toThrow('at "OR"');
  });

  it('tells of a hundred contributors in ALARM and evaluates five hundred series', async () => {
    const { clock, call, cloudwatch, events } = world();
    const Expression = 'SELECT MAX(lag) FROM SCHEMA(Own, "group id") GROUP BY "group id" ORDER BY MAX() DESC';
    cloudwatch.alarms.load({
      AlarmName: 'lag',
      Metrics: [{ Id: 'q', Expression, Period: 60 }],
      EvaluationPeriods: 1,
      Threshold: 400,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    await clock.run(startMs + 61_000);
    for (let lag = 1; lag <= 510; lag++) cloudwatch.put('Own', 'lag', { 'group id': `g${lag}` }, lag);
    await clock.run(startMs + 3 * minute);
    const contributors = events.filter(({ detail }) => 'alarmContributor' in detail);
    expect(contributors).toHaveLength(100);
    expect(contributors[0]?.detail).toMatchObject({ alarmContributor: { attributes: { 'group id': 'g510' } } });
    expect(call('DescribeAlarms', {}).MetricAlarms).toMatchObject([
      {
        StateValue: 'ALARM',
        StateReason: '100+ time series evaluated to ALARM',
        EvaluationState: 'PARTIAL_DATA',
      },
    ]);
  });

  it('is cheap: 30 days of six series', async () => {
    const { clock, insights } = world({ brokers: 6, percentPerHour: 0.001 });
    insights(`WHERE path = '/kafka'`);
    const begin = performance.now();
    await clock.run(startMs + 30 * 24 * hour);
    expect(performance.now() - begin).toBeLessThan(5_000); // 0.1 s on the machine it was written on
  });
});

describe('an alarm on one metric', () => {
  it('goes to ALARM for what was put, tells the topic, and comes back', async () => {
    const { clock, cloudwatch, sns, events } = world();
    cloudwatch.alarms.load(errors());
    await clock.run(startMs + 2 * hour + minute);
    cloudwatch.put('AWS/Lambda', 'Errors', { FunctionName: 'apply' }, 2);
    await clock.run(startMs + 4 * hour);
    expect(types(events)).toEqual(['alarm OK', 'alarm ALARM', 'alarm OK']);
    expect(events[1]).toMatchObject({
      'detail-type': 'CloudWatch Alarm State Change',
      detail: {
        alarmName: 'errors',
        previousState: { value: 'OK' },
        configuration: {
          metrics: [
            {
              returnData: true,
              metricStat: {
                metric: { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: 'apply' } },
                period: 300,
                stat: 'Sum',
              },
            },
          ],
        },
      },
    });
    const { reasonData } = (events[1]?.detail['state'] ?? {}) as { reasonData: string };
    expect(JSON.parse(reasonData)).toMatchObject({ version: '1.0', recentDatapoints: [2], threshold: 0, period: 300 });
    expect(sns.notices).toMatchObject([
      { topicArn: topic, by: 'cloudwatch', subject: expect.stringMatching(/^ALARM: "errors"/) },
    ]);
  });

  it.each([
    ['missing', 'INSUFFICIENT_DATA'],
    ['ignore', 'INSUFFICIENT_DATA'],
    ['breaching', 'ALARM'],
    ['notBreaching', 'OK'],
  ])('treats missing data as %s', async (TreatMissingData, state) => {
    const { clock, cloudwatch } = world();
    const alarm = cloudwatch.alarms.load(errors({ TreatMissingData }));
    await clock.run(startMs + hour);
    expect(alarm.state.value).toBe(state);
  });

  // CloudWatch guide alarms-and-missing-data: 3 out of 3, oldest data point first; 0 is fine, X breaches, - is missing.
  it.each([
    ['0-X-X', { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
    ['----0', { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
    ['-----', { missing: 'INSUFFICIENT_DATA', ignore: 'retain', breaching: 'ALARM', notBreaching: 'OK' }],
    ['0XX-X', { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' }],
    ['--X--', { missing: 'ALARM', ignore: 'retain', breaching: 'ALARM', notBreaching: 'OK' }],
  ])('evaluates %s as the guide says', (points, verdicts) => {
    for (const [missing, verdict] of Object.entries(verdicts)) {
      const alarm = defineAlarm(errors({ EvaluationPeriods: 3, TreatMissingData: missing }));
      const valueAt = (back: number) => {
        const point = points.at(-1 - back);
        return point === '-' || point === undefined ? undefined : { atMs: 0, value: point === 'X' ? 1 : 0 };
      };
      expect([missing, evaluate(alarm, valueAt).verdict]).toEqual([missing, verdict]);
    }
  });

  it('adds metrics up, the missing ones filled', async () => {
    const { clock, cloudwatch } = world();
    const alarm = cloudwatch.alarms.load({
      AlarmName: 'failures',
      Metrics: [{ Id: 'e1', Expression: 'FILL(m1, 0) + FILL(m2, 0)' }, metric('m1'), metric('m2')],
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    await clock.run(startMs + 11 * minute);
    expect(alarm.state.value).toBe('OK');
    cloudwatch.put('AWS/States', 'm2', {}, 1);
    await clock.run(startMs + 16 * minute);
    expect(alarm.state.value).toBe('ALARM');
  });

  it('reads metrics that functions write in embedded format', async () => {
    const { clock, cloudwatch } = world();
    const dimensions = { service: 'kafka-autopilot', faultClass: 'defect' };
    await clock.run(startMs + minute);
    cloudwatch.putEmbedded('not json');
    cloudwatch.putEmbedded(
      JSON.stringify({
        _aws: {
          Timestamp: 1,
          CloudWatchMetrics: [
            { Namespace: 'KafkaAutopilot', Dimensions: [Object.keys(dimensions)], Metrics: [{ Name: 'Faults' }] },
          ],
        },
        ...dimensions,
        Faults: [1, 1],
      }),
    );
    const series = cloudwatch.metrics.find('KafkaAutopilot', 'Faults', dimensions);
    expect(statisticOf(series === undefined ? [] : [series], 'Sum', startMs, startMs + 5 * minute, clock.nowMs())).toBe(
      2,
    );
  });

  it.each([
    ['an expression', { Metrics: [{ Id: 'e1', Expression: 'RATE(m1)' }] }],
    ['a period', { Period: 10 }],
    ['a comparison', { ComparisonOperator: 'GreaterThanUpperThreshold' }],
    ['a statistic', { Statistic: undefined, ExtendedStatistic: 'p99' }],
  ])('is refused at loading for %s that the simulator does not know', (_title, wrong) => {
    const { cloudwatch } = world();
    expect(() => cloudwatch.alarms.load(errors(wrong))).toThrow(/alarm errors|metric math/);
  });
});

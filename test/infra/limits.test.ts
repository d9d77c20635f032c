import { describe, expect, it } from '@jest/globals';
import type { Ec2Cluster, Fleet, MskCluster } from '../../functions/fleet/fleet.ts';
import { diskAlarmsOf, insightsAlarmsMax } from '../../infra/disk-alarms.ts';
import { classicMax, mskAlarmsOf } from '../../infra/msk-alarms.ts';
import { assertNamePrefix } from '../../infra/names.ts';
import { patternCharactersMax, splitByPatternSize } from '../../infra/triggers.ts';
import {
  exampleFleet,
  fleetWithMsk,
  mskCluster,
  ofType,
  type Resource,
  synthesizeTemplate,
  type Template,
} from './synthesized.ts';

const fleet = exampleFleet();
const [example] = fleetWithMsk().clusters as [Ec2Cluster];

const withClusters = (count: number, change: (i: number) => Partial<Ec2Cluster> = () => ({})): Fleet => ({
  ...fleet,
  clusters: Array.from({ length: count }, (_, i) => ({ ...example, name: `cluster-${i}`, ...change(i) })),
});
const threshold = (usedFractionMax: number) => ({ policy: { ...example.policy, usedFractionMax } });

const withPeriod = (periodSeconds: number) => withClusters(1, () => ({ metric: { ...example.metric, periodSeconds } }));
const withMountPoints = (count: number) => withClusters(count, (i) => ({ mountPoints: [`/data${i}`] }));

/** With the longest partition, Region and account that a pattern may come to hold. */
function patternCharacters(rule: Resource): number {
  return JSON.stringify(rule.Properties.EventPattern, (_key, value: unknown) => {
    const [partition, region, account] = ['aws-us-gov', 'ap-northeast-1', '123456789012'];
    if (typeof value !== 'object' || value === null || !('Fn::Join' in value)) return value;
    const [, parts] = value['Fn::Join'] as [string, (string | { Ref: string })[]];
    const pseudo: Record<string, string> = {
      'AWS::Partition': partition,
      'AWS::Region': region,
      'AWS::AccountId': account,
    };
    return parts.map((part) => (typeof part === 'string' ? part : pseudo[part.Ref])).join('');
  }).length;
}

const alarmRules = (template: Template) =>
  ofType(template, 'AWS::Events::Rule').filter(([, rule]) => JSON.stringify(rule).includes('Contributor State Change'));

const mskClusters = (count: number, change: (i: number) => { brokers?: number } = () => ({})) =>
  Array.from({ length: count }, (_, i) => mskCluster(`m${i}`, change(i)));

const tenOf = (brokers: number) => mskClusters(10, () => ({ brokers }));
const mskAlarms = (...clusters: MskCluster[]) => mskAlarmsOf(fleetWithMsk(...clusters), 'demo');
const withBothKinds = (mountPoints: number): Fleet => ({
  ...fleet,
  clusters: [...withMountPoints(mountPoints).clusters, mskCluster('payments')],
});

describe('a fleet of hundreds of clusters', () => {
  it('synthesizes within the limits of CloudFormation, CloudWatch and EventBridge', async () => {
    const brokers = withClusters(600, (i) => ({
      ...threshold(0.5 + (i % 40) / 100),
      mountPoints: ['/data1', '/data2'],
    }));
    const large = {
      ...brokers,
      clusters: [...brokers.clusters, mskCluster('payments')],
      adoptedAlarmArns: Array.from(
        { length: 150 },
        (_, i) => `arn:aws:cloudwatch:us-east-1:123456789012:alarm:somebody-elses-disk-alarm-${i}`,
      ),
    };
    const { template, text } = await synthesizeTemplate(large);
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
    expect(text.length).toBeLessThanOrEqual(1024 * 1024);

    const rules = alarmRules(template);
    expect(rules.length).toBeGreaterThan(1);
    for (const [, rule] of rules) expect(patternCharacters(rule)).toBeLessThanOrEqual(patternCharactersMax);
    const all = JSON.stringify(rules);
    for (const arn of large.adoptedAlarmArns) expect(all).toContain(arn);
    const insights = ofType(template, 'AWS::CloudWatch::Alarm').filter(([, { Properties }]) =>
      JSON.stringify(Properties.Metrics ?? []).includes('SELECT'),
    );
    expect(insights).toHaveLength(81);
    for (const [, { Properties }] of insights) {
      const name = String(Properties.AlarmName);
      expect(all).toContain(name.includes('msk') ? ':alarm:demo-msk-disk-used-' : `:alarm:${name}`);
    }

    // SQS takes 20 statements a policy.
    for (const [, { Properties }] of ofType(template, 'AWS::SQS::QueuePolicy')) {
      const { Statement } = Properties.PolicyDocument as { Statement: unknown[] };
      expect(Statement.length).toBeLessThanOrEqual(20);
      expect(JSON.stringify(Properties.PolicyDocument).length).toBeLessThanOrEqual(8_192);
    }
  });

  it('refuses more alarms than the policy of a dead-letter queue has room for, saying what to change', async () => {
    const adoptedAlarmArns = Array.from(
      { length: 400 },
      (_, i) => `arn:aws:cloudwatch:us-east-1:123456789012:alarm:somebody-elses-disk-alarm-${i}`,
    );
    await expect(synthesizeTemplate({ ...fleet, adoptedAlarmArns })).rejects.toThrow(/402 alarms.*adopt fewer alarms/);
  });
});

describe('diskAlarmsOf', () => {
  it('gives clusters that agree one alarm for each mount point', () => {
    expect(
      diskAlarmsOf(
        withClusters(300, () => ({ mountPoints: ['/data'] })),
        'demo',
      ),
    ).toEqual([
      {
        alarmName: expect.stringMatching(/^demo-disk-used-data-75-[0-9a-f]{8}$/),
        query:
          'SELECT MAX(disk_used_percent) FROM SCHEMA("CWAgent", InstanceId, "path") ' +
          `WHERE "path" = '/data' GROUP BY InstanceId, "path" ORDER BY MAX() DESC`,
        periodSeconds: 60,
        thresholdPercent: 75,
      },
    ]);
  });

  it('allows as many alarms as CloudWatch does, and refuses one more, saying what to change', () => {
    expect(diskAlarmsOf(withMountPoints(insightsAlarmsMax), 'demo')).toHaveLength(insightsAlarmsMax);
    expect(() => diskAlarmsOf(withMountPoints(insightsAlarmsMax + 1), 'demo')).toThrow(
      /201 alarms.*same mount points and thresholds/,
    );
  });

  it('names different alarms differently, also where their mount points look alike', () => {
    const alarms = diskAlarmsOf(
      withClusters(1, () => ({ mountPoints: ['/data/1', '/data-1', '/data_1', '/'] })),
      'demo',
    );
    expect(new Set(alarms.map(({ alarmName }) => alarmName)).size).toBe(4);
  });

  it('gives a round threshold for a fraction that binary numbers do not hold', () => {
    expect(
      diskAlarmsOf(
        withClusters(1, () => threshold(0.57)),
        'demo',
      )[0]?.thresholdPercent,
    ).toBe(57);
  });

  it('refuses a period that a Metrics Insights alarm can not have', () => {
    expect(() => diskAlarmsOf(withPeriod(90), 'demo')).toThrow(/cluster-0.*multiple of 60/);
    expect(diskAlarmsOf(withPeriod(10_800), 'demo')).toHaveLength(2);
    expect(() => diskAlarmsOf(withPeriod(10_860), 'demo')).toThrow(/up to 10800/);
  });
});

describe('mskAlarmsOf', () => {
  const example75 = { ...example.policy, usedFractionMax: 0.75 };

  it('watches all clusters by one query a threshold, a series each, new brokers and clusters included', () => {
    const fleetOfThree = fleetWithMsk(
      mskCluster('payments', { policy: example75 }),
      mskCluster('orders', { policy: example75 }),
      mskCluster('logs', { policy: { ...example75, usedFractionMax: 0.85 } }),
    );
    const metrics = [
      {
        id: 'used',
        expression:
          'SELECT MAX(KafkaDataLogsDiskUsed) FROM SCHEMA("AWS/Kafka", "Broker ID", "Cluster Name") ' +
          'GROUP BY "Cluster Name" ORDER BY MAX() DESC',
        period: 60,
        returnData: true,
      },
    ];
    expect(mskAlarmsOf(fleetOfThree, 'demo')).toEqual([
      { alarmName: 'demo-msk-disk-used-75', thresholdPercent: 75, metrics, kind: 'insights' },
      { alarmName: 'demo-msk-disk-used-85', thresholdPercent: 85, metrics, kind: 'insights' },
    ]);
  });

  it('has none without MSK clusters', () => {
    expect(mskAlarms()).toEqual([]);
  });

  it('gives each cluster its own where one alarm could not hold all that are in ALARM', () => {
    const atLimit = mskAlarms(...mskClusters(100));
    expect(atLimit.map(({ kind }) => kind)).toEqual(['insights']);
    const beyond = mskAlarms(...mskClusters(101, () => ({ brokers: 3 })));
    expect(beyond).toHaveLength(101);
    expect(beyond[7]).toEqual({
      alarmName: 'demo-msk-disk-used-m7.1',
      thresholdPercent: 75,
      metrics: [
        { id: 'used', expression: 'MAX([b1, b2, b3])', returnData: true },
        ...['1', '2', '3'].map((id) => ({
          id: `b${id}`,
          metricStat: {
            metric: {
              namespace: 'AWS/Kafka',
              metricName: 'KafkaDataLogsDiskUsed',
              dimensions: [
                { name: 'Cluster Name', value: 'm7' },
                { name: 'Broker ID', value: id },
              ],
            },
            period: 60,
            stat: 'Maximum',
          },
          returnData: false,
        })),
      ],
      kind: 'classic',
    });
  });

  it('does so too where the brokers have more metrics than one alarm looks at', () => {
    expect(mskAlarms(...tenOf(1_000)).map(({ kind }) => kind)).toEqual(['insights']);
    expect(() => mskAlarms(...tenOf(1_001))).toThrow(/10010 metrics, where CloudWatch has 10000/);
  });

  it('takes ten brokers an alarm, under names that no other cluster’s alarms have', () => {
    const clusters = [...mskClusters(100, () => ({ brokers: 1 })), mskCluster('m1-2', { brokers: 11 })];
    const names = mskAlarms(...clusters).map(({ alarmName }) => alarmName);
    expect(names.slice(-2)).toEqual(['demo-msk-disk-used-m1-2.1', 'demo-msk-disk-used-m1-2.2']);
    expect(new Set(names).size).toBe(102);
  });

  it('asks for the number of brokers where it needs them, naming clusters and what else would do', () => {
    const some = mskClusters(110, (i) => (i < 100 ? { brokers: 3 } : {}));
    expect(() => mskAlarms(...some)).toThrow(
      /110 contributors, where CloudWatch has 100 an alarm: give each its number of brokers.*10 without: m100, m101, m102, m103, m104 and 5 more/,
    );
    expect(() => mskAlarms(...mskClusters(501))).toThrow(
      /501 contributors.*501 series, where CloudWatch has 500.*30060 metrics/,
    );
  });

  it('refuses more alarms, or alarms over more brokers, than a template has room for', () => {
    const three = { brokers: 3 };
    const most = mskClusters(classicMax.alarms, () => three);
    expect(mskAlarms(...most)).toHaveLength(classicMax.alarms);
    expect(() => mskAlarms(...most, mskCluster('more', three))).toThrow(/201 alarms.*two fleets/);
    const large = mskClusters(125, () => ({ brokers: 8 }));
    expect(mskAlarms(...large)).toHaveLength(125);
    expect(() => mskAlarms(...large, mskCluster('more', { brokers: 1 }))).toThrow(/over 1001 brokers.*two fleets/);
  });
});

describe('alarms of both kinds of cluster', () => {
  it('are counted together against what a Region allows', async () => {
    await expect(synthesizeTemplate(withBothKinds(insightsAlarmsMax))).rejects.toThrow(/201 alarms/);
    await expect(synthesizeTemplate(withBothKinds(insightsAlarmsMax - 1))).resolves.toBeDefined();
  });

  it('fit one template, with hundreds of MSK clusters under one event rule', async () => {
    const large = fleetWithMsk(
      ...Array.from({ length: classicMax.alarms }, (_, i) =>
        mskCluster(`m${i}-`.padEnd(64, 'x'), { brokers: classicMax.brokers / classicMax.alarms }),
      ),
    );
    const { template, text } = await synthesizeTemplate({ ...large, name: 'f'.repeat(32) });
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
    expect(text.length).toBeLessThanOrEqual(1024 * 1024);
    const starting = alarmRules(template).filter(([, rule]) => JSON.stringify(rule).includes('msk-disk-used-'));
    expect(starting).toHaveLength(1);
    for (const [, rule] of starting) expect(patternCharacters(rule)).toBeLessThanOrEqual(patternCharactersMax);
  });
});

describe('splitByPatternSize', () => {
  it('keeps order, loses nothing, and needs no rule without alarms', () => {
    const alarms = Array.from({ length: 100 }, (_, i) => ({ arn: `arn:${i}`, characters: 100 }));
    const groups = splitByPatternSize(alarms);
    expect(groups.flat()).toEqual(alarms.map(({ arn }) => arn));
    expect(groups.length).toBe(6);
    expect(splitByPatternSize([])).toEqual([]);
  });
});

describe('assertNamePrefix', () => {
  it('takes names that AWS takes with every suffix, up to 40 characters', () => {
    expect(() => assertNamePrefix('a'.repeat(40))).not.toThrow();
    expect(() => assertNamePrefix('a'.repeat(41))).toThrow(/2 to 40/);
    expect(() => assertNamePrefix('Orders_1')).toThrow(/Orders_1/);
  });
});

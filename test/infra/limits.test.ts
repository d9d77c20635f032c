import { describe, expect, it } from '@jest/globals';
import type { Ec2Cluster, Fleet } from '../../functions/fleet/fleet.ts';
import { diskAlarmsOf, insightsAlarmsMax } from '../../infra/disk-alarms.ts';
import { assertNamePrefix } from '../../infra/names.ts';
import { patternCharactersMax, splitByPatternSize } from '../../infra/triggers.ts';
import { exampleFleet, ofType, type Resource, synthesizeTemplate, type Template } from './synthesized.ts';

const fleet = exampleFleet();
const [example] = fleet.clusters as [Ec2Cluster];

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

describe('a fleet of hundreds of clusters', () => {
  it('synthesizes within the limits of CloudFormation, CloudWatch and EventBridge', async () => {
    const large = {
      ...withClusters(600, (i) => ({ ...threshold(0.5 + (i % 40) / 100), mountPoints: ['/data1', '/data2'] })),
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
    expect(insights).toHaveLength(80);
    for (const [, { Properties }] of insights) expect(all).toContain(`:alarm:${String(Properties.AlarmName)}`);

    // SQS takes 20 statements a policy.
    for (const [, { Properties }] of ofType(template, 'AWS::SQS::QueuePolicy')) {
      const { Statement } = Properties.PolicyDocument as { Statement: unknown[] };
      expect(Statement.length).toBeLessThanOrEqual(20);
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

import { describe, expect, it } from '@jest/globals';
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { parseFleet, renderProblem } from '../../functions/fleet/parse.ts';
import { builtInPolicy } from '../../functions/fleet/resolve.ts';
import { PRICES } from '../../functions/fleet/schema.ts';

const HEAD = 'version: 1\nname: demo\n';
const cluster = (more = '', name = 'orders') =>
  `  - name: ${name}\n    kind: ec2\n    brokers: { tags: { kafka-cluster: ${name} } }\n    mountPoints: [/data1]\n${more}`;

const fleetOf = (text: string): Fleet => {
  const parsed = parseFleet(text, 'fleet.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(renderProblem).join('\n'));
  return parsed.fleet;
};
const problemsOf = (text: string): string[] => {
  const parsed = parseFleet(text, 'fleet.yaml');
  return parsed.ok ? [] : parsed.problems.map(renderProblem);
};

describe('a minimal fleet', () => {
  it('gets every default, and observes', () => {
    const fleet = fleetOf(`${HEAD}clusters:\n${cluster()}`);
    expect(fleet).toEqual({
      version: 1,
      name: 'demo',
      sweepMinutes: 15,
      adoptedAlarmArns: [],
      notify: { emails: [] },
      prices: PRICES,
      clusters: [
        {
          name: 'orders',
          kind: 'ec2',
          mode: 'observe',
          brokers: { tags: { 'kafka-cluster': 'orders' } },
          mountPoints: ['/data1'],
          metric: { namespace: 'CWAgent', name: 'disk_used_percent', periodSeconds: 60 },
          policy: builtInPolicy(),
          maintenanceWindows: [],
          retentionRelief: {
            enabled: false,
            approval: 'ask',
            retentionHoursMin: 24,
            retentionGibMin: 1,
            topicsMax: 5,
            exclude: [],
            restoreAfterHours: 24,
          },
        },
      ],
    });
  });

  it('has a built-in policy that passes its own rules', () => {
    expect(builtInPolicy()).toMatchObject({ usedFractionMax: 0.75, usedFractionTarget: 0.6, modificationsReserved: 1 });
  });
});

describe('inheritance', () => {
  it('is key by key: cluster over group over defaults over built-in', () => {
    const fleet = fleetOf(`${HEAD}defaults:
  mode: act
  policy: { stepGibMin: 20, stepGibMax: 200, sizeGibMax: 2000 }
groups:
  big:
    policy: { stepGibMax: 500, sizeGibMax: 5000 }
    metric: { periodSeconds: 300 }
clusters:
${cluster('    group: big\n    policy: { sizeGibMax: 9000 }\n    metric: { namespace: Own }\n')}${cluster('', 'logs')}`);
    expect(fleet.clusters[0]).toMatchObject({
      mode: 'act',
      metric: { namespace: 'Own', name: 'disk_used_percent', periodSeconds: 300 },
      policy: { stepGibMin: 20, stepGibMax: 500, sizeGibMax: 9000, usedFractionMax: 0.75 },
    });
    expect(fleet.clusters[1]).toMatchObject({ policy: { stepGibMin: 20, stepGibMax: 200, sizeGibMax: 2000 } });
  });

  it('works through anchors and merge keys, which keep their places', () => {
    const text = `${HEAD}defaults:
  policy: &small { stepGibMax: 50 }
clusters:
${cluster('    policy: { <<: *small, stepGibMin: 60 }\n')}`;
    expect(problemsOf(text)).toEqual([
      'fleet.yaml:10:39: clusters[0].policy.stepGibMin: expected at most stepGibMax (50), found 60',
    ]);
    expect(fleetOf(text.replace('60', '40')).clusters[0]?.policy).toMatchObject({ stepGibMin: 40, stepGibMax: 50 });
  });
});

describe('what is wrong', () => {
  it('is told with file, line, column, path, what was expected and what was found', () => {
    const text = `${HEAD}clusters:\n${cluster('    policy:\n      usedFractionMax: 80%\n      stepGibMn: 5\n')}`;
    expect(problemsOf(text)).toEqual([
      'fleet.yaml:9:24: clusters[0].policy.usedFractionMax: expected a number between 0 and 1 (0.01 to 0.99), found "80%"',
      'fleet.yaml:10:7: clusters[0].policy: expected a known key; did you mean "stepGibMin"?, found "stepGibMn"',
    ]);
  });

  it('of one cluster does not hide the rules broken by another', () => {
    const text = `${HEAD}clusters:\n${cluster('    mode: maybe\n')}${cluster('    policy: { stepGibMin: 99, stepGibMax: 9 }\n', 'logs')}`;
    expect(problemsOf(text)).toEqual([
      "fleet.yaml:8:11: clusters[0].mode: expected 'observe' or 'act', found \"maybe\"",
      'fleet.yaml:13:27: clusters[1].policy.stepGibMin: expected at most stepGibMax (9), found 99',
    ]);
  });

  it('in a group is told once, where it is written', () => {
    const text = `${HEAD}groups:\n  big: { policy: { usedFractionTarget: 0.8 } }\nclusters:\n${cluster('    group: big\n')}${cluster('    group: big\n', 'logs')}`;
    expect(problemsOf(text)).toEqual([
      'fleet.yaml:4:40: groups.big.policy.usedFractionTarget: expected less than usedFractionMax (0.75), found 0.8',
    ]);
  });

  it.each([
    ['a syntax error', 'version: 1\nname: [demo\n', /^fleet\.yaml:3:1: expected valid YAML, found .+/],
    ['a key twice', 'version: 1\nversion: 1\n', /^fleet\.yaml:2:1: expected valid YAML, found Map keys must be unique/],
    ['an empty file', '', /^fleet\.yaml:1:1: expected a fleet with version, name and clusters, found nothing/],
    [
      'an alias of nothing',
      `${HEAD}clusters: *nowhere\n`,
      /^fleet\.yaml:3:11: expected an anchor that exists, found \*nowhere/,
    ],
    [
      'an alias of itself',
      `${HEAD}clusters: &a [*a]\n`,
      /^fleet\.yaml:3:15: expected an anchor that exists, found \*a/,
    ],
    ['another version', 'version: 2\nname: demo\nclusters: []\n', /^fleet\.yaml:1:10: version: expected 1, found 2/],
    ['no clusters', `${HEAD}clusters: []\n`, /^fleet\.yaml:3:11: clusters: expected at least one cluster/],
    [
      'a missing key',
      `${HEAD}clusters:\n  - name: a\n    kind: ec2\n    mountPoints: [/d]\n`,
      /^fleet\.yaml:4:5: clusters\[0\]\.brokers: expected either tags or instanceIds, found nothing/,
    ],
    [
      'no mount points',
      `${HEAD}clusters:\n${cluster().replace('    mountPoints: [/data1]\n', '')}`,
      /^fleet\.yaml:4:5: clusters\[0\]: expected mountPoints/,
    ],
    [
      'an account id without quotes',
      `${HEAD}account: 123456789012\nclusters:\n${cluster()}`,
      /^fleet\.yaml:3:10: account: expected an account id of 12 digits, in quotes, found 123456789012/,
    ],
    [
      'a kind that comes later',
      `${HEAD}clusters:\n${cluster().replace('ec2', 'strimzi')}`,
      /^fleet\.yaml:5:11: clusters\[0\]\.kind: expected 'ec2' or 'msk' \(strimzi is not supported yet\), found "strimzi"/,
    ],
    [
      'a tag that is no text',
      `${HEAD}clusters:\n${cluster().replace('kafka-cluster: orders', 'kafka: true')}`,
      /tags\.kafka: expected a text \(put numbers and true\/false in quotes\), found true/,
    ],
    [
      'an empty selection',
      `${HEAD}clusters:\n${cluster().replace('{ tags: { kafka-cluster: orders } }', '{ tags: {} }')}`,
      /brokers\.tags: expected at least one tag/,
    ],
    [
      'two selections',
      `${HEAD}clusters:\n${cluster().replace('orders } }', 'orders }, instanceIds: [i-01234567] }')}`,
      /brokers: expected either tags or instanceIds, exactly one/,
    ],
    [
      'the root as mount point',
      `${HEAD}clusters:\n${cluster().replace('[/data1]', '[/]')}`,
      /mountPoints\[0\]: expected an absolute path below '\/'/,
    ],
    [
      'a relative mount point',
      `${HEAD}clusters:\n${cluster().replace('[/data1]', '[data1]')}`,
      /mountPoints\[0\]: expected an absolute path/,
    ],
    [
      'a mount point that climbs',
      `${HEAD}clusters:\n${cluster().replace('[/data1]', '[/data1/../data2]')}`,
      /mountPoints\[0\]: expected an absolute path/,
    ],
    [
      'a mount point twice',
      `${HEAD}clusters:\n${cluster().replace('[/data1]', '[/data1, /data1]')}`,
      /^fleet\.yaml:7:27: clusters\[0\]\.mountPoints\[1\]: expected each mount point once/,
    ],
    [
      'a cluster twice',
      `${HEAD}clusters:\n${cluster()}${cluster().replace('kafka-cluster: orders', 'kafka-cluster: other')}`,
      /^fleet\.yaml:8:11: clusters\[1\]\.name: expected a name that no other cluster has, found "orders"/,
    ],
    [
      'two owners of the same brokers',
      `${HEAD}clusters:\n${cluster()}${cluster('', 'logs').replace('kafka-cluster: logs', 'kafka-cluster: orders')}`,
      /clusters\[1\]\.brokers\.tags: expected other brokers than those of cluster orders/,
    ],
    [
      'more modifications than EBS allows',
      `${HEAD}clusters:\n${cluster('    policy: { modificationsPerDayMax: 5 }\n')}`,
      /modificationsPerDayMax: expected a whole number from 1 to 4, found 5/,
    ],
    [
      'all modifications reserved',
      `${HEAD}clusters:\n${cluster('    policy: { modificationsPerDayMax: 1, modificationsReserved: 1 }\n')}`,
      /modificationsReserved: expected less than modificationsPerDayMax \(1\), found 1/,
    ],
    [
      'the built-in reserve against an own maximum',
      `${HEAD}clusters:\n${cluster('    policy: { modificationsPerDayMax: 1 }\n')}`,
      /policy\.modificationsPerDayMax: expected more than modificationsReserved \(1\), found 1$/,
    ],
    [
      'a threshold at the built-in target',
      `${HEAD}clusters:\n${cluster('    policy: { usedFractionMax: 0.6 }\n')}`,
      /policy\.usedFractionMax: expected more than usedFractionTarget \(0\.6\), found 0\.6$/,
    ],
    [
      'a volume larger than EBS makes them',
      `${HEAD}clusters:\n${cluster('    policy: { sizeGibMax: 65537 }\n')}`,
      /sizeGibMax: expected a whole number from 1 to 65536/,
    ],
    [
      'thresholds in the wrong order',
      `${HEAD}clusters:\n${cluster('    policy: { usedFractionMax: 0.95 }\n')}`,
      /usedFractionMax: expected less than usedFractionEmergency \(0\.9\), found 0\.95/,
    ],
    [
      'half a GiB',
      `${HEAD}clusters:\n${cluster('    policy: { stepGibMin: 10.5 }\n')}`,
      /stepGibMin: expected a whole number/,
    ],
    [
      'not a number',
      `${HEAD}clusters:\n${cluster('    policy: { fullWithinHours: .nan }\n')}`,
      /fullWithinHours: expected a number from 0 to 720, found NaN/,
    ],
    [
      'a metric staler than its period',
      `${HEAD}clusters:\n${cluster('    metric: { periodSeconds: 3600 }\n')}`,
      /metric\.periodSeconds: expected less than metricAgeMinutesMax \(20 minutes\), found 3600$/,
    ],
    [
      'an unknown group',
      `${HEAD}groups: { large: {} }\nclusters:\n${cluster('    group: lage\n')}`,
      /group: expected one of large; did you mean "large"\?, found "lage"/,
    ],
    [
      'another account',
      `${HEAD}account: "111122223333"\nclusters:\n${cluster('    account: "999922223333"\n')}`,
      /clusters\[0\]\.account: expected 111122223333: a fleet lives in one account and Region: put this cluster into a fleet file of its own, deployed there, found "999922223333"$/,
    ],
    [
      'another Region',
      `${HEAD}region: eu-central-1\nclusters:\n${cluster('    region: us-east-1\n')}`,
      /clusters\[0\]\.region: expected eu-central-1: a fleet lives in one account and Region: put this cluster into/,
    ],
    [
      'a Region that only the cluster names',
      `${HEAD}clusters:\n${cluster('    region: us-east-1\n')}`,
      /clusters\[0\]\.region: expected no region here, or the same one at the top of the file \(a fleet lives in one/,
    ],
    [
      'something that is no alarm',
      `${HEAD}adoptedAlarmArns: [my-alarm]\nclusters:\n${cluster()}`,
      /^fleet\.yaml:3:20: adoptedAlarmArns\[0\]: expected an alarm's ARN/,
    ],
    [
      'an alarm of another account',
      `${HEAD}account: "111122223333"\nadoptedAlarmArns: ["arn:aws:cloudwatch:eu-central-1:999922223333:alarm:a"]\nclusters:\n${cluster()}`,
      /adoptedAlarmArns\[0\]: expected an alarm of account 111122223333/,
    ],
    [
      'a window that never opens',
      `${HEAD}clusters:\n${cluster('    maintenanceWindows: [{ days: [mon], from: "10:00", to: "10:00" }]\n')}`,
      /maintenanceWindows\[0\]\.to: expected another time than 'from'/,
    ],
    [
      'an hour that does not exist',
      `${HEAD}clusters:\n${cluster('    maintenanceWindows: [{ days: [mon], from: "24:00", to: "10:00" }]\n')}`,
      /maintenanceWindows\[0\]\.from: expected a time of day/,
    ],
  ])('%s', (_title, text, problem) => {
    expect(problemsOf(text)[0]).toMatch(problem);
  });
});

describe('a large file', () => {
  it('of a thousand clusters of both kinds is read in less than a second, its mistakes found', () => {
    const shared = `${HEAD}defaults:\n  policy: &p { stepGibMin: 20 }\nclusters:\n`;
    const clusters = Array.from({ length: 1_000 }, (_, at) => {
      const own = '    policy: { <<: *p, stepGibMax: 10 }\n';
      const arn = `arn:aws:kafka:eu-central-1:111122223333:cluster/c${at}/6357e0b2-5`;
      return at % 2 === 0 ? cluster(own, `c${at}`) : `  - name: c${at}\n    kind: msk\n    clusterArn: ${arn}\n${own}`;
    });
    const startedMs = performance.now();
    const problems = problemsOf(shared + clusters.join(''));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(problems).toHaveLength(1_000);
  });

  it('of more clusters than a thousand is refused', () => {
    const clusters = Array.from({ length: 1_001 }, (_, at) => cluster('', `c${at}`));
    expect(problemsOf(`${HEAD}clusters:\n${clusters.join('')}`)).toEqual([
      expect.stringContaining('clusters: expected a list of clusters (at most 1000), found'),
    ]);
  });

  it('has an end', () => {
    expect(problemsOf('#'.repeat(2_000_001))).toEqual([
      'fleet.yaml:1:1: expected at most 2000000 characters, found 2000001',
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { parseFleet, renderProblem } from '../../functions/fleet/parse.ts';
import { builtInPolicy } from '../../functions/fleet/resolve.ts';

const HEAD = 'version: 1\nname: demo\n';
const ARN = 'arn:aws:kafka:eu-central-1:111122223333:cluster/orders/6357e0b2-0e6a-4b86-a0b4-70df934c2e31-5';
const arnOf = (name: string, { region = 'eu-central-1', account = '111122223333', uuid = '6357e0b2-5' } = {}) =>
  `arn:aws:kafka:${region}:${account}:cluster/${name}/${uuid}`;
const msk = (name = 'orders', more = '', arn = arnOf(name)) =>
  `  - name: ${name}\n    kind: msk\n    clusterArn: ${arn}\n${more}`;
const ec2 = (name: string, more = '') =>
  `  - name: ${name}\n    kind: ec2\n    brokers: { tags: { kafka-cluster: ${name} } }\n    mountPoints: [/data1]\n${more}`;

const parsed = (text: string) => {
  const result = parseFleet(text, 'fleet.yaml');
  if (!result.ok) throw new Error(result.problems.map(renderProblem).join('\n'));
  return result;
};
const clustersOf = (text: string) => parsed(text).fleet.clusters;
const problemsOf = (text: string): string[] => {
  const result = parseFleet(text, 'fleet.yaml');
  return result.ok ? [] : result.problems.map(renderProblem);
};

const policy = (text: string) => `    policy: { ${text} }\n`;
const pricesOf = (text: string) => parsed(`${HEAD}${text}clusters:\n${msk()}`).fleet.prices.usdPerGibMonth;

const ONE_HOME =
  'a fleet lives in one account and Region: put this cluster into a fleet file of its own, deployed there';

describe('an MSK cluster', () => {
  it('gets every default, and observes', () => {
    expect(clustersOf(`${HEAD}clusters:\n${msk('orders', '', ARN)}`)).toEqual([
      {
        name: 'orders',
        kind: 'msk',
        mode: 'observe',
        clusterArn: ARN,
        takeOverFromAutoScaling: false,
        skewFractionMax: 0.2,
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
    ]);
  });

  it('has a price that the file can set', () => {
    expect(pricesOf('').msk).toBe(0.1);
    expect(pricesOf('prices: { date: "2026-11-21", usdPerGibMonth: { msk: 0.12 } }\n')).toMatchObject({
      msk: 0.12,
      gp3: 0.08,
    });
  });

  it.each(['arn:aws-cn:kafka:cn-north-1:111122223333', 'arn:aws-us-gov:kafka:us-gov-west-1:111122223333'])(
    'may be in %s',
    (prefix) => {
      expect(problemsOf(`${HEAD}clusters:\n${msk('orders', '', `${prefix}:cluster/orders/6357e0b2-5`)}`)).toEqual([]);
    },
  );

  it.each([
    ['a name', 'orders'],
    ["a topic's ARN", 'arn:aws:kafka:eu-central-1:111122223333:topic/orders/6357e0b2-5/payments'],
    ["another service's ARN", 'arn:aws:kafkaconnect:eu-central-1:111122223333:cluster/orders/6357e0b2-5'],
    ['no uuid', 'arn:aws:kafka:eu-central-1:111122223333:cluster/orders'],
    ['no Region', 'arn:aws:kafka::111122223333:cluster/orders/6357e0b2-5'],
    ['a name that is too long', arnOf('o'.repeat(65))],
  ])('does not take %s for its ARN', (_title, arn) => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', '', arn)}`)).toEqual([
      expect.stringMatching(
        /^fleet\.yaml:6:17: clusters\[0\]\.clusterArn: expected an MSK cluster's ARN, arn:aws:kafka:<region>:<account>:cluster\/<name>\/<uuid>, found "/,
      ),
    ]);
  });

  it('takes a name of 64 characters', () => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', '', arnOf('o'.repeat(64)))}`)).toEqual([]);
  });

  it('takes from defaults and groups what is for its kind', () => {
    const shared = `defaults:
  mode: act
  mountPoints: [/data1]
  metric: { periodSeconds: 300 }
  takeOverFromAutoScaling: true
groups:
  even: { skewFractionMax: 0.1 }
`;
    const group = '    group: even\n';
    const [broker, own, rest] = clustersOf(
      `${HEAD}${shared}clusters:\n${ec2('a', group)}${msk('b', `${group}    takeOverFromAutoScaling: false\n`)}${msk('c')}`,
    );
    expect(own).toMatchObject({ mode: 'act', takeOverFromAutoScaling: false, skewFractionMax: 0.1 });
    expect(rest).toMatchObject({ mode: 'act', takeOverFromAutoScaling: true, skewFractionMax: 0.2 });
    expect(Object.keys(rest ?? {})).not.toContain('metric');
    expect(broker).toMatchObject({ kind: 'ec2', metric: { periodSeconds: 300 } });
    expect(Object.keys(broker ?? {})).not.toContain('skewFractionMax');
  });

  it.each([0.05, 0.9])('takes a skew of %d', (skew) => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', `    skewFractionMax: ${skew}\n`)}`)).toEqual([]);
  });

  it.each([0.049, 0.91])('does not take a skew of %d', (skew) => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', `    skewFractionMax: ${skew}\n`)}`)).toEqual([
      `fleet.yaml:7:22: clusters[0].skewFractionMax: expected a number from 0.05 to 0.9, found ${skew}`,
    ]);
  });
});

describe('a key of the other kind', () => {
  it.each([
    ['mountPoints: [/d]', 'mountPoints', ''],
    ['metric: { periodSeconds: 60 }', 'metric', ', msk has KafkaDataLogsDiskUsed'],
  ])('is told to an MSK cluster: %s', (line, key, instead) => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', `    ${line}\n`)}`)).toEqual([
      `fleet.yaml:7:5: clusters[0]: expected a key of kind msk; ${key} is for kind ec2${instead}, found "${key}"`,
    ]);
  });

  it.each([
    [`clusterArn: ${ARN}`, 'clusterArn', ', ec2 has brokers'],
    ['skewFractionMax: 0.3', 'skewFractionMax', ''],
  ])('is told to an EC2 cluster: %s', (line, key, instead) => {
    expect(problemsOf(`${HEAD}clusters:\n${ec2('orders', `    ${line}\n`)}`)).toEqual([
      `fleet.yaml:8:5: clusters[0]: expected a key of kind ec2; ${key} is for kind msk${instead}, found "${key}"`,
    ]);
  });

  it("says what an MSK cluster's brokers are", () => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', '    brokers: { tags: { a: b } }\n')}`)).toEqual([
      'fleet.yaml:7:14: clusters[0].brokers: expected how many brokers, 1 to 60 (which ones: those of clusterArn), found {"tags":{"a":"b"}}',
    ]);
  });

  it.each([0, 61, 1.5])('refuses %s brokers', (brokers) => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', `    brokers: ${brokers}\n`)}`)).toHaveLength(1);
  });

  it('is none that is only misspelt', () => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', '    skewFractonMax: 0.3\n    colour: red\n')}`)).toEqual([
      'fleet.yaml:7:5: clusters[0]: expected a known key; did you mean "skewFractionMax"?, found "skewFractonMax"',
      'fleet.yaml:8:5: clusters[0]: expected one of name, group, account, region, mode, policy, maintenanceWindows, retentionRelief, kind, clusterArn, brokers, takeOverFromAutoScaling, skewFractionMax, found "colour"',
    ]);
  });
});

describe('a cluster without a known kind', () => {
  it.each(['express', 'msk-serverless', 'MSK Express'])('is told why %s is none', (kind) => {
    const [problem] = problemsOf(`${HEAD}clusters:\n  - { name: orders, kind: ${kind} }\n`);
    expect(problem).toContain('clusters[0].kind: expected a cluster that has volumes: the storage of MSK Express and');
    expect(problem).toContain(`nothing has to grow, so take it out of the fleet file, found "${kind}"`);
  });

  it.each([
    ['no kind', '', 'fleet.yaml:4:5', 'nothing'],
    ['a kind that comes later', 'kind: strimzi, ', 'fleet.yaml:4:27', '"strimzi"'],
    ['a kind of an object', 'kind: toString, ', 'fleet.yaml:4:27', '"toString"'],
  ])('is judged by what every kind has: %s', (_title, kind, place, found) => {
    const problems = problemsOf(
      `${HEAD}clusters:\n  - { name: orders, ${kind}mode: maybe, policy: { stepGibMn: 5 } }\n`,
    );
    expect(problems).toEqual([
      `${place}: clusters[0].kind: expected 'ec2' or 'msk' (strimzi is not supported yet), found ${found}`,
      expect.stringMatching(/clusters\[0\]\.mode: expected 'observe' or 'act', found "maybe"$/),
      expect.stringMatching(
        /clusters\[0\]\.policy: expected a known key; did you mean "stepGibMin"\?, found "stepGibMn"$/,
      ),
    ]);
  });

  it('is no cluster where it is a text or a list', () => {
    expect(problemsOf(`${HEAD}clusters: [[orders]]\n`)).toContain(
      'fleet.yaml:3:12: clusters[0]: expected a cluster with name and kind, found ["orders"]',
    );
    expect(problemsOf(`${HEAD}clusters: [orders]\n`)).toEqual([
      'fleet.yaml:3:12: clusters[0]: expected a cluster with name and kind, found "orders"',
    ]);
  });
});

describe("MSK's limits", () => {
  it.each([
    ['the largest volume', 'sizeGibMax: 16384'],
    ['the smallest step', 'stepGibMin: 10, stepGibMax: 10, growthGibPerDayMax: 10'],
  ])('allow %s', (_title, text) => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', policy(text))}`)).toEqual([]);
  });

  it.each([
    ['sizeGibMax', 16_385, "at most 16384 for kind msk (MSK's largest volume)"],
    ['stepGibMin', 9, "at least 10 for kind msk (MSK's smallest step)"],
    ['stepGibMax', 9, "at least 10 for kind msk (MSK's smallest step)"],
    ['growthGibPerDayMax', 9, "at least 10 for kind msk (MSK's smallest step)"],
    ['metricAgeMinutesMax', 1, "more than the metric's period (1 minutes)"],
    [
      'modificationsPerDayMax',
      2,
      'no modificationsPerDayMax for kind msk: MSK counts no modifications, it has a cool-down of 6 to 24 h instead',
    ],
    [
      'modificationsReserved',
      0,
      'no modificationsReserved for kind msk: MSK counts no modifications, it has a cool-down of 6 to 24 h instead',
    ],
  ])('refuse %s: %d of a cluster of its own', (key, value, expected) => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('orders', policy(`${key}: ${value}`))}`)).toEqual([
      `fleet.yaml:7:${17 + key.length}: clusters[0].policy.${key}: expected ${expected}, found ${value}`,
    ]);
  });

  it('do not hold for EC2 clusters', () => {
    const text = 'sizeGibMax: 65536, stepGibMin: 1, stepGibMax: 9, modificationsPerDayMax: 2';
    expect(problemsOf(`${HEAD}clusters:\n${ec2('orders', policy(text))}`)).toEqual([]);
  });

  it('make nothing of what a shared policy says for EC2: the step is raised, modifications are not counted', () => {
    const shared = 'defaults:\n  policy: { stepGibMin: 5, modificationsPerDayMax: 1, modificationsReserved: 0 }\n';
    const [broker, managed] = clustersOf(`${HEAD}${shared}clusters:\n${ec2('a')}${msk('b')}`);
    expect(broker?.policy).toMatchObject({ stepGibMin: 5, modificationsPerDayMax: 1, modificationsReserved: 0 });
    expect(managed?.policy).toMatchObject({ stepGibMin: 10, modificationsPerDayMax: 4, modificationsReserved: 1 });
  });

  it('keep a shared step that is large enough', () => {
    const text = `${HEAD}defaults: { policy: { stepGibMin: 11 } }\nclusters:\n${msk()}`;
    expect(clustersOf(text)[0]?.policy.stepGibMin).toBe(11);
  });

  it('refuse a shared size that MSK does not have, once and where it is written', () => {
    const shared = 'groups:\n  big: { policy: { sizeGibMax: 20000 } }\n';
    const group = '    group: big\n';
    expect(problemsOf(`${HEAD}${shared}clusters:\n${ec2('a', group)}`)).toEqual([]);
    expect(problemsOf(`${HEAD}${shared}clusters:\n${ec2('a', group)}${msk('b', group)}${msk('c', group)}`)).toEqual([
      "fleet.yaml:4:32: groups.big.policy.sizeGibMax: expected at most 16384 for kind msk (MSK's largest volume); clusters of kind msk inherit this, found 20000",
    ]);
  });
});

describe('one account and Region', () => {
  const abroad = arnOf('b', { region: 'us-east-1' });

  it('are those of the MSK clusters where the file gives none', () => {
    expect(parsed(`${HEAD}clusters:\n${msk('a')}${ec2('b')}`).home).toEqual({
      account: '111122223333',
      region: 'eu-central-1',
    });
    expect(parsed(`${HEAD}clusters:\n${ec2('b')}`).home).toEqual({});
  });

  it('refuse the one cluster that is elsewhere than the others, wherever it stands', () => {
    const problem = `clusterArn: expected a cluster of Region eu-central-1 (the other MSK clusters'): ${ONE_HOME}, found "${abroad.slice(0, 59)}`;
    const last = problemsOf(`${HEAD}clusters:\n${msk('a')}${msk('b', '', abroad)}`);
    expect(last).toEqual([expect.stringContaining(`fleet.yaml:9:17: clusters[1].${problem}`)]);
    const first = problemsOf(`${HEAD}clusters:\n${msk('b', '', abroad)}${msk('a')}${msk('c')}`);
    expect(first).toEqual([expect.stringContaining(`fleet.yaml:6:17: clusters[0].${problem}`)]);
  });

  it("refuse every cluster that is elsewhere than the file's", () => {
    const home = 'account: "999922223333"\nregion: us-east-1\n';
    expect(problemsOf(`${HEAD}${home}clusters:\n${msk('a')}${msk('b', '', abroad)}`)).toEqual([
      expect.stringContaining(
        `clusters[0].clusterArn: expected a cluster of account 999922223333 and Region us-east-1: ${ONE_HOME}, found`,
      ),
      expect.stringContaining(`clusters[1].clusterArn: expected a cluster of account 999922223333: ${ONE_HOME}, found`),
    ]);
  });

  it('hold for what clusters and alarms say of themselves', () => {
    const alarm = 'adoptedAlarmArns: ["arn:aws:cloudwatch:us-east-1:111122223333:alarm:a"]\n';
    expect(problemsOf(`${HEAD}${alarm}clusters:\n${msk('a')}${ec2('b', '    region: us-east-1\n')}`)).toEqual([
      expect.stringContaining('adoptedAlarmArns[0]: expected an alarm of Region eu-central-1, found'),
      expect.stringContaining(`clusters[1].region: expected eu-central-1: ${ONE_HOME}, found "us-east-1"`),
    ]);
    expect(problemsOf(`${HEAD}clusters:\n${msk('a')}${ec2('b', '    region: eu-central-1\n')}`)).toEqual([]);
  });
});

describe('one owner', () => {
  it('is all that an MSK cluster may have', () => {
    expect(problemsOf(`${HEAD}clusters:\n${msk('a')}${msk('b', '', arnOf('a'))}${msk('c', '', arnOf('a'))}`)).toEqual([
      expect.stringContaining('clusters[1].clusterArn: expected another cluster than that of a, found'),
      expect.stringContaining('clusters[2].clusterArn: expected another cluster than that of a, found'),
    ]);
  });

  it("is all that a cluster's name in CloudWatch may have", () => {
    const again = arnOf('a', { uuid: '99999999-2' });
    expect(problemsOf(`${HEAD}clusters:\n${msk('a')}${msk('b', '', again)}`)).toEqual([
      expect.stringMatching(
        /clusters\[1\]\.clusterArn: expected a cluster that is not named a, like that of a: CloudWatch's dimension 'Cluster Name' can't tell them apart, found/,
      ),
    ]);
  });
});

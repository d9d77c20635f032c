import { describe, expect, it } from '@jest/globals';
import { parseFleet, renderProblem } from '../../functions/fleet/parse.ts';

const HEAD = 'version: 1\nname: demo\n';
const cluster = (name: string, more = '') =>
  `  - name: ${name}\n    kind: msk\n    clusterArn: arn:aws:kafka:eu-central-1:111122223333:cluster/${name}/6357e0b2-5\n${more}`;
const relief = (text: string) => `${HEAD}clusters:\n${cluster('a', `    retentionRelief: { ${text} }\n`)}`;

const clustersOf = (text: string) => {
  const parsed = parseFleet(text, 'fleet.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(renderProblem).join('\n'));
  return parsed.fleet.clusters;
};
const problemsOf = (text: string): string[] => {
  const parsed = parseFleet(text, 'fleet.yaml');
  return parsed.ok ? [] : parsed.problems.map(renderProblem);
};

describe('retention relief', () => {
  it('is inherited key by key: own over group over defaults over built-in', () => {
    const [own, other] = clustersOf(`${HEAD}defaults:
  retentionRelief: { retentionHoursMin: 48, topicsMax: 3, exclude: [audit-*] }
groups:
  logs:
    retentionRelief: { enabled: true, topicsMax: 10 }
clusters:
${cluster('a', '    group: logs\n    retentionRelief: { approval: waived, exclude: [payments] }\n')}${cluster('b')}`);
    expect(own?.retentionRelief).toEqual({
      enabled: true,
      approval: 'waived',
      retentionHoursMin: 48,
      retentionGibMin: 1,
      topicsMax: 10,
      exclude: ['payments'],
      restoreAfterHours: 24,
    });
    expect(other?.retentionRelief).toMatchObject({
      enabled: false,
      approval: 'ask',
      topicsMax: 3,
      exclude: ['audit-*'],
    });
  });

  it('is allowed on EC2, where the notification carries the commands', () => {
    const text = `${HEAD}clusters:\n  - { name: a, kind: ec2, brokers: { tags: { k: v } }, mountPoints: [/d], retentionRelief: { enabled: true } }\n`;
    expect(clustersOf(text)[0]).toMatchObject({ kind: 'ec2', retentionRelief: { enabled: true } });
  });

  it.each([
    ['the least', 'retentionHoursMin: 1, retentionGibMin: 1, topicsMax: 1, restoreAfterHours: 1'],
    ['the most', 'retentionHoursMin: 8760, retentionGibMin: 65536, topicsMax: 100, restoreAfterHours: 168'],
    ['any topic', `exclude: [a, A.b_c-9, "x-*", "*", ${'n'.repeat(249)}]`],
  ])('takes %s', (_title, text) => {
    expect(problemsOf(relief(text))).toEqual([]);
  });

  it.each([
    ['enabled: yes', '.enabled: expected true or false, found "yes"'],
    ['approval: never', ".approval: expected 'ask' or 'waived', found \"never\""],
    ['retentionHoursMin: 0', '.retentionHoursMin: expected a whole number from 1 to 8760, found 0'],
    ['retentionHoursMin: 8761', '.retentionHoursMin: expected a whole number from 1 to 8760, found 8761'],
    ['retentionHoursMin: 1.5', '.retentionHoursMin: expected a whole number from 1 to 8760, found 1.5'],
    ['retentionGibMin: 0', '.retentionGibMin: expected a whole number from 1 to 65536, found 0'],
    ['topicsMax: 0', '.topicsMax: expected a whole number from 1 to 100, found 0'],
    ['topicsMax: 101', '.topicsMax: expected a whole number from 1 to 100, found 101'],
    ['restoreAfterHours: 0', '.restoreAfterHours: expected a whole number from 1 to 168, found 0'],
    ['restoreAfterHours: 169', '.restoreAfterHours: expected a whole number from 1 to 168, found 169'],
    ['exclude: audit', ".exclude: expected a list of topics, e.g. ['payments', 'audit-*'], found \"audit\""],
    ['exclude: ["a*b"]', ".exclude[0]: expected a topic's name, or how names begin and then '*', found \"a*b\""],
    ['exclude: [""]', ".exclude[0]: expected a topic's name, or how names begin and then '*', found \"\""],
    ['topicMax: 3', ': expected a known key; did you mean "topicsMax"?, found "topicMax"'],
  ])('does not take %s', (text, problem) => {
    expect(problemsOf(relief(text))).toEqual([expect.stringContaining(`clusters[0].retentionRelief${problem}`)]);
  });
});

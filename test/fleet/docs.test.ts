import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseFleet, renderProblem } from '../../functions/fleet/parse.ts';
import { builtInRelief } from '../../functions/fleet/resolve.ts';
import { CLUSTER_SHAPES, POLICY, PRICES, SKEW } from '../../functions/fleet/schema.ts';

const docs = readFileSync('docs/fleet.md', 'utf8');
const rowOf = (key: string): string[] =>
  docs
    .split('\n')
    .find((line) => line.startsWith(`| \`${key}`))
    ?.split('|')
    .map((cell) => cell.trim()) ?? [];

const fleetOf = (text: string) => {
  const parsed = parseFleet(text, 'fleet.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(renderProblem).join('\n'));
  return parsed.fleet;
};

describe('docs/fleet.md', () => {
  it.each(Object.entries(POLICY))('has the policy %s with its default', (name, { initial }) => {
    expect(rowOf(`${name}\``)[4]).toBe(String(initial));
  });

  it.each(Object.entries(builtInRelief()))('has the retentionRelief %s with its default', (name, initial) => {
    expect(rowOf(`${name}\``)[4]).toBe(Array.isArray(initial) ? '[]' : String(initial));
  });

  it.each([...new Set(Object.values(CLUSTER_SHAPES).flatMap(({ shape }) => Object.keys(shape)))])(
    "has a cluster's key %s",
    (name) => {
      expect(docs).toMatch(new RegExp(`^\\| .*\`${name}[\`.]`, 'm'));
    },
  );

  it('has the defaults of kind msk', () => {
    expect(rowOf('skewFractionMax`')[3]).toBe(String(SKEW.initial));
    expect(rowOf('takeOverFromAutoScaling`')[3]).toBe('`false`');
  });

  it('has every price', () => {
    const { date, usdPerGibMonth } = PRICES;
    expect(rowOf('usdPerGibMonth').slice(2, -1)).toEqual(Object.keys(usdPerGibMonth));
    const row = docs.split('\n').find((line) => line.startsWith(`| us-east-1, ${date}`));
    expect(row?.split('|').slice(2, -1).map(Number)).toEqual(Object.values(usdPerGibMonth));
  });

  it('shows a fleet of hundreds by one that is valid', () => {
    const yaml = /```yaml\n(.*?)```/s.exec(docs)?.[1] ?? '';
    expect(fleetOf(yaml).clusters).toMatchObject([
      { name: 'payments', kind: 'msk', mode: 'act', retentionRelief: { enabled: false } },
      { name: 'clickstream', kind: 'msk', policy: { sizeGibMax: 4000 }, retentionRelief: { enabled: true } },
      { name: 'search', kind: 'msk', mode: 'observe' },
      { name: 'orders', kind: 'ec2', mountPoints: ['/data1', '/data2'], policy: { usedFractionMax: 0.7 } },
      { name: 'app-logs', kind: 'ec2', policy: { stepGibMax: 200, sizeGibMax: 8000 } },
    ]);
  });
});

describe('examples/fleet.yaml', () => {
  it('is valid and acts', () => {
    const fleet = fleetOf(readFileSync('examples/fleet.yaml', 'utf8'));
    expect(fleet.clusters[0]).toMatchObject({ name: 'orders', mode: 'act', mountPoints: ['/data1', '/data2'] });
  });
});

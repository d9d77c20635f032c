import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../simulator/random.ts';

const take = (count: number, next: () => number) => Array.from({ length: count }, () => next());
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('seededRandom', () => {
  it('gives the same stream for the same seed, on every machine', () => {
    expect(take(5, seededRandom('seed'))).toEqual(take(5, seededRandom('seed')));
    expect(take(3, seededRandom(7))).toEqual(take(3, seededRandom('7')));
    expect(take(3, seededRandom(1))).toMatchInlineSnapshot(`
[
  0.8876504665240645,
  0.33780713798478246,
  0.0380601875949651,
]
`);
  });

  it('gives other streams for neighbouring seeds', () => {
    const firsts = new Set(Array.from({ length: 10_000 }, (_, seed) => seededRandom(seed)()));
    expect(firsts.size).toBeGreaterThan(9_990);
  });

  it('stays in [0, 1) and is spread evenly', () => {
    const random = seededRandom('even');
    const tenths = Array.from({ length: 10 }, () => 0);
    const values = take(100_000, random);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    for (const value of values) tenths[Math.floor(value * 10)]! += 1;
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('shapes numbers as their names say', () => {
    const random = seededRandom('shapes');
    expect(mean(take(50_000, () => random.between(10, 20)))).toBeCloseTo(15, 1);
    expect(new Set(take(1_000, () => random.integer(1, 6)))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(mean(take(50_000, () => random.exponential(3)))).toBeCloseTo(3, 0);
    expect(mean(take(50_000, () => random.normal(5, 2)))).toBeCloseTo(5, 1);
    const sizes = take(50_001, () => random.lognormal(4, 0.5)).sort((a, b) => a - b);
    expect(sizes[25_000]).toBeCloseTo(4, 0);
    expect(take(10_000, () => Number(random.chance(0.2))).filter((hit) => hit === 1).length / 10_000).toBeCloseTo(
      0.2,
      1,
    );
    expect(['a', 'b', 'c']).toContain(random.pick(['a', 'b', 'c']));
    expect(() => random.pick([])).toThrow(RangeError);
  });

  it('forks by label, whatever was drawn before', () => {
    const untouched = seededRandom('root');
    const used = seededRandom('root');
    take(100, used);
    expect(take(5, used.fork('broker-1'))).toEqual(take(5, untouched.fork('broker-1')));
    expect(take(5, untouched.fork('broker-1'))).not.toEqual(take(5, untouched.fork('broker-2')));
    expect(take(5, untouched.fork('a').fork('b'))).not.toEqual(take(5, untouched.fork('b').fork('a')));
  });
});

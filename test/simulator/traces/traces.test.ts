import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  arrivalIntegral,
  parseTrace,
  readTraces,
  retained,
  scaleToFill,
  type Trace,
} from '../../../simulator/traces/index.ts';

const fixtures = join(import.meta.dirname, 'fixtures');

const aTrace = (values: readonly number[], stepSeconds = 60): Trace => ({
  name: 'a-trace.csv',
  stepSeconds,
  startMs: 0,
  durationMs: values.length * stepSeconds * 1000,
  offsets: Float64Array.from(values, (_value, index) => index * stepSeconds),
  values: Float64Array.from(values),
});

const rows = (...lines: readonly string[]) => ['timestamp,value', ...lines].join('\n');

const problemIn = (text: string) => {
  try {
    parseTrace(text, 'bad.csv', '/data/bad.csv');
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('readTraces', () => {
  it('reads a folder with its subfolders, CSV files only, in order of their names', async () => {
    const traces = await readTraces(fixtures);
    expect(traces.map(({ name }) => name)).toEqual(['gaps.csv', 'nested/zone.csv', 'quoted.csv']);
  });

  it('reads one file: quoted fields, further columns, zeros, no end of the last line', async () => {
    const [trace, ...others] = await readTraces(join(fixtures, 'quoted.csv'));
    expect(others).toEqual([]);
    expect(trace).toEqual({
      name: 'quoted.csv',
      stepSeconds: 60,
      startMs: Date.UTC(2018, 3, 25),
      durationMs: 180_000,
      offsets: Float64Array.of(0, 60, 120),
      values: Float64Array.of(10.5, 0, 20),
    });
  });

  it('keeps gaps and rows of the same time as they are', async () => {
    const [trace] = await readTraces(join(fixtures, 'gaps.csv'));
    expect(trace).toMatchObject({ stepSeconds: 300, durationMs: 4_800_000 });
    expect(trace?.offsets).toEqual(Float64Array.of(0, 300, 600, 4200, 4500, 4500));
  });

  it('takes times as UTC unless they say otherwise', async () => {
    const [trace] = await readTraces(join(fixtures, 'nested'));
    expect(trace).toMatchObject({ name: 'zone.csv', startMs: Date.UTC(2025, 11, 31, 23), stepSeconds: 10 });
  });

  it('refuses a folder without traces and a path that is not there', async () => {
    await expect(readTraces(join(import.meta.dirname, 'fixtures', 'absent'))).rejects.toThrow('ENOENT');
  });
});

describe('a file that is no trace', () => {
  it.each([
    ['an empty file', '', '/data/bad.csv: expected a header line, the file is empty'],
    [
      'no header',
      '2026-01-01,1\n2026-01-02,2\n',
      "/data/bad.csv, line 1: expected a header, found the timestamp '2026-01-01'",
    ],
    [
      'no data column',
      'timestamp\n2026-01-01\n2026-01-02\n',
      '/data/bad.csv, line 1: expected at least two columns (timestamp, value), found one',
    ],
    ['one row', rows('2026-01-01,1'), '/data/bad.csv, line 2: expected at least 2 rows after the header, found 1'],
    [
      'a missing value',
      rows('2026-01-01,1', '2026-01-02'),
      '/data/bad.csv, line 3: expected a value in the second column, found none',
    ],
    [
      'an empty value',
      rows('2026-01-01,1', '2026-01-02,'),
      "/data/bad.csv, line 3: expected a finite value that is not negative, found ''",
    ],
    [
      'a negative value',
      rows('2026-01-01,-1', '2026-01-02,1'),
      "/data/bad.csv, line 2: expected a finite value that is not negative, found '-1'",
    ],
    [
      'an infinite value',
      rows('2026-01-01,1', '2026-01-02,Infinity'),
      "/data/bad.csv, line 3: expected a finite value that is not negative, found 'Infinity'",
    ],
    [
      'a word for a value',
      rows('2026-01-01,1', '', '2026-01-02,NaN'),
      "/data/bad.csv, line 4: expected a finite value that is not negative, found 'NaN'",
    ],
    [
      'a date that is none',
      rows('2026-02-30,1', '2026-03-01,1'),
      "/data/bad.csv, line 2: expected a timestamp (ISO 8601 or YYYY-MM-DD HH:MM:SS), found '2026-02-30'",
    ],
    [
      'a number for a time',
      rows('1767225600,1', '1767225660,1'),
      "/data/bad.csv, line 2: expected a timestamp (ISO 8601 or YYYY-MM-DD HH:MM:SS), found '1767225600'",
    ],
    [
      'time going backwards',
      rows('2026-01-02 00:00:00,1', '2026-01-01 00:00:00,1'),
      "/data/bad.csv, line 3: expected timestamps in order, '2026-01-01 00:00:00' is before the row above",
    ],
    [
      'time standing still',
      rows('2026-01-02,1', '2026-01-02,1'),
      '/data/bad.csv: expected most rows to be some time apart',
    ],
  ])('%s is an error that names file and line', (_title, text, problem) => {
    expect(problemIn(text)).toBe(problem);
  });

  it('names the line where the quotes are wrong', () => {
    expect(problemIn(rows('2026-01-01,"1', '2026-01-02,2'))).toMatch(/^\/data\/bad\.csv, line \d: expected CSV: /);
  });
});

describe('arrivalIntegral', () => {
  const arrivals = arrivalIntegral(aTrace([60, 0, 120]));

  it('spreads what a row counts evenly over its step', () => {
    expect(arrivals.bytesBetween(0, 30)).toBe(30);
    expect(arrivals.bytesBetween(0, 60)).toBe(60);
    expect(arrivals.bytesBetween(60, 120)).toBe(0);
    expect(arrivals.bytesBetween(90, 150)).toBe(60);
    expect(arrivals.meanBytesPerSecond).toBe(1);
  });

  it('knows of nothing before the beginning', () => {
    expect(arrivals.bytesBetween(-1000, 30)).toBe(30);
    expect(arrivals.bytesBetween(50, 10)).toBe(0);
  });

  it('repeats when the run is longer', () => {
    expect(arrivals.bytesBetween(0, 180)).toBe(180);
    expect(arrivals.bytesBetween(180, 240)).toBe(60);
    expect(arrivals.bytesBetween(0, 1800)).toBe(1800);
    expect(arrivals).toMatchObject({ repeated: false, repeats: 1 });
    expect(arrivalIntegral(aTrace([1, 2]), { seconds: 120 })).toMatchObject({ repeated: false, repeats: 1 });
    expect(arrivalIntegral(aTrace([1, 2]), { seconds: 121 })).toMatchObject({ repeated: true, repeats: 2 });
  });

  it('has nothing arrive in a gap and loses nothing where rows are close', async () => {
    const [trace] = await readTraces(join(fixtures, 'gaps.csv'));
    const gaps = arrivalIntegral(trace as Trace);
    expect(gaps.bytesBetween(600, 900)).toBe(50);
    expect(gaps.bytesBetween(900, 4200)).toBe(0);
    expect(gaps.bytesBetween(4500, 4800)).toBe(60);
    expect(gaps.bytesUntil(4800)).toBe(240);
  });

  it('never decreases and adds up', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 20 });
    const seconds = fc.double({ min: -100, max: 5000, noNaN: true });
    fc.assert(
      fc.property(values, seconds, seconds, seconds, (values, ...times) => {
        const arrivals = arrivalIntegral(aTrace(values));
        const [a, b, c] = times.sort((one, other) => one - other);
        const sum = arrivals.bytesBetween(a, b) + arrivals.bytesBetween(b, c);
        expect(arrivals.bytesBetween(a, b)).toBeGreaterThanOrEqual(0);
        expect(Math.abs(sum - arrivals.bytesBetween(a, c))).toBeLessThanOrEqual(1e-6 * (1 + sum));
      }),
    );
  });
});

describe('scaleToFill', () => {
  it('fills the capacity in the wished time at the mean rate', () => {
    const scaled = scaleToFill(aTrace([1, 0, 5]), {
      capacityBytes: 1000,
      meanFillSeconds: 1800,
      retentionSeconds: 900,
    });
    expect(arrivalIntegral(scaled.trace).bytesBetween(0, 1800)).toBeCloseTo(1000, 9);
    expect(scaled.meanBytesPerSecond).toBeCloseTo(1000 / 1800, 12);
    expect(scaled.retainedMeanBytes).toBeCloseTo(500, 9);
    expect(scaled.trace.values[2]).toBeCloseTo(5 * scaled.factor, 12);
  });

  it('refuses a trace without arrivals and times that are not positive', () => {
    expect(() => scaleToFill(aTrace([0, 0]), { capacityBytes: 1, meanFillSeconds: 1 })).toThrow('all values are 0');
    expect(() => scaleToFill(aTrace([1, 1]), { capacityBytes: 1, meanFillSeconds: 0 })).toThrow('meanFillSeconds');
  });
});

describe('retained', () => {
  // One byte a second
  const arrivals = arrivalIntegral(aTrace([60, 60]));

  it('is what arrived within the retention', () => {
    expect(retained(arrivals, 100, 60)).toBe(60);
    expect(retained(arrivals, 30, 60)).toBe(30);
  });

  it('falls in steps of whole segments, once the newest record of one is too old', () => {
    expect(retained(arrivals, 149, 100, 50)).toBe(149);
    expect(retained(arrivals, 149.999, 100, 50)).toBeCloseTo(149.999, 6);
    expect(retained(arrivals, 150, 100, 50)).toBe(100);
    expect(retained(arrivals, 199, 100, 50)).toBe(149);
  });

  it('never deletes the segment that is being written', () => {
    expect(retained(arrivals, 149, 0, 50)).toBe(49);
  });
});

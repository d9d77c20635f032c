import { describe, expect, it } from '@jest/globals';
import { fillModel, reliefMs, traceFill, type FillModel, type SyntheticFill } from '../../../simulator/fill/index.ts';
import type { Trace } from '../../../simulator/traces/index.ts';

const gib = 2 ** 30;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
// A Monday
const startMs = Date.UTC(2026, 0, 5);

const options = (overrides: Partial<SyntheticFill> = {}): SyntheticFill => ({
  seed: 'a-seed',
  startMs,
  volumes: [
    { volumeId: 'vol-1', capacityGib: 1000, initialUsedFraction: 0.5 },
    { volumeId: 'vol-2', capacityGib: 500, initialUsedFraction: 0.7 },
  ],
  growthPerDay: 0.02,
  bursts: { perWeek: 4, medianFraction: 0.05, medianHours: 3 },
  ...overrides,
});

const series = (model: FillModel, volumeId: string, days: number, stepMs = hourMs) =>
  Array.from({ length: Math.round((days * dayMs) / stepMs) + 1 }, (_, step) =>
    model.usedBytes(volumeId, startMs + step * stepMs),
  );
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('fillModel', () => {
  it('begins at the wished level', () => {
    const model = fillModel(options());
    expect(model.usedBytes('vol-1', startMs) / gib).toBeCloseTo(500, 6);
    expect(model.usedBytes('vol-2', startMs) / gib).toBeCloseTo(350, 6);
  });

  it('gives the same usage for the same seed, whatever was asked before and in what order', () => {
    const forwards = series(fillModel(options()), 'vol-1', 10);
    const jumping = fillModel(options());
    jumping.usedBytes('vol-2', startMs + 30 * dayMs);
    jumping.usedBytes('vol-1', startMs + 10 * dayMs);
    expect(series(jumping, 'vol-1', 10)).toEqual(forwards);
    const alone = fillModel(options({ volumes: options().volumes.slice(0, 1) }));
    expect(series(alone, 'vol-1', 10)).toEqual(forwards);
    expect(series(fillModel(options({ seed: 'other' })), 'vol-1', 10)).not.toEqual(forwards);
  });

  it('grows as the arrivals do', () => {
    const quiet = options({
      growthPerDay: 0.03,
      dailyAmplitude: 0,
      weekendDip: 0,
      bursts: { ...options().bursts!, perWeek: 0 },
    });
    const used = series(fillModel(quiet), 'vol-1', 40);
    const level = (day: number) => mean(used.slice(day * 24, (day + 7) * 24));
    expect(level(33) / level(0)).toBeCloseTo(1.03 ** 33, 1);
  });

  it('is continuous, saw-teeth and bursts included', () => {
    const used = series(fillModel(options()), 'vol-1', 14, 10_000);
    const largest = Math.max(...used.slice(1).map((value, index) => Math.abs(value - used[index]!)));
    // The steepest: a segment that holds a whole burst goes within five minutes, seen over ten seconds
    expect(largest / (1000 * gib)).toBeLessThan(0.02);
    expect(used.some((value, index) => index > 0 && value < used[index - 1]!)).toBe(true);
  });

  it('has quiet weekends and busy days', () => {
    const calm = { growthPerDay: 0, bursts: { perWeek: 0, medianFraction: 0, medianHours: 1 } };
    const topics = [{ name: 'short', share: 1, retentionHours: 1, segmentHours: 0.1 }];
    const used = series(fillModel(options({ ...calm, topics, dailyAmplitude: 0, weekendDip: 0.5 })), 'vol-1', 7);
    expect(mean(used.slice(5 * 24 + 6, 6 * 24 + 18)) / mean(used.slice(24, 3 * 24))).toBeCloseTo(0.5, 1);
    const daily = series(fillModel(options({ ...calm, topics, dailyAmplitude: 0.5, weekendDip: 0 })), 'vol-1', 1);
    const busiest = daily.indexOf(Math.max(...daily));
    expect(busiest).toBeGreaterThan(14 - 4);
    expect(busiest).toBeLessThan(14 + 5);
  });

  it('sends bursts as often as it says', () => {
    const bursts = { perWeek: 7, medianFraction: 0.2, medianHours: 2, sigma: 0 };
    const topics = [{ name: 'long', share: 1, retentionHours: 24 * 60 }];
    const flat = { growthPerDay: 0, dailyAmplitude: 0, weekendDip: 0, topics };
    const with_ = fillModel(options({ ...flat, bursts })).usedBytes('vol-1', startMs + 58 * dayMs);
    const without = fillModel(options({ ...flat, bursts: { ...bursts, perWeek: 0 } })).usedBytes(
      'vol-1',
      startMs + 58 * dayMs,
    );
    const count = (with_ - without) / (0.2 * 1000 * gib);
    expect(count).toBeGreaterThan(35);
    expect(count).toBeLessThan(85);
  });

  it('frees space within minutes when retention is shortened, on that volume and from then on only', () => {
    const model = fillModel(options());
    const untouched = fillModel(options());
    const atMs = startMs + 3 * dayMs;
    model.shortenRetention('vol-1', atMs, 0.5);
    expect(model.usedBytes('vol-1', atMs)).toBe(untouched.usedBytes('vol-1', atMs));
    expect(model.usedBytes('vol-1', atMs - hourMs)).toBe(untouched.usedBytes('vol-1', atMs - hourMs));
    expect(model.usedBytes('vol-2', atMs + dayMs)).toBe(untouched.usedBytes('vol-2', atMs + dayMs));
    const relieved = model.usedBytes('vol-1', atMs + reliefMs) / untouched.usedBytes('vol-1', atMs + reliefMs);
    expect(relieved).toBeGreaterThan(0.45);
    expect(relieved).toBeLessThan(0.65);
    const halfway = model.usedBytes('vol-1', atMs + reliefMs / 2);
    expect(halfway).toBeLessThan(untouched.usedBytes('vol-1', atMs + reliefMs / 2));
    expect(halfway).toBeGreaterThan(model.usedBytes('vol-1', atMs + reliefMs));
  });

  it('shortens what was shortened before, in whatever order the two are told', () => {
    const later = startMs + 2 * dayMs;
    const tell = (reliefs: readonly number[]) => {
      const model = fillModel(options());
      for (const atMs of reliefs) model.shortenRetention('vol-1', atMs, 0.5);
      return model.usedBytes('vol-1', later + hourMs);
    };
    expect(tell([startMs, later])).toBe(tell([later, startMs]));
    expect(tell([startMs, later])).toBeLessThan(0.75 * tell([startMs]));
  });

  it.each([
    ['an unknown volume', () => fillModel(options()).usedBytes('vol-9', startMs)],
    ['a factor above 1', () => fillModel(options()).shortenRetention('vol-1', startMs, 1.1)],
    ['a factor of 0', () => fillModel(options()).shortenRetention('vol-1', startMs, 0)],
    ['two volumes of one name', () => fillModel(options({ volumes: [...options().volumes, ...options().volumes] }))],
    ['no topics', () => fillModel(options({ topics: [] }))],
    ['a negative amplitude', () => fillModel(options({ dailyAmplitude: -0.1 }))],
    [
      'segments shorter than their deletion',
      () => fillModel(options({ topics: [{ name: 't', share: 1, retentionHours: 1 }] })),
    ],
  ])('refuses %s', (_title, act) => {
    expect(act).toThrow(RangeError);
  });
});

describe('traceFill', () => {
  // One hour, 60 steps, twice as much in the second half
  const trace: Trace = {
    name: 'recorded/a.csv',
    stepSeconds: 60,
    startMs: 0,
    durationMs: hourMs,
    offsets: Float64Array.from({ length: 60 }, (_, step) => step * 60),
    values: Float64Array.from({ length: 60 }, (_, step) => (step < 30 ? 1 : 2)),
  };
  const volume = { volumeId: 'vol-1', trace, capacityGib: 100, initialUsedFraction: 0.2, meanFillHours: 10 };

  it('fills at the mean rate of the trace, from the initial level', () => {
    const model = traceFill({ startMs, volumes: [volume] });
    expect(model.usedBytes('vol-1', startMs) / gib).toBeCloseTo(20, 9);
    expect(model.usedBytes('vol-1', startMs + hourMs / 2) / gib).toBeCloseTo(20 + 10 / 3, 9);
    expect(model.usedBytes('vol-1', startMs + hourMs) / gib).toBeCloseTo(30, 9);
  });

  it('says when a trace was repeated', () => {
    const model = traceFill({ startMs, volumes: [volume] });
    model.usedBytes('vol-1', startMs + hourMs);
    expect(model.notes).toEqual([]);
    expect(model.usedBytes('vol-1', startMs + 8 * hourMs) / gib).toBeCloseTo(100, 9);
    expect(model.notes).toEqual(['trace recorded/a.csv (0.0 days) repeated 7 times']);
  });

  it('keeps what retention keeps, within a segment', () => {
    const model = traceFill({ startMs, volumes: [{ ...volume, retentionHours: 5, segmentHours: 1 }] });
    for (let hour = 20; hour < 30; hour += 0.25) {
      const used = model.usedBytes('vol-1', startMs + hour * hourMs) / gib;
      expect(used).toBeGreaterThan(48);
      expect(used).toBeLessThan(61);
    }
    model.shortenRetention('vol-1', startMs + 30 * hourMs, 0.4);
    expect(model.usedBytes('vol-1', startMs + 30 * hourMs + 2 * reliefMs) / gib).toBeLessThan(31);
  });

  it('lets the initial data expire', () => {
    const quiet = { ...volume, meanFillHours: 1e9, retentionHours: 10, segmentHours: 0.5 };
    const model = traceFill({ startMs, volumes: [quiet] });
    expect(model.usedBytes('vol-1', startMs) / gib).toBeCloseTo(20, 5);
    expect(model.usedBytes('vol-1', startMs + 5.25 * hourMs) / gib).toBeCloseTo(10, 5);
    expect(model.usedBytes('vol-1', startMs + 11 * hourMs) / gib).toBeCloseTo(0, 5);
  });

  it('never deletes without retention', () => {
    const model = traceFill({ startMs, volumes: [volume] });
    model.shortenRetention('vol-1', startMs, 0.1);
    expect(model.usedBytes('vol-1', startMs + 20 * hourMs) / gib).toBeCloseTo(220, 6);
  });
});

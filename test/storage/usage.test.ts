import { describe, expect, it } from '@jest/globals';
import type { EbsVolumeFacts } from '../../functions/storage/facts.ts';
import { bytesPerGib, hourMs } from '../../functions/storage/limits.ts';
import { usageOf } from '../../functions/storage/usage.ts';
import { anInspection, aVolume, nowMs } from '../support/storage-facts.ts';

const minute = 60_000;
const readings = (points: [agoMs: number, fraction: number][]) => ({
  timesMs: points.map(([agoMs]) => nowMs - agoMs),
  usedFractions: points.map(([, fraction]) => fraction),
});
const read = (change: Partial<EbsVolumeFacts>, ageMinutesMax = 20) => {
  const reading = usageOf(aVolume(change), ageMinutesMax, nowMs);
  if (!reading.ok) throw new Error(reading.reason);
  return reading;
};

describe('what is refused', () => {
  it.each<[string, Partial<EbsVolumeFacts>, string]>([
    ['a volume whose metric was not asked for', { recent: undefined as never }, 'metric-missing'],
    ['no points at all', { recent: readings([]), hourly: readings([]) }, 'metric-missing'],
    ['none since hours: the file system was unmounted', { recent: readings([]) }, 'metric-stale'],
    ['a newest one a millisecond too old', { recent: readings([[20 * minute + 1, 0.5]]) }, 'metric-stale'],
    ['0', { recent: readings([[0, 0]]) }, 'metric-implausible'],
    ['more than full', { recent: readings([[0, 1.0001]]) }, 'metric-implausible'],
    ['no number', { recent: readings([[0, Number.NaN]]) }, 'metric-implausible'],
  ])('%s', (_title, change, reason) => {
    expect(usageOf(aVolume(change), 20, nowMs)).toMatchObject({ ok: false, reason });
  });

  it.each([
    ['exactly as old as allowed', 20 * minute, 0.5],
    ['just above 0', 0, 0.0001],
    ['exactly full', 0, 1],
  ])('but not %s', (_title, agoMs, fraction) => {
    expect(read({ recent: readings([[agoMs, fraction]]) }).usage.recent.usedGib).toEqual([fraction * 100]);
  });
});

describe('what a fraction is of', () => {
  it('the file system, not the volume', () => {
    const inspection = anInspection({ filesystemBytes: 98 * bytesPerGib });
    expect(read({ inspection, recent: readings([[0, 0.5]]) })).toMatchObject({
      fileSystemGib: 98,
      usableFraction: 0.98,
      usage: { recent: { usedGib: [49] } },
    });
  });

  it('the size from before a growth, and nothing while the file system was between two sizes', () => {
    const growths = [{ atMs: nowMs - 30 * minute, fromGib: 50, doneAtMs: nowMs - 20 * minute }];
    const recent = readings([
      [30 * minute + 1, 0.8],
      [30 * minute, 0.8],
      [20 * minute + 1, 0.8],
      [20 * minute, 0.4],
      [0, 0.4],
    ]);
    expect(read({ growths, recent }).usage.recent).toEqual({
      timesMs: [nowMs - 30 * minute - 1, nowMs - 20 * minute, nowMs],
      usedGib: [40, 40, 40],
    });
  });

  it('each size of several growths', () => {
    const growths = [
      { atMs: nowMs - 5 * hourMs, fromGib: 25 },
      { atMs: nowMs - 2 * hourMs, fromGib: 50 },
    ];
    const hourly = readings([
      [6 * hourMs, 0.8],
      [3 * hourMs, 0.4],
      [hourMs, 0.2],
    ]);
    expect(read({ growths, hourly }).usage.hourly.usedGib).toEqual([20, 20, 20]);
  });

  it('is answered by the newest alone where nothing else is left', () => {
    const growths = [{ atMs: nowMs - hourMs, fromGib: 50, doneAtMs: nowMs + 1 }];
    expect(read({ growths, recent: readings([[0, 0.4]]) }).usage.recent).toEqual({ timesMs: [nowMs], usedGib: [40] });
  });
});

it('leaves out of the history what can’t be: a 0 is no empty disk that fills within minutes', () => {
  const recent = readings([
    [15 * minute, 0.5],
    [10 * minute, 0],
    [5 * minute, 1.5],
    [0, 0.5],
  ]);
  expect(read({ recent }).usage.recent.usedGib).toEqual([50, 50]);
});

describe('a reading that did not fall when the file system grew hangs', () => {
  const growths = [{ atMs: nowMs - 60 * minute, fromGib: 50, doneAtMs: nowMs - 30 * minute }];
  const verdict = (recent: [number, number][], hourly: [number, number][] = []): string => {
    const volume = aVolume({ growths, recent: readings(recent), hourly: readings(hourly) });
    const reading = usageOf(volume, 20, nowMs);
    return reading.ok ? 'believed' : reading.reason;
  };

  it.each<[string, [number, number][], [number, number][], string]>([
    [
      'as before',
      [
        [70 * minute, 0.8],
        [5 * minute, 0.8],
        [0, 0.8],
      ],
      [],
      'metric-implausible',
    ],
    [
      'as in the hour of the growth',
      [
        [5 * minute, 0.8],
        [0, 0.8],
      ],
      [
        [2 * hourMs, 0.7],
        [hourMs, 0.8],
      ],
      'metric-implausible',
    ],
    [
      'as before, after having fallen: it has filled up again',
      [
        [70 * minute, 0.8],
        [5 * minute, 0.7],
        [0, 0.8],
      ],
      [],
      'believed',
    ],
    [
      'a little different',
      [
        [70 * minute, 0.8],
        [0, 0.800_001],
      ],
      [],
      'believed',
    ],
    [
      'as before, but read while it grew',
      [
        [70 * minute, 0.8],
        [30 * minute + 1, 0.8],
      ],
      [],
      'metric-stale',
    ],
    ['none is known from before', [[0, 0.8]], [], 'believed'],
  ])('%s', (_title, recent, hourly, expected) => {
    expect(verdict(recent, hourly)).toBe(expected);
  });
});

import { describe, expect, it } from '@jest/globals';
import { gib, grouped, hours, isoDay, percent, usd } from '../../../simulator/report/format.ts';
import { sizeAxis, timeTicks } from '../../../simulator/report/page/axes.ts';
import {
  alarmLanes,
  bundled,
  inAlarm,
  markersOf,
  summedSamples,
  thinned,
} from '../../../simulator/report/page/series.ts';
import type { AlarmRun } from '../../../simulator/report/run-record.ts';
import { anOperation, aVolume, startMs } from './a-run.ts';

const hourMs = 3_600_000;

const sample = (atMs: number, sizeGib: number) => ({ atMs, sizeGib, usedGib: sizeGib / 2, fileSystemGib: sizeGib });

const change = (atMs: number, state: AlarmRun['state'], contributor = 'a'): AlarmRun => ({
  atMs,
  alarm: 'used',
  contributor,
  state,
});

const marker = (atMs: number, kind: 'growth' | 'refusal') => ({ atMs, kind, text: 'x', operationIndex: undefined });

describe('series', () => {
  it('sums volumes that were sampled at different times', () => {
    const one = aVolume({ samples: [sample(0, 100), sample(10, 150)] });
    const two = aVolume({ samples: [sample(0, 10), sample(5, 20), sample(10, 30)] });
    expect(summedSamples([one, two]).map(({ atMs, sizeGib }) => [atMs, sizeGib])).toEqual([
      [0, 110],
      [5, 120],
      [10, 180],
    ]);
  });

  it('thins a long line without losing its peak, its end or a change of size', () => {
    const samples = Array.from({ length: 5_000 }, (_, index) => ({
      atMs: index,
      usedGib: index === 1_234 ? 999 : 100,
      fileSystemGib: 1_000,
      sizeGib: index < 2_345 ? 1_000 : 1_100,
    }));
    const thin = thinned(samples, 900);
    expect(thin.length).toBeLessThan(910);
    for (const index of [1_234, 2_345, 4_999]) expect(thin).toContain(samples[index]);
  });

  it('joins an alarm’s states to spans, the last one open until the end', () => {
    const lanes = alarmLanes(
      [
        change(1, 'OK'),
        change(2, 'ALARM'),
        change(3, 'ALARM'),
        change(5, 'OK'),
        change(4, 'ALARM', 'b'),
        change(8, 'INSUFFICIENT_DATA'),
      ],
      10,
    );
    expect(lanes.map(({ contributor, spans }) => [contributor, spans])).toEqual([
      [
        'a',
        [
          { state: 'ALARM', startMs: 2, endMs: 5 },
          { state: 'INSUFFICIENT_DATA', startMs: 8, endMs: 10 },
        ],
      ],
      ['b', [{ state: 'ALARM', startMs: 4, endMs: 10 }]],
    ]);
    expect(inAlarm(lanes)).toEqual([{ startMs: 2, endMs: 10 }]);
  });

  it('marks growths that were seen, not those that were intended', () => {
    const flat = aVolume({ samples: aVolume().samples.slice(0, 10) });
    expect(markersOf([flat], [anOperation()])).toEqual([]);
    expect(markersOf([aVolume()], [anOperation()])).toMatchObject([
      { kind: 'growth', atMs: startMs + 24 * hourMs, operationIndex: 0 },
    ]);
    expect(markersOf([aVolume()], [])).toMatchObject([{ kind: 'growth', operationIndex: undefined }]);
  });

  it('marks once what grew together, by the name that operations have for it', () => {
    const brokers = [1, 2, 3].map((id) => aVolume({ volumeId: `msk/payments/${id}`, storageId: 'msk/payments' }));
    const operation = anOperation({ volumeId: 'msk/payments' });
    expect(markersOf(brokers, [operation])).toMatchObject([{ kind: 'growth', operationIndex: 0 }]);
    const escalated = anOperation({ volumeId: 'msk/payments', status: 'escalated', action: 'escalate' });
    expect(markersOf(brokers.slice(1), [escalated]).map(({ kind }) => kind)).toEqual(['growth', 'escalation']);
  });

  it('bundles markers of one kind that would lie on each other', () => {
    const bundles = bundled([marker(0, 'growth'), marker(5, 'refusal'), marker(9, 'growth'), marker(10, 'growth')], 10);
    expect(bundles.map(({ kind, atMs, count }) => [kind, atMs, count])).toEqual([
      ['growth', 0, 2],
      ['refusal', 5, 1],
      ['growth', 10, 1],
    ]);
  });
});

describe('axes', () => {
  it.each([
    [1, '1.0', 'GiB'],
    [150, '150', 'GiB'],
    [2_398, '3,000', 'GiB'],
    [8_192, '8', 'TiB'],
  ])('ends the axis for %i GiB at a round number', (maxGib, top, unit) => {
    const axis = sizeAxis(maxGib);
    expect([axis.ticks.at(-1)?.label, axis.unit]).toEqual([top, unit]);
    expect(axis.max).toBeGreaterThanOrEqual(maxGib);
    expect(new Set(axis.ticks.map(({ label }) => label)).size).toBe(axis.ticks.length);
  });

  it('puts ticks on whole days, or on whole hours of a short run', () => {
    expect(timeTicks(startMs, startMs + 720 * hourMs, 6).map(({ label }) => label)).toEqual([
      '5 Jan',
      '10 Jan',
      '15 Jan',
      '20 Jan',
      '25 Jan',
      '30 Jan',
      '4 Feb',
    ]);
    expect(timeTicks(startMs + hourMs, startMs + 25 * hourMs, 4).map(({ label }) => label)).toEqual([
      '06:00',
      '12:00',
      '18:00',
      '6 Jan',
    ]);
  });
});

describe('format', () => {
  it('writes numbers the same on every machine', () => {
    expect([grouped(1_234_567.891, 2), grouped(-0.4), grouped(-1_234), grouped(Number.NaN)]).toEqual([
      '1,234,567.89',
      '0',
      '-1,234',
      '–',
    ]);
    expect([gib(1_200), gib(35.52), percent(0.6123), usd(-3.5), hours(0.5), hours(13.25), hours(124.8)]).toEqual([
      '1,200',
      '35.5',
      '61.2 %',
      '-$3.50',
      '30 min',
      '13.3 h',
      '5.2 d',
    ]);
    expect(isoDay(startMs)).toBe('2026-01-05');
  });
});

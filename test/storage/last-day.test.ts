import { describe, expect, it } from '@jest/globals';
import { needsLastDay } from '../../functions/storage/last-day.ts';
import { aVolume, nowMs, policy } from '../support/storage-facts.ts';

/** Level but for where it was three hours ago. */
const read = (first: number, last = first) => ({
  recent: { timesMs: [nowMs - 600_000, nowMs - 300_000, nowMs], usedFractions: [first, last, last] },
});
const needs = (change: Parameters<typeof aVolume>[0], isCalledFor = false): boolean =>
  needsLastDay(aVolume({ ...read(0.5), ...change }), policy, isCalledFor);

describe('the last day', () => {
  it('decides nothing for a disk that is far below its threshold and level', () => {
    expect(needs({})).toBe(false);
  });

  it.each([
    ['at 15 points below the threshold', read(0.6), true],
    ['below that', read(0.5999), false],
    ['one point up within three hours', read(0.5, 0.51), true],
    ['less than that', read(0.5, 0.5099), false],
    ['falling', read(0.55, 0.5), false],
    ['without a reading', { recent: { timesMs: [], usedFractions: [] } }, true],
    ['modified within the day', { past: [{ startedAtMs: nowMs }] }, true],
    ['grown lately', { growths: [{ atMs: nowMs, fromGib: 50 }] }, true],
    ['held back', { notBefore: { atMs: nowMs, reason: 'access-denied' } }, true],
  ])('of a disk %s: %j is read: %s', (_title, change, expected) => {
    expect(needs(change)).toBe(expected);
  });

  it('is read where a person was called', () => {
    expect(needs({}, true)).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { dayMs, earliestModificationMs, expectedModificationMs, hourMs } from '../../functions/storage/limits.ts';
import { nowMs } from '../support/storage-facts.ts';

const ago = (...times: number[]) => times.map((ms) => ({ startedAtMs: nowMs - ms }));

describe('earliestModificationMs', () => {
  it.each([
    ['nothing in the window: now', [], 4, nowMs],
    ['one fewer than allowed: now', ago(1, 2, 3), 4, nowMs],
    ['as many as allowed: when the oldest leaves', ago(3 * hourMs, 2 * hourMs, hourMs, 1), 4, nowMs + 21 * hourMs],
    [
      'more than allowed (a lowered policy): when enough have left',
      ago(3 * hourMs, 2 * hourMs, hourMs),
      2,
      nowMs + 22 * hourMs,
    ],
    ['a millisecond inside the window counts', ago(dayMs - 1), 1, nowMs + 1],
    ['exactly at its end counts no more', ago(dayMs), 1, nowMs],
    ['in any order', ago(1, 3 * hourMs, 2 * hourMs, hourMs), 4, nowMs + 21 * hourMs],
  ])('%s', (_title, past, countMax, expected) => {
    expect(earliestModificationMs(past, countMax, nowMs)).toBe(expected);
  });

  it('at the time it names, a modification keeps the rule', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 * dayMs }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (times, countMax) => {
          const past = ago(...times);
          const atMs = earliestModificationMs(past, countMax, nowMs);
          expect(atMs).toBeGreaterThanOrEqual(nowMs);
          expect(past.filter(({ startedAtMs }) => startedAtMs > atMs - dayMs).length).toBeLessThan(countMax);
        },
      ),
    );
  });
});

describe('expectedModificationMs', () => {
  it.each([
    [1, hourMs],
    [170, hourMs],
    [1024, 6 * hourMs],
    [2048, 12 * hourMs],
  ])('%d GiB', (sizeGib, expected) => {
    expect(expectedModificationMs(sizeGib)).toBe(expected);
  });
});

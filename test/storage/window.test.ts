import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { windowOpensMs } from '../../functions/storage/window.ts';

const at = (time: string) => Date.parse(`2026-06-${time}Z`); // the 3rd is a Wednesday
const night = [{ days: ['wed' as const], from: '22:00', to: '02:00' }];
const noon = [{ days: ['wed' as const, 'fri' as const], from: '12:00', to: '13:00' }];

describe('windowOpensMs', () => {
  it.each([
    ['without windows: now', [], '03T05:00:00', '03T05:00:00'],
    ['a millisecond before it opens', noon, '03T11:59:59.999', '03T12:00:00'],
    ['the moment it opens', noon, '03T12:00:00', '03T12:00:00'],
    ['its last millisecond', noon, '03T12:59:59.999', '03T12:59:59.999'],
    ['the moment it closes: the next one', noon, '03T13:00:00', '05T12:00:00'],
    ['past midnight', night, '04T01:59:59.999', '04T01:59:59.999'],
    ['the moment that one closes: next week', night, '04T02:00:00', '10T22:00:00'],
  ])('%s', (_title, windows, now, opens) => {
    expect(windowOpensMs(windows, at(now))).toBe(at(opens));
  });

  it('is within a week, never past, and open when it comes', () => {
    const time = fc
      .tuple(fc.nat(23), fc.nat(59))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    const window = fc
      .record({ days: fc.constantFrom<('mon' | 'sat' | 'sun')[]>(['mon'], ['sat', 'sun']), from: time, to: time })
      .filter(({ from, to }) => from !== to);
    const checked = fc.check(
      fc.property(fc.array(window, { minLength: 1, maxLength: 4 }), fc.nat(14 * 86_400_000), (windows, offset) => {
        const nowMs = at('01T00:00:00') + offset;
        const opens = windowOpensMs(windows, nowMs);
        return opens >= nowMs && opens <= nowMs + 7 * 86_400_000 && windowOpensMs(windows, opens) === opens;
      }),
    );
    expect(checked).toMatchObject({ failed: false });
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { forecastUsage, type Series, type Usage } from '../../functions/storage/forecast.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import { nowMs } from '../support/storage-facts.ts';

const series = (usedGib: number[], stepMs: number): Series => ({
  usedGib,
  timesMs: usedGib.map((_, index) => nowMs - (usedGib.length - 1 - index) * stepMs),
});
const line = (gib: number, perHour: number): Usage => ({
  hourly: series(
    Array.from({ length: 24 }, (_, at) => gib - (23 - at) * perHour),
    hourMs,
  ),
  recent: series(
    Array.from({ length: 36 }, (_, at) => gib - ((35 - at) * perHour) / 12),
    hourMs / 12,
  ),
});

describe('forecastUsage', () => {
  it('knows nothing without a recent point', () => {
    expect(forecastUsage({ hourly: series([1, 2, 3], hourMs), recent: series([], 1) }, nowMs)).toBeUndefined();
  });

  it('goes on at a steady rate', () => {
    const forecast = forecastUsage(line(70, 1), nowMs);
    expect(forecast?.usedGib).toBe(70);
    expect(forecast?.fillGibPerHour).toBeCloseTo(1);
    expect(forecast?.usedAfter(10 * hourMs)).toBeCloseTo(80);
    expect(forecast?.hoursUntil(100)).toBeCloseTo(30, 1);
  });

  it('is never negative: what is deleted now comes back', () => {
    const forecast = forecastUsage(line(70, -1), nowMs);
    expect(forecast?.fillGibPerHour).toBe(0);
    expect(forecast?.usedAfter(hourMs)).toBe(70);
    expect(forecast?.hoursUntil(100)).toBe(Number.POSITIVE_INFINITY);
  });

  it('expects the last day’s peak again, but not before half a day', () => {
    const usage = { ...line(50, 0), hourly: series([50, 50, 90, 50, 50], 4 * hourMs) };
    const forecast = forecastUsage(usage, nowMs);
    expect(forecast?.usedAfter(12 * hourMs - 1)).toBeLessThan(60);
    expect(forecast?.usedAfter(12 * hourMs)).toBeGreaterThanOrEqual(90);
  });

  it('trusts an hour’s slope for three hours only', () => {
    const burst = {
      ...line(50, 0),
      recent: series(
        [38, 41, 44, 47, 50].flatMap((gib) => [gib]),
        hourMs / 5,
      ),
    };
    const forecast = forecastUsage(burst, nowMs);
    const risen = (forecast?.usedAfter(3 * hourMs) ?? 0) - 50;
    expect(risen).toBeGreaterThan(20);
    expect(forecast?.usedAfter(8 * hourMs)).toBeCloseTo(50 + risen);
  });

  it.each([
    ['two points are no trend', [10, 70], 0],
    ['three are', [68, 69, 70], 12],
  ])('%s', (_title, recent, perHour) => {
    const forecast = forecastUsage({ hourly: series([], 1), recent: series(recent, hourMs / 12) }, nowMs);
    expect(forecast?.fillGibPerHour).toBeCloseTo(perHour);
  });

  it('says 0 hours for a full disk', () => {
    expect(forecastUsage(line(100, 0), nowMs)?.hoursUntil(100)).toBe(0);
  });

  it('never falls with the horizon, whatever was read', () => {
    const gib = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { maxLength: 40 });
    const checked = fc.check(
      fc.property(gib, gib, fc.nat(30 * 24), fc.nat(30 * 24), (hourly, recent, one, other) => {
        const forecast = forecastUsage({ hourly: series(hourly, hourMs), recent: series(recent, hourMs / 12) }, nowMs);
        if (forecast === undefined) return recent.length === 0;
        const [near, far] = [Math.min(one, other), Math.max(one, other)].map((hours) =>
          forecast.usedAfter(hours * hourMs),
        );
        return near! <= far! && near! >= forecast.usedGib && forecast.hoursUntil(1e9) > 0;
      }),
    );
    expect(checked).toMatchObject({ failed: false });
  });
});

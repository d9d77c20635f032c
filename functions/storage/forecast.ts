/**
 * How full a file system will be. Pure and replaceable: `decide` sees only `Forecast`.
 *
 * Kafka's usage is a saw-tooth over a daily shape: segments are deleted in steps, traffic follows the day, bursts come
 * and go. So three slopes are looked at, each trusted only for a while (an hour's slope says nothing about tomorrow),
 * and a level that was reached within the last day is expected again.
 */
import { hourMs } from './limits.ts';

/** Used space over time, oldest first. */
export interface Series {
  timesMs: readonly number[];
  usedGib: readonly number[];
}

/** The same file system seen twice: the last day by the hour (each hour's maximum), and the last hours finely. */
export interface Usage {
  hourly: Series;
  recent: Series;
}

export interface Forecast {
  /** Of the newest point. */
  usedGib: number;
  /** The steepest of the slopes that count, never negative. */
  fillGibPerHour: number;
  /** Expected use `horizonMs` from now, GiB. */
  usedAfter(horizonMs: number): number;
  /** Hours until `capacityGib` is used; Infinity where the forecast doesn't get there within 30 days. */
  hoursUntil(capacityGib: number): number;
}

/** Each slope's window and how far ahead it is trusted. */
const slopes = [
  { series: 'recent', windowMs: hourMs, trustMs: 3 * hourMs },
  { series: 'hourly', windowMs: 6 * hourMs, trustMs: 12 * hourMs },
  { series: 'hourly', windowMs: 24 * hourMs, trustMs: 30 * 24 * hourMs },
] as const;

const farthestMs = 30 * 24 * hourMs;

/** @returns undefined without a recent point */
export function forecastUsage(usage: Usage, nowMs: number): Forecast | undefined {
  const usedGib = usage.recent.usedGib.at(-1);
  if (usedGib === undefined) return undefined;
  const trends = slopes.map(({ series, windowMs, trustMs }) => ({
    trustMs,
    gibPerMs: slope(usage[series], nowMs - windowMs),
  }));
  const peakGib = Math.max(usedGib, ...usage.hourly.usedGib, ...usage.recent.usedGib);

  const usedAfter = (horizonMs: number): number => {
    const rise = Math.max(0, ...trends.map(({ trustMs, gibPerMs }) => gibPerMs * Math.min(horizonMs, trustMs)));
    // The peak of the last day comes again within a day.
    return horizonMs >= 12 * hourMs ? Math.max(usedGib + rise, peakGib) : usedGib + rise;
  };
  return {
    usedGib,
    fillGibPerHour: Math.max(0, ...trends.map(({ gibPerMs }) => gibPerMs)) * hourMs,
    usedAfter,
    hoursUntil: (capacityGib) => firstHours(usedAfter, capacityGib),
  };
}

/** Of several file systems of one size: what comes first, and what becomes most. */
export function worstOf(forecasts: readonly [Forecast, ...Forecast[]]): Forecast {
  return {
    usedGib: Math.max(...forecasts.map(({ usedGib }) => usedGib)),
    fillGibPerHour: Math.max(...forecasts.map(({ fillGibPerHour }) => fillGibPerHour)),
    usedAfter: (horizonMs) => Math.max(...forecasts.map((forecast) => forecast.usedAfter(horizonMs))),
    hoursUntil: (capacityGib) => Math.min(...forecasts.map((forecast) => forecast.hoursUntil(capacityGib))),
  };
}

/** GiB per millisecond by least squares over the points since `fromMs`; 0 with fewer than three of them. */
function slope(series: Series, fromMs: number): number {
  let count = 0;
  let sumT = 0;
  let sumU = 0;
  let sumTT = 0;
  let sumTU = 0;
  for (let index = series.timesMs.length - 1; index >= 0; index--) {
    const atMs = series.timesMs[index] as number;
    if (atMs < fromMs) break;
    const t = atMs - fromMs;
    const u = series.usedGib[index] as number;
    count++;
    sumT += t;
    sumU += u;
    sumTT += t * t;
    sumTU += t * u;
  }
  if (count < 3) return 0;
  const spread = count * sumTT - sumT * sumT;
  return spread === 0 ? 0 : (count * sumTU - sumT * sumU) / spread;
}

function firstHours(usedAfter: (horizonMs: number) => number, capacityGib: number): number {
  if (usedAfter(0) >= capacityGib) return 0;
  if (usedAfter(farthestMs) < capacityGib) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = farthestMs;
  while (high - low > 60_000) {
    const middle = (low + high) / 2;
    if (usedAfter(middle) >= capacityGib) high = middle;
    else low = middle;
  }
  return Math.round((high / hourMs) * 100) / 100;
}

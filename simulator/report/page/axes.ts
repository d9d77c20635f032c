/** Pure geometry of the charts: where a time or a size lies, and which ticks an axis has. */
import { clockLabel, dayLabel, dayMs, grouped, hourMs } from '../format.ts';

export interface Tick {
  /** 0..1 of the axis, from the left or from the bottom. */
  at: number;
  label: string;
  /** 2 is left out first where the chart is narrow, then 1. */
  level: 0 | 1 | 2;
}

export interface SizeAxis {
  /** GiB at the top. */
  max: number;
  unit: 'GiB' | 'TiB';
  ticks: Tick[];
}

const tebibyteGib = 1024;
/** From here on an axis counts TiB. */
const tebibytesFromGib = 8 * tebibyteGib;
const niceSteps = [1, 2, 2.5, 5, 10];

/** From 0 to a round number at or above `maxGib`, with about four steps. */
export function sizeAxis(maxGib: number): SizeAxis {
  const unit = maxGib >= tebibytesFromGib ? 'TiB' : 'GiB';
  const scale = unit === 'TiB' ? tebibyteGib : 1;
  const highest = Math.max(1, maxGib) / scale;
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (niceSteps.find((nice) => nice * power >= rough) ?? 10) * power;
  const count = Math.max(1, Math.ceil(highest / step));
  const decimals = Number.isInteger(step) ? 0 : 1;
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({
    at: index / count,
    label: grouped(index * step, decimals),
    level: 0 as const,
  }));
  return { max: count * step * scale, unit, ticks };
}

const timeSteps = [
  hourMs,
  3 * hourMs,
  6 * hourMs,
  12 * hourMs,
  dayMs,
  2 * dayMs,
  5 * dayMs,
  7 * dayMs,
  14 * dayMs,
  30 * dayMs,
  60 * dayMs,
  120 * dayMs,
];

/** Ticks at whole hours or days in UTC, about `ticksMax` at most. */
export function timeTicks(startMs: number, endMs: number, ticksMax: number): Tick[] {
  const span = Math.max(1, endMs - startMs);
  const step = timeSteps.find((candidate) => span / candidate <= ticksMax) ?? 365 * dayMs;
  // Days are counted from the run's first midnight, so that the first whole day has a label.
  const firstMidnightMs = Math.ceil(startMs / dayMs) * dayMs;
  const firstMs = step >= dayMs ? firstMidnightMs : Math.ceil(startMs / step) * step;
  const ticks: Tick[] = [];
  for (let atMs = firstMs, index = 0; atMs <= endMs; atMs += step, index += 1) {
    const midnight = atMs % dayMs === 0;
    ticks.push({
      at: (atMs - startMs) / span,
      label: midnight ? dayLabel(atMs) : clockLabel(atMs),
      level: levelOf(index),
    });
  }
  return ticks;
}

function levelOf(index: number): Tick['level'] {
  if (index % 2 === 1) return 2;
  return index % 4 === 2 ? 1 : 0;
}

/** 0..1 of the run, cut to it. */
export const timeFraction = (atMs: number, startMs: number, endMs: number): number =>
  Math.min(1, Math.max(0, (atMs - startMs) / Math.max(1, endMs - startMs)));

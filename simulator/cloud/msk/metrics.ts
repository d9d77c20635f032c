/**
 * What MSK writes to CloudWatch, namespace AWS/Kafka, once a minute (aws-facts 1.5; MSK guide metrics-details), computed when
 * asked for. Dimensions are the cluster's name, not its ARN.
 */
import { minuteMs, type Aggregate, type Series } from '../cloudwatch/metrics.ts';

/** A sample of minute m is seen from m + 1 min on [?]. */
const visibleAfterMs = minuteMs;
const dayMs = 86_400_000;
const minutesPerDay = dayMs / minuteMs;
/** Older values are computed anew when asked for. */
const daysKept = 3;
const gap = -1;

/** A value is never negative; undefined is a gap. */
export type Measure = (atMs: number) => number | undefined;

export class MskSeries implements Series {
  readonly namespace = 'AWS/Kafka';
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly #measure: Measure;
  /** What was measured, by day: each minute is computed once. NaN: not yet. */
  readonly #days = new Map<number, Float64Array>();

  constructor(name: string, dimensions: Readonly<Record<string, string>>, measure: Measure) {
    this.name = name;
    this.dimensions = dimensions;
    this.#measure = measure;
  }

  collect(fromMs: number, toMs: number, nowMs: number, into: Aggregate): void {
    const lastMs = Math.min(toMs - minuteMs, nowMs - visibleAfterMs);
    for (let atMs = fromMs; atMs <= lastMs; atMs += minuteMs) {
      const value = this.#read(atMs);
      if (value === gap) continue;
      into.sum += value;
      into.count += 1;
      if (value < into.min) into.min = value;
      if (value > into.max) into.max = value;
    }
  }

  #read(atMs: number): number {
    const day = Math.floor(atMs / dayMs);
    const values = this.#days.get(day) ?? this.#begin(day);
    const index = (atMs - day * dayMs) / minuteMs;
    const known = values[index] as number;
    if (!Number.isNaN(known)) return known;
    const value = this.#measure(atMs) ?? gap;
    values[index] = value;
    return value;
  }

  #begin(day: number): Float64Array {
    const values = new Float64Array(minutesPerDay).fill(Number.NaN);
    this.#days.set(day, values);
    if (this.#days.size > daysKept) this.#days.delete(Math.min(...this.#days.keys()));
    return values;
  }
}

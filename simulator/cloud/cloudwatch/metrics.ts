/**
 * Metrics as CloudWatch keeps them: series named by namespace, name and exact set of dimensions, at a resolution of one
 * minute. A series may be stored (what was put) or computed when asked for (what an agent measures); either way the
 * future is never seen.
 */

export const minuteMs = 60_000;

/** Samples of one period, gathered. */
export interface Aggregate {
  sum: number;
  count: number;
  min: number;
  max: number;
}

export interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Adds the samples with `fromMs` <= time < `toMs`, as far as they are known at `nowMs`. Bounds are whole minutes. */
  collect(fromMs: number, toMs: number, nowMs: number, into: Aggregate): void;
  /** Time of the newest sample, where it is known without looking: a stored series. */
  readonly newestMs?: number;
}

export type Statistic = 'Maximum' | 'Minimum' | 'Average' | 'Sum' | 'SampleCount';
export const statistics: ReadonlySet<string> = new Set(['Maximum', 'Minimum', 'Average', 'Sum', 'SampleCount']);

export class MetricStore {
  readonly #series = new Map<string, Series>();

  /** Takes in a series that is computed when asked for. */
  register(series: Series): void {
    this.#series.set(keyOf(series.namespace, series.name, series.dimensions), series);
  }

  /** Stores one sample. */
  put(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    value: number,
    atMs: number,
  ): void {
    const key = keyOf(namespace, name, dimensions);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new StoredSeries(namespace, name, { ...dimensions });
      this.#series.set(key, series);
    }
    if (!(series instanceof StoredSeries)) throw new Error(`${key} is computed: nothing can be put into it`);
    series.add(value, atMs);
  }

  /**
   * Stores the metrics of one line in embedded metric format (CloudWatch guide, "Embedded metric format specification");
   * other lines are ignored. The line's own time is the real clock's: `atMs` counts.
   */
  putEmbedded(line: string, atMs: number): void {
    if (!line.includes('"CloudWatchMetrics"')) return;
    const record = JSON.parse(line) as Record<string, unknown>;
    const { CloudWatchMetrics = [] } = (record['_aws'] ?? {}) as {
      CloudWatchMetrics?: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
    };
    for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
      for (const keys of Dimensions) {
        const dimensions = Object.fromEntries(keys.map((key) => [key, String(record[key])]));
        for (const { Name } of Metrics) {
          for (const value of [record[Name]].flat()) this.put(Namespace, Name, dimensions, Number(value), atMs);
        }
      }
    }
  }

  find(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): Series | undefined {
    return this.#series.get(keyOf(namespace, name, dimensions));
  }

  /** In the order of first sight. */
  all(): Iterable<Series> {
    return this.#series.values();
  }

  get size(): number {
    return this.#series.size;
  }
}

const scratch: Aggregate = { sum: 0, count: 0, min: 0, max: 0 };

/** Undefined where there is no sample. */
export function statisticOf(
  series: readonly Series[],
  statistic: Statistic,
  fromMs: number,
  toMs: number,
  nowMs: number,
): number | undefined {
  scratch.sum = 0;
  scratch.count = 0;
  scratch.min = Infinity;
  scratch.max = -Infinity;
  for (const one of series) one.collect(fromMs, toMs, nowMs, scratch);
  if (scratch.count === 0) return undefined;
  if (statistic === 'Maximum') return scratch.max;
  if (statistic === 'Minimum') return scratch.min;
  if (statistic === 'Average') return scratch.sum / scratch.count;
  return statistic === 'Sum' ? scratch.sum : scratch.count;
}

/** Sparse: one aggregate for each minute that something was put in. */
class StoredSeries implements Series {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly #minutes: { atMs: number; aggregate: Aggregate }[] = [];

  constructor(namespace: string, name: string, dimensions: Readonly<Record<string, string>>) {
    this.namespace = namespace;
    this.name = name;
    this.dimensions = dimensions;
  }

  get newestMs(): number {
    return this.#minutes.at(-1)?.atMs ?? -Infinity;
  }

  add(value: number, timeMs: number): void {
    const atMs = Math.floor(timeMs / minuteMs) * minuteMs;
    const index = this.#from(atMs);
    const found = this.#minutes[index];
    if (found?.atMs !== atMs) {
      this.#minutes.splice(index, 0, { atMs, aggregate: { sum: value, count: 1, min: value, max: value } });
      return;
    }
    const { aggregate } = found;
    aggregate.sum += value;
    aggregate.count += 1;
    aggregate.min = Math.min(aggregate.min, value);
    aggregate.max = Math.max(aggregate.max, value);
  }

  collect(fromMs: number, toMs: number, nowMs: number, into: Aggregate): void {
    for (let index = this.#from(fromMs); index < this.#minutes.length; index++) {
      const minute = this.#minutes[index];
      if (minute === undefined || minute.atMs >= toMs || minute.atMs > nowMs) return;
      into.sum += minute.aggregate.sum;
      into.count += minute.aggregate.count;
      into.min = Math.min(into.min, minute.aggregate.min);
      into.max = Math.max(into.max, minute.aggregate.max);
    }
  }

  /** Index of the first minute not before `atMs`. */
  #from(atMs: number): number {
    let low = 0;
    let high = this.#minutes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#minutes[middle]?.atMs ?? Infinity) < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function keyOf(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  const parts = Object.keys(dimensions)
    .sort()
    .map((key) => `${key}=${dimensions[key]}`);
  return `${namespace}\u001f${name}\u001f${parts.join('\u001f')}`;
}

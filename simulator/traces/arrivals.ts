/** What has arrived when, according to a trace: cumulative sums, scaling, and what retention keeps of it. Pure. */
import type { Trace } from './trace.ts';

/** Times are seconds from the trace's first row; before it nothing has arrived. */
export interface Arrivals {
  readonly name: string;
  /** One pass of the trace, seconds. */
  readonly durationSeconds: number;
  /** Mean over one pass, gaps included; bytes per second when the trace counts bytes. */
  readonly meanBytesPerSecond: number;
  /** How many passes the run takes, the last one perhaps in part. */
  readonly repeats: number;
  /** Whether the run is longer than the trace, so that the trace starts again at its end. */
  readonly repeated: boolean;
  /** All that arrived from the beginning until then. Continuous, never decreasing; O(log rows). */
  bytesUntil(seconds: number): number;
  /** What arrived in (from, to]. */
  bytesBetween(fromSeconds: number, toSeconds: number): number;
}

/**
 * The integral of a trace. What a row counts arrives evenly over its step, or over the time to the next row where that is
 * shorter, so that nothing is lost; after its step, until the next row, nothing arrives.
 *
 * @param run.seconds length of the run, for `repeats` only: the trace repeats for as long as it is asked
 */
export function arrivalIntegral(trace: Trace, run?: { readonly seconds: number }): Arrivals {
  const durationSeconds = trace.durationMs / 1000;
  const { starts, lengths, before, total } = steps(trace);
  const repeats = Math.max(1, Math.ceil((run?.seconds ?? durationSeconds) / durationSeconds));

  const bytesUntil = (seconds: number) => {
    if (seconds <= 0) return 0;
    const passes = Math.floor(seconds / durationSeconds);
    const within = seconds - passes * durationSeconds;
    const step = lastAtOrBefore(starts, within);
    const arrived = (before[step + 1]! - before[step]!) * Math.min(1, (within - starts[step]!) / lengths[step]!);
    return passes * total + before[step]! + arrived;
  };
  return {
    name: trace.name,
    durationSeconds,
    meanBytesPerSecond: total / durationSeconds,
    repeats,
    repeated: repeats > 1,
    bytesUntil,
    bytesBetween: (fromSeconds, toSeconds) => Math.max(0, bytesUntil(toSeconds) - bytesUntil(fromSeconds)),
  };
}

export interface FillScale {
  readonly capacityBytes: number;
  /** How long an empty volume of that capacity takes to fill at the trace's mean rate, seconds. */
  readonly meanFillSeconds: number;
  /** When given, `retainedMeanBytes` says what the volume holds in the long run. */
  readonly retentionSeconds?: number;
}

/** The trace in bytes, scaled for a volume. */
export interface ScaledTrace {
  readonly trace: Trace;
  /** Bytes for one of what the recorded trace counts. */
  readonly factor: number;
  readonly meanBytesPerSecond: number;
  /** What retention keeps at the mean rate; more than the capacity when retention is longer than the mean fill. */
  readonly retainedMeanBytes?: number;
}

/**
 * Scales a trace so that at its mean rate (over the whole recording, gaps included) the capacity fills in the wished time.
 *
 * @throws RangeError when the trace never counts anything, or a wish isn't positive
 */
export function scaleToFill(trace: Trace, scale: FillScale): ScaledTrace {
  const { capacityBytes, meanFillSeconds, retentionSeconds } = scale;
  for (const [name, value] of Object.entries(scale) as [string, number][]) {
    if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${name}: expected more than 0, got ${value}`);
  }
  const { meanBytesPerSecond: recorded } = arrivalIntegral(trace);
  if (recorded === 0) throw new RangeError(`${trace.name}: expected some arrival to scale, all values are 0`);
  const meanBytesPerSecond = capacityBytes / meanFillSeconds;
  const factor = meanBytesPerSecond / recorded;
  return {
    trace: { ...trace, values: trace.values.map((value) => value * factor) },
    factor,
    meanBytesPerSecond,
    ...(retentionSeconds !== undefined && { retainedMeanBytes: meanBytesPerSecond * retentionSeconds }),
  };
}

/**
 * What retention has left of the arrivals: those in (at − retention, at].
 *
 * Kafka deletes whole segments. With `segmentSeconds`, a segment (one begins every so often, the first at 0) stays until
 * its newest record is older than the retention, and the space falls in steps. The segment being written is never deleted.
 */
export function retained(
  arrivals: Pick<Arrivals, 'bytesBetween'>,
  atSeconds: number,
  retentionSeconds: number,
  segmentSeconds = 0,
): number {
  const oldestSeconds = atSeconds - retentionSeconds;
  const fromSeconds = segmentSeconds > 0 ? Math.floor(oldestSeconds / segmentSeconds) * segmentSeconds : oldestSeconds;
  return arrivals.bytesBetween(fromSeconds, atSeconds);
}

/** Rows of the same time are one step. `before[i]` arrived before step i begins; `before` has one more than the others. */
function steps(trace: Trace) {
  const count = new Set(trace.offsets).size;
  const starts = new Float64Array(count);
  const lengths = new Float64Array(count);
  const before = new Float64Array(count + 1);
  let step = -1;
  let total = 0;
  for (const [row, offset] of trace.offsets.entries()) {
    if (step < 0 || offset > starts[step]!) {
      step += 1;
      starts[step] = offset;
      if (step > 0) lengths[step - 1] = Math.min(trace.stepSeconds, offset - starts[step - 1]!);
    }
    total += trace.values[row]!;
    before[step + 1] = total;
  }
  lengths[step] = trace.stepSeconds;
  return { starts, lengths, before, total };
}

/** `starts` begins with 0 and `value` is not negative, so there is one. */
function lastAtOrBefore(starts: Float64Array, value: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Volumes that fill as recorded traces say, for backtests. Pure. */
import { arrivalIntegral, scaleToFill, type Arrivals, type Trace } from '../traces/index.ts';
import { bytesPerGib, hourMs, type FillModel } from './fill-model.ts';
import { RetainedVolume } from './retained-volume.ts';

export interface TraceVolume {
  readonly volumeId: string;
  readonly trace: Trace;
  readonly capacityGib: number;
  /** What is there at the start, 0 or more; it expires evenly over the retention, as if it had come at a steady rate. */
  readonly initialUsedFraction: number;
  /** How long the capacity takes to fill from empty at the trace's mean rate, hours. */
  readonly meanFillHours: number;
  /** Absent: nothing is ever deleted, and shortening the retention frees nothing. */
  readonly retentionHours?: number;
  /** Default: a twelfth of the retention. */
  readonly segmentHours?: number;
}

export interface TraceFill {
  /** Epoch milliseconds; the traces begin then, whenever they were recorded. */
  readonly startMs: number;
  readonly volumes: readonly TraceVolume[];
}

/** @throws RangeError for options out of range */
export function traceFill(options: TraceFill): FillModel {
  const { startMs } = options;
  const volumes = new Map(options.volumes.map((volume) => [volume.volumeId, volumeOf(volume, startMs)]));
  if (volumes.size < options.volumes.length) throw new RangeError('traceFill: expected different volumeIds');
  let furthestMs = startMs;
  const find = (volumeId: string) => {
    const volume = volumes.get(volumeId);
    if (!volume) throw new RangeError(`${volumeId}: no such volume in the fill model`);
    return volume.retained;
  };
  return {
    usedBytes: (volumeId, atMs) => {
      furthestMs = Math.max(furthestMs, atMs);
      return find(volumeId).usedBytes(atMs);
    },
    shortenRetention: (volumeId, atMs, factor) => find(volumeId).shortenRetention(atMs, factor),
    get notes() {
      const elapsedSeconds = (furthestMs - startMs) / 1000;
      return [...volumes.values()].flatMap(({ arrivals }) => repetition(arrivals, elapsedSeconds));
    },
  };
}

function repetition({ name, durationSeconds }: Arrivals, elapsedSeconds: number): readonly string[] {
  const repeats = Math.ceil(elapsedSeconds / durationSeconds) - 1;
  if (repeats < 1) return [];
  const days = (durationSeconds / 86_400).toFixed(1);
  return [`trace ${name} (${days} days) repeated ${repeats === 1 ? 'once' : `${repeats} times`}`];
}

function volumeOf(volume: TraceVolume, startMs: number) {
  const { volumeId, trace, capacityGib, initialUsedFraction, meanFillHours } = volume;
  const { retentionHours = Number.POSITIVE_INFINITY, segmentHours = retentionHours / 12 } = volume;
  if (!(capacityGib > 0 && initialUsedFraction >= 0 && meanFillHours > 0 && retentionHours > 0 && segmentHours > 0)) {
    throw new RangeError(`${volumeId}: expected a capacity, fill time, retention and segments above 0`);
  }
  const capacityBytes = capacityGib * bytesPerGib;
  const scaled = scaleToFill(trace, { capacityBytes, meanFillSeconds: (meanFillHours * hourMs) / 1000 });
  const arrivals = arrivalIntegral(scaled.trace);

  const retentionMs = retentionHours * hourMs;
  const segmentMs = Number.isFinite(segmentHours) ? segmentHours * hourMs : hourMs;
  const initialBytes = initialUsedFraction * capacityBytes;
  // Just before the start lies what is there already: zero at its beginning, all of it at the start
  const historyMs = Number.isFinite(retentionMs) ? retentionMs : 1;
  const topic = { share: 1, retentionMs, segmentMs, phaseMs: startMs };
  const cumulative = (atMs: number) => {
    const elapsedMs = atMs - startMs;
    if (elapsedMs >= 0) return initialBytes + arrivals.bytesUntil(elapsedMs / 1000);
    return initialBytes * Math.max(0, 1 + elapsedMs / historyMs);
  };
  return { arrivals, retained: new RetainedVolume(cumulative, [topic]) };
}

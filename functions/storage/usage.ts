/**
 * Turns metric readings into used GiB, and refuses readings that can't be believed. Pure.
 *
 * The agent reports a fraction of the file system; what it is a fraction of changes when the file system grows. Fractions
 * from before a growth are taken of the size that the volume had then; those from while it grew are left out, and so are
 * those that can't be: one 0 in the history would look like a disk that fills within minutes (S6).
 */
import type { Readings, StorageFacts } from './facts.ts';
import type { Series, Usage } from './forecast.ts';
import type { Evidence, RefuseReason } from './decision.ts';
import { bytesPerGib } from './limits.ts';

/** Readings at least this long before a growth don't reach into it. */
const periodMs = 300_000;

export interface Reading {
  ok: true;
  usage: Usage;
  /** Time of the newest reading. */
  atMs: number;
  /** What the newest fraction is a fraction of. */
  fileSystemGib: number;
  /** File system ÷ volume: what metadata leaves. */
  usableFraction: number;
}

export type UnusableReading = {
  ok: false;
  reason: Extract<RefuseReason, `metric-${string}`>;
  evidence: Partial<Evidence>;
};

export function usageOf(volume: StorageFacts, ageMinutesMax: number, nowMs: number): Reading | UnusableReading {
  const atMs = volume.recent?.timesMs.at(-1) ?? volume.hourly?.timesMs.at(-1);
  if (volume.recent === undefined || atMs === undefined) return { ok: false, reason: 'metric-missing', evidence: {} };
  const newest = volume.recent.usedFractions.at(-1);
  if (newest === undefined || nowMs - atMs > ageMinutesMax * 60_000)
    return { ok: false, reason: 'metric-stale', evidence: { metricAtMs: atMs } };
  // A log directory is never empty (0 is an offline disk or a broken agent, S6), and never more than full.
  if (!(newest > 0 && newest <= 1)) {
    return {
      ok: false,
      reason: 'metric-implausible',
      evidence: { metricAtMs: atMs, detail: `used fraction ${String(newest)}` },
    };
  }
  if (hangs(volume)) {
    const detail = `used fraction ${newest} is what it was before the file system grew`;
    return { ok: false, reason: 'metric-implausible', evidence: { metricAtMs: atMs, detail } };
  }
  const usableFraction = usableFractionOf(volume);
  const series = (readings: Readings | undefined): Series => seriesOf(readings, volume, usableFraction);
  const recent = series(volume.recent);
  const newestAlone = { timesMs: [atMs], usedGib: [newest * volume.sizeGib * usableFraction] };
  return {
    ok: true,
    usage: { hourly: series(volume.hourly), recent: recent.timesMs.length === 0 ? newestAlone : recent },
    atMs,
    fileSystemGib: volume.sizeGib * usableFraction,
    usableFraction,
  };
}

/**
 * A larger file system is used to a smaller fraction; a reading that didn't move then would grow it again and again (S6).
 * Only where every reading since is the very same: one that moves is alive.
 */
function hangs({ growths, hourly, recent }: StorageFacts): boolean {
  const growth = growths.at(-1);
  const doneAtMs = growth?.doneAtMs;
  if (growth === undefined || doneAtMs === undefined || recent === undefined) return false;
  // An hour's maximum is from before the growth, if the growth was in that hour.
  const before = fractionBefore(recent, growth.atMs - periodMs) ?? fractionBefore(hourly, growth.atMs);
  const since = recent.usedFractions.filter((_fraction, index) => (recent.timesMs[index] ?? 0) >= doneAtMs);
  return since.length > 0 && since.every((fraction) => fraction === before);
}

/** The newest reading whose period had begun by then. */
function fractionBefore(readings: Readings | undefined, atMs: number): number | undefined {
  const index = readings?.timesMs.findLastIndex((timeMs) => timeMs <= atMs) ?? -1;
  return readings?.usedFractions[index];
}

/** Known from the host; a file system that was looked at before its volume grew says what the ratio was then. */
function usableFractionOf({ inspection }: StorageFacts): number {
  if (inspection?.filesystemBytes === undefined || inspection.deviceBytes < bytesPerGib) return 1;
  return Math.min(1, inspection.filesystemBytes / inspection.deviceBytes);
}

function seriesOf(readings: Readings | undefined, volume: StorageFacts, usableFraction: number): Series {
  const timesMs: number[] = [];
  const usedGib: number[] = [];
  (readings?.usedFractions ?? []).forEach((fraction, index) => {
    const atMs = readings?.timesMs[index];
    const sizeGib = atMs === undefined ? undefined : sizeGibAt(volume, atMs);
    if (atMs === undefined || sizeGib === undefined || !(fraction > 0 && fraction <= 1)) return;
    timesMs.push(atMs);
    usedGib.push(fraction * sizeGib * usableFraction);
  });
  return { timesMs, usedGib };
}

/** Undefined while the file system was between two sizes. A reading's time is the beginning of its period. */
function sizeGibAt(volume: StorageFacts, atMs: number): number | undefined {
  const next = volume.growths.find((growth) => growth.atMs > atMs);
  const last = volume.growths.findLast((growth) => growth.atMs <= atMs);
  if (last?.doneAtMs !== undefined && atMs < last.doneAtMs) return undefined;
  return next === undefined ? volume.sizeGib : next.fromGib;
}

/**
 * Turns metric readings into used GiB, and refuses readings that can't be believed. Pure.
 *
 * The agent reports a fraction of the file system; what it is a fraction of changes when the file system grows. Fractions
 * from before a growth are taken of the size that the volume had then.
 */
import type { VolumeFacts, Readings } from './facts.ts';
import type { Series, Usage } from './forecast.ts';
import type { Evidence, RefuseReason } from './decision.ts';
import { bytesPerGib } from './limits.ts';

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

export function usageOf(volume: VolumeFacts, ageMinutesMax: number, nowMs: number): Reading | UnusableReading {
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
  const usableFraction = usableFractionOf(volume);
  const series = (readings: Readings | undefined): Series => ({
    timesMs: readings?.timesMs ?? [],
    usedGib: (readings?.usedFractions ?? []).map(
      (fraction, index) => fraction * sizeGibAt(volume, readings?.timesMs[index] ?? 0) * usableFraction,
    ),
  });
  return {
    ok: true,
    usage: { hourly: series(volume.hourly), recent: series(volume.recent) },
    atMs,
    fileSystemGib: volume.sizeGib * usableFraction,
    usableFraction,
  };
}

/** Known from the host; a file system that was looked at before its volume grew says what the ratio was then. */
function usableFractionOf({ inspection }: VolumeFacts): number {
  if (inspection?.filesystemBytes === undefined || inspection.deviceBytes < bytesPerGib) return 1;
  return Math.min(1, inspection.filesystemBytes / inspection.deviceBytes);
}

function sizeGibAt(volume: VolumeFacts, atMs: number): number {
  const next = volume.growths.find((growth) => growth.atMs > atMs);
  return next === undefined ? volume.sizeGib : next.fromGib;
}

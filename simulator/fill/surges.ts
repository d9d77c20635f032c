/** What nobody forecast: data that comes over some hours beside what a fill model says, and is kept for a while. */
import { bytesPerGib, reliefMs, type FillModel } from './fill-model.ts';

export interface Surge {
  /** Epoch milliseconds, not before what has been asked for already. */
  startMs: number;
  /** How long it arrives, evenly. */
  durationMs: number;
  gib: number;
  /** After the start it is deleted again at the pace at which it came. */
  keptMs: number;
}

export interface SurgingFill extends FillModel {
  surge(volumeId: string, surge: Surge): void;
}

/** An operator's relief holds for what surges have left, too. */
export function withSurges(model: FillModel): SurgingFill {
  const surges = new Map<string, Surge[]>();
  const reliefs = new Map<string, { atMs: number; factor: number }[]>();
  return {
    usedBytes(volumeId, atMs) {
      const bytes = model.usedBytes(volumeId, atMs);
      const mine = surges.get(volumeId);
      if (mine === undefined) return bytes;
      const surged = mine.reduce((sum, surge) => sum + bytesOf(surge, atMs), 0);
      return bytes + surged * (reliefs.get(volumeId) ?? []).reduce((left, relief) => left * leftBy(relief, atMs), 1);
    },
    shortenRetention(volumeId, atMs, factor) {
      model.shortenRetention(volumeId, atMs, factor);
      reliefs.set(volumeId, [...(reliefs.get(volumeId) ?? []), { atMs, factor }]);
    },
    get notes() {
      return model.notes;
    },
    surge(volumeId, surge) {
      surges.set(volumeId, [...(surges.get(volumeId) ?? []), surge]);
    },
  };
}

function bytesOf({ startMs, durationMs, gib, keptMs }: Surge, atMs: number): number {
  const arrived = (sinceMs: number): number => Math.min(1, Math.max(0, (atMs - sinceMs) / durationMs));
  return gib * bytesPerGib * (arrived(startMs) - arrived(startMs + keptMs));
}

function leftBy({ atMs: sinceMs, factor }: { atMs: number; factor: number }, atMs: number): number {
  return 1 - (1 - factor) * Math.min(1, Math.max(0, (atMs - sinceMs) / reliefMs));
}

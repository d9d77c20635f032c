/**
 * What EBS allows, as data. Pure. Source: aws-facts 2.1 (EC2 API reference, ModifyVolume, read 2026-11-20), copied to
 * docs/facts/aws.md. Sizes are whole GiB.
 */
import type { VolumeType } from '../gateways/types.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const bytesPerGib = 2 ** 30;

/** Types that can be grown here. `standard` (magnetic) can't be modified to a larger size while attached: left out. */
export const sizeGibMaxByType: Readonly<Partial<Record<VolumeType, number>>> = {
  gp2: 16_384,
  gp3: 65_536,
  io1: 16_384,
  io2: 65_536,
  st1: 16_384,
  sc1: 16_384,
};

/** Four modifications in a rolling 24 h, each previous one `completed` (rule of January 2026). */
export const modificationRule = { countMax: 4, windowMs: dayMs } as const;

/** A modification that took effect or may have: its answer was lost. */
export interface PastModification {
  startedAtMs: number;
}

/**
 * When the next modification may be asked for.
 *
 * @param countMax how many may start within the window; the service's rule or a stricter policy
 * @returns epoch milliseconds; `nowMs` or earlier means now
 */
export function earliestModificationMs(past: readonly PastModification[], countMax: number, nowMs: number): number {
  const recent = past
    .map(({ startedAtMs }) => startedAtMs)
    .filter((startedAtMs) => startedAtMs > nowMs - modificationRule.windowMs)
    .toSorted((a, b) => a - b);
  const blocking = recent[recent.length - countMax];
  return blocking === undefined ? nowMs : blocking + modificationRule.windowMs;
}

/**
 * How long a modification takes until `completed`, for planning only: a full 1 TiB about 6 h [DG
 * monitoring-volume-modifications]; never assumed to be below an hour.
 */
export function expectedModificationMs(sizeGib: number): number {
  return Math.max(hourMs, (sizeGib / 1024) * 6 * hourMs);
}

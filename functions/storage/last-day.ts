/** When a sweep may decide without the last day's readings. Pure. */
import type { StoragePolicy } from '../fleet/fleet.ts';
import type { StorageFacts } from './facts.ts';

/** Below the threshold by less than this, a storage is looked at closely. */
const nearFraction = 0.15;
/** Gained within the recent readings (three hours): less is a saw-tooth's, or days from mattering. */
const risingFraction = 0.01;

/**
 * Each metric that is read costs, and the last day by the hour changes once an hour. So every storage's last day is read
 * once an hour (`FactsOptions.lastDay`), and in the sweeps between only where it can change the decision: near the
 * threshold, on the rise, lately grown or held back, or with a person called. Nothing else is lost: far below its
 * threshold and level for three hours, a storage can only be due by the slopes of the last six and 24 hours, which are
 * what they were when they were last looked at.
 *
 * @param volume with its recent readings
 */
export function needsLastDay(
  { recent, past, growths, notBefore }: StorageFacts,
  { usedFractionMax }: StoragePolicy,
  isCalledFor: boolean,
): boolean {
  const newest = recent?.usedFractions.at(-1);
  // Whether it is missing or stale, the last day tells.
  if (recent === undefined || newest === undefined) return true;
  if (isCalledFor || past.length > 0 || growths.length > 0 || notBefore !== undefined) return true;
  return newest >= usedFractionMax - nearFraction || newest - Math.min(...recent.usedFractions) >= risingFraction;
}

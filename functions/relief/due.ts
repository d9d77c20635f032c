/** When an open relief is to be given back. Pure: the sweep asks, as the second witness beside the one-time schedule. */
import type { ClusterState } from '../gateways/ledger/ledger.ts';

/** Leaves the one-time schedule the first word: Scheduler invokes within the minute. */
const graceMs = 5 * 60_000;

/**
 * @param usedFraction of the fullest broker; undefined: unknown, which is no room
 * @param growthBarred the policy or the service still keeps the storage from growing
 * @returns the trigger of a `retention-restore`, or undefined: not yet
 */
export function restoreDue(input: {
  relief: ClusterState['relief'];
  usedFraction: number | undefined;
  usedFractionTarget: number;
  growthBarred: boolean;
  nowMs: number;
}): 'deadline' | 'room' | undefined {
  const { relief, usedFraction, usedFractionTarget, growthBarred, nowMs } = input;
  if (relief === undefined) return undefined;
  if (nowMs >= relief.restoreAtMs + graceMs) return 'deadline';
  const hasRoom = usedFraction !== undefined && usedFraction < usedFractionTarget;
  return hasRoom && !growthBarred ? 'room' : undefined;
}

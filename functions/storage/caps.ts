/**
 * What the policy's sums still allow: per UTC day, and for the cluster as a whole in GiB and USD a month. Pure. Growth
 * that is reserved but not yet visible counts.
 */
import type { StoragePolicy } from '../fleet/fleet.ts';
import type { ClusterState } from '../gateways/ledger/ledger.ts';
import { dayMs } from './limits.ts';

export interface CapacityLeft {
  /** GiB of one volume, may be negative where a cap was lowered. */
  dayGib: number;
  clusterGib: number;
}

export function utcDay(nowMs: number): string {
  return new Date(Math.floor(nowMs / dayMs) * dayMs).toISOString().slice(0, 10);
}

/** @param totalGib of all the cluster's data volumes, growth that is reserved elsewhere included */
export function leftOf(
  { policy, state, nowMs }: { policy: StoragePolicy; state: ClusterState; nowMs: number },
  { totalGib, volumes, usdPerGibMonth }: { totalGib: number; volumes: number; usdPerGibMonth: number },
): CapacityLeft {
  const grownTodayGib = state.day === utcDay(nowMs) ? state.dayGrownGib : 0;
  const byMoneyGib =
    usdPerGibMonth > 0
      ? Math.floor(policy.clusterUsdPerMonthMax / usdPerGibMonth) - totalGib
      : Number.POSITIVE_INFINITY;
  return {
    dayGib: Math.floor((policy.growthGibPerDayMax - grownTodayGib) / volumes),
    clusterGib: Math.floor(Math.min(policy.clusterGibMax - totalGib, byMoneyGib) / volumes),
  };
}

/** What a person approves: what would be done and what it costs, without its weather (usage, forecast). Pure. */
import { createHash } from 'node:crypto';
import type { GrowthDecision } from './decision.ts';

export interface GrowthPlan {
  cluster: string;
  volumeId: string;
  fromGib: number;
  targetGib: number;
  usdPerMonth: number;
}

export function planOf(
  cluster: string,
  volumeId: string,
  decision: Extract<GrowthDecision, { action: 'grow' }>,
): GrowthPlan {
  const { fromGib, targetGib, usdPerMonth } = decision;
  return { cluster, volumeId, fromGib, targetGib, usdPerMonth };
}

/** First 16 hex digits of SHA-256 over the plan's fields in a fixed order. */
export function hashOf(plan: GrowthPlan): string {
  const fields = [plan.cluster, plan.volumeId, plan.fromGib, plan.targetGib, plan.usdPerMonth];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 16);
}

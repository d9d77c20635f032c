import { describe, expect, it } from '@jest/globals';
import { hashOf, planOf } from '../../functions/storage/plan-hash.ts';

const decision = {
  action: 'grow' as const,
  reason: 'above-threshold' as const,
  fromGib: 100,
  targetGib: 134,
  usdPerMonth: 2.72,
  needsApproval: true,
  evidence: { sizeGib: 100, usedFraction: 0.8 },
};
const plan = planOf('orders', 'vol-1', decision);

describe('a plan’s hash', () => {
  it('is the same in another weather', () => {
    const later = { ...decision, reason: 'forecast-full' as const, evidence: { sizeGib: 100, usedFraction: 0.9 } };
    expect(hashOf(planOf('orders', 'vol-1', later))).toBe(hashOf(plan));
  });

  it('is stable: an approval outlives a deployment', () => {
    expect(hashOf(plan)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(plan)).toBe(hashOf({ ...plan }));
  });

  it.each([
    ['cluster', 'billing'],
    ['volumeId', 'vol-2'],
    ['fromGib', 101],
    ['targetGib', 135],
    ['usdPerMonth', 2.73],
  ])('is another with another %s', (field, value) => {
    expect(hashOf({ ...plan, [field]: value })).not.toBe(hashOf(plan));
  });
});

import { describe, expect, it } from '@jest/globals';
import { adviceFor } from '../../functions/storage/advice.ts';
import type { Evidence } from '../../functions/storage/decision.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import { nowMs } from '../support/storage-facts.ts';

const advice = (outcome: string, evidence: Partial<Evidence> = {}, laterMs = 0): string =>
  adviceFor({
    decision: {
      action: 'escalate',
      reason: 'growth-barred',
      evidence: { sizeGib: 100, usedFraction: 0.9, metricAtMs: nowMs, ...evidence },
    },
    nowMs: nowMs + laterMs,
    outcome,
    cluster: 'orders',
    volumeId: 'vol-1',
    instanceId: 'i-1',
    mountPoint: '/data1',
  }).join('\n');

describe('what a person is told', () => {
  it.each(['at-size-limit', 'cluster-cap', 'growth-barred', 'approval-expired', 'approval-rejected', 'volume-quota'])(
    '%s: shorter retention, moving replicas, as commands',
    (outcome) => {
      expect(advice(outcome)).toContain('retention.ms');
      expect(advice(outcome)).toContain('kafka-reassign-partitions.sh');
      expect(advice(outcome)).toContain('"/data1"');
    },
  );

  it('the time left, counted from now and not from a decision that is hours old', () => {
    expect(advice('approval-expired', { fullInHours: 10 })).toContain('full in 10 h');
    expect(advice('approval-expired', { fullInHours: 10 }, 8 * hourMs)).toContain('full in 2 h');
    expect(advice('approval-expired', { fullInHours: 10 }, 11 * hourMs)).toContain('full in 0 h');
    expect(advice('growth-barred')).toContain('not full within 30 days');
  });

  it.each(['at-size-limit', 'cluster-cap'])('%s: which key of the policy is in the way', (outcome) => {
    expect(advice(outcome)).toMatch(/policy\.(sizeGibMax|clusterGibMax)/);
  });

  it.each(['host-unreachable', 'inspection-impossible'])('%s: how to look at the agent', (outcome) => {
    expect(advice(outcome)).toContain('Values=i-1');
  });

  it.each(['host-unreachable', 'host-busy', 'filesystem-not-grown'])('%s: how to go on afterwards', (outcome) => {
    expect(advice(outcome)).toContain('npx kafka-autopilot grow-filesystem vol-1 --yes');
  });

  it('nothing where nothing is known', () => {
    const nothing = adviceFor({ nowMs, outcome: 'defect', cluster: 'orders', volumeId: 'vol-1' });
    expect(nothing).toEqual([]);
  });
});

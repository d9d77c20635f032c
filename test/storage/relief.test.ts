import { describe, expect, it } from '@jest/globals';
import type { GrowthDecision } from '../../functions/storage/decision.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import type { Outcome } from '../../functions/storage/outcome.ts';
import { reliefOf } from '../../functions/storage/relief.ts';
import { aCluster, anMskCluster, brokersAt, noRelief, nowMs } from '../support/storage-facts.ts';

const enabled = { ...noRelief, enabled: true };
const evidence = { sizeGib: 100, usedFraction: 0.8, metricAtMs: nowMs };
const escalated = (fullInHours?: number, more: object = {}): GrowthDecision => ({
  action: 'escalate',
  reason: 'growth-barred',
  evidence: { ...evidence, brokers: brokersAt(0.5, 0.8), ...(fullInHours === undefined ? {} : { fullInHours }) },
  ...more,
});
const of = (
  outcome: string,
  decision: GrowthDecision | undefined,
  ended: Partial<Outcome> = {},
  cluster: Parameters<typeof anMskCluster>[0] = {},
) =>
  reliefOf({
    cluster: anMskCluster({ retentionRelief: enabled, ...cluster }),
    volumeId: 'msk/payments',
    decision,
    ended: { status: 'escalated', outcome, message: '', escalate: true, ...ended },
    nowMs,
  });

describe('relief is started', () => {
  it('with what is known of the bar', () => {
    const decision = escalated(3, { barredBy: 'cool-down', retryAtMs: nowMs + 5 * hourMs });
    expect(of('growth-barred', decision)).toEqual({
      outcome: 'growth-barred',
      volumeId: 'msk/payments',
      fullInHours: 3,
      retryAtMs: nowMs + 5 * hourMs,
      brokerId: 2,
    });
  });

  it('for a volume on EC2 as well: its workflow says what it can do', () => {
    const cluster = aCluster({ retentionRelief: enabled });
    const ended = { status: 'escalated' as const, outcome: 'growth-barred', message: '', escalate: true };
    const decision: GrowthDecision = {
      action: 'escalate',
      reason: 'growth-barred',
      evidence: { ...evidence, fullInHours: 2 },
    };
    expect(reliefOf({ cluster, volumeId: 'vol-1', decision, ended, nowMs })).toEqual({
      outcome: 'growth-barred',
      volumeId: 'vol-1',
      fullInHours: 2,
    });
  });

  it.each(['at-size-limit', 'cluster-cap', 'cool-down-endless', 'unknown-text', 'volume-quota'])(
    '%s: where the disk is full within a day, or it is an emergency',
    (outcome) => {
      expect(of(outcome, escalated(24))).toMatchObject({ fullInHours: 24 });
      expect(of(outcome, escalated(24.1))).toBeUndefined();
      expect(of(outcome, escalated())).toBeUndefined();
      const emergency: GrowthDecision = {
        ...escalated(),
        evidence: { ...evidence, emergency: true },
      };
      expect(of(outcome, emergency)).toMatchObject({ outcome });
    },
  );

  it('earlier where the policy looks farther ahead', () => {
    expect(of('at-size-limit', escalated(48), {}, { policy: { fullWithinHours: 48 } })).toBeDefined();
    expect(of('at-size-limit', escalated(48.1), {}, { policy: { fullWithinHours: 48 } })).toBeUndefined();
  });

  it.each(['modification-limit', 'cool-down'])(
    '%s: where the disk is full before the time that is named',
    (outcome) => {
      const retryAtMs = nowMs + 6 * hourMs;
      expect(of(outcome, escalated(6), { retryAtMs, pauseMs: hourMs })).toMatchObject({ retryAtMs });
      expect(of(outcome, escalated(6.1), { retryAtMs, pauseMs: hourMs })).toBeUndefined();
      expect(of(outcome, escalated(1), { pauseMs: hourMs })).toBeDefined();
      expect(of(outcome, escalated(1.1), { pauseMs: hourMs })).toBeUndefined();
    },
  );

  it('counted from now, not from a decision that is hours old', () => {
    const decision = escalated(30);
    decision.evidence.metricAtMs = nowMs - 10 * hourMs;
    expect(of('at-size-limit', decision)).toMatchObject({ fullInHours: 20 });
  });
});

describe('relief is not started', () => {
  const decision = escalated(1);

  it.each<[string, Parameters<typeof anMskCluster>[0]]>([
    ['where it is not enabled', { retentionRelief: noRelief }],
    ['for an observed cluster', { mode: 'observe' }],
  ])('%s', (_title, cluster) => {
    expect(of('growth-barred', decision, {}, cluster)).toBeUndefined();
  });

  it('for a cluster that was taken out of the fleet file', () => {
    const ended = { status: 'escalated' as const, outcome: 'growth-barred', message: '', escalate: true };
    expect(reliefOf({ cluster: undefined, volumeId: 'msk/payments', decision, ended, nowMs })).toBeUndefined();
  });

  it('while paused: a person has stopped all changes', () => {
    expect(of('growth-barred', escalated(1, { barredBy: 'paused' }))).toBeUndefined();
  });

  it.each(['grown', 'kept', 'skewed', 'metric-stale', 'approval-rejected', 'world-changed', 'owned-by-auto-scaling'])(
    'for %s',
    (outcome) => {
      expect(of(outcome, decision, { retryAtMs: nowMs + 9 * hourMs })).toBeUndefined();
    },
  );

  it('without a decision to go by', () => {
    expect(of('unknown-text', undefined)).toBeUndefined();
  });
});

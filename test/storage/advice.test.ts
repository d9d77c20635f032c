import { describe, expect, it } from '@jest/globals';
import { adviceFor, fullestBroker, whatOf } from '../../functions/storage/advice.ts';
import type { Evidence } from '../../functions/storage/decision.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import { brokersAt, clusterArn, nowMs } from '../support/storage-facts.ts';

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

const ofMsk = (outcome: string, more: Partial<Parameters<typeof adviceFor>[0]> = {}): string =>
  adviceFor({
    decision: {
      action: 'escalate',
      reason: 'growth-barred',
      evidence: { sizeGib: 100, usedFraction: 0.9, brokers: brokersAt(0.5, 0.9, undefined), volumes: 3 },
    },
    nowMs,
    outcome,
    cluster: 'payments',
    volumeId: 'msk/payments',
    clusterArn,
    ...more,
  }).join('\n');

describe('what a person is told of an MSK cluster', () => {
  const barred = [
    'at-size-limit',
    'cluster-cap',
    'growth-barred',
    'approval-expired',
    'cool-down-endless',
    'unknown-text',
  ];

  it.each(barred)('%s: shorter retention and moving replicas off the fullest broker, as commands', (outcome) => {
    const text = ofMsk(outcome);
    expect(text).toContain('retention.ms');
    expect(text).toContain('--broker-list 2 ');
    expect(text).toContain('kafka-reassign-partitions.sh --bootstrap-server BOOTSTRAP');
  });

  it.each([...barred, 'skewed', 'modification-failed', 'host-unreachable'])(
    '%s: neither an agent nor a mount point, which MSK has not',
    (outcome) => {
      expect(ofMsk(outcome)).not.toMatch(/startswith|ssm|grow-filesystem|HOST/);
    },
  );

  it.each(['at-size-limit', 'cluster-cap'])('%s: which key of the policy is in the way', (outcome) => {
    expect(ofMsk(outcome)).toMatch(/policy\.(sizeGibMax|clusterGibMax) or|policy\.(sizeGibMax|clusterGibMax) for/);
  });

  it.each(['unknown-text', 'cool-down-endless', 'modification-failed', 'deadline-passed', 'growth-not-shown'])(
    '%s: where MSK says what became of it, and how to go on',
    (outcome) => {
      expect(ofMsk(outcome)).toContain(`aws kafka list-cluster-operations-v2 --cluster-arn ${clusterArn}`);
      expect(ofMsk(outcome)).toContain('npx kafka-autopilot grow msk/payments --yes');
    },
  );

  it('owned-by-auto-scaling: how to end it', () => {
    expect(ofMsk('owned-by-auto-scaling')).toContain(
      `aws application-autoscaling deregister-scalable-target --service-namespace kafka --scalable-dimension kafka:broker-storage:VolumeSize --resource-id ${clusterArn}`,
    );
    expect(ofMsk('owned-by-auto-scaling')).toContain('takeOverFromAutoScaling: true for cluster payments');
  });

  it('skewed: the heaviest topics with their partitions, and how to grow all the same', () => {
    const heaviest = [{ name: 'clicks', bytesInPerSecond: 1.5 * 2 ** 20, partitions: [4, 7], leads: [] }];
    expect(ofMsk('skewed', { heaviest })).toContain('clicks: 1.50 MiB/s to broker 2; partitions there: 4 7\n');
    expect(ofMsk('skewed')).toContain('kafka-log-dirs.sh --bootstrap-server BOOTSTRAP --describe --broker-list 2 ');
    expect(ofMsk('skewed')).toContain('npx kafka-autopilot grow msk/payments --yes');
  });

  it.each(['cluster-not-found', 'cluster-express', 'cluster-serverless'])('%s: what to correct', (outcome) => {
    expect(ofMsk(outcome)).toContain(`cluster payments taken out of fleet.yaml`);
  });

  it('nothing where nothing is known', () => {
    expect(ofMsk('defect', { decision: undefined })).toBe('');
  });
});

describe('whose storage it is', () => {
  it('a volume’s', () => {
    const where = { volumeId: 'vol-1', instanceId: 'i-1', mountPoint: '/data1', evidence: undefined };
    expect(whatOf(where)).toBe('Volume vol-1 of i-1 at /data1.');
  });

  it('an MSK cluster’s, and that a remote tier is not counted', () => {
    const evidence = { sizeGib: 100, volumes: 3 };
    expect(whatOf({ volumeId: 'msk/payments', clusterArn, evidence })).toBe(
      `MSK cluster ${clusterArn}, 3 brokers of 100 GiB each.`,
    );
    const tiered = { ...evidence, storageMode: 'TIERED' as const };
    expect(whatOf({ volumeId: 'msk/payments', clusterArn, evidence: tiered })).toContain('remote tier is not counted');
    expect(whatOf({ volumeId: 'msk/payments', evidence: undefined })).toBe('MSK cluster msk/payments.');
  });
});

describe('the fullest broker', () => {
  it.each([
    ['by what they report', brokersAt(0.5, 0.9, undefined), 2],
    ['none reports', brokersAt(undefined), undefined],
    ['none is known', undefined, undefined],
  ])('%s', (_title, brokers, expected) => {
    expect(fullestBroker({ sizeGib: 1, ...(brokers === undefined ? {} : { brokers }) })).toBe(expected);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { GrowthDecision, Request } from '../../functions/storage/decision.ts';
import { decideGrowth } from '../../functions/storage/ec2/decide.ts';
import type { ClusterFacts, EbsVolumeFacts } from '../../functions/storage/facts.ts';
import { bytesPerGib, dayMs, hourMs } from '../../functions/storage/limits.ts';
import { aCluster, anInspection, aVolume, nowMs, prices, readingsUpTo, someFacts } from '../support/storage-facts.ts';

function decide(
  volume: EbsVolumeFacts,
  change: {
    cluster?: Parameters<typeof aCluster>[0];
    facts?: Partial<ClusterFacts<EbsVolumeFacts>>;
    request?: Request;
  } = {},
): GrowthDecision {
  return decideGrowth({
    volume,
    facts: someFacts(volume, change.facts),
    cluster: aCluster(change.cluster),
    prices,
    ...(change.request === undefined ? {} : { request: change.request }),
  });
}

const pastAgo = (...hours: number[]): { startedAtMs: number }[] =>
  hours.map((ago) => ({ startedAtMs: nowMs - ago * hourMs }));
const full = (fraction = 0.8): Partial<EbsVolumeFacts> => readingsUpTo(fraction);

describe('what triggers a growth', () => {
  it.each([
    ['keeps below the threshold', 0.7499, 'keep', 'below-threshold'],
    ['grows exactly at the threshold', 0.75, 'grow', 'above-threshold'],
    ['calls it an emergency at the emergency fraction', 0.9, 'grow', 'emergency'],
  ])('%s', (_title, fraction, action, reason) => {
    expect(decide(aVolume(full(fraction)))).toMatchObject({ action, reason });
  });

  it('grows far below the threshold when the forecast says full within the policy’s time', () => {
    // 2 % an hour for a day: 0.6 now, full in 20 h.
    expect(decide(aVolume(readingsUpTo(0.6, 0.02)))).toMatchObject({ action: 'grow', reason: 'forecast-full' });
    expect(decide(aVolume(readingsUpTo(0.4, 0.015)))).toMatchObject({ action: 'keep' });
  });

  it('ends a step below the target even at the forecast fill until the next allowed modification', () => {
    const decision = decide(aVolume(readingsUpTo(0.75, 0.01)));
    expect(decision.action).toBe('grow');
    if (decision.action !== 'grow') return;
    expect((decision.evidence.forecastGib ?? 0) / decision.targetGib).toBeLessThanOrEqual(0.6);
    expect(decision.evidence.horizonHours).toBeGreaterThanOrEqual(6);
  });

  it('grows at least by the smallest step', () => {
    expect(
      decide(aVolume(full(0.75)), { cluster: { policy: { usedFractionTarget: 0.749, stepGibMin: 40 } } }),
    ).toMatchObject({ targetGib: 140 });
  });
});

describe('what is refused by name, before anything is changed', () => {
  it.each<[string, Partial<EbsVolumeFacts>, string]>([
    ['a volume managed by AWS', { managedBy: 'eks' }, 'volume-managed-by-aws'],
    ['Multi-Attach', { multiAttach: true }, 'multi-attach'],
    ['a root volume', { isRoot: true }, 'root-volume'],
    ['a magnetic volume', { type: 'standard' }, 'volume-type'],
    ['a stopped broker', { instanceState: 'stopped' }, 'broker-not-live'],
    ['RAID', { inspection: anInspection({ supported: false, reason: 'raid' }) }, 'layout-raid'],
    ['LUKS', { inspection: anInspection({ supported: false, reason: 'luks' }) }, 'layout-luks'],
    [
      'a mount point that the fleet file doesn’t name',
      { inspection: anInspection({ mountPoint: '/other' }) },
      'mount-point-mismatch',
    ],
    [
      'no metric',
      { hourly: { timesMs: [], usedFractions: [] }, recent: { timesMs: [], usedFractions: [] } },
      'metric-missing',
    ],
    ['a metric that reads 0', { recent: { timesMs: [nowMs], usedFractions: [0] } }, 'metric-implausible'],
    ['a metric above 100 %', { recent: { timesMs: [nowMs], usedFractions: [1.01] } }, 'metric-implausible'],
  ])('refuses %s', (_title, change, reason) => {
    expect(decide(aVolume(change))).toMatchObject({ action: 'refuse', reason });
  });

  it.each([
    ['believes a reading as old as allowed', 20, 'grow'],
    ['refuses one a millisecond older', 20 + 1 / 60_000, 'refuse'],
  ])('%s', (_title, minutes, action) => {
    const recent = { timesMs: [nowMs - 2 * hourMs, nowMs - Math.round(minutes * 60_000)], usedFractions: [0.8, 0.8] };
    expect(decide(aVolume({ recent }))).toMatchObject({ action });
  });

  it('leaves a volume alone that serves none of Kafka’s mount points', () => {
    const logs = aVolume({ volumeId: 'vol-2', inspection: anInspection({ mountPoint: '/var/log' }) });
    expect(decide(logs, { facts: { volumes: [aVolume(), logs] } })).toMatchObject({
      action: 'keep',
      reason: 'not-a-data-volume',
    });
  });
});

describe('inspection', () => {
  it.each([
    ['trusts one a millisecond younger than a day', dayMs - 1, 'keep'],
    ['asks for another at a day', dayMs, 'inspect'],
  ])('%s', (_title, ageMs, action) => {
    expect(decide(aVolume({ inspection: anInspection({ atMs: nowMs - ageMs }) }))).toMatchObject({ action });
  });

  it('refuses when it was just made and there is still none', () => {
    const { inspection: _, ...bare } = aVolume();
    expect(decide(bare)).toMatchObject({ action: 'inspect', reason: 'inspection-missing' });
    expect(decide(bare, { request: { inspected: true } })).toMatchObject({
      action: 'refuse',
      reason: 'inspection-impossible',
    });
  });

  it('does not trust one of another host', () => {
    expect(decide(aVolume({ inspection: anInspection({ instanceId: 'i-9' }) }))).toMatchObject({ action: 'inspect' });
  });
});

describe('a file system smaller than its volume', () => {
  const grown = aVolume({ sizeGib: 200, inspection: anInspection() });

  it('is grown without another modification', () => {
    expect(decide(grown)).toMatchObject({ action: 'grow-filesystem' });
  });

  it('waits while EBS is still modifying', () => {
    const modification = {
      volumeId: 'vol-1',
      state: 'modifying' as const,
      originalGib: 100,
      targetGib: 200,
      startedAtMs: nowMs,
    };
    expect(decide({ ...grown, modification }).action).not.toBe('grow-filesystem');
  });

  it('is not seen in what metadata takes', () => {
    expect(decide(aVolume({ inspection: anInspection({ filesystemBytes: 97 * bytesPerGib }) }))).toMatchObject({
      action: 'keep',
    });
  });
});

describe('waiting', () => {
  const modification = {
    volumeId: 'vol-1',
    state: 'optimizing' as const,
    originalGib: 90,
    targetGib: 100,
    startedAtMs: nowMs - hourMs / 2,
  };

  it.each<[string, EbsVolumeFacts, Partial<ClusterFacts<EbsVolumeFacts>>, string]>([
    [
      'while the previous modification is not completed',
      aVolume({ ...full(), modification }),
      {},
      'modification-in-progress',
    ],
    [
      'after four modifications in 24 h, even in an emergency',
      aVolume({ ...full(0.91), past: pastAgo(1, 2, 3, 23.9) }),
      {},
      'modification-limit',
    ],
    [
      'with the last one kept in reserve',
      aVolume({ ...full(), past: pastAgo(1, 2, 23.9) }),
      {},
      'modification-reserved',
    ],
    [
      'while the cluster is paused',
      aVolume(full()),
      { state: { ...someFacts(aVolume()).state, paused: { by: 'me', atMs: 0, reason: '' } } },
      'paused',
    ],
    ['while the fleet is paused', aVolume(full()), { fleetPaused: true }, 'paused'],
    [
      'for what a refusal taught',
      aVolume({ ...full(), notBefore: { atMs: nowMs + 1, reason: 'modification-limit' } }),
      {},
      'not-before',
    ],
  ])('waits %s', (_title, volume, facts, reason) => {
    expect(decide(volume, { facts })).toMatchObject({ action: 'wait', reason });
  });

  it.each([
    ['a millisecond inside the window', dayMs - 1, 'wait'],
    ['the moment it ends', dayMs, 'grow'],
  ])('counts a modification %s', (_title, agoMs, action) => {
    const past = [{ startedAtMs: nowMs - agoMs }, ...pastAgo(1, 2)];
    expect(decide(aVolume({ ...full(), past })).action).toBe(action);
  });

  it('spends the reserve in an emergency', () => {
    expect(decide(aVolume({ ...full(0.9), past: pastAgo(1, 2, 3) }))).toMatchObject({
      action: 'grow',
      reason: 'emergency',
    });
  });

  it('waits for a maintenance window, but not in an emergency', () => {
    const cluster = { maintenanceWindows: [{ days: ['sun' as const], from: '02:00', to: '04:00' }] };
    expect(decide(aVolume(full()), { cluster })).toMatchObject({
      action: 'wait',
      reason: 'maintenance-window',
      retryAtMs: Date.parse('2026-06-07T02:00:00Z'),
    });
    expect(decide(aVolume(full(0.92)), { cluster })).toMatchObject({ action: 'grow' });
  });
});

describe('calling a person', () => {
  it('escalates when it would be full before it may grow', () => {
    const volume = aVolume({ ...readingsUpTo(0.85, 0.03), past: pastAgo(1, 2, 3, 4) });
    expect(decide(volume)).toMatchObject({
      action: 'escalate',
      reason: 'growth-barred',
      barredBy: 'modification-limit',
      retryAtMs: nowMs + 20 * hourMs,
    });
  });

  it('escalates at the policy’s maximum', () => {
    expect(decide(aVolume(full()), { cluster: { policy: { sizeGibMax: 100 } } })).toMatchObject({
      action: 'escalate',
      reason: 'at-size-limit',
    });
  });

  it('takes a last smaller step up to the maximum', () => {
    expect(decide(aVolume(full()), { cluster: { policy: { sizeGibMax: 104 } } })).toMatchObject({
      action: 'grow',
      targetGib: 104,
    });
  });

  it('escalates when the cluster’s total leaves no step', () => {
    expect(decide(aVolume(full()), { cluster: { policy: { clusterGibMax: 605 } } })).toMatchObject({
      action: 'escalate',
      reason: 'cluster-cap',
    });
    expect(decide(aVolume(full()), { cluster: { policy: { clusterUsdPerMonthMax: 48 } } })).toMatchObject({
      action: 'escalate',
      reason: 'cluster-cap',
    });
  });

  it('waits for the next UTC day when the day’s growth is used up and there is time', () => {
    const state = { ...someFacts(aVolume()).state, dayGrownGib: 2045 };
    expect(decide(aVolume(full()), { facts: { state } })).toMatchObject({
      action: 'wait',
      reason: 'day-cap',
      retryAtMs: Date.parse('2026-06-04T00:00:00Z'),
    });
    const yesterday = { ...state, day: '2026-06-02' };
    expect(decide(aVolume(full()), { facts: { state: yesterday } })).toMatchObject({ action: 'grow' });
  });
});

describe('caps and money', () => {
  it('cuts a step at the largest step', () => {
    expect(decide(aVolume(readingsUpTo(0.8, 0.04)), { cluster: { policy: { stepGibMax: 12 } } })).toMatchObject({
      action: 'grow',
      targetGib: 112,
      evidence: { cappedBy: ['stepGibMax'] },
    });
  });

  it.each([
    ['exactly at the limit needs no approval', 3.2, false],
    ['above it does', 3.19, true],
  ])('a step that costs %s', (_title, approvalAboveUsdPerMonth, needsApproval) => {
    const decision = decide(aVolume(full()), {
      cluster: { policy: { approvalAboveUsdPerMonth } },
      request: { action: 'grow', toGib: 140 },
    });
    expect(decision).toMatchObject({ action: 'grow', usdPerMonth: 3.2, needsApproval });
  });

  it('carries out the plan that was approved', () => {
    const decision = decide(aVolume(full()), {
      request: { approved: { fromGib: 100, targetGib: 150 } },
      cluster: { policy: { approvalAboveUsdPerMonth: 0 } },
    });
    expect(decision).toMatchObject({ action: 'grow', reason: 'approved', targetGib: 150, needsApproval: false });
  });

  it('does not grow any more when the need has passed meanwhile', () => {
    expect(decide(aVolume(full(0.4)), { request: { approved: { fromGib: 100, targetGib: 150 } } })).toMatchObject({
      action: 'keep',
      reason: 'no-longer-needed',
    });
  });
});

describe('the operator', () => {
  it('grows below the threshold on request', () => {
    expect(decide(aVolume(), { request: { action: 'grow', toGib: 120 } })).toMatchObject({
      action: 'grow',
      reason: 'operator',
      targetGib: 120,
    });
  });

  it.each([
    [100, 'target-not-larger'],
    [5000, 'target-above-maximum'],
  ])('may not ask for %d GiB', (toGib, reason) => {
    expect(decide(aVolume(), { request: { action: 'grow', toGib } })).toMatchObject({ action: 'refuse', reason });
  });

  it('is not held back by an earlier refusal', () => {
    const volume = aVolume({ notBefore: { atMs: nowMs + hourMs, reason: 'approval-rejected' } });
    expect(decide(volume, { request: { action: 'grow', toGib: 120 } })).toMatchObject({ action: 'grow' });
  });

  it('hears that there is no file system to grow', () => {
    expect(decide(aVolume(), { request: { action: 'grow-filesystem' } })).toMatchObject({
      action: 'keep',
      reason: 'filesystem-complete',
    });
  });
});

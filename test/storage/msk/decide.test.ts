import { describe, expect, it } from '@jest/globals';
import type { GrowthDecision, Request } from '../../../functions/storage/decision.ts';
import type { ClusterFacts, MskStorageFacts, Readings } from '../../../functions/storage/facts.ts';
import { dayMs, hourMs } from '../../../functions/storage/limits.ts';
import { capacityLeftOfMsk, decideMskGrowth } from '../../../functions/storage/msk/decide.ts';
import {
  anMskCluster,
  anMskStorage,
  brokersAt,
  clusterArn,
  nowMs,
  prices,
  readingsUpTo,
  someFacts,
} from '../../support/storage-facts.ts';

interface Change {
  cluster?: Parameters<typeof anMskCluster>[0];
  facts?: Partial<ClusterFacts<MskStorageFacts>>;
  request?: Request;
}

function decide(change: Partial<MskStorageFacts> = {}, { cluster, facts, request }: Change = {}): GrowthDecision {
  const volume = anMskStorage(change);
  return decideMskGrowth({
    volume,
    facts: someFacts(volume, facts),
    cluster: anMskCluster(cluster),
    prices,
    ...(request === undefined ? {} : { request }),
  });
}

/** The fullest broker is so full, and so are the others. */
const full = (fraction: number, perHour = 0): Partial<MskStorageFacts> => ({
  ...readingsUpTo(fraction, perHour),
  brokers: brokersAt(fraction, fraction, fraction),
});

const detailOf = (change: Partial<MskStorageFacts>) => decide(change).evidence.detail;

describe('what can’t be grown', () => {
  const { instanceType: _, ...serverless } = anMskStorage();

  it.each<[string, MskStorageFacts | Partial<MskStorageFacts>, string]>([
    ['a cluster that is not there', { clusterState: 'NOT_FOUND', sizeGib: 0, volumes: 0 }, 'cluster-not-found'],
    ['a serverless one', { ...serverless, instanceType: undefined as never, sizeGib: 0 }, 'cluster-serverless'],
    ['Express brokers', { instanceType: 'express.m7g.large', sizeGib: 0 }, 'cluster-express'],
    ['one that has failed', { clusterState: 'FAILED' }, 'cluster-state'],
    ['one that is being deleted', { clusterState: 'DELETING' }, 'cluster-state'],
    ['one whose size MSK does not say', { sizeGib: 0 }, 'cluster-state'],
    ['one whose brokers MSK does not count', { volumes: 0 }, 'cluster-state'],
    ['one that Application Auto Scaling grows', { scalingTarget: { sizeGibMax: 500 } }, 'owned-by-auto-scaling'],
  ])('%s is refused, even where a person asks for it', (_title, change, reason) => {
    expect(decide({ ...full(0.95), ...change })).toMatchObject({ action: 'refuse', reason });
    expect(decide({ ...full(0.95), ...change }, { request: { action: 'grow' } })).toMatchObject({ reason });
  });

  it('says what it is about', () => {
    expect(detailOf({ clusterState: 'NOT_FOUND' })).toContain(clusterArn);
    expect(detailOf({ instanceType: 'express.m7g.large' })).toContain('express.m7g.large');
    expect(detailOf({ scalingTarget: { sizeGibMax: 500 } })).toContain('500 GiB');
  });

  it('is grown although Application Auto Scaling has a target, where the fleet file takes it over', () => {
    const owned = { ...full(0.8), scalingTarget: { sizeGibMax: 500 } };
    expect(decide(owned, { cluster: { takeOverFromAutoScaling: true } })).toMatchObject({ action: 'grow' });
  });

  it('is waited for while it is being created: there is nothing to read, and nobody has to come', () => {
    const { hourly: _hourly, recent: _recent, ...young } = anMskStorage({ clusterState: 'CREATING', sizeGib: 0 });
    expect(decide({ ...young, recent: undefined as never, hourly: undefined as never })).toMatchObject({
      action: 'wait',
      reason: 'cluster-not-active',
    });
  });

  it('has no file systems of its own', () => {
    expect(decide(full(0.8), { request: { action: 'grow-filesystem' } })).toMatchObject({
      action: 'keep',
      reason: 'filesystem-complete',
    });
  });
});

describe('what triggers a growth', () => {
  it.each([
    ['keeps below the threshold', 0.7499, 'keep', 'below-threshold'],
    ['grows exactly at it', 0.75, 'grow', 'above-threshold'],
    ['calls it an emergency at the emergency fraction', 0.9, 'grow', 'emergency'],
  ])('%s', (_title, fraction, action, reason) => {
    expect(decide(full(fraction))).toMatchObject({ action, reason });
  });

  it('the forecast', () => {
    expect(decide(full(0.6, 0.02))).toMatchObject({ action: 'grow', reason: 'forecast-full' });
  });

  it('a broker that is less full now and will be full first', () => {
    const rivals = [readingsUpTo(0.6, 0.02)];
    expect(decide(full(0.65))).toMatchObject({ action: 'keep' });
    const decision = decide({ ...full(0.65), rivals });
    expect(decision).toMatchObject({ action: 'grow', reason: 'forecast-full', evidence: { usedFraction: 0.65 } });
    expect(decision.evidence.fullInHours).toBeCloseTo(20, 0);
    // Sized for it as well: 60 GiB and 24 h of 2 GiB below 60 %.
    expect(decision).toMatchObject({ targetGib: 180 });
  });

  it('a rival whose readings can’t be believed decides nothing', () => {
    const rivals = [{ recent: { timesMs: [nowMs], usedFractions: [0] } }];
    expect(decide({ ...full(0.65), rivals })).toMatchObject({ action: 'keep' });
  });

  const none: Readings = { timesMs: [], usedFractions: [] };
  it.each<[string, Partial<MskStorageFacts>, string]>([
    ['without any reading of a broker', { recent: none, hourly: none }, 'metric-missing'],
    ['without one since hours', { recent: none }, 'metric-stale'],
    ['with one that is a millisecond too old', { recent: at(20 * 60_000 + 1) }, 'metric-stale'],
  ])('is refused %s', (_title, change, reason) => {
    expect(decide({ ...full(0.8), ...change })).toMatchObject({ action: 'refuse', reason });
  });

  it('believes a reading that is just as old as allowed', () => {
    expect(decide({ ...full(0.8), recent: at(20 * 60_000) })).toMatchObject({ action: 'grow' });
  });
});

function at(agoMs: number): Readings {
  return { timesMs: [nowMs - agoMs], usedFractions: [0.8] };
}

const changedAgo = (agoMs: number): Partial<MskStorageFacts> => ({ changedAtMs: nowMs - agoMs });
const horizonOf = (learntMs: number) =>
  decide({ ...full(0.8), coolDown: { changeAtMs: 0, refusals: 0, learntMs } }).evidence.horizonHours;

describe('the cool-down', () => {
  it.each([
    ['bars growth a millisecond before six hours have passed', 6 * hourMs - 1, 'wait'],
    ['lets it through at six hours', 6 * hourMs, 'grow'],
  ])('%s', (_title, agoMs, action) => {
    expect(decide({ ...full(0.8), ...changedAgo(agoMs) })).toMatchObject({ action });
  });

  it('is as long as refusals have taught, where that is longer', () => {
    const learnt = { coolDown: { changeAtMs: 0, refusals: 3, learntMs: 9 * hourMs } };
    expect(decide({ ...full(0.8), ...learnt, ...changedAgo(9 * hourMs - 1) })).toMatchObject({
      action: 'wait',
      reason: 'cool-down',
      retryAtMs: nowMs + 1,
    });
    expect(decide({ ...full(0.8), ...learnt, ...changedAgo(9 * hourMs) })).toMatchObject({ action: 'grow' });
  });

  it('is not shorter than six hours, whatever was learnt', () => {
    const learnt = { coolDown: { changeAtMs: 0, refusals: 1, learntMs: hourMs } };
    expect(decide({ ...full(0.8), ...learnt, ...changedAgo(6 * hourMs - 1) })).toMatchObject({ action: 'wait' });
  });

  it('is not overridden by a person’s own request', () => {
    expect(decide({ ...full(0.5), ...changedAgo(hourMs) }, { request: { action: 'grow' } })).toMatchObject({
      action: 'wait',
      reason: 'cool-down',
      retryAtMs: nowMs + 5 * hourMs,
    });
  });

  it('is not overridden by an emergency: a person is called', () => {
    const soonFull = { ...readingsUpTo(0.95, 0.02), brokers: brokersAt(0.95, 0.95, 0.95) };
    expect(decide({ ...soonFull, ...changedAgo(hourMs) })).toMatchObject({
      action: 'escalate',
      reason: 'growth-barred',
      barredBy: 'cool-down',
      retryAtMs: nowMs + 5 * hourMs,
      evidence: { emergency: true },
    });
  });

  it('that a refusal has shown holds for a person’s own request as well', () => {
    const refused = { notBefore: { atMs: nowMs + 1, reason: 'cool-down' } };
    expect(decide({ ...full(0.8), ...refused })).toMatchObject({ action: 'wait', reason: 'cool-down' });
    expect(decide({ ...full(0.8), ...refused }, { request: { action: 'grow' } })).toMatchObject({
      action: 'wait',
      reason: 'cool-down',
      retryAtMs: nowMs + 1,
    });
  });

  it('makes the new size last for a day, or for as long as this cluster’s cool-down and an hour', () => {
    expect(horizonOf(0)).toBe(24);
    expect(horizonOf(23 * hourMs)).toBe(24);
    expect(horizonOf(30 * hourMs)).toBe(31);
  });
});

describe('a person’s no', () => {
  const no = { notBefore: { atMs: nowMs + 12 * hourMs, reason: 'approval-rejected' } };

  it('stands until its time, and their own request overrides it', () => {
    expect(decide({ ...full(0.8), ...no })).toMatchObject({ action: 'wait', reason: 'not-before' });
    expect(decide({ ...full(0.8), ...no }, { request: { action: 'grow' } })).toMatchObject({ action: 'grow' });
  });

  it('calls for them where the disk fills first', () => {
    expect(decide({ ...full(0.8, 0.03), ...no })).toMatchObject({ action: 'escalate', barredBy: 'not-before' });
  });
});

describe('other bars', () => {
  const modification = {
    volumeId: 'msk/payments',
    state: 'modifying' as const,
    originalGib: 90,
    targetGib: 100,
    startedAtMs: nowMs - 60_000,
  };

  it.each<[string, Partial<MskStorageFacts>, string]>([
    ['an operation that is running', { modification, clusterState: 'UPDATING' }, 'modification-in-progress'],
    ['HEALING', { clusterState: 'HEALING' }, 'cluster-not-active'],
    ['MAINTENANCE', { clusterState: 'MAINTENANCE' }, 'cluster-not-active'],
    ['REBOOTING_BROKER', { clusterState: 'REBOOTING_BROKER' }, 'cluster-not-active'],
    ['a state that nobody knows', { clusterState: 'DREAMING' }, 'cluster-not-active'],
  ])('%s', (_title, change, reason) => {
    expect(decide({ ...full(0.8), ...change })).toMatchObject({ action: 'wait', reason });
  });

  it('nobody is called for a growth of the last hour that is still coming', () => {
    const soonFull = { ...full(0.97), clusterState: 'UPDATING' };
    expect(decide({ ...soonFull, modification })).toMatchObject({ action: 'wait' });
    const long = { ...modification, startedAtMs: nowMs - hourMs };
    expect(decide({ ...full(0.97, 0.01), clusterState: 'UPDATING', modification: long })).toMatchObject({
      action: 'escalate',
      barredBy: 'modification-in-progress',
    });
  });

  it('one that has failed bars nothing', () => {
    expect(decide({ ...full(0.8), modification: { ...modification, state: 'failed' } })).toMatchObject({
      action: 'grow',
    });
  });

  it('a pause, and a window that is not open', () => {
    expect(decide(full(0.8), { facts: { fleetPaused: true } })).toMatchObject({ action: 'wait', reason: 'paused' });
    const maintenanceWindows = [{ days: ['sat' as const], from: '01:00', to: '02:00' }];
    expect(decide(full(0.8), { cluster: { maintenanceWindows } })).toMatchObject({ reason: 'maintenance-window' });
    expect(decide(full(0.9), { cluster: { maintenanceWindows } })).toMatchObject({ action: 'grow' });
  });
});

const skewed = (...fractions: number[]): Partial<MskStorageFacts> => ({
  ...readingsUpTo(Math.max(...fractions)),
  brokers: brokersAt(...fractions),
  volumes: fractions.length,
});

describe('one broker far fuller than the others', () => {
  it.each<[string, number[], string]>([
    ['two brokers, just within the fraction', [0.8, 0.6], 'grow'],
    ['two brokers, a little more apart', [0.8, 0.599], 'escalate'],
    ['three brokers: the median of the others counts', [0.8, 0.65, 0.4], 'escalate'],
    ['three brokers, just within the fraction', [0.8, 0.7, 0.5], 'grow'],
    ['many: two full ones among six are skewed all the same', [0.8, 0.79, 0.5, 0.5, 0.5, 0.5], 'escalate'],
    ['many that are equal', [0.8, 0.79, 0.78, 0.77, 0.76, 0.75], 'grow'],
    ['empty brokers that were just added', [0.8, 0.8, 0.8, 0.01, 0.01, 0.01], 'escalate'],
    ['one broker alone', [0.8], 'grow'],
  ])('%s', (_title, fractions, action) => {
    expect(decide(skewed(...fractions))).toMatchObject({ action });
  });

  it('is told to be rebalanced, by name', () => {
    const { reason, evidence } = decide(skewed(0.4, 0.8, 0.4));
    expect(reason).toBe('skewed');
    expect(evidence.detail).toBe("broker 2 is 80 % full, the others' median is 40 %: rebalance, do not grow");
  });

  it('grows where it is about to fill', () => {
    expect(decide(skewed(0.9, 0.4, 0.4))).toMatchObject({ action: 'grow', reason: 'emergency' });
  });

  it('grows where a person asks for it, also after their approval', () => {
    const request = { action: 'grow' as const };
    expect(decide(skewed(0.8, 0.4, 0.4), { request })).toMatchObject({ action: 'grow', reason: 'operator' });
    const approved = { fromGib: 100, targetGib: 134 };
    expect(decide(skewed(0.8, 0.4, 0.4), { request: { ...request, approved } })).toMatchObject({ action: 'grow' });
    expect(decide(skewed(0.8, 0.4, 0.4), { request: { approved } })).toMatchObject({ action: 'grow' });
  });

  it('is no news below the threshold', () => {
    expect(decide(skewed(0.7, 0.1, 0.1))).toMatchObject({ action: 'keep' });
  });

  it('how far is the fleet file’s to say', () => {
    expect(decide(skewed(0.8, 0.4, 0.4), { cluster: { skewFractionMax: 0.41 } })).toMatchObject({ action: 'grow' });
  });
});

describe('the step', () => {
  it('is at least ten GiB, whatever the policy says', () => {
    const policy = { stepGibMin: 1, usedFractionTarget: 0.74 };
    expect(decide(full(0.75), { cluster: { policy } })).toMatchObject({ action: 'grow', targetGib: 110 });
  });

  it.each([
    [109, 'refuse', 'target-step-too-small'],
    [110, 'grow', 'operator'],
  ])('asked to %d GiB: %s', (toGib, action, reason) => {
    expect(decide(full(0.8), { request: { action: 'grow', toGib } })).toMatchObject({ action, reason });
  });

  it.each([
    ['with ten GiB left it is the last step', 16_374, { action: 'grow', targetGib: 16_384 }],
    ['with less it is at its maximum', 16_375, { action: 'escalate', reason: 'at-size-limit' }],
    ['at it', 16_384, { action: 'escalate', reason: 'at-size-limit' }],
  ])('ends at 16,384 GiB: %s', (_title, sizeGib, decision) => {
    const policy = { sizeGibMax: 65_536, clusterGibMax: 1_000_000, clusterUsdPerMonthMax: 1_000_000 };
    expect(decide({ ...full(0.8), sizeGib }, { cluster: { policy } })).toMatchObject(decision);
  });

  it('ends at the policy’s size, if that is smaller', () => {
    expect(decide(full(0.8), { cluster: { policy: { sizeGibMax: 109 } } })).toMatchObject({ reason: 'at-size-limit' });
    expect(decide(full(0.8), { cluster: { policy: { sizeGibMax: 120 } } })).toMatchObject({ targetGib: 120 });
  });
});

describe('money and caps count all brokers', () => {
  it('the price', () => {
    // 80 GiB at 60 % are 134: three times 34 GiB at 0.10 USD.
    expect(decide(full(0.8))).toMatchObject({ fromGib: 100, targetGib: 134, usdPerMonth: 10.2 });
  });

  it.each([
    [10.2, false],
    [10.19, true],
  ])('an approval above %d USD a month: %s', (approvalAboveUsdPerMonth, needsApproval) => {
    const decision = decide(full(0.8), { cluster: { policy: { approvalAboveUsdPerMonth } } });
    expect(decision).toMatchObject({ action: 'grow', needsApproval });
  });

  it('an approval holds for the price that was shown: more brokers ask anew', () => {
    const policy = { approvalAboveUsdPerMonth: 5 };
    const approved = { fromGib: 100, targetGib: 134, usdPerMonth: 10.2 };
    const of = (volumes: number) => decide({ ...full(0.8), volumes }, { cluster: { policy }, request: { approved } });
    expect(of(3)).toMatchObject({ action: 'grow', reason: 'approved', needsApproval: false });
    expect(of(6)).toMatchObject({ action: 'grow', usdPerMonth: 20.4, needsApproval: true });
  });

  it('the day’s sum', () => {
    const state = someFacts(anMskStorage()).state;
    const left = (dayGrownGib: number) =>
      decide(full(0.8), {
        cluster: { policy: { growthGibPerDayMax: 100 } },
        facts: { state: { ...state, dayGrownGib } },
      });
    expect(left(0)).toMatchObject({ targetGib: 133, evidence: { cappedBy: ['day'] } });
    expect(left(70)).toMatchObject({ targetGib: 110 });
    // 9 GiB for each broker is no step that MSK takes.
    expect(left(71)).toMatchObject({ action: 'wait', reason: 'day-cap' });
  });

  it('the cluster’s sum', () => {
    expect(decide(full(0.8), { cluster: { policy: { clusterGibMax: 330 } } })).toMatchObject({ targetGib: 110 });
    expect(decide(full(0.8), { cluster: { policy: { clusterGibMax: 329 } } })).toMatchObject({
      action: 'escalate',
      reason: 'cluster-cap',
    });
  });

  it('what is left is of one volume, and negative where there is too much already', () => {
    const volume = anMskStorage();
    const leftOf = (clusterGibMax: number) =>
      capacityLeftOfMsk({
        cluster: anMskCluster({ policy: { clusterGibMax } }),
        facts: someFacts(volume),
        volume,
        prices,
      });
    expect(leftOf(401).clusterGib).toBe(33);
    expect(leftOf(200).clusterGib).toBe(-34);
  });
});

describe('the evidence', () => {
  it('has each broker, what grows together and what is not counted', () => {
    expect(decide({ ...full(0.5), storageMode: 'TIERED', throughputMibps: 250 }).evidence).toMatchObject({
      brokers: [
        { brokerId: 1, usedFraction: 0.5 },
        { brokerId: 2, usedFraction: 0.5 },
        { brokerId: 3, usedFraction: 0.5 },
      ],
      volumes: 3,
      storageMode: 'TIERED',
      throughputMibps: 250,
    });
  });
});

describe('the forecast across growths', () => {
  it('takes a fraction from before an operation of the size before, and none from in between', () => {
    // 80 GiB all day; at half the day the volumes went from 100 to 200 GiB.
    const growths = [{ atMs: nowMs - 12 * hourMs, fromGib: 100, doneAtMs: nowMs - 11 * hourMs }];
    const { hourly, recent } = readingsUpTo(0.4);
    const before = hourly.timesMs.map((timeMs, index) =>
      timeMs < nowMs - 11 * hourMs ? 0.8 : (hourly.usedFractions[index] ?? 0),
    );
    const volume = { sizeGib: 200, growths, recent, hourly: { ...hourly, usedFractions: before } };
    const { evidence } = decide(volume);
    expect(evidence).toMatchObject({ usedGib: 80, fillGibPerHour: 0 });
    expect(decide({ ...volume, growths: [] }).evidence.fillGibPerHour).toBeGreaterThanOrEqual(0);
  });

  it('while an operation runs, the newest reading alone is of the size that MSK shows', () => {
    const growths = [{ atMs: nowMs - dayMs - hourMs, fromGib: 50, doneAtMs: Number.MAX_SAFE_INTEGER }];
    expect(decide({ ...full(0.5), growths }).evidence).toMatchObject({ usedGib: 50, fillGibPerHour: 0 });
  });
});

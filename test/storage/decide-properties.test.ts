/** What holds for every decision, whatever was observed. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Request } from '../../functions/storage/decision.ts';
import { capacityLeft } from '../../functions/storage/ec2/caps.ts';
import { decideGrowth, usdPerGibMonth } from '../../functions/storage/ec2/decide.ts';
import type { ClusterFacts, EbsVolumeFacts } from '../../functions/storage/facts.ts';
import { bytesPerGib, dayMs, hourMs, sizeGibMaxByType } from '../../functions/storage/limits.ts';
import {
  aCluster,
  anInspection,
  aVolume,
  nowMs,
  policy,
  prices,
  readingsUpTo,
  someFacts,
} from '../support/storage-facts.ts';

const runs = { numRuns: 2_000, seed: 1 };
const size = fc.integer({ min: 1, max: 4_000 });

const volumes = fc
  .record({
    sizeGib: size,
    type: fc.constantFrom('gp2' as const, 'gp3' as const, 'io2' as const, 'st1' as const),
    used: fc.double({ min: 0.7, max: 1, noNaN: true }),
    perHour: fc.double({ min: -0.02, max: 0.08, noNaN: true }),
    past: fc.array(fc.integer({ min: 0, max: 30 * hourMs }), { maxLength: 2 }),
    usable: fc.double({ min: 0.951, max: 1, noNaN: true }),
    modification: fc.option(
      fc.record({
        state: fc.constantFrom('modifying' as const, 'optimizing' as const, 'completed' as const, 'failed' as const),
        agoMs: fc.integer({ min: 0, max: 3 * dayMs }),
      }),
      { nil: undefined, freq: 1 },
    ),
    notBeforeMs: fc.option(fc.integer({ min: 1, max: dayMs }), { nil: undefined, freq: 1 }),
  })
  .map(({ sizeGib, type, used, perHour, past, usable, modification, notBeforeMs }): EbsVolumeFacts =>
    aVolume({
      sizeGib,
      type,
      ...readingsUpTo(used, perHour),
      past: past.map((agoMs) => ({ startedAtMs: nowMs - agoMs })),
      inspection: anInspection({
        deviceBytes: sizeGib * bytesPerGib,
        filesystemBytes: Math.floor(sizeGib * bytesPerGib * usable),
      }),
      ...(modification === undefined
        ? {}
        : {
            modification: {
              volumeId: 'vol-1',
              state: modification.state,
              originalGib: 1,
              targetGib: sizeGib,
              startedAtMs: nowMs - modification.agoMs,
            },
          }),
      ...(notBeforeMs === undefined ? {} : { notBefore: { atMs: nowMs + notBeforeMs, reason: 'x' } }),
    }),
  );

const policies = fc
  .record({
    stepGibMin: fc.integer({ min: 1, max: 60 }),
    stepGibMax: fc.integer({ min: 50, max: 5_000 }),
    sizeGibMax: fc.integer({ min: 2_000, max: 20_000 }),
    growthGibPerDayMax: fc.integer({ min: 400, max: 5_000 }),
    clusterGibMax: fc.integer({ min: 9_000, max: 60_000 }),
    clusterUsdPerMonthMax: fc.double({ min: 900, max: 6_000, noNaN: true }),
    approvalAboveUsdPerMonth: fc.double({ min: 0, max: 200, noNaN: true }),
    modificationsReserved: fc.integer({ min: 0, max: 3 }),
  })
  // As fleet.yaml is checked (functions/fleet/check.ts).
  .filter(({ stepGibMin, stepGibMax, growthGibPerDayMax }) => stepGibMin <= Math.min(stepGibMax, growthGibPerDayMax))
  .map((change) => aCluster({ policy: change }));

const states = fc
  .record({
    dayGrownGib: fc.integer({ min: 0, max: 800 }),
    elsewhereGib: fc.integer({ min: 0, max: 12_000 }),
    fleetPaused: fc.nat(9).map((one) => one === 7),
  })
  .map(({ dayGrownGib, ...rest }): Partial<ClusterFacts<EbsVolumeFacts>> => ({
    ...rest,
    state: { ...someFacts(aVolume()).state, dayGrownGib },
  }));

const requests: fc.Arbitrary<Request | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant({ action: 'grow' as const }),
  fc.integer({ min: 500, max: 5_000 }).map((toGib) => ({ action: 'grow' as const, toGib })),
  fc.integer({ min: 2_000, max: 5_000 }).map((targetGib) => ({ approved: { fromGib: 1, targetGib } })),
);

const decided = fc.record({ volume: volumes, cluster: policies, facts: states, request: requests }).map((given) => {
  const facts = someFacts(given.volume, given.facts);
  const { volume, cluster, request } = given;
  const input = { volume, facts, cluster, prices, ...(request === undefined ? {} : { request }) };
  return { ...given, facts, decision: decideGrowth(input) };
});

describe('every growth', () => {
  it('is larger than the volume, a whole number, and within every cap', () => {
    let growths = 0;
    fc.assert(
      fc.property(decided, ({ volume, cluster, facts, decision }) => {
        if (decision.action !== 'grow') return;
        growths += 1;
        const left = capacityLeft({ cluster, facts, volume, usdPerGibMonth: usdPerGibMonth(prices, volume) });
        const step = decision.targetGib - volume.sizeGib;
        expect(Number.isInteger(decision.targetGib)).toBe(true);
        expect(step).toBeGreaterThan(0);
        expect(decision.fromGib).toBe(volume.sizeGib);
        expect(step).toBeLessThanOrEqual(cluster.policy.stepGibMax);
        expect(step).toBeLessThanOrEqual(left.dayGib);
        expect(step).toBeLessThanOrEqual(left.clusterGib);
        expect(decision.targetGib).toBeLessThanOrEqual(cluster.policy.sizeGibMax);
        expect(decision.targetGib).toBeLessThanOrEqual(sizeGibMaxByType[volume.type] ?? 0);
      }),
      runs,
    );
    expect(growths).toBeGreaterThan(50);
  });

  it('is never decided while paused, before EBS allows it, or out of the reserve without an emergency', () => {
    fc.assert(
      fc.property(decided, ({ volume, cluster, facts, decision }) => {
        if (decision.action !== 'grow') return;
        expect(facts.fleetPaused).toBe(false);
        expect(['modifying', 'optimizing']).not.toContain(volume.modification?.state);
        const used = volume.past.filter(({ startedAtMs }) => startedAtMs > nowMs - dayMs).length;
        const reserved = decision.evidence.emergency === true ? 0 : cluster.policy.modificationsReserved;
        expect(used).toBeLessThan(4 - reserved);
      }),
      runs,
    );
  });

  it('ends below the target, even at the forecast fill, unless it is capped or was asked for', () => {
    fc.assert(
      fc.property(decided, ({ volume, request, decision }) => {
        if (decision.action !== 'grow' || request?.toGib !== undefined || request?.approved !== undefined) return;
        if (decision.evidence.cappedBy !== undefined) return;
        const usable = (volume.inspection?.filesystemBytes ?? 0) / (volume.inspection?.deviceBytes ?? 1);
        const fraction = (decision.evidence.forecastGib ?? Infinity) / (decision.targetGib * usable);
        expect(fraction).toBeLessThanOrEqual(policy.usedFractionTarget + 0.02 / (decision.targetGib * usable));
      }),
      runs,
    );
  });

  it('that costs more than the policy’s limit asks a person, unless one has approved just that', () => {
    fc.assert(
      fc.property(decided, ({ cluster, request, decision }) => {
        if (decision.action !== 'grow') return;
        expect(decision.needsApproval).toBe(
          request?.approved === undefined && decision.usdPerMonth > cluster.policy.approvalAboveUsdPerMonth,
        );
        expect(decision.targetGib).toBe(request?.approved?.targetGib ?? decision.targetGib);
      }),
      runs,
    );
  });
});

describe('every decision', () => {
  it('to wait names a time that is to come, or none; and there is time', () => {
    fc.assert(
      fc.property(decided, ({ volume, decision }) => {
        if (decision.action !== 'wait' || decision.retryAtMs === undefined) return;
        expect(decision.retryAtMs).toBeGreaterThan(nowMs);
        const { fullInHours = Infinity } = decision.evidence;
        if (volume.modification?.state === 'modifying') return;
        expect(fullInHours).toBeGreaterThan((decision.retryAtMs - nowMs) / hourMs);
      }),
      runs,
    );
  });

  it('is one, whatever strange things were observed', () => {
    const strange = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e300, Number.NaN, Number.POSITIVE_INFINITY));
    const readings = fc
      .array(fc.tuple(strange, strange), { maxLength: 30 })
      .map((points) => ({ timesMs: points.map(([at]) => at), usedFractions: points.map(([, used]) => used) }));
    fc.assert(
      fc.property(readings, readings, strange, strange, strange, (hourly, recent, sizeGib, deviceBytes, atMs) => {
        const volume = aVolume({ sizeGib, hourly, recent, inspection: anInspection({ deviceBytes, atMs }) });
        const decision = decideGrowth({ volume, facts: someFacts(volume), cluster: aCluster(), prices });
        expect(typeof decision.reason).toBe('string');
        expect(decision.evidence).toBeDefined();
        expect(decision.action !== 'grow' || decision.targetGib > sizeGib).toBe(true);
      }),
      runs,
    );
  });
});

/** What holds for every decision about an MSK cluster, whatever was observed. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { GrowthDecision, Request } from '../../../functions/storage/decision.ts';
import type { ClusterFacts, MskStorageFacts } from '../../../functions/storage/facts.ts';
import { dayMs, hourMs } from '../../../functions/storage/limits.ts';
import { capacityLeftOfMsk, decideMskGrowth } from '../../../functions/storage/msk/decide.ts';
import { coolDownEndsMs } from '../../../functions/storage/msk/limits.ts';
import {
  anMskCluster,
  anMskStorage,
  brokersAt,
  nowMs,
  prices,
  readingsUpTo,
  someFacts,
} from '../../support/storage-facts.ts';

const runs = { numRuns: 2_000, seed: 1 };
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 });

const storages = fc
  .record({
    sizeGib: fc.oneof(fc.integer({ min: 1, max: 4_000 }), fc.integer({ min: 16_300, max: 16_400 })),
    fractions: fc.array(fc.double({ min: 0.55, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
    perHour: fc.double({ min: -0.02, max: 0.08, noNaN: true }),
    rivalPerHour: optional(fc.double({ min: 0, max: 0.1, noNaN: true })),
    changedAgoMs: optional(fc.integer({ min: 0, max: 2 * dayMs })),
    learntMs: optional(fc.integer({ min: 0, max: 40 * hourMs })),
    clusterState: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'UPDATING', 'HEALING', 'MAINTENANCE'),
    scalingTarget: optional(fc.record({ sizeGibMax: fc.integer({ min: 1, max: 16_384 }) })),
    notBefore: optional(
      fc.record({
        atMs: fc.integer({ min: nowMs + 1, max: nowMs + dayMs }),
        reason: fc.constantFrom('cool-down', 'unknown-text', 'approval-rejected'),
      }),
    ),
  })
  .map(
    ({ sizeGib, fractions, perHour, rivalPerHour, changedAgoMs, learntMs, clusterState, scalingTarget, notBefore }) => {
      const fullest = Math.max(...fractions);
      return anMskStorage({
        sizeGib,
        volumes: fractions.length,
        brokers: brokersAt(...fractions),
        clusterState,
        ...readingsUpTo(fullest, perHour),
        ...(rivalPerHour === undefined ? {} : { rivals: [readingsUpTo(Math.min(...fractions), rivalPerHour)] }),
        ...(changedAgoMs === undefined ? {} : { changedAtMs: nowMs - changedAgoMs }),
        ...(learntMs === undefined ? {} : { coolDown: { changeAtMs: 0, refusals: 1, learntMs } }),
        ...(scalingTarget === undefined ? {} : { scalingTarget }),
        ...(notBefore === undefined ? {} : { notBefore }),
      });
    },
  );

const clusters = fc
  .record({
    stepGibMin: fc.integer({ min: 1, max: 60 }),
    stepGibMax: fc.integer({ min: 60, max: 5_000 }),
    sizeGibMax: fc.integer({ min: 2_000, max: 16_384 }),
    growthGibPerDayMax: fc.integer({ min: 400, max: 20_000 }),
    clusterGibMax: fc.integer({ min: 4_000, max: 120_000 }),
    clusterUsdPerMonthMax: fc.double({ min: 400, max: 12_000, noNaN: true }),
    approvalAboveUsdPerMonth: fc.double({ min: 0, max: 400, noNaN: true }),
  })
  .chain((policy) =>
    fc
      .record({
        skewFractionMax: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        takeOverFromAutoScaling: fc.boolean(),
      })
      .map((change) => anMskCluster({ ...change, policy })),
  );

const states = fc
  .record({ dayGrownGib: fc.integer({ min: 0, max: 2_000 }), fleetPaused: fc.nat(9).map((one) => one === 7) })
  .map(({ dayGrownGib, fleetPaused }): Partial<ClusterFacts<MskStorageFacts>> => ({
    fleetPaused,
    state: { ...someFacts(anMskStorage()).state, dayGrownGib },
  }));

const requests: fc.Arbitrary<Request | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant(undefined),
  fc.constant({ action: 'grow' as const }),
  fc.integer({ min: 500, max: 5_000 }).map((toGib) => ({ action: 'grow' as const, toGib })),
  fc
    .record({
      targetGib: fc.integer({ min: 500, max: 5_000 }),
      usdPerMonth: optional(fc.integer({ min: 1, max: 900 })),
    })
    .map(({ targetGib, usdPerMonth }) => ({
      approved: { fromGib: 1, targetGib, ...(usdPerMonth === undefined ? {} : { usdPerMonth }) },
    })),
);

const decided = fc.record({ volume: storages, cluster: clusters, facts: states, request: requests }).map((given) => {
  const facts = someFacts(given.volume, given.facts);
  const { volume, cluster, request } = given;
  const decision: GrowthDecision = decideMskGrowth({
    volume,
    facts,
    cluster,
    prices,
    ...(request === undefined ? {} : { request }),
  });
  return { ...given, facts, decision };
});

type Decided = typeof decided extends fc.Arbitrary<infer T> ? T : never;
const everyGrowth = (check: (given: Decided & { decision: { action: 'grow' } }) => void): void => {
  let growths = 0;
  fc.assert(
    fc.property(decided, (given) => {
      if (given.decision.action !== 'grow') return;
      growths += 1;
      check(given as Decided & { decision: { action: 'grow' } });
    }),
    runs,
  );
  expect(growths).toBeGreaterThan(100);
};

describe('every growth', () => {
  it('is a whole number of at least ten GiB more, within MSK’s maximum and every cap of all brokers together', () => {
    everyGrowth(({ volume, cluster, facts, decision }) => {
      const { policy } = cluster;
      const step = decision.targetGib - volume.sizeGib;
      const all = step * volume.volumes;
      expect(Number.isInteger(decision.targetGib)).toBe(true);
      expect(decision.fromGib).toBe(volume.sizeGib);
      expect(step).toBeGreaterThanOrEqual(10);
      expect(step).toBeLessThanOrEqual(policy.stepGibMax);
      expect(decision.targetGib).toBeLessThanOrEqual(Math.min(policy.sizeGibMax, 16_384));
      expect(facts.state.dayGrownGib + all).toBeLessThanOrEqual(policy.growthGibPerDayMax);
      expect(decision.targetGib * volume.volumes).toBeLessThanOrEqual(policy.clusterGibMax);
      expect(decision.targetGib * volume.volumes * 0.1).toBeLessThanOrEqual(policy.clusterUsdPerMonthMax + 1e-6);
      expect(decision.usdPerMonth).toBeCloseTo(all * 0.1, 2);
      const left = capacityLeftOfMsk({ cluster, facts, volume, prices });
      expect(step).toBeLessThanOrEqual(Math.min(left.dayGib, left.clusterGib));
    });
  });

  it('is of an ACTIVE cluster, outside every cool-down that is known, owned by nobody else, and not paused', () => {
    everyGrowth(({ volume, cluster, facts }) => {
      expect(volume.clusterState).toBe('ACTIVE');
      expect(facts.fleetPaused).toBe(false);
      expect(coolDownEndsMs(volume)).toBeLessThanOrEqual(nowMs);
      expect(volume.notBefore?.reason).not.toBe('cool-down');
      expect(volume.scalingTarget === undefined || cluster.takeOverFromAutoScaling).toBe(true);
    });
  });

  it('is of brokers that are used alike, unless it is an emergency or a person wants it', () => {
    everyGrowth(({ volume, cluster, request, decision }) => {
      if (decision.evidence.emergency === true || request !== undefined) return;
      const used = volume.brokers.map(({ usedFraction }) => usedFraction ?? 0);
      const fullest = Math.max(...used);
      // Half of the others at least are not much less full.
      const near = used.filter((fraction) => fullest - fraction <= cluster.skewFractionMax + 1e-6);
      expect(near.length - 1).toBeGreaterThanOrEqual(Math.floor((used.length - 1) / 2));
    });
  });

  it('that costs more than the policy’s limit asks a person, unless one has approved it at that price', () => {
    everyGrowth(({ cluster, request, decision }) => {
      const shown = request?.approved?.usdPerMonth ?? Infinity;
      const isApproved = request?.approved !== undefined && decision.usdPerMonth <= shown;
      expect(decision.needsApproval).toBe(
        !isApproved && decision.usdPerMonth > cluster.policy.approvalAboveUsdPerMonth,
      );
    });
  });

  it('leaves room until the next change, also on the broker that fills fastest, unless it is capped or was asked for', () => {
    everyGrowth(({ request, cluster, decision }) => {
      if (request?.toGib !== undefined || request?.approved !== undefined) return;
      if (decision.evidence.cappedBy !== undefined) return;
      const { forecastGib = Infinity, horizonHours = 0 } = decision.evidence;
      expect(forecastGib / decision.targetGib).toBeLessThanOrEqual(cluster.policy.usedFractionTarget + 0.01);
      expect(horizonHours).toBeGreaterThanOrEqual(24);
    });
  });
});

describe('every decision', () => {
  it('to wait names a time that is to come, or none; and there is time', () => {
    fc.assert(
      fc.property(decided, ({ decision }) => {
        if (decision.action !== 'wait' || decision.retryAtMs === undefined) return;
        expect(decision.retryAtMs).toBeGreaterThan(nowMs);
        expect(decision.evidence.fullInHours ?? Infinity).toBeGreaterThan((decision.retryAtMs - nowMs) / hourMs);
      }),
      runs,
    );
  });

  it('takes the worst of all brokers: with a rival it is never more at ease', () => {
    fc.assert(
      fc.property(decided, ({ volume, cluster, facts, request, decision }) => {
        const { rivals: _, ...alone } = volume;
        const without = decideMskGrowth({
          volume: alone,
          facts: { ...facts, volumes: [alone] },
          cluster,
          prices,
          ...(request === undefined ? {} : { request }),
        });
        expect(decision.evidence.usedFraction ?? 0).toBeGreaterThanOrEqual(without.evidence.usedFraction ?? 0);
        expect(decision.evidence.fullInHours ?? Infinity).toBeLessThanOrEqual(without.evidence.fullInHours ?? Infinity);
        expect(decision.action === 'keep' && without.action !== 'keep').toBe(false);
      }),
      runs,
    );
  });

  it('is one, whatever strange things were observed', () => {
    const strange = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e300, Number.NaN, Number.POSITIVE_INFINITY));
    const readings = fc
      .array(fc.tuple(strange, strange), { maxLength: 20 })
      .map((points) => ({ timesMs: points.map(([at]) => at), usedFractions: points.map(([, used]) => used) }));
    fc.assert(
      fc.property(
        readings,
        readings,
        readings,
        strange,
        strange,
        strange,
        (hourly, recent, rival, sizeGib, volumes, at) => {
          const volume = anMskStorage({
            sizeGib,
            volumes,
            hourly,
            recent,
            rivals: [{ hourly: rival, recent: rival }],
            changedAtMs: at,
            coolDown: { changeAtMs: at, refusals: 1, learntMs: at },
          });
          const decision = decideMskGrowth({ volume, facts: someFacts(volume), cluster: anMskCluster(), prices });
          expect(typeof decision.reason).toBe('string');
          expect(decision.evidence).toBeDefined();
          expect(decision.action !== 'grow' || decision.targetGib >= sizeGib + 10).toBe(true);
        },
      ),
      runs,
    );
  });
});

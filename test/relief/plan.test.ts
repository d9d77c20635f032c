/** Which topics, and how much shorter. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { RetentionRelief } from '../../functions/fleet/fleet.ts';
import { isAllowed, topicBars } from '../../functions/relief/decide.ts';
import type { ReliefDecision } from '../../functions/relief/decision.ts';
import type { BrokerFill, ReliefFacts, TopicFacts } from '../../functions/relief/facts.ts';
import { bytesPerGib, hourMs } from '../../functions/relief/limits.ts';
import { decideRelief, type ReliefRequest } from '../../functions/relief/plan.ts';
import { hashOf } from '../../functions/relief/plan-hash.ts';
import { heldBytes, replicaRates } from '../../functions/relief/usage.ts';
import { aTopic, days7, reliefPolicy } from './relief-world.ts';

const nowMs = Date.UTC(2026, 10, 21, 12);

/** Three partitions on three brokers, three copies each: every broker holds all of it. */
function facts(name: string, gibPerHour: number | undefined, configs: Record<string, string> = {}): TopicFacts {
  const each = ((gibPerHour ?? 0) * bytesPerGib) / 3600 / 3;
  return {
    topic: aTopic(name, configs),
    ...(gibPerHour !== undefined && { bytesIn: { 1: each, 2: each, 3: each } }),
    placement: [0, 1, 2].map((partition) => ({ partition, leader: partition + 1, replicas: [1, 2, 3] })),
  };
}

const fill: BrokerFill = { brokerId: 2, usedGib: 800, capacityGib: 1000, fillGibPerHour: 0, atMs: nowMs };

function plan(
  topics: TopicFacts[],
  change: Partial<Omit<ReliefRequest, 'relief' | 'facts'>> & {
    relief?: Partial<RetentionRelief>;
    fullest?: Partial<BrokerFill>;
  } = {},
): ReliefDecision {
  const { relief, fullest, ...rest } = change;
  const read: ReliefFacts = { nowMs, fullest: { ...fill, ...fullest }, topics, unread: 0 };
  return decideRelief({
    facts: read,
    relief: { ...reliefPolicy, ...relief },
    usedFractionTarget: 0.6,
    ...rest,
  });
}

const shortened = (decision: ReliefDecision): Record<string, string> =>
  decision.action === 'shorten'
    ? Object.fromEntries(decision.topics.map(({ name, shortened }) => [name, Object.values(shortened)[0] ?? '']))
    : {};
const why = (decision: ReliefDecision, name: string): string | undefined =>
  decision.evidence.left?.find((one) => one.name === name)?.why;

describe('how much', () => {
  it('frees what brings the fullest broker to its target, and no more', () => {
    const decision = plan([facts('big', 2)]);
    expect(decision).toMatchObject({ action: 'shorten', reason: 'enough', evidence: { needGib: 200 } });
    // 2 GiB an hour: 100 h less are 200 GiB.
    expect(shortened(decision)).toEqual({ big: String(68 * hourMs) });
    expect(decision.action === 'shorten' && decision.topics[0]?.former).toEqual({ 'retention.ms': days7 });
  });

  it('the heaviest first, and only as many as needed', () => {
    const decision = plan([facts('small', 0.5), facts('big', 2), facts('middle', 1)], { fullest: { usedGib: 900 } });
    expect(shortened(decision)).toEqual({ big: String(24 * hourMs), middle: String(156 * hourMs) });
  });

  it('counts what will arrive until growth is allowed again', () => {
    const retryAtMs = nowMs + 10 * hourMs;
    const decision = plan([facts('big', 2)], { fullest: { fillGibPerHour: 3 }, retryAtMs });
    expect(decision.evidence).toMatchObject({ needGib: 230, untilMs: retryAtMs });
  });

  it.each([
    ['nobody knows when that is', undefined],
    ['that is after the former values are back', nowMs + 1000 * hourMs],
  ])('counts until the former values are back where %s', (_title, retryAtMs) => {
    const decision = plan([facts('big', 2)], { fullest: { fillGibPerHour: 1 }, retryAtMs });
    expect(decision.evidence).toMatchObject({ needGib: 248, untilMs: nowMs + 48 * hourMs });
  });

  it('takes the growth’s forecast where it is steeper than what was measured', () => {
    expect(plan([facts('big', 2)], { fullInHours: 100 }).evidence).toMatchObject({ fillGibPerHour: 2, needGib: 296 });
  });

  it.each([
    [600, 'keep'],
    [600.1, 'shorten'],
  ])('with %d GiB of 1000 used: %s', (usedGib, action) => {
    expect(plan([facts('big', 2)], { fullest: { usedGib } }).action).toBe(action);
  });

  it('says so when all of it is not enough', () => {
    const decision = plan([facts('big', 2)], { fullest: { usedGib: 990 } });
    expect(decision).toMatchObject({
      action: 'shorten',
      reason: 'not-enough',
      evidence: { needGib: 390, freesGib: 288 },
    });
    expect(shortened(decision)).toEqual({ big: String(24 * hourMs) });
  });

  it('no more topics than the policy says', () => {
    const decision = plan([facts('a', 0.3), facts('b', 0.2), facts('c', 0.1)], { relief: { topicsMax: 2 } });
    expect(Object.keys(shortened(decision))).toEqual(['a', 'b']);
    expect(decision).toMatchObject({ reason: 'not-enough' });
    expect(why(decision, 'c')).toBe('beyond-topics-max');
  });

  it('promises no more than lies on the broker', () => {
    // Its traffic × retention would be 1,680 GiB of 800.
    const decision = plan([facts('young', 10)], { fullest: { usedGib: 700 } });
    const [topic] = decision.action === 'shorten' ? decision.topics : [];
    expect(topic?.freesGib).toBeGreaterThanOrEqual(100);
    expect(Number(topic?.shortened['retention.ms']) / hourMs).toBe(144);
  });

  it('counts only the replicas that lie on the fullest broker, each by its leader’s traffic', () => {
    const skewed: TopicFacts = {
      topic: aTopic('skewed'),
      bytesIn: { 1: 6, 3: 1 },
      placement: [
        { partition: 0, leader: 1, replicas: [1, 2] },
        { partition: 1, leader: 1, replicas: [1, 3] },
        { partition: 2, leader: 3, replicas: [3, 2] },
        { partition: 3, leader: -1, replicas: [2] },
      ],
    };
    expect(replicaRates(skewed, 2)).toEqual([3, 1, 0]);
    expect(heldBytes(skewed, 2, { ms: 10_000, bytes: 20 })).toEqual([20, 10, 0]);
  });

  it('knows that the newest segment of each partition stays', () => {
    // 1.68 GiB in three partitions of a segment of 1 GiB: nothing would be deleted.
    const decision = plan([facts('quiet', 0.01, { 'segment.bytes': String(bytesPerGib) })]);
    expect(decision).toMatchObject({ action: 'refuse', reason: 'nothing-to-shorten' });
    expect(why(decision, 'quiet')).toBe('frees-nothing');
  });
});

const sized = (gib: number): Record<string, string> => ({
  'retention.ms': '-1',
  'retention.bytes': String(gib * bytesPerGib),
});

describe('which key', () => {
  it('shortens retention.bytes where time is no bound', () => {
    const decision = plan([facts('sized', 2, sized(100))], { fullest: { usedGib: 660 } });
    const [topic] = decision.action === 'shorten' ? decision.topics : [];
    expect(topic?.former).toEqual({ 'retention.bytes': String(100 * bytesPerGib) });
    expect(topic?.shortened).toEqual({ 'retention.bytes': String(80 * bytesPerGib) });
  });

  it('not below the hours of the floor there either', () => {
    // 2/3 GiB an hour and partition: 24 h are 16 GiB.
    const decision = plan([facts('sized', 2, sized(20))], { fullest: { usedGib: 990 } });
    expect(shortened(decision)).toEqual({ sized: String(16 * bytesPerGib) });
  });

  it('knows a weight by retention.bytes alone, without a metric', () => {
    const decision = plan([facts('sized', undefined, sized(50))], { fullest: { usedGib: 630 } });
    expect(shortened(decision)).toEqual({ sized: String(40 * bytesPerGib) });
  });

  it('where both bound, goes below what size has cut already', () => {
    // 30 GiB a partition are reached in 45 h: only below that does time free anything.
    const decision = plan([facts('both', 2, { 'retention.bytes': String(30 * bytesPerGib) })], {
      fullest: { usedGib: 630 },
    });
    expect(shortened(decision)).toEqual({ both: String(30 * hourMs) });
  });
});

describe('what is left alone', () => {
  it.each([
    ['__consumer_offsets', {}, 'internal'],
    ['_schemas', {}, 'internal'],
    ['mm2-offset-syncs.blue.internal', {}, 'internal'],
    ['audit-2026', {}, 'excluded'],
    ['t', { 'cleanup.policy': 'compact' }, 'compacted'],
    ['t', { 'cleanup.policy': 'compact,delete' }, 'compacted'],
    ['t', { 'remote.storage.enable': 'true' }, 'tiered'],
    ['t', { 'retention.ms': '-1' }, 'kept-for-ever'],
    ['t', { 'retention.ms': String(24 * hourMs) }, 'at-floor'],
    ['t', { 'retention.ms': String(hourMs) }, 'at-floor'],
    ['t', { 'retention.ms': '-1', 'retention.bytes': String(bytesPerGib) }, 'at-floor'],
    ['t', { 'retention.ms': 'soon' }, 'retention-unknown'],
  ])('%s with %j: %s', (name, configs, reason) => {
    const decision = plan([facts(name, 5, configs)]);
    expect(decision).toMatchObject({ action: 'refuse', reason: 'nothing-to-shorten' });
    expect(why(decision, name)).toBe(reason);
    expect(plan([facts(name, 5, configs)], { named: [name] }).action).toBe('refuse');
  });

  it('exclusions are whole names, or prefixes with a star', () => {
    const relief = { ...reliefPolicy, exclude: ['orders', 'audit-*'] };
    expect(topicBars(aTopic('orders-eu'), relief, false)).toBeUndefined();
    expect(topicBars(aTopic('orders'), relief, false)).toBe('excluded');
    expect(topicBars(aTopic('auditing'), relief, false)).toBeUndefined();
  });

  it('a cleanup policy that is not shown, unless a person names the topic', () => {
    const one = facts('t', 5);
    delete one.topic.configs['cleanup.policy'];
    expect(why(plan([one]), 't')).toBe('cleanup-policy-unknown');
    expect(plan([one], { named: ['t'] }).action).toBe('shorten');
  });

  it('a retention that is inherited and not shown', () => {
    const one = facts('t', 5);
    delete one.topic.configs['retention.ms'];
    expect(why(plan([one]), 't')).toBe('retention-unknown');
  });

  it('one hour above the floor is shortened, to the floor', () => {
    const decision = plan([facts('t', 5, { 'retention.ms': String(25 * hourMs) })]);
    expect(shortened(decision)).toEqual({ t: String(24 * hourMs) });
  });
});

describe('weights that nobody knows', () => {
  it('refuses where none is known', () => {
    const decision = plan([facts('dark', undefined)]);
    expect(decision).toMatchObject({ action: 'refuse', reason: 'weights-unknown' });
    expect(why(decision, 'dark')).toBe('weight-unknown');
  });

  it('goes by those that are known, and names the others', () => {
    const decision = plan([facts('dark', undefined), facts('big', 2)]);
    expect(shortened(decision)).toHaveProperty('big');
    expect(why(decision, 'dark')).toBe('weight-unknown');
  });

  it('shortens a named one to the floor and promises nothing', () => {
    const decision = plan([facts('dark', undefined)], { named: ['dark', 'nowhere'] });
    expect(decision).toMatchObject({ action: 'shorten', reason: 'unweighed', evidence: { freesGib: 0 } });
    expect(shortened(decision)).toEqual({ dark: String(24 * hourMs) });
    expect(why(decision, 'nowhere')).toBe('not-found');
  });

  it('touches no topic that was not named', () => {
    expect(shortened(plan([facts('big', 2), facts('mine', 1)], { named: ['mine'] }))).toHaveProperty('mine');
    expect(shortened(plan([facts('big', 2), facts('mine', 1)], { named: ['mine'] }))).not.toHaveProperty('big');
  });
});

describe('whatever was read', () => {
  const retention = fc.oneof(
    fc.constant('-1'),
    fc.integer({ min: 1, max: 2000 }).map((hours) => String(hours * hourMs)),
    fc.nat({ max: 4_000_000_000 }).map(String),
  );
  const size = fc.oneof(
    fc.constant('-1'),
    fc.nat({ max: 300 }).map((gib) => String(gib * bytesPerGib)),
    fc.nat({ max: 2 ** 40 }).map(String),
  );
  const names = ['a', 'b', 'c', 'd', '__e', 'audit-f', '_g', 'h.internal'];
  const oneTopic = (name: string) =>
    fc
      .record({
        gibPerHour: fc.option(
          fc.nat({ max: 500 }).map((tenths) => tenths / 10),
          { nil: undefined, freq: 3 },
        ),
        ms: retention,
        bytes: size,
        cleanup: fc.constantFrom('delete', 'delete', 'delete', 'compact', 'compact,delete', 'delete,compact'),
        tiered: fc.constantFrom('false', 'false', 'true'),
      })
      .map(({ gibPerHour, ms, bytes, cleanup, tiered }) =>
        facts(name, gibPerHour, {
          'retention.ms': ms,
          'retention.bytes': bytes,
          'cleanup.policy': cleanup,
          'remote.storage.enable': tiered,
        }),
      );
  const requests = fc.record({
    topics: fc.tuple(...names.map(oneTopic)),
    usedGib: fc.integer({ min: 400, max: 1000 }),
    fillGibPerHour: fc.nat({ max: 30 }),
    hoursMin: fc.integer({ min: 1, max: 200 }),
    gibMin: fc.integer({ min: 1, max: 30 }),
    topicsMax: fc.integer({ min: 1, max: 5 }),
    named: fc.option(fc.subarray(names, { minLength: 1 }), { nil: undefined, freq: 1 }),
  });

  it('never below the floor, never longer, never too many, never an excluded one; frees no more than is there', () => {
    let planned = 0;
    fc.assert(
      fc.property(requests, ({ topics, usedGib, fillGibPerHour, hoursMin, gibMin, topicsMax, named }) => {
        const relief = { ...reliefPolicy, retentionHoursMin: hoursMin, retentionGibMin: gibMin, topicsMax };
        const decision = plan(topics, { relief, fullest: { usedGib, fillGibPerHour }, named });
        if (decision.action !== 'shorten') return;
        planned += 1;
        expect(decision.topics.length).toBeGreaterThan(0);
        expect(decision.topics.length).toBeLessThanOrEqual(topicsMax);
        expect(decision.evidence.freesGib).toBeLessThanOrEqual(usedGib + 0.01);
        for (const one of decision.topics) {
          const { configs } = topics.find(({ topic }) => topic.name === one.name)!.topic;
          expect(['a', 'b', 'c', 'd']).toContain(one.name);
          expect(configs['cleanup.policy']).toBe('delete');
          expect(configs['remote.storage.enable']).toBe('false');
          expect(named ?? names).toContain(one.name);
          const [[key, value] = ['', '']] = Object.entries(one.shortened);
          expect(one.former).toEqual({ [key]: configs[key] });
          expect(Number(value)).toBeLessThan(Number(configs[key]));
          expect(Number(value)).toBeGreaterThanOrEqual(
            key === 'retention.ms' ? hoursMin * hourMs : gibMin * bytesPerGib,
          );
          expect(isAllowed(one, relief)).toBe(true);
        }
      }),
      { numRuns: 2_000, seed: 1 },
    );
    // The generator reaches what it is about.
    expect(planned).toBeGreaterThan(500);
  });
});

describe('the last look before a value is written', () => {
  it.each([
    [{ 'retention.ms': days7 }, { 'retention.ms': String(24 * hourMs) }, true],
    [{ 'retention.ms': days7 }, { 'retention.ms': String(24 * hourMs - 1) }, false],
    [{ 'retention.ms': days7 }, { 'retention.ms': days7 }, false],
    [{ 'retention.ms': days7 }, { 'retention.ms': '-1' }, false],
    [{ 'retention.bytes': String(2 * bytesPerGib) }, { 'retention.bytes': String(bytesPerGib) }, true],
    [{ 'retention.bytes': String(2 * bytesPerGib) }, { 'retention.bytes': String(bytesPerGib - 1) }, false],
    [{ 'retention.bytes': '-1' }, { 'retention.bytes': String(bytesPerGib) }, true],
    [{}, { 'retention.ms': String(48 * hourMs) }, false],
    [{ 'segment.ms': '2' }, { 'segment.ms': '1' }, false],
  ])('%j → %j: %s', (former, shorter, allowed) => {
    expect(isAllowed({ former, shortened: shorter }, reliefPolicy)).toBe(allowed);
  });
});

describe('the plan’s hash', () => {
  const topic = { name: 'a', id: '1', former: { 'retention.ms': '9' }, shortened: { 'retention.ms': '5' } };
  const base = { cluster: 'c', restoreAfterHours: 48, topics: [topic, { ...topic, name: 'b' }] };

  it('does not know the weather, nor an order', () => {
    const other = { ...base, topics: [{ ...topic, name: 'b', freesGib: 7 }, topic] };
    expect(hashOf(other)).toBe(hashOf(base));
  });

  it.each([
    ['cluster', { ...base, cluster: 'd' }],
    ['time', { ...base, restoreAfterHours: 49 }],
    ['fewer topics', { ...base, topics: [topic] }],
    ['id', { ...base, topics: [{ ...topic, id: '2' }, base.topics[1]!] }],
    ['former', { ...base, topics: [{ ...topic, former: { 'retention.ms': '8' } }, base.topics[1]!] }],
    ['new', { ...base, topics: [{ ...topic, shortened: { 'retention.ms': '4' } }, base.topics[1]!] }],
  ])('is another one for another %s', (_title, plan) => {
    expect(hashOf(plan)).not.toBe(hashOf(base));
  });
});

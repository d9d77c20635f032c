/** S2: the rule of January 2026 (aws-facts 2.1): four modifications per rolling 24 h, each previous one `completed`. */
import { describe, expect, it } from '@jest/globals';
import { modificationRule } from '../../functions/storage/limits.ts';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');
const dayMs = 24 * hourMs;

/** Modifications that EC2 accepted, whoever asked for them. */
const startedAt = (scenario: Scenario): number[] =>
  scenario.simulation.ec2.volume(volumeId).modifications.map(({ startedAtMs }) => startedAtMs);

const outcomesOf = async (scenario: Scenario): Promise<(string | undefined)[]> =>
  (await scenario.operationsOf(volumeId)).map(({ outcome }) => outcome);

describe('S2: four modifications per rolling 24 h, each previous one completed', () => {
  it('grows at once when a volume is above its threshold, and only once', async () => {
    const scenario = await aScenario();
    scenario.use(volumeId, 80);
    await scenario.pass(20 * minuteMs);
    expect(scenario.sizeGib(volumeId)).toBeGreaterThan(100);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.95 * scenario.sizeGib(volumeId));
    await scenario.pass(12 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    // The alarm and its contributor both start something: the second finds the volume held.
    expect((await outcomesOf(scenario)).filter((outcome) => outcome !== 'already-running')).toEqual(['grown']);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('knows the rule as data', () => {
    expect(modificationRule).toEqual({ countMax: 4, windowMs: dayMs });
  });

  it('keeps the last of four for an emergency, and never asks for a fifth', async () => {
    // Steps so small that a rising volume needs more of them than EC2 allows.
    const scenario = await aScenario({
      policy: { stepGibMin: 4, stepGibMax: 4 },
      brokers: [{ '/data1': { usedGib: 70 }, '/data2': {} }],
    });
    const { switches } = scenario.simulation.ec2;
    switches.optimizingMs = () => 20 * minuteMs;
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => Math.min(70 + (3 * (atMs - fromMs)) / hourMs, 105));
    const fourthAllowed = async (): Promise<void> => {
      while (startedAt(scenario).length < 4 && scenario.nowMs < fromMs + dayMs) await scenario.pass(5 * minuteMs);
    };
    await fourthAllowed();

    const [, , third = 0, fourth = 0] = startedAt(scenario);
    // Three by the ordinary rule; the fourth only when it has become an emergency.
    const operations = await scenario.operationsOf(volumeId);
    const decisions = operations.flatMap(({ decision, outcome }) => (outcome === 'grown' ? [decision] : []));
    expect(decisions.slice(-3).map((decision) => decision?.reason)).not.toContain('operator');
    const last = operations.find(({ startedAtMs }) => startedAtMs <= fourth && fourth <= startedAtMs + minuteMs);
    expect(last?.decision).toMatchObject({ action: 'grow', reason: 'emergency', evidence: { emergency: true } });
    expect(fourth - third).toBeGreaterThan(20 * minuteMs);

    // Beyond that a person is called instead of EC2.
    await scenario.pass(12 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(4);
    expect(scenario.refusals.filter(({ call }) => call.operation === 'ModifyVolume')).toEqual([]);
    expect(scenario.notices('growth-barred').length).toBeGreaterThan(0);
    const barred = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'growth-barred');
    expect(barred?.decision).toMatchObject({ action: 'escalate', reason: 'growth-barred' });

    // The window rolls: the next one starts as soon as the first has left it.
    const first = startedAt(scenario)[0] ?? 0;
    await scenario.pass(first + dayMs + hourMs - scenario.nowMs);
    const fifth = startedAt(scenario)[4] ?? 0;
    expect(fifth).toBeGreaterThanOrEqual(first + dayMs);
    expect(fifth).toBeLessThanOrEqual(first + dayMs + 16 * minuteMs);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('without an emergency waits for the window after three', async () => {
    const scenario = await aScenario({
      policy: { stepGibMin: 4, stepGibMax: 4, usedFractionEmergency: 0.99, fullWithinHours: 1 },
      brokers: [{ '/data1': { usedGib: 70 }, '/data2': {} }],
    });
    scenario.simulation.ec2.switches.optimizingMs = () => 20 * minuteMs;
    await scenario.pass(2 * hourMs);
    scenario.use(volumeId, 88);
    await scenario.pass(10 * hourMs);
    expect(startedAt(scenario)).toHaveLength(3);
    expect(scenario.sizeGib(volumeId)).toBe(112);
    await scenario.pass((startedAt(scenario)[0] ?? 0) + dayMs + hourMs - scenario.nowMs);
    const times = startedAt(scenario);
    expect(times[3]).toBeGreaterThanOrEqual((times[0] ?? 0) + dayMs);
    expect(times[3]).toBeLessThanOrEqual((times[0] ?? 0) + dayMs + 16 * minuteMs);
    // The window rolls: one that leaves it makes room for one.
    times.slice(3).forEach((atMs, index) => expect(atMs).toBeGreaterThanOrEqual((times[index] ?? 0) + dayMs));
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('counts foreign modifications as far as the API shows them', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
    const { ec2 } = scenario.simulation;
    ec2.switches.modifyingMs = () => 5_000;
    ec2.switches.optimizingMs = () => 5 * minuteMs;
    await scenario.pass(hourMs);
    // Half an hour apart: each is seen by a sweep while it is the newest.
    const firstAtMs = scenario.nowMs;
    for (const iops of [3_100, 3_200, 3_300]) {
      ec2.foreignModify(volumeId, { iops });
      await scenario.pass(30 * minuteMs);
    }
    scenario.use(volumeId, 77);
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const journal = await scenario.simulation.within(() =>
      scenario.simulation.ledger.journal(`volume/${volumeId}`, firstAtMs - hourMs),
    );
    expect(journal.map(({ foreign }) => foreign)).toEqual([true, true, true]);

    await scenario.pass(firstAtMs + dayMs - scenario.nowMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    await scenario.pass(30 * minuteMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.refusals.filter(({ call }) => call.operation === 'ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('waits until the previous one is completed, for as long as EC2 takes', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
    const { ec2 } = scenario.simulation;
    ec2.switches.optimizingMs = () => 30 * hourMs; // a volume that isn't initialised may take more than a day
    await scenario.pass(hourMs);
    ec2.foreignModify(volumeId, { iops: 4_000 });
    scenario.use(volumeId, 77);
    await scenario.pass(30 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    await scenario.pass(hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const [foreign] = ec2.volume(volumeId).modifications;
    expect(scenario.called('ec2:ModifyVolume')[0]?.atMs).toBeGreaterThanOrEqual(foreign?.endedAtMs ?? Infinity);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a modification that failed changes nothing and is told', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
    const { ec2 } = scenario.simulation;
    ec2.switches.fails = () => ec2.volume(volumeId).modifications.length === 1;
    await scenario.pass(hourMs);
    scenario.use(volumeId, 77);
    await scenario.pass(30 * minuteMs);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    expect(await outcomesOf(scenario)).toContain('modification-failed');
    expect(scenario.notices('modification-failed')).toHaveLength(1);
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    // It is tried again an hour later.
    await scenario.pass(2 * hourMs);
    expect(scenario.sizeGib(volumeId)).toBeGreaterThan(100);
    expect((await outcomesOf(scenario))[0]).toBe('grown');
    expect(scenario.invariants.violations).toEqual([]);
  });
});

/** S9: a full disk blocks its own cure (strimzi#7484, CNPG#9301): growth starts early, and needs no help of the broker. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');
const dayMs = 24 * hourMs;

const grownSteps = async (scenario: Scenario): Promise<Record<string, unknown>[]> =>
  (await scenario.operationsOf(volumeId))
    .flatMap(({ outcome, decision }) => (outcome === 'grown' && decision !== undefined ? [decision] : []))
    .toReversed();

describe('S9: growth starts before the disk is full', () => {
  it.each([
    ['1 GiB an hour', 1, 120],
    ['3 GiB an hour', 3, 80],
    ['6 GiB an hour', 6, 80],
  ])('a volume that fills by %s is never full, and never close to it', async (_title, gibPerHour, firstGib) => {
    const scenario = await aScenario({ brokers: [{ '/data1': { sizeGib: 200, usedGib: firstGib }, '/data2': {} }] });
    const fromMs = scenario.nowMs;
    let fullestFraction = 0;
    const usedAt = (atMs: number): number => firstGib + (gibPerHour * (atMs - fromMs)) / hourMs;
    scenario.use(volumeId, usedAt);
    for (let quarter = 0; quarter < 2 * 96; quarter += 1) {
      await scenario.pass(15 * minuteMs);
      fullestFraction = Math.max(fullestFraction, usedAt(scenario.nowMs) / scenario.filesystemGib(volumeId));
    }
    expect(scenario.simulation.hosts.minutesFull(volumeId)).toBe(0);
    expect(fullestFraction).toBeLessThan(0.85);
    const [first] = await grownSteps(scenario);
    expect(['forecast-full', 'above-threshold']).toContain(first?.['reason']);
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a rise that the threshold would see too late is seen by the forecast', async () => {
    const scenario = await aScenario({
      policy: { usedFractionMax: 0.95, usedFractionEmergency: 0.97 },
      brokers: [{ '/data1': { usedGib: 20 }, '/data2': {} }],
    });
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => 20 + (3 * (atMs - fromMs)) / hourMs);
    await scenario.pass(dayMs);
    const [first] = await grownSteps(scenario);
    expect(first).toMatchObject({ action: 'grow', reason: 'forecast-full' });
    const evidence = first?.['evidence'] as { usedFraction: number } | undefined;
    expect(evidence?.usedFraction).toBeLessThan(0.8);
    expect(scenario.simulation.hosts.minutesFull(volumeId)).toBe(0);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('S9: the emergency path', () => {
  it('grows a disk that is full already, through EC2 and SSM alone', async () => {
    const scenario = await aScenario();
    await scenario.pass(2 * hourMs);
    scenario.use(volumeId, 130); // more than there is: the broker has stopped writing
    await scenario.pass(15 * minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(110);
    const services = new Set(scenario.calls.map(({ service }) => service));
    for (const service of services) {
      expect(['cloudwatch', 'dynamodb', 'ec2', 'events', 'lambda', 's3', 'sns', 'ssm', 'states']).toContain(service);
    }
    // What a full disk really holds is seen only when there is room: it grows again as soon as EC2 allows.
    await scenario.pass(4 * hourMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(135);
    const steps = await grownSteps(scenario);
    expect(steps[0]).toMatchObject({ reason: 'emergency', evidence: { emergency: true } });
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('uses the reserved modification and does not wait for a maintenance window', async () => {
    const scenario = await aScenario({
      // Monday is the first day; the window is on Sunday.
      cluster: { maintenanceWindows: [{ days: ['sun'], from: '02:00', to: '04:00' }] },
      brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }],
    });
    const { ec2 } = scenario.simulation;
    ec2.switches.modifyingMs = () => 5_000;
    ec2.switches.optimizingMs = () => 5 * minuteMs;
    await scenario.pass(4 * hourMs);
    for (const iops of [3_100, 3_200, 3_300]) {
      ec2.foreignModify(volumeId, { iops });
      await scenario.pass(30 * minuteMs);
    }
    // Above the threshold: it waits for the window, and for the modification that is kept in reserve.
    scenario.use(volumeId, 75);
    await scenario.pass(8 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const sinceMs = scenario.nowMs;
    scenario.use(volumeId, 92);
    await scenario.pass(30 * minuteMs);
    const [call, ...more] = scenario.called('ec2:ModifyVolume');
    expect(more).toEqual([]);
    expect(call?.atMs).toBeLessThanOrEqual(sinceMs + 17 * minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(120);
    expect(await grownSteps(scenario).then((steps) => steps.length)).toBeLessThanOrEqual(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('that is paused calls a person with the hours left', async () => {
    const scenario = await aScenario();
    await scenario.pass(2 * hourMs);
    await scenario.pause(true, 'orders');
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => Math.min(85 + (4 * (atMs - fromMs)) / hourMs, 97));
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toMatch(/full in [\d.]+ h at this rate/);
    await scenario.pause(false, 'orders');
    await scenario.pass(20 * minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(110);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

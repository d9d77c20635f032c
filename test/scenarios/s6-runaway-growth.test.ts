/** S6: growth that runs away: readings that can't be true, repeated alarms, no end (csi-driver#615, DNV#33). */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, instanceId, minuteMs, startMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');
const other = vol(0, '/data2');
const here = { instanceId: instanceId(0), mountPoint: '/data1' };
const dayMs = 24 * hourMs;

interface Step {
  atMs: number;
  fromGib: number;
  toGib: number;
}

const stepsOf = (scenario: Scenario, id: string): Step[] =>
  scenario.simulation.ec2.volume(id).modifications.map(({ startedAtMs, original, target }) => ({
    atMs: startedAtMs,
    fromGib: original.sizeGib,
    toGib: target.sizeGib,
  }));

/** GiB grown by UTC day. */
function byDay(steps: Step[]): number[] {
  const days = new Map<number, number>();
  for (const { atMs, fromGib, toGib } of steps) {
    const day = Math.floor((atMs - startMs) / dayMs);
    days.set(day, (days.get(day) ?? 0) + toGib - fromGib);
  }
  return [...days.values()];
}

describe('S6: readings that can not be believed', () => {
  it.each([
    ['zero', 'metric-implausible', 'used fraction 0'],
    ['gap', 'metric-stale', ''],
  ] as const)('%s: refused, told once and then as a reminder', async (kind, reason, detail) => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 73 }, '/data2': {} }] });
    await scenario.pass(2 * hourMs);
    const end = scenario.simulation.cloudwatch.agents.disturb({ ...here, kind, fromMs: scenario.nowMs - 3 * minuteMs });
    scenario.use(volumeId, 78);
    await scenario.pass(10 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const operation = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === reason);
    expect(operation).toMatchObject({ status: 'refused', decision: { action: 'refuse', reason } });
    const told = scenario.notices(reason);
    expect(told).toHaveLength(1);
    expect(told[0]?.subject).toBe(`orders: volume/${volumeId} ${reason}`);
    expect(told[0]?.message).toContain(detail);
    expect(told[0]?.attributes).toMatchObject({ kind: 'escalation', cluster: 'orders', outcome: reason });

    await scenario.pass(6 * hourMs);
    expect(scenario.notices(reason).map(({ subject }) => subject)).toEqual([
      `orders: volume/${volumeId} ${reason}`,
      `Reminder: orders: volume/${volumeId} ${reason}`,
    ]);

    // The agent is back: the volume grows, and the incident is over.
    end(scenario.nowMs);
    await scenario.pass(hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await scenario.pass(4 * hourMs);
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a metric that never was is told by name; the other volume of the broker is not held up', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 73 }, '/data2': { usedGib: 73 } }] });
    const { agents } = scenario.simulation.cloudwatch;
    agents.disturb({ ...here, kind: 'gap', fromMs: 0 });
    await scenario.pass(26 * hourMs);
    scenario.use(volumeId, 78);
    scenario.use(other, 78);
    await scenario.pass(hourMs);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    expect(scenario.sizeGib(other)).toBeGreaterThan(100);
    const reasons = scenario.notices().map(({ attributes }) => attributes.outcome ?? '');
    expect(new Set(reasons)).toEqual(new Set(['metric-missing']));
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a 0 among good readings does not look like a disk that fills within minutes', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 60 }, '/data2': {} }] });
    await scenario.pass(2 * hourMs);
    const end = scenario.simulation.cloudwatch.agents.disturb({ ...here, kind: 'zero', fromMs: scenario.nowMs });
    end(scenario.nowMs + 12 * minuteMs);
    await scenario.pass(8 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a reading that hangs above the threshold grows once: it should have fallen with that', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 73 }, '/data2': {} }] });
    await scenario.pass(2 * hourMs);
    scenario.use(volumeId, 76);
    const end = scenario.simulation.cloudwatch.agents.disturb({ ...here, kind: 'stale', fromMs: scenario.nowMs });
    await scenario.pass(dayMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const [notice] = scenario.notices('metric-implausible');
    expect(notice?.message).toContain('is what it was before the file system grew');
    end(scenario.nowMs);
    await scenario.pass(3 * hourMs);
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('S6: caps', () => {
  it('twenty alarms for one volume are one growth', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 73 }, '/data2': {} }] });
    await scenario.pass(2 * hourMs);
    scenario.use(volumeId, 76);
    for (let count = 0; count < 20; count += 1) {
      scenario.alarm({ broker: 0, mountPoint: '/data1' });
      await scenario.pass(20_000);
    }
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const outcomes = (await scenario.operationsOf(volumeId)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'grown')).toHaveLength(1);
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('step, day and maximum hold over days of rising use; at the maximum a person is called with what would help', async () => {
    const policy = { stepGibMax: 25, growthGibPerDayMax: 40, sizeGibMax: 190 };
    const scenario = await aScenario({ policy, brokers: [{ '/data1': { usedGib: 60 }, '/data2': {} }] });
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => 60 + (1.5 * (atMs - fromMs)) / hourMs);
    await scenario.pass(4 * dayMs);
    const steps = stepsOf(scenario, volumeId);
    expect(steps.length).toBeGreaterThan(3);
    for (const { fromGib, toGib } of steps) expect(toGib - fromGib).toBeLessThanOrEqual(25);
    for (const grownGib of byDay(steps)) expect(grownGib).toBeLessThanOrEqual(40);
    expect(scenario.sizeGib(volumeId)).toBe(190);

    const [notice] = scenario.notices('at-size-limit');
    expect(notice?.message).toMatch(/\d+ % of 189\.05 GiB used, full in [\d.]+ h at this rate/);
    expect(notice?.message).toContain('--add-config retention.ms=');
    expect(notice?.message).toContain('a higher policy.sizeGibMax for cluster orders');
    // Once, once more when it has become an emergency, then reminders: no more than that.
    const calls = scenario.notices('at-size-limit');
    const hours = (scenario.nowMs - (calls[0]?.atMs ?? 0)) / hourMs;
    expect(calls.length).toBeLessThanOrEqual(2 * (1 + Math.floor(hours / 12)));
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('the cluster as a whole has a maximum, shared by its volumes', async () => {
    const policy = { clusterGibMax: 240 };
    const scenario = await aScenario({
      policy,
      brokers: [{ '/data1': { usedGib: 73 }, '/data2': { usedGib: 73 } }],
    });
    await scenario.pass(2 * hourMs);
    scenario.use(volumeId, 78);
    scenario.use(other, 78);
    await scenario.pass(12 * hourMs);
    expect(scenario.sizeGib(volumeId) + scenario.sizeGib(other)).toBeLessThanOrEqual(240);
    expect(scenario.called('ec2:ModifyVolume').length).toBeGreaterThan(0);
    expect(scenario.notices('cluster-cap')[0]?.message).toContain('a higher policy.clusterGibMax');
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('money is a maximum too', async () => {
    // 200 GiB of gp3 are 16 USD a month.
    const scenario = await aScenario({
      policy: { clusterUsdPerMonthMax: 17 },
      brokers: [{ '/data1': { usedGib: 73 }, '/data2': {} }],
    });
    await scenario.pass(2 * hourMs);
    scenario.use(volumeId, 90);
    await scenario.pass(6 * hourMs);
    expect(scenario.sizeGib(volumeId)).toBeLessThanOrEqual(112);
    expect(scenario.notices('cluster-cap').length).toBeGreaterThan(0);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

/** Two volumes of one cluster cross their threshold at once: both grow, and together they keep to the cluster's caps. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol } from './scenario.ts';
import { clusterState, expectGrown, outcomesOf } from './support.ts';

const one = vol(0, '/data1');
const other = vol(0, '/data2');
const elsewhere = vol(1, '/data1');
const nearlyDue = { '/data1': { usedGib: 74 }, '/data2': { usedGib: 74 } };

describe('two alarms for one cluster', () => {
  it('grows both volumes of a broker at the same time, each in its own operation', async () => {
    const scenario = await aScenario({ brokers: [nearlyDue] });
    scenario.use(one, 76.5);
    scenario.use(other, 77);
    await scenario.pass(20 * minuteMs);
    const calls = scenario.called('ec2:ModifyVolume');
    expect(new Set(calls.map(({ input }) => input['VolumeId']))).toEqual(new Set([one, other]));
    expect(calls).toHaveLength(2);
    // Neither waits for the other.
    expect(Math.abs((calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0))).toBeLessThan(minuteMs);
    await scenario.pass(4 * hourMs);
    for (const volumeId of [one, other]) {
      expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
      await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    }
    const state = await clusterState(scenario);
    expect(state.dayGrownGib).toBe(scenario.sizeGib(one) + scenario.sizeGib(other) - 200);
    expect(scenario.announced()).toHaveLength(2);
  });

  it('never takes more of a day than the day has, however the two race', async () => {
    const policy = { growthGibPerDayMax: 40, stepGibMin: 10 };
    const scenario = await aScenario({ brokers: [nearlyDue, nearlyDue], policy });
    for (const volumeId of [one, other, elsewhere]) scenario.use(volumeId, 76.5);
    // At the very same instant, beside the stack's own alarms.
    await scenario.pass(61_000);
    scenario.alarm({ broker: 0, mountPoint: '/data1' });
    scenario.alarm({ broker: 0, mountPoint: '/data2' });
    scenario.alarm({ broker: 1, mountPoint: '/data1' });
    await scenario.pass(6 * hourMs);
    const grown = (): number =>
      [one, other, elsewhere].reduce((sum, volumeId) => sum + scenario.sizeGib(volumeId) - 100, 0);
    expect(grown()).toBeGreaterThan(0);
    expect(grown()).toBeLessThanOrEqual(40);
    expect((await clusterState(scenario)).dayGrownGib).toBe(grown());
    expect(scenario.invariants.violations).toEqual([]);

    // Tomorrow has an allowance of its own: what had to wait is grown then.
    await scenario.pass(24 * hourMs);
    for (const volumeId of [one, other, elsewhere]) await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    expect([one, other, elsewhere].every((volumeId) => scenario.sizeGib(volumeId) > 100)).toBe(true);
  });

  it('never grows a cluster above its maximum, and calls a person for the volume that is left out', async () => {
    const scenario = await aScenario({ brokers: [nearlyDue, nearlyDue], policy: { clusterGibMax: 430 } });
    scenario.use(one, 76.5);
    scenario.use(elsewhere, 76.5);
    await scenario.pass(61_000);
    scenario.alarm({ broker: 0, mountPoint: '/data1' });
    scenario.alarm({ broker: 1, mountPoint: '/data1' });
    await scenario.pass(6 * hourMs);
    const totalGib = 200 + scenario.sizeGib(one) + scenario.sizeGib(elsewhere);
    expect(totalGib).toBeGreaterThan(400);
    expect(totalGib).toBeLessThanOrEqual(430);
    const [notice] = scenario.notices('cluster-cap');
    expect(notice?.message).toContain('policy.clusterGibMax');
    expect(notice?.message).toContain('retention.ms=');
    expect((await clusterState(scenario)).reservations).toEqual({});
    expect(scenario.invariants.violations).toEqual([]);
  });
});

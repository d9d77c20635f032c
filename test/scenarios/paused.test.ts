/** Paused, nothing new is changed, at once; what was begun stays truthful and goes on by itself after the pause. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';
import { clusterState, expectAtRest, expectGrown, invokeNow, onceEntered, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

const pauseNow = (scenario: Scenario): void =>
  invokeNow(scenario, 'set-pause', { pause: true, by: 'operator', reason: 'scenario', cluster: 'orders' });

describe('paused', () => {
  it.each([
    ['a cluster', 'orders'],
    ['the fleet', undefined],
  ])('%s changes nothing, and grows by itself after the pause', async (_title, cluster) => {
    const scenario = await aScenario({ brokers });
    await scenario.pause(true, cluster);
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    // The alarm's operation says why it did nothing.
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toContain('paused');
    await expectAtRest(scenario, volumeId);

    await scenario.pause(false, cluster);
    await scenario.pass(4 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))[0]).toBe('grown');
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('a pause of the cluster holds although the fleet is not paused, and the other way round', async () => {
    const scenario = await aScenario({ brokers });
    await scenario.pause(true);
    await scenario.pause(true, 'orders');
    await scenario.pause(false);
    scenario.use(volumeId, 76.5);
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    await scenario.pause(true);
    await scenario.pause(false, 'orders');
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    await scenario.pause(false);
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('between Decide and Apply: the intent is not written, nothing is reserved', async () => {
    const scenario = await aScenario({ brokers });
    onceEntered(scenario, 'Decide', () => pauseNow(scenario));
    scenario.use(volumeId, 76.5);
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect((await clusterState(scenario)).dayGrownGib).toBe(0);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toContain('paused');
    await expectAtRest(scenario, volumeId);
  });

  it('between Apply and GrowFilesystem: the host is left alone, and the file system is grown after the pause', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.modifyingMs = () => 60_000;
    onceEntered(scenario, 'AwaitUsable', () => pauseNow(scenario));
    scenario.use(volumeId, 76.5);
    await scenario.pass(3 * hourMs);
    const sizeGib = scenario.sizeGib(volumeId);
    expect(sizeGib).toBeGreaterThan(100);
    expect(scenario.filesystemGib(volumeId)).toBeLessThan(100);
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    expect(outcomesOf(await scenario.operationsOf(volumeId)).at(-1)).toBe('paused');
    // It is grown, so it stays counted.
    expect((await clusterState(scenario)).dayGrownGib).toBe(sizeGib - 100);

    await scenario.pause(false, 'orders');
    await scenario.pass(hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))[0]).toBe('filesystem-grown');
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, sizeGib);
  });

  it('calls a person while paused, when the disk would be full first', async () => {
    const scenario = await aScenario({ brokers });
    await scenario.pause(true, 'orders');
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => Math.min(99, 74 + (1.5 * (atMs - fromMs)) / hourMs));
    await scenario.pass(6 * hourMs);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toMatch(/full in [\d.]+ h at this rate/);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('an approval given while paused changes nothing yet', async () => {
    const scenario = await aScenario({ brokers, policy: { approvalAboveUsdPerMonth: 0.5 } });
    scenario.use(volumeId, 76.5);
    await scenario.pass(20 * minuteMs);
    const waiting = (await scenario.operationsOf(volumeId)).find(({ status }) => status === 'awaiting-approval');
    await scenario.pause(true, 'orders');
    await scenario.answer(waiting?.operationId ?? '', 'approved');
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toContain('paused');
    await expectAtRest(scenario, volumeId);
  });
});

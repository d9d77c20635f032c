/** MSK works on the cluster by itself: nothing is asked of it meanwhile, and a person is called if it would be full first. */
import { describe, expect, it } from '@jest/globals';
import { onceEntered } from '../support.ts';
import { hourMs, minuteMs } from '../world.ts';
import { anMskScenario, expectGrown, outcomes } from './msk-scenario.ts';

describe('a cluster that is not ACTIVE', () => {
  it.each(['HEALING', 'MAINTENANCE', 'REBOOTING_BROKER'] as const)('is waited for while it is %s', async (state) => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.simulation.msk.setState(scenario.clusterArn, state, 3 * hourMs);
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(await outcomes(scenario)).toContain('cluster-not-active');
    expect(scenario.notices()).toEqual([]);
    await scenario.pass(3 * hourMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('calls a person when it would be full first', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.simulation.msk.setState(scenario.clusterArn, 'HEALING', 12 * hourMs);
    scenario.fill(80, 3);
    await scenario.pass(2 * hourMs);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toMatch(/full in [\d.]+ h at this rate/);
    expect(scenario.growthCalls).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('since the decision is not asked: the operation ends, and the sweep comes again', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { msk } = scenario.simulation;
    onceEntered(scenario, 'Decide', () => msk.setState(scenario.clusterArn, 'MAINTENANCE', hourMs));
    scenario.use(71);
    await scenario.pass(30 * minuteMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(await outcomes(scenario)).toContain('cluster-not-active');
    expect((await scenario.clusterState()).dayGrownGib).toBe(0);
    await scenario.pass(3 * hourMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('during the operation does not disturb it', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { msk } = scenario.simulation;
    onceEntered(scenario, 'FollowOperation', () => msk.setState(scenario.clusterArn, 'HEALING', 2 * hourMs));
    scenario.use(71);
    await scenario.pass(4 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    expect(scenario.growthCalls).toHaveLength(1);
    await expectGrown(scenario, scenario.sizeGib);
  });
});

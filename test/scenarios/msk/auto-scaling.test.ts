/** Application Auto Scaling has a target for the cluster: two owners collide, so one is refused unless told to take over. */
import { describe, expect, it } from '@jest/globals';
import { hourMs } from '../world.ts';
import { anMskScenario, expectAtRest, expectGrown, outcomes } from './msk-scenario.ts';

describe('Application Auto Scaling in the way', () => {
  it('is respected: the growth is refused with the reason, and what to do', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { clusterArn } = scenario;
    scenario.simulation.scaling.registerTarget({ clusterArn, maxGib: 500, targetPercent: 80 });
    scenario.use(71);
    await scenario.pass(6 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(scenario.changes).toEqual([]);
    const refused = (await scenario.growths()).filter(({ outcome }) => outcome === 'owned-by-auto-scaling');
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused[0]).toMatchObject({ status: 'refused' });
    const [notice, ...more] = scenario.notices();
    expect(more).toEqual([]);
    expect(notice?.message).toContain('up to 500 GiB');
    expect(notice?.message).toContain(`deregister-scalable-target`);
    expect(notice?.message).toContain('takeOverFromAutoScaling: true');
    await expectAtRest(scenario);
  });

  it('deregistered, growth comes by itself', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { clusterArn } = scenario;
    scenario.simulation.scaling.registerTarget({ clusterArn, maxGib: 500, targetPercent: 80 });
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    scenario.simulation.scaling.deregisterTarget(clusterArn);
    await scenario.pass(2 * hourMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('is taken over where the fleet file says so', async () => {
    const scenario = await anMskScenario({ usedGib: 68, fleet: { takeOverFromAutoScaling: true } });
    const { clusterArn } = scenario;
    scenario.simulation.scaling.registerTarget({ clusterArn, maxGib: 500, targetPercent: 80 });
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it.each([
    ['the other is first', 60],
    ['this one is first', 80],
  ])('growing both, they collide in the cool-down and not in a fight: %s', async (_title, targetPercent) => {
    const scenario = await anMskScenario({
      usedGib: 55,
      fleet: { takeOverFromAutoScaling: true },
      policy: { stepGibMax: 20 },
    });
    const { clusterArn, simulation } = scenario;
    const target = simulation.scaling.registerTarget({ clusterArn, maxGib: 500, targetPercent });
    scenario.fill(55, 1.5);
    await scenario.pass(48 * hourMs);
    const gaps = scenario.changes.slice(1).map(({ atMs }, at) => atMs - (scenario.changes[at]?.endedAtMs ?? 0));
    // Whoever it was: MSK's pace.
    expect(gaps.every((gapMs) => gapMs >= 6 * hourMs)).toBe(true);
    const first = targetPercent === 60 ? 'application-autoscaling' : 'apply';
    expect(scenario.changes[0]).toMatchObject({ by: first });
    expect(scenario.changes.length).toBeGreaterThanOrEqual(2);
    expect(target.refusals).toBeLessThan(48 * 60);
    expect(scenario.usedFraction).toBeLessThan(0.95);
    const ours = scenario.growthCalls.length;
    expect(ours).toBeLessThanOrEqual(8);
    expect(scenario.refusals.filter(({ call }) => call.operation === 'UpdateBrokerStorage').length).toBeLessThanOrEqual(
      1,
    );
    await expectAtRest(scenario);
  });
});

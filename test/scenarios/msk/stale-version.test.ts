/** Between the look and the call the world moves on: another version, another size, another state. */
import { describe, expect, it } from '@jest/globals';
import { executions, onceEntered, statesEntered } from '../support.ts';
import { hourMs } from '../world.ts';
import { anMskScenario, cleanPath, expectAtRest, expectGrown, outcomes, type MskScenario } from './msk-scenario.ts';

/** Right before UpdateBrokerStorage is answered. */
function beforeTheCall(scenario: MskScenario, times: number, act: () => void): void {
  let left = times;
  scenario.simulation.cloud.observe({
    before: ({ operation }) => {
      if (operation === 'UpdateBrokerStorage' && left-- > 0) act();
    },
  });
}

describe('a version that is stale', () => {
  it('is read again in the same step', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    beforeTheCall(scenario, 1, () => scenario.simulation.msk.touch(scenario.clusterArn));
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toHaveLength(2);
    const versions = scenario.growthCalls.map(({ input }) => input['CurrentVersion']);
    expect(versions[0]).not.toBe(versions[1]);
    expect(await outcomes(scenario)).toEqual(['grown']);
    expect(statesEntered(scenario, executions(scenario)[0]?.executionArn ?? '')).toEqual(cleanPath);
    expect(await scenario.journal()).toMatchObject([{ status: 'accepted' }]);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('that is stale each time is left to the next sweep', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    beforeTheCall(scenario, 3, () => scenario.simulation.msk.touch(scenario.clusterArn));
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(scenario.growthCalls).toHaveLength(4);
    expect(await outcomes(scenario)).toEqual(['grown', 'stale-cluster-version']);
    expect(scenario.notices()).toEqual([]);
    expect((await scenario.clusterState()).dayGrownGib).toBe(3 * (scenario.sizeGib - 100));
    await expectGrown(scenario, scenario.sizeGib);
  });
});

describe('a change by somebody else', () => {
  it('of the size, between decision and call, ends the operation: the world has changed', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { msk } = scenario.simulation;
    msk.switches.operationMs = () => 2;
    onceEntered(scenario, 'Decide', () => void msk.foreignUpdate(scenario.clusterArn, { volumeGib: 120 }));
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect((await outcomes(scenario)).at(-1)).toBe('world-changed');
    expect(scenario.sizeGib).toBe(120);
    expect((await scenario.clusterState()).dayGrownGib).toBe(0);
    expect(scenario.notices()).toEqual([]);
    await expectAtRest(scenario);
  });

  it('in the very moment of the call wins: MSK refuses ours, and nothing is left over', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { msk } = scenario.simulation;
    beforeTheCall(scenario, 1, () => void msk.foreignUpdate(scenario.clusterArn, { volumeGib: 150 }));
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(scenario.changes).toMatchObject([{ by: 'foreign', state: 'UPDATE_COMPLETE' }]);
    expect(await outcomes(scenario)).toContain('cluster-not-active');
    expect((await scenario.clusterState()).dayGrownGib).toBe(0);
    expect(scenario.announced()).toEqual([]);
    await expectAtRest(scenario);
  });

  it('of its throughput counts for the cool-down', async () => {
    const scenario = await anMskScenario({ usedGib: 68, msk: { throughputMibps: 300 } });
    const { msk } = scenario.simulation;
    msk.foreignUpdate(scenario.clusterArn, { throughput: { isEnabled: true, mibps: 400 } });
    await scenario.pass(hourMs);
    scenario.use(71);
    await scenario.pass(4 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    await scenario.pass(4 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect(msk.cluster(scenario.clusterArn).storage?.throughputMibps).toBe(400);
    await expectAtRest(scenario);
  });
});

describe('provisioned throughput', () => {
  it.each(['kept', 'off'] as const)(
    'is what it was after a growth, where MSK takes an omitted one as %s',
    async (reading) => {
      const scenario = await anMskScenario({ usedGib: 68, msk: { throughputMibps: 300 } });
      const { msk } = scenario.simulation;
      msk.switches.omittedThroughput = reading;
      scenario.use(71);
      await scenario.pass(2 * hourMs);
      expect(msk.cluster(scenario.clusterArn).storage?.throughputMibps).toBe(300);
      expect((await scenario.growths())[0]?.decision).toMatchObject({ evidence: { throughputMibps: 300 } });
      await expectGrown(scenario, scenario.sizeGib);
    },
  );
});

/** An operation that MSK accepted ends in UPDATE_FAILED, or does not end: a person is called, and nothing stays reserved. */
import { describe, expect, it } from '@jest/globals';
import { onceEntered, stop } from '../support.ts';
import { hourMs, minuteMs } from '../world.ts';
import { anMskScenario, cleanPath, expectAtRest, outcomes, storage } from './msk-scenario.ts';

describe('an operation that fails', () => {
  it('is escalated, gives back what it reserved, and is tried again later', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.simulation.msk.failNextOperation(scenario.clusterArn, 'InternalServerError', 'The update failed.');
    scenario.use(71);
    await scenario.pass(50 * minuteMs);
    expect((await scenario.growths())[0]).toMatchObject({ status: 'escalated', outcome: 'modification-failed' });
    expect((await scenario.clusterState()).reservations).toEqual({});
    const [notice] = scenario.notices('modification-failed');
    expect(notice?.message).toContain('The update failed.');
    expect(notice?.message).toContain('list-cluster-operations-v2');
    expect(scenario.announced()).toEqual([]);

    await scenario.pass(4 * hourMs);
    expect(scenario.changes.map(({ state }) => state)).toEqual(['UPDATE_FAILED', 'UPDATE_COMPLETE']);
    expect((await outcomes(scenario))[0]).toBe('grown');
    expect((await scenario.remembered(storage))?.escalations).toEqual({});
    expect(scenario.notices()).toHaveLength(1);
    await expectAtRest(scenario);
  });

  it('again and again calls once, not at every try', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { msk } = scenario.simulation;
    msk.failNextOperation(scenario.clusterArn);
    msk.onUpdate(() => msk.failNextOperation(scenario.clusterArn));
    scenario.use(71);
    await scenario.pass(8 * hourMs);
    expect(scenario.changes.length).toBeGreaterThanOrEqual(3);
    expect(scenario.changes.length).toBeLessThanOrEqual(8);
    expect(scenario.notices('modification-failed')).toHaveLength(1);
    expect(scenario.sizeGib).toBe(100);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('an operation that hangs', () => {
  it('is given up after a day, with a call; it is not begun again while it runs', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.simulation.msk.switches.operationMs = () => 40 * hourMs;
    scenario.use(71);
    await scenario.pass(23 * hourMs);
    expect(await outcomes(scenario)).toContain(undefined);
    await scenario.pass(5 * hourMs);
    expect((await scenario.growths()).find(({ outcome }) => outcome === 'deadline-passed')).toMatchObject({
      status: 'escalated',
    });
    expect(scenario.notices('deadline-passed')).toHaveLength(1);
    await scenario.pass(14 * hourMs);
    // It did end; what it made is seen.
    expect(scenario.changes).toMatchObject([{ state: 'UPDATE_COMPLETE' }]);
    expect(scenario.growthCalls).toHaveLength(1);
    await scenario.pass(2 * hourMs);
    expect((await scenario.remembered(storage))?.escalations).toEqual({});
    await expectAtRest(scenario);
  });
});

describe('an execution of an MSK growth that is stopped', () => {
  const moments = cleanPath.flatMap((state) => [0, 60, 250].map((afterMs) => [state, afterMs] as const));

  it.each(moments)(
    'converges with one operation when stopped at %s, %i ms after entering it',
    async (state, afterMs) => {
      const scenario = await anMskScenario({ usedGib: 68 });
      onceEntered(scenario, state, ({ executionArn }) => stop(scenario, executionArn), afterMs);
      scenario.use(71);
      await scenario.pass(8 * hourMs);
      expect(scenario.changes).toMatchObject([{ state: 'UPDATE_COMPLETE' }]);
      expect(scenario.growthCalls).toHaveLength(1);
      expect(scenario.usedFraction).toBeLessThan(0.7);
      expect((await scenario.clusterState()).dayGrownGib).toBe(3 * (scenario.sizeGib - 100));
      expect(scenario.notices()).toEqual([]);
      await expectAtRest(scenario);
    },
  );
});

/** What the policy and people say holds for MSK as for EC2: observe, pause, windows, approvals, limits. */
import { describe, expect, it } from '@jest/globals';
import { invokeNow, onceEntered } from '../support.ts';
import { hourMs, minuteMs } from '../world.ts';
import {
  anMskScenario,
  expectAtRest,
  expectGrown,
  outcomes,
  storage,
  type MskOptions,
  type MskScenario,
} from './msk-scenario.ts';

describe('mode observe', () => {
  it('says once what it would do, and changes nothing', async () => {
    const scenario = await anMskScenario({ usedGib: 68, fleet: { mode: 'observe' } });
    scenario.use(71);
    await scenario.pass(6 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    const [notice, ...more] = scenario.notices();
    expect(more).toEqual([]);
    expect(notice?.attributes['outcome']).toBe('observed');
    expect((await scenario.growths())[0]).toMatchObject({ outcome: 'observed', decision: { action: 'grow' } });
    await expectAtRest(scenario);
  });
});

describe('paused', () => {
  it.each([
    ['the cluster', 'payments'],
    ['the fleet', undefined],
  ])('%s grows nothing, and by itself after the pause', async (_title, cluster) => {
    const scenario = await anMskScenario({ usedGib: 68 });
    await scenario.pause(true, cluster);
    scenario.use(71);
    await scenario.pass(4 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(await outcomes(scenario)).toContain('paused');
    await scenario.pause(false, cluster);
    await scenario.pass(3 * hourMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('between Decide and Apply: nothing is asked, nothing is reserved', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    onceEntered(scenario, 'Decide', () =>
      invokeNow(scenario, 'set-pause', { pause: true, by: 'operator', reason: 'scenario', cluster: 'payments' }),
    );
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect((await scenario.clusterState()).dayGrownGib).toBe(0);
    await expectAtRest(scenario);
  });

  it('during an operation: it is followed to its end all the same', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    onceEntered(scenario, 'FollowOperation', () =>
      invokeNow(scenario, 'set-pause', { pause: true, by: 'operator', reason: 'scenario', cluster: 'payments' }),
    );
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    await expectGrown(scenario, scenario.sizeGib);
  });
});

describe('a maintenance window', () => {
  const fleet: MskOptions['fleet'] = { maintenanceWindows: [{ days: ['mon'], from: '06:00', to: '07:00' }] };

  it('is waited for', async () => {
    const scenario = await anMskScenario({ usedGib: 68, fleet });
    scenario.use(71);
    await scenario.pass(5.8 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('does not hold back an emergency', async () => {
    const scenario = await anMskScenario({ usedGib: 68, fleet });
    scenario.use(91);
    await scenario.pass(2 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    await expectGrown(scenario, scenario.sizeGib);
  });
});

/** Until a person is asked. */
async function asked(policy: MskOptions['policy'] = {}): Promise<{ scenario: MskScenario; operationId: string }> {
  const scenario = await anMskScenario({ usedGib: 68, policy: { approvalAboveUsdPerMonth: 0.5, ...policy } });
  scenario.use(71);
  await scenario.pass(20 * minuteMs);
  const waiting = (await scenario.growths()).find(({ status }) => status === 'awaiting-approval');
  expect(waiting).toBeDefined();
  const [question] = scenario.notices();
  expect(question?.attributes['kind']).toBe('approval');
  return { scenario, operationId: waiting?.operationId ?? '' };
}

describe('an approval', () => {
  it('that is granted grows', async () => {
    const { scenario, operationId } = await asked();
    expect(scenario.growthCalls).toEqual([]);
    expect(await scenario.answer(operationId, 'approved')).toEqual({ answered: true });
    await scenario.pass(2 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('that is refused grows nothing', async () => {
    const { scenario, operationId } = await asked();
    await scenario.answer(operationId, 'rejected');
    await scenario.pass(6 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(await outcomes(scenario)).toContain('approval-rejected');
    await expectAtRest(scenario);
  });

  it('that nobody gives expires, with a call', async () => {
    const { scenario } = await asked({ approvalTimeoutHours: 2 });
    await scenario.pass(3 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(scenario.notices('approval-expired')).toHaveLength(1);
    await expectAtRest(scenario);
  });

  it('for a world that has changed since is not used', async () => {
    const { scenario, operationId } = await asked();
    const { msk } = scenario.simulation;
    msk.switches.operationMs = () => 2;
    msk.foreignUpdate(scenario.clusterArn, { volumeGib: 150 });
    await scenario.pass(10 * minuteMs);
    await scenario.answer(operationId, 'approved');
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(scenario.sizeGib).toBe(150);
    await expectAtRest(scenario);
  });
});

describe('limits', () => {
  it.each([
    ['the size of a volume', { sizeGibMax: 105 }, 'at-size-limit'],
    ['the size of the cluster', { clusterGibMax: 315 }, 'cluster-cap'],
    ['the money of the cluster', { clusterUsdPerMonthMax: 31.5 }, 'cluster-cap'],
  ])('of %s call a person; nothing is asked of MSK', async (_title, policy, outcome) => {
    const scenario = await anMskScenario({ usedGib: 68, policy });
    scenario.use(71);
    await scenario.pass(6 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(await outcomes(scenario)).toContain(outcome);
    expect(scenario.notices(outcome)).toHaveLength(1);
    await expectAtRest(scenario);
  });

  it('of a day are counted over all brokers, and the rest comes on the next day', async () => {
    const scenario = await anMskScenario({ usedGib: 68, policy: { growthGibPerDayMax: 45 } });
    scenario.rise(68, 3, 84);
    await scenario.pass(8 * hourMs);
    expect(scenario.sizeGib).toBe(115);
    await scenario.pass(15 * hourMs);
    expect(scenario.changes).toHaveLength(1);
    await scenario.pass(6 * hourMs);
    expect(scenario.sizeGib).toBe(130);
    await expectAtRest(scenario);
  });

  it('that leave less than MSK’s smallest step are no growth', async () => {
    const scenario = await anMskScenario({ usedGib: 68, policy: { growthGibPerDayMax: 27 } });
    scenario.use(71);
    await scenario.pass(6 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(await outcomes(scenario)).toContain('day-cap');
    await expectAtRest(scenario);
  });

  it('of the money are lifted by a new fleet file, not by time', async () => {
    const scenario = await anMskScenario({ usedGib: 68, policy: { clusterUsdPerMonthMax: 31.5 } });
    scenario.use(71);
    await scenario.pass(30 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    // Reminded after half a day, not told with every sweep.
    expect(scenario.notices('cluster-cap').length).toBeLessThanOrEqual(3);
    expect(Object.keys((await scenario.remembered(storage))?.escalations ?? {})).toEqual(['cluster-cap']);
    await expectAtRest(scenario);
  });
});

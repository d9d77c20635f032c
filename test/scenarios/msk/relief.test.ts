/** Growth is barred and the brokers would be full first: retention is shortened for a while, and given back. */
import { describe, expect, it } from '@jest/globals';
import { statesEntered } from '../support.ts';
import { hourMs, minuteMs } from '../world.ts';
import { expectAtRest } from './msk-scenario.ts';
import { asked, barred, former, formerRetention, reliefs, restores, schedules, shortened } from './relief.ts';

describe('retention relief', () => {
  it('asks, arms, shortens, and gives back once the cluster could grow', async () => {
    const { scenario, operation } = await asked();
    const question = scenario.notices().find(({ attributes }) => attributes['kind'] === 'approval');
    expect(question?.message).toContain('payments-events: retention.ms 168 h → ');
    expect(question?.message).toContain(`approve ${operation.operationId} --yes`);
    expect(scenario.called('kafka:UpdateTopic')).toEqual([]);
    expect(schedules(scenario)).toEqual([]);

    await scenario.answer(operation.operationId, 'approved');
    await scenario.pass(15 * minuteMs);
    const [relieved] = await reliefs(scenario);
    expect(relieved?.outcome).toMatch(/^shortened/);
    expect(statesEntered(scenario, relieved?.executionArn ?? '')).toEqual(
      expect.arrayContaining(['PlanRelief', 'Approve', 'ArmRelief', 'ShortenRetention', 'RecordRelief']),
    );
    const now = formerRetention(scenario);
    expect(now['payments-events']).toBeLessThan(168);
    expect(now['payments-events']).toBeGreaterThanOrEqual(12);
    expect(now['payments-audit']).toBe(720);
    expect(scenario.usedFraction).toBeLessThan(0.75);

    await scenario.pass(24 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect((await restores(scenario)).at(-1)).toMatchObject({ outcome: 'restored' });
    expect(formerRetention(scenario)).toEqual(former);
    expect(schedules(scenario)).toEqual([]);
    await expectAtRest(scenario);
  });

  it('stands armed, in the ledger and as a schedule, before the first topic is changed', async () => {
    const scenario = await barred({ relief: { approval: 'waived' } });
    const armed: boolean[] = [];
    scenario.simulation.cloud.observe({
      before: ({ operation }) => {
        if (operation === 'UpdateTopic') armed.push(schedules(scenario).length === 1);
      },
    });
    await scenario.pass(2 * hourMs);
    expect(armed.length).toBeGreaterThan(0);
    expect(armed.every(Boolean)).toBe(true);
    expect((await scenario.clusterState()).relief).toMatchObject({
      reliefId: (await reliefs(scenario)).at(-1)?.operationId,
    });
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('asks nobody where the policy waives it', async () => {
    const { scenario, operation } = await shortened();
    expect(statesEntered(scenario, operation.executionArn)).not.toContain('Approve');
    expect(scenario.notices().filter(({ attributes }) => attributes['kind'] === 'approval')).toEqual([]);
    const [notice] = scenario.notices(operation.outcome);
    expect(notice?.message).toContain('npx kafka-autopilot restore-retention payments --yes');
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('that a person refuses changes nothing, and is not asked again for half a day', async () => {
    const { scenario, operation } = await asked();
    await scenario.answer(operation.operationId, 'rejected');
    await scenario.pass(4 * hourMs);
    expect(scenario.called('kafka:UpdateTopic')).toEqual([]);
    expect(scenario.notices().filter(({ attributes }) => attributes['kind'] === 'approval')).toHaveLength(1);
    expect((await reliefs(scenario)).map(({ outcome }) => outcome)).toContain('approval-rejected');
    expect(schedules(scenario)).toEqual([]);
    await expectAtRest(scenario);
  });

  it('is given back at its deadline although there is no room', async () => {
    const { scenario } = await shortened({ relief: { restoreAfterHours: 2 }, policy: { sizeGibMax: 110 } });
    await scenario.pass(hourMs);
    expect(formerRetention(scenario)['payments-events']).toBeLessThan(168);
    // Full again whatever was freed.
    scenario.use(400);
    await scenario.pass(90 * minuteMs);
    const restored = (await restores(scenario)).find(({ outcome }) => outcome === 'restored');
    expect(restored?.trigger).toMatchObject({ type: 'deadline' });
    const [notice] = scenario.notices('restored');
    expect(notice?.message).toContain('there is no room yet');
    expect(schedules(scenario).length).toBeLessThanOrEqual(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('is given back when the operator says so', async () => {
    const { scenario } = await shortened();
    expect(formerRetention(scenario)).not.toEqual(former);
    // Not needed any more: nothing shortens it anew.
    scenario.use(50);
    await scenario.restoreRetention();
    await scenario.pass(10 * minuteMs);
    expect(formerRetention(scenario)).toEqual(former);
    expect((await scenario.clusterState()).relief).toBeUndefined();
    expect(schedules(scenario)).toEqual([]);
    await expectAtRest(scenario);
  });
});

/** Whatever becomes of the execution that shortens: what it shortened is given back. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { operator } from '../../../simulator/cloud/cloud.ts';
import { onceEntered, stop } from '../support.ts';
import { hourMs, minuteMs } from '../world.ts';
import { answerLost, expectAtRest } from './msk-scenario.ts';
import { barred, former, formerRetention, reliefs, restores, schedules, shortened } from './relief.ts';

const workflow = 'retention-relief';

describe('relief whose execution was stopped', () => {
  it.each([
    ['PlanRelief', 100],
    ['ArmRelief', 0],
    ['ArmRelief', 150],
    ['ArmRelief', 400],
    ['ShortenRetention', 0],
    ['ShortenRetention', 120],
    ['ShortenRetention', 300],
    ['ShortenRetention', 600],
    ['RecordRelief', 0],
    ['RecordRelief', 100],
  ])('at %s, %i ms after entering it, is given back', async (state, afterMs) => {
    const scenario = await barred({ relief: { approval: 'waived', restoreAfterHours: 3 } });
    let stopped = 0;
    onceEntered(
      scenario,
      state,
      ({ executionArn }) => {
        stop(scenario, executionArn);
        stopped += 1;
      },
      afterMs,
      workflow,
    );
    await scenario.pass(2 * hourMs);
    expect(stopped).toBe(1);
    // Enough room from now on: no new relief is due.
    scenario.use(50);
    await scenario.pass(12 * hourMs);
    expect(formerRetention(scenario)).toEqual(former);
    expect((await scenario.clusterState()).relief).toBeUndefined();
    expect(schedules(scenario)).toEqual([]);
    await expectAtRest(scenario);
  });

  it('in the middle of its topics: the one-time schedule alone gives all of them back', async () => {
    const scenario = await barred({ relief: { approval: 'waived', restoreAfterHours: 2 } });
    let updates = 0;
    scenario.simulation.cloud.observe({
      after: ({ operation }) => {
        if (operation !== 'UpdateTopic' || (updates += 1) !== 1) return;
        const running = [...scenario.simulation.states.records.all()].find(
          (record) => record.workflow.endsWith(workflow) && record.status === 'RUNNING',
        );
        scenario.simulation.clock.after(0, () => stop(scenario, running?.executionArn ?? ''));
      },
    });
    await scenario.pass(hourMs);
    expect(updates).toBeGreaterThanOrEqual(1);
    expect((await scenario.clusterState()).relief).toBeDefined();
    await scenario.pass(3 * hourMs);
    const back = (await restores(scenario)).find(({ outcome }) => outcome === 'restored');
    expect(back?.trigger).toMatchObject({ type: 'deadline' });
    // The sweep came later, or not at all.
    expect((await restores(scenario)).filter(({ trigger }) => trigger['type'] === 'sweep')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('whose schedule is lost is given back by the sweep', async () => {
    const { scenario } = await shortened({ relief: { restoreAfterHours: 2 } });
    const [name] = schedules(scenario);
    const group = scenario.simulation.scheduler.oneTime()[0]?.group;
    scenario.simulation.scheduler.handle({
      service: 'scheduler',
      operation: 'DeleteSchedule',
      input: { Name: name, GroupName: group },
      principal: operator,
      atMs: scenario.nowMs,
    });
    expect(schedules(scenario)).toEqual([]);
    await scenario.pass(1.5 * hourMs);
    expect(formerRetention(scenario)).not.toEqual(former);
    scenario.use(50);
    await scenario.pass(2 * hourMs);
    expect(formerRetention(scenario)).toEqual(former);
    expect((await restores(scenario))[0]?.trigger).toMatchObject({ type: 'sweep' });
    await expectAtRest(scenario);
  });

  it('is given back while the cluster is paused: undo runs', async () => {
    const { scenario } = await shortened({ relief: { restoreAfterHours: 2 } });
    await scenario.pause(true, 'payments');
    await scenario.pass(3 * hourMs);
    expect(formerRetention(scenario)).toEqual(former);
    expect(scenario.growthCalls).toEqual([]);
    expect((await scenario.clusterState()).relief).toBeUndefined();
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('is not begun while the cluster is paused', async () => {
    const scenario = await barred({ relief: { approval: 'waived' } });
    await scenario.pause(true, 'payments');
    await scenario.pass(3 * hourMs);
    expect(scenario.called('kafka:UpdateTopic')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('is given back although answers of UpdateTopic are lost, on both ways', async () => {
    const scenario = await barred({ relief: { approval: 'waived', restoreAfterHours: 2 } });
    scenario.spoil('kafka:UpdateTopic', answerLost, 1);
    await scenario.pass(hourMs);
    expect(formerRetention(scenario)['payments-events']).toBeLessThan(168);
    expect((await reliefs(scenario)).at(-1)?.outcome).toMatch(/^shortened/);
    scenario.spoil('kafka:UpdateTopic', answerLost, 1);
    scenario.use(50);
    await scenario.pass(4 * hourMs);
    expect(formerRetention(scenario)).toEqual(former);
    await expectAtRest(scenario);
  });

  it('is given back once the cluster is ACTIVE again: topics can’t be set while it is UPDATING', async () => {
    const { scenario } = await shortened({ relief: { restoreAfterHours: 2 } });
    await scenario.pass(hourMs);
    scenario.simulation.msk.setState(scenario.clusterArn, 'UPDATING', 5 * hourMs);
    scenario.use(50);
    await scenario.pass(3 * hourMs);
    expect(formerRetention(scenario)).not.toEqual(former);
    await scenario.pass(5 * hourMs);
    expect(formerRetention(scenario)).toEqual(former);
    expect((await scenario.clusterState()).relief).toBeUndefined();
    await expectAtRest(scenario);
  });
});

describe('the switches of MSK’s topic APIs', () => {
  const readings = (['json', 'properties'] as const).flatMap((configsFormat) =>
    (['merge', 'replace'] as const).flatMap((updateConfigs) =>
      (['effective', 'set'] as const).map((describeConfigs) => ({ configsFormat, updateConfigs, describeConfigs })),
    ),
  );

  it.each(readings)(
    '$configsFormat, $updateConfigs, $describeConfigs: shortened, and all as before',
    async (switches) => {
      const scenario = await barred({ relief: { approval: 'waived', restoreAfterHours: 2 } });
      Object.assign(scenario.simulation.msk.switches, switches);
      const { msk } = scenario.simulation;
      const all = (): Record<string, unknown> =>
        Object.fromEntries(
          msk.topicNames(scenario.clusterArn).map((name) => [name, msk.topicConfigs(scenario.clusterArn, name)]),
        );
      const before = all();
      await scenario.pass(70 * minuteMs);
      // Where MSK does not show what the cleanup policy is, nothing is touched by itself.
      expect(isDeepStrictEqual(all(), before)).toBe(switches.describeConfigs === 'set');
      scenario.use(50);
      await scenario.pass(4 * hourMs);
      expect(all()).toEqual(before);
      await expectAtRest(scenario);
    },
  );
});

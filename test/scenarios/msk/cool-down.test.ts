/**
 * MSK's cool-down is 6 h by its documentation and longer in fact: nothing is tried inside what is known, what a refusal
 * shows is learnt, and the next growth waits for it.
 */
import { describe, expect, it } from '@jest/globals';
import { hourMs, minuteMs } from '../world.ts';
import { anMskScenario, expectAtRest, outcomes, storage, type MskScenario } from './msk-scenario.ts';

/** One growth is done; the next is due, and has time. */
async function grownOnce(coolDownHours: number, text: 'optimizing' | 'unknown' = 'optimizing'): Promise<MskScenario> {
  const scenario = await anMskScenario({ usedGib: 68, policy: { stepGibMax: 20, fullWithinHours: 1 } });
  const { msk } = scenario.simulation;
  msk.switches.coolDownText = text;
  msk.switches.coolDownMs = () => coolDownHours * hourMs;
  scenario.use(71);
  await scenario.pass(hourMs);
  expect(scenario.changes).toHaveLength(1);
  scenario.rise(71, 3, 86);
  return scenario;
}

/** Hours from the end of the first operation to each later try. */
function triesAfterHours(scenario: MskScenario): number[] {
  const endMs = scenario.changes[0]?.endedAtMs ?? 0;
  return scenario.growthCalls.slice(1).map(({ atMs }) => Math.round(((atMs - endMs) / hourMs) * 100) / 100);
}

describe('the cool-down', () => {
  it('is waited for where it is only the documented one: the first try after 6 h is accepted', async () => {
    const scenario = await grownOnce(6);
    await scenario.pass(9 * hourMs);
    const [hours, ...more] = triesAfterHours(scenario);
    expect(more).toEqual([]);
    expect(hours).toBeGreaterThanOrEqual(6);
    expect(hours).toBeLessThan(6.6);
    expect(await outcomes(scenario)).toEqual(['grown', 'cool-down', 'grown']);
    expect(scenario.notices()).toEqual([]);
    await expectAtRest(scenario);
  });

  it.each(['optimizing', 'unknown'] as const)(
    'is tried again 6 h after the first refusal, then hourly, when MSK says it with %s words',
    async (text) => {
      const scenario = await grownOnce(15, text);
      await scenario.pass(20 * hourMs);
      const hours = triesAfterHours(scenario);
      expect(hours.map(Math.floor)).toEqual([6, 12, 13, 14, 15]);
      hours.slice(1).forEach((hour, at) => expect(hour - (hours[at] ?? 0)).toBeGreaterThanOrEqual(at === 0 ? 6 : 1));
      const name = text === 'optimizing' ? 'cool-down' : 'unknown-text';
      expect((await outcomes(scenario)).filter((outcome) => outcome === name).length).toBeGreaterThanOrEqual(4);
      expect(scenario.changes).toHaveLength(2);
      expect(await scenario.coolDown()).toMatchObject({ refusals: 4 });
      // Words that nobody knows are a person's to read, once.
      expect(scenario.notices('unknown-text')).toHaveLength(text === 'unknown' ? 1 : 0);
      await expectAtRest(scenario);
    },
  );

  it('learnt from refusals is respected by the next growth, to which no call is made inside it', async () => {
    const scenario = await grownOnce(15);
    await scenario.pass(20 * hourMs);
    expect(scenario.changes).toHaveLength(2);
    const learntMs = (await scenario.coolDown())?.learntMs ?? 0;
    expect(learntMs).toBeGreaterThan(14 * hourMs);
    expect(learntMs).toBeLessThanOrEqual(15 * hourMs);
    const before = scenario.growthCalls.length;
    // Due at once, with time.
    scenario.rise(86, 3, 0.76 * scenario.sizeGib);
    await scenario.pass(24 * hourMs);
    const endedAtMs = scenario.changes[1]?.endedAtMs ?? 0;
    const [first] = scenario.growthCalls.slice(before);
    expect((first?.atMs ?? 0) - endedAtMs).toBeGreaterThanOrEqual(learntMs);
    // It was tried once or twice, not at 6 and 12 h.
    expect(scenario.growthCalls.length - before).toBeLessThanOrEqual(2);
    expect(scenario.changes).toHaveLength(3);
    await expectAtRest(scenario);
  });

  it('that never ends is a person’s: after 24 tries it escalates, and tries once a day', async () => {
    const scenario = await grownOnce(100);
    await scenario.pass(36 * hourMs);
    expect(scenario.notices('cool-down-endless')).toEqual([]);
    await scenario.pass(6 * hourMs);
    const hours = triesAfterHours(scenario);
    // The first refusal, and 24 more tries.
    expect(hours).toHaveLength(25);
    const [notice] = scenario.notices('cool-down-endless');
    expect(notice?.message).toContain('list-cluster-operations-v2');
    expect((await scenario.growths())[0]).toMatchObject({ status: 'escalated', outcome: 'cool-down-endless' });
    await scenario.pass(24 * hourMs);
    expect(triesAfterHours(scenario).length).toBeLessThanOrEqual(27);
    await expectAtRest(scenario);
  });

  it('of somebody else’s change holds as well', async () => {
    const scenario = await anMskScenario({ usedGib: 60 });
    const { msk } = scenario.simulation;
    msk.foreignUpdate(scenario.clusterArn, { volumeGib: 110 });
    await scenario.pass(hourMs);
    scenario.rise(60, 4, 80);
    await scenario.pass(5 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(await outcomes(scenario)).toEqual(['cool-down']);
    await scenario.pass(3 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect((scenario.growthCalls[0]?.atMs ?? 0) - (scenario.changes[0]?.endedAtMs ?? 0)).toBeGreaterThanOrEqual(
      6 * hourMs,
    );
    await expectAtRest(scenario);
  });

  it('calls a person when the brokers would be full before its end', async () => {
    const scenario = await grownOnce(6);
    scenario.fill(95, 10);
    await scenario.pass(hourMs);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toMatch(/full in [\d.]+ h at this rate/);
    expect(notice?.message).toContain('retention.ms=');
    expect(scenario.growthCalls).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('binds the operator’s own request, too', async () => {
    const scenario = await grownOnce(6);
    await scenario.pass(4.5 * hourMs);
    const { operationId } = await scenario.grow();
    await scenario.pass(10 * minuteMs);
    const operation = (await scenario.growths()).find((one) => one.operationId === operationId);
    expect(operation).toMatchObject({ status: 'deferred', outcome: 'cool-down' });
    expect(scenario.growthCalls).toHaveLength(1);
    expect((await scenario.remembered(storage))?.escalations).toEqual({});
    await expectAtRest(scenario);
  });
});

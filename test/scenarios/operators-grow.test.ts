/** `kafka-autopilot grow`: the operator's own request, under the same rules, once. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol, type Scenario, type ScenarioOptions } from './scenario.ts';
import { cleanPath, executions, expectAtRest, expectGrown, statesEntered } from './support.ts';

const volumeId = vol(0, '/data1');

async function ended(scenario: Scenario, operationId: string): Promise<unknown> {
  return (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
}

describe("the operator's grow", () => {
  it('grows to the size that was asked for, with the request in the record', async () => {
    const scenario = await aScenario();
    const { operationId, executionArn } = await scenario.grow(volumeId, 150, 'request-1');
    await scenario.pass(4 * hourMs);
    expect(await ended(scenario, operationId)).toMatchObject({
      status: 'succeeded',
      outcome: 'grown',
      trigger: { type: 'operator', requestId: 'request-1', by: 'operator' },
      decision: { action: 'grow', reason: 'operator', fromGib: 100, targetGib: 150 },
    });
    expect(statesEntered(scenario, executionArn)).toEqual(cleanPath);
    expect(scenario.announced()).toMatchObject([{ operationId, volumeId, fromGib: 100, toGib: 150 }]);
    await expectGrown(scenario, volumeId, 150);
  });

  it('runs once for one request id, however often it is sent, also after it has ended', async () => {
    const scenario = await aScenario();
    const first = await scenario.grow(volumeId, 150, 'request-1');
    const again = await scenario.grow(volumeId, 150, 'request-1');
    expect(again.operationId).toBe(first.operationId);
    await scenario.pass(4 * hourMs);
    const late = await scenario.grow(volumeId, 150, 'request-1');
    expect(late).toMatchObject({ started: 'already', operationId: first.operationId });
    await scenario.pass(hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(executions(scenario)).toHaveLength(1);
    await expectGrown(scenario, volumeId, 150);
  });

  it('without a size takes the smallest step that helps', async () => {
    const scenario = await aScenario();
    const { operationId } = await scenario.grow(volumeId);
    await scenario.pass(4 * hourMs);
    expect(await ended(scenario, operationId)).toMatchObject({ outcome: 'grown' });
    await expectGrown(scenario, volumeId, 110);
  });

  it.each<[string, number, NonNullable<ScenarioOptions['policy']>, string]>([
    ['above the volume’s maximum', 1_001, { stepGibMax: 2_000, growthGibPerDayMax: 2_000 }, 'target-above-maximum'],
    ['above what one step may add', 201, {}, 'target-above-maximum'],
    ['not above the present size', 100, {}, 'target-not-larger'],
    ['below the present size', 50, {}, 'target-not-larger'],
  ])('refuses a size %s, by name', async (_title, toGib, policy, outcome) => {
    const scenario = await aScenario({ policy });
    const { operationId } = await scenario.grow(volumeId, toGib);
    await scenario.pass(2 * minuteMs);
    expect(await ended(scenario, operationId)).toMatchObject({ status: 'refused', outcome });
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    await expectAtRest(scenario, volumeId);
  });

  it.each(['vol-0ffffffffffffffff', 'vol-nonsense'])(
    'starts nothing for a volume that nobody knows: %s',
    async (unknown) => {
      const scenario = await aScenario();
      expect(await scenario.grow(unknown, 150)).toMatchObject({
        started: 'no',
        because: expect.stringContaining(unknown) as unknown,
      });
      await scenario.pass(10 * minuteMs);
      expect(executions(scenario)).toEqual([]);
      expect(scenario.invariants.violations).toEqual([]);
    },
  );

  it('needs an approval where its cost does, by the same rule', async () => {
    const scenario = await aScenario({ policy: { approvalAboveUsdPerMonth: 3 } });
    const { operationId } = await scenario.grow(volumeId, 150);
    await scenario.pass(2 * minuteMs);
    expect(await ended(scenario, operationId)).toMatchObject({ status: 'awaiting-approval' });
    await scenario.answer(operationId, 'approved');
    await scenario.pass(4 * hourMs);
    expect(await ended(scenario, operationId)).toMatchObject({ outcome: 'grown' });
    await expectGrown(scenario, volumeId, 150);
  });

  it('overrides a pause that was learnt from a refusal, but not what EBS forbids', async () => {
    const scenario = await aScenario();
    scenario.simulation.ec2.switches.fails = () => true;
    await scenario.grow(volumeId, 150);
    await scenario.pass(10 * minuteMs);
    expect(scenario.notices('modification-failed')).toHaveLength(1);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    expect((await scenario.remembered(volumeId))?.notBefore?.reason).toBe('modification-failed');
    scenario.simulation.ec2.switches.fails = () => false;
    scenario.simulation.ec2.switches.optimizingMs = () => 2 * hourMs;
    const { operationId } = await scenario.grow(volumeId, 150, 'again');
    await scenario.pass(10 * minuteMs);
    expect(scenario.sizeGib(volumeId)).toBe(150);
    await scenario.pass(3 * hourMs);
    expect(await ended(scenario, operationId)).toMatchObject({ outcome: 'grown' });
    await expectGrown(scenario, volumeId, 150);
  });
});

/** An alarm, or the operator, comes while the volume is being grown: the second operation gives way, truthfully. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol } from './scenario.ts';
import { executions, expectGrown, onceEntered, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');
const volume = { broker: 0, mountPoint: '/data1' };
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

describe('an alarm while an operation runs', () => {
  it.each(['Decide', 'Apply', 'AwaitUsable', 'GrowFilesystem', 'Verify', 'AwaitCompleted'])(
    'gives way to the one that is at %s',
    async (state) => {
      const scenario = await aScenario({ brokers });
      onceEntered(scenario, state, () => scenario.alarm(volume), 10);
      scenario.use(volumeId, 76.5);
      await scenario.pass(3 * hourMs);
      const known = await scenario.operationsOf(volumeId);
      expect(known.map(({ outcome, status }) => [status, outcome])).toContainEqual(['deferred', 'already-running']);
      expect(outcomesOf(known)).toEqual(['grown']);
      expect(executions(scenario).every(({ status }) => status === 'SUCCEEDED')).toBe(true);
      expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
      expect(scenario.commands('grow-filesystem')).toHaveLength(1);
      expect(scenario.notices()).toEqual([]);
      await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    },
  );

  it('the operator hears that it is being grown already, and nothing is added', async () => {
    const scenario = await aScenario({ brokers });
    scenario.use(volumeId, 76.5);
    await scenario.pass(10 * minuteMs);
    expect(await scenario.holder(volumeId)).toBeDefined();
    const { operationId } = await scenario.grow(volumeId, 180);
    await scenario.pass(2 * minuteMs);
    const asked = (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
    expect(asked).toMatchObject({ status: 'deferred', outcome: 'already-running' });
    await scenario.pass(3 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.sizeGib(volumeId)).toBeLessThan(180);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('calls a person when the volume will be full before the running operation lets go', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.optimizingMs = () => 20 * hourMs;
    scenario.use(volumeId, 76.5);
    await scenario.pass(30 * minuteMs);
    const sizeGib = scenario.sizeGib(volumeId);
    expect(sizeGib).toBeGreaterThan(100);
    // Far faster than what the step was made for.
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => Math.min(76.5 + (12 * (atMs - fromMs)) / hourMs, 0.97 * sizeGib));
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toMatch(/full in [\d.]+ h at this rate/);
    expect(notice?.message).toContain('kafka-reassign-partitions.sh');
    expect(scenario.invariants.violations).toEqual([]);
  });
});

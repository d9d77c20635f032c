/** ModifyVolume took effect, but its answer was lost: the world is read, and nothing is modified a second time. */
import { describe, expect, it } from '@jest/globals';
import { LostAnswer } from '../../simulator/cloud/cloud.ts';
import type { Call } from '../../simulator/cloud/service.ts';
import { AwsError } from '../../simulator/cloud/service.ts';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';
import { clusterState, executions, expectGrown, journal, outcomesOf, stop } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

/** Does it to the first `times` calls of an operation. */
function spoil(scenario: Scenario, operation: string, times: number, fault: (call: Call) => Error): void {
  let left = times;
  scenario.simulation.cloud.observe({
    before(call) {
      if (call.operation !== operation || left === 0) return;
      if (operation === 'SendCommand' && !String(call.input['DocumentName']).endsWith('grow-filesystem')) return;
      left -= 1;
      throw fault(call);
    },
  });
}

describe('a lost answer after ModifyVolume', () => {
  it('makes no second modification', async () => {
    const scenario = await aScenario({ brokers });
    spoil(scenario, 'ModifyVolume', 1, () => new LostAnswer());
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.simulation.ec2.volume(volumeId).modifications).toHaveLength(1);
    const modifications = (await journal(scenario, volumeId)).filter(({ action }) => action === 'ec2:ModifyVolume');
    expect(modifications).toMatchObject([{ status: 'accepted' }]);
    expect(modifications[0]?.foreign).toBeUndefined();
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
  });

  it('makes no second one either when EC2 can’t be read for half a minute afterwards', async () => {
    const scenario = await aScenario({ brokers });
    let lostAtMs = Number.POSITIVE_INFINITY;
    spoil(scenario, 'ModifyVolume', 1, (call) => {
      lostAtMs = call.atMs;
      return new LostAnswer();
    });
    scenario.simulation.cloud.observe({
      before({ operation, atMs }) {
        if (operation === 'DescribeVolumesModifications' && atMs > lostAtMs && atMs < lostAtMs + 30_000)
          throw new AwsError('Unavailable', 'The server is overloaded', 503);
      },
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('asks again, under the same intent, when the call never reached EC2', async () => {
    const scenario = await aScenario({ brokers });
    spoil(scenario, 'ModifyVolume', 1, () => new AwsError('TimeoutError', 'Connection timed out', 0));
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(2);
    expect(scenario.simulation.ec2.volume(volumeId).modifications).toHaveLength(1);
    const modifications = (await journal(scenario, volumeId)).filter(({ action }) => action === 'ec2:ModifyVolume');
    expect(modifications).toMatchObject([{ status: 'accepted' }]);
    expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('gives up what it reserved when EC2 never answers and never grew anything', async () => {
    const scenario = await aScenario({ brokers });
    let isDown = true;
    scenario.simulation.cloud.observe({
      before({ operation }) {
        if (operation === 'ModifyVolume' && isDown) throw new AwsError('InternalError', 'An internal error', 500);
      },
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(2 * hourMs);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    const [notice] = scenario.notices('answer-lost');
    expect(notice?.message).toContain('explain');
    isDown = false;
    await scenario.pass(6 * hourMs);
    expect(scenario.simulation.ec2.volume(volumeId).modifications).toHaveLength(1);
    // Each try that came to nothing gave back its part of the day.
    expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
  });

  it('makes no second one when the execution is stopped before it could read the world', async () => {
    const scenario = await aScenario({ brokers });
    spoil(scenario, 'ModifyVolume', 1, () => {
      scenario.simulation.clock.after(5_000, () => {
        const waiting = executions(scenario).find(
          ({ status, lastState }) => status === 'RUNNING' && lastState === 'Apply',
        );
        stop(scenario, waiting?.executionArn ?? '');
      });
      return new LostAnswer();
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const modifications = (await journal(scenario, volumeId)).filter(({ action }) => action === 'ec2:ModifyVolume');
    expect(modifications).toMatchObject([{ status: 'accepted' }]);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toContain('interrupted');
    expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('waits for a command whose answer was lost no longer than it has to, and runs the idempotent script again', async () => {
    const scenario = await aScenario({ brokers });
    spoil(scenario, 'SendCommand', 1, () => new LostAnswer());
    scenario.use(volumeId, 76.5);
    await scenario.pass(30 * minuteMs);
    expect(scenario.commands('grow-filesystem').length).toBe(2);
    await scenario.pass(4 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });
});

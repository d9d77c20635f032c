/**
 * The operator stops an execution, anywhere; no Catch runs then. What comes next (the sweep, an alarm, the operator's own
 * request) takes the volume over and brings it to the same end, with one modification.
 */
import { describe, expect, it } from '@jest/globals';
import type { ExecutionRecord } from '../../simulator/cloud/states-records.ts';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';
import { cleanPath, clusterState, executions, expectGrown, journal, onceEntered, outcomesOf, stop } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

async function stopAt(state: string, afterMs: number): Promise<{ scenario: Scenario; stopped: ExecutionRecord[] }> {
  const scenario = await aScenario({ brokers });
  const stopped: ExecutionRecord[] = [];
  const stopIt = (record: ExecutionRecord): void => {
    stop(scenario, record.executionArn);
    stopped.push(record);
  };
  onceEntered(scenario, state, stopIt, afterMs);
  scenario.use(volumeId, 76.5);
  return { scenario, stopped };
}

/** One modification of the volume, whatever was tried; the day's sums are what was grown. */
async function expectConverged(scenario: Scenario): Promise<void> {
  expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
  expect(scenario.sizeGib(volumeId)).toBeGreaterThan(100);
  expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
  await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  // Every record has an end, and says which.
  const known = await scenario.operationsOf(volumeId);
  expect(known.filter(({ status }) => status === 'running')).toEqual([]);
  expect(executions(scenario).filter(({ status }) => status === 'RUNNING')).toEqual([]);
}

describe('an execution that is stopped half-way', () => {
  // At once; while the state's function runs; and when it has just ended (its call may be on its way, or done).
  const moments = cleanPath.flatMap((state) => [0, 60, 250].map((afterMs) => [state, afterMs] as const));

  it.each(moments)('converges when stopped at %s, %i ms after entering it', async (state, afterMs) => {
    const { scenario, stopped } = await stopAt(state, afterMs);
    await scenario.pass(8 * hourMs);
    expect(stopped).toHaveLength(1);
    await expectConverged(scenario);
    expect(scenario.notices()).toEqual([]);
  });

  it.each(['Apply', 'AwaitUsable', 'GrowFilesystem', 'AwaitCompleted'])(
    'started again by the operator after a stop at %s, it goes on where the world is',
    async (state) => {
      const { scenario, stopped } = await stopAt(state, 400);
      await scenario.pass(10 * minuteMs);
      expect(stopped).toMatchObject([{ status: 'ABORTED' }]);
      const { operationId } = await scenario.grow(volumeId);
      await scenario.pass(8 * hourMs);
      const again = (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
      expect(again?.status).not.toBe('running');
      const before = (await scenario.operationsOf(volumeId)).find(
        (operation) => operation.executionArn === stopped[0]?.executionArn,
      );
      expect(['failed', 'succeeded']).toContain(before?.status);
      expect(scenario.called('ec2:ModifyVolume').length).toBeLessThanOrEqual(2);
      await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    },
  );

  it('says in the record that it was interrupted, and settles what the stopped one left open', async () => {
    const { scenario, stopped } = await stopAt('AwaitUsable', 0);
    await scenario.pass(8 * hourMs);
    const known = await scenario.operationsOf(volumeId);
    const interrupted = known.find(({ executionArn }) => executionArn === stopped[0]?.executionArn);
    expect(interrupted).toMatchObject({ status: 'failed', outcome: 'interrupted' });
    expect(outcomesOf(known)).toEqual(['filesystem-grown', 'interrupted']);
    const modification = (await journal(scenario, volumeId)).find(({ action }) => action === 'ec2:ModifyVolume');
    expect(modification).toMatchObject({ status: 'accepted', operationId: interrupted?.operationId });
    await expectConverged(scenario);
  });

  it('stopped at every state of the path, one operation after the other, it still converges', async () => {
    const scenario = await aScenario({ brokers });
    const left = new Set<string>(cleanPath);
    scenario.simulation.states.observe({
      progressed(record) {
        const state = record.lastState ?? '';
        if (!record.workflow.endsWith('storage-scaling') || !left.delete(state)) return;
        scenario.simulation.clock.after(5, () => stop(scenario, record.executionArn));
      },
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(20 * hourMs);
    // What was done already is not done again, so some states are never entered after a stop.
    expect(left.size).toBeLessThanOrEqual(6);
    await expectConverged(scenario);
  });
});

/** What several scenarios ask of the world or do to it, beside the harness itself. */
import { expect } from '@jest/globals';
import type { ClusterState, Intent, Operation } from '../../functions/gateways/ledger/ledger.ts';
import { operator } from '../../simulator/cloud/cloud.ts';
import type { ExecutionRecord } from '../../simulator/cloud/states-records.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioWorld } from './world.ts';

/** The states of a clean growth without approval, in order. */
export const cleanPath = [
  'Observe',
  'Decide',
  'ChooseAction',
  'Apply',
  'ChooseWait',
  'AwaitUsable',
  'GrowFilesystem',
  'Verify',
  'AnnounceGrowth',
  'AwaitCompleted',
  'Record',
  'ChooseOutcome',
  'Done',
] as const;

export function clusterState(scenario: ScenarioWorld): Promise<ClusterState> {
  return scenario.clusterState();
}

export function journal(scenario: Scenario, volumeId: string): Promise<Intent[]> {
  return scenario.simulation.within(() => scenario.simulation.ledger.journal(`volume/${volumeId}`, 0));
}

/** Oldest first. */
export function executions(scenario: ScenarioWorld, workflow = 'storage-scaling'): ExecutionRecord[] {
  return [...scenario.simulation.states.records.all()].filter((record) => record.workflow.endsWith(workflow));
}

/** Names of the states that an execution entered. */
export function statesEntered({ simulation }: ScenarioWorld, executionArn: string): string[] {
  return (simulation.states.records.history(executionArn) ?? [])
    .filter(({ type }) => type.endsWith('StateEntered'))
    .map(({ details }) => String(details['name']));
}

/** As the operator would, at the console. */
export function stop({ simulation, nowMs }: ScenarioWorld, executionArn: string): void {
  simulation.cloud.answer({
    service: 'states',
    operation: 'StopExecution',
    input: { executionArn },
    principal: operator,
    atMs: nowMs,
  });
}

/** Once, `afterMs` after an execution of the workflow has entered the state. */
export function onceEntered(
  { simulation }: ScenarioWorld,
  state: string,
  act: (record: ExecutionRecord) => void,
  afterMs = 0,
  workflow = 'storage-scaling',
): void {
  let isDone = false;
  simulation.states.observe({
    progressed(record) {
      if (isDone || record.lastState !== state || !record.workflow.endsWith(workflow)) return;
      isDone = true;
      simulation.clock.after(afterMs, () => act(record));
    },
  });
}

/** Invokes a function from within a run, without waiting for it. */
export function invokeNow({ simulation }: ScenarioWorld, verb: string, payload: Record<string, unknown>): void {
  const arn = simulation.lambda.byVerb(verb)?.arn ?? '';
  simulation.clock
    .spawn(() => simulation.lambda.run(arn, JSON.stringify(payload)))
    .catch((error: unknown) => simulation.clock.fail(error));
}

export function outcomesOf(operations: readonly Operation[]): (string | undefined)[] {
  return operations.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'already-running');
}

/** What an operation's timeline says, without its times. */
export function told({ timeline }: Operation): string[] {
  return timeline.map(({ what }) => what);
}

/** The volume and its file system have this size, and nothing is left over. */
export async function expectGrown(scenario: Scenario, volumeId: string, sizeGib: number): Promise<void> {
  expect(scenario.sizeGib(volumeId)).toBe(sizeGib);
  expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.98 * sizeGib);
  await expectAtRest(scenario, volumeId);
}

/** No lease, no reservation, no intent without an end, nobody waiting. */
export async function expectAtRest(scenario: Scenario, volumeId: string): Promise<void> {
  expect(await scenario.holder(volumeId)).toBeUndefined();
  expect((await clusterState(scenario)).reservations).toEqual({});
  const open = (await journal(scenario, volumeId)).filter(({ status }) => status === 'intended');
  expect(open).toEqual([]);
  expect(scenario.invariants.violations).toEqual([]);
}

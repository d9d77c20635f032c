/**
 * A new version is deployed while executions are on their way: those keep their definition and their functions' versions,
 * and a step accepts what the states of an earlier release gave it. `releases/<version>.json` holds what each function was
 * given in that release; a file is added with each release and never changed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadStateMachine } from '../../simulator/states-language/index.ts';
import { asked, volumeId } from './approvals.ts';
import { aScenario, hourMs, minuteMs } from './scenario.ts';
import { executions, expectGrown, onceEntered, outcomesOf } from './support.ts';

const releases = new URL('./releases/', import.meta.url);
/** No longer there: what began with them ends, within minutes, on the versions it names. */
const retired = new Set(['sweep']);
const given = readdirSync(releases)
  .flatMap((file) =>
    Object.entries(JSON.parse(readFileSync(new URL(file, releases), 'utf8')) as Record<string, unknown>).map(
      ([verb, payload]): [string, string, unknown] => [file.replace('.json', ''), verb, payload],
    ),
  )
  .filter(([, verb]) => !retired.has(verb));
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

/** What each function is given first, on the longest way: inspected, asked, approved, grown. */
async function payloads(): Promise<Map<string, unknown>> {
  const { scenario, operation } = await asked();
  const first = new Map<string, unknown>();
  scenario.simulation.lambda.onInvocation((verb, payload) => {
    if (!first.has(verb)) first.set(verb, JSON.parse(payload));
    return undefined;
  });
  await scenario.answer(operation.operationId, 'approved');
  await scenario.pass(25 * hourMs);
  scenario.use(volumeId, 0.8 * scenario.sizeGib(volumeId));
  await scenario.pass(hourMs);
  return first;
}

describe('redeployed', () => {
  it.each(given)('what release %s gave to %s is accepted', async (release, verb, payload) => {
    const scenario = await aScenario();
    const invoke = (what: string, input: unknown): Promise<string | undefined> =>
      scenario.simulation.invoke(what, input).then(
        () => undefined,
        (error: Error) => error.name,
      );
    // Its operation exists, as it would.
    const observed = given.find(([name, what]) => name === release && what === 'observe')?.[2];
    const { operationId } = payload as { operationId?: string };
    expect(await invoke('observe', { ...(observed as object), ...(operationId && { operationId }) })).toBeUndefined();
    // That the world is another by now is no fault of the input; S3 says AccessDenied of an object that is gone.
    expect([
      undefined,
      'LeaseLost',
      'WorldChanged',
      'FilesystemNotGrown',
      'InspectionFailed',
      'AccessDenied',
    ]).toContain(await invoke(verb, payload));
  });

  it('the fixtures know every function that a state calls', async () => {
    const now = await payloads();
    const known = new Set(given.map(([, verb]) => verb));
    for (const verb of now.keys()) expect([...known]).toContain(verb);
  });

  it('every state calls a published version of its function, never the newest code', async () => {
    const scenario = await aScenario({ brokers });
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    const byMachines = scenario
      .called('lambda:Invoke')
      .filter(({ principal }) => principal.name.includes('storage-') || principal.name.includes('host-inspection'));
    expect(byMachines.length).toBeGreaterThan(10);
    for (const { input } of byMachines) expect(String(input['FunctionName'])).toMatch(/:function:[^:]+:\d+$/);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('an execution on its way keeps the definition it was started with; the next one has the new one', async () => {
    const scenario = await aScenario({ brokers });
    const { states } = scenario.simulation;
    const machine = loadStateMachine(
      JSON.stringify({
        QueryLanguage: 'JSONata',
        StartAt: 'NewRelease',
        TimeoutSeconds: 60,
        States: { NewRelease: { Type: 'Fail', Error: 'new-release', Cause: 'of the next version' } },
      }),
    );
    onceEntered(scenario, 'AwaitUsable', () => {
      for (const declaration of states.machines())
        if (declaration.name.endsWith('storage-scaling')) states.deploy({ ...declaration, machine });
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    const { executionArn } = await scenario.grow(volumeId, 150);
    await scenario.pass(minuteMs);
    const next = executions(scenario).find((record) => record.executionArn === executionArn);
    expect(next).toMatchObject({ status: 'FAILED', error: 'new-release' });
  });
});

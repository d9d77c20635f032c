/** No event of EBS or SSM ever arrives: the slow poll finishes what was begun; the sweep finds what no alarm told of. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol } from './scenario.ts';
import { expectGrown, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

describe('lost events', () => {
  it('grows without any event of EBS and SSM, the file system within a quarter of an hour', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.cloud.eventFault = ({ source }) => (source === 'aws.ec2' || source === 'aws.ssm' ? [] : [0]);
    const { ec2 } = scenario.simulation;
    const wokenBefore = scenario.simulation.counters().handlerInvocations['wake-waiting'];
    scenario.use(volumeId, 76.5);
    await scenario.pass(8 * hourMs);
    expect(scenario.simulation.counters().handlerInvocations['wake-waiting']).toBe(wokenBefore);
    const [modification] = ec2.volume(volumeId).modifications;
    const [command] = scenario.commands('grow-filesystem');
    expect((command?.atMs ?? Number.POSITIVE_INFINITY) - (modification?.startedAtMs ?? 0)).toBeLessThan(15 * minuteMs);
    const grown = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'grown');
    // The lease ends at the first look after EBS has completed: a look an hour.
    expect((grown?.endedAtMs ?? 0) - (modification?.endedAtMs ?? 0)).toBeLessThan(hourMs + 5 * minuteMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.commands('grow-filesystem')).toHaveLength(1);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('grows although its alarm was lost too', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.cloud.eventFault = ({ source }) => (source.startsWith('aws.') ? [] : [0]);
    scenario.use(volumeId, 76.5);
    await scenario.pass(8 * hourMs);
    const known = await scenario.operationsOf(volumeId);
    expect(outcomesOf(known)).toEqual(['grown']);
    expect(known.every(({ trigger }) => trigger['type'] === 'sweep')).toBe(true);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it.each([
    ['a day of optimizing', 24 * hourMs],
    ['two days of optimizing', 48 * hourMs],
  ])('waits patiently through %s, with a short history', async (_title, optimizingMs) => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.cloud.eventFault = ({ source }) => (source === 'aws.ec2' || source === 'aws.ssm' ? [] : [0]);
    scenario.simulation.ec2.switches.optimizingMs = () => optimizingMs;
    scenario.use(volumeId, 76.5);
    await scenario.pass(optimizingMs + 2 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    // The daily inspection comes through too.
    const inspectedAtMs = (await scenario.remembered(volumeId))?.inspection?.atMs ?? 0;
    expect(scenario.nowMs - inspectedAtMs).toBeLessThan(24 * hourMs);
    const workflow = scenario.simulation.counters().workflows['demo-storage-scaling'];
    expect(workflow?.historyEventsMax).toBeLessThan(600);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('events that come twice and late do no harm', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.cloud.eventFault = ({ source }) =>
      source === 'aws.ec2' || source === 'aws.ssm' ? [0, 0, 90_000, 2 * hourMs] : [0];
    scenario.use(volumeId, 76.5);
    await scenario.pass(6 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('understands EBS events whose ARN has no account', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.emptyAccountInArn = true;
    scenario.use(volumeId, 76.5);
    await scenario.pass(3 * hourMs);
    const [modification] = scenario.simulation.ec2.volume(volumeId).modifications;
    const grown = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'grown');
    // Woken, not polled.
    expect((grown?.endedAtMs ?? 0) - (modification?.endedAtMs ?? 0)).toBeLessThan(10_000);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });
});

/** S3: the size is usable at `optimizing`; `completed` comes hours later (bosh-aws-cpi#122). */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');

async function slow(completesAfterMs: number): Promise<Scenario> {
  const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
  scenario.simulation.ec2.switches.modifyingMs = () => 20_000;
  scenario.simulation.ec2.switches.optimizingMs = () => completesAfterMs;
  await scenario.pass(hourMs);
  return scenario;
}

describe('S3: a size that is usable hours before its modification is completed', () => {
  it('grows the file system within minutes, and holds the volume until completed', async () => {
    const scenario = await slow(9 * hourMs);
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    const [modification] = scenario.simulation.ec2.volume(volumeId).modifications;
    expect(modification?.state).toBe('optimizing');
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.99 * scenario.sizeGib(volumeId));
    expect(scenario.announced()).toHaveLength(1);

    const running = (await scenario.operationsOf(volumeId)).find(({ status }) => status === 'running');
    expect(running?.timeline.map(({ what }) => what)).toEqual(['started', 'decided', 'applied', 'verified']);
    expect(await scenario.holder(volumeId)).toBe(running?.operationId);
    await scenario.pass(8 * hourMs);
    expect(modification?.state).toBe('optimizing');
    expect(await scenario.holder(volumeId)).toBe(running?.operationId);

    await scenario.pass(hourMs);
    expect(modification?.state).toBe('completed');
    expect(await scenario.holder(volumeId)).toBeUndefined();
    const ended = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'grown');
    expect(ended?.operationId).toBe(running?.operationId);
    expect(ended?.endedAtMs).toBeGreaterThanOrEqual(modification?.endedAtMs ?? Infinity);
    expect(ended?.endedAtMs).toBeLessThanOrEqual((modification?.endedAtMs ?? 0) + minuteMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a second growth waits until the first is completed', async () => {
    const scenario = await slow(6 * hourMs);
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    const firstGib = scenario.sizeGib(volumeId);
    // It fills up again at once: an alarm, sweeps and the operator all ask for more.
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => 0.8 * firstGib + (0.1 * (atMs - fromMs)) / hourMs);
    await scenario.pass(20 * minuteMs);
    scenario.alarm({ broker: 0, mountPoint: '/data1' });
    const { operationId } = await scenario.grow(volumeId);
    await scenario.pass(5 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const asked = (await scenario.operations()).find((operation) => operation.operationId === operationId);
    expect(['already-running', 'growth-barred']).toContain(asked?.outcome);

    await scenario.pass(90 * minuteMs);
    const [first, second] = scenario.simulation.ec2.volume(volumeId).modifications;
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(2);
    expect(second?.startedAtMs).toBeGreaterThanOrEqual(first?.endedAtMs ?? Infinity);
    expect(second?.startedAtMs).toBeLessThanOrEqual((first?.endedAtMs ?? 0) + 16 * minuteMs);
    expect(scenario.refusals.filter(({ call }) => call.operation === 'ModifyVolume')).toEqual([]);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(firstGib);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('another volume of the same broker does not wait', async () => {
    const scenario = await slow(6 * hourMs);
    const other = vol(0, '/data2');
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    scenario.use(other, 80);
    await scenario.pass(10 * minuteMs);
    expect(scenario.simulation.ec2.volume(volumeId).modifications[0]?.state).toBe('optimizing');
    expect(scenario.filesystemGib(other)).toBeGreaterThan(100);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('sees the completion by its slow poll when the event is lost', async () => {
    const scenario = await slow(3 * hourMs);
    scenario.simulation.cloud.eventFault = ({ source }) => (source === 'aws.ec2' ? [] : [0]);
    scenario.use(volumeId, 76);
    await scenario.pass(20 * minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(100);
    await scenario.pass(5 * hourMs);
    expect(await scenario.holder(volumeId)).toBeUndefined();
    expect((await scenario.operationsOf(volumeId)).map(({ outcome }) => outcome)).toContain('grown');
    expect(scenario.invariants.violations).toEqual([]);
  });
});

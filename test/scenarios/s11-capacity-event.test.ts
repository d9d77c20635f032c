/** S11: Cruise Control keeps the old capacity (cruise-control#1068): the new one is in an event that a hook can read. */
import { describe, expect, it } from '@jest/globals';
import { AwsError } from '../../simulator/cloud/service.ts';
import { testEventPattern } from '../../simulator/event-patterns/index.ts';
import { aScenario, hourMs, instanceId, minuteMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');
const tags = {
  'aws:cloudformation:stack-name': 'kafka-orders',
  'terraform:workspace': 'production',
  Team: 'streams',
  Name: 'orders-0-data1',
};

/** A rule's pattern, as a user would write it. */
const rule = (cluster: string): string =>
  JSON.stringify({
    source: ['kafka-autopilot'],
    'detail-type': ['Storage Grown'],
    detail: { cluster: [cluster], kind: ['ec2'], toGib: [{ numeric: ['>', 100] }] },
  });

async function nearThreshold(): Promise<Scenario> {
  const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 73, tags }, '/data2': {} }] });
  await scenario.pass(2 * hourMs);
  return scenario;
}

describe('S11: the new capacity is announced', () => {
  it('in an event with all that a capacity file needs, and who owns the volume', async () => {
    const scenario = await nearThreshold();
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    const [event, ...more] = scenario.events.filter((one) => one['detail-type'] === 'Storage Grown');
    expect(more).toEqual([]);
    const operation = (await scenario.operationsOf(volumeId)).find(({ status }) => status === 'running');
    expect(event?.detail).toEqual({
      operationId: operation?.operationId,
      cluster: 'orders',
      kind: 'ec2',
      volumeId,
      instanceId: instanceId(0),
      mountPoint: '/data1',
      fromGib: 100,
      toGib: scenario.sizeGib(volumeId),
      filesystemBytes: scenario.simulation.hosts.filesystemBytes(volumeId),
      ownerTags: {
        'aws:cloudformation:stack-name': 'kafka-orders',
        Team: 'streams',
        'terraform:workspace': 'production',
      },
    });
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('where a rule of the user’s matches it', async () => {
    const scenario = await nearThreshold();
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    const event = scenario.events.find((one) => one['detail-type'] === 'Storage Grown');
    expect(event).toBeDefined();
    expect(testEventPattern(rule('orders'), JSON.stringify(event))).toBe(true);
    expect(testEventPattern(rule('payments'), JSON.stringify(event))).toBe(false);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('as soon as the file system is proven, hours before EBS has completed', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.ec2.switches.optimizingMs = () => 8 * hourMs;
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    expect(scenario.announced()).toHaveLength(1);
    expect(scenario.simulation.ec2.volume(volumeId).modifications[0]?.state).toBe('optimizing');
    const [announced] = scenario.called('events:PutEvents');
    const running = (await scenario.operationsOf(volumeId)).find(({ status }) => status === 'running');
    const verified = running?.timeline.find(({ what }) => what === 'verified');
    expect((announced?.atMs ?? Infinity) - (verified?.atMs ?? 0)).toBeLessThan(5_000);
    await scenario.pass(9 * hourMs);
    expect(scenario.announced()).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('not before: neither when the size is shown, nor when the host can not be reached; then by the operation that proves it', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.ssm.setAgent(instanceId(0), 'down');
    scenario.use(volumeId, 76);
    await scenario.pass(2 * hourMs);
    expect(scenario.sizeGib(volumeId)).toBeGreaterThan(100);
    expect(scenario.announced()).toEqual([]);
    scenario.simulation.ssm.setAgent(instanceId(0), 'up');
    const { operationId } = await scenario.growFilesystem(volumeId);
    await scenario.pass(10 * minuteMs);
    expect(scenario.announced()).toMatchObject([
      {
        operationId,
        fromGib: 100,
        toGib: scenario.sizeGib(volumeId),
        filesystemBytes: scenario.simulation.hosts.filesystemBytes(volumeId),
      },
    ]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('an event bus that refuses the announcement does not undo the growth', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.cloud.observe({
      before({ operation }) {
        if (operation === 'PutEvents') throw new AwsError('InternalException', 'no', 500);
      },
    });
    scenario.use(volumeId, 76);
    await scenario.pass(3 * hourMs);
    expect(scenario.announced()).toEqual([]);
    expect(scenario.called('events:PutEvents').length).toBeGreaterThan(1);
    expect((await scenario.operationsOf(volumeId)).map(({ outcome }) => outcome)).toContain('grown');
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(100);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('nothing that was only watched is announced', async () => {
    const scenario = await aScenario({ mode: 'observe', brokers: [{ '/data1': { usedGib: 73 }, '/data2': {} }] });
    await scenario.pass(2 * hourMs);
    scenario.use(volumeId, 76);
    await scenario.pass(3 * hourMs);
    expect(scenario.announced()).toEqual([]);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.notices('observed')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

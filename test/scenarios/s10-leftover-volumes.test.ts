/** S10: volumes of brokers that are gone (percona PR#1503); brokers that take their place. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, instanceId, minuteMs, vol, type Scenario } from './scenario.ts';

const leftover = vol(1, '/data1');

/** Two brokers; the second one's first volume is nearly at its threshold. */
async function twoBrokers(): Promise<Scenario> {
  const scenario = await aScenario({
    brokers: [
      { '/data1': {}, '/data2': {} },
      { '/data1': { usedGib: 73 }, '/data2': {} },
    ],
  });
  await scenario.pass(2 * hourMs);
  return scenario;
}

const about = async (scenario: Scenario, sinceMs: number): Promise<string[]> =>
  (await scenario.operationsOf(leftover))
    .filter(({ startedAtMs }) => startedAtMs >= sinceMs)
    .map(({ outcome }) => outcome ?? '');

describe('S10: volumes of terminated brokers', () => {
  it('left over and detached: never picked, and nobody is called about their metrics', async () => {
    const scenario = await twoBrokers();
    scenario.simulation.ec2.terminate(instanceId(1));
    await scenario.pass(3 * minuteMs); // what was measured before is on its way
    scenario.use(leftover, 95);
    const sinceMs = scenario.nowMs;
    await scenario.pass(6 * hourMs);
    expect(scenario.simulation.ec2.volume(leftover).state).toBe('available');
    expect(await about(scenario, sinceMs)).toEqual([]);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.commands('inspect-volume').filter(({ atMs }) => atMs > sinceMs)).toEqual([]);
    expect(scenario.notices()).toEqual([]);

    // A late alarm and even the operator find no live broker with it.
    scenario.alarm({ broker: 1, mountPoint: '/data1' });
    const { operationId } = await scenario.grow(leftover, 150);
    await scenario.pass(10 * minuteMs);
    const operation = (await scenario.operations()).find((one) => one.operationId === operationId);
    expect(operation).toMatchObject({ status: 'refused', outcome: 'volume-not-found' });
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('still attached to a terminated instance: never picked', async () => {
    const scenario = await twoBrokers();
    const instance = scenario.simulation.ec2.instance(instanceId(1));
    instance.state = 'terminated';
    instance.terminatedAtMs = scenario.nowMs;
    instance.history.push({ atMs: scenario.nowMs, state: 'terminated' });
    await scenario.pass(3 * minuteMs);
    scenario.use(leftover, 95);
    const sinceMs = scenario.nowMs;
    await scenario.pass(6 * hourMs);
    expect(scenario.simulation.ec2.volume(leftover).state).toBe('in-use');
    expect(await about(scenario, sinceMs)).toEqual([]);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('they do not count against the cluster: what they held is free for the others', async () => {
    const scenario = await aScenario({
      policy: { clusterGibMax: 260 },
      brokers: [{ '/data1': { usedGib: 73 } }, { '/data1': {} }],
      cluster: { mountPoints: ['/data1'] },
    });
    await scenario.pass(2 * hourMs);
    scenario.simulation.ec2.terminate(instanceId(1));
    scenario.use(vol(0, '/data1'), 90);
    await scenario.pass(2 * hourMs);
    expect(scenario.sizeGib(vol(0, '/data1'))).toBeGreaterThan(160);
    expect(scenario.sizeGib(vol(0, '/data1'))).toBeLessThanOrEqual(260);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('terminated while its growth is under way: the operation ends truthfully and lets go', async () => {
    const scenario = await twoBrokers();
    const { cloud, ec2 } = scenario.simulation;
    ec2.switches.modifyingMs = () => 2 * minuteMs;
    scenario.use(leftover, 76);
    const stop = cloud.observe({
      after({ operation }, outcome) {
        if (operation !== 'ModifyVolume' || 'error' in outcome) return;
        stop();
        scenario.simulation.clock.after(minuteMs, () => ec2.terminate(instanceId(1)));
      },
    });
    await scenario.pass(2 * hourMs);
    const operation = (await scenario.operationsOf(leftover)).find(({ timeline }) =>
      timeline.some(({ what }) => what === 'applied'),
    );
    expect(operation?.outcome).toBe('world-changed');
    expect(operation?.endedAtMs).toBeDefined();
    expect(scenario.announced()).toEqual([]);
    expect(await scenario.holder(leftover)).toBeUndefined();
    const sinceMs = scenario.nowMs;
    await scenario.pass(6 * hourMs);
    expect(await about(scenario, sinceMs)).toEqual([]);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a stopped broker fills no disk: nothing is done and nobody is called', async () => {
    const scenario = await twoBrokers();
    scenario.simulation.ec2.setInstanceState(instanceId(1), 'stopped');
    const sinceMs = scenario.nowMs;
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(await about(scenario, sinceMs)).toEqual([]);
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('S10: brokers that take their place', () => {
  it('a replacement that takes over the volume is inspected within one sweep, and the volume grows there', async () => {
    const scenario = await twoBrokers();
    const { ec2, hosts } = scenario.simulation;
    ec2.terminate(instanceId(1));
    ec2.createInstance({ instanceId: instanceId(2), tags: { 'kafka-cluster': 'orders' } });
    ec2.attach(leftover, instanceId(2), '/dev/sdf');
    hosts.mount({ instanceId: instanceId(2), volumeId: leftover, mountPoint: '/data1' });
    await scenario.pass(20 * minuteMs);
    expect((await scenario.remembered(leftover))?.inspection).toMatchObject({ instanceId: instanceId(2) });

    await scenario.pass(2 * hourMs);
    scenario.use(leftover, 76);
    await scenario.pass(30 * minuteMs);
    expect(scenario.filesystemGib(leftover)).toBeGreaterThan(100);
    expect(scenario.announced()).toMatchObject([{ volumeId: leftover, instanceId: instanceId(2) }]);
    expect(scenario.commands('grow-filesystem').map(({ input }) => input['InstanceIds'])).toEqual([[instanceId(2)]]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a new broker with new volumes is covered by the same alarm and the same sweep', async () => {
    const scenario = await twoBrokers();
    scenario.addBroker(2, { '/data1': { usedGib: 60 }, '/data2': {} });
    await scenario.pass(2 * hourMs);
    scenario.use(vol(2, '/data1'), 76);
    await scenario.pass(10 * minuteMs);
    expect(scenario.filesystemGib(vol(2, '/data1'))).toBeGreaterThan(100);
    const [operation] = await scenario.operationsOf(vol(2, '/data1'));
    expect(['alarm', 'sweep']).toContain(operation?.trigger['type']);
    expect((await scenario.remembered(vol(2, '/data1')))?.firstSeenGib).toBe(100);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('an instance without the cluster’s tag is nobody’s broker', async () => {
    const scenario = await twoBrokers();
    const { ec2, hosts } = scenario.simulation;
    const stranger = ec2.createInstance({ tags: { 'kafka-cluster': 'other' } });
    const volume = ec2.createVolume({ sizeGib: 100 });
    ec2.attach(volume.volumeId, stranger.instanceId, '/dev/sdf');
    hosts.mount({
      instanceId: stranger.instanceId,
      volumeId: volume.volumeId,
      mountPoint: '/data1',
      usedFraction: 0.9,
    });
    await scenario.pass(3 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.calls.filter(({ input }) => JSON.stringify(input).includes(volume.volumeId))).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

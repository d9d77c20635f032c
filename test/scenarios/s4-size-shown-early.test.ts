/** S4: DescribeVolumes shows the target size before anything can use it (ebs-csi PR#552); so do state, size and host. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');
const second = 1_000;

async function calm(): Promise<Scenario> {
  const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
  await scenario.pass(hourMs);
  return scenario;
}

/** The host's kernel sees the new size only some time after EC2 says `optimizing`. */
function hostSeesLater(scenario: Scenario, afterMs: number): void {
  const { cloud, clock, ec2 } = scenario.simulation;
  const stop = cloud.observe({
    before({ operation, input }) {
      if (operation !== 'SendCommand' || !String(input.DocumentName).endsWith('grow-filesystem')) return;
      stop();
      const volume = ec2.volume(volumeId);
      const targetGib = volume.deviceGib;
      volume.deviceGib = 100;
      clock.after(afterMs, () => {
        volume.deviceGib = targetGib;
      });
    },
  });
}

describe('S4: the target size is shown early', () => {
  it('sends nothing to the host before EC2 says that the size is usable', async () => {
    const scenario = await calm();
    scenario.simulation.ec2.switches.modifyingMs = () => 25 * minuteMs;
    scenario.use(volumeId, 76);
    await scenario.pass(5 * minuteMs);
    const targetGib = scenario.sizeGib(volumeId);
    expect(targetGib).toBeGreaterThan(100); // shown already
    // Even when an event says so: events only wake, the world is read.
    scenario.simulation.cloud.publish({
      source: 'aws.ec2',
      'detail-type': 'EBS Volume Notification',
      resources: [`arn:aws:ec2:us-east-1:111122223333:volume/${volumeId}`],
      detail: { result: 'optimizing', cause: '', event: 'modifyVolume', 'request-id': '' },
    });
    await scenario.pass(15 * minuteMs);
    expect(scenario.simulation.ec2.volume(volumeId).modifications[0]?.state).toBe('modifying');
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    expect(scenario.announced()).toEqual([]);

    await scenario.pass(10 * minuteMs);
    expect(scenario.commands('grow-filesystem')).toHaveLength(1);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.99 * targetGib);
    expect(scenario.announced()).toMatchObject([{ volumeId, fromGib: 100, toGib: targetGib }]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a host that sees the size half a minute late grows in the same run', async () => {
    const scenario = await calm();
    hostSeesLater(scenario, 30 * second);
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    expect(scenario.commands('grow-filesystem')).toHaveLength(1);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.99 * scenario.sizeGib(volumeId));
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a host that does not see the size for minutes is asked again', async () => {
    const scenario = await calm();
    hostSeesLater(scenario, 4 * minuteMs);
    scenario.use(volumeId, 76);
    await scenario.pass(4 * minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeLessThan(100);
    await scenario.pass(10 * minuteMs);
    expect(scenario.commands('grow-filesystem')).toHaveLength(2);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.99 * scenario.sizeGib(volumeId));
    await scenario.pass(3 * hourMs);
    expect((await scenario.operationsOf(volumeId)).map(({ outcome }) => outcome)).toContain('grown');
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a host that never sees the size is told of by name, and nothing is said to be grown', async () => {
    const scenario = await calm();
    hostSeesLater(scenario, 100 * hourMs);
    scenario.use(volumeId, 76);
    await scenario.pass(2 * hourMs);
    expect(scenario.announced()).toEqual([]);
    const busy = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'host-busy');
    expect(busy?.status).toBe('escalated');
    expect(busy?.timeline.at(-1)?.detail?.['message']).toContain('size-not-visible');
    const [notice] = scenario.notices('host-busy');
    expect(notice?.message).toContain(`npx kafka-autopilot grow-filesystem ${volumeId} --yes`);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a modification that stays modifying beyond its deadline ends as such, and is picked up when it is usable', async () => {
    const scenario = await calm();
    scenario.simulation.ec2.switches.modifyingMs = () => 3 * hourMs;
    scenario.use(volumeId, 76);
    await scenario.pass(2.5 * hourMs);
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    expect((await scenario.operationsOf(volumeId)).map(({ outcome }) => outcome)).toContain('deadline-passed');
    expect(scenario.notices('deadline-passed')).toHaveLength(1);
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.99 * scenario.sizeGib(volumeId));
    expect(scenario.announced()).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

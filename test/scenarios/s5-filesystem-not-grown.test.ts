/** S5: the volume has grown, its file system has not; and what must be refused before anything is changed. */
import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../../functions/gateways/ledger/ledger.ts';
import type { Layout } from '../../simulator/cloud/host.ts';
import { aScenario, hourMs, instanceId, minuteMs, vol, type Scenario, type VolumeSetup } from './scenario.ts';

const volumeId = vol(0, '/data1');
const broker = instanceId(0);

async function nearThreshold(setup: VolumeSetup = {}): Promise<Scenario> {
  const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 73, ...setup }, '/data2': {} }] });
  await scenario.pass(hourMs);
  return scenario;
}

async function ended(scenario: Scenario, outcome: string): Promise<Operation | undefined> {
  return (await scenario.operationsOf(volumeId)).find((operation) => operation.outcome === outcome);
}

function expectGrown(scenario: Scenario): void {
  expect(scenario.sizeGib(volumeId)).toBeGreaterThan(100);
  expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.97 * scenario.sizeGib(volumeId));
}

describe('S5: the host does not answer', () => {
  it('with its agent down: tried a few times, then a person is called with the commands; nothing is modified again', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.ssm.setAgent(broker, 'down');
    scenario.use(volumeId, 76);
    await scenario.pass(75 * minuteMs);

    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const firstTries = scenario.commands('grow-filesystem').length;
    expect(firstTries).toBeGreaterThan(1);
    expect(firstTries).toBeLessThanOrEqual(4);
    expect((await ended(scenario, 'host-unreachable'))?.status).toBe('escalated');
    const [notice, ...more] = scenario.notices('host-unreachable');
    expect(more).toEqual([]);
    expect(notice?.subject).toContain(volumeId);
    expect(notice?.message).toContain(`Volume ${volumeId} of ${broker} at /data1.`);
    expect(notice?.message).toContain('systemctl restart amazon-ssm-agent');
    expect(notice?.message).toContain(`npx kafka-autopilot grow-filesystem ${volumeId} --yes`);
    expect(scenario.announced()).toEqual([]);

    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.filesystemGib(volumeId)).toBeLessThan(100);
    expect(scenario.notices('host-unreachable')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('the operator repairs the agent: grow-filesystem resumes at once and grows nothing else', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.ssm.setAgent(broker, 'down');
    scenario.use(volumeId, 76);
    await scenario.pass(75 * minuteMs);
    scenario.simulation.ssm.setAgent(broker, 'up');
    const { operationId } = await scenario.growFilesystem(volumeId);
    await scenario.pass(5 * minuteMs);

    expectGrown(scenario);
    await scenario.pass(2 * hourMs);
    const operation = (await scenario.operations()).find((one) => one.operationId === operationId);
    expect(operation).toMatchObject({
      status: 'succeeded',
      outcome: 'filesystem-grown',
      trigger: { type: 'operator' },
    });
    expect(scenario.announced()).toMatchObject([{ operationId, volumeId }]);
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
    // What is proven is enough: no second step because of what was read in between.
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('without the operator the sweep resumes when the agent is back', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.ssm.setAgent(broker, 'down');
    scenario.use(volumeId, 76);
    await scenario.pass(2 * hourMs);
    scenario.simulation.ssm.setAgent(broker, 'up');
    await scenario.pass(3 * hourMs);
    expectGrown(scenario);
    expect((await ended(scenario, 'filesystem-grown'))?.trigger).toMatchObject({ type: 'sweep' });
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('an agent that is back within minutes is no incident', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.ssm.setAgent(broker, 'down');
    scenario.use(volumeId, 76);
    await scenario.pass(8 * minuteMs);
    scenario.simulation.ssm.setAgent(broker, 'up');
    await scenario.pass(10 * minuteMs);
    expectGrown(scenario);
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a script that hangs is ended by its deadline, told, and run again later', async () => {
    const scenario = await nearThreshold();
    scenario.simulation.hosts.scriptFault = (_instance, script) => (script === 'grow-filesystem' ? 'hang' : undefined);
    scenario.use(volumeId, 76);
    await scenario.pass(3 * hourMs);
    const busy = (await scenario.operationsOf(volumeId)).find(({ status }) => status === 'escalated');
    expect(['host-busy', 'deadline-passed']).toContain(busy?.outcome);
    expect(scenario.notices(busy?.outcome)).toHaveLength(1);
    scenario.simulation.hosts.scriptFault = undefined;
    await scenario.pass(4 * hourMs);
    expectGrown(scenario);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('S5: the command fails on the host', () => {
  it.each([
    'device-not-found',
    'wrong-device',
    'partition-not-grown',
    'resize-failed',
    'no-scratch', // the root file system is full
    'tool-missing',
  ])('%s is told by name, nothing is called grown, and grow-filesystem resumes', async (error) => {
    const scenario = await nearThreshold({ layout: 'partition', filesystem: 'ext4' });
    scenario.simulation.hosts.scriptFault = (_instance, script) =>
      script === 'grow-filesystem' ? { error, message: 'as the host says' } : undefined;
    scenario.use(volumeId, 76);
    await scenario.pass(30 * minuteMs);

    const operation = await ended(scenario, 'filesystem-not-grown');
    expect(operation).toMatchObject({ status: 'escalated' });
    expect(operation?.timeline.at(-1)?.detail?.['message']).toBe(`${error}: as the host says`);
    const [notice] = scenario.notices('filesystem-not-grown');
    expect(notice?.message).toContain(`${error}: as the host says`);
    expect(notice?.message).toContain(`npx kafka-autopilot grow-filesystem ${volumeId} --yes`);
    expect(scenario.announced()).toEqual([]);
    expect(scenario.filesystemGib(volumeId)).toBeLessThan(100);

    scenario.simulation.hosts.scriptFault = undefined;
    await scenario.growFilesystem(volumeId);
    await scenario.pass(3 * hourMs);
    expectGrown(scenario);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a command that calls itself successful without having grown anything is not believed', async () => {
    const scenario = await nearThreshold();
    const { hosts } = scenario.simulation;
    const grow = hosts.grow.bind(hosts);
    hosts.grow = (id, until) => (until === 'filesystem' ? false : grow(id, until));
    scenario.use(volumeId, 76);
    await scenario.pass(30 * minuteMs);
    expect((await ended(scenario, 'filesystem-not-grown'))?.status).toBe('escalated');
    expect(scenario.notices('filesystem-not-grown')[0]?.message).toMatch(/file system 99\.5 GiB, wanted \d+/);
    expect(scenario.announced()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a mount point that moved between inspection and growth is refused by the host', async () => {
    const scenario = await nearThreshold();
    const host = scenario.simulation.hosts.filesystem(volumeId);
    scenario.use(volumeId, 76);
    const stop = scenario.simulation.cloud.observe({
      before({ operation }) {
        if (operation !== 'ModifyVolume' || host === undefined) return;
        stop();
        host.mountPoint = '/elsewhere';
      },
    });
    await scenario.pass(30 * minuteMs);
    const operation = await ended(scenario, 'filesystem-not-grown');
    expect(operation?.timeline.at(-1)?.detail?.['message']).toMatch(/^mount-point-mismatch: /);
    expect(scenario.announced()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('S5: layouts that are handled', () => {
  it.each([
    ['plain', 'xfs'],
    ['plain', 'ext4'],
    ['partition', 'ext4'],
    ['lvm', 'xfs'],
    ['partition-lvm', 'ext4'],
  ] as const)('%s with %s is grown', async (layout, filesystem) => {
    const scenario = await nearThreshold({ layout, filesystem });
    scenario.use(volumeId, 76);
    await scenario.pass(10 * minuteMs);
    expectGrown(scenario);
    expect(scenario.announced()).toMatchObject([{ volumeId, mountPoint: '/data1' }]);
    expect((await scenario.remembered(volumeId))?.inspection).toMatchObject({ layout, filesystem, supported: true });
    await scenario.pass(3 * hourMs);
    expect(await ended(scenario, 'grown')).toBeDefined();
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a volume that somebody else made larger gets its file system grown, and nothing more', async () => {
    const scenario = await nearThreshold({ usedGib: 50 });
    scenario.simulation.ec2.foreignModify(volumeId, { sizeGib: 150 });
    await scenario.pass(26 * hourMs);
    expect(scenario.sizeGib(volumeId)).toBe(150);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(148);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(await ended(scenario, 'filesystem-grown')).toBeDefined();
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('S5: refused by name before anything is changed', () => {
  const layouts: Layout[] = [
    'raid',
    'luks',
    'zfs',
    'btrfs',
    'lvm-striped',
    'lvm-several-pvs',
    'lvm-several-lvs',
    'several-partitions',
    'multiple-mounts',
    'not-mounted',
    'read-only',
  ];
  const cases: [string, VolumeSetup, string][] = [
    ...layouts.map((layout): [string, VolumeSetup, string] => [layout, { layout }, `layout-${layout}`]),
    ['Multi-Attach', { multiAttach: true }, 'multi-attach'],
    ['a volume managed by AWS', { managedBy: 'eks.amazonaws.com' }, 'volume-managed-by-aws'],
    ['mounted elsewhere than fleet.yaml says', { mountPoint: '/kafka' }, 'mount-point-mismatch'],
  ];
  it.each(cases)('%s', async (_what, setup, outcome) => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 88, ...setup }, '/data2': {} }] });
    await scenario.pass(2 * hourMs);
    scenario.alarm({ broker: 0, mountPoint: '/data1' });
    const { operationId } = await scenario.grow(volumeId, 150);
    await scenario.pass(hourMs);

    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    const operation = (await scenario.operations()).find((one) => one.operationId === operationId);
    expect(operation).toMatchObject({ status: 'refused', outcome, decision: { action: 'refuse', reason: outcome } });
    // One call, however many ask.
    expect(scenario.notices(outcome)).toHaveLength(1);
    expect(scenario.notices()).toHaveLength(1);
    expect(scenario.notices()[0]?.message).toContain(outcome);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a host that can not be inspected is escalated, and its volume not touched', async () => {
    const scenario = await nearThreshold();
    // More than a day later the inspection is too old to grow by.
    scenario.simulation.ssm.setAgent(broker, 'down');
    await scenario.pass(26 * hourMs);
    scenario.use(volumeId, 76);
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const operation = await ended(scenario, 'inspection-impossible');
    expect(operation?.status).toBe('refused');
    const notices = scenario.notices('inspection-impossible').filter(({ subject }) => subject.includes(volumeId));
    expect(notices).toHaveLength(1);
    expect(notices[0]?.message).toContain('systemctl restart amazon-ssm-agent');

    scenario.simulation.ssm.setAgent(broker, 'up');
    await scenario.pass(90 * minuteMs);
    expectGrown(scenario);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('root volumes and instance store are left alone', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': {} }] });
    const { ec2, cloudwatch } = scenario.simulation;
    const root = ec2.volumesOf(broker).find(({ volumeId: id }) => id !== volumeId);
    // /data2 is on instance store: the agent reports it, EC2 knows no volume there.
    const report = (): void =>
      cloudwatch.put('CWAgent', 'disk_used_percent', { InstanceId: broker, path: '/data2' }, 95);
    for (let minutes = 0; minutes < 60; minutes += 1) {
      report();
      await scenario.pass(minuteMs);
    }
    scenario.alarm({ broker: 0, mountPoint: '/data2' });
    await scenario.pass(hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(await scenario.operationsOf(root?.volumeId ?? '')).toEqual([]);
    expect(scenario.notices()).toEqual([]);
    // Named, though: the inspection of that host fails with it, and failed executions have an alarm.
    const inspection = [...scenario.simulation.states.records.all()].find(({ workflow }) =>
      workflow.endsWith('host-inspection'),
    );
    expect(inspection).toMatchObject({ status: 'FAILED', error: 'MountPointUnserved' });
    expect(inspection?.cause).toContain('/data2 lies on no EBS volume');

    const { operationId } = await scenario.grow(root?.volumeId ?? '');
    await scenario.pass(10 * minuteMs);
    const operation = (await scenario.operations()).find((one) => one.operationId === operationId);
    expect(operation).toMatchObject({ status: 'refused', outcome: 'root-volume' });
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

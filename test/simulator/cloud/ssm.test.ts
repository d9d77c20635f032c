import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { hostDocuments } from '../../../functions/storage/ec2/host/documents.ts';
import { parseGrowth, parseInspection } from '../../../functions/storage/ec2/host/results.ts';
import { VirtualClock } from '../../../simulator/clock.ts';
import { operator, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import { SimulatedHosts, type Layout } from '../../../simulator/cloud/host.ts';
import type { BusEvent } from '../../../simulator/cloud/service.ts';
import { SimulatedSsm } from '../../../simulator/cloud/ssm.ts';

const startMs = Date.parse('2026-11-21T00:00:00Z');
const minute = 60_000;
const gib = 2 ** 30;

interface Answer {
  Command: { CommandId: string };
  Status: string;
  StatusDetails: string;
  ResponseCode: number;
  StandardOutputContent: string;
}

const folder = new URL('../../../functions/storage/ec2/host/', import.meta.url);
const documents = hostDocuments((path) => readFileSync(new URL(path.split('/').at(-1) ?? '', folder), 'utf8'));

function world({ layout = 'plain', usedGib = 50 }: { layout?: Layout; usedGib?: number } = {}) {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed: 1 });
  const ec2 = cloud.add(new SimulatedEc2(cloud));
  const fill = { usedBytes: () => usedGib * gib, shortenRetention: () => undefined, notes: [] };
  const hosts = new SimulatedHosts(cloud, ec2, fill);
  const ssm = cloud.add(new SimulatedSsm(cloud, ec2, hosts));
  const { instanceId } = ec2.createInstance({ tags: { cluster: 'blue' } });
  const { volumeId } = ec2.createVolume({ sizeGib: 100 });
  ec2.attach(volumeId, instanceId, '/dev/sdf');
  hosts.mount({ instanceId, volumeId, mountPoint: '/kafka', layout });
  ssm.registerDocument('grow', JSON.stringify(documents.growFilesystem));
  ssm.registerDocument('inspect', documents.inspectVolume);
  const events: BusEvent[] = [];
  cloud.onEvent((event) => events.push(event));
  const call = (operation: string, input: Record<string, unknown>) =>
    cloud.answer({ service: 'ssm', operation, input, principal: operator, atMs: clock.nowMs() }) as Answer;
  const send = (DocumentName: string, values: Record<string, string>, more: Record<string, unknown> = {}) => {
    const Parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
    return call('SendCommand', { DocumentName, InstanceIds: [instanceId], Parameters, ...more }).Command.CommandId;
  };
  const grow = (more: Record<string, unknown> = {}, values: Record<string, string> = {}) =>
    send('grow', { VolumeId: volumeId, MountPoint: '/kafka', MinimumGib: '200', ...values }, more);
  const result = (CommandId: string) => call('GetCommandInvocation', { CommandId, InstanceId: instanceId });
  const statuses = () => events.filter(({ source }) => source === 'aws.ssm').map(({ detail }) => detail['status']);
  return { clock, cloud, ec2, hosts, ssm, instanceId, volumeId, events, call, send, grow, result, statuses };
}

const errorOf = (work: () => unknown): { name: string; message: string } => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a refusal');
};

describe('SendCommand', () => {
  it('grows a file system and answers as the script does', async () => {
    const { clock, ec2, hosts, volumeId, instanceId, grow, result, events, statuses } = world();
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    expect(hosts.filesystemBytes(volumeId)).toBeLessThan(100 * gib);
    const commandId = grow();
    expect(errorOf(() => result(commandId)).name).toBe('InvocationDoesNotExist');
    await clock.run(startMs + 5 * minute);

    const { Status, ResponseCode, StandardOutputContent } = result(commandId);
    expect({ Status, ResponseCode }).toEqual({ Status: 'Success', ResponseCode: 0 });
    expect(parseGrowth(StandardOutputContent)).toMatchObject({
      script: 'grow-filesystem',
      volumeId,
      mountPoint: '/kafka',
      changed: true,
      steps: ['xfs_growfs'],
      deviceBytes: 200 * gib,
      before: { usedBytes: 50 * gib },
      after: { filesystemBytes: hosts.filesystemBytes(volumeId) },
    });
    expect(hosts.filesystemBytes(volumeId)).toBeGreaterThan(198 * gib);
    expect(statuses()).toEqual(['InProgress', 'Success']);
    expect(events.find(({ source }) => source === 'aws.ssm')).toMatchObject({
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`],
      detail: {
        'command-id': commandId,
        'document-name': 'grow',
        'instance-id': instanceId,
        'requested-date-time': '2026-11-21T00:00:00.000Z',
      },
    });
  });

  it('grows nothing the second time', async () => {
    const { clock, ec2, volumeId, grow, result } = world({ layout: 'partition-lvm' });
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    const first = grow();
    await clock.run(startMs + 5 * minute);
    const second = grow();
    await clock.run(startMs + 10 * minute);
    expect(parseGrowth(result(first).StandardOutputContent)).toMatchObject({
      steps: ['growpart', 'pvresize', 'lvextend', 'xfs_growfs'],
    });
    expect(parseGrowth(result(second).StandardOutputContent)).toMatchObject({ changed: false, steps: [] });
  });

  it.each([
    ['raid', 'layout-unsupported:raid', 17],
    ['not-mounted', 'not-mounted', 18],
  ] as const)('refuses a volume whose layout is %s', async (layout, error, exitCode) => {
    const { clock, ec2, volumeId, send, grow, result } = world({ layout });
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    const growing = grow();
    const looking = send('inspect', {});
    await clock.run(startMs + 5 * minute);
    expect(result(growing)).toMatchObject({ Status: 'Failed', ResponseCode: exitCode });
    expect(parseGrowth(result(growing).StandardOutputContent)).toMatchObject({ error });
    expect(parseInspection(result(looking).StandardOutputContent)).toMatchObject({
      volumes: [{ volumeId, layout, supported: false, reason: layout }],
    });
  });

  it('waits for the size that the kernel has to show, so long and no longer', async () => {
    const { clock, ec2, volumeId, grow, result } = world();
    ec2.switches.modifyingMs = () => 2 * minute;
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    const early = grow();
    await clock.run(startMs + 90_000);
    expect(parseGrowth(result(early).StandardOutputContent)).toMatchObject({ error: 'size-not-visible' });
    const late = grow();
    await clock.run(startMs + 4 * minute);
    expect(result(late).Status).toBe('Success');
  });

  it('looks at every data volume of a host', async () => {
    const { clock, hosts, volumeId, send, result } = world({ layout: 'lvm' });
    const commandId = send('inspect', {});
    await clock.run(startMs + minute);
    expect(parseInspection(result(commandId).StandardOutputContent)).toMatchObject({
      volumes: [
        {
          volumeId,
          layout: 'lvm',
          supported: true,
          reason: null,
          mountPoints: ['/kafka'],
          deviceBytes: 100 * gib,
          usedBytes: 50 * gib,
          filesystemBytes: hosts.filesystemBytes(volumeId),
        },
      ],
    });
  });

  it('never reaches a host whose agent is down', async () => {
    const { clock, ssm, instanceId, grow, result, statuses } = world();
    ssm.setAgent(instanceId, 'down');
    const commandId = grow({ TimeoutSeconds: 60 });
    await clock.run(startMs + minute - 1);
    expect(result(commandId)).toMatchObject({ Status: 'Pending', ResponseCode: -1 });
    await clock.run(startMs + minute);
    expect(result(commandId)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'Delivery Timed Out' });
    expect(statuses()).toEqual(['TimedOut']);
    ssm.switches.undelivered = 'Undeliverable';
    const other = grow({ TimeoutSeconds: 60 });
    await clock.run(startMs + 2 * minute);
    expect(result(other)).toMatchObject({ Status: 'Failed', StatusDetails: 'Undeliverable' });
  });

  it('reaches a host whose agent is back in time', async () => {
    const { clock, ec2, ssm, instanceId, volumeId, grow, result } = world();
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    ssm.setAgent(instanceId, 'down');
    const commandId = grow({ TimeoutSeconds: 600 });
    clock.after(5 * minute, () => ssm.setAgent(instanceId, 'up'));
    await clock.run(startMs + 8 * minute);
    expect(result(commandId).Status).toBe('Success');
  });

  it('ends a script that hangs at its execution time-out, and its failure with the code', async () => {
    const { clock, ec2, hosts, volumeId, grow, result } = world();
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    hosts.scriptFault = () => 'hang';
    const hanging = grow({}, { ExecutionTimeout: '300' });
    await clock.run(startMs + 6 * minute);
    expect(result(hanging)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'Execution Timed Out' });
    hosts.scriptFault = () => ({ error: 'resize-failed' });
    const failing = grow();
    await clock.run(startMs + 8 * minute);
    expect(result(failing)).toMatchObject({ Status: 'Failed', ResponseCode: 22 });
    expect(hosts.filesystemBytes(volumeId)).toBeLessThan(100 * gib);
  });

  it('runs once a volume at a time', async () => {
    const { clock, hosts, volumeId, grow, result } = world();
    hosts.locked.add(volumeId);
    const commandId = grow({}, { SizeWaitSeconds: '30' });
    await clock.run(startMs + 2 * minute);
    expect(result(commandId)).toMatchObject({ Status: 'Failed', ResponseCode: 13 });
  });

  it.each([
    ['an unknown document', 'other', {}, {}, 'InvalidDocument'],
    ['a value that its pattern forbids', 'inspect', { VolumeIds: 'all; reboot' }, {}, 'InvalidParameters'],
    ['a parameter that is not declared', 'inspect', { Other: 'x' }, {}, 'InvalidParameters'],
    ['a missing parameter', 'grow', {}, {}, 'InvalidParameters'],
    ['too short a delivery time', 'inspect', {}, { TimeoutSeconds: 29 }, 'ValidationException'],
    ['an instance that is none', 'inspect', {}, { InstanceIds: ['i-none'] }, 'InvalidInstanceId'],
  ])('refuses %s', (_title, document, values, more, code) => {
    const { send } = world();
    expect(errorOf(() => send(document, values, more)).name).toBe(code);
  });

  it('needs permission for the document and for each instance with its tags', () => {
    const { ssm, instanceId } = world();
    const input = { DocumentName: 'grow', InstanceIds: [instanceId] };
    const call = { service: 'ssm', operation: 'SendCommand', input, principal: operator, atMs: 0 };
    expect(ssm.authorize(call)).toEqual([
      { action: 'ssm:SendCommand', resources: ['arn:aws:ssm:eu-central-1:123456789012:document/grow'], context: {} },
      {
        action: 'ssm:SendCommand',
        resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`],
        context: { 'ssm:resourceTag/cluster': 'blue', 'aws:ResourceTag/cluster': 'blue' },
      },
    ]);
  });
});

describe('a file system', () => {
  it('is never fuller than full, and its full minutes are counted', async () => {
    const { clock, ec2, hosts, volumeId, grow } = world({ usedGib: 150 });
    await clock.run(startMs + 10 * minute);
    expect(hosts.usedBytes(volumeId)).toBe(hosts.filesystemBytes(volumeId));
    expect(hosts.minutesFull(volumeId)).toBe(10);
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    await clock.run(startMs + 20 * minute);
    expect(hosts.minutesFull(volumeId)).toBe(20);
    grow();
    await clock.run(startMs + 60 * minute);
    expect(hosts.usedBytes(volumeId)).toBe(150 * gib);
    expect(hosts.minutesFull(volumeId)).toBe(21);
  });
});

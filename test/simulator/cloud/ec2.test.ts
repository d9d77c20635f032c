import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../simulator/clock.ts';
import { operator, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import type { BusEvent } from '../../../simulator/cloud/service.ts';

const startMs = Date.parse('2026-11-21T00:00:00Z');
const minute = 60_000;
const hour = 60 * minute;

interface Answer {
  Reservations: { Instances: { InstanceId: string; BlockDeviceMappings: unknown[] }[] }[];
  Volumes: { VolumeId: string; Size: number; State: string }[];
  VolumesModifications: { VolumeId: string; ModificationState: string; Progress: number; TargetSize: number }[];
  VolumeModification: { ModificationState: string };
  NextToken?: string;
}

function world(seed: number | string = 1) {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed });
  const ec2 = cloud.add(new SimulatedEc2(cloud));
  const events: BusEvent[] = [];
  cloud.onEvent((event) => events.push(event));
  const call = (operation: string, input: Record<string, unknown>) =>
    cloud.answer({ service: 'ec2', operation, input, principal: operator, atMs: clock.nowMs() }) as Answer;
  const modify = (VolumeId: string, Size: number) => call('ModifyVolume', { VolumeId, Size });
  return { clock, cloud, ec2, events, call, modify };
}

const errorOf = (work: () => unknown): { name: string; message: string } => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a refusal');
};

/** How many calls pass before the request limit. */
const passed = (work: () => unknown) => {
  let count = 0;
  for (; count < 500; count++) {
    try {
      work();
    } catch (error) {
      if ((error as Error).name === 'RequestLimitExceeded') break;
    }
  }
  return count;
};

describe('ModifyVolume', () => {
  it('goes from modifying over optimizing to completed and says so in events', async () => {
    const { clock, ec2, events, call, modify } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100 });
    expect(modify(volumeId, 200).VolumeModification.ModificationState).toBe('modifying');
    expect(ec2.volume(volumeId)).toMatchObject({ sizeGib: 200, deviceGib: 100 }); // S4
    expect(call('DescribeVolumes', { VolumeIds: [volumeId] }).Volumes[0]?.Size).toBe(200);

    await clock.run(startMs + minute);
    expect(ec2.volume(volumeId).deviceGib).toBe(200);
    expect(call('DescribeVolumesModifications', { VolumeIds: [volumeId] }).VolumesModifications).toMatchObject([
      { VolumeId: volumeId, ModificationState: 'optimizing', TargetSize: 200 },
    ]);
    await clock.run(startMs + 2 * hour);
    expect(call('DescribeVolumesModifications', {}).VolumesModifications).toMatchObject([
      { ModificationState: 'completed', Progress: 100, EndTime: expect.any(Date) },
    ]);

    const arn = `arn:aws:ec2:eu-central-1:123456789012:volume/${volumeId}`;
    const event = { source: 'aws.ec2', 'detail-type': 'EBS Volume Notification', account: '123456789012' };
    expect(events).toMatchObject([
      { ...event, resources: [arn], detail: { event: 'modifyVolume', result: 'optimizing', cause: '' } },
      { ...event, resources: [arn], detail: { event: 'modifyVolume', result: 'completed' } },
    ]);
    expect(events[0]?.time).toMatch(/^2026-11-21T00:00:\d\dZ$/);
  });

  it('refuses another one until the last is completed', async () => {
    const { clock, ec2, modify } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100 });
    ec2.switches.modifyingMs = () => 10_000;
    ec2.switches.optimizingMs = () => hour;
    modify(volumeId, 110);
    await clock.run(startMs + 10_000 + hour - 1);
    expect(errorOf(() => modify(volumeId, 120))).toMatchObject({
      name: 'IncorrectModificationState',
      message: expect.stringContaining('OPTIMIZING'),
    });
    ec2.switches.inProgressCode = 'rate';
    expect(errorOf(() => modify(volumeId, 120)).name).toBe('VolumeModificationRateExceeded');
    await clock.run(startMs + 10_000 + hour);
    modify(volumeId, 120);
  });

  it('allows four in a rolling 24 h and says when the next may be', async () => {
    const { clock, ec2, modify } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100 });
    for (let count = 1; count <= 4; count++) {
      modify(volumeId, 100 + count);
      await clock.run(startMs + count * 3 * hour);
    }
    const refused = errorOf(() => modify(volumeId, 110));
    expect(refused.name).toBe('VolumeModificationRateExceeded');
    expect(refused.message).toContain('2026-11-22T00:00:00Z');
    ec2.switches.rateText = 'duration';
    expect(errorOf(() => modify(volumeId, 110)).message).toContain('in 12 hours 0 minutes');
    ec2.switches.rateText = 'none';
    expect(errorOf(() => modify(volumeId, 110)).message).not.toMatch(/\d/);
    ec2.switches.rateText = 'old';
    expect(errorOf(() => modify(volumeId, 110)).message).toContain('Wait at least 6 hours between modifications');

    await clock.run(startMs + 24 * hour - 1);
    expect(errorOf(() => modify(volumeId, 110)).name).toBe('VolumeModificationRateExceeded');
    await clock.run(startMs + 24 * hour);
    modify(volumeId, 110);
    // A refused one doesn't count; the next is allowed 24 h after the second.
    expect(ec2.volume(volumeId).modifications).toHaveLength(5);
  });

  it("counts others' modifications, which the API shows only while they are the newest", async () => {
    const { clock, ec2, call, modify } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100 });
    for (let count = 1; count <= 4; count++) {
      ec2.foreignModify(volumeId, { sizeGib: 100 + count });
      await clock.run(startMs + count * 3 * hour);
    }
    expect(call('DescribeVolumesModifications', { VolumeIds: [volumeId] }).VolumesModifications).toHaveLength(1);
    expect(errorOf(() => modify(volumeId, 110)).name).toBe('VolumeModificationRateExceeded');
  });

  it.each([
    ['below the existing size', {}, 99, 'InvalidParameterValue'],
    ['above the maximum of gp3', {}, 65_537, 'InvalidParameterValue'],
    ['above the maximum of gp2', { type: 'gp2' }, 16_385, 'InvalidParameterValue'],
    ['above the quota of the Region', {}, 60_000, 'VolumeLimitExceeded'],
    ['of a volume that AWS manages', { managedBy: 'eks.amazonaws.com' }, 200, 'OperationNotPermitted'],
    ['of a Multi-Attach io1 volume', { type: 'io1', iops: 100, multiAttach: true }, 200, 'UnsupportedOperation'],
  ] as const)('refuses a size %s', (_title, options, size, code) => {
    const { ec2, modify } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100, ...options });
    expect(errorOf(() => modify(volumeId, size)).name).toBe(code);
    expect(ec2.volume(volumeId)).toMatchObject({ sizeGib: 100, modifications: [] });
  });

  it('refuses a volume that is neither in use nor available', () => {
    const { ec2, modify } = world();
    const volume = ec2.createVolume({ sizeGib: 100 });
    volume.state = 'creating';
    expect(errorOf(() => modify(volume.volumeId, 200)).name).toBe('IncorrectState');
  });

  it('may end in failed: the old size stays, another try is allowed', async () => {
    const { clock, ec2, events, modify } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100 });
    ec2.switches.fails = () => true;
    ec2.switches.emptyAccountInArn = true;
    modify(volumeId, 200);
    await clock.run(startMs + minute);
    expect(ec2.volume(volumeId)).toMatchObject({ sizeGib: 100, deviceGib: 100 });
    expect(events).toMatchObject([
      { resources: [`arn:aws:ec2::eu-central-1:volume/${volumeId}`], detail: { result: 'failed' } },
    ]);
    ec2.switches.fails = () => false;
    modify(volumeId, 200);
  });

  it('takes as long for the same seed, and longer for larger volumes', async () => {
    const durationMs = async (seed: number, sizeGib: number) => {
      const { clock, ec2, modify } = world(seed);
      const { volumeId } = ec2.createVolume({ sizeGib });
      modify(volumeId, sizeGib + 10);
      await clock.run(startMs + 48 * hour);
      return (ec2.volume(volumeId).modifications[0]?.endedAtMs ?? 0) - startMs;
    };
    expect(await durationMs(7, 1_014)).toBe(await durationMs(7, 1_014));
    expect(await durationMs(7, 1_014)).toBeGreaterThan(4 * hour);
    expect(await durationMs(7, 1_014)).toBeLessThan(7 * hour);
    expect(await durationMs(7, 1)).toBeLessThan(7 * minute);
  });

  it("needs permission for the volume's ARN with its tags", () => {
    const { cloud, ec2 } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100, tags: { team: 'a' } });
    const principal = { roleArn: 'arn:aws:iam::123456789012:role/x', name: 'x' };
    const call = { service: 'ec2', operation: 'ModifyVolume', input: { VolumeId: volumeId, Size: 200 }, principal };
    expect(ec2.authorize({ ...call, atMs: 0 })).toMatchObject([
      {
        action: 'ec2:ModifyVolume',
        resources: [`arn:aws:ec2:eu-central-1:123456789012:volume/${volumeId}`],
        context: { 'aws:ResourceTag/team': 'a', 'ec2:ResourceTag/team': 'a', 'ec2:VolumeSize': '100' },
      },
    ]);
    cloud.authorizer = () => {
      throw Object.assign(
        errorOf(() => cloud.answer({ ...call, input: {}, atMs: 0, principal: operator })),
        {
          name: 'AccessDeniedException',
        },
      );
    };
    expect(errorOf(() => cloud.answer({ ...call, atMs: 0 })).name).toBe('UnauthorizedOperation');
    expect(ec2.volume(volumeId).sizeGib).toBe(100);
  });
});

describe('Describe calls', () => {
  it('filter by tags and state, wildcards unless escaped', () => {
    const { ec2, call } = world();
    const one = ec2.createInstance({ tags: { cluster: 'blue', 'a*': 'x' } });
    const two = ec2.createInstance({ tags: { cluster: 'black' } });
    ec2.createInstance({ tags: {} });
    const found = (...Filters: { Name: string; Values: string[] }[]) =>
      call('DescribeInstances', { Filters })
        .Reservations.flatMap((one) => one.Instances.map(({ InstanceId }) => InstanceId))
        .sort();
    const both = [one.instanceId, two.instanceId].sort();
    expect(found({ Name: 'tag:cluster', Values: ['blue'] })).toEqual([one.instanceId]);
    expect(found({ Name: 'tag:cluster', Values: ['bl*'] })).toEqual(both);
    expect(found({ Name: 'tag:cluster', Values: ['bl?e'] })).toEqual([one.instanceId]);
    expect(found({ Name: 'tag:cluster', Values: [String.raw`bl\*`] })).toEqual([]);
    ec2.setInstanceState(two.instanceId, 'stopped');
    expect(
      found({ Name: 'tag:cluster', Values: ['bl*'] }, { Name: 'instance-state-name', Values: ['running', 'pending'] }),
    ).toEqual([one.instanceId]);
    expect(errorOf(() => found({ Name: 'colour', Values: ['x'] })).name).toBe('InvalidParameterValue');
  });

  it('come in pages', () => {
    const { ec2, call } = world();
    for (let count = 0; count < 12; count++) ec2.createVolume({ sizeGib: 10 });
    const sizes: number[] = [];
    const seen = new Set<string>();
    let token: string | undefined;
    do {
      const answer = call('DescribeVolumes', { MaxResults: 5, NextToken: token });
      sizes.push(answer.Volumes.length);
      for (const volume of answer.Volumes) seen.add(volume.VolumeId);
      token = answer.NextToken;
    } while (token !== undefined);
    expect(sizes).toEqual([5, 5, 2]);
    expect(seen.size).toBe(12);
  });

  it('show the volumes that a terminated broker leaves behind, and the broker for an hour', async () => {
    const { clock, ec2, call } = world();
    const { instanceId } = ec2.createInstance({});
    const { volumeId } = ec2.createVolume({ sizeGib: 100 });
    ec2.attach(volumeId, instanceId, '/dev/sdf');
    expect(
      call('DescribeVolumes', { Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] }).Volumes,
    ).toHaveLength(2);
    ec2.terminate(instanceId);
    expect(call('DescribeVolumes', {}).Volumes).toMatchObject([{ VolumeId: volumeId, State: 'available' }]);
    expect(call('DescribeInstances', {}).Reservations).toHaveLength(1);
    await clock.run(startMs + hour);
    expect(call('DescribeInstances', {}).Reservations).toHaveLength(0);
  });
});

describe('request limits', () => {
  it("refuse with EC2's own error when the bucket is empty, and refill", async () => {
    const { clock, cloud, call } = world();
    const read = () => call('DescribeInstances', {});
    for (let count = 0; count < 100; count++) read();
    expect(errorOf(read).name).toBe('RequestLimitExceeded');
    await clock.run(startMs + 50);
    read();
    expect(errorOf(read).name).toBe('RequestLimitExceeded');
    expect(cloud.throttle.refused.get('ec2:DescribeInstances')).toBe(2);
  });

  it('let pass fewer unfiltered than filtered reads of volumes, fewest modifications', () => {
    const { call } = world();
    expect(passed(() => call('DescribeVolumes', {}))).toBe(50);
    expect(passed(() => call('DescribeVolumes', { MaxResults: 500 }))).toBe(100);
    expect(passed(() => call('ModifyVolume', { VolumeId: 'vol-none' }))).toBe(50);
  });
});

describe('events', () => {
  it('can be repeated, late or lost', async () => {
    const { clock, cloud, ec2, events, modify } = world();
    const delays = [[0, 5 * hour], []];
    cloud.eventFault = () => delays.shift() ?? [0];
    modify(ec2.createVolume({ sizeGib: 10 }).volumeId, 20);
    await clock.run(startMs + 24 * hour);
    expect(events.map(({ detail }) => detail['result'])).toEqual(['optimizing', 'optimizing']);
    expect(events[0]?.id).toBe(events[1]?.id);
  });
});

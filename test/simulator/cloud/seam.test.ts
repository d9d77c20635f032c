import { DescribeVolumesCommand, EC2Client, ModifyVolumeCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../simulator/clock.ts';
import { LostAnswer, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import { connectTo, simulatedClientDefaults } from '../../../simulator/cloud/seam.ts';
import { AwsError, type Call } from '../../../simulator/cloud/service.ts';
import { throttled } from '../../../simulator/cloud/throttle.ts';

const startMs = Date.parse('2026-11-21T00:00:00Z');
const principal = { roleArn: 'arn:aws:iam::123456789012:role/apply', name: 'apply' };

function world(options: { latencyMs?: number } = {}) {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed: 1, ...options });
  const ec2 = cloud.add(new SimulatedEc2(cloud));
  const connect = connectTo(cloud, principal);
  const client = (maxAttempts?: number) =>
    connect(
      new EC2Client({ ...simulatedClientDefaults(cloud), ...(maxAttempts === undefined ? {} : { maxAttempts }) }),
    );
  /** Runs work as an invocation of a function would, to its end. */
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    const done = clock.spawn(() => cloud.invocation(work));
    done.catch(() => undefined);
    await clock.run(startMs + 86_400_000);
    return done;
  };
  return { clock, cloud, ec2, client, run };
}

/** Fails the first calls. */
function failing(cloud: SimulatedCloud, times: number, error: (call: Call) => Error) {
  let left = times;
  cloud.observe({
    before: (call) => {
      if (left-- > 0) throw error(call);
    },
  });
}

describe('the seam under the SDK', () => {
  it('turns a command into a call and its answer into an output', async () => {
    const { cloud, ec2, client, run } = world();
    const volume = ec2.createVolume({ sizeGib: 100 });
    const calls: Call[] = [];
    cloud.observe({ before: (call) => calls.push(call) });

    const output = await run(() => client().send(new DescribeVolumesCommand({ VolumeIds: [volume.volumeId] })));

    expect(output.Volumes).toMatchObject([{ VolumeId: volume.volumeId, Size: 100, VolumeType: 'gp3' }]);
    expect(output.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 1 });
    expect(calls).toMatchObject([{ service: 'ec2', operation: 'DescribeVolumes', principal, atMs: startMs }]);
    expect(cloud.apiCalls.get('ec2:DescribeVolumes')).toBe(1);
  });

  it('lets the SDK retry on virtual time, with backoff', async () => {
    const { clock, cloud, client, run } = world();
    failing(cloud, 2, () => throttled('ec2'));
    const times: number[] = [];
    cloud.observe({ before: () => times.push(clock.nowMs()) });

    const output = await run(() => client().send(new DescribeVolumesCommand({ MaxResults: 5 })));

    expect(output.$metadata.attempts).toBe(3);
    expect(cloud.apiCalls.get('ec2:DescribeVolumes')).toBe(3);
    // Throttling: base 1,000 ms, doubled, times a number below 1.
    expect(times[0]).toBeGreaterThan(startMs);
    expect(times[0]).toBeLessThan(startMs + 3_000);
  });

  it.each([
    ['three attempts by default', undefined, 3],
    ["as many as the client's configuration says", 5, 5],
    ['exactly one where the gateway asks for one', 1, 1],
  ])('makes %s', async (_title, maxAttempts, attempts) => {
    const { cloud, client, run } = world();
    failing(cloud, 99, () => new AwsError('InternalError', 'An internal error has occurred', 500));
    await expect(run(() => client(maxAttempts).send(new DescribeVolumesCommand({})))).rejects.toMatchObject({
      name: 'InternalError',
      $metadata: { attempts },
    });
    expect(cloud.apiCalls.get('ec2:DescribeVolumes')).toBe(attempts);
  });

  it("doesn't retry what the client did wrong", async () => {
    const { cloud, client, run } = world();
    const wrong = run(() => client().send(new ModifyVolumeCommand({ VolumeId: 'vol-none', Size: 1 })));
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidVolume.NotFound', $fault: 'client' });
    expect(cloud.apiCalls.get('ec2:ModifyVolume')).toBe(1);
  });

  it('can lose an answer: the effect happens, the caller gets a time-out', async () => {
    const { cloud, ec2, client, run } = world();
    const { volumeId } = ec2.createVolume({ sizeGib: 100 });
    failing(cloud, 1, () => new LostAnswer());
    const lost = run(() => client(1).send(new ModifyVolumeCommand({ VolumeId: volumeId, Size: 200 })));
    await expect(lost).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(ec2.volume(volumeId).sizeGib).toBe(200);
    expect(cloud.apiCalls.get('ec2:ModifyVolume')).toBe(1);
  });

  it('parks a function once while all of its parallel calls wait', async () => {
    const { clock, cloud, client, run } = world({ latencyMs: 20 });
    failing(cloud, 3, () => throttled('ec2'));
    let between = 0;
    clock.after(10, () => between++);
    const reads = client();
    const [one, two] = await run(async () => {
      const outputs = await Promise.all(
        [5, 6, 7].map(async (MaxResults) => {
          await reads.send(new DescribeVolumesCommand({ MaxResults }));
          return reads.send(new DescribeVolumesCommand({ MaxResults }));
        }),
      );
      expect(between).toBe(1);
      return outputs;
    });
    expect(one?.Volumes).toEqual(two?.Volumes);
    expect(cloud.apiCalls.get('ec2:DescribeVolumes')).toBe(9);

    // The clock still knows when everything rests: a later activity is awaited as usual.
    const order: string[] = [];
    void clock.spawn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push('slow');
    });
    clock.after(1, () => order.push('later'));
    await clock.run(clock.nowMs() + 10);
    expect(order).toEqual(['slow', 'later']);
  });

  it('never lets a call go on that its function left over', async () => {
    const { cloud, client, run } = world({ latencyMs: 50 });
    let wentOn = false;
    await run(async () => {
      void client()
        .send(new DescribeVolumesCommand({ MaxResults: 5 }))
        .then(() => (wentOn = true));
      await Promise.resolve();
    });
    expect(wentOn).toBe(false);
    expect(cloud.apiCalls.size).toBe(0);
  });

  it('costs little', async () => {
    const { client, run } = world();
    const reads = client();
    await run(() => reads.send(new DescribeVolumesCommand({ MaxResults: 5 })));
    const begin = performance.now();
    await run(async () => {
      for (let count = 0; count < 50; count++) await reads.send(new DescribeVolumesCommand({ MaxResults: 5 }));
    });
    expect((performance.now() - begin) / 50).toBeLessThan(20);
  });
});

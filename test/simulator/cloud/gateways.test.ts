/** The production gateways over the simulated services: each speaks the other's language. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ebsGateway } from '../../../functions/gateways/ebs.ts';
import { metricsGateway } from '../../../functions/gateways/metrics.ts';
import { notifyGateway } from '../../../functions/gateways/notify.ts';
import { ssmGateway } from '../../../functions/gateways/ssm.ts';
import type { Runtime } from '../../../functions/runtime/runtime.ts';
import { hostDocuments } from '../../../functions/storage/ec2/host/documents.ts';
import { VirtualClock } from '../../../simulator/clock.ts';
import { LostAnswer, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { SimulatedCloudWatch } from '../../../simulator/cloud/cloudwatch.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import { SimulatedHosts } from '../../../simulator/cloud/host.ts';
import { connectTo, simulatedClientDefaults } from '../../../simulator/cloud/seam.ts';
import { SimulatedSns } from '../../../simulator/cloud/sns.ts';
import { SimulatedSsm } from '../../../simulator/cloud/ssm.ts';

const startMs = Date.parse('2026-11-21T00:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const topic = 'arn:aws:sns:eu-central-1:123456789012:notices';
const folder = new URL('../../../functions/storage/ec2/host/', import.meta.url);
const documents = hostDocuments((path) => readFileSync(new URL(path.split('/').at(-1) ?? '', folder), 'utf8'));

function world() {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed: 1 });
  const ec2 = cloud.add(new SimulatedEc2(cloud));
  const fill = { usedBytes: () => 50 * 2 ** 30, shortenRetention: () => undefined, notes: [] };
  const hosts = new SimulatedHosts(cloud, ec2, fill);
  const ssm = cloud.add(new SimulatedSsm(cloud, ec2, hosts));
  ssm.registerDocument('grow', documents.growFilesystem);
  const sns = cloud.add(new SimulatedSns(cloud));
  sns.createTopic(topic);
  cloud.add(new SimulatedCloudWatch(cloud, hosts));
  const { instanceId } = ec2.createInstance({ tags: { cluster: 'blue' } });
  const { volumeId } = ec2.createVolume({ sizeGib: 100, tags: { broker: '1' } });
  ec2.attach(volumeId, instanceId, '/dev/sdf');
  hosts.mount({ instanceId, volumeId, mountPoint: '/kafka' });
  const runtime: Runtime = {
    clock,
    environment: { TOPIC_ARN: topic },
    readText: () => '',
    clientDefaults: simulatedClientDefaults(cloud),
    connect: connectTo(cloud, { roleArn: 'arn:aws:iam::123456789012:role/x', name: 'x' }),
    logLevel: 'SILENT',
  };
  /** Runs an invocation to its end, or for so long. */
  const run = async <T>(work: () => Promise<T>, forMs = minute): Promise<T> => {
    const done = clock.spawn(() => cloud.invocation(work));
    done.catch(() => undefined);
    await clock.run(clock.nowMs() + forMs);
    return done;
  };
  return { clock, cloud, ec2, sns, instanceId, volumeId, runtime, run };
}

describe('the production gateways', () => {
  it('read brokers, volumes and modifications', async () => {
    const { ec2, instanceId, volumeId, runtime, run } = world();
    const ebs = ebsGateway(runtime);
    const [broker] = await run(() => ebs.brokers({ tags: { cluster: 'blue' } }));
    expect(broker).toMatchObject({ instanceId, state: 'running', tags: { cluster: 'blue' } });
    expect(broker?.blockDevices.map((device) => device.deviceName).sort()).toEqual(['/dev/sdf', '/dev/xvda']);
    expect(await run(() => ebs.brokers({ instanceIds: [instanceId] }))).toHaveLength(1);
    expect(await run(() => ebs.volumesOf([instanceId]))).toHaveLength(2);
    expect(await run(() => ebs.volume(volumeId))).toMatchObject({
      volumeId,
      sizeGib: 100,
      type: 'gp3',
      state: 'in-use',
      multiAttach: false,
      attachments: [{ instanceId, deviceName: '/dev/sdf', state: 'attached' }],
      tags: { broker: '1' },
    });
    expect(await run(() => ebs.volume('vol-none'))).toBeUndefined();
    expect(await run(() => ebs.modifications([volumeId]))).toEqual([]);
    ec2.foreignModify(volumeId, { sizeGib: 120 });
    expect(await run(() => ebs.modifications([volumeId]))).toMatchObject([
      { volumeId, originalGib: 100, targetGib: 120 },
    ]);
  });

  it('modify once, and understand each refusal', async () => {
    const { clock, cloud, ec2, volumeId, runtime, run } = world();
    const ebs = ebsGateway(runtime);
    expect(await run(() => ebs.modify({ volumeId, sizeGib: 110 }))).toMatchObject({
      state: 'modifying',
      originalGib: 100,
      targetGib: 110,
      startedAtMs: startMs,
    });
    await expect(run(() => ebs.modify({ volumeId, sizeGib: 120 }))).rejects.toMatchObject({
      name: 'ModificationInProgress',
    });
    for (const sizeGib of [120, 130, 140]) {
      await clock.run(clock.nowMs() + 3 * hour);
      await run(() => ebs.modify({ volumeId, sizeGib }));
    }
    await clock.run(clock.nowMs() + 3 * hour);
    for (const rateText of ['time', 'duration'] as const) {
      ec2.switches.rateText = rateText;
      const refused = run(() => ebs.modify({ volumeId, sizeGib: 150 }));
      const fault = (await refused.catch((error: unknown) => error)) as { name: string; retryAtMs: number };
      expect(fault.name).toBe('VolumeModificationLimit');
      expect(fault.retryAtMs).toBeGreaterThanOrEqual(startMs + 24 * hour);
      expect(fault.retryAtMs).toBeLessThanOrEqual(startMs + 24 * hour + minute);
    }
    await clock.run(startMs + 25 * hour);
    const before = cloud.apiCalls.get('ec2:ModifyVolume') ?? 0;
    cloud.observe({
      before: ({ operation }) => {
        if (operation === 'ModifyVolume') throw new LostAnswer();
      },
    });
    await expect(run(() => ebs.modify({ volumeId, sizeGib: 150 }))).rejects.toMatchObject({ name: 'AnswerLost' });
    expect(cloud.apiCalls.get('ec2:ModifyVolume')).toBe(before + 1);
    expect(ec2.volume(volumeId).sizeGib).toBe(150);
  });

  it('send commands and read what came of them', async () => {
    const { ec2, instanceId, volumeId, runtime, run } = world();
    const ssm = ssmGateway(runtime);
    ec2.foreignModify(volumeId, { sizeGib: 200 });
    const request = {
      documentName: 'grow',
      instanceId,
      parameters: { VolumeId: [volumeId], MountPoint: ['/kafka'], MinimumGib: ['200'] },
      deliverySeconds: 60,
      comment: 'test',
    };
    const [commandId, atOnce] = await run(async () => {
      const sent = await ssm.sendCommand(request);
      return [sent.commandId, await ssm.invocation(sent.commandId, instanceId)] as const;
    }, 5 * minute);
    expect(atOnce).toBeUndefined();
    expect(await run(() => ssm.invocation(commandId, instanceId))).toMatchObject({
      status: 'succeeded',
      statusDetails: 'Success',
      responseCode: 0,
      stdout: expect.stringContaining('"changed":true'),
    });
    ec2.terminate(instanceId);
    await expect(run(() => ssm.sendCommand(request))).rejects.toMatchObject({ name: 'HostUnreachable' });
  });

  it('read metrics and publish notices', async () => {
    const { clock, sns, instanceId, runtime, run } = world();
    await clock.run(startMs + hour);
    const query = {
      id: `${instanceId}:/kafka`,
      namespace: 'CWAgent',
      name: 'disk_used_percent',
      dimensions: { InstanceId: instanceId, path: '/kafka' },
      stat: 'Maximum' as const,
      periodSeconds: 300,
    };
    const [series, none] = await run(() =>
      metricsGateway(runtime).read([query, { ...query, id: 'none', name: 'other' }], startMs, startMs + hour),
    );
    expect(series?.timesMs).toHaveLength(12);
    expect(series?.values[0]).toBeCloseTo(50.25, 1);
    expect(none).toEqual({ id: 'none', timesMs: [], values: [] });
    await run(() => notifyGateway(runtime).publish({ subject: 'Größe', text: 'x', attributes: { reason: 'grown' } }));
    expect(sns.notices).toMatchObject([{ message: 'x', attributes: { reason: 'grown' }, by: 'x' }]);
  });

  it('wait for a throttled read instead of failing', async () => {
    const { cloud, volumeId, runtime, run } = world();
    cloud.throttle.limit('ec2:DescribeVolumes', { burst: 1, perSecond: 1 });
    const ebs = ebsGateway(runtime);
    const both = await run(() => Promise.all([ebs.volume(volumeId), ebs.volume(volumeId)]));
    expect(both).toHaveLength(2);
    expect(cloud.throttle.refused.get('ec2:DescribeVolumes')).toBeGreaterThan(0);
  });
});

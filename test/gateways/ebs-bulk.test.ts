/** What a sweep asks EC2: everything that there is, in few calls. */
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ebsGateway } from '../../functions/gateways/ebs.ts';
import type { Broker, BrokerSelection } from '../../functions/gateways/types.ts';
import { fakeEc2, type FakeAccount, type FakeInstance } from './fake-ec2.ts';
import { wired } from './http.ts';

const of = (account: FakeAccount) => {
  const { reply, calls } = fakeEc2(account);
  return { ebs: ebsGateway(wired(reply).runtime), calls };
};
const ids = (brokers: Broker[]): string[] => brokers.map(({ instanceId }) => instanceId);
const range = (length: number): number[] => Array.from({ length }, (_, at) => at);

/** `brokersPerCluster` brokers of each cluster, each with a root and data volumes. */
function fleetOf(clusters: number, brokersPerCluster: number, dataVolumes: number): FakeAccount {
  const instances = range(clusters * brokersPerCluster).map((at): FakeInstance => {
    const names = ['/dev/xvda', ...range(dataVolumes).map((index) => `/dev/sd${String.fromCodePoint(102 + index)}`)];
    return {
      instanceId: `i-${String(at).padStart(5, '0')}`,
      tags: { 'kafka-cluster': `team-${at % clusters}` },
      rootDeviceName: '/dev/xvda',
      devices: names.map((deviceName, index) => ({
        deviceName,
        volumeId: `vol-${String(at).padStart(5, '0')}-${index}`,
      })),
    };
  });
  const volumes = instances.flatMap(({ instanceId, devices }) =>
    devices.map(({ deviceName, volumeId }) => ({ volumeId, attachments: [{ instanceId, deviceName }] })),
  );
  return { instances, volumes };
}

const instance = (instanceId: string, tags: Record<string, string>): FakeInstance => ({
  instanceId,
  tags,
  rootDeviceName: null,
  devices: [],
});

describe('brokers of many selections', () => {
  it('come from one call, each selection with its own', async () => {
    const { ebs, calls } = of({
      instances: [
        instance('i-1', { team: 'orders', role: 'broker' }),
        instance('i-2', { team: 'payments', role: 'broker' }),
        instance('i-3', { team: 'orders', role: 'controller' }),
        instance('i-4', { team: 'other', role: 'broker' }),
      ],
      volumes: [],
    });
    const selections: BrokerSelection[] = [
      { tags: { team: 'payments', role: 'broker' } },
      { tags: { role: 'broker', team: 'orders' } },
      { tags: { team: 'nobody', role: 'broker' } },
    ];
    expect((await ebs.brokersOf(selections)).map(ids)).toEqual([['i-2'], ['i-1'], []]);
    expect(calls).toEqual({ DescribeInstances: 1 });
  });

  it('take the values of one for no other: a mixture of two selections is nobody’s', async () => {
    const { ebs } = of({ instances: [instance('i-1', { team: 'orders', role: 'edge' })], volumes: [] });
    const selections = [{ tags: { team: 'orders', role: 'broker' } }, { tags: { team: 'payments', role: 'edge' } }];
    expect((await ebs.brokersOf(selections)).map(ids)).toEqual([[], []]);
  });

  it('may be named by tag here and by id there', async () => {
    const { ebs } = of({ instances: [instance('i-1', { team: 'orders' }), instance('i-2', {})], volumes: [] });
    const selections: BrokerSelection[] = [{ instanceIds: ['i-2', 'i-9'] }, { tags: { team: 'orders' } }];
    expect((await ebs.brokersOf(selections)).map(ids)).toEqual([['i-2'], ['i-1']]);
  });

  it('are live ones', async () => {
    const { ebs } = of({ instances: [{ ...instance('i-1', { team: 'orders' }), state: 'terminated' }], volumes: [] });
    await expect(ebs.brokersOf([{ tags: { team: 'orders' } }])).resolves.toEqual([[]]);
  });

  it.each([
    [196, 1],
    [197, 2],
  ])('by %d ids take %d calls', async (count, expected) => {
    const { ebs, calls } = of({ instances: range(count).map((at) => instance(`i-${at}`, {})), volumes: [] });
    const [found] = await ebs.brokersOf([{ instanceIds: range(count).map((at) => `i-${at}`) }]);
    expect(found).toHaveLength(count);
    expect(calls).toEqual({ DescribeInstances: expected });
  });

  it('by no tag are refused, whoever else is asked for', async () => {
    const { ebs, calls } = of({ instances: [], volumes: [] });
    await expect(ebs.brokersOf([{ tags: { team: 'orders' } }, { tags: {} }])).rejects.toMatchObject({
      faultClass: 'defect',
    });
    expect(calls).toEqual({});
  });

  it('of no selection ask nothing', async () => {
    const { ebs, calls } = of({ instances: [], volumes: [] });
    await expect(ebs.brokersOf([])).resolves.toEqual([]);
    expect(calls).toEqual({});
  });
});

describe('data volumes of many brokers', () => {
  it('leave root volumes at EC2', async () => {
    const { ebs, calls } = of(fleetOf(1, 3, 2));
    const [brokers = []] = await ebs.brokersOf([{ tags: { 'kafka-cluster': 'team-0' } }]);
    const found = await ebs.dataVolumesOf(brokers);
    expect(found.map(({ volumeId }) => volumeId)).toEqual(
      ['0-1', '0-2', '1-1', '1-2', '2-1', '2-2'].map((id) => `vol-0000${id}`),
    );
    expect(calls).toMatchObject({ DescribeVolumes: 1 });
  });

  it('of a broker whose devices are not known are asked for without a device', async () => {
    const account = fleetOf(1, 2, 1);
    const [first] = account.instances;
    if (first !== undefined) first.devices = [];
    const { ebs } = of(account);
    const [brokers = []] = await ebs.brokersOf([{ tags: { 'kafka-cluster': 'team-0' } }]);
    const found = (await ebs.dataVolumesOf(brokers)).map(({ volumeId }) => volumeId);
    expect(found).toEqual(['vol-00000-0', 'vol-00000-1', 'vol-00001-1']);
  });

  it('are found under another device name than their instance has for them', async () => {
    const account = fleetOf(1, 1, 1);
    account.volumes[1]!.attachments[0]!.deviceName = 'sdf';
    const { ebs } = of(account);
    const [brokers = []] = await ebs.brokersOf([{ tags: { 'kafka-cluster': 'team-0' } }]);
    expect((await ebs.dataVolumesOf(brokers)).map(({ volumeId }) => volumeId)).toEqual(['vol-00000-1']);
  });

  it('are never lost, however brokers and volumes are put together', async () => {
    const device = fc.constantFrom('/dev/xvda', '/dev/sda1', '/dev/sdf', '/dev/sdg', 'xvdh', '/dev/nvme');
    const broker = fc.record({
      rootDeviceName: fc.option(fc.constantFrom('/dev/xvda', '/dev/sda1')),
      devices: fc.uniqueArray(device, { maxLength: 5 }),
      areShown: fc.boolean(),
      copies: fc.constantFrom(1, 1, 3, 120),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(broker, { maxLength: 6 }), async (shapes) => {
        const account: FakeAccount = { instances: [], volumes: [] };
        const data: string[] = [];
        for (const { rootDeviceName, devices, areShown, copies } of shapes) {
          for (const _ of range(copies)) {
            const instanceId = `i-${account.instances.length}`;
            const attached = devices.map((deviceName) => ({ deviceName, volumeId: `vol-${instanceId}${deviceName}` }));
            account.instances.push({ instanceId, tags: { a: 'b' }, rootDeviceName, devices: areShown ? attached : [] });
            for (const { deviceName, volumeId } of attached) {
              account.volumes.push({ volumeId, attachments: [{ instanceId, deviceName }] });
              if (deviceName !== rootDeviceName) data.push(volumeId);
            }
          }
        }
        const { ebs } = of(account);
        const [brokers = []] = await ebs.brokersOf([{ tags: { a: 'b' } }]);
        const found = new Set((await ebs.dataVolumesOf(brokers)).map(({ volumeId }) => volumeId));
        expect(data.filter((volumeId) => !found.has(volumeId))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('modifications of many volumes', () => {
  const modified = range(700).map((at) => `vol-${String(at).padStart(4, '0')}`);

  it.each([
    ['up to 200 volumes by their ids', 200, { DescribeVolumesModifications: 1 }],
    ['more on the account’s pages, up to the last of them', 201, { DescribeVolumesModifications: 1 }],
    ['all of the account’s pages, where those are no more calls', 700, { DescribeVolumesModifications: 2 }],
  ])('are read: %s', async (_title, count, expected) => {
    const { ebs, calls } = of({ instances: [], volumes: [], modified });
    const found = await ebs.modifications(modified.slice(0, count));
    expect(found.map(({ volumeId }) => volumeId)).toEqual(modified.slice(0, count));
    expect(calls).toEqual(expected);
  });

  it('are asked for by id once the account’s pages have cost as much, and only those not seen yet', async () => {
    const others = range(1200).map((at) => `vol-other-${at}`);
    const ours = range(250).map((at) => `vol-ours-${String(at).padStart(3, '0')}`);
    const account = { instances: [], volumes: [], modified: [...ours.slice(0, 100), ...others, ...ours.slice(100)] };
    const { ebs, calls } = of(account);
    expect((await ebs.modifications(ours)).map(({ volumeId }) => volumeId)).toEqual(ours);
    expect(calls).toEqual({ DescribeVolumesModifications: 3 });
  });

  it('are none for volumes that never were modified', async () => {
    const { ebs } = of({ instances: [], volumes: [], modified });
    await expect(ebs.modifications(range(300).map((at) => `vol-new-${at}`))).resolves.toEqual([]);
  });
});

it('10,000 volumes on 5,000 brokers of 200 clusters take at most 60 calls, all of them modified once', async () => {
  const account = fleetOf(200, 25, 2);
  const data = account.volumes.filter(({ volumeId }) => !volumeId.endsWith('-0')).map(({ volumeId }) => volumeId);
  const { ebs, calls } = of({ ...account, modified: data });
  const brokers = await ebs.brokersOf(range(200).map((at) => ({ tags: { 'kafka-cluster': `team-${at}` } })));
  const volumes = await ebs.dataVolumesOf(brokers.flat());
  const modifications = await ebs.modifications(volumes.map(({ volumeId }) => volumeId));
  expect({ volumes: volumes.length, modifications: modifications.length }).toEqual({
    volumes: 10_000,
    modifications: 10_000,
  });
  expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(60);
}, 30_000);

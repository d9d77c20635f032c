import { KafkaClient, UpdateBrokerStorageCommand } from '@aws-sdk/client-kafka';
import { describe, expect, it } from '@jest/globals';
import type { StorageOperation } from '../../../simulator/cloud/msk.ts';
import { connectTo, simulatedClientDefaults } from '../../../simulator/cloud/seam.ts';
import type { Authorization } from '../../../simulator/cloud/service.ts';
import { throttled } from '../../../simulator/cloud/throttle.ts';
import { errorOf, hour, minute, mskWorld, startMs } from './msk-world.ts';

const bad = (message: string) => ({ name: 'BadRequestException', message: expect.stringContaining(message) });

/** When a growth ended and when the next one may begin. */
const ended = async (seed: number) => {
  const { clock, msk, clusterArn, grow } = mskWorld({}, seed);
  grow(200);
  await clock.run(startMs + hour);
  return [msk.cluster(clusterArn).operations[0]?.endedAtMs, msk.cluster(clusterArn).storageAllowedAtMs];
};

/** Without what all ARNs have in common, and without ids. */
const short = (arn: string) =>
  arn
    .replace(/^arn:aws:kafka:eu-central-1:123456789012:/, '')
    .replace(/(orders)\/[^/]+/, arn.includes('topic') ? '$1/UUID' : '$1');

describe('UpdateBrokerStorage', () => {
  it('runs as an operation that is followed by its ARN and tells no event', async () => {
    const { clock, msk, clusterArn, call, info, grow, events } = mskWorld();
    msk.switches.operationMs = () => 10 * minute;
    const version = info().CurrentVersion;
    const accepted: StorageOperation[] = [];
    msk.onUpdate((operation) => accepted.push(operation));

    const arn = grow(200);
    const operation = () => call('DescribeClusterOperationV2', { ClusterOperationArn: arn }).ClusterOperationInfo;
    expect(arn).toMatch(
      /^arn:aws:kafka:eu-central-1:123456789012:cluster-operation\/orders\/[0-9a-f-]{36}-\d+\/[0-9a-f-]{36}$/,
    );
    expect(operation()).toMatchObject({ OperationState: 'PENDING', OperationType: 'UPDATE_BROKER_STORAGE' });
    expect(info()).toMatchObject({ State: 'UPDATING', ActiveOperationArn: arn, CurrentVersion: version });
    await clock.run(startMs + minute);
    expect(operation().OperationState).toBe('UPDATE_IN_PROGRESS');
    expect(msk.cluster(clusterArn).volumeGib).toBe(100);

    await clock.run(startMs + 10 * minute);
    expect(operation()).toMatchObject({
      OperationState: 'UPDATE_COMPLETE',
      StartTime: new Date(startMs),
      EndTime: new Date(startMs + 10 * minute),
      Provisioned: {
        SourceClusterInfo: { BrokerEBSVolumeInfo: [{ KafkaBrokerNodeId: 'All', VolumeSizeGB: 100 }] },
        TargetClusterInfo: { BrokerEBSVolumeInfo: [{ KafkaBrokerNodeId: 'All', VolumeSizeGB: 200 }] },
      },
    });
    expect(info()).toMatchObject({
      State: 'ACTIVE',
      Provisioned: { BrokerNodeGroupInfo: { StorageInfo: { EbsStorageInfo: { VolumeSize: 200 } } } },
    });
    expect(info().ActiveOperationArn).toBeUndefined();
    expect(info().CurrentVersion).not.toBe(version);
    expect(call('ListClusterOperationsV2').ClusterOperationInfoList).toMatchObject([{ OperationArn: arn }]);
    expect(accepted).toMatchObject([{ operationArn: arn, atMs: startMs, by: 'operator' }]);
    expect(events).toEqual([]);
  });

  it.each([
    ['a stale version', 200, {}, 'KOLD', "The version of the cluster isn't current."],
    ['the size that there is', 100, {}, undefined, 'does not include any updates to the EBS volumes'],
    ['less than 10 GiB more', 109, {}, undefined, 'you must increase it by at least 10 GiB.'],
    ['to shrink', 90, {}, undefined, 'you must increase it by at least 10 GiB.'],
    ['a fraction of a GiB', 120.5, {}, undefined, 'whole number'],
    ['more than 16 TiB', 16_385, {}, undefined, 'at most 16384'],
    ['a single broker', 200, { KafkaBrokerNodeId: '1' }, undefined, 'All'],
  ])('refuses %s', (_title, sizeGib, more, version, message) => {
    const { msk, clusterArn, grow } = mskWorld();
    expect(errorOf(() => grow(sizeGib, more, version))).toMatchObject(bad(message));
    expect(msk.cluster(clusterArn)).toMatchObject({ state: 'ACTIVE', operations: [] });
  });

  it.each([
    ['10 GiB more', 110, 'All'],
    ['16 TiB', 16_384, 'ALL'],
  ])('takes %s', (_title, sizeGib, KafkaBrokerNodeId) => {
    const { info, grow } = mskWorld();
    grow(sizeGib, { KafkaBrokerNodeId });
    expect(info().State).toBe('UPDATING');
  });

  it.each([
    ['express brokers', { instanceType: 'express.m7g.large' }],
    ['serverless clusters', { type: 'SERVERLESS' as const }],
  ])('knows no volumes of %s', (_title, cluster) => {
    const { grow, info } = mskWorld(cluster);
    expect(errorOf(() => grow(200))).toMatchObject(bad("isn't supported"));
    expect(JSON.stringify(info())).not.toContain('EbsStorageInfo');
  });

  it('is refused while the cluster is not ACTIVE, which comes back by itself', async () => {
    const { clock, msk, clusterArn, grow, info } = mskWorld();
    msk.setState(clusterArn, 'HEALING', hour);
    expect(errorOf(() => grow(200))).toMatchObject(bad('HEALING'));
    await clock.run(startMs + hour - 1);
    expect(info().State).toBe('HEALING');
    await clock.run(startMs + hour);
    expect(info().State).toBe('ACTIVE');
    grow(200);
    expect(errorOf(() => grow(220))).toMatchObject(bad('UPDATING'));
  });

  it('goes on updating beneath a state that was set from outside', async () => {
    const { clock, msk, clusterArn, grow, info } = mskWorld();
    msk.switches.operationMs = () => 30 * minute;
    grow(200);
    msk.setState(clusterArn, 'MAINTENANCE', 10 * minute);
    expect(info().State).toBe('MAINTENANCE');
    await clock.run(startMs + 10 * minute);
    expect(info().State).toBe('UPDATING');
    await clock.run(startMs + 30 * minute);
    expect(info().State).toBe('ACTIVE');
  });

  it('changes the version also for what somebody else updates', () => {
    const { msk, clusterArn, info, grow } = mskWorld();
    const { CurrentVersion } = info();
    expect(CurrentVersion).toMatch(/^K[A-Z0-9]{12}$/);
    msk.touch(clusterArn);
    expect(errorOf(() => grow(200, {}, CurrentVersion))).toMatchObject(bad("isn't current"));
    grow(200, {}, info().CurrentVersion);
  });

  it('may fail: the size stays, there is no cool-down', async () => {
    const { clock, msk, clusterArn, call, grow } = mskWorld();
    msk.failNextOperation(clusterArn, 'InternalError', 'broken');
    const ClusterOperationArn = grow(200);
    await clock.run(startMs + hour);
    expect(call('DescribeClusterOperationV2', { ClusterOperationArn }).ClusterOperationInfo).toMatchObject({
      OperationState: 'UPDATE_FAILED',
      ErrorInfo: { ErrorCode: 'InternalError', ErrorString: 'broken' },
    });
    expect(msk.cluster(clusterArn)).toMatchObject({ volumeGib: 100, state: 'ACTIVE' });
    grow(200);
    await clock.run(startMs + 2 * hour);
    expect(msk.cluster(clusterArn).volumeGib).toBe(200);
  });

  it.each([
    ['end', 10 * minute],
    ['start', 0],
  ] as const)('is refused until its cool-down is over, counted from the %s of the last', async (from, fromMs) => {
    const { clock, msk, clusterArn, grow } = mskWorld();
    Object.assign(msk.switches, { operationMs: () => 10 * minute, coolDownMs: () => 6 * hour, coolDownFrom: from });
    grow(200);
    await clock.run(startMs + fromMs + 6 * hour - 1);
    expect(errorOf(() => grow(220))).toMatchObject(bad('optimizing'));
    msk.switches.coolDownText = 'unknown';
    expect(errorOf(() => grow(220)).message).toBe('Another request is not permitted at this time.');
    await clock.run(startMs + fromMs + 6 * hour);
    grow(220);
    expect(msk.cluster(clusterArn).operations).toHaveLength(2);
  });

  it.each([
    ['little data', 0.2, 6, 8],
    ['a TiB and a half', 0.95, 10, 24],
    ['a lot of data', 7, 30, 30],
  ])('cools down for longer with %s', async (_title, tib, lowHours, highHours) => {
    const { clock, msk, clusterArn, grow } = mskWorld({ volumeGib: 8_192, usedBytes: () => tib * 2 ** 40 });
    grow(8_292);
    await clock.run(startMs + hour);
    const { storageAllowedAtMs, operations } = msk.cluster(clusterArn);
    const hours = (storageAllowedAtMs - (operations[0]?.endedAtMs ?? 0)) / hour;
    expect(hours).toBeGreaterThanOrEqual(lowHours);
    expect(hours).toBeLessThanOrEqual(highHours);
  });

  it('takes as long for the same seed', async () => {
    expect(await ended(1)).toEqual(await ended(1));
    expect(await ended(1)).not.toEqual(await ended(2));
  });

  it.each([
    ['kept', 'kept', {}, 300],
    ['switched off', 'off', {}, undefined],
    ['as asked', 'off', { ProvisionedThroughput: { Enabled: true, VolumeThroughput: 400 } }, 400],
    ['off when asked', 'kept', { ProvisionedThroughput: { Enabled: false } }, undefined],
  ] as const)('leaves provisioned throughput %s', async (_title, omittedThroughput, more, expected) => {
    const { clock, msk, clusterArn, grow } = mskWorld({ throughputMibps: 300 });
    msk.switches.omittedThroughput = omittedThroughput;
    grow(200, more);
    await clock.run(startMs + hour);
    expect(msk.cluster(clusterArn).storage?.throughputMibps).toBe(expected);
  });

  it('obeys the same rules as UpdateStorage', async () => {
    const { clock, msk, clusterArn, call, info } = mskWorld();
    const update = (input: object) => call('UpdateStorage', { CurrentVersion: info().CurrentVersion, ...input });
    expect(errorOf(() => update({ VolumeSizeGB: 109 }))).toMatchObject(bad('at least 10 GiB'));
    update({ VolumeSizeGB: 110, StorageMode: 'TIERED' });
    await clock.run(startMs + hour);
    expect(msk.cluster(clusterArn).storage).toEqual({ volumeGib: 110, storageMode: 'TIERED' });
    expect(errorOf(() => update({ VolumeSizeGB: 130 }))).toMatchObject(bad('optimizing'));
  });

  it('is taken by anybody else under the same rules', async () => {
    const { clock, msk, clusterArn, grow } = mskWorld();
    msk.foreignUpdate(clusterArn, { volumeGib: 120 });
    await clock.run(startMs + hour);
    expect(msk.cluster(clusterArn)).toMatchObject({ volumeGib: 120, operations: [{ by: 'foreign' }] });
    expect(errorOf(() => grow(140))).toMatchObject(bad('optimizing'));
  });

  it('is reached by the SDK', async () => {
    const { clock, cloud, msk, clusterArn } = mskWorld();
    const client = connectTo(cloud, { roleArn: 'arn:aws:iam::123456789012:role/apply', name: 'apply' })(
      new KafkaClient(simulatedClientDefaults(cloud)),
    );
    const command = new UpdateBrokerStorageCommand({
      ClusterArn: clusterArn,
      CurrentVersion: msk.cluster(clusterArn).currentVersion,
      TargetBrokerEBSVolumeInfo: [{ KafkaBrokerNodeId: 'All', VolumeSizeGB: 200 }],
    });
    const done = clock.spawn(() => cloud.invocation(() => client.send(command)));
    await clock.run(startMs + minute);
    expect((await done).ClusterOperationArn).toBe(msk.cluster(clusterArn).activeOperationArn);
  });
});

describe('clusters', () => {
  it('are listed in pages, by name and type', () => {
    const { msk, call } = mskWorld();
    for (let index = 0; index < 100; index++) msk.createCluster({ clusterName: `c${index}`, type: 'SERVERLESS' });
    const first = call('ListClustersV2');
    expect(first.ClusterInfoList).toHaveLength(100);
    const rest = call('ListClustersV2', { NextToken: first.NextToken });
    expect(rest.ClusterInfoList.map(({ ClusterName }) => ClusterName)).toEqual(['c99']);
    expect(rest.NextToken).toBeUndefined();
    expect(call('ListClustersV2', { ClusterTypeFilter: 'PROVISIONED' }).ClusterInfoList).toHaveLength(1);
    expect(call('ListClustersV2', { ClusterNameFilter: 'c9' }).ClusterInfoList).toHaveLength(11);
    expect(errorOf(() => call('ListClustersV2', { MaxResults: 101 }))).toMatchObject(bad('between 1 and 100'));
  });

  it('show what they are', () => {
    const { info } = mskWorld({ brokers: 6, throughputMibps: 312, tags: { team: 'data' }, storageMode: 'TIERED' });
    expect(info()).toMatchObject({
      ClusterType: 'PROVISIONED',
      ClusterName: 'orders',
      State: 'ACTIVE',
      Tags: { team: 'data' },
      Provisioned: {
        NumberOfBrokerNodes: 6,
        EnhancedMonitoring: 'DEFAULT',
        StorageMode: 'TIERED',
        BrokerNodeGroupInfo: {
          InstanceType: 'kafka.m7g.large',
          StorageInfo: {
            EbsStorageInfo: { VolumeSize: 100, ProvisionedThroughput: { Enabled: true, VolumeThroughput: 312 } },
          },
        },
      },
    });
  });

  it('that are not there are NotFoundException', () => {
    const { call } = mskWorld();
    const missing = 'arn:aws:kafka:eu-central-1:123456789012:cluster/gone/1-1';
    expect(errorOf(() => call('DescribeClusterV2', { ClusterArn: missing })).name).toBe('NotFoundException');
    expect(errorOf(() => call('DescribeClusterOperationV2', { ClusterOperationArn: missing })).name).toBe(
      'NotFoundException',
    );
  });
});

describe('what MSK asks of IAM and how it throttles', () => {
  const cluster = 'cluster/orders';
  const topic = 'topic/orders';
  it.each([
    ['DescribeClusterV2', ['kafka:DescribeClusterV2 cluster/orders']],
    ['UpdateBrokerStorage', ['kafka:UpdateBrokerStorage cluster/orders']],
    ['ListClusterOperationsV2', ['kafka:ListClusterOperationsV2 *']],
    [
      'UpdateTopic',
      [
        `kafka:UpdateTopic ${cluster} ${topic}/UUID/t`,
        `kafka-cluster:Connect ${cluster}`,
        `kafka-cluster:DescribeTopic ${topic}/UUID/t`,
        `kafka-cluster:AlterTopic ${topic}/UUID/t`,
        `kafka-cluster:AlterTopicDynamicConfiguration ${topic}/UUID/t`,
      ],
    ],
  ])('%s', (operation, expected) => {
    const { cloud, msk, clusterArn } = mskWorld({ tags: { team: 'data' } });
    msk.createTopic(clusterArn, { name: 't', partitions: 1, replicationFactor: 1 });
    const asked: Authorization[] = [];
    cloud.authorizer = (_principal, authorizations) => {
      asked.push(...authorizations);
      throw new Error('enough');
    };
    const input = { ClusterArn: clusterArn, TopicName: 't' };
    const principal = { roleArn: 'arn:aws:iam::1:role/x', name: 'x' };
    expect(() => cloud.answer({ service: 'kafka', operation, input, principal, atMs: startMs })).toThrow('enough');
    expect(asked.map(({ action, resources }) => [action, ...resources.map(short)].join(' '))).toEqual(expected);
    expect(asked[0]?.context).toEqual({ 'aws:ResourceTag/team': 'data' });
  });

  it('says TooManyRequestsException', () => {
    expect(throttled('kafka')).toMatchObject({ name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } });
  });
});

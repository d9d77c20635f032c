import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { refusalKind, storageFaults } from '../../functions/gateways/msk-refusals.ts';
import { mskGateway } from '../../functions/gateways/msk.ts';
import { json, jsonError, NOW_MS, type Reply, wired } from './http.ts';

const arn = (name: string) => `arn:aws:kafka:eu-central-1:111122223333:cluster/${name}/0b1c2d3e-1`;
const OPERATION = 'arn:aws:kafka:eu-central-1:111122223333:cluster-operation/orders/0b1c2d3e-1/4f5a6b7c';
const at = (minutes: number) => new Date(NOW_MS + minutes * 60_000).toISOString();

const clusterJson = (name: string, more: object = {}, provisioned: object = {}) => ({
  clusterArn: arn(name),
  clusterName: name,
  clusterType: 'PROVISIONED',
  currentVersion: 'KTVPDKIKX0DER',
  state: 'ACTIVE',
  tags: { team: 'orders' },
  provisioned: {
    brokerNodeGroupInfo: {
      clientSubnets: ['subnet-1'],
      instanceType: 'kafka.m7g.large',
      storageInfo: { ebsStorageInfo: { volumeSize: 1000 } },
    },
    numberOfBrokerNodes: 3,
    enhancedMonitoring: 'PER_BROKER',
    currentBrokerSoftwareInfo: { kafkaVersion: '3.8.x' },
    storageMode: 'LOCAL',
    customerActionStatus: 'NONE',
    ...provisioned,
  },
  ...more,
});

const described = (name: string, more?: object, provisioned?: object) =>
  json({ clusterInfo: clusterJson(name, more, provisioned) });

describe('clusters', () => {
  it('one or two are described, each once', async () => {
    const { runtime, requests } = wired((_body, count) => described(['b', 'a'][count] ?? ''));
    const clusters = await mskGateway(runtime).clusters([arn('b'), arn('a'), arn('b')]);
    expect(requests.map((one) => decodeURIComponent(one.path))).toEqual([
      `/api/v2/clusters/${arn('b')}`,
      `/api/v2/clusters/${arn('a')}`,
    ]);
    expect(clusters.map((one) => one.clusterName)).toEqual(['a', 'b']);
    expect(clusters[0]).toEqual({
      clusterArn: arn('a'),
      clusterName: 'a',
      state: 'ACTIVE',
      currentVersion: 'KTVPDKIKX0DER',
      tags: { team: 'orders' },
      provisioned: {
        instanceType: 'kafka.m7g.large',
        brokers: 3,
        volumeGib: 1000,
        storageMode: 'LOCAL',
        monitoring: 'PER_BROKER',
        kafkaVersion: '3.8.x',
        customerAction: 'NONE',
      },
    });
  });

  it('one that does not exist is absent', async () => {
    const { runtime } = wired((_body, count) =>
      count === 0 ? jsonError('NotFoundException', 'no', 404) : described('a'),
    );
    const clusters = await mskGateway(runtime).clusters([arn('gone'), arn('a')]);
    expect(clusters.map((one) => one.clusterName)).toEqual(['a']);
  });

  it('three are listed, page by page, and only they are given', async () => {
    const pagesOf = [
      { clusterInfoList: [clusterJson('c'), { clusterArn: arn('not-asked-for') }], nextToken: 'page-2' },
      { clusterInfoList: [clusterJson('a')] },
    ];
    const { runtime, requests } = wired((_body, count) => json(pagesOf[count]));
    const clusters = await mskGateway(runtime).clusters([arn('a'), arn('b'), arn('c')]);
    expect(clusters.map((one) => one.clusterName)).toEqual(['a', 'c']);
    expect(requests.map((one) => [one.path, one.query])).toEqual([
      ['/api/v2/clusters', { maxResults: '100' }],
      ['/api/v2/clusters', { maxResults: '100', nextToken: 'page-2' }],
    ]);
  });

  it('no ARN asks nothing', async () => {
    const { runtime, bodies } = wired(() => new Error('nobody should ask'));
    await expect(mskGateway(runtime).clusters([])).resolves.toEqual([]);
    expect(bodies).toEqual([]);
  });

  it('a serverless one has nothing provisioned', async () => {
    const { runtime } = wired(() =>
      described('a', { clusterType: 'SERVERLESS', provisioned: undefined, serverless: {} }),
    );
    expect((await mskGateway(runtime).clusters([arn('a')]))[0]).not.toHaveProperty('provisioned');
  });

  it('an Express one has no volumes', async () => {
    const nodes = { brokerNodeGroupInfo: { clientSubnets: ['subnet-1'], instanceType: 'express.m7g.large' } };
    const { runtime } = wired(() => described('a', {}, nodes));
    const [cluster] = await mskGateway(runtime).clusters([arn('a')]);
    expect(cluster?.provisioned?.instanceType).toBe('express.m7g.large');
    expect(cluster?.provisioned).not.toHaveProperty('volumeGib');
  });

  it.each([
    ['enabled', { enabled: true, volumeThroughput: 300 }, 300],
    ['switched off', { enabled: false, volumeThroughput: 300 }, undefined],
  ])('provisioned throughput %s', async (_title, provisionedThroughput, expected) => {
    const storageInfo = { ebsStorageInfo: { volumeSize: 1000, provisionedThroughput } };
    const brokerNodeGroupInfo = { clientSubnets: ['subnet-1'], instanceType: 'kafka.m7g.2xlarge', storageInfo };
    const { runtime } = wired(() => described('a', {}, { brokerNodeGroupInfo }));
    const [cluster] = await mskGateway(runtime).clusters([arn('a')]);
    expect(cluster?.provisioned?.throughputMibps).toBe(expected);
  });

  it('shows the operation that is running and the tier', async () => {
    const { runtime } = wired(() => described('a', { activeOperationArn: OPERATION }, { storageMode: 'TIERED' }));
    await expect(mskGateway(runtime).clusters([arn('a')])).resolves.toMatchObject([
      { activeOperationArn: OPERATION, provisioned: { storageMode: 'TIERED' } },
    ]);
  });

  it.each([
    ['without a version', { currentVersion: undefined }, {}],
    ['of an unknown storage mode', {}, { storageMode: 'ELSEWHERE' }],
  ])('one %s is a defect', async (_title, more, provisioned) => {
    const { runtime } = wired(() => described('a', more, provisioned));
    await expect(mskGateway(runtime).clusters([arn('a')])).rejects.toMatchObject({ name: 'UnknownAwsError' });
  });

  it('without permission says so', async () => {
    const { runtime } = wired(() => jsonError('ForbiddenException', 'no', 403));
    await expect(mskGateway(runtime).clusters([arn('a')])).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

const summary = (name: string, operationType: string, minutes: number, more: object = {}) => ({
  clusterArn: arn('orders'),
  operationArn: `${OPERATION}-${name}`,
  operationType,
  operationState: 'UPDATE_COMPLETE',
  startTime: at(minutes),
  endTime: at(minutes + 10),
  ...more,
});

const sizes = (from: number, to: number) => ({
  provisioned: {
    sourceClusterInfo: { brokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: from }] },
    targetClusterInfo: { brokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: to }] },
  },
});

/** Lists these, and describes each as itself with its sizes. */
const operating = (listing: ReturnType<typeof summary>[][], detail: Record<string, object> = {}) => {
  let page = 0;
  const wire = wired(() => {
    const path = decodeURIComponent(String(wire.requests.at(-1)?.path));
    if (path.endsWith('/operations')) {
      const clusterOperationInfoList = listing[page++];
      return json({ clusterOperationInfoList, ...(page < listing.length ? { nextToken: `page-${page + 1}` } : {}) });
    }
    const found = listing.flat().find((one) => path.endsWith(one.operationArn));
    const name = path.slice(path.lastIndexOf('4f5a6b7c-') + 9);
    return json({ clusterOperationInfo: { ...found, ...detail[name] } });
  });
  const found = (sinceMinutes: number) =>
    mskGateway(wire.runtime).storageOperations(arn('orders'), NOW_MS + sinceMinutes * 60_000);
  const described = () => wire.requests.filter((one) => one.path.startsWith('/api/v2/operations/')).length;
  return { ...wire, found, described };
};

describe('storageOperations', () => {
  it('are those whose sizes differ or whose type says storage, newest last', async () => {
    const { found } = operating(
      [
        [
          summary('new', 'UPDATE_BROKER_STORAGE', -10),
          summary('resized', 'SOMETHING_NEW', -60),
          summary('throughput', 'UPDATE_STORAGE', -70),
          summary('same-size', 'SOMETHING_NEW', -80),
          summary('more-brokers', 'INCREASE_BROKER_COUNT', -90),
        ],
      ],
      { new: sizes(200, 300), resized: sizes(100, 200), throughput: sizes(100, 100), 'same-size': sizes(100, 100) },
    );
    const operations = await found(-1_440);
    expect(operations.map(({ operationArn, fromGib, targetGib }) => [operationArn, fromGib, targetGib])).toEqual([
      [`${OPERATION}-throughput`, undefined, undefined],
      [`${OPERATION}-resized`, 100, 200],
      [`${OPERATION}-new`, 200, 300],
    ]);
    expect(operations[2]).toMatchObject({ startedAtMs: NOW_MS - 600_000, endedAtMs: NOW_MS, state: 'UPDATE_COMPLETE' });
  });

  it('types known to be something else are not described', async () => {
    const { found, described } = operating([[summary('patch', 'SECURITY_PATCHING', -10)]]);
    await expect(found(-60)).resolves.toEqual([]);
    expect(described()).toBe(0);
  });

  it.each([
    ['begun since then: counts', -60, {}, 1],
    ['begun before and ended: not', -61, {}, 0],
    [
      'begun before, still running in an unknown state: counts',
      -61,
      { operationState: 'PONDERING', endTime: undefined },
      1,
    ],
    ['begun before and failed: not', -61, { operationState: 'UPDATE_FAILED', endTime: undefined }, 0],
  ])('%s', async (_title, minutes, more, count) => {
    const { found } = operating([[summary('one', 'UPDATE_BROKER_STORAGE', minutes, more)]]);
    await expect(found(-60)).resolves.toHaveLength(count);
  });

  it('stops listing where all that follows is older', async () => {
    const { found, requests } = operating([
      [summary('new', 'UPDATE_BROKER_STORAGE', -10), summary('old', 'UPDATE_BROKER_STORAGE', -100)],
      [summary('older', 'UPDATE_BROKER_STORAGE', -200)],
    ]);
    await expect(found(-60)).resolves.toHaveLength(1);
    expect(requests.filter((one) => one.path.endsWith('/operations'))).toHaveLength(1);
  });

  it('lists on where MSK does not list the newest first', async () => {
    const { found } = operating([
      [summary('older', 'UPDATE_BROKER_STORAGE', -200), summary('old', 'UPDATE_BROKER_STORAGE', -100)],
      [summary('new', 'UPDATE_BROKER_STORAGE', -10)],
    ]);
    await expect(found(-60)).resolves.toMatchObject([{ operationArn: `${OPERATION}-new` }]);
  });

  it('describes ten at most, the newest; the others are judged by their type', async () => {
    const many = Array.from({ length: 12 }, (_, n) =>
      summary(String(n), n < 11 ? 'UPDATE_BROKER_STORAGE' : 'SOMETHING_NEW', -n - 1),
    );
    const { found, described } = operating([many], { 0: sizes(100, 200) });
    const operations = await found(-60);
    expect(described()).toBe(10);
    expect(operations).toHaveLength(11);
    expect(operations.at(-1)).toMatchObject({ operationArn: `${OPERATION}-0`, targetGib: 200 });
  });

  it('a listing that never ends is a defect, not half an answer', async () => {
    const { runtime } = wired(() => json({ clusterOperationInfoList: [], nextToken: 'again' }));
    await expect(mskGateway(runtime).storageOperations(arn('orders'), 0)).rejects.toMatchObject({
      name: 'UnknownAwsError',
    });
  });

  it('of a cluster that does not exist', async () => {
    const { runtime } = wired(() => jsonError('NotFoundException', 'no', 404));
    await expect(mskGateway(runtime).storageOperations(arn('orders'), 0)).rejects.toMatchObject({
      name: 'ClusterNotFound',
      faultClass: 'refused',
    });
  });
});

describe('operation', () => {
  it('says why it failed', async () => {
    const errorInfo = { errorCode: 'InternalError', errorString: 'Storage could not be expanded.' };
    const info = { ...summary('1', 'UPDATE_BROKER_STORAGE', 0, { operationState: 'UPDATE_FAILED', errorInfo }) };
    const { runtime } = wired(() => json({ clusterOperationInfo: { ...info, ...sizes(100, 200) } }));
    await expect(mskGateway(runtime).operation(OPERATION)).resolves.toEqual({
      operationArn: `${OPERATION}-1`,
      type: 'UPDATE_BROKER_STORAGE',
      state: 'UPDATE_FAILED',
      startedAtMs: NOW_MS,
      endedAtMs: NOW_MS + 600_000,
      error: 'InternalError: Storage could not be expanded.',
      fromGib: 100,
      targetGib: 200,
    });
  });

  it('that MSK does not know is undefined', async () => {
    const { runtime } = wired(() => jsonError('NotFoundException', 'no', 404));
    await expect(mskGateway(runtime).operation(OPERATION)).resolves.toBeUndefined();
  });
});

const request = { clusterArn: arn('orders'), currentVersion: 'KTVPDKIKX0DER', sizeGib: 1100 };
const growing = (reply: Reply) => {
  const wire = wired(() => reply);
  return { ...wire, grown: mskGateway(wire.runtime).growStorage(request) };
};

describe('growStorage', () => {
  it('names the version and all brokers', async () => {
    const { grown, requests, bodies } = growing(json({ clusterArn: arn('orders'), clusterOperationArn: OPERATION }));
    await expect(grown).resolves.toEqual({ operationArn: OPERATION });
    expect(requests[0]).toMatchObject({
      method: 'PUT',
      path: `/v1/clusters/${encodeURIComponent(arn('orders'))}/nodes/storage`,
    });
    expect(JSON.parse(String(bodies[0]))).toEqual({
      currentVersion: 'KTVPDKIKX0DER',
      targetBrokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB: 1100 }],
    });
  });

  it('carries provisioned throughput along', async () => {
    const { runtime, bodies } = wired(() => json({ clusterOperationArn: OPERATION }));
    await mskGateway(runtime).growStorage({ ...request, throughputMibps: 300 });
    expect(JSON.parse(String(bodies[0]))).toMatchObject({
      targetBrokerEBSVolumeInfo: [{ provisionedThroughput: { enabled: true, volumeThroughput: 300 } }],
    });
  });

  it.each([
    [
      'a stale version',
      'The version of the cluster isn’t current. Check the current version and try again.',
      'StaleClusterVersion',
    ],
    [
      'no change',
      'The request does not include any updates to the EBS volumes of the cluster. Verify the request, then try again.',
      'StorageUnchanged',
    ],
    ['a step too small', 'To update storage, you must increase it by at least 10 GiB.', 'StorageStepTooSmall'],
    ['the cool-down', 'The storage is optimizing.', 'StorageCoolDown'],
    ['another state', "You can't update the storage of a cluster in HEALING state.", 'ClusterNotActive'],
    ['words that no table knows', 'The volume size is not supported.', 'UnknownRefusal'],
  ])('refused for %s', async (_title, message, name) => {
    const { grown, bodies } = growing(jsonError('BadRequestException', message));
    await expect(grown).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect(bodies).toHaveLength(1);
  });

  it.each([
    ['no permission', jsonError('ForbiddenException', 'no', 403), 'AccessDenied'],
    ['no credentials', jsonError('UnauthorizedException', 'no', 401), 'AccessDenied'],
    ['no cluster', jsonError('NotFoundException', 'no', 404), 'ClusterNotFound'],
    ['throttled: nothing was changed', jsonError('TooManyRequestsException', 'slow down', 429), 'Throttled'],
    ['an internal error: effect unknown', jsonError('InternalServerErrorException', 'oops', 500), 'AnswerLost'],
    ['unavailable: effect unknown', jsonError('ServiceUnavailableException', 'oops', 503), 'AnswerLost'],
    ['a reset connection: effect unknown', Object.assign(new Error('hang up'), { code: 'ECONNRESET' }), 'AnswerLost'],
    ['an answer that cannot be read: effect unknown', { status: 200, body: '{"clusterOp' }, 'AnswerLost'],
    ['an answer without its operation: effect unknown', json({ clusterArn: arn('orders') }), 'AnswerLost'],
    ['a code that no table knows', jsonError('TeapotException', 'no', 418), 'UnknownAwsError'],
  ])('is never sent twice: %s', async (_title, reply, name) => {
    const { grown, bodies } = growing(reply);
    await expect(grown).rejects.toMatchObject({ name });
    expect(bodies).toHaveLength(1);
  });
});

const fault = (text: string) => storageFaults['BadRequestException']?.(`BadRequestException: ${text}`, {});

describe('refusalKind', () => {
  const known = [
    ["The version of the cluster isn't current. Check the current version and try again.", 'stale-version'],
    ['The cluster version is not current', 'stale-version'],
    ['The request does not include any updates to the EBS volumes of the cluster.', 'no-change'],
    ["The request doesn't include any changes", 'no-change'],
    ['To update storage, you must increase it by at least 10 GiB.', 'step-too-small'],
    ['storage is optimizing', 'cool-down'],
    ['Storage optimisation of the cluster is in progress', 'cool-down'],
    ['The cluster is in its cool-down period', 'cool-down'],
    ['Wait at least 6 hours between modifications per EBS volume.', 'cool-down'],
    ['You can change the storage again in 5 hours', 'cool-down'],
    ['The cluster is not in ACTIVE state', 'not-active'],
    ['You can update a cluster only in the active state', 'not-active'],
    ["You can't update a cluster in MAINTENANCE state.", 'not-active'],
    ['The cluster is in maintenance', 'not-active'],
    ['Cluster is REBOOTING_BROKER', 'not-active'],
    ['Another operation is already in progress', 'not-active'],
    ['Wait until the cluster is ACTIVE to change its storage', 'not-active'],
  ] as const;

  it.each(known)('%s', (text, kind) => {
    expect(refusalKind(text)).toBe(kind);
  });

  it.each([
    ['a broken cluster does not mend by waiting', "You can't update the storage of a cluster in FAILED state."],
    ['nor does one that is going away', 'The cluster is not ACTIVE but DELETING.'],
    ['the current Kafka version is not a stale one', 'Tiered storage is not supported by the current version.'],
    ['hours of something else', 'Support answers within 4 hours.'],
    ['interactive is not active', 'Use an interactive session.'],
    ['an empty text', ''],
  ])('unknown: %s', (_title, text) => {
    expect(refusalKind(text)).toBe('unknown');
  });

  it('knows a text whatever stands around it', () => {
    const word = fc.constantFrom('Kafka', 'operation error', 'RequestID: a58ed9fd,', 'https response error', '(400)');
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.array(word), fc.array(word), ([text, kind], before, after) => {
        expect(refusalKind([...before, text, ...after].join(' '))).toBe(kind);
      }),
    );
  });

  it('makes a fault of any text, which keeps it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fault(text)?.message).toContain(text);
      }),
    );
  });

  it('retries nothing but for words that mean it', () => {
    const meaningful =
      /current|latest|optimi[sz]|cool|modification rate|active|updating|healing|maintenance|rebooting|creating|state|operation|wait|hour/i;
    const words = fc.constantFrom(
      ...'The request storage volume EBS size of broker cluster is not supported exceeds maximum 16384 GiB type invalid must be version throughput quota limit try again later a An error for'.split(
        ' ',
      ),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 20 }).map((some) => some.join(' ')),
    );
    fc.assert(
      fc.property(
        text.filter((one) => !meaningful.test(one)),
        (one) => {
          expect(fault(one)?.faultClass).toBe('refused');
        },
      ),
      { numRuns: 500 },
    );
  });
});

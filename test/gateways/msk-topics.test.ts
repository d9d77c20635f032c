import { describe, expect, it } from '@jest/globals';
import { mskTopicsGateway } from '../../functions/gateways/msk-topics.ts';
import { json, jsonError, type Reply, wired } from './http.ts';

const CLUSTER = 'arn:aws:kafka:eu-central-1:111122223333:cluster/orders/0b1c2d3e-1';
const topicArn = (name: string) => `arn:aws:kafka:eu-central-1:111122223333:topic/orders/0b1c2d3e-1/${name}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const CONFIGS = { 'retention.ms': '604800000', 'cleanup.policy': 'delete', 'min.insync.replicas': '2' };

const topicJson = (topicName: string) => ({
  topicName,
  topicArn: topicArn(topicName),
  partitionCount: 6,
  replicationFactor: 3,
});
const describedJson = (more: object = {}) =>
  json({ ...topicJson('clicks'), configs: base64(JSON.stringify(CONFIGS)), status: 'ACTIVE', ...more });

describe('list', () => {
  it('gives names and shapes of all pages, sorted, without configs', async () => {
    const { runtime, requests } = wired((_body, count) =>
      json(count === 0 ? { topics: [topicJson('b')], nextToken: 'page-2' } : { topics: [topicJson('a')] }),
    );
    await expect(mskTopicsGateway(runtime).list(CLUSTER)).resolves.toEqual(
      ['a', 'b'].map((name) => ({ name, id: topicArn(name), partitions: 6, replicationFactor: 3, configs: {} })),
    );
    expect(decodeURIComponent(String(requests[0]?.path))).toBe(`/v1/clusters/${CLUSTER}/topics`);
    expect(requests.map((one) => one.query)).toEqual([
      { maxResults: '100' },
      { maxResults: '100', nextToken: 'page-2' },
    ]);
  });

  it('of a cluster that does not exist', async () => {
    const { runtime } = wired(() => jsonError('NotFoundException', 'no', 404));
    await expect(mskTopicsGateway(runtime).list(CLUSTER)).rejects.toMatchObject({ name: 'ClusterNotFound' });
  });

  it('that never ends is a defect, not half an answer', async () => {
    const { runtime } = wired(() => json({ topics: [], nextToken: 'again' }));
    await expect(mskTopicsGateway(runtime).list(CLUSTER)).rejects.toMatchObject({ name: 'UnknownAwsError' });
  });
});

const describing = (reply: Reply) => mskTopicsGateway(wired(() => reply).runtime).describe(CLUSTER, 'clicks');

describe('one topic', () => {
  it('is described with its configs', async () => {
    await expect(describing(describedJson())).resolves.toEqual({
      name: 'clicks',
      id: topicArn('clicks'),
      partitions: 6,
      replicationFactor: 3,
      configs: CONFIGS,
    });
  });

  it.each([
    [
      'JSON with numbers and what is not set',
      '{"retention.ms":604800000,"preallocate":false,"x":null}',
      { 'retention.ms': '604800000', preallocate: 'false' },
    ],
    ['an empty JSON object', ' {} ', {}],
    [
      'properties',
      '# set\nretention.ms = 604800000\r\ncleanup.policy=compact,delete\n\nempty=\na:b=c',
      { 'retention.ms': '604800000', 'cleanup.policy': 'compact,delete', empty: '', a: 'b=c' },
    ],
    ['nothing', '', {}],
  ])('is understood with %s as configs', async (_title, text, configs) => {
    await expect(describing(describedJson({ configs: base64(text) }))).resolves.toMatchObject({ configs });
    expect((await describing(describedJson({ configs: base64(text) })))?.configs).toEqual(configs);
  });

  it('is understood as the guide shows it', async () => {
    const configs = 'Y29tcHJlc3Npb24udHlwZT1wcm9kdWNlcgpyZXRlbnRpb24ubXM9NjA0ODAwMDAw'; // [DG describe-topic-cli]
    await expect(describing(describedJson({ configs }))).resolves.toMatchObject({
      configs: { 'compression.type': 'producer', 'retention.ms': '604800000' },
    });
  });

  it.each([
    ['broken JSON', '{"retention.ms":'],
    ['JSON in JSON', '{"retention.ms":{"value":"1"}}'],
    ['prose', 'retention of a week'],
    ['odd names', 'what is this = 1'],
  ])('is a defect with %s as configs', async (_title, text) => {
    await expect(describing(describedJson({ configs: base64(text) }))).rejects.toMatchObject({
      name: 'UnknownAwsError',
    });
  });

  it.each([
    ['does not exist', jsonError('NotFoundException', 'no', 404)],
    ['is being deleted', describedJson({ status: 'DELETING' })],
  ])('is undefined where the topic %s', async (_title, reply) => {
    await expect(describing(reply)).resolves.toBeUndefined();
  });
});

describe('placement', () => {
  it('gives all pages by partition, with -1 where none leads', async () => {
    const { runtime, requests } = wired((_body, count) =>
      json(
        count === 0
          ? { partitions: [{ partition: 1, replicas: [2, 3, 1], isr: [] }], nextToken: 'page-2' }
          : { partitions: [{ partition: 0, leader: 2, replicas: [1, 2, 3], isr: [2] }] },
      ),
    );
    await expect(mskTopicsGateway(runtime).placement(CLUSTER, 'clicks')).resolves.toEqual([
      { partition: 0, leader: 2, replicas: [1, 2, 3] },
      { partition: 1, leader: -1, replicas: [2, 3, 1] },
    ]);
    expect(decodeURIComponent(String(requests[1]?.path))).toBe(`/v1/clusters/${CLUSTER}/topics/clicks/partitions`);
    expect(requests[1]?.query).toEqual({ maxResults: '100', nextToken: 'page-2' });
  });

  it('is empty where the topic no longer exists', async () => {
    const { runtime } = wired(() => jsonError('NotFoundException', 'no', 404));
    await expect(mskTopicsGateway(runtime).placement(CLUSTER, 'clicks')).resolves.toEqual([]);
  });
});

const altering = (answer: Reply, present: Reply = describedJson()) => {
  const wire = wired((_body, count) => (count === 0 ? present : answer));
  return { ...wire, altered: mskTopicsGateway(wire.runtime).alter(CLUSTER, 'clicks', { 'retention.ms': '3600000' }) };
};
const UPDATING = json({ ...topicJson('clicks'), status: 'UPDATING' });

describe('alter', () => {
  it('sends the others along, so that merging and replacing come to the same', async () => {
    const { altered, requests, bodies } = altering(UPDATING);
    await altered;
    expect(requests[1]).toMatchObject({
      method: 'PUT',
      path: `/v1/clusters/${encodeURIComponent(CLUSTER)}/topics/clicks`,
    });
    const sent = JSON.parse(String(bodies[1])) as { configs: string };
    expect(Object.keys(sent)).toEqual(['configs']); // never together with partitionCount [DG msk-update-topic]
    expect(JSON.parse(Buffer.from(sent.configs, 'base64').toString())).toEqual({
      ...CONFIGS,
      'retention.ms': '3600000',
    });
  });

  it.each([
    ['JSON', '{"retention.ms":"1"}', '{"retention.ms":"3600000"}'],
    ['nothing', '', '{"retention.ms":"3600000"}'],
    ['properties', 'cleanup.policy=delete\nretention.ms = 1', 'cleanup.policy=delete\nretention.ms=3600000'],
  ])('answers %s in its own form', async (_title, shown, expected) => {
    const { altered, bodies } = altering(UPDATING, describedJson({ configs: base64(shown) }));
    await altered;
    expect(JSON.parse(String(bodies[1]))).toEqual({ configs: base64(expected) });
  });

  it('is sent even if it seems to hold already: what MSK shows may be a minute old', async () => {
    const { altered, bodies } = altering(
      UPDATING,
      describedJson({ configs: base64(JSON.stringify({ 'retention.ms': '3600000' })) }),
    );
    await altered;
    expect(bodies).toHaveLength(2);
  });

  it('of a topic that is gone changes nothing', async () => {
    const { altered, bodies } = altering(UPDATING, jsonError('NotFoundException', 'no', 404));
    await expect(altered).rejects.toMatchObject({ name: 'TopicNotFound', faultClass: 'refused' });
    expect(bodies).toHaveLength(1);
  });

  it.each([
    ['gone in between', jsonError('NotFoundException', 'no', 404), 'TopicNotFound'],
    ['unknown to Kafka', jsonError('UnknownTopicOrPartitionException', 'no', 404), 'TopicNotFound'],
    ['no permission', jsonError('ForbiddenException', 'no', 403), 'AccessDenied'],
    [
      'a cluster that is updating',
      jsonError('BadRequestException', 'The cluster must be in ACTIVE state.'),
      'ClusterNotActive',
    ],
    ['a reassignment', jsonError('ReassignmentInProgressException', 'busy', 409), 'ClusterNotActive'],
    ['a value that is refused', jsonError('BadRequestException', 'Invalid value for configuration.'), 'UnknownRefusal'],
    ['Kafka says no', jsonError('KafkaRequestException', 'policy violation', 400), 'UnknownRefusal'],
    ['Kafka does not answer', jsonError('KafkaTimeoutException', 'timed out', 409), 'AnswerLost'],
    ['the controller moved', jsonError('NotControllerException', 'moved', 409), 'AnswerLost'],
    ['unavailable', jsonError('ServiceUnavailableException', 'oops', 503), 'AnswerLost'],
    ['throttled', jsonError('TooManyRequestsException', 'slow down', 429), 'Throttled'],
  ])('is sent once: %s', async (_title, reply, name) => {
    const { altered, bodies } = altering(reply);
    await expect(altered).rejects.toMatchObject({ name });
    expect(bodies).toHaveLength(2);
  });
});

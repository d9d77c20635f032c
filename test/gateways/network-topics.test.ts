import { describe, expect, it } from '@jest/globals';
import { networkTopicsGateway } from '../../functions/gateways/network-topics.ts';
import { topicsGateway } from '../../functions/gateways/topics.ts';
import { json, jsonError, type Reply, wired } from './http.ts';

const ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:demo-serve-topics-private-a:7';
const environment = { SERVE_TOPICS_FUNCTIONS: JSON.stringify({ 'private-a': ARN }) };
const TOPIC = { name: 'clicks', id: 'a-b-c', partitions: 1, replicationFactor: 1, configs: {} };
const MSK = 'arn:aws:kafka:eu-central-1:111122223333:cluster/payments/abc-1';

const failed = (errorType: string | undefined, errorMessage = 'why'): Reply =>
  json({ ...(errorType !== undefined && { errorType }), errorMessage, trace: [] }, 200, {
    'x-amz-function-error': 'Unhandled',
  });
function asking(reply: (count: number) => Reply) {
  const wire = wired((_body, count) => reply(count), environment);
  return { ...wire, topics: networkTopicsGateway(wire.runtime) };
}
const timeout = (): Error => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });

describe('topics within a network', () => {
  it.each([
    ['list', { call: 'list' }, [TOPIC]],
    ['describe', { call: 'describe', name: 'clicks' }, { ...TOPIC, own: [] }],
    ['placement', { call: 'placement', name: 'clicks' }, [{ partition: 0, leader: 1, replicas: [1] }]],
    ['sizes', { call: 'sizes' }, []],
  ] as const)('are asked for by the function there: %s', async (method, call, answer) => {
    const { topics, bodies, requests } = asking(() => json(answer));
    await expect(topics[method]?.('private-a/orders', 'clicks')).resolves.toEqual(answer);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({ cluster: 'orders', ...call });
    expect(decodeURIComponent(requests[0]?.path ?? '')).toBe(`/2015-03-31/functions/${ARN}/invocations`);
  });

  it('that are gone are undefined', async () => {
    const { topics } = asking(() => json(null));
    await expect(topics.describe('private-a/orders', 'clicks')).resolves.toBeUndefined();
  });

  it.each([
    ['as a change', undefined, false],
    ['as an undo', { undo: true }, true],
  ])('are altered %s', async (_title, options, undo) => {
    const { topics, bodies } = asking(() => json(null));
    await topics.alter('private-a/orders', 'clicks', { 'retention.ms': null }, options);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      cluster: 'orders',
      call: 'alter',
      name: 'clicks',
      configs: { 'retention.ms': null },
      undo,
    });
  });

  it.each(['AccessDenied', 'ListenerMismatch', 'NoWayToTopics', 'ServiceUnavailable', 'TopicNotFound', 'ObserveOnly'])(
    'fail as the function failed: %s',
    async (name) => {
      const { topics } = asking(() => failed(name, 'as the broker said'));
      const fault = { name, message: 'as the broker said' };
      await expect(topics.list('private-a/orders')).rejects.toMatchObject(fault);
      await expect(topics.alter('private-a/orders', 'clicks', {})).rejects.toMatchObject(fault);
    },
  );

  it.each([
    ['Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 30.00 seconds'],
    [undefined, '2026-11-21T12:00:00.000Z 1 Task timed out after 30.00 seconds'],
    ['Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: signal: killed'],
  ])('have an unknown effect where Lambda ended the function: %s', async (type, message) => {
    const { topics } = asking(() => failed(type, message));
    await expect(topics.list('private-a/orders')).rejects.toMatchObject({ name: 'ServiceUnavailable' });
    await expect(topics.alter('private-a/orders', 'clicks', {})).rejects.toMatchObject({ name: 'AnswerLost' });
  });

  it.each(['InputInvalid', 'UnknownKafkaError', 'TypeError', 'constructor'])(
    'are a defect where the function has one: %s',
    async (name) => {
      const { topics } = asking(() => failed(name));
      const fault = { name: 'UnknownAwsError', faultClass: 'defect', message: expect.stringContaining(name) };
      await expect(topics.list('private-a/orders')).rejects.toMatchObject(fault);
      await expect(topics.alter('private-a/orders', 'clicks', {})).rejects.toMatchObject(fault);
    },
  );

  it('are altered once, whatever becomes of the answer', async () => {
    const { topics, bodies } = asking(() => timeout());
    await expect(topics.alter('private-a/orders', 'clicks', {})).rejects.toMatchObject({ name: 'AnswerLost' });
    expect(bodies).toHaveLength(1);
  });

  it('are read once more where no answer came', async () => {
    const { topics, bodies } = asking((count) => (count === 0 ? timeout() : json([TOPIC])));
    await expect(topics.list('private-a/orders')).resolves.toEqual([TOPIC]);
    expect(bodies).toHaveLength(2);
  });

  it('are not reached while Lambda makes the network interfaces: nothing was changed', async () => {
    const { topics } = asking(() => jsonError('ENINotReadyException', 'not yet', 502));
    await expect(topics.alter('private-a/orders', 'clicks', {})).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  });

  it('have an answer that is JSON', async () => {
    const { topics } = asking(() => ({ status: 200, body: '<html>' }));
    await expect(topics.list('private-a/orders')).rejects.toMatchObject({ name: 'UnknownAwsError' });
    await expect(topics.alter('private-a/orders', 'clicks', {})).rejects.toMatchObject({ name: 'AnswerLost' });
  });

  it.each(['private-b/orders', 'toString/orders', 'orders'])('need a function there: %s', async (cluster) => {
    const { topics, bodies } = asking(() => json([]));
    await expect(topics.list(cluster)).rejects.toMatchObject({ name: 'NoWayToTopics', faultClass: 'refused' });
    expect(bodies).toEqual([]);
  });
});

describe('topics of every kind of cluster', () => {
  it('are asked for at MSK by ARN, in the network otherwise', async () => {
    const { runtime, requests } = wired((_body, count) => json(count === 0 ? { topics: [] } : []), environment);
    const topics = topicsGateway(runtime);
    await topics.list(MSK);
    await topics.list('private-a/orders');
    expect(requests.map(({ path }) => decodeURIComponent(path).split('/')[2])).toEqual(['clusters', 'functions']);
  });

  it('have sizes only where Kafka itself is asked', async () => {
    const { runtime, requests } = wired(() => json([]), environment);
    const topics = topicsGateway(runtime);
    await expect(topics.sizes?.(MSK)).resolves.toBeUndefined();
    expect(requests).toEqual([]);
    await expect(topics.sizes?.('private-a/orders')).resolves.toEqual([]);
  });

  it('are never taken a value away at MSK', async () => {
    const { runtime, requests } = wired(() => json({}), environment);
    const altered = topicsGateway(runtime).alter(MSK, 'clicks', { 'retention.ms': null });
    await expect(altered).rejects.toMatchObject({ name: 'UnknownRefusal' });
    expect(requests).toEqual([]);
  });
});

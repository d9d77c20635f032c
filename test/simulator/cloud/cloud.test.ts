import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../simulator/clock.ts';
import { LostAnswer, operator, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { AwsError, type BusEvent, type Call, type Service } from '../../../simulator/cloud/service.ts';
import { SimulatedSns } from '../../../simulator/cloud/sns.ts';
import { throttled } from '../../../simulator/cloud/throttle.ts';

const startMs = Date.parse('2026-11-21T00:00:00Z');
const role = { roleArn: 'arn:aws:iam::123456789012:role/record', name: 'record' };
const topic = 'arn:aws:sns:eu-central-1:123456789012:notices';

function world(options: { timeoutMs?: number } = {}) {
  const clock = new VirtualClock(startMs);
  const cloud = new SimulatedCloud({ clock, seed: 'cloud', ...options });
  const order: string[] = [];
  const service: Service = {
    name: 'ssm',
    authorize: (call) => [{ action: `ssm:${call.operation}`, resources: ['*'], context: {} }],
    handle: () => {
      order.push('handle');
      return { Done: true };
    },
  };
  cloud.add(service);
  const call = (principal = role): Call => ({
    service: 'ssm',
    operation: 'GetCommandInvocation',
    input: {},
    principal,
    atMs: clock.nowMs(),
  });
  return { clock, cloud, order, call };
}

const errorOf = (work: () => unknown): { name: string; message: string } => {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a refusal');
};

const drawn = () => {
  const { cloud } = world();
  const events: BusEvent[] = [];
  cloud.onEvent((event) => events.push(event));
  cloud.publish({ source: 'x', 'detail-type': 'y', resources: [], detail: {} });
  return [cloud.newId('vol'), cloud.uuid(), cloud.random('a')(), events];
};

describe('the simulated cloud', () => {
  it('meets observers, IAM, the service and observers again, in this order', () => {
    const { cloud, order, call } = world();
    cloud.observe({
      before: () => order.push('before'),
      after: (_call, outcome) => order.push(Object.keys(outcome)[0] ?? ''),
    });
    cloud.authorizer = (principal, [authorization]) => {
      order.push(`${principal.name} ${authorization?.action}`);
    };
    expect(cloud.answer(call())).toEqual({ Done: true });
    expect(order).toEqual(['before', 'record ssm:GetCommandInvocation', 'handle', 'answer']);
  });

  it.each([
    ['ssm', 'AccessDeniedException'],
    ['ec2', 'UnauthorizedOperation'],
    ['sns', 'AuthorizationError'],
    ['cloudwatch', 'AccessDenied'],
  ])('lets %s deny in its own words, before anything is done', (service, code) => {
    const { cloud, order, call } = world();
    const { clock } = cloud;
    cloud.add({ name: service, authorize: () => [], handle: () => order.push('handle') });
    cloud.authorizer = () => {
      throw new AwsError('AccessDeniedException', 'User x is not authorized to perform: y', 403);
    };
    const denied = { ...call(), service, atMs: clock.nowMs() };
    expect(errorOf(() => cloud.answer(denied))).toMatchObject({
      name: code,
      message: expect.stringContaining('not authorized'),
    });
    expect(order).toEqual([]);
    cloud.answer({ ...denied, principal: operator }); // the operator may do anything
    expect(order).toEqual(['handle']);
  });

  it('records what happened when an answer is lost', () => {
    const { cloud, call } = world();
    const outcomes: unknown[] = [];
    cloud.observe({
      before: () => {
        throw new LostAnswer();
      },
      after: (_call, outcome) => outcomes.push(outcome),
    });
    expect(errorOf(() => cloud.answer(call())).name).toBe('TimeoutError');
    expect(outcomes).toEqual([{ answer: { Done: true } }]);
  });

  it('lets the caller of a lost answer wait for it as long as its time-out', async () => {
    const { clock, cloud, call } = world({ timeoutMs: 10_000 });
    cloud.observe({
      before: () => {
        throw new LostAnswer();
      },
    });
    const lost = clock.spawn(() => cloud.invocation(() => cloud.call(call())));
    const failedAtMs = lost.then(
      () => 0,
      () => clock.nowMs(),
    );
    await clock.run(startMs + 60_000);
    await expect(lost).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await failedAtMs).toBe(startMs + 10_000);
  });

  it('refuses a service that nobody simulates, and says which', () => {
    const { cloud, call } = world();
    expect(() => cloud.answer({ ...call(), service: 's3', operation: 'GetObject' })).toThrow('s3:GetObject');
  });

  it('gives the same ids, events and delays for the same seed', () => {
    expect(drawn()).toEqual(drawn());
    expect(drawn()[0]).toMatch(/^vol-0[0-9a-f]{16}$/);
    expect(drawn()[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('request limits', () => {
  it.each([
    ['ec2', 'RequestLimitExceeded'],
    ['cloudwatch', 'Throttling'],
    ['lambda', 'TooManyRequestsException'],
    ['states', 'ThrottlingException'],
  ])('of %s are told as %s', (service, code) => {
    expect(throttled(service).name).toBe(code);
  });

  it('can be made tighter for a while: a storm', async () => {
    const { clock, cloud, call } = world();
    const key = 'ssm:GetCommandInvocation';
    cloud.throttle.limit(key, { burst: 1, perSecond: 0.1 });
    cloud.answer(call());
    expect(errorOf(() => cloud.answer(call())).name).toBe('ThrottlingException');
    await clock.run(startMs + 10_000);
    cloud.answer(call());
    cloud.throttle.unlimit(key);
    cloud.answer(call());
    expect(cloud.throttle.refused.get(key)).toBe(1);
  });
});

describe('SNS', () => {
  it('records what is published and tells who listens', () => {
    const { cloud, call } = world();
    const sns = cloud.add(new SimulatedSns(cloud));
    sns.createTopic(topic);
    const heard: string[] = [];
    sns.onPublish(({ subject }) => heard.push(subject));
    const input = {
      TopicArn: topic,
      Subject: 'Grown',
      Message: 'text',
      MessageAttributes: { reason: { DataType: 'String', StringValue: 'grown' } },
    };
    const publish = (more: object) =>
      cloud.answer({ ...call(), service: 'sns', operation: 'Publish', input: { ...input, ...more } });
    expect(publish({})).toMatchObject({ MessageId: expect.any(String) });
    expect(heard).toEqual(['Grown']);
    expect(sns.notices).toEqual([
      {
        topicArn: topic,
        subject: 'Grown',
        message: 'text',
        attributes: { reason: 'grown' },
        atMs: startMs,
        by: 'record',
      },
    ]);
    expect(sns.authorize({ ...call(), operation: 'Publish', input })).toEqual([
      { action: 'sns:Publish', resources: [topic], context: {} },
    ]);
    expect(errorOf(() => publish({ TopicArn: `${topic}-other` })).name).toBe('NotFound');
    expect(errorOf(() => publish({ Subject: 'x'.repeat(100) })).name).toBe('InvalidParameter');
    expect(errorOf(() => publish({ Message: '' })).name).toBe('InvalidParameter');
    expect(errorOf(() => publish({ Message: 'x'.repeat(262_145) })).name).toBe('InvalidParameter');
    expect(errorOf(() => publish({ MessageAttributes: { a: { DataType: 'String', StringValue: '' } } })).name).toBe(
      'InvalidParameterValue',
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { allow, booted, policy, role, startMs } from './fixtures/template.ts';

const minute = 60_000;
const echoArn = { 'Fn::GetAtt': ['Echo', 'Arn'] };

const rule = (target: object = {}, pattern: object = { source: ['demo'] }) => ({
  Type: 'AWS::Events::Rule',
  Properties: { Name: 'told', EventPattern: pattern, Targets: [{ Id: 'Target0', Arn: echoArn, ...target }] },
});
const permission = (more: object = {}) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: echoArn,
    Principal: 'events.amazonaws.com',
    SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
    ...more,
  },
});
const queuePolicy = {
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: [{ Ref: 'DeadLetters' }],
    PolicyDocument: policy({
      ...allow('sqs:SendMessage', { 'Fn::GetAtt': ['DeadLetters', 'Arn'] }),
      Principal: { Service: 'events.amazonaws.com' },
    }),
  },
};
const deadLetters = { DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } };

type World = ReturnType<typeof booted>;
const publish = ({ cloud }: World, detail: Record<string, unknown> = {}, source = 'demo') =>
  cloud.clock.at(cloud.clock.nowMs(), () =>
    cloud.publish({ source, 'detail-type': 'Told', resources: ['arn:x'], detail }),
  );
/** What the function got. */
const seen = (world: World): string[] => {
  const payloads: string[] = [];
  world.cloud.observe({
    before({ service, input }) {
      if (service === 'lambda') payloads.push(String(input['Payload']));
    },
  });
  return payloads;
};

describe('EventsService', () => {
  it('invokes a function for an event that matches, a moment later', async () => {
    const world = booted({ Rule: rule(), Permission: permission() });
    const payloads = seen(world);
    publish(world, { a: 1 });
    publish(world, {}, 'other');
    await world.simulation.run(startMs);
    expect(payloads).toEqual([]);
    await world.simulation.run(startMs + minute);
    expect(payloads.map((payload) => JSON.parse(payload) as object)).toMatchObject([
      { source: 'demo', detail: { a: 1 } },
    ]);
    expect(world.lambda.handlerInvocations.get('echo')).toBe(1);
  });

  it.each([
    ['Input', { Input: '{"fixed":true}' }, { fixed: true }],
    ['InputPath', { InputPath: '$.detail.volume' }, { id: 'vol-1', sizes: [1, 2] }],
    [
      'InputTransformer',
      {
        InputTransformer: {
          InputPathsMap: {
            id: '$.detail.volume.id',
            sizes: '$.detail.volume.sizes',
            first: '$.resources[0]',
            none: '$.detail.none',
          },
          InputTemplate:
            '{"id": <id>, "text": "volume <id> of <first>", "sizes": <sizes>, "none": <none>, "rule": "<aws.events.rule-name>"}',
        },
      },
      { id: 'vol-1', text: 'volume vol-1 of arn:x', sizes: [1, 2], none: null, rule: 'told' },
    ],
  ])('gives the target its %s', async (_title, target, expected) => {
    const world = booted({ Rule: rule(target), Permission: permission() });
    const payloads = seen(world);
    publish(world, { volume: { id: 'vol-1', sizes: [1, 2] } });
    await world.simulation.run(startMs + minute);
    expect(payloads.map((payload) => JSON.parse(payload) as unknown)).toEqual([expected]);
  });

  it('sends what it may not deliver to the dead-letter queue, without a retry', async () => {
    const world = booted({ Rule: rule(deadLetters), Policy: queuePolicy });
    publish(world, { a: 1 });
    await world.simulation.run(startMs + minute);
    const [message] = [...world.queues.queues().values()].flat();
    expect(message?.attributes).toMatchObject({ ERROR_CODE: 'NO_PERMISSIONS', RETRY_ATTEMPTS: '0' });
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ detail: { a: 1 } });
    expect(world.lambda.handlerInvocations.size).toBe(0);
  });

  it('does not take the permission of another rule', async () => {
    const world = booted({
      Rule: rule(),
      Permission: permission({ SourceArn: 'arn:aws:events:eu-west-1:111122223333:rule/other' }),
    });
    publish(world);
    await world.simulation.run(startMs + minute);
    expect(world.events.deliverer.counts).toEqual({ delivered: 0, deadLettered: 0, dropped: 1 });
  });

  it('loses an event whose dead-letter queue does not admit it', async () => {
    const world = booted({ Rule: rule(deadLetters) });
    publish(world);
    await world.simulation.run(startMs + minute);
    expect(world.events.deliverer.counts.dropped).toBe(1);
  });

  it('retries a throttled target until it takes the event', async () => {
    const world = booted({ Rule: rule(), Permission: permission() });
    world.cloud.throttle.limit('lambda:Invoke', { burst: 0, perSecond: 0 });
    publish(world);
    await world.simulation.run(startMs + 5 * minute);
    expect(world.events.deliverer.counts.delivered).toBe(0);
    world.cloud.throttle.unlimit('lambda:Invoke');
    await world.simulation.run(startMs + 60 * minute);
    expect(world.events.deliverer.counts.delivered).toBe(1);
  });

  it('gives up after the retries of the template', async () => {
    const world = booted({
      Rule: rule({ ...deadLetters, RetryPolicy: { MaximumRetryAttempts: 2 } }),
      Permission: permission(),
      Policy: queuePolicy,
    });
    world.cloud.throttle.limit('lambda:Invoke', { burst: 0, perSecond: 0 });
    publish(world);
    await world.simulation.run(startMs + 60 * minute);
    const [message] = [...world.queues.queues().values()].flat();
    expect(message?.attributes).toMatchObject({
      ERROR_CODE: 'THROTTLING',
      RETRY_ATTEMPTS: '2',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
    });
  });

  it.each([
    ['a bad pattern', rule({}, { source: 'demo' }), 'source'],
    ['an unknown target', rule({ Arn: 'arn:aws:kinesis:eu-west-1:1:stream/x' }), 'does not know how to deliver'],
    ['an unknown property of a target', rule({ EcsParameters: {} }), 'EcsParameters'],
    ['an unknown JSON path', rule({ InputPath: '$..id' }), 'JSON path'],
  ])('refuses %s when it is deployed', (_title, Rule, message) => {
    expect(() => booted({ Rule })).toThrow(message);
  });
});

const schedule = (expression: string, target: object = {}, more: object = {}) => ({
  ScheduleRole: role('scheduler.amazonaws.com', allow(['lambda:InvokeFunction', 'sqs:SendMessage'])),
  Schedule: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: 'sweep',
      ScheduleExpression: expression,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: echoArn,
        RoleArn: { 'Fn::GetAtt': ['ScheduleRole', 'Arn'] },
        Input: '{"slot":"<aws.scheduler.scheduled-time>","attempt":<aws.scheduler.attempt-number>}',
        ...target,
      },
      ...more,
    },
  },
});

describe('SchedulerService', () => {
  it('fires within the minute of each slot, from deployment on', async () => {
    const world = booted(schedule('rate(10 minutes)'));
    const payloads = seen(world);
    await world.simulation.run(startMs + 21 * minute);
    expect(payloads.map((payload) => JSON.parse(payload) as object)).toEqual([
      { slot: '2026-11-21T00:00:00Z', attempt: 1 },
      { slot: '2026-11-21T00:10:00Z', attempt: 1 },
      { slot: '2026-11-21T00:20:00Z', attempt: 1 },
    ]);
  });

  it('needs its role to invoke the target', async () => {
    const resources = schedule('rate(10 minutes)');
    const world = booted({ ...resources, ScheduleRole: role('scheduler.amazonaws.com', allow('sns:Publish')) });
    await world.simulation.run(startMs + minute);
    expect(world.scheduler.deliverer.counts).toEqual({ delivered: 0, deadLettered: 0, dropped: 1 });
  });

  it.each([
    [
      'a role that the scheduler may not assume',
      { ...schedule('rate(1 hour)'), ScheduleRole: role('lambda.amazonaws.com') },
      'scheduler',
    ],
    ['a flexible window', schedule('rate(1 hour)', {}, { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }), 'Mode OFF'],
    ['an unknown expression', schedule('at(2026-11-22T00:00:00)'), 'one-time schedules are not simulated'],
  ])('refuses %s when it is deployed', (_title, more, message) => {
    expect(() => booted(more)).toThrow(message);
  });
});

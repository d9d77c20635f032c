import { describe, expect, it } from '@jest/globals';
import { operator } from '../../../simulator/cloud/cloud.ts';
import { allow, booted, resources, role, startMs } from './fixtures/template.ts';

const minute = 60_000;
const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:echo';

const call = ({ cloud }: ReturnType<typeof booted>, input: object, principal = operator) =>
  cloud.call({
    service: 'lambda',
    operation: 'Invoke',
    input: { FunctionName: arn, ...input },
    principal,
    atMs: cloud.clock.nowMs(),
  });
const send = (world: ReturnType<typeof booted>, input: object) => world.cloud.clock.spawn(() => call(world, input));
const event = (payload: object) => ({ InvocationType: 'Event', Payload: JSON.stringify(payload) });

describe('LambdaService', () => {
  it('runs the handler with the environment of the template', async () => {
    const { simulation } = booted();
    expect(await simulation.invoke('echo', { hello: 1 })).toMatchObject({ event: { hello: 1 }, table: 'ledger' });
    expect(simulation.counters().handlerInvocations).toEqual({ echo: 1 });
  });

  it('mounts layers at /opt', async () => {
    expect(await booted().simulation.invoke('echo', { fleet: true })).toEqual({ fleet: '{ "version": 1 }\n' });
  });

  it('calls AWS as the role of the function', async () => {
    const { simulation, ec2 } = booted();
    await simulation.invoke('echo', { describe: true });
    expect(ec2.calls[0]?.principal).toEqual({ roleArn: 'arn:aws:iam::111122223333:role/demo-EchoRole', name: 'echo' });
  });

  it('denies what the role does not allow, in the words of EC2', async () => {
    const { simulation } = booted({ EchoRole: role('lambda.amazonaws.com', allow('sqs:SendMessage')) });
    await expect(simulation.invoke('echo', { describe: true })).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: expect.stringContaining('not authorized to perform: ec2:DescribeVolumes'),
    });
  });

  it('fails under the name of the error', async () => {
    await expect(booted().simulation.invoke('echo', { fail: 'NotToday' })).rejects.toMatchObject({
      name: 'NotToday',
      message: 'asked to fail with NotToday',
    });
  });

  it('is stopped at its time-out, and what it still does reaches nobody', async () => {
    const world = booted({}, { latencyMs: 20_000 });
    const { simulation, ec2 } = world;
    await expect(simulation.invoke('echo', { calls: 3 })).rejects.toMatchObject({ name: 'Sandbox.Timedout' });
    await simulation.run(startMs + 10 * minute);
    expect(ec2.calls.length).toBeLessThan(3);
  });

  it.each([
    ['Function not found', { FunctionName: `${arn}-other` }, 'ResourceNotFoundException'],
    ['an unknown version', { Qualifier: '2' }, 'ResourceNotFoundException'],
    ['a payload over 6 MB', { Payload: JSON.stringify('x'.repeat(6 * 1024 * 1024)) }, 'RequestTooLargeException'],
    ['a payload that is no JSON', { Payload: '{' }, 'InvalidRequestContentException'],
  ])('refuses %s', async (_title, input, name) => {
    const world = booted();
    await expect(world.simulation.within(() => call(world, input))).rejects.toMatchObject({ name });
  });

  it('refuses a role without lambda:InvokeFunction', async () => {
    const world = booted();
    const roleArn = 'arn:aws:iam::111122223333:role/demo-EchoRole';
    await expect(world.simulation.within(() => call(world, {}, { roleArn, name: 'x' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('retries an asynchronous event after one and two minutes, then gives it to the dead-letter queue', async () => {
    const world = booted();
    const { simulation, lambda, queues } = world;
    await Promise.all([send(world, event({ fail: 'NotToday' })), simulation.run(startMs + minute - 1_000)]);
    expect(lambda.handlerInvocations.get('echo')).toBe(1);
    await simulation.run(startMs + minute + 1_000);
    expect(lambda.handlerInvocations.get('echo')).toBe(2);
    await simulation.run(startMs + 3 * minute - 1_000);
    expect(lambda.handlerInvocations.get('echo')).toBe(2);
    await simulation.run(startMs + 60 * minute);
    expect(lambda.handlerInvocations.get('echo')).toBe(3);
    const [message] = [...queues.queues().values()].flat();
    expect(message).toMatchObject({
      body: '{"fail":"NotToday"}',
      attributes: { ErrorMessage: 'asked to fail with NotToday' },
    });
  });

  it('keeps to the retries that the template asks for', async () => {
    const world = booted({
      Config: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: 'echo', Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
      },
    });
    await Promise.all([send(world, event({ fail: 'NotToday' })), world.simulation.run(startMs + 60 * minute)]);
    expect(world.lambda.handlerInvocations.get('echo')).toBe(1);
  });

  it.each([
    ['a role that lambda may not assume', { EchoRole: role('states.amazonaws.com') }, 'cannot be assumed by lambda'],
    [
      'a role that may not write to the dead-letter queue',
      { EchoRole: role('lambda.amazonaws.com', allow('ec2:*')) },
      'not authorized to perform: sqs:SendMessage',
    ],
    [
      'a function without a module',
      { Echo: { ...resources['Echo'], Metadata: {} } },
      'does not say which module it is',
    ],
  ])('refuses %s when it is deployed', (_title, more, message) => {
    expect(() => booted(more)).toThrow(message);
  });

  it('gives the same run for the same seed', async () => {
    expect(await answersOfOneRun()).toBe(await answersOfOneRun());
  });
});

async function answersOfOneRun(): Promise<string> {
  const world = booted({}, { latencyMs: 5, seed: 3 });
  const answers = [];
  for (let index = 0; index < 5; index += 1) answers.push(await world.simulation.invoke('echo', { calls: 2 }));
  return JSON.stringify(answers);
}

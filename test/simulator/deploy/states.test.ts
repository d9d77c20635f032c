import { describe, expect, it } from '@jest/globals';
import { operator } from '../../../simulator/cloud/cloud.ts';
import type { BusEvent, Principal } from '../../../simulator/cloud/service.ts';
import { allow, booted, echoMachine, machine, resources, role, startMs } from './fixtures/template.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const stateMachineArn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:echo';
const executionArn = (name: string) => `arn:aws:states:eu-west-1:111122223333:execution:echo:${name}`;

type World = ReturnType<typeof booted>;
const call = (
  { cloud }: World,
  operation: string,
  input: Record<string, unknown>,
  principal: Principal = operator,
): Record<string, unknown> =>
  cloud.answer({ service: 'states', operation, input, principal, atMs: cloud.clock.nowMs() }) as Record<
    string,
    unknown
  >;
const start = (world: World, name: string, input: object = {}, arn = stateMachineArn) =>
  call(world, 'StartExecution', { stateMachineArn: arn, name, input: JSON.stringify(input) });
const describeExecution = (world: World, name: string) =>
  call(world, 'DescribeExecution', { executionArn: executionArn(name) });
const run = (world: World, ms = 10 * minute) => world.simulation.run(world.cloud.clock.nowMs() + ms);

const task = (resource: string, args: object, more: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Task',
  States: { Task: { Type: 'Task', Resource: resource, Arguments: args, End: true, ...more } },
});
const machineRole = (...actions: string[]) => role('states.amazonaws.com', allow(actions));
/** A machine without functions. */
const other = (definition: object, ...actions: string[]) => ({
  Machine: machine(definition, { DefinitionSubstitutions: {} }),
  MachineRole: machineRole(...actions),
});

describe('StatesService', () => {
  it('runs an execution and describes it', async () => {
    const world = booted();
    start(world, 'one', { hello: 1 });
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'RUNNING', input: '{"hello":1}' });
    await run(world);
    const described = describeExecution(world, 'one');
    expect(described).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(described['output'] as string)).toMatchObject({ event: { hello: 1 } });
    expect(world.states.workflows.get('echo')).toMatchObject({
      started: 1,
      running: 0,
      succeeded: 1,
      statesEntered: 1,
    });
  });

  it('tells the bus when an execution starts and ends', async () => {
    const world = booted();
    const events: BusEvent[] = [];
    world.cloud.onEvent((event) => events.push(event));
    start(world, 'one');
    await run(world);
    expect(events.map(({ source, detail }) => [source, detail['name'], detail['status']])).toEqual([
      ['aws.states', 'one', 'RUNNING'],
      ['aws.states', 'one', 'SUCCEEDED'],
    ]);
  });

  it('takes the same name with the same input while it runs, and no other', async () => {
    const world = booted();
    const { executionArn: first } = start(world, 'one', { a: 1 });
    expect(start(world, 'one', { a: 1 })['executionArn']).toBe(first);
    expect(() => start(world, 'one', { a: 2 })).toThrow('Execution Already Exists');
    await run(world);
    expect(() => start(world, 'one', { a: 1 })).toThrow('Execution Already Exists');
    expect(world.states.workflows.get('echo')?.started).toBe(1);
  });

  it('forgets an execution and frees its name 90 days after it closed', async () => {
    const world = booted();
    start(world, 'one');
    await run(world);
    const { stopDate } = describeExecution(world, 'one') as { stopDate: Date };
    await world.simulation.run(stopDate.getTime() + 90 * day);
    expect(() => start(world, 'one')).toThrow('Execution Already Exists');
    await run(world, 1);
    expect(() => describeExecution(world, 'one')).toThrow('Execution Does Not Exist');
    expect(start(world, 'one')['executionArn']).toBe(executionArn('one'));
  });

  it('starts by version and by alias, and only those that exist', () => {
    const world = booted();
    start(world, 'by-alias', {}, `${stateMachineArn}:live`);
    expect(describeExecution(world, 'by-alias')).toMatchObject({
      stateMachineVersionArn: `${stateMachineArn}:1`,
      stateMachineAliasArn: `${stateMachineArn}:live`,
    });
    start(world, 'by-version', {}, `${stateMachineArn}:1`);
    expect(describeExecution(world, 'by-version')).not.toHaveProperty('stateMachineAliasArn');
    expect(() => start(world, 'x', {}, `${stateMachineArn}:dead`)).toThrow('State Machine Does Not Exist');
    expect(() => start(world, 'x', {}, `${stateMachineArn}-2`)).toThrow('State Machine Does Not Exist');
  });

  it('authorizes an alias on the state machine’s own ARN', () => {
    const caller = (resource: string) => {
      const world = booted({ Caller: role('lambda.amazonaws.com', allow('states:StartExecution', resource)) });
      const principal = { roleArn: 'arn:aws:iam::111122223333:role/demo-Caller', name: 'caller' };
      const input = { stateMachineArn: `${stateMachineArn}:live`, name: 'one' };
      return () => call(world, 'StartExecution', input, principal);
    };
    expect(caller(stateMachineArn)).not.toThrow();
    expect(caller(`${stateMachineArn}:live`)).toThrow('not authorized to perform: states:StartExecution');
  });

  it('stops an execution', async () => {
    const world = booted(
      other({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 600, End: true } }, QueryLanguage: 'JSONata' }),
    );
    start(world, 'one');
    await run(world, minute);
    call(world, 'StopExecution', { executionArn: executionArn('one'), error: 'Enough' });
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'ABORTED', error: 'Enough' });
    await run(world, 30 * minute);
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'ABORTED' });
  });

  it('ends at the time-out of the machine at that very time', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      TimeoutSeconds: 60,
      StartAt: 'W',
      States: { W: { Type: 'Wait', Seconds: 600, End: true } },
    };
    const world = booted(other(definition));
    start(world, 'one');
    await run(world);
    expect(describeExecution(world, 'one')).toMatchObject({
      status: 'TIMED_OUT',
      stopDate: new Date(startMs + minute),
    });
  });

  it('fails a task under the error name of its function', async () => {
    const world = booted();
    start(world, 'one', { fail: 'NotToday' });
    await run(world);
    const described = describeExecution(world, 'one');
    expect(described).toMatchObject({ status: 'FAILED', error: 'NotToday' });
    expect(JSON.parse(described['cause'] as string)).toMatchObject({
      errorType: 'NotToday',
      errorMessage: 'asked to fail with NotToday',
    });
  });

  it('fails a task whose role may not invoke the function', async () => {
    const world = booted({ MachineRole: machineRole('sns:Publish') });
    start(world, 'one');
    await run(world);
    expect(describeExecution(world, 'one')).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringContaining(
        'lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:echo:1',
      ),
    });
  });

  it('passes a task token on and takes its answer, once', async () => {
    const definition = structuredClone(echoMachine) as { States: { Echo: Record<string, unknown> } };
    Object.assign(definition.States.Echo, {
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: '${Echo}', Payload: { token: '{% $states.context.Task.Token %}' } },
      Output: '{% $states.result %}',
      TimeoutSeconds: 300,
    });
    const world = booted({ Machine: machine(definition) });
    start(world, 'one');
    await run(world, minute);
    const history = world.states.records.history(executionArn('one')) ?? [];
    const submitted = history.find(({ type }) => type === 'TaskSubmitted')?.details['output'] as {
      Payload: { event: { token: string } };
    };
    const taskToken = submitted.Payload.event.token;
    const answer = () => call(world, 'SendTaskSuccess', { taskToken, output: '{"done":true}' });
    answer();
    await run(world, minute);
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'SUCCEEDED', output: '{"done":true}' });
    expect(answer).toThrow('Task Timed Out');
    expect(() => call(world, 'SendTaskSuccess', { taskToken: 'x', output: '1' })).toThrow('Task does not exist');
  });

  it('puts events with the ARNs of execution and machine', async () => {
    const entry = { Source: 'demo', DetailType: 'Told', Detail: { a: 1 } };
    const world = booted(other(task('arn:aws:states:::events:putEvents', { Entries: [entry] }), 'events:PutEvents'));
    const events: BusEvent[] = [];
    world.cloud.onEvent((event) => events.push(event));
    start(world, 'one');
    await run(world);
    expect(events.find(({ source }) => source === 'demo')).toMatchObject({
      'detail-type': 'Told',
      detail: { a: 1 },
      resources: [executionArn('one'), stateMachineArn],
    });
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('fails a task whose event was refused', async () => {
    const entry = { Source: 'aws.ec2', DetailType: 'Told', Detail: {} };
    const world = booted(other(task('arn:aws:states:::events:putEvents', { Entries: [entry] }), 'events:PutEvents'));
    start(world, 'one');
    await run(world);
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'FAILED', error: 'EventBridge.FailedEntry' });
  });

  it('calls SDK integrations as the role of the machine', async () => {
    const definition = task('arn:aws:states:::aws-sdk:ec2:describeVolumes', { VolumeIds: ['vol-1'] });
    const world = booted(other(definition, 'ec2:DescribeVolumes'));
    start(world, 'one');
    await run(world);
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'SUCCEEDED', output: '{"Volumes":[]}' });
    const refused = booted(other(definition, 'ec2:DescribeInstances'));
    start(refused, 'one');
    await run(refused);
    expect(describeExecution(refused, 'one')).toMatchObject({ status: 'FAILED', error: 'Ec2.Ec2Exception' });
  });

  it('waits for a child execution and gives its output', async () => {
    const child = {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'child',
        RoleArn: { 'Fn::GetAtt': ['MachineRole', 'Arn'] },
        Definition: {
          QueryLanguage: 'JSONata',
          StartAt: 'Wait',
          States: { Wait: { Type: 'Wait', Seconds: 60, Output: { seen: '{% $states.input.a %}' }, End: true } },
        },
      },
    };
    const definition = task(
      'arn:aws:states:::states:startExecution.sync:2',
      { StateMachineArn: '${Child}', Input: { a: 5 } },
      { Output: '{% $states.result.Output.seen %}' },
    );
    const world = booted({
      Child: child,
      Machine: machine(definition, { DefinitionSubstitutions: { Child: { Ref: 'Child' } } }),
      MachineRole: machineRole('states:StartExecution', 'states:DescribeExecution'),
    });
    start(world, 'one');
    await run(world);
    expect(describeExecution(world, 'one')).toMatchObject({ status: 'SUCCEEDED', output: '5' });
  });

  it.each([
    [
      'a substitution without a value',
      { Machine: machine(echoMachine, { DefinitionSubstitutions: {} }) },
      'nothing for ${Echo}',
    ],
    [
      'a substitution that nobody uses',
      { Machine: machine(echoMachine, { DefinitionSubstitutions: { Echo: { Ref: 'EchoVersion' }, More: 'x' } }) },
      'does not use it',
    ],
    [
      'a function that is not there',
      { Machine: machine(echoMachine, { DefinitionSubstitutions: { Echo: { 'Fn::Sub': '${Echo.Arn}:7' } } }) },
      'function:echo:7 is not in the template',
    ],
    ['an unknown task', other(task('arn:aws:states:::glue:startJobRun', {})), 'does not know the task'],
    ['a role that states may not assume', { MachineRole: resources['EchoRole'] }, 'cannot be assumed by states'],
  ])('refuses %s when it is deployed', (_title, more, message) => {
    expect(() => booted(more)).toThrow(message);
  });
});

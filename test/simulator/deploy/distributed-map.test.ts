/** Distributed Map in the simulated Step Functions: records, permissions and S3 as the template has them. */
import { describe, expect, it } from '@jest/globals';
import { operator } from '../../../simulator/cloud/cloud.ts';
import type { BusEvent } from '../../../simulator/cloud/service.ts';
import { allow, booted, machine, role, startMs } from './fixtures/template.ts';

const arn = 'arn:aws:states:eu-west-1:111122223333';
const stateMachineArn = `${arn}:stateMachine:echo`;
const executionArn = `${arn}:execution:echo:one`;
const minute = 60_000;

const onItself = allow('states:StartExecution', stateMachineArn);
const onChildren = allow(['states:DescribeExecution', 'states:StopExecution'], `${arn}:execution:echo:*`);
const onPages = allow('s3:GetObject', 'arn:aws:s3:::pages/sweeps/*');
const onList = allow('s3:ListBucket', 'arn:aws:s3:::pages');

const sweep = (more: object = {}, processor: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Pages',
  States: {
    Pages: {
      Type: 'Map',
      Label: 'pages',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSON' },
        Arguments: { Bucket: 'pages', Key: '{% $states.input.key %}' },
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Wait',
        States: {
          Wait: { Type: 'Wait', Seconds: 60, Next: 'Done' },
          Done: { Type: 'Pass', Output: '{% $states.input.page %}', End: true },
        },
        ...processor,
      },
      End: true,
      ...more,
    },
  },
});

function deployed(definition: object, ...statements: object[]) {
  const world = booted({
    Machine: machine(definition, { DefinitionSubstitutions: {} }),
    MachineRole: role('states.amazonaws.com', ...statements),
    Pages: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'pages' } },
  });
  const call = (service: string, operation: string, input: Record<string, unknown>): Record<string, unknown> =>
    world.cloud.answer({ service, operation, input, principal: operator, atMs: world.cloud.clock.nowMs() }) as Record<
      string,
      unknown
    >;
  const put = (key: string, items: unknown) =>
    call('s3', 'PutObject', { Bucket: 'pages', Key: key, Body: JSON.stringify(items) });
  const start = (input: object) =>
    call('states', 'StartExecution', { stateMachineArn, name: 'one', input: JSON.stringify(input) });
  const ended = () => call('states', 'DescribeExecution', { executionArn });
  const run = (ms = 10 * minute) => world.simulation.run(world.cloud.clock.nowMs() + ms);
  const children = () => [...world.states.records.all()].filter(({ parentArn }) => parentArn === executionArn);
  const historyOf = (ofArn: string) => (world.states.records.history(ofArn) ?? []).map(({ type }) => type);
  return { ...world, call, put, start, ended, run, children, historyOf };
}

const pages = [{ page: 1 }, { page: 2 }];
const all = [onItself, onChildren, onPages];

const announced = async (executionType: string) => {
  const world = deployed(sweep({}, { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: executionType } }), ...all);
  const events: BusEvent[] = [];
  world.cloud.onEvent((event) => events.push(event));
  world.put('sweeps/1', pages);
  world.start({ key: 'sweeps/1' });
  await world.run();
  expect(world.ended()['status']).toBe('SUCCEEDED');
  return events.map(({ detail }) => detail['stateMachineArn']);
};

const childArns = async () => {
  const world = deployed(sweep(), ...all);
  world.put('sweeps/1', pages);
  world.start({ key: 'sweeps/1' });
  await world.run();
  return world.children().map((child) => child.executionArn);
};

describe('a sweep over pages in S3', () => {
  it('reads the pages, runs a child for each, and returns what they put out', async () => {
    const world = deployed(sweep(), ...all);
    world.put('sweeps/1', pages);
    world.start({ key: 'sweeps/1' });
    await world.run();
    expect(world.ended()).toMatchObject({ status: 'SUCCEEDED', output: '[1,2]', stopDate: new Date(startMs + minute) });
    expect(world.cloud.apiCalls.get('s3:GetObject')).toBe(1);
    expect(world.historyOf(executionArn)).toHaveLength(8);
  });

  it('keeps the children as executions of their own, with numbers of their own', async () => {
    const world = deployed(sweep(), ...all);
    world.put('sweeps/1', pages);
    world.start({ key: 'sweeps/1' });
    await world.run();
    const [child] = world.children();
    expect(world.children()).toHaveLength(2);
    expect(child).toMatchObject({
      workflow: 'echo/Pages',
      stateMachineArn: `${stateMachineArn}/pages`,
      executionType: 'STANDARD',
      status: 'SUCCEEDED',
      input: '{"page":1}',
      output: '1',
      statesEntered: 2,
    });
    expect(child?.executionArn).toMatch(/:execution:echo\/pages:[-0-9a-f]{36}$/);
    expect(world.call('states', 'DescribeExecution', { executionArn: child?.executionArn })).toMatchObject({
      status: 'SUCCEEDED',
      mapRunArn: expect.stringMatching(/:mapRun:echo\/pages:/),
    });
    expect(world.historyOf(child?.executionArn ?? '')).toHaveLength(6);
    expect(world.states.workflows.get('echo')).toMatchObject({ started: 1, statesEntered: 1 });
    expect(world.states.workflows.get('echo/Pages')).toMatchObject({ started: 2, succeeded: 2, statesEntered: 4 });
    const { executions } = world.call('states', 'ListExecutions', { stateMachineArn });
    expect(executions).toHaveLength(1);
  });

  it('announces standard children on the bus, Express ones not', async () => {
    expect(await announced('EXPRESS')).toEqual([stateMachineArn, stateMachineArn]);
    const labelled = `${stateMachineArn}/pages`;
    expect((await announced('STANDARD')).filter((of) => of === labelled)).toHaveLength(4);
  });

  it('lists objects, page after page', async () => {
    const reader = {
      Resource: 'arn:aws:states:::s3:listObjectsV2',
      Arguments: { Bucket: 'pages', Prefix: '{% $states.input.prefix %}' },
    };
    const processor = {
      StartAt: 'Done',
      States: { Done: { Type: 'Pass', Output: '{% $states.input.Key %}', End: true } },
    };
    const definition = sweep({ ItemReader: { ...reader, ReaderConfig: { MaxItems: 1001 } } }, processor);
    const world = deployed(definition, onItself, onChildren, onList);
    for (let page = 0; page < 1002; page += 1) world.put(`sweeps/${String(page).padStart(4, '0')}`, []);
    world.start({ prefix: 'sweeps/' });
    await world.run();
    const output = JSON.parse(String(world.ended()['output'])) as string[];
    expect(output).toHaveLength(1001);
    expect(output.at(-1)).toBe('sweeps/1000');
    expect(world.cloud.apiCalls.get('s3:ListObjectsV2')).toBe(2);
  });

  it('passes a listed object on as AWS does', async () => {
    const reader = { Resource: 'arn:aws:states:::s3:listObjectsV2', Arguments: { Bucket: 'pages', Prefix: 'sweeps/' } };
    const processor = { StartAt: 'Done', States: { Done: { Type: 'Pass', End: true } } };
    const world = deployed(sweep({ ItemReader: reader }, processor), onItself, onChildren, onList);
    const { ETag } = world.put('sweeps/1', []);
    world.start({});
    await world.run();
    const item = { Etag: ETag, Key: 'sweeps/1', LastModified: startMs / 1000, Size: 2, StorageClass: 'STANDARD' };
    expect(JSON.parse(String(world.ended()['output']))).toEqual([item]);
  });

  it('stops its children when it is stopped', async () => {
    const world = deployed(sweep(), ...all);
    world.put('sweeps/1', pages);
    world.start({ key: 'sweeps/1' });
    await world.run(30_000);
    expect(world.children().map(({ status }) => status)).toEqual(['RUNNING', 'RUNNING']);
    world.call('states', 'StopExecution', { executionArn });
    expect(world.children().map(({ status, stoppedMs }) => [status, stoppedMs])).toEqual(
      [1, 2].map(() => ['ABORTED', startMs + 30_000]),
    );
    expect(world.states.workflows.get('echo/Pages')).toMatchObject({ running: 0, aborted: 2 });
  });

  it('goes on when a child is stopped, within the tolerance', async () => {
    const world = deployed(sweep({ ToleratedFailureCount: 1 }), ...all);
    world.put('sweeps/1', pages);
    world.start({ key: 'sweeps/1' });
    await world.run(30_000);
    world.call('states', 'StopExecution', { executionArn: world.children()[0]?.executionArn, error: 'Enough' });
    await world.run();
    expect(JSON.parse(String(world.ended()['output']))).toEqual([{ Status: 'ABORTED', Error: 'Enough' }, 2]);
  });

  it('goes on at the instant that an Express child times out', async () => {
    const processor = {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
      States: { Wait: { Type: 'Wait', Seconds: 1000, End: true } },
    };
    const world = deployed(sweep({ ToleratedFailureCount: 2 }, processor), ...all);
    world.put('sweeps/1', pages);
    world.start({ key: 'sweeps/1' });
    await world.run(60 * minute);
    expect(world.ended()).toMatchObject({ status: 'SUCCEEDED', stopDate: new Date(startMs + 5 * minute) });
  });

  it('remembers only the last children that ended, and all parents', async () => {
    const processor = { StartAt: 'Done', States: { Done: { Type: 'Pass', End: true } } };
    const world = deployed(sweep({}, processor), ...all);
    world.put(
      'sweeps/1',
      Array.from({ length: 310 }, (_, index) => index),
    );
    world.start({ key: 'sweeps/1' });
    await world.run();
    expect(world.ended()['status']).toBe('SUCCEEDED');
    expect(world.children()).toHaveLength(300);
    expect(world.children()[0]?.input).toBe('10');
    expect(world.states.workflows.get('echo/Pages')).toMatchObject({ succeeded: 310, statesEntered: 310 });
  });

  it('gives the same ids for the same seed', async () => {
    expect(await childArns()).toEqual(await childArns());
  });
});

const failedSweep = async (statements: object[], key = 'sweeps/1') => {
  const world = deployed(sweep(), ...statements);
  world.put('sweeps/1', pages);
  world.start({ key });
  await world.run();
  return { ...world.ended(), history: world.historyOf(executionArn), children: world.children() };
};

describe('what the role needs', () => {
  it.each([
    ['states:StartExecution on itself', [onChildren, onPages]],
    ['states:DescribeExecution on its executions', [onItself, allow('states:StopExecution'), onPages]],
    ['states:StopExecution on its executions', [onItself, allow('states:DescribeExecution'), onPages]],
  ])('%s', async (action, statements) => {
    const { error, cause, children, history } = (await failedSweep(statements)) as Record<string, unknown>;
    expect(error).toBe('States.Permissions');
    expect(cause).toContain(action.split(' ')[0]);
    expect(children).toEqual([]);
    expect(history).toContain('MapRunFailed');
  });

  it('s3:GetObject on what it reads', async () => {
    expect(await failedSweep([onItself, onChildren])).toMatchObject({
      status: 'FAILED',
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining('s3:GetObject on resource: arn:aws:s3:::pages/sweeps/1'),
    });
  });

  it('s3:ListBucket, too, to be told that an object is missing', async () => {
    expect(await failedSweep(all, 'sweeps/2')).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining('s3:ListBucket'),
    });
    expect(await failedSweep([...all, onList], 'sweeps/2')).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: 'The specified key does not exist.',
    });
  });
});

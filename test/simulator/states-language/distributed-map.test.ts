/** Distributed Map in the interpreter alone: what the children get, what comes back, and what fails the run. */
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import {
  type ChildStart,
  executeStateMachine,
  type Execution,
  type ItemReadRequest,
  skippingScheduler,
  startExecution,
  testState,
  validateDefinition,
} from '../../../simulator/states-language/index.ts';
import { type Json, lambda, machine, start, startMs, typesOf } from './harness.ts';

const require = createRequire(import.meta.url);
const validate = require('asl-validator') as (definition: unknown) => { isValid: boolean; errors: unknown[] };

const child = (states: Record<string, Json>, executionType = 'STANDARD') => ({
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: executionType },
  StartAt: Object.keys(states)[0],
  States: states,
});
const passing = child({ Pass: { Type: 'Pass', End: true } });
const map = (more: Json = {}): Json => ({ Type: 'Map', ItemProcessor: passing, End: true, ...more });
const fromS3 = (config: Json = {}, more: Json = {}) =>
  map({
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON', ...config },
      Arguments: { Bucket: 'pages', Key: '{% $states.input.key %}' },
    },
    ...more,
  });
const mapOnly = (more: Json = {}) => machine({ Each: map(more) });
const problemsOf = (definition: unknown) =>
  validateDefinition(definition).map(({ code, message, location }) => `${code}: ${message} at ${location}`);

/** Fails for the items whose number is in the input's list. */
const picky = child({
  Look: {
    Type: 'Choice',
    Choices: [{ Condition: '{% $states.input.bad %}', Next: 'Boom' }],
    Default: 'Fine',
  },
  Boom: { Type: 'Fail', Error: 'Bad', Cause: 'item {}' },
  Fine: { Type: 'Pass', Output: '{% $states.input.n %}', End: true },
});
const pickyItems = (...bad: number[]) =>
  Array.from({ length: 4 }, (_, index) => ({ n: index, bad: bad.includes(index) }));

const halfOf = (bytes: number) => 'x'.repeat(bytes / 2);

const childArns = async (seed: number) =>
  (await executeStateMachine(mapOnly({ Items: [1, 2] }), {}, { seed })).children.map((run) => run.executionArn);

describe('a Distributed Map', () => {
  it('is what asl-validator takes for a state machine', () => {
    const { isValid, errors } = validate(
      machine({
        Each: fromS3(
          { MaxItems: '{% 5 %}' },
          {
            Label: 'pages',
            MaxConcurrency: 10,
            ToleratedFailurePercentage: 5,
            ItemSelector: { page: '{% $states.context.Map.Item.Value %}' },
            ItemBatcher: { MaxItemsPerBatch: 500, BatchInput: { at: '{% $states.context.State.EnteredTime %}' } },
          },
        ),
      }),
    );
    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
  });

  it('runs an execution of its own for each item and keeps their events out of its history', async () => {
    const run = await executeStateMachine(mapOnly({ Items: ['a', 'b'], Label: 'letters' }), {});
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: ['a', 'b'] });
    expect(run.history.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
    expect(run.history[2]?.details).toEqual({ length: 2 });
    expect(run.history[3]?.details['mapRunArn']).toMatch(
      /^arn:aws:states:us-east-1:123456789012:mapRun:machine\/letters:[-0-9a-f]{36}$/,
    );
    expect(run.children.map(typesOf)).toEqual(
      [1, 2].map(() => ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded']),
    );
  });

  it('gives its outputs in the order of the items, whoever is done first', async () => {
    const waiting = child({
      Wait: { Type: 'Wait', Seconds: '{% $states.input %}', Output: '{% $states.input %}', End: true },
    });
    const run = start(mapOnly({ Items: [30, 10, 20], ItemProcessor: waiting }));
    expect(await run.execution.result).toMatchObject({ output: [30, 10, 20], stoppedMs: startMs + 30_000 });
  });

  it.each([
    [1, 70_000],
    [2, 40_000],
    [0, 30_000],
  ])('runs %i children at once (0: all)', async (limit, elapsedMs) => {
    const waiting = child({ Wait: { Type: 'Wait', Seconds: '{% $states.input %}', End: true } });
    const run = start(mapOnly({ Items: [30, 10, 30], MaxConcurrency: limit, ItemProcessor: waiting }));
    await run.execution.result;
    expect(run.elapsedMs()).toBe(elapsedMs);
  });

  it('shows a child its own execution, neither variables nor Map.Item of the parent', async () => {
    const looking = child({
      Look: {
        Type: 'Pass',
        Output: { context: '{% $states.context %}', known: '{% $exists($outside) %}' },
        End: true,
      },
    });
    const definition = machine({
      Set: { Type: 'Pass', Assign: { outside: 1 }, Next: 'Each' },
      Each: map({ Items: ['a'], Label: 'one', ItemProcessor: looking }),
    });
    const { output, children } = await executeStateMachine(definition, { whole: true });
    const [{ context, known }] = output as [{ context: Record<string, Json>; known: boolean }];
    expect(known).toBe(false);
    expect(context['Map']).toBeUndefined();
    expect(context['Execution']).toMatchObject({ Input: 'a', Id: children[0]?.executionArn });
    expect(context['Execution']?.['Id']).toMatch(/:execution:machine\/one:/);
    expect(context['StateMachine']?.['Id']).toMatch(/:stateMachine:machine\/one$/);
  });

  it('selects with Map.Item and the variables', async () => {
    const definition = machine({
      Set: { Type: 'Pass', Assign: { factor: 10 }, Next: 'Each' },
      Each: map({
        Items: [1, 2],
        ItemSelector: {
          index: '{% $states.context.Map.Item.Index %}',
          value: '{% $states.context.Map.Item.Value * $factor %}',
        },
      }),
    });
    expect((await executeStateMachine(definition, {})).output).toEqual([
      { index: 0, value: 10 },
      { index: 1, value: 20 },
    ]);
  });

  it('takes an object’s entries as items, with their keys', async () => {
    const plain = await executeStateMachine(mapOnly({ Items: { x: 1, y: 2 } }), {});
    expect(plain.output).toEqual([
      { Key: 'x', Value: 1 },
      { Key: 'y', Value: 2 },
    ]);
    const selecting = mapOnly({ Items: { x: 1 }, ItemSelector: '{% $states.context.Map.Item %}' });
    expect((await executeStateMachine(selecting, {})).output).toEqual([{ Index: 0, Key: 'x', Value: 1 }]);
  });

  it('takes its input where it has neither Items nor a reader, if that is an array', async () => {
    expect((await executeStateMachine(mapOnly(), [1])).output).toEqual([1]);
    expect(await executeStateMachine(mapOnly(), { not: 'one' })).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
    });
  });

  it('succeeds with nothing for no items', async () => {
    expect(await executeStateMachine(mapOnly({ Items: [] }), {})).toMatchObject({ output: [], children: [] });
  });

  it('gives each child the whole history of an execution, not a share of the parent’s', async () => {
    // 7,000 events each: inline they would be over 25,000 together.
    const counting = child({
      Count: { Type: 'Pass', Output: '{% $states.input + 1 %}', Next: 'More' },
      More: { Type: 'Choice', Choices: [{ Condition: '{% $states.input < 1750 %}', Next: 'Count' }], Default: 'Done' },
      Done: { Type: 'Succeed' },
    });
    const run = await executeStateMachine(mapOnly({ Items: [0, 0, 0, 0], ItemProcessor: counting }), {});
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: [1750, 1750, 1750, 1750] });
    expect(run.history).toHaveLength(8);
    expect(run.children.map(({ history }) => history.length)).toEqual([7004, 7004, 7004, 7004]);
  });

  it('fails with States.DataLimitExceeded when the outputs together exceed 256 KiB', async () => {
    // Two texts and the array around them: `["…","…"]`.
    const fits = await executeStateMachine(mapOnly({ Items: [halfOf(262_144 - 8), `${halfOf(262_144 - 8)}x`] }), {});
    expect(fits.status).toBe('SUCCEEDED');
    const over = await executeStateMachine(mapOnly({ Items: [halfOf(262_144 - 8), `${halfOf(262_144 - 8)}xx`] }), {});
    expect(over).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(over.history.map(({ type }) => type)).toContain('MapRunFailed');
  });

  it('uses the same ids for the same seed, and others for another', async () => {
    expect(await childArns(1)).toEqual(await childArns(1));
    expect(await childArns(1)).not.toEqual(await childArns(2));
    expect(new Set(await childArns(1)).size).toBe(2);
  });
});

const read = async (
  text: string,
  config: Json = {},
  more: Json = {},
  requests: ItemReadRequest[] = [],
): ReturnType<typeof executeStateMachine> =>
  executeStateMachine(
    machine({ Each: fromS3(config, more) }),
    { key: 'k.json' },
    {
      readItems: (request) => {
        requests.push(request);
        return text;
      },
    },
  );

const failingReads = (times: number) => ({
  readItems: () => {
    times -= 1;
    if (times >= 0) throw Object.assign(new Error(), { error: 'States.ItemReaderFailed', cause: 'gone' });
    return '[1]';
  },
});

describe('an ItemReader', () => {
  it('reads the object that its evaluated Arguments name', async () => {
    const requests: ItemReadRequest[] = [];
    const run = await read('[1,2]', {}, {}, requests);
    expect(run.output).toEqual([1, 2]);
    expect(requests).toEqual([
      { action: 'getObject', arguments: { Bucket: 'pages', Key: 'k.json' }, stateName: 'Each' },
    ]);
    expect(run.history[2]?.details).toEqual({ length: 0 });
  });

  it('reads JSON Lines', async () => {
    expect((await read('{"n":1}\n{"n":2}\n', { InputType: 'JSONL' })).output).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('takes the entries of a JSON object', async () => {
    expect((await read('{"a":{"x":1}}')).output).toEqual([{ Key: 'a', Value: { x: 1 } }]);
  });

  it.each<[unknown, number[]]>([
    [1, [1]],
    [3, [1, 2, 3]],
    [4, [1, 2, 3]],
    [0, [1, 2, 3]],
    ['{% $count([1, 1]) %}', [1, 2]],
  ])('takes at most MaxItems: %p', async (maxItems, output) => {
    expect((await read('[1,2,3]', { MaxItems: maxItems })).output).toEqual(output);
  });

  it('takes a listing', async () => {
    const definition = machine({
      Each: map({
        ItemReader: { Resource: 'arn:aws:states:::s3:listObjectsV2', Arguments: { Bucket: 'b', Prefix: 'p/' } },
      }),
    });
    const run = await executeStateMachine(definition, {}, { readItems: () => [{ Key: 'p/1' }] });
    expect(run.output).toEqual([{ Key: 'p/1' }]);
  });

  it.each([
    ['is no dataset', '7', 'Attempting to map over non-iterable node.'],
    ['is not JSON', '[1,', expect.stringContaining('not valid JSON')],
  ])('fails with States.ItemReaderFailed for an object that %s', async (_title, text, cause) => {
    const run = await read(text);
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed', cause });
    expect(run.history.map(({ type }) => type).slice(3)).toEqual([
      'MapRunStarted',
      'MapRunFailed',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
    expect(run.history[4]?.details).toMatchObject({ error: 'States.ItemReaderFailed' });
  });

  it('can be retried and caught', async () => {
    const definition = machine({
      Each: fromS3(
        {},
        {
          Retry: [{ ErrorEquals: ['States.ItemReaderFailed'], IntervalSeconds: 5, MaxAttempts: 1 }],
          Catch: [
            {
              ErrorEquals: ['States.ItemReaderFailed'],
              Output: '{% $states.errorOutput.Cause %}',
              Next: 'Caught',
            },
          ],
        },
      ),
      Caught: { Type: 'Succeed' },
    });
    const input = { key: 'k' };
    expect(await executeStateMachine(definition, input, failingReads(1))).toMatchObject({
      status: 'SUCCEEDED',
      output: [1],
    });
    const caught = await executeStateMachine(definition, input, failingReads(2));
    expect(caught).toMatchObject({ status: 'SUCCEEDED', output: 'gone' });
    expect(caught.history.filter(({ type }) => type === 'MapRunStarted')).toHaveLength(2);
  });

  it('without anyone to read for it is a defect, not a failure that a Catch takes', async () => {
    const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }] };
    const definition = machine({ Each: fromS3({}, caught), End: { Type: 'Succeed' } });
    await expect(executeStateMachine(definition, { key: 'k' })).rejects.toThrow('readItems');
  });
});

const batched = async (items: unknown[], batcher: Json) =>
  (await executeStateMachine(mapOnly({ Items: items, ItemBatcher: batcher }), { per: 2 })).output;

describe('an ItemBatcher', () => {
  it('groups items, with the same BatchInput for each group', async () => {
    expect(await batched([1, 2, 3], { MaxItemsPerBatch: '{% $states.input.per %}', BatchInput: { a: 1 } })).toEqual([
      { BatchInput: { a: 1 }, Items: [1, 2] },
      { BatchInput: { a: 1 }, Items: [3] },
    ]);
  });

  it('counts the bytes of the whole input', async () => {
    const bytes = JSON.stringify({ Items: ['ab', 'ab'] }).length;
    expect(await batched(['ab', 'ab'], { MaxInputBytesPerBatch: bytes })).toEqual([{ Items: ['ab', 'ab'] }]);
    expect(await batched(['ab', 'ab'], { MaxInputBytesPerBatch: bytes - 1 })).toEqual([
      { Items: ['ab'] },
      { Items: ['ab'] },
    ]);
  });

  it('groups what the ItemSelector gives', async () => {
    const definition = mapOnly({
      Items: [1, 2],
      ItemSelector: { v: '{% $states.context.Map.Item.Value %}' },
      ItemBatcher: { MaxItemsPerBatch: 2 },
    });
    expect((await executeStateMachine(definition, {})).output).toEqual([{ Items: [{ v: 1 }, { v: 2 }] }]);
  });

  it('counts each item of a failed batch', async () => {
    const boom = child({ Boom: { Type: 'Fail', Error: 'Bad' } });
    const definition = (tolerated: number) =>
      mapOnly({
        Items: [1, 2, 3],
        ItemBatcher: { MaxItemsPerBatch: 3 },
        ItemProcessor: boom,
        ToleratedFailureCount: tolerated,
      });
    expect(await executeStateMachine(definition(2), {})).toMatchObject({
      error: 'States.ExceedToleratedFailureThreshold',
    });
    expect((await executeStateMachine(definition(3), {})).output).toEqual([{ Status: 'FAILED', Error: 'Bad' }]);
  });

  it.each([0, 1.5, -1])('refuses a size of %p that an expression gives', async (size) => {
    const definition = mapOnly({ Items: [1], ItemBatcher: { MaxItemsPerBatch: `{% ${size} %}` } });
    expect(await executeStateMachine(definition, {})).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});

const pickyRun = (bad: number[], more: Json = {}) =>
  executeStateMachine(mapOnly({ Items: pickyItems(...bad), ItemProcessor: picky, ...more }), {});

const expressWait = (seconds: number) =>
  mapOnly({
    Items: [1],
    ToleratedFailureCount: 1,
    ItemProcessor: child({ Wait: { Type: 'Wait', Seconds: seconds, Output: 'done', End: true } }, 'EXPRESS'),
  });

const buggyTask = () => {
  throw new Error('a bug');
};

describe('a child that fails', () => {
  it('fails the run with States.ExceedToleratedFailureThreshold, not with its own error', async () => {
    const run = await pickyRun([1]);
    expect(run).toMatchObject({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
      cause: 'The specified tolerated failure threshold was exceeded',
    });
    expect(run.history.map(({ type }) => type).slice(-3)).toEqual([
      'MapRunFailed',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  it.each<[string, Json, number[], boolean]>([
    ['is tolerated at the count', { ToleratedFailureCount: 2 }, [0, 1], true],
    ['is too much over the count', { ToleratedFailureCount: 2 }, [0, 1, 2], false],
    ['is tolerated at the percentage', { ToleratedFailurePercentage: 50 }, [0, 1], true],
    ['is too much over the percentage', { ToleratedFailurePercentage: 49.9 }, [0, 1], false],
    [
      'is tolerated at the percentage beside a count of 0',
      { ToleratedFailureCount: 0, ToleratedFailurePercentage: 25 },
      [3],
      true,
    ],
    ['is too much over one of both', { ToleratedFailureCount: 3, ToleratedFailurePercentage: 25 }, [0, 1], false],
  ])('%s', async (_title, more, bad, isTolerated) => {
    expect((await pickyRun(bad, more)).status).toBe(isTolerated ? 'SUCCEEDED' : 'FAILED');
  });

  it('takes its place in the result when it is tolerated', async () => {
    const { output } = await pickyRun([1], { ToleratedFailureCount: 1 });
    expect(output).toEqual([0, { Status: 'FAILED', Error: 'Bad', Cause: 'item {}' }, 2, 3]);
  });

  it('stops the children that run and starts no more', async () => {
    const slow = child({
      Look: { Type: 'Choice', Choices: [{ Condition: '{% $states.input = 0 %}', Next: 'Boom' }], Default: 'Wait' },
      Boom: { Type: 'Fail', Error: 'Bad' },
      Wait: { Type: 'Wait', Seconds: 100, End: true },
    });
    const run = await executeStateMachine(mapOnly({ Items: [1, 0, 2], MaxConcurrency: 2, ItemProcessor: slow }), {});
    expect(run.children.map(({ status }) => status)).toEqual(['ABORTED', 'FAILED']);
  });

  it('times out as an Express child after five minutes, and counts as failed', async () => {
    expect((await executeStateMachine(expressWait(299), {})).output).toEqual(['done']);
    const over = await executeStateMachine(expressWait(301), {});
    expect(over.output).toEqual([{ Status: 'TIMED_OUT' }]);
    expect(over.children[0]?.executionArn).toMatch(/:express:machine\//);
  });

  it('for a defect of the task handler rejects the parent, too', async () => {
    const calling = child({ Call: { Type: 'Task', Resource: lambda, End: true } });
    await expect(
      executeStateMachine(
        mapOnly({ Items: [1], ItemProcessor: calling, ToleratedFailureCount: 1 }),
        {},
        { task: buggyTask },
      ),
    ).rejects.toThrow('a bug');
  });
});

describe('stopping', () => {
  const waiting = child({ Wait: { Type: 'Wait', Seconds: 100, End: true } });

  it('the parent stops its children at that instant', async () => {
    const scheduler = skippingScheduler(startMs);
    const children: Execution[] = [];
    const startChild = (of: ChildStart) => {
      const execution = startExecution(of.machine, { ...of, scheduler, random: () => 0.5, task: async () => ({}) });
      children.push(execution);
      return execution;
    };
    const run = start(mapOnly({ Items: [1, 2], ItemProcessor: waiting }), { scheduler, mapRuns: { startChild } });
    scheduler.after(50_000, () => run.execution.stop('Enough'));
    expect(await run.execution.result).toMatchObject({ status: 'ABORTED', stoppedMs: startMs + 50_000 });
    expect(typesOf(run.execution).at(-1)).toBe('ExecutionAborted');
    const ends = await Promise.all(children.map(({ result }) => result));
    expect(ends).toMatchObject([1, 2].map(() => ({ status: 'ABORTED', stoppedMs: startMs + 50_000 })));
  });

  it('a branch beside a failing one aborts its Map Run', async () => {
    const definition = machine({
      Both: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'Each', States: { Each: map({ Items: [1], ItemProcessor: waiting }) } },
          {
            StartAt: 'Soon',
            States: { Soon: { Type: 'Wait', Seconds: 10, Next: 'Boom' }, Boom: { Type: 'Fail', Error: 'E' } },
          },
        ],
        End: true,
      },
    });
    const run = await executeStateMachine(definition, {});
    expect(run.children.map(({ status }) => status)).toEqual(['ABORTED']);
    expect(run.history.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['MapRunAborted', 'MapStateAborted', 'ExecutionFailed']),
    );
  });
});

describe('loading', () => {
  it.each<[string, Json, string]>([
    [
      'a ResultWriter',
      map({ ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'b', Prefix: 'p' } } }),
      'NOT_IMPLEMENTED: ResultWriter is not implemented',
    ],
    [
      'CSV',
      fromS3({ InputType: 'CSV' }),
      'NOT_IMPLEMENTED: InputType CSV is not implemented at /States/Each/ItemReader/ReaderConfig/InputType',
    ],
    [
      'a pointer into the object',
      fromS3({ ItemsPointer: '/a' }),
      'NOT_IMPLEMENTED: ReaderConfig.ItemsPointer is not implemented',
    ],
    [
      'another source',
      map({ ItemReader: { Resource: 'arn:aws:states:::sqs:receiveMessage' } }),
      `The ItemReader's Resource 'arn:aws:states:::sqs:receiveMessage' is not supported`,
    ],
    [
      'a reader without InputType',
      map({ ItemReader: { Resource: 'arn:aws:states:::s3:getObject', Arguments: {} } }),
      `The field 'InputType' is required but was missing`,
    ],
    ['too many MaxItems', fromS3({ MaxItems: 100_000_001 }), 'Expected an integer from 0 to 100000000'],
    ['both sources', fromS3({}, { Items: [] }), `Only one of 'Items' and 'ItemReader' is allowed at /States/Each`],
    [
      'an unbounded batcher',
      map({ ItemBatcher: { BatchInput: {} } }),
      `One of 'MaxItemsPerBatch' and 'MaxInputBytesPerBatch' is required`,
    ],
    [
      'too large a batch',
      map({ ItemBatcher: { MaxInputBytesPerBatch: 262_145 } }),
      'Expected an integer from 1 to 262144',
    ],
    [
      'a distributed field of an inline Map',
      { ...fromS3(), ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } } },
      `Field 'ItemReader' is only supported for a Map in DISTRIBUTED mode at /States/Each/ItemReader`,
    ],
    [
      'no ExecutionType',
      map({ ItemProcessor: { ...passing, ProcessorConfig: { Mode: 'DISTRIBUTED' } } }),
      `The field 'ExecutionType' is required but was missing at /States/Each/ItemProcessor/ProcessorConfig`,
    ],
    ['a long label', map({ Label: 'x'.repeat(41) }), 'A Label has 1 to 40 characters'],
    ['a label with a space', map({ Label: 'a b' }), 'A Label has 1 to 40 characters'],
    ['too high a percentage', map({ ToleratedFailurePercentage: 101 }), 'Expected a number from 0 to 100'],
    [
      'a token in an Express child',
      map({
        ItemProcessor: child(
          { Call: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', End: true } },
          'EXPRESS',
        ),
      }),
      `Express workflows do not support 'arn:aws:states:::lambda:invoke.waitForTaskToken'`,
    ],
    [
      'a Map Run in an Express child',
      map({ ItemProcessor: child({ Inner: map() }, 'EXPRESS') }),
      'Express workflows do not support Maps in distributed mode',
    ],
  ])('refuses %s', (_title, state, message) => {
    expect(problemsOf(machine({ Each: state })).join('\n')).toContain(message);
  });

  it('refuses the same label twice', () => {
    const second = { ...map({ Label: 'a', ItemProcessor: child({ Other: { Type: 'Pass', End: true } }) }) };
    const { End: _end, ...first } = map({ Label: 'a' });
    expect(problemsOf(machine({ One: { ...first, Next: 'Two' }, Two: second }))).toEqual([
      `DUPLICATE_LABEL_NAME: Label 'a' is not unique at /States/Two/Label`,
    ]);
  });

  it('takes 40 characters, 262,144 bytes and 100 percent', () => {
    const most = map({
      Label: 'x'.repeat(40),
      ItemBatcher: { MaxInputBytesPerBatch: 262_144 },
      ToleratedFailurePercentage: 100,
    });
    expect(problemsOf(machine({ Each: most }))).toEqual([]);
  });
});

describe('testState', () => {
  it('takes the dataset as it would be found in S3, and shows selection and batches', async () => {
    const state = fromS3(
      { InputType: 'JSONL', MaxItems: 3 },
      {
        ItemSelector: '{% $states.context.Map.Item.Value.n %}',
        ItemBatcher: { MaxItemsPerBatch: 2 },
        QueryLanguage: 'JSONata',
      },
    );
    const answer = await testState({
      definition: state,
      input: { key: 'k' },
      inspectionLevel: 'TRACE',
      stateConfiguration: { mapItemReaderData: '{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}' },
      mock: { result: '["one","two"]' },
    });
    expect(answer).toMatchObject({
      status: 'SUCCEEDED',
      output: ['one', 'two'],
      inspectionData: { afterItemSelector: [1, 2, 3], afterItemBatcher: [{ Items: [1, 2] }, { Items: [3] }] },
    });
  });
});

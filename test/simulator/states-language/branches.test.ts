import { describe, expect, it } from '@jest/globals';
import { TaskFailure } from '../../../simulator/states-language/index.ts';
import { type Json, lambda, machine, start, startMs, typesOf } from './harness.ts';

const wait = (name: string, seconds: number, more: Json = {}) => ({
  StartAt: name,
  States: { [name]: { Type: 'Wait', Seconds: seconds, End: true, ...more } },
});
const each = (states: Record<string, Json>, more: Json = {}) => ({
  Type: 'Map',
  ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: Object.keys(states)[0], States: states },
  End: true,
  ...more,
});

describe('Parallel', () => {
  it('runs its branches at once and returns their outputs in their order', async () => {
    const run = start(
      machine({
        Both: {
          Type: 'Parallel',
          Arguments: { n: 1 },
          Branches: [wait('Slow', 20), wait('Fast', 5, { Output: 'fast' })],
          End: true,
        },
      }),
    );
    expect(await run.execution.result).toMatchObject({ output: [{ n: 1 }, 'fast'], stoppedMs: startMs + 20_000 });
  });

  it('interrupts the other branches when one fails, and goes on with the catcher', async () => {
    const run = start(
      machine({
        Both: {
          Type: 'Parallel',
          Branches: [
            wait('Slow', 1_000),
            {
              StartAt: 'Fast',
              States: {
                Fast: { Type: 'Wait', Seconds: 5, Next: 'Boom' },
                Boom: { Type: 'Fail', Error: 'E', Cause: 'why' },
              },
            },
          ],
          Catch: [
            {
              ErrorEquals: ['E'],
              Assign: { caught: '{% $states.errorOutput.Cause %}' },
              Output: '{% $states.input %}',
              Next: 'After',
            },
          ],
          End: true,
        },
        After: { Type: 'Wait', Seconds: 2_000, Output: '{% $caught %}', End: true },
      }),
    );
    const result = await run.execution.result;
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'why', stoppedMs: startMs + 2_005_000 });
    expect(typesOf(run.execution).filter((type) => type.startsWith('WaitState'))).toEqual([
      'WaitStateEntered',
      'WaitStateEntered',
      'WaitStateExited',
      'WaitStateAborted',
      'WaitStateEntered',
      'WaitStateExited',
    ]);
  });

  it('ignores the answer of a task in an interrupted branch', async () => {
    const run = start(
      machine({
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'Slow', States: { Slow: { Type: 'Task', Resource: lambda, Assign: { x: 1 }, End: true } } },
            { StartAt: 'Boom', States: { Boom: { Type: 'Fail', Error: 'E' } } },
          ],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
          End: true,
        },
        After: { Type: 'Wait', Seconds: 100, End: true },
      }),
      { task: () => run.sleep(50_000) },
    );
    // AWS binds an empty string where there is no cause.
    expect(await run.execution.result).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'E', Cause: '' } });
    expect(typesOf(run.execution)).not.toContain('LambdaFunctionSucceeded');
    expect(typesOf(run.execution)).toContain('TaskStateAborted');
  });

  it('ends as a whole when a branch fills the history', async () => {
    const loop = { Type: 'Choice', Choices: [{ Condition: false, Next: 'End' }], Default: 'Loop' };
    const run = start(
      machine({
        Both: {
          Type: 'Parallel',
          Branches: [wait('Slow', 1_000), { StartAt: 'Loop', States: { Loop: loop, End: { Type: 'Succeed' } } }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
          End: true,
        },
        After: { Type: 'Pass', End: true },
      }),
    );
    expect(await run.execution.result).toMatchObject({ status: 'FAILED', error: 'States.Runtime', stoppedMs: startMs });
    expect(run.execution.history).toHaveLength(25_000);
  });

  it('keeps variables of a branch inside the branch, which sees those outside', async () => {
    const run = start(
      machine({
        Set: { Type: 'Pass', Assign: { outer: 1 }, Next: 'Both' },
        Both: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'In',
              States: {
                In: { Type: 'Pass', Assign: { inner: '{% $outer + 1 %}' }, Next: 'Show' },
                Show: { Type: 'Pass', Output: '{% [$outer, $inner] %}', End: true },
              },
            },
          ],
          Next: 'Out',
        },
        Out: { Type: 'Pass', Output: { seen: '{% $states.input %}', inner: '{% $exists($inner) %}' }, End: true },
      }),
    );
    expect(await run.execution.result).toMatchObject({ output: { seen: [[1, 2]], inner: false } });
  });
});

describe('Map', () => {
  it.each([
    [1, 40],
    [2, 20],
    [3, 20],
    [0, 10],
  ])('runs four ten-second items %i at once in %i seconds', async (maxConcurrency, seconds) => {
    const run = start(
      machine({
        Each: each(
          { Wait: { Type: 'Wait', Seconds: 10, End: true } },
          { Items: [1, 2, 3, 4], MaxConcurrency: maxConcurrency },
        ),
      }),
    );
    expect(await run.execution.result).toMatchObject({ output: [1, 2, 3, 4], stoppedMs: startMs + seconds * 1000 });
  });

  it('runs at most 40 iterations at once', async () => {
    const items = Array.from({ length: 41 }, (_, index) => index);
    const run = start(machine({ Each: each({ Wait: { Type: 'Wait', Seconds: 10, End: true } }) }), { input: items });
    expect((await run.execution.result).stoppedMs).toBe(startMs + 20_000);
  });

  it('gives each iteration its item, in ItemSelector and inside', async () => {
    const run = start(
      machine({
        Each: each(
          { Show: { Type: 'Pass', Output: '{% [$states.input, $states.context.Map.Item.Index] %}', End: true } },
          { Items: ['a', 'b'], ItemSelector: '{% $states.context.Map.Item.Value & $states.context.Map.Item.Index %}' },
        ),
      }),
    );
    expect(await run.execution.result).toMatchObject({
      output: [
        ['a0', 0],
        ['b1', 1],
      ],
    });
  });

  it('fails with the first failing iteration, and interrupts the others', async () => {
    const run = start(
      machine({ Each: each({ Do: { Type: 'Task', Resource: lambda, End: true } }, { Items: [1, 2, 3] }) }),
      {
        task: async ({ arguments: item }) => {
          await run.sleep(Number(item) * 1000);
          if (item === 2) throw new TaskFailure('Two', 'is bad');
        },
      },
    );
    expect(await run.execution.result).toMatchObject({
      status: 'FAILED',
      error: 'Two',
      cause: 'is bad',
      stoppedMs: startMs + 2_000,
    });
    const events = run.execution.history.map(({ type, details }) =>
      typeof details['index'] === 'number' ? `${type} ${details['index']}` : type,
    );
    expect(events.slice(-7)).toEqual([
      'MapIterationSucceeded 0',
      'LambdaFunctionFailed',
      'MapIterationFailed 1',
      'TaskStateAborted',
      'MapIterationAborted 2',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('runs no iteration for no items', async () => {
    const run = start(machine({ Each: each({ Do: { Type: 'Pass', End: true } }) }), { input: [] });
    expect(await run.execution.result).toMatchObject({ status: 'SUCCEEDED', output: [] });
    expect(typesOf(run.execution)).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('says that a tolerated failure is not implemented instead of guessing', async () => {
    const run = start(
      machine({ Each: each({ Boom: { Type: 'Fail', Error: 'E' } }, { Items: [1], ToleratedFailureCount: 1 }) }),
    );
    expect(await run.execution.result).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining('not implemented'),
    });
  });
});

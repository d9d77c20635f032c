import { describe, expect, it } from '@jest/globals';
import { skippingScheduler, systemScheduler, TaskFailure } from '../../../simulator/states-language/index.ts';
import { lambda, machine, start, startMs, typesOf } from './harness.ts';

const waiting = (name: string) => ({ StartAt: name, States: { [name]: { Type: 'Wait', Seconds: 10, End: true } } });

const retrying = (name: string) => ({
  StartAt: name,
  States: {
    [name]: {
      Type: 'Task',
      Resource: lambda,
      Arguments: '{% $uuid() %}',
      Retry: [{ ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL' }],
      End: true,
    },
  },
});

/** The history of an execution that draws from chance in three branches. */
const once = async () => {
  const run = start(machine({ Both: { Type: 'Parallel', Branches: ['A', 'B', 'C'].map(retrying), End: true } }), {
    random: sequence(),
    task: async ({ attempt }) => {
      if (attempt === 0) throw new TaskFailure('First');
    },
  });
  await run.execution.result;
  return run.execution.history;
};

describe('an execution', () => {
  it('is stopped at once, and no catcher runs', async () => {
    const run = start(
      machine({
        Slow: {
          Type: 'Parallel',
          Branches: [machine({ Wait: { Type: 'Wait', Seconds: 1_000, End: true } })].map(
            ({ QueryLanguage: _language, ...branch }) => branch,
          ),
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Pass', End: true },
      }),
    );
    run.scheduler.after(5_000, () => run.execution.stop('Operator', 'enough'));
    const result = await run.execution.result;
    expect(result).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'enough', stoppedMs: startMs + 5_000 });
    expect(run.execution.history.at(-1)).toMatchObject({ type: 'ExecutionAborted', details: { error: 'Operator' } });
    expect(run.execution.currentStates).toEqual([]);
    run.execution.stop('again');
    expect(run.execution.status).toBe('ABORTED');
  });

  it('names the states that it is in', async () => {
    const run = start(machine({ Both: { Type: 'Parallel', Branches: [waiting('A'), waiting('B')], End: true } }));
    let names: string[] = [];
    run.scheduler.after(5_000, () => {
      names = run.execution.currentStates.map(({ name }) => name);
    });
    await run.execution.result;
    expect(names).toEqual(['Both', 'A', 'B']);
  });

  it('times out as a whole, without error and cause', async () => {
    const run = start(machine({ Wait: { Type: 'Wait', Seconds: 100, End: true } }, { TimeoutSeconds: 60 }));
    const result = await run.execution.result;
    expect(result).toMatchObject({ status: 'TIMED_OUT', stoppedMs: startMs + 60_000 });
    expect(result).not.toHaveProperty('error');
    expect(run.execution.history.at(-1)).toMatchObject({
      type: 'ExecutionTimedOut',
      previousEventId: 0,
      details: { error: 'States.Timeout' },
    });
  });

  it('fails with event 25,000', async () => {
    const run = start(
      machine({
        Loop: { Type: 'Choice', Choices: [{ Condition: false, Next: 'End' }], Default: 'Loop' },
        End: { Type: 'Succeed' },
      }),
    );
    const result = await run.execution.result;
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(run.execution.history).toHaveLength(25_000);
    expect(run.execution.history.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
  });

  it('chains its events as AWS does', async () => {
    const run = start(machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', End: true } }));
    await run.execution.result;
    expect(run.execution.history.map(({ id, previousEventId }) => [id, previousEventId])).toEqual([
      [1, 0],
      [2, 0],
      [3, 2],
      [4, 3],
      [5, 4],
      [6, 5],
    ]);
  });

  it('rejects its result for a defect in the task handler', async () => {
    const run = start(
      machine({
        Try: { Type: 'Task', Resource: lambda, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }], Next: 'End' },
        End: { Type: 'Succeed' },
      }),
      {
        task: async () => {
          throw new TypeError('a bug');
        },
      },
    );
    await expect(run.execution.result).rejects.toThrow('a bug');
  });

  it('runs on the system clock', async () => {
    const run = start(
      machine({
        Wait: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', Next: 'Do' },
        Do: { Type: 'Task', Resource: lambda, TimeoutSeconds: 5, End: true },
      }),
      {
        scheduler: systemScheduler(),
      },
    );
    expect(await run.execution.result).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is the same twice, event by event', async () => {
    expect(await once()).toEqual(await once());
  });
});

function sequence(): () => number {
  let last = 0;
  return () => (last = (last + 0.37) % 1);
}

describe('the payload limit of 262,144 bytes', () => {
  const limited = machine({
    Fetch: { Type: 'Task', Resource: lambda, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }], Next: 'End' },
    End: { Type: 'Succeed' },
  });

  // Both sides: the quotation marks are two of the bytes.
  it.each([
    ['takes a result of exactly the limit', 262_142, 'SUCCEEDED', undefined],
    ['refuses one byte more, and States.ALL does not catch it', 262_143, 'FAILED', 'States.DataLimitExceeded'],
  ])('%s', async (_title, length, status, error) => {
    const run = start(limited, { task: async () => 'x'.repeat(length) });
    const result = await run.execution.result;
    expect([result.status, result.error]).toEqual([status, error]);
  });

  it('counts UTF-8 bytes', async () => {
    const run = start(limited, { task: async () => 'é'.repeat(131_072) });
    expect(await run.execution.result).toMatchObject({ error: 'States.DataLimitExceeded' });
  });

  it('holds for outputs that expressions build', async () => {
    const run = start(machine({ Big: { Type: 'Pass', Output: '{% $join([1..60000].("xxxxx")) %}', End: true } }));
    expect(await run.execution.result).toMatchObject({ error: 'States.DataLimitExceeded' });
  });
});

describe('a Choice', () => {
  it('fails as States.Runtime when no rule matches and there is no Default', async () => {
    const run = start(
      machine({
        Which: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.no %}', Next: 'End' }] },
        End: { Type: 'Succeed' },
      }),
      { input: { no: false } },
    );
    expect(await run.execution.result).toMatchObject({
      error: 'States.Runtime',
      cause:
        "An error occurred while executing the state 'Which' (entered at the event id #2). " +
        'Failed to transition out of the state. The state does not point to a next state.',
    });
    expect(typesOf(run.execution)).toEqual(['ExecutionStarted', 'ChoiceStateEntered', 'ExecutionFailed']);
  });

  it('stops at the first rule that matches', async () => {
    const run = start(
      machine({
        Which: {
          Type: 'Choice',
          Choices: [
            { Condition: '{% $states.input.n > 1 %}', Next: 'End', Output: 'first' },
            { Condition: '{% $absent %}', Next: 'End' },
          ],
        },
        End: { Type: 'Succeed' },
      }),
      { input: { n: 2 } },
    );
    expect(await run.execution.result).toMatchObject({ status: 'SUCCEEDED', output: 'first' });
  });
});

describe('throughput', () => {
  it('runs hundreds of three-state executions a second on a busy machine', async () => {
    const scheduler = skippingScheduler(startMs);
    const began = performance.now();
    const definition = machine({
      A: { Type: 'Pass', Assign: { n: '{% $states.input.n + 1 %}' }, Next: 'B' },
      B: { Type: 'Task', Resource: lambda, Arguments: { n: '{% $n %}' }, Next: 'C' },
      C: { Type: 'Succeed', Output: '{% $n %}' },
    });
    const count = 300;
    const { loadStateMachine, startExecution } = await import('../../../simulator/states-language/index.ts');
    const loaded = loadStateMachine(definition);
    const results = await Promise.all(
      Array.from(
        { length: count },
        (_, n) =>
          startExecution(loaded, { input: { n }, name: String(n), random: () => 0, task: async () => ({}), scheduler })
            .result,
      ),
    );
    expect(results.map(({ output }) => output)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    // Above 1,000 a second alone; the bound leaves room for whatever else the machine does.
    expect(count / ((performance.now() - began) / 1000)).toBeGreaterThan(100);
  });
});

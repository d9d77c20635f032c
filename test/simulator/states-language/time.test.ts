import { describe, expect, it } from '@jest/globals';
import {
  skippingScheduler,
  TaskFailure,
  TokenRegistry,
  type TaskRequest,
} from '../../../simulator/states-language/index.ts';
import { type Json, lambda, machine, start, startMs, typesOf } from './harness.ts';

const callback = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken';

const slow = (more: Json) => machine({ Slow: { Type: 'Task', Resource: lambda, End: true, ...more } });

const waiting = (more: Json = {}) =>
  machine({
    Ask: {
      Type: 'Task',
      Resource: callback,
      Arguments: { Token: '{% $states.context.Task.Token %}' },
      End: true,
      ...more,
    },
  });

it('reaches the task in Arguments and in the request, and its answer is the result', async () => {
  const tokens = new TokenRegistry();
  const seen: TaskRequest[] = [];
  const run = start(waiting(), {
    tokens,
    task: async (request) => {
      seen.push(request);
      run.scheduler.after(90_000, () => tokens.sendTaskSuccess(request.taskToken ?? '', '{"approved":true}'));
      return { MessageId: 'm' };
    },
  });
  const result = await run.execution.result;
  expect(result).toMatchObject({ status: 'SUCCEEDED', output: { approved: true }, stoppedMs: startMs + 90_000 });
  expect(seen[0]?.arguments).toEqual({ Token: seen[0]?.taskToken });
  expect(seen[0]?.integration).toMatchObject({
    kind: 'optimized',
    service: 'sqs',
    action: 'sendMessage',
    pattern: 'wait-for-task-token',
  });
  expect(typesOf(run.execution)).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskStarted',
    'TaskSubmitted',
    'TaskSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
});

const beating = (errorEquals: string) =>
  machine({
    Ask: {
      Type: 'Task',
      Resource: callback,
      TimeoutSeconds: 100,
      HeartbeatSeconds: 10,
      Catch: [{ ErrorEquals: [errorEquals], Next: 'Missed' }],
      End: true,
    },
    Missed: { Type: 'Pass', End: true },
  });

// A heartbeat restarts the interval: at 9 s, 18 s and 27 s, so that it strikes at 37 s.
it.each(['States.HeartbeatTimeout', 'States.Timeout'])(
  'strikes after the last heartbeat, caught as %s',
  async (name) => {
    const tokens = new TokenRegistry();
    const run = start(beating(name), {
      tokens,
      task: async ({ taskToken }) => {
        for (const atMs of [9_000, 18_000, 27_000])
          run.scheduler.after(atMs, () => tokens.sendTaskHeartbeat(taskToken ?? ''));
        return {};
      },
    });
    expect(await run.execution.result).toMatchObject({ status: 'SUCCEEDED', stoppedMs: startMs + 37_000 });
    expect(run.execution.history.find(({ type }) => type === 'TaskTimedOut')?.details).toMatchObject({
      error: 'States.Timeout',
    });
  },
);

const failing = (retry: Json[]) => machine({ Try: { Type: 'Task', Resource: lambda, Retry: retry, End: true } });

/** The tokens that two attempts of the same execution get. */
const tokensOf = async () => {
  const tokens = new TokenRegistry();
  const seen: (string | undefined)[] = [];
  const run = start(waiting({ Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] }), {
    tokens,
    task: async ({ taskToken }) => {
      seen.push(taskToken);
      tokens.sendTaskFailure(taskToken ?? '', 'Again');
    },
  });
  await run.execution.result;
  return seen;
};

/** Runs the task until the errors are used up; the attempts' times in seconds. */
const attempts = async (retry: Json[], errors: string[], random = () => 0.5) => {
  const atSeconds: number[] = [];
  const run = start(failing(retry), {
    random,
    task: async ({ attempt }) => {
      atSeconds.push(run.elapsedMs() / 1000);
      const error = errors[attempt];
      if (error !== undefined) throw new TaskFailure(error, 'because');
      return 'done';
    },
  });
  return { result: await run.execution.result, atSeconds };
};

describe('TimeoutSeconds of a Task', () => {
  // Both sides of the edge: the answer a millisecond before the limit, and a millisecond after it.
  it.each([
    ['lets an answer before the limit pass', 9_999, 'SUCCEEDED', 9_999],
    ['goes on at the limit', 10_001, 'FAILED', 10_000],
  ])('%s', async (_title, takesMs, status, endsMs) => {
    const run = start(slow({ TimeoutSeconds: 10 }), {
      task: async () => {
        await run.sleep(takesMs);
        return 'late or not';
      },
    });
    const result = await run.execution.result;
    expect(result.status).toBe(status);
    expect(result.stoppedMs - startMs).toBe(endsMs);
  });

  it('records States.Timeout without a cause', async () => {
    const run = start(slow({ TimeoutSeconds: '{% 5 * 2 %}' }), { task: () => run.sleep(60_000) });
    const result = await run.execution.result;
    expect([result.error, result.cause]).toEqual(['States.Timeout', undefined]);
    expect(typesOf(run.execution).slice(2)).toEqual([
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionTimedOut',
      'ExecutionFailed',
    ]);
    expect(run.execution.history[2]?.details).toMatchObject({ timeoutInSeconds: 10 });
  });

  it('is not matched by States.TaskFailed', async () => {
    const run = start(
      machine({
        Slow: {
          Type: 'Task',
          Resource: lambda,
          TimeoutSeconds: 1,
          Catch: [
            { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
            { ErrorEquals: ['States.Timeout'], Next: 'Right' },
          ],
          End: true,
        },
        Wrong: { Type: 'Fail' },
        Right: { Type: 'Succeed' },
      }),
      { task: () => run.sleep(5_000) },
    );
    expect(await run.execution.result).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'States.Timeout' } });
  });

  it('does not record an answer that comes after the execution went on', async () => {
    const run = start(
      machine({
        Slow: {
          Type: 'Task',
          Resource: lambda,
          TimeoutSeconds: 1,
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rest' }],
          End: true,
        },
        Rest: { Type: 'Wait', Seconds: 10, End: true },
      }),
      {
        task: async () => {
          await run.sleep(5_000);
          return 'late';
        },
      },
    );
    await run.execution.result;
    expect(typesOf(run.execution)).not.toContain('LambdaFunctionSucceeded');
  });
});

describe('a task token', () => {
  it.each([
    ['without limits', {}],
    ['with a timeout', { TimeoutSeconds: 100, HeartbeatSeconds: 10 }],
  ])('may be answered before the task that carries it returns (%s)', async (_title, more) => {
    const tokens = new TokenRegistry();
    const run = start(waiting(more), {
      tokens,
      task: async ({ taskToken }) => {
        tokens.sendTaskSuccess(taskToken ?? '', '"early"');
        await run.sleep(3_000);
        return {};
      },
    });
    expect(await run.execution.result).toMatchObject({
      status: 'SUCCEEDED',
      output: 'early',
      stoppedMs: startMs + 3_000,
    });
  });

  it('fails the task with the error that is sent', async () => {
    const tokens = new TokenRegistry();
    const run = start(waiting(), {
      tokens,
      task: async ({ taskToken }) => {
        run.scheduler.after(1, () => tokens.sendTaskFailure(taskToken ?? '', 'Refused', 'by hand'));
        return {};
      },
    });
    expect(await run.execution.result).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'by hand' });
  });

  it('answers TaskTimedOut once it is closed and TaskDoesNotExist when it never was', async () => {
    const tokens = new TokenRegistry();
    let token = '';
    const run = start(waiting({ TimeoutSeconds: 5 }), {
      tokens,
      task: async ({ taskToken }) => {
        token = taskToken ?? '';
        return {};
      },
    });
    await run.execution.result;
    expect(() => tokens.sendTaskSuccess(token, '{}')).toThrow(expect.objectContaining({ name: 'TaskTimedOut' }));
    expect(() => tokens.sendTaskHeartbeat(token)).toThrow(expect.objectContaining({ name: 'TaskTimedOut' }));
    expect(() => tokens.sendTaskFailure('unheard-of')).toThrow(expect.objectContaining({ name: 'TaskDoesNotExist' }));
  });

  it('is the same for the same execution and event, and another for each attempt', async () => {
    const [first, second] = [await tokensOf(), await tokensOf()];
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(2);
  });
});

describe('HeartbeatSeconds', () => {
  it('does not put off TimeoutSeconds', async () => {
    const tokens = new TokenRegistry();
    const run = start(beating('States.ALL'), {
      tokens,
      task: async ({ taskToken }) => {
        for (let atMs = 9_000; atMs < 100_000; atMs += 9_000)
          run.scheduler.after(atMs, () => tokens.sendTaskHeartbeat(taskToken ?? ''));
        return {};
      },
    });
    expect(await run.execution.result).toMatchObject({ stoppedMs: startMs + 100_000 });
  });
});

describe('Retry', () => {
  it('waits 1, 2 and 4 seconds by default and gives up after three retries', async () => {
    const { result, atSeconds } = await attempts([{ ErrorEquals: ['States.ALL'] }], ['E', 'E', 'E', 'E', 'E']);
    expect(atSeconds).toEqual([0, 1, 3, 7]);
    expect(result).toMatchObject({ status: 'FAILED', error: 'E', cause: 'because', retries: 3, statesEntered: 1 });
  });

  it('caps the delay at MaxDelaySeconds', async () => {
    const retry = [{ ErrorEquals: ['E'], IntervalSeconds: 3, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 4 }];
    expect((await attempts(retry, ['E', 'E', 'E', 'E'])).atSeconds).toEqual([0, 3, 12, 22, 32]);
  });

  it('draws the whole delay with full jitter', async () => {
    const retry = [{ ErrorEquals: ['E'], IntervalSeconds: 8, MaxAttempts: 2, JitterStrategy: 'FULL' }];
    expect((await attempts(retry, ['E', 'E'], () => 0.25)).atSeconds).toEqual([0, 2, 6]);
  });

  it('counts each retrier by itself', async () => {
    const retry = [
      { ErrorEquals: ['A'], MaxAttempts: 1 },
      { ErrorEquals: ['B'], MaxAttempts: 2 },
    ];
    expect((await attempts(retry, ['A', 'B', 'B', 'A'])).result).toMatchObject({
      status: 'FAILED',
      error: 'A',
      retries: 3,
    });
  });

  it('gives the context object the number of retries', async () => {
    const counts: unknown[] = [];
    const run = start(
      machine({
        Try: {
          Type: 'Task',
          Resource: lambda,
          Arguments: '{% $states.context.State.RetryCount %}',
          Retry: [{ ErrorEquals: ['States.TaskFailed'] }],
          End: true,
        },
      }),
      {
        task: async (request) => {
          counts.push(request.arguments);
          if (counts.length < 3) throw new TaskFailure('E');
        },
      },
    );
    await run.execution.result;
    expect(counts).toEqual([0, 1, 2]);
  });
});

describe('Wait', () => {
  it.each([
    ['Seconds', { Seconds: '{% $states.input.seconds %}' }, 30 * 86_400_000],
    ['a Timestamp with an offset', { Timestamp: '2026-01-01T02:00:10.5+01:00' }, 3_610_500],
    ['a Timestamp that has passed', { Timestamp: '2020-01-01T00:00:00Z' }, 0],
  ])('waits for %s', async (_title, fields, waitedMs) => {
    const run = start(machine({ Wait: { Type: 'Wait', End: true, ...fields } }), { input: { seconds: 30 * 86_400 } });
    expect((await run.execution.result).stoppedMs - startMs).toBe(waitedMs);
  });

  it('runs thirty days on one virtual clock with other executions', async () => {
    const scheduler = skippingScheduler(startMs);
    const runs = [1, 20, 30].map((days) =>
      start(machine({ Wait: { Type: 'Wait', Seconds: days * 86_400, End: true } }), { scheduler }),
    );
    const results = await Promise.all(runs.map(({ execution }) => execution.result));
    expect(results.map(({ stoppedMs }) => (stoppedMs - startMs) / 86_400_000)).toEqual([1, 20, 30]);
  });
});

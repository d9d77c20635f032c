import { describe, expect, it } from '@jest/globals';
import { executeStateMachine, TaskFailure, testState } from '../../../simulator/states-language/index.ts';
import { lambda, machine } from './harness.ts';

const polling = machine({
  Poll: {
    Type: 'Task',
    Resource: lambda,
    Arguments: { volume: '{% $states.input.volume %}' },
    Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 60 }],
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Refused' }],
    Output: '{% $states.result.state %}',
    End: true,
  },
  Refused: { Type: 'Fail', Error: '{% $states.input.Error %}', Cause: 'gave up' },
});

describe('executeStateMachine', () => {
  it('takes the results of tasks from a callback', async () => {
    const calls: unknown[] = [];
    const run = await executeStateMachine(
      JSON.stringify(polling),
      { volume: 'vol-1' },
      {
        task: (call) => {
          calls.push(call);
          if (call.attempt === 0) throw new TaskFailure('Busy', 'try again');
          return { state: 'optimizing' };
        },
      },
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: 'optimizing' });
    expect(calls).toEqual(
      [0, 1].map((attempt) => ({ state: 'Poll', resource: lambda, arguments: { volume: 'vol-1' }, attempt })),
    );
    expect(run.states).toMatchObject([
      { name: 'Poll', type: 'Task', input: { volume: 'vol-1' }, output: 'optimizing' },
    ]);
  });

  it('fails a task for an object with an error', async () => {
    const run = await executeStateMachine(
      polling,
      {},
      { task: () => Promise.reject(Object.assign(new Error('no'), { error: 'No' })) },
    );
    // `Arguments` reads a volume that isn't there, before any task is called.
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError', cause: 'gave up' });
    const asked = await executeStateMachine(
      polling,
      { volume: 'v' },
      { task: () => Promise.reject(Object.assign(new Error('no'), { error: 'No' })) },
    );
    expect(asked).toMatchObject({ status: 'FAILED', error: 'No', cause: 'gave up' });
  });

  it('rejects for what is no task failure', async () => {
    await expect(
      executeStateMachine(polling, { volume: 'v' }, { task: () => JSON.parse('{') as unknown }),
    ).rejects.toThrow(SyntaxError);
    await expect(executeStateMachine(polling, { volume: 'v' })).rejects.toThrow('no task callback');
  });

  it('answers a task token with the callback’s result', async () => {
    const ask = machine({
      Ask: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', End: true },
    });
    expect(await executeStateMachine(ask, {}, { task: () => 'yes' })).toMatchObject({ output: 'yes' });
  });
});

describe('testState', () => {
  it('shows what a retry would wait', async () => {
    const { Poll } = (polling['States'] ?? {}) as Record<string, unknown>;
    const request = {
      definition: { QueryLanguage: 'JSONata', ...(Poll as object) },
      input: { volume: 'v' },
      inspectionLevel: 'DEBUG' as const,
      mock: { errorOutput: { error: 'Busy' } },
    };
    expect(await testState({ ...request, stateConfiguration: { retrierRetryCount: 2 } })).toMatchObject({
      status: 'RETRIABLE',
      inspectionData: { errorDetails: { retryBackoffIntervalSeconds: 240, retryIndex: 0 } },
    });
    expect(await testState({ ...request, stateConfiguration: { retrierRetryCount: 3 } })).toMatchObject({
      status: 'CAUGHT_ERROR',
      nextState: 'Refused',
      output: { Error: 'Busy', Cause: '' },
    });
  });

  it('evaluates with the given variables and shows them afterwards', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      Type: 'Pass',
      Assign: { n: '{% $n + 1 %}' },
      Output: '{% $n %}',
      Next: 'Elsewhere',
    };
    expect(await testState({ definition, variables: { n: 1 }, inspectionLevel: 'TRACE' })).toEqual({
      status: 'SUCCEEDED',
      output: 1,
      nextState: 'Elsewhere',
      inspectionData: { input: {}, variables: { n: 2 } },
    });
  });
});

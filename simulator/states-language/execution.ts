/** Starts, stops and observes executions. */

import { failureDetails } from './failures.ts';
import { Halted, StateFailure } from './faults.ts';
import { type Chain, History, type HistoryEvent } from './history.ts';
import { runWorkflow } from './interpreter.ts';
import type { ChildStart, MapRunHost } from './map-run.ts';
import type { StateMachine } from './model.ts';
import { AbortScope, checkSize, type Run, type VisitedState } from './run.ts';
import type { Scheduler } from './scheduler.ts';
import type { TaskHandler } from './task-request.ts';
import { TokenRegistry } from './tokens.ts';

export type ExecutionStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionResult {
  readonly status: ExecutionStatus;
  /** With SUCCEEDED. */
  readonly output?: unknown;
  /** With FAILED and ABORTED, where there is one; AWS reports none with TIMED_OUT. */
  readonly error?: string;
  readonly cause?: string;
  /** Epoch milliseconds. */
  readonly stoppedMs: number;
  /** How many states were entered, in all branches and iterations. */
  readonly statesEntered: number;
  /** How many retries were made; AWS bills each as a transition, too. */
  readonly retries: number;
  /** In the order of entry. */
  readonly states: readonly VisitedState[];
}

export interface Execution {
  readonly executionArn: string;
  readonly startedMs: number;
  /** Resolves when the execution ends. Rejects only for a defect: a task handler that threw no TaskFailure. */
  readonly result: Promise<ExecutionResult>;
  /** `RUNNING` until `result` has resolved. */
  readonly status: ExecutionStatus | 'RUNNING';
  readonly history: readonly HistoryEvent[];
  /** The states that the execution is in, one for each running branch and each state around it. */
  readonly currentStates: readonly { readonly name: string; readonly type: string; readonly enteredEventId: number }[];
  readonly states: readonly VisitedState[];
  /** As StopExecution: ends it at once as ABORTED; no catcher runs. Does nothing when it has ended. */
  stop(error?: string, cause?: string): void;
}

export interface ExecutionOptions {
  input: unknown;
  /** 1 to 80 characters, `ExecutionAlreadyExists` is the caller's business. */
  name: string;
  scheduler: Scheduler;
  task: TaskHandler;
  /** The default derives from `stateMachineArn` and `name`. */
  executionArn?: string;
  stateMachineArn?: string;
  roleArn?: string;
  /** Share one registry where tokens are answered from outside. */
  tokens?: TokenRegistry;
  /** At least 0, below 1: jitter, `$random`, `$uuid`. */
  random: () => number;
  /** Variables that exist before the first state. AWS has none; tests do. */
  variables?: Readonly<Record<string, unknown>>;
  onEvent?: (event: HistoryEvent) => void;
  /** Called at the instant that it ends, before `result` resolves. */
  onEnd?: (result: ExecutionResult) => void;
  /** For Distributed Maps. By default children run like the parent, and a machine with an ItemReader fails as a defect. */
  mapRuns?: Partial<MapRunHost>;
}

/** Starts an execution as an activity of its own; returns at once. */
export function startExecution(machine: StateMachine, options: ExecutionOptions): Execution {
  const { scheduler, name, input } = options;
  const stateMachineArn = options.stateMachineArn ?? 'arn:aws:states:us-east-1:123456789012:stateMachine:machine';
  const executionArn = options.executionArn ?? `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const roleArn = options.roleArn ?? 'arn:aws:iam::123456789012:role/states';
  const startedMs = scheduler.nowMs();
  const scope = new AbortScope();
  const chain: Chain = { lastEventId: 0 };
  const { promise: result, resolve, reject } = Promise.withResolvers<ExecutionResult>();
  let status: ExecutionStatus | 'RUNNING' = 'RUNNING';
  let cancelTimeout: (() => void) | undefined;
  const tokens = options.tokens ?? new TokenRegistry();
  const startLikeParent = (child: ChildStart): Execution => {
    const { task, random, mapRuns = {} } = options;
    return startExecution(child.machine, { ...child, scheduler, tokens, task, random, mapRuns, roleArn });
  };

  const finish = (
    ended: ExecutionStatus,
    event: string,
    details: { output?: unknown; error?: string; cause?: string },
    previousEventId = chain.lastEventId,
  ) => {
    if (status !== 'RUNNING') return;
    status = ended;
    history.end(previousEventId, event, details);
    cancelTimeout?.();
    run.current.clear();
    scope.abort();
    // AWS names States.Timeout in the event only.
    const { output, error, cause } = ended === 'TIMED_OUT' ? {} : details;
    const executed: ExecutionResult = {
      status: ended,
      ...(ended === 'SUCCEEDED' ? { output } : {}),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
      stoppedMs: scheduler.nowMs(),
      ...run.counts,
      states: run.visited,
    };
    options.onEnd?.(executed);
    resolve(executed);
  };

  const history = new History(
    () => scheduler.nowMs(),
    () => {
      finish('FAILED', 'ExecutionFailed', {
        error: 'States.Runtime',
        cause: 'The execution reached the maximum number of history events (25000).',
      });
      throw new Halted();
    },
    options.onEvent,
  );

  const run: Run = {
    scheduler,
    history,
    host: { nowMs: () => scheduler.nowMs(), random: options.random },
    task: options.task,
    tokens,
    mapRuns: { readItems: noItemReader, startChild: startLikeParent, ...options.mapRuns },
    executionArn,
    context: {
      Execution: {
        Id: executionArn,
        Input: input,
        Name: name,
        RoleArn: roleArn,
        StartTime: new Date(startedMs).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: stateMachineArn, Name: stateMachineArn.split(':').at(-1) ?? '' },
    },
    visited: [],
    counts: { statesEntered: 0, retries: 0 },
    current: new Set(),
    checked: new WeakSet(),
    isOver: () => status !== 'RUNNING',
    runWorkflow: (workflow, value, frame) => runWorkflow(run, workflow, value, frame),
  };

  const fail = (error: unknown) => {
    if (error instanceof Halted || status !== 'RUNNING') return;
    if (error instanceof StateFailure) finish('FAILED', 'ExecutionFailed', failureDetails(error));
    else {
      // A defect in the simulator or a handler must not pass for a failure that a workflow may handle.
      status = 'FAILED';
      cancelTimeout?.();
      run.current.clear();
      scope.abort();
      reject(error);
    }
  };

  history.add(chain, 'ExecutionStarted', { input, roleArn });
  if (machine.timeoutSeconds !== undefined) {
    cancelTimeout = scheduler.after(machine.timeoutSeconds * 1000, () =>
      finish('TIMED_OUT', 'ExecutionTimedOut', { error: 'States.Timeout' }, 0),
    );
  }
  scheduler
    .spawn(async () => {
      checkSize(run, input, name);
      const frame = { chain, scope, variables: options.variables ?? {} };
      const output = await runWorkflow(run, machine, input, frame);
      finish('SUCCEEDED', 'ExecutionSucceeded', { output });
    })
    .catch(fail);

  return {
    executionArn,
    startedMs,
    result,
    history: history.events,
    states: run.visited,
    get status() {
      return status;
    },
    get currentStates() {
      return [...run.current].map(({ state, enteredEventId }) => ({
        name: state.name,
        type: state.type,
        enteredEventId,
      }));
    },
    stop(error, cause) {
      finish('ABORTED', 'ExecutionAborted', {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
    },
  };
}

async function noItemReader({ stateName }: { stateName: string }): Promise<never> {
  throw new Error(`Map '${stateName}' has an ItemReader: startExecution was given no mapRuns.readItems`);
}

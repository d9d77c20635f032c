/** Executes a state machine from its JSON, with the results of its Tasks from a callback: the room's front door. */

import { type Execution, type ExecutionOptions, type ExecutionStatus, startExecution } from './execution.ts';
import { TaskFailure } from './faults.ts';
import type { HistoryEvent } from './history.ts';
import { loadStateMachine } from './load.ts';
import type { ItemReadRequest } from './map-run.ts';
import type { VisitedState } from './run.ts';
import { type Scheduler, skippingScheduler } from './scheduler.ts';
import { TokenRegistry } from './tokens.ts';
import { seededRandom } from '../random.ts';

/** One attempt of a Task, as the callback sees it. */
export interface TaskCall {
  /** The state's name. */
  readonly state: string;
  readonly resource: string;
  readonly arguments: unknown;
  /** 0 for the first attempt. */
  readonly attempt: number;
}

export interface ExecuteOptions {
  /**
   * Answers each Task; a machine that calls it without one fails. To fail the task throw a TaskFailure or any object
   * with a string `error` (and `cause`). With `.waitForTaskToken` the answer is the token's.
   */
  task?: (call: TaskCall) => unknown;
  /**
   * Answers the ItemReader of a Distributed Map: an object's text, or an array for s3:listObjectsV2. To fail it throw as
   * `task` does: the Map fails with States.ItemReaderFailed and the cause.
   */
  readItems?: (request: ItemReadRequest) => unknown;
  /** The default passes all waits at once, starting at 2024-01-01T00:00:00Z. */
  scheduler?: Scheduler;
  name?: string;
  seed?: number | string;
  /** Variables that exist before the first state. */
  variables?: Readonly<Record<string, unknown>>;
}

export interface Executed {
  readonly status: ExecutionStatus;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  /** Every state that was entered, in the order of entry. */
  readonly states: readonly VisitedState[];
  readonly history: readonly HistoryEvent[];
  /** The executions that Distributed Maps started, those of children included, in the order of their start. */
  readonly children: readonly Execution[];
}

const defaultStartMs = Date.UTC(2024, 0, 1);

/**
 * Executes a JSONata state machine to its end.
 *
 * @param definition the definition, as JSON text or as its value
 * @param input the execution's input, a JSON value
 * @throws DefinitionError when the machine doesn't load; whatever the callback throws that is no task failure
 */
export async function executeStateMachine(
  definition: unknown,
  input: unknown,
  options: ExecuteOptions = {},
): Promise<Executed> {
  const machine = loadStateMachine(definition);
  const scheduler = options.scheduler ?? skippingScheduler(defaultStartMs);
  const tokens = new TokenRegistry();
  const children: Execution[] = [];
  const shared: Omit<ExecutionOptions, 'input' | 'name'> = {
    scheduler,
    tokens,
    random: seededRandom(options.seed ?? 0),
    task: async (request) => {
      if (options.task === undefined) {
        throw new Error(
          `State '${request.stateName}' calls ${request.resource}: executeStateMachine was given no task callback`,
        );
      }
      const call = {
        state: request.stateName,
        resource: request.resource,
        arguments: request.arguments,
        attempt: request.attempt,
      };
      try {
        const answer = await options.task(call);
        if (request.taskToken !== undefined) tokens.sendTaskSuccess(request.taskToken, JSON.stringify(answer ?? null));
        return answer;
      } catch (error) {
        throw asTaskFailure(error);
      }
    },
    mapRuns: {
      readItems: async (request) => {
        if (options.readItems === undefined) {
          throw new Error(
            `Map '${request.stateName}' reads items: executeStateMachine was given no readItems callback`,
          );
        }
        try {
          return await options.readItems(request);
        } catch (error) {
          throw asTaskFailure(error);
        }
      },
      startChild: (child) => {
        const execution = startExecution(child.machine, { ...shared, ...child });
        children.push(execution);
        return execution;
      },
    },
  };
  const execution = startExecution(machine, {
    ...shared,
    input,
    name: options.name ?? 'execution',
    ...(options.variables === undefined ? {} : { variables: options.variables }),
  });
  const { status, states, ...rest } = await execution.result;
  return {
    status,
    ...('output' in rest ? { output: rest.output } : {}),
    ...(rest.error === undefined ? {} : { error: rest.error }),
    ...(rest.cause === undefined ? {} : { cause: rest.cause }),
    states,
    history: execution.history,
    children,
  };
}

function asTaskFailure(thrown: unknown): unknown {
  if (thrown instanceof TaskFailure || typeof thrown !== 'object' || thrown === null) return thrown;
  const { error, cause } = thrown as { error?: unknown; cause?: unknown };
  if (typeof error !== 'string') return thrown;
  return new TaskFailure(error, typeof cause === 'string' ? cause : cause === undefined ? '' : JSON.stringify(cause));
}

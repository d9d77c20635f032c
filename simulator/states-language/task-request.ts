/** What a Task state asks of the outside: one callback for functions, SDK integrations and optimized integrations. */

import type { Integration } from './resource.ts';

/** One attempt of a Task. */
export interface TaskRequest {
  /** As in the definition. */
  readonly resource: string;
  readonly integration: Integration;
  /** Evaluated Arguments; the state's input where the state has none. A copy of its own. */
  readonly arguments: unknown;
  /** Evaluated Credentials. */
  readonly credentials?: unknown;
  /** With `.waitForTaskToken`: what the TokenRegistry will accept. */
  readonly taskToken?: string;
  readonly stateName: string;
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** The context object. */
  readonly context: unknown;
  /** The state's TimeoutSeconds in milliseconds. */
  readonly timeoutMs?: number;
}

/**
 * Resolves with the task's Result (what the service answers; with a task token, the answer to the request that carried
 * it). Throws a TaskFailure to fail the task; any other error is a defect and rejects the execution's `result`.
 */
export type TaskHandler = (request: TaskRequest) => Promise<unknown>;

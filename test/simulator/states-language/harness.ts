/** Runs machines on a virtual clock for the tests of this folder. */

import {
  type Execution,
  type ExecutionOptions,
  loadStateMachine,
  type Scheduler,
  skippingScheduler,
  startExecution,
} from '../../../simulator/states-language/index.ts';

export const startMs = Date.UTC(2026, 0, 1);

export type Json = Record<string, unknown>;

/** A JSONata machine of these states, starting at the first. */
export function machine(states: Record<string, Json>, more: Json = {}): Json {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more };
}

export interface Started {
  execution: Execution;
  scheduler: Scheduler;
  /** Milliseconds since the start. */
  elapsedMs(): number;
  /** Sleeps inside an activity. */
  sleep(delayMs: number): Promise<void>;
}

export function start(definition: unknown, options: Partial<ExecutionOptions> = {}): Started {
  const scheduler = options.scheduler ?? skippingScheduler(startMs);
  const execution = startExecution(loadStateMachine(definition), {
    input: {},
    name: 'test',
    random: () => 0.5,
    task: async () => ({}),
    ...options,
    scheduler,
  });
  return {
    execution,
    scheduler,
    elapsedMs: () => scheduler.nowMs() - startMs,
    sleep: (delayMs) => scheduler.park<void>((resolve) => void scheduler.after(delayMs, () => resolve())),
  };
}

export const typesOf = (execution: Execution) => execution.history.map(({ type }) => type);

export const lambda = 'arn:aws:lambda:us-east-1:123456789012:function:f';

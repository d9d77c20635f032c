/** Which Retry and Catch elements match a failure, and how long a retry waits. Pure. */

import type { StateFailure } from './faults.ts';
import type { Retrier } from './model.ts';

/** Neither States.ALL nor States.TaskFailed match these [DG concepts-error-handling]. */
const terminal = new Set<string | undefined>(['States.Runtime', 'States.DataLimitExceeded']);

/**
 * Whether one of the names matches. `States.ALL` matches all but the terminal errors, `States.TaskFailed` all but those
 * and States.Timeout. A States.Runtime can't be handled at all, not even by its name.
 */
export function matches(errorEquals: readonly string[], failure: StateFailure): boolean {
  const { error, alias } = failure;
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error || (alias !== undefined && name === alias)) return true;
    if (name === 'States.ALL') return !terminal.has(error);
    return name === 'States.TaskFailed' && error !== 'States.Timeout' && !terminal.has(error);
  });
}

/**
 * Milliseconds to wait before a retry.
 *
 * @param retries how often this retrier has retried before, in this visit of the state
 * @param random at least 0, below 1; drawn for FULL jitter, which waits between nothing and the whole delay
 */
export function retryDelayMs(retrier: Retrier, retries: number, random: () => number): number {
  const seconds = retrier.intervalSeconds * retrier.backoffRate ** retries;
  const cappedMs = Math.min(seconds, retrier.maxDelaySeconds ?? Infinity, 99_999_999) * 1000;
  return retrier.jitter === 'FULL' ? random() * cappedMs : cappedMs;
}

/** Turns what a state's work threw into the failure that Retry, Catch and the history see. */

import { EvaluationFault, RuntimeFault, StateFailure, TaskFailure } from './faults.ts';
import type { Run, Visit } from './run.ts';

/** What a thrown error means for the state. Evaluation errors are recorded here, once an attempt. */
export function toFailure(run: Run, visit: Visit, error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  if (error instanceof TaskFailure) return new StateFailure(error.error, error.cause);
  const { name } = visit.state;
  const describe = (message: string) =>
    `An error occurred while executing the state '${name}' (entered at the event id #${visit.enteredEventId}). ${message}`;
  if (error instanceof RuntimeFault) return new StateFailure(error.error, describe(error.message));
  if (error instanceof EvaluationFault) {
    const { location } = error;
    const details = { error: 'States.QueryEvaluationError', cause: describe(error.message) };
    run.history.add(visit.frame.chain, 'EvaluationFailed', {
      ...details,
      ...(location === undefined ? {} : { location }),
      state: name,
    });
    return new StateFailure(details.error, details.cause, location === undefined ? {} : { location });
  }
  throw error;
}

/** Error and cause as history events hold them: absent where there is none. */
export function failureDetails(failure: StateFailure): Record<string, unknown> {
  return {
    ...(failure.error === undefined ? {} : { error: failure.error }),
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
  };
}

/** A States.Runtime ends the execution without any …StateFailed in between (measured by floci). */
export function recordStateFailed(run: Run, visit: Visit, failure: StateFailure): void {
  const { type } = visit.state;
  if ((type === 'Map' || type === 'Parallel') && failure.error !== 'States.Runtime') {
    run.history.add(visit.frame.chain, `${type}StateFailed`);
  }
}

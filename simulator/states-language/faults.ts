/**
 * The errors of the room: those that outsiders throw or catch (`TaskFailure`, `DefinitionError`, `TokenFault`) and the
 * two that only travel inside the interpreter (`StateFailure`, `Halted`).
 */

/** Thrown by a Task handler: the task failed with this error name and cause, as a Retry or Catch sees them. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly error: string;
  override readonly cause: string;

  constructor(error: string, cause = '') {
    super(`${error}: ${cause}`);
    this.error = error;
    this.cause = cause;
  }
}

/** One thing wrong with a definition. `location` is a path such as `/States/Wait/Seconds`. */
export interface Problem {
  code:
    | 'SCHEMA_VALIDATION_FAILED'
    | 'INVALID_JSON_DESCRIPTION'
    | 'INVALID_JSONATA_EXPRESSION'
    | 'UNSUPPORTED_JSONATA_EXPRESSION'
    | 'MISSING_TRANSITION_TARGET'
    | 'MISSING_END_STATE'
    | 'DUPLICATE_STATE_NAME'
    | 'DUPLICATE_LABEL_NAME'
    /** AWS accepts it and this interpreter doesn't: refused at load, never ignored. */
    | 'NOT_IMPLEMENTED';
  message: string;
  location: string;
}

/** The definition was refused. The message is worded as CreateStateMachine words its InvalidDefinition. */
export class DefinitionError extends Error {
  override readonly name = 'InvalidDefinition';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const list = problems.map((problem) => `${problem.code}: ${problem.message} at ${problem.location}`);
    super(`Invalid State Machine Definition: '${list.join(', ')}'`);
    this.problems = problems;
  }
}

/** What SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat answer when they can't reach a waiting task. */
export class TokenFault extends Error {
  override readonly name: 'TaskTimedOut' | 'TaskDoesNotExist' | 'InvalidOutput';

  constructor(name: 'TaskTimedOut' | 'TaskDoesNotExist' | 'InvalidOutput', message: string) {
    super(message);
    this.name = name;
  }
}

/** A state failed. `error` or `cause` are absent where AWS records none (a Fail state without them, a timeout's cause). */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly error: string | undefined;
  override readonly cause: string | undefined;
  /** A second name that ErrorEquals may use: a missed heartbeat is recorded as States.Timeout (see README). */
  readonly alias: string | undefined;
  /** Set by the state in which it arose, so that outer states don't wrap it again. */
  readonly location: string | undefined;

  constructor(
    error: string | undefined,
    cause: string | undefined,
    details: { alias?: string; location?: string } = {},
  ) {
    super(`${error ?? ''}: ${cause ?? ''}`);
    this.error = error;
    this.cause = cause;
    this.alias = details.alias;
    this.location = details.location;
  }
}

/** A JSONata field could not be evaluated. Turned into a StateFailure with the state's name by the state that runs it. */
export class EvaluationFault extends Error {
  override readonly name = 'EvaluationFault';
  /** The field, relative to its state, as AWS names it: `Output/a[0]`. Absent where AWS records none. */
  readonly location: string | undefined;

  constructor(message: string, location?: string) {
    super(message);
    this.location = location;
  }
}

/** A state broke a rule that AWS reports with the state's name before the cause (States.Runtime and its kin). */
export class RuntimeFault extends Error {
  override readonly name = 'RuntimeFault';
  readonly error: string;

  constructor(error: string, message: string) {
    super(message);
    this.error = error;
  }
}

/** The execution, or the branch, has ended while this activity was away: unwind and touch nothing. */
export class Halted extends Error {
  override readonly name = 'Halted';
}

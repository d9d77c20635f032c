/** What the parts of the interpreter share while one execution runs. */

import { Halted } from './faults.ts';
import type { Chain, History } from './history.ts';
import { bind, type Bindings } from './jsonata.ts';
import type { Host } from './functions.ts';
import type { MapRunHost } from './map-run.ts';
import type { State, Workflow } from './model.ts';
import { checkPayload } from './payload.ts';
import type { Scheduler } from './scheduler.ts';
import type { TaskHandler } from './task-request.ts';
import type { TokenRegistry } from './tokens.ts';

/** A state as it was entered, in the order of entry. */
export interface VisitedState {
  readonly name: string;
  readonly type: State['type'];
  readonly input: unknown;
  /** False until it is left for another state or for the end: a failed or interrupted state never exits. */
  exited: boolean;
  output?: unknown;
  assignedVariables?: Readonly<Record<string, unknown>>;
}

/** One execution's world. */
export interface Run {
  readonly scheduler: Scheduler;
  readonly history: History;
  readonly host: Host;
  readonly task: TaskHandler;
  readonly tokens: TokenRegistry;
  readonly mapRuns: MapRunHost;
  readonly executionArn: string;
  /** `Execution` and `StateMachine` of the context object. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly visited: VisitedState[];
  readonly counts: { statesEntered: number; retries: number };
  /** States that are entered and not yet left, in the order of entry. */
  readonly current: Set<Visit>;
  /** Values that were found small enough; they are never changed. */
  readonly checked: WeakSet<object>;
  /** The execution has ended; what still unwinds records nothing. */
  isOver(): boolean;
  /** Runs a workflow to its end and resolves with its output. */
  runWorkflow(workflow: Workflow, input: unknown, frame: Frame): Promise<unknown>;
}

/** As an ItemSelector sees it, and the states of an inline Map's iteration. */
export interface MapItem {
  readonly Index: number;
  /** Of a distributed Map whose items are the entries of an object. */
  readonly Key?: string;
  readonly Value: unknown;
}

/** One chain of states: the machine's own, a Parallel's branch, a Map's iteration. */
export interface Frame {
  readonly chain: Chain;
  readonly scope: AbortScope;
  /** Never changed in place: an inner frame starts with the outer one's and assigns only its own. */
  variables: Readonly<Record<string, unknown>>;
  /** `Map.Item` of the context object. */
  mapItem?: MapItem;
  /** The state that the chain is in. */
  visit?: Visit;
}

/** A state being run. */
export interface Visit {
  readonly state: State;
  readonly input: unknown;
  readonly frame: Frame;
  readonly enteredEventId: number;
  readonly enteredTime: string;
  readonly record: VisitedState;
  /** `State.RetryCount` of the context object. */
  retryCount: number;
  /** `Task.Token` of the context object. */
  token?: string;
}

/** The context object as the state sees it now. */
export function contextOf(run: Run, visit: Visit, mapItem = visit.frame.mapItem): Record<string, unknown> {
  return {
    ...run.context,
    State: { Name: visit.state.name, EnteredTime: visit.enteredTime, RetryCount: visit.retryCount },
    ...(visit.token === undefined ? {} : { Task: { Token: visit.token } }),
    ...(mapItem === undefined ? {} : { Map: { Item: mapItem } }),
  };
}

/** `$states` and the variables, for expressions of this state. */
export function bindingsOf(
  run: Run,
  visit: Visit,
  more: { result?: unknown; errorOutput?: unknown } = {},
  mapItem: MapItem | undefined = visit.frame.mapItem,
): Bindings {
  const states = { input: visit.input, context: contextOf(run, visit, mapItem), ...more };
  return bind(visit.frame.variables, states, run.host);
}

/** Throws States.DataLimitExceeded for a value over 256 KiB. */
export function checkSize(run: Run, value: unknown, what: string): void {
  if (typeof value === 'object' && value !== null) {
    if (run.checked.has(value)) return;
    checkPayload(value, what);
    run.checked.add(value);
  } else checkPayload(value, what);
}

/** Sleeps on the run's scheduler. */
export function sleep(run: Run, scope: AbortScope, delayMs: number): Promise<void> {
  return scope.park<void>(run.scheduler, (resolve) => run.scheduler.after(delayMs, () => resolve()));
}

/** Ends the waits of an execution, or of the branches of one state, all at once. */
export class AbortScope {
  isAborted = false;
  private readonly listeners = new Set<() => void>();

  /** Throws Halted when the scope has ended; to be called after every await of foreign work. */
  check(): void {
    if (this.isAborted) throw new Halted();
  }

  abort(): void {
    if (this.isAborted) return;
    this.isAborted = true;
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener();
  }

  /** A scope that ends with this one, or before. */
  child(): AbortScope {
    const child = new AbortScope();
    if (this.isAborted) child.abort();
    else {
      const end = () => child.abort();
      this.listeners.add(end);
      child.listeners.add(() => this.listeners.delete(end));
    }
    return child;
  }

  /**
   * Parks the activity; throws Halted when the scope ends first.
   *
   * @param subscribe returns what undoes the subscription (cancels a timer); it is called when the wait is over
   */
  async park<T>(
    scheduler: Scheduler,
    subscribe: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
  ): Promise<T> {
    this.check();
    return scheduler.park<T>((resolve, reject) => {
      let undo: (() => void) | undefined;
      let isOver = false;
      const end = () => {
        isOver = true;
        this.listeners.delete(halt);
        undo?.();
      };
      const halt = () => {
        end();
        reject(new Halted());
      };
      this.listeners.add(halt);
      undo = subscribe(
        (value) => {
          if (isOver) return;
          end();
          resolve(value);
        },
        (error) => {
          if (isOver) return;
          end();
          reject(error);
        },
      );
      // Settled while subscribing: there was nothing to undo yet.
      if (isOver) undo();
    });
  }
}

/** A state machine as the interpreter runs it: checked, with every expression compiled. */

import type { Integration } from './resource.ts';
import type { Template } from './template.ts';

/** A loaded definition. Immutable; any number of executions may run it at once. */
export interface StateMachine extends Workflow {
  /** As given, for DescribeStateMachine and its like. */
  readonly definition: unknown;
  readonly comment?: string;
  /** Of the whole execution, seconds. */
  readonly timeoutSeconds?: number;
}

/** A `StartAt` and its `States`: a machine, a Parallel's branch, a Map's item processor. */
export interface Workflow {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** A name in the same Workflow; absent for `End: true`. */
interface Transition {
  readonly next?: string;
}

/** Assign and Output, of a state, of a Choice rule or of a catcher. */
export interface Result {
  /** The field's place, as causes name it: '' for the state's own, `Catch[0]/`, `Choices[1]/`. */
  readonly place: string;
  readonly assign?: Template;
  readonly output?: Template;
}

interface Common extends Result {
  readonly name: string;
}

interface ErrorHandling {
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds?: number;
  readonly jitter: 'NONE' | 'FULL';
}

export interface Catcher extends Result {
  readonly errorEquals: readonly string[];
  readonly next: string;
}

export interface TaskState extends Common, Transition, ErrorHandling {
  readonly type: 'Task';
  readonly resource: string;
  readonly integration: Integration;
  readonly arguments?: Template;
  readonly credentials?: Template;
  readonly timeoutSeconds?: Template;
  readonly heartbeatSeconds?: Template;
}

export interface PassState extends Common, Transition {
  readonly type: 'Pass';
}

export interface ChoiceRule extends Result {
  readonly condition: Template;
  readonly next: string;
}

export interface ChoiceState extends Common {
  readonly type: 'Choice';
  readonly choices: readonly ChoiceRule[];
  readonly default?: string;
}

export interface WaitState extends Common, Transition {
  readonly type: 'Wait';
  readonly seconds?: Template;
  readonly timestamp?: Template;
}

export interface SucceedState extends Common {
  readonly type: 'Succeed';
}

export interface FailState extends Common {
  readonly type: 'Fail';
  readonly error?: Template;
  readonly cause?: Template;
}

export interface ParallelState extends Common, Transition, ErrorHandling {
  readonly type: 'Parallel';
  readonly arguments?: Template;
  readonly branches: readonly Workflow[];
}

export interface MapState extends Common, Transition, ErrorHandling {
  readonly type: 'Map';
  readonly items?: Template;
  readonly itemSelector?: Template;
  readonly itemProcessor: Workflow;
  readonly maxConcurrency?: Template;
  readonly toleratedFailureCount?: Template;
  readonly toleratedFailurePercentage?: Template;
  /** Absent for an inline Map. */
  readonly distributed?: DistributedMap;
}

/** What only a Map of Mode DISTRIBUTED has: each item, or batch of items, is an execution of its own. */
export interface DistributedMap {
  readonly executionType: 'STANDARD' | 'EXPRESS';
  /** Part of the ARNs of its Map Runs and child executions; AWS makes one up where there is none. */
  readonly label?: string;
  readonly itemReader?: ItemReader;
  readonly itemBatcher?: ItemBatcher;
}

export interface ItemReader {
  readonly action: 'getObject' | 'listObjectsV2';
  /** Of the object; listings have none. */
  readonly inputType: 'JSON' | 'JSONL';
  readonly arguments?: Template;
  readonly maxItems?: Template;
}

export interface ItemBatcher {
  readonly maxItemsPerBatch?: Template;
  readonly maxInputBytesPerBatch?: Template;
  readonly batchInput?: Template;
}

/** The Amazon States Language in JSONata mode: see README.md. */

export { executeStateMachine, type Executed, type ExecuteOptions, type TaskCall } from './execute.ts';
export {
  type Execution,
  type ExecutionOptions,
  type ExecutionResult,
  type ExecutionStatus,
  startExecution,
} from './execution.ts';
export { DefinitionError, type Problem, TaskFailure, TokenFault } from './faults.ts';
export { type HistoryEvent, historyEventsMax } from './history.ts';
export { type LoadOptions, loadStateMachine, validateDefinition } from './load.ts';
export type { ChildEnd, ChildExecution, ChildStart, ItemReadRequest, MapRunHost } from './map-run.ts';
export type { State, StateMachine, Workflow } from './model.ts';
export { payloadBytesMax } from './payload.ts';
export type { Integration } from './resource.ts';
export type { VisitedState } from './run.ts';
export { type Scheduler, skippingScheduler, systemScheduler } from './scheduler.ts';
export type { TaskHandler, TaskRequest } from './task-request.ts';
export { TokenRegistry } from './tokens.ts';
export { testState, type TestStateInput, type TestStateOutput } from './test-state.ts';

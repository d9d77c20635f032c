/**
 * One state on its own, as the TestState API runs it: what a Task, Map or Parallel would get from outside comes from a
 * mock, and nothing waits or retries.
 */

import { mapNumber } from './branches.ts';
import { type Item, itemsIn, parseDataset } from './dataset.ts';
import { evaluateBatches, evaluateItems, evaluateMaxItems, selectItems } from './distributed-map.ts';
import { isObject } from './checker.ts';
import { EvaluationFault, RuntimeFault, StateFailure } from './faults.ts';
import { History } from './history.ts';
import { conclude } from './interpreter.ts';
import type { Bindings } from './jsonata.ts';
import { loadStateMachine } from './load.ts';
import type { MapState, Result, State } from './model.ts';
import { matches, retryDelayMs } from './retry.ts';
import { AbortScope, bindingsOf, type Run, type Visit } from './run.ts';
import { skippingScheduler } from './scheduler.ts';
import { chooseRule, failState, waitState } from './simple-states.ts';
import { evaluateTemplate, evaluateTyped } from './template.ts';
import { TokenRegistry } from './tokens.ts';

export interface TestStateInput {
  /** A state, or a machine with `stateName`. JSON text or its value. */
  definition: unknown;
  stateName?: string;
  input?: unknown;
  variables?: Readonly<Record<string, unknown>>;
  /** Replaces parts of the context object. */
  context?: Readonly<Record<string, unknown>>;
  inspectionLevel?: 'INFO' | 'DEBUG' | 'TRACE';
  mock?: {
    /** JSON text, as the API takes it. */
    result?: string;
    errorOutput?: { error?: string; cause?: string };
  };
  stateConfiguration?: {
    /** How often the matching retrier has retried. */
    retrierRetryCount?: number;
    errorCausedByState?: string;
    mapIterationFailureCount?: number;
    mapItemReaderData?: string;
  };
}

export interface TestStateOutput {
  status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  output?: unknown;
  error?: string;
  cause?: string;
  nextState?: string;
  /** With DEBUG and TRACE. Values where the API has JSON text. */
  inspectionData?: Record<string, unknown>;
}

/** What AWS calls a state that is tested without a machine. */
const anonymous = 'StateName';
const startMs = Date.UTC(2024, 0, 1);

/**
 * Tests one state.
 *
 * @throws DefinitionError when the definition doesn't load; Error when a Task, Map or Parallel has no mock
 */
export async function testState(request: TestStateInput): Promise<TestStateOutput> {
  const state = loadOne(request);
  const inspection: Record<string, unknown> = { input: request.input ?? {} };
  const { run, visit } = prepare(request, state);
  const inspected = request.inspectionLevel === 'DEBUG' || request.inspectionLevel === 'TRACE';
  const close = (answer: TestStateOutput): TestStateOutput =>
    inspected ? { ...answer, inspectionData: inspection } : answer;
  const succeed = async (result: Result, fallback: unknown, more: { result?: unknown; errorOutput?: unknown }) => {
    const { output, assigned } = await conclude(run, visit, result, fallback, more);
    const variables = { ...visit.frame.variables, ...assigned };
    if (Object.keys(variables).length > 0) inspection['variables'] = variables;
    return output;
  };
  try {
    const { result, fallback, more, next } = await runOnce(run, visit, request, inspection);
    const output = await succeed(result, fallback, more);
    return close({ status: 'SUCCEEDED', output, ...(next === undefined ? {} : { nextState: next }) });
  } catch (error) {
    const failure = asFailure(error);
    const details = {
      ...(failure.error === undefined ? {} : { error: failure.error }),
      ...(failure.cause === undefined ? {} : { cause: failure.cause }),
    };
    const retried = request.stateConfiguration?.retrierRetryCount ?? 0;
    const retryIndex =
      'retry' in state ? state.retry.findIndex(({ errorEquals }) => matches(errorEquals, failure)) : -1;
    const retrier = 'retry' in state ? state.retry[retryIndex] : undefined;
    if (retrier !== undefined && retried < retrier.maxAttempts) {
      // Jitter is drawn later: the interval that AWS reports is the whole one.
      const intervalMs = retryDelayMs({ ...retrier, jitter: 'NONE' }, retried, () => 0);
      inspection['errorDetails'] = { retryBackoffIntervalSeconds: intervalMs / 1000, retryIndex };
      return close({ status: 'RETRIABLE', ...details });
    }
    const catchIndex =
      'catch' in state ? state.catch.findIndex(({ errorEquals }) => matches(errorEquals, failure)) : -1;
    const catcher = 'catch' in state ? state.catch[catchIndex] : undefined;
    if (catcher === undefined) return close({ status: 'FAILED', ...details });
    const errorOutput = { Error: failure.error ?? '', Cause: failure.cause ?? '' };
    inspection['errorDetails'] = { catchIndex };
    const output = await succeed(catcher, errorOutput, { errorOutput });
    return close({ status: 'CAUGHT_ERROR', ...details, nextState: catcher.next, output });
  }
}

function loadOne({ definition, stateName }: TestStateInput): State {
  const json: unknown = typeof definition === 'string' ? JSON.parse(definition) : definition;
  const isMachine = isObject(json) && 'States' in json;
  const name = stateName ?? anonymous;
  const machine = isMachine ? json : { StartAt: name, States: { [name]: json } };
  const state = loadStateMachine(machine, { forTestState: true }).states.get(name);
  if (state === undefined) throw new Error(`The definition has no state '${name}'`);
  return state;
}

async function unused(): Promise<never> {
  return unusedNow();
}

function unusedNow(): never {
  throw new Error('testState runs no task and no inner workflow');
}

function prepare(request: TestStateInput, state: State): { run: Run; visit: Visit } {
  const scheduler = skippingScheduler(startMs);
  const input = request.input ?? {};
  const startTime = new Date(startMs).toISOString();
  const arn = 'arn:aws:states:us-east-1:123456789012';
  const run: Run = {
    scheduler,
    history: new History(
      () => startMs,
      () => {
        throw new Error('testState keeps no history');
      },
    ),
    host: { nowMs: () => startMs, random: () => 0.5 },
    task: unused,
    tokens: new TokenRegistry(),
    mapRuns: { readItems: unused, startChild: unusedNow },
    executionArn: `${arn}:express:test:test`,
    context: {
      Execution: {
        Id: `${arn}:express:test:test`,
        Input: input,
        Name: 'test',
        RoleArn: 'arn:aws:iam::123456789012:role/test',
        StartTime: startTime,
      },
      StateMachine: { Id: `${arn}:stateMachine:test`, Name: 'test' },
      ...request.context,
    },
    visited: [],
    counts: { statesEntered: 0, retries: 0 },
    current: new Set(),
    checked: new WeakSet(),
    isOver: () => false,
    runWorkflow: unused,
  };
  const visit: Visit = {
    state,
    input,
    frame: { chain: { lastEventId: 0 }, scope: new AbortScope(), variables: request.variables ?? {} },
    enteredEventId: 0,
    enteredTime: startTime,
    record: { name: state.name, type: state.type, input, exited: false },
    retryCount: request.stateConfiguration?.retrierRetryCount ?? 0,
  };
  return { run, visit };
}

interface Once {
  result: Result;
  fallback: unknown;
  more: { result?: unknown };
  next: string | undefined;
}

async function runOnce(
  run: Run,
  visit: Visit,
  request: TestStateInput,
  inspection: Record<string, unknown>,
): Promise<Once> {
  const { state, input } = visit;
  const through = (next: string | undefined, result: Result = state): Once => ({
    result,
    fallback: input,
    more: {},
    next,
  });
  if (state.type === 'Fail') throw await failState(run, visit, state);
  if (state.type === 'Succeed') return through(undefined);
  if (state.type === 'Choice') {
    const { next, result } = await chooseRule(run, visit, state);
    return through(next, result);
  }
  if (state.type === 'Wait') await waitState({ ...run, scheduler: skippingNow() }, visit, state);
  if (state.type === 'Wait' || state.type === 'Pass') return through(state.next);

  if (state.type !== 'Map' && state.arguments !== undefined) {
    const args = await evaluateTemplate(state.arguments, bindingsOf(run, visit), 'Arguments');
    if (state.type === 'Task') inspection['afterArguments'] = args;
  }
  const checkFailures = state.type === 'Map' ? await inspectMap(run, visit, state, request, inspection) : undefined;
  const { mock } = request;
  if (mock?.errorOutput !== undefined) throw new StateFailure(mock.errorOutput.error, mock.errorOutput.cause);
  checkFailures?.();
  if (mock?.result === undefined) throw new Error(`State '${state.name}' is a ${state.type}: testState needs a mock`);
  const result = JSON.parse(mock.result) as unknown;
  if (state.type === 'Task') inspection['result'] = result;
  return { result: state, fallback: result, more: { result }, next: state.next };
}

/** Waits end at once: TestState doesn't wait. */
function skippingNow(): Run['scheduler'] {
  const clock = skippingScheduler(startMs);
  return { ...clock, park: (subscribe) => new Promise((resolve, reject) => subscribe(resolve, reject)) };
}

/** Evaluates a Map's fields; the returned check throws when more iterations failed than the state tolerates. */
async function inspectMap(
  run: Run,
  visit: Visit,
  state: MapState,
  request: TestStateInput,
  inspection: Record<string, unknown>,
): Promise<() => void> {
  const bindings = bindingsOf(run, visit);
  const items = await itemsOf(visit, state, request, bindings);
  const count = await mapNumber(state.toleratedFailureCount, bindings, 'ToleratedFailureCount');
  const percentage = await mapNumber(state.toleratedFailurePercentage, bindings, 'ToleratedFailurePercentage');
  inspection['maxConcurrency'] = await mapNumber(state.maxConcurrency, bindings, 'MaxConcurrency');
  if (state.toleratedFailureCount !== undefined) inspection['toleratedFailureCount'] = count;
  if (state.toleratedFailurePercentage !== undefined) inspection['toleratedFailurePercentage'] = percentage;
  const selected = await selectItems(run, visit, state, items);
  if (state.itemSelector !== undefined) inspection['afterItemSelector'] = selected;
  const batcher = state.distributed?.itemBatcher;
  if (batcher !== undefined) {
    const batches = await evaluateBatches(batcher, bindings, selected);
    inspection['afterItemBatcher'] = batches.map(({ input }) => input);
  }
  const failures = request.stateConfiguration?.mapIterationFailureCount ?? 0;
  return () => {
    // A Map that declares no threshold is not measured against one (as recorded).
    const isOver =
      (state.toleratedFailureCount !== undefined && failures > count) ||
      (state.toleratedFailurePercentage !== undefined && (failures / Math.max(1, items.length)) * 100 > percentage);
    if (isOver) {
      throw new StateFailure(
        'States.ExceedToleratedFailureThreshold',
        'The specified tolerated failure threshold was exceeded',
      );
    }
  };
}

async function itemsOf(visit: Visit, state: MapState, request: TestStateInput, bindings: Bindings): Promise<Item[]> {
  const { items, distributed } = state;
  if (items !== undefined && distributed !== undefined) return evaluateItems(items, bindings);
  if (items !== undefined) return itemsIn(await evaluateTyped(items, bindings, 'Items', 'array')) ?? [];
  const reader = distributed?.itemReader;
  const read = request.stateConfiguration?.mapItemReaderData;
  if (reader === undefined || read === undefined) return Array.isArray(visit.input) ? (itemsIn(visit.input) ?? []) : [];
  return parseDataset(read, reader.inputType).slice(0, await evaluateMaxItems(reader, bindings));
}

/** Without the "An error occurred while executing the state …" that causes have in a real execution. */
function asFailure(error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  if (error instanceof EvaluationFault) return new StateFailure('States.QueryEvaluationError', error.message);
  if (error instanceof RuntimeFault) return new StateFailure(error.error, error.message);
  throw error;
}

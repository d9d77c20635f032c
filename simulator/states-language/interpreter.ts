/** Runs the states of a workflow one after the other: entry, body, retries, catchers, Assign and Output, exit. */

import { recordStateFailed, toFailure } from './failures.ts';
import type { StateFailure } from './faults.ts';
import { runMap, runParallel } from './branches.ts';
import { runDistributedMap } from './distributed-map.ts';
import { chooseRule, failState, waitState } from './simple-states.ts';
import type { MapState, ParallelState, Result, State, TaskState, Workflow } from './model.ts';
import { matches, retryDelayMs } from './retry.ts';
import { bindingsOf, checkSize, type Frame, type Run, sleep, type Visit, type VisitedState } from './run.ts';
import { runTask } from './task.ts';
import { evaluateTemplate } from './template.ts';

/** Resolves with the output of the last state. Throws StateFailure when a state fails, Halted when the scope ends. */
export async function runWorkflow(run: Run, workflow: Workflow, input: unknown, frame: Frame): Promise<unknown> {
  let name: string | undefined = workflow.startAt;
  let value = input;
  while (name !== undefined) {
    frame.scope.check();
    const state = workflow.states.get(name);
    // The loader checked every transition.
    if (state === undefined) throw new Error(`No state named '${name}'`);
    ({ output: value, next: name } = await runState(run, state, value, frame));
  }
  return value;
}

/** Where a state leads. */
interface Step {
  output: unknown;
  /** Absent at the end of the workflow. */
  next: string | undefined;
}

async function runState(run: Run, state: State, input: unknown, frame: Frame): Promise<Step> {
  const enteredEventId = run.history.add(frame.chain, `${state.type}StateEntered`, { name: state.name, input });
  const record: VisitedState = { name: state.name, type: state.type, input, exited: false };
  const enteredTime = new Date(run.scheduler.nowMs()).toISOString();
  const visit: Visit = { state, input, frame, enteredEventId, enteredTime, record, retryCount: 0 };
  run.visited.push(record);
  run.counts.statesEntered += 1;
  run.current.add(visit);
  frame.visit = visit;

  const { output, next, assigned } = await attempt(run, visit);
  if (assigned !== undefined) frame.variables = { ...frame.variables, ...assigned };
  record.exited = true;
  record.output = output;
  if (assigned !== undefined) record.assignedVariables = assigned;
  run.history.add(frame.chain, `${state.type}StateExited`, {
    name: state.name,
    output,
    ...(assigned === undefined ? {} : { assignedVariables: assigned }),
  });
  run.current.delete(visit);
  return { output, next };
}

type Concluded = Step & { assigned: Readonly<Record<string, unknown>> | undefined };

/** Runs the body until it succeeds, a catcher takes its failure, or nothing handles it. */
async function attempt(run: Run, visit: Visit): Promise<Concluded> {
  const { state, frame } = visit;
  const retriesOf = new Map<number, number>();
  for (;;) {
    try {
      return await runBody(run, visit);
    } catch (error) {
      const failure = toFailure(run, visit, error);
      const index = 'retry' in state ? state.retry.findIndex(({ errorEquals }) => matches(errorEquals, failure)) : -1;
      const retrier = 'retry' in state ? state.retry[index] : undefined;
      const retries = retriesOf.get(index) ?? 0;
      if (retrier !== undefined && retries < retrier.maxAttempts) {
        retriesOf.set(index, retries + 1);
        visit.retryCount += 1;
        run.counts.retries += 1;
        await sleep(
          run,
          frame.scope,
          retryDelayMs(retrier, retries, () => run.host.random()),
        );
        continue;
      }
      return await handle(run, visit, failure);
    }
  }
}

/** The catcher's Assign and Output, or the failure again. */
async function handle(run: Run, visit: Visit, failure: StateFailure): Promise<Concluded> {
  const { state } = visit;
  const catcher = 'catch' in state ? state.catch.find(({ errorEquals }) => matches(errorEquals, failure)) : undefined;
  // Recorded: a Map's failure also when it is caught, a Parallel's only when it isn't.
  if (state.type === 'Map' || catcher === undefined) recordStateFailed(run, visit, failure);
  if (catcher === undefined) throw failure;
  const errorOutput = { Error: failure.error ?? '', Cause: failure.cause ?? '' };
  try {
    return { ...(await conclude(run, visit, catcher, errorOutput, { errorOutput })), next: catcher.next };
  } catch (error) {
    // A catcher that can't be evaluated fails the state; the state's catchers don't see that failure.
    const second = toFailure(run, visit, error);
    recordStateFailed(run, visit, second);
    throw second;
  }
}

async function runBody(run: Run, visit: Visit): Promise<Concluded> {
  const { state, input } = visit;
  if (state.type === 'Fail') throw await failState(run, visit, state);
  if (state.type === 'Choice') {
    const { next, result } = await chooseRule(run, visit, state);
    return { ...(await conclude(run, visit, result, input)), next };
  }
  if (state.type === 'Wait') await waitState(run, visit, state);
  const next = state.type === 'Succeed' ? undefined : state.next;
  if (state.type === 'Pass' || state.type === 'Succeed' || state.type === 'Wait') {
    return { ...(await conclude(run, visit, state, input)), next };
  }
  const result = await resultOf(run, visit, state);
  return { ...(await conclude(run, visit, state, result, { result })), next };
}

async function resultOf(run: Run, visit: Visit, state: TaskState | ParallelState | MapState): Promise<unknown> {
  if (state.type === 'Task') return runTask(run, visit, state);
  if (state.type === 'Parallel') return runParallel(run, visit, state);
  const { distributed } = state;
  return distributed === undefined ? runMap(run, visit, state) : runDistributedMap(run, visit, state, distributed);
}

/** Evaluates Assign and Output, both on the variables as they were; without Output, `fallback` is the output. */
export async function conclude(
  run: Run,
  visit: Visit,
  { place, assign, output }: Result,
  fallback: unknown,
  more: { result?: unknown; errorOutput?: unknown } = {},
): Promise<Omit<Concluded, 'next'>> {
  let assigned: Record<string, unknown> | undefined;
  let value = fallback;
  if (assign !== undefined || output !== undefined) {
    const bindings = bindingsOf(run, visit, more);
    if (assign !== undefined) {
      assigned = (await evaluateTemplate(assign, bindings, `${place}Assign`)) as Record<string, unknown>;
      checkSize(run, assigned, visit.state.name);
    }
    if (output !== undefined) value = await evaluateTemplate(output, bindings, `${place}Output`);
  }
  checkSize(run, value, visit.state.name);
  return { output: value, assigned };
}

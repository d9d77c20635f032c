/** Parallel and inline Map: workflows inside a state, each an activity of its own, joined by the state. */

import { toFailure } from './failures.ts';
import { EvaluationFault, Halted, StateFailure } from './faults.ts';
import { typeName } from './jsonata.ts';
import type { MapState, ParallelState, Workflow } from './model.ts';
import { type AbortScope, bindingsOf, checkSize, type Frame, type Run, type Visit } from './run.ts';
import { evaluateTemplate, evaluateTyped } from './template.ts';

/** An inline Map runs at most this many iterations at once, whatever MaxConcurrency says [DG state-map-inline]. */
const inlineConcurrencyMax = 40;

/** Runs all branches at once on the same input; resolves with their outputs in the order of the branches. */
export async function runParallel(run: Run, visit: Visit, state: ParallelState): Promise<unknown[]> {
  const { chain } = visit.frame;
  const input =
    state.arguments === undefined
      ? visit.input
      : await evaluateTemplate(state.arguments, bindingsOf(run, visit), 'Arguments');
  checkSize(run, input, state.name);
  run.history.add(chain, 'ParallelStateStarted');
  const outputs = await join(run, visit, state.branches.length, state.branches.length, (index, frame) =>
    run.runWorkflow(state.branches[index] as Workflow, input, frame),
  );
  run.history.addAside(chain, 'ParallelStateSucceeded');
  return outputs;
}

/** Runs the item processor for each item; resolves with the outputs in the order of the items. */
export async function runMap(run: Run, visit: Visit, state: MapState): Promise<unknown[]> {
  const { chain } = visit.frame;
  const { items, maxConcurrency, toleratedFailures } = await mapFields(run, visit, state);
  run.history.add(chain, 'MapStateStarted', { length: items.length });
  const outputs = await join(
    run,
    visit,
    items.length,
    maxConcurrency,
    (index, frame) => runIteration(run, visit, state, items[index], index, frame, toleratedFailures),
    (index) => ({ type: 'MapIterationAborted', details: { name: state.name, index } }),
  );
  run.history.addAside(chain, 'MapStateSucceeded');
  return outputs;
}

/** The evaluated fields of a Map, checked. */
export interface MapFields {
  items: unknown[];
  /** How many iterations run at once. */
  maxConcurrency: number;
  toleratedFailures: boolean;
}

async function mapFields(run: Run, visit: Visit, state: MapState): Promise<MapFields> {
  const bindings = bindingsOf(run, visit);
  const limit = await mapNumber(state.maxConcurrency, bindings, 'MaxConcurrency');
  const count = await mapNumber(state.toleratedFailureCount, bindings, 'ToleratedFailureCount');
  const percentage = await mapNumber(state.toleratedFailurePercentage, bindings, 'ToleratedFailurePercentage');
  const items =
    state.items === undefined ? inputItems(visit.input) : await evaluateTyped(state.items, bindings, 'Items', 'array');
  return {
    items,
    maxConcurrency: limit === 0 ? inlineConcurrencyMax : Math.min(limit, inlineConcurrencyMax),
    toleratedFailures: count > 0 || percentage > 0,
  };
}

/** A number from 0; 0 for an absent field. */
export async function mapNumber(
  template: MapState['maxConcurrency'],
  bindings: ReturnType<typeof bindingsOf>,
  field: 'MaxConcurrency' | 'ToleratedFailureCount' | 'ToleratedFailurePercentage',
): Promise<number> {
  if (template === undefined) return 0;
  const value = await evaluateTyped(template, bindings, field, 'number');
  if (value >= 0 && (Number.isInteger(value) || field === 'ToleratedFailurePercentage')) return value;
  // AWS's wording is not recorded anywhere that we know of.
  throw new EvaluationFault(`The ${field} field must not be negative or fractional but was: ${value}`, field);
}

/** @throws EvaluationFault for anything but an array */
export function inputItems(input: unknown): unknown[] {
  if (typeName(input) === 'array') return input as unknown[];
  throw new EvaluationFault(`Map state input must be an array but was: ${JSON.stringify(input)}`);
}

async function runIteration(
  run: Run,
  visit: Visit,
  state: MapState,
  value: unknown,
  index: number,
  frame: Frame,
  toleratedFailures: boolean,
): Promise<unknown> {
  const mapItem = { Index: index, Value: value };
  frame.mapItem = mapItem;
  const details = { name: state.name, index };
  run.history.add(frame.chain, 'MapIterationStarted', details);
  try {
    const input =
      state.itemSelector === undefined
        ? value
        : await evaluateTemplate(state.itemSelector, bindingsOf(run, visit, {}, mapItem), 'ItemSelector');
    checkSize(run, input, state.name);
    const output = await run.runWorkflow(state.itemProcessor, input, frame);
    frame.scope.check();
    run.history.add(frame.chain, 'MapIterationSucceeded', details);
    return output;
  } catch (thrown) {
    if (thrown instanceof Halted) throw thrown;
    // An ItemSelector that can't be evaluated is the Map's own failure, in the iteration's chain.
    const error = toFailure(run, { ...visit, frame }, thrown);
    // A States.Runtime ends the execution without any …Failed in between (measured by floci).
    if (error.error === 'States.Runtime') throw error;
    run.history.addAside(frame.chain, 'MapIterationFailed', details);
    // AWS takes the fields for an inline Map; what a tolerated failure then leaves in the result is not documented.
    if (toleratedFailures) {
      const message = `A failure tolerated by an inline Map is not implemented: ${error.message}`;
      throw new StateFailure('States.Runtime', message);
    }
    throw error;
  }
}

/**
 * Runs `count` activities, at most `limit` at once, started in order. The first to fail ends the others.
 *
 * @param aborted the event for an activity that is ended by another's failure
 */
async function join(
  run: Run,
  visit: Visit,
  count: number,
  limit: number,
  work: (index: number, frame: Frame) => Promise<unknown>,
  aborted?: (index: number) => { type: string; details: Record<string, unknown> },
): Promise<unknown[]> {
  const outputs = Array.from<unknown>({ length: count });
  if (count === 0) return outputs;
  const { frame } = visit;
  const scope = frame.scope.child();
  const startedAt = frame.chain.lastEventId;
  const live = new Map<number, Frame>();
  let started = 0;
  let left = count;
  await frame.scope.park<void>(run.scheduler, (resolve, reject) => {
    const startNext = () => {
      if (started >= count) return;
      const index = started;
      started += 1;
      const inner = innerFrame(frame, scope, startedAt);
      live.set(index, inner);
      const onOutput = (output: unknown) => {
        if (scope.isAborted) return;
        live.delete(index);
        frame.chain.lastEventId = inner.chain.lastEventId;
        outputs[index] = output;
        left -= 1;
        if (left === 0) resolve();
        else startNext();
      };
      const onError = (error: unknown) => {
        if (scope.isAborted) return;
        // The recorded failures of a Parallel show the failing task as aborted, too.
        const isFailure = error instanceof StateFailure && error.error !== 'States.Runtime';
        if (isFailure && aborted === undefined && inner.visit?.state.type === 'Task') recordAborted(run, inner);
        if (inner.visit !== undefined) run.current.delete(inner.visit);
        live.delete(index);
        frame.chain.lastEventId = inner.chain.lastEventId;
        reject(error);
      };
      const activity = async () => {
        scope.check();
        return work(index, inner);
      };
      // Recording an event may end the execution; the wait is over then, and so is this.
      run.scheduler.spawn(activity).then(onOutput, onError).catch(reject);
    };
    for (let slot = 0; slot < Math.min(limit, count); slot += 1) startNext();
    return () => {
      scope.abort();
      for (const [index, inner] of live) if (!run.isOver()) abandon(run, inner, aborted?.(index));
    };
  });
  return outputs;
}

function innerFrame(frame: Frame, scope: AbortScope, startedAt: number): Frame {
  return {
    chain: { lastEventId: startedAt },
    scope,
    variables: frame.variables,
    ...(frame.mapItem === undefined ? {} : { mapItem: frame.mapItem }),
  };
}

/** These have an event for being interrupted [SDK HistoryEventType]. */
const abortable = new Set(['Task', 'Wait', 'Parallel', 'Map']);

/** Records how a chain was interrupted by another's failure. */
function abandon(run: Run, frame: Frame, event: { type: string; details: Record<string, unknown> } | undefined): void {
  const { visit } = frame;
  try {
    if (visit !== undefined && run.current.has(visit) && abortable.has(visit.state.type)) recordAborted(run, frame);
    if (event !== undefined) run.history.addAside(frame.chain, event.type, event.details);
  } catch (error) {
    // The history was full: the execution is over.
    if (!(error instanceof Halted)) throw error;
  }
  if (visit !== undefined) run.current.delete(visit);
}

function recordAborted(run: Run, frame: Frame): void {
  if (frame.visit === undefined) return;
  run.history.addAside(frame.chain, `${frame.visit.state.type}StateAborted`, { name: frame.visit.state.name });
}

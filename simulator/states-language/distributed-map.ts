/**
 * Distributed Map: a Map Run, whose children are executions with histories of their own.
 *
 * Order of the parent's events: recorded (test/conformance). What fails a run, and what a tolerated failure leaves in
 * the result: measured by sfnx (iwamot/sfnx, docs/design.md, read 2026-11); the cause is the one that TestState answered.
 */

import { inputItems, mapNumber } from './branches.ts';
import { batches, type Item, itemReaderFailed, itemsIn, parseDataset, plainInput } from './dataset.ts';
import { failureDetails, toFailure } from './failures.ts';
import { EvaluationFault, Halted, StateFailure, TaskFailure } from './faults.ts';
import { uuidFrom } from './functions.ts';
import type { Bindings } from './jsonata.ts';
import type { ChildEnd, ChildExecution, ChildStart } from './map-run.ts';
import type { DistributedMap, ItemBatcher, ItemReader, MapState, StateMachine } from './model.ts';
import { transmit } from './payload.ts';
import { bindingsOf, checkSize, type Run, type Visit } from './run.ts';
import { evaluateTemplate, evaluateTyped, type Template } from './template.ts';

/** Children of one Map Run at once, whatever MaxConcurrency says [DG state-map-distributed, service-quotas]. */
const childrenMax = 10_000;

/** An Express child runs no longer than this [DG choosing-workflow-type]. */
const expressSeconds = 300;

/** Runs the Map Run; resolves with the children's outputs in the order of the items. */
export async function runDistributedMap(
  run: Run,
  visit: Visit,
  state: MapState,
  distributed: DistributedMap,
): Promise<unknown[]> {
  const { chain } = visit.frame;
  const { itemReader } = distributed;
  const limits = await evaluateLimits(run, visit, state);
  const given = itemReader === undefined ? await givenItems(run, visit, state) : undefined;
  // With an ItemReader nothing has been read yet.
  run.history.add(chain, 'MapStateStarted', { length: given?.length ?? 0 });
  const mapRun = newMapRun(run, state, distributed);
  run.history.add(chain, 'MapRunStarted', { mapRunArn: mapRun.mapRunArn });
  const outputs = await recordFailure(run, visit, async () => {
    authorize(run, mapRun.mapRunArn);
    const items = given ?? (await readItems(run, visit, itemReader as ItemReader));
    const children = await childInputs(run, visit, state, items);
    const results = await runChildren(run, visit, mapRun, children, limits);
    // [?] Whether AWS fails the Map Run, too, or only the state.
    checkSize(run, results, state.name);
    return results;
  });
  run.history.addAside(chain, 'MapRunSucceeded');
  run.history.addAside(chain, 'MapStateSucceeded');
  return outputs;
}

async function recordFailure<T>(run: Run, visit: Visit, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Halted) throw thrown;
    const failure = toFailure(run, visit, thrown);
    run.history.add(visit.frame.chain, 'MapRunFailed', failureDetails(failure));
    throw failure;
  }
}

/** [?] The name under which AWS reports that the role may not start the children. */
function authorize(run: Run, mapRunArn: string): void {
  try {
    run.mapRuns.authorize?.(mapRunArn);
  } catch (error) {
    if (error instanceof TaskFailure) throw new StateFailure('States.Permissions', error.cause);
    throw error;
  }
}

interface Limits {
  maxConcurrency: number;
  /** 0: not set. */
  toleratedCount: number;
  toleratedPercentage: number;
}

async function evaluateLimits(run: Run, visit: Visit, state: MapState): Promise<Limits> {
  const bindings = bindingsOf(run, visit);
  const limit = await mapNumber(state.maxConcurrency, bindings, 'MaxConcurrency');
  return {
    maxConcurrency: limit === 0 ? childrenMax : Math.min(limit, childrenMax),
    toleratedCount: await mapNumber(state.toleratedFailureCount, bindings, 'ToleratedFailureCount'),
    toleratedPercentage: await mapNumber(state.toleratedFailurePercentage, bindings, 'ToleratedFailurePercentage'),
  };
}

async function givenItems(run: Run, visit: Visit, { items }: MapState): Promise<Item[]> {
  if (items === undefined) return inputItems(visit.input).map((value) => ({ value }));
  return evaluateItems(items, bindingsOf(run, visit));
}

/** Items of a distributed Map: an array, or an object. */
export async function evaluateItems(template: Template, bindings: Bindings): Promise<Item[]> {
  const items = itemsIn(await evaluateTemplate(template, bindings, 'Items'));
  // Anything else fails as it does for an inline Map.
  return items ?? evaluateTyped(template, bindings, 'Items', 'array').then((values) => itemsIn(values) ?? []);
}

async function readItems(run: Run, visit: Visit, reader: ItemReader): Promise<Item[]> {
  const bindings = bindingsOf(run, visit);
  const place = 'ItemReader/Arguments';
  const args = reader.arguments === undefined ? {} : await evaluateTemplate(reader.arguments, bindings, place);
  const itemsMax = await evaluateMaxItems(reader, bindings);
  const { name } = visit.state;
  let read: unknown;
  try {
    read = await run.mapRuns.readItems({
      action: reader.action,
      arguments: transmit(args, name),
      stateName: name,
    });
  } catch (error) {
    if (error instanceof TaskFailure) throw itemReaderFailed(error.cause);
    throw error;
  }
  visit.frame.scope.check();
  const items = typeof read === 'string' ? parseDataset(read, reader.inputType) : itemsIn(read);
  if (items === undefined) throw new Error(`The item reader of '${name}' gave neither text nor a list`);
  return items.slice(0, itemsMax);
}

/** Undefined: all. 0 is as good as absent in localstack's interpreter; nothing of AWS's is recorded [?]. */
export async function evaluateMaxItems(reader: ItemReader, bindings: Bindings): Promise<number | undefined> {
  const itemsMax = await wholeNumber(reader.maxItems, bindings, 'ItemReader/ReaderConfig/MaxItems', 0);
  return itemsMax === 0 ? undefined : itemsMax;
}

async function wholeNumber(
  template: Template | undefined,
  bindings: Bindings,
  field: string,
  min: number,
): Promise<number | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluateTyped(template, bindings, field, 'number');
  if (Number.isInteger(value) && value >= min) return value;
  // [?] AWS's wording is not recorded anywhere that we know of.
  throw new EvaluationFault(`The ${field} field must be an integer from ${min} but was: ${value}`, field);
}

/** A child's input, and how many items it is made of: a failed batch counts each of its items. */
interface ChildInput {
  input: unknown;
  items: number;
}

async function childInputs(
  run: Run,
  visit: Visit,
  state: MapState,
  items: readonly Item[],
): Promise<readonly ChildInput[]> {
  const selected = await selectItems(run, visit, state, items);
  const batcher = state.distributed?.itemBatcher;
  if (batcher === undefined) return selected.map((input) => ({ input, items: 1 }));
  return evaluateBatches(batcher, bindingsOf(run, visit), selected);
}

/** `Map.Item` exists here, and not in the children (DG input-output-contextobject; floci, sfnx). */
export async function selectItems(
  run: Run,
  visit: Visit,
  { itemSelector }: MapState,
  items: readonly Item[],
): Promise<unknown[]> {
  if (itemSelector === undefined) return items.map((item) => plainInput(item));
  const selected: unknown[] = [];
  for (const [index, { key, value }] of items.entries()) {
    const mapItem = { Index: index, ...(key === undefined ? {} : { Key: key }), Value: value };
    selected.push(await evaluateTemplate(itemSelector, bindingsOf(run, visit, {}, mapItem), 'ItemSelector'));
  }
  return selected;
}

export async function evaluateBatches(
  batcher: ItemBatcher,
  bindings: Bindings,
  items: readonly unknown[],
): Promise<readonly ChildInput[]> {
  const { maxItemsPerBatch, maxInputBytesPerBatch, batchInput } = batcher;
  return batches(items, {
    itemsMax: await wholeNumber(maxItemsPerBatch, bindings, 'ItemBatcher/MaxItemsPerBatch', 1),
    bytesMax: await wholeNumber(maxInputBytesPerBatch, bindings, 'ItemBatcher/MaxInputBytesPerBatch', 1),
    batchInput:
      batchInput === undefined
        ? undefined
        : { value: await evaluateTemplate(batchInput, bindings, 'ItemBatcher/BatchInput') },
  });
}

type MapRun = Pick<ChildStart, 'machine' | 'mapRunArn' | 'stateMachineArn' | 'executionType' | 'stateName'>;

/** ARNs: SDK sfn, DescribeMapRun and DescribeExecution; DG concepts-examine-map-run. */
function newMapRun(run: Run, state: MapState, { executionType, label }: DistributedMap): MapRun {
  const parts = run.executionArn.split(':');
  const prefix = parts.slice(0, 5).join(':');
  const [machineName = ''] = (parts[6] ?? '').split('/');
  const labelled = `${machineName}/${label ?? uuidFrom(() => run.host.random())}`;
  const machine: StateMachine = {
    ...state.itemProcessor,
    definition: undefined,
    ...(executionType === 'EXPRESS' ? { timeoutSeconds: expressSeconds } : {}),
  };
  return {
    machine,
    executionType,
    stateName: state.name,
    stateMachineArn: `${prefix}:stateMachine:${labelled}`,
    mapRunArn: `${prefix}:mapRun:${labelled}:${uuidFrom(() => run.host.random())}`,
  };
}

/** Starts the children in the order of the items; the first failure that isn't tolerated ends the others. */
async function runChildren(
  run: Run,
  visit: Visit,
  mapRun: MapRun,
  children: readonly ChildInput[],
  limits: Limits,
): Promise<unknown[]> {
  const outputs = Array.from<unknown>({ length: children.length });
  const total = children.reduce((sum, { items }) => sum + items, 0);
  if (children.length === 0) return outputs;
  const { scope, chain } = visit.frame;
  const live = new Map<number, ChildExecution>();
  await scope.park<void>(run.scheduler, (resolve, reject) => {
    let isOver = false;
    let started = 0;
    let left = children.length;
    let failedItems = 0;
    const onEnd = (index: number, { items }: ChildInput, end: ChildEnd) => {
      if (isOver) return;
      live.delete(index);
      outputs[index] = outputOf(end);
      left -= 1;
      if (end.status !== 'SUCCEEDED') failedItems += items;
      if (exceeds(failedItems, total, limits)) {
        reject(
          new StateFailure(
            'States.ExceedToleratedFailureThreshold',
            'The specified tolerated failure threshold was exceeded',
          ),
        );
      } else if (left === 0) resolve();
      else startNext();
    };
    const startNext = () => {
      const index = started;
      const child = children[index];
      if (child === undefined) return;
      started += 1;
      try {
        const execution = startChild(run, mapRun, child.input, (end) => onEnd(index, child, end));
        live.set(index, execution);
        execution.result.catch(reject);
      } catch (error) {
        reject(error);
      }
    };
    for (let slot = 0; slot < Math.min(limits.maxConcurrency, children.length); slot += 1) startNext();
    return () => {
      isOver = true;
      // [?] AWS lets Express children run on: nobody would hear of them.
      for (const execution of live.values()) execution.stop();
      if (scope.isAborted && !run.isOver()) abortMapRun(run, chain);
    };
  });
  return outputs;
}

function startChild(run: Run, mapRun: MapRun, input: unknown, onEnd: (end: ChildEnd) => void): ChildExecution {
  const { stateMachineArn, executionType } = mapRun;
  const name = uuidFrom(() => run.host.random());
  const executionArn =
    executionType === 'STANDARD'
      ? `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`
      : `${stateMachineArn.replace(':stateMachine:', ':express:')}:${name}:${uuidFrom(() => run.host.random())}`;
  return run.mapRuns.startChild({ ...mapRun, name, input, executionArn, onEnd });
}

/** A branch beside this one has failed. */
function abortMapRun(run: Run, chain: Visit['frame']['chain']): void {
  try {
    run.history.addAside(chain, 'MapRunAborted');
  } catch (error) {
    // The history was full: the execution is over.
    if (!(error instanceof Halted)) throw error;
  }
}

/** A child that failed takes its place with its error. [?] How AWS writes one that was stopped or timed out. */
function outputOf({ status, output, error, cause }: ChildEnd): unknown {
  if (status === 'SUCCEEDED') return output;
  return {
    Status: status,
    ...(error === undefined ? {} : { Error: error }),
    ...(cause === undefined ? {} : { Cause: cause }),
  };
}

/** Without a threshold any failed item is too many; one of 0 counts as not set. */
function exceeds(failed: number, total: number, { toleratedCount, toleratedPercentage }: Limits): boolean {
  if (toleratedCount === 0 && toleratedPercentage === 0) return failed > 0;
  return (
    (toleratedCount > 0 && failed > toleratedCount) ||
    (toleratedPercentage > 0 && failed * 100 > toleratedPercentage * total)
  );
}

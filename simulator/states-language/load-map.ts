/**
 * Loads the fields of a Map, inline and distributed.
 *
 * Fields and limits: Step Functions guide state-map-inline, state-map-distributed, input-output-itemreader,
 * input-output-itembatcher. That labels are unique (DUPLICATE_LABEL_NAME) was measured by sfnx (iwamot/sfnx,
 * docs/design.md, read 2026-11).
 */

import { type Checker, isObject, type Json } from './checker.ts';
import { isText, isWhole, isWithin, present, type StateContext } from './load-context.ts';
import type { DistributedMap, ItemBatcher, ItemReader, MapState, Result, State, Workflow } from './model.ts';
import { payloadBytesMax } from './payload.ts';

export const distributedFields = ['ItemReader', 'ItemBatcher', 'ResultWriter'];

/** The most that ReaderConfig.MaxItems may be, and what an absent one means. */
export const itemsMax = 100_000_000;

export function mapFields(
  json: Json,
  path: string,
  context: StateContext,
): Omit<MapState, keyof Result | 'type' | 'name' | 'next' | 'retry' | 'catch'> {
  const { checker } = context;
  const processor = checker.required(json, path, 'ItemProcessor');
  const processorPath = `${path}/ItemProcessor`;
  let executionType: DistributedMap['executionType'] | undefined;
  let itemProcessor: Workflow = { startAt: '', states: new Map() };
  if (isObject(processor)) {
    checker.fields(processor, processorPath, ['ProcessorConfig', 'StartAt', 'States', 'Comment']);
    executionType = executionTypeOf(processor, processorPath, checker);
    itemProcessor = context.loadWorkflow(processor, processorPath);
    if (executionType === 'EXPRESS') checkExpress(itemProcessor, processorPath, checker);
  } else if (processor !== undefined) checker.report('Expected value of type [OBJECT]', processorPath);
  const count = (field: string) =>
    checker.typedTemplate(json, path, field, 'an integer from 0', isWhole(0, Number.MAX_SAFE_INTEGER));
  return {
    itemProcessor,
    ...present('distributed', distributedMap(json, path, executionType, context)),
    ...present('items', items(json, path, executionType, checker)),
    ...present('itemSelector', checker.template(json, path, 'ItemSelector')),
    ...present('maxConcurrency', count('MaxConcurrency')),
    ...present('toleratedFailureCount', count('ToleratedFailureCount')),
    ...present(
      'toleratedFailurePercentage',
      checker.typedTemplate(json, path, 'ToleratedFailurePercentage', 'a number from 0 to 100', isWithin(0, 100)),
    ),
  };
}

/** A distributed Map takes an object, too: its entries are the items (measured by sfnx). */
function items(json: Json, path: string, executionType: string | undefined, checker: Checker) {
  if (json['Items'] !== undefined && json['ItemReader'] !== undefined) {
    checker.report(`Only one of 'Items' and 'ItemReader' is allowed`, path);
  }
  return executionType === undefined
    ? checker.typedTemplate(json, path, 'Items', 'an array', Array.isArray)
    : checker.template(json, path, 'Items');
}

/** Undefined for an inline Map. */
function executionTypeOf(processor: Json, path: string, checker: Checker): DistributedMap['executionType'] | undefined {
  const config = processor['ProcessorConfig'];
  if (config === undefined) return undefined;
  const configPath = `${path}/ProcessorConfig`;
  if (!isObject(config)) {
    checker.report('Expected value of type [OBJECT]', configPath);
    return undefined;
  }
  const mode = checker.oneOf(config, configPath, 'Mode', ['INLINE', 'DISTRIBUTED']) ?? 'INLINE';
  checker.fields(config, configPath, mode === 'INLINE' ? ['Mode'] : ['Mode', 'ExecutionType']);
  if (mode === 'INLINE') return undefined;
  checker.required(config, configPath, 'ExecutionType');
  return checker.oneOf(config, configPath, 'ExecutionType', ['STANDARD', 'EXPRESS']) ?? 'STANDARD';
}

/** Express children know neither jobs, tokens nor Map Runs of their own [DG choosing-workflow-type]. */
function checkExpress(workflow: Workflow, path: string, checker: Checker): void {
  const visit = (state: State): void => {
    const statePath = `${path}/States/${state.name}`;
    if (state.type === 'Task' && state.integration.pattern !== 'request-response') {
      checker.report(`Express workflows do not support '${state.resource}'`, `${statePath}/Resource`);
    }
    if (state.type === 'Map' && state.distributed !== undefined) {
      checker.report('Express workflows do not support Maps in distributed mode', statePath);
    }
    if (state.type === 'Map') for (const inner of state.itemProcessor.states.values()) visit(inner);
    if (state.type === 'Parallel') {
      for (const branch of state.branches) for (const inner of branch.states.values()) visit(inner);
    }
  };
  for (const state of workflow.states.values()) visit(state);
}

function distributedMap(
  json: Json,
  path: string,
  executionType: DistributedMap['executionType'] | undefined,
  context: StateContext,
): DistributedMap | undefined {
  const { checker } = context;
  const label = labelOf(json, path, context);
  if (executionType === undefined) {
    for (const field of distributedFields) {
      if (json[field] !== undefined) {
        checker.report(`Field '${field}' is only supported for a Map in DISTRIBUTED mode`, `${path}/${field}`);
      }
    }
    return undefined;
  }
  if (json['ResultWriter'] !== undefined && context.options.forTestState !== true) {
    checker.report(
      'ResultWriter is not implemented: have the children write, or return less than 256 KiB',
      `${path}/ResultWriter`,
      'NOT_IMPLEMENTED',
    );
  }
  return {
    executionType,
    ...present('label', label),
    ...present('itemReader', itemReader(json, path, checker)),
    ...present('itemBatcher', itemBatcher(json, path, checker)),
  };
}

/** At most 40 characters that may stand in an ARN. */
function labelOf(json: Json, path: string, { checker, mapLabels }: StateContext): string | undefined {
  const label = checker.string(json, path, 'Label');
  if (label === undefined) return undefined;
  const location = `${path}/Label`;
  if (!/^[^\s?*<>{}[\]:;,\\|^~$#%&`"\p{Cc}]{1,40}$/u.test(label)) {
    checker.report('A Label has 1 to 40 characters, none of them white space or special', location);
  }
  if (mapLabels.has(label)) checker.report(`Label '${label}' is not unique`, location, 'DUPLICATE_LABEL_NAME');
  mapLabels.add(label);
  return label;
}

const readerResource = /^arn:[^:]+:states:[^:]*:[^:]*:s3:(?<action>getObject|listObjectsV2)$/;

function itemReader(json: Json, path: string, checker: Checker): ItemReader | undefined {
  const reader = json['ItemReader'];
  if (reader === undefined) return undefined;
  const readerPath = `${path}/ItemReader`;
  if (!isObject(reader)) {
    checker.report('Expected value of type [OBJECT]', readerPath);
    return undefined;
  }
  checker.fields(reader, readerPath, ['Resource', 'Arguments', 'ReaderConfig']);
  const resource = checker.requiredString(reader, readerPath, 'Resource');
  const action = readerResource.exec(resource)?.groups?.['action'] as ItemReader['action'] | undefined;
  if (action === undefined && resource !== '') {
    checker.report(`The ItemReader's Resource '${resource}' is not supported`, `${readerPath}/Resource`);
  }
  return {
    action: action ?? 'getObject',
    ...readerConfig(reader, readerPath, action ?? 'getObject', checker),
    ...present('arguments', checker.template(reader, readerPath, 'Arguments')),
  };
}

/** Fields that AWS takes and this interpreter doesn't. */
const otherReaderFields = [
  'CSVHeaderLocation',
  'CSVHeaders',
  'CSVDelimiter',
  'ItemsPointer',
  'ManifestType',
  'Transformation',
];

function readerConfig(
  reader: Json,
  readerPath: string,
  action: ItemReader['action'],
  checker: Checker,
): Pick<ItemReader, 'inputType' | 'maxItems'> {
  const path = `${readerPath}/ReaderConfig`;
  const config = reader['ReaderConfig'] ?? {};
  if (!isObject(config)) {
    checker.report('Expected value of type [OBJECT]', path);
    return { inputType: 'JSON' };
  }
  checker.fields(config, path, ['InputType', 'MaxItems', ...otherReaderFields]);
  for (const field of otherReaderFields) {
    if (config[field] !== undefined) {
      checker.report(`ReaderConfig.${field} is not implemented`, `${path}/${field}`, 'NOT_IMPLEMENTED');
    }
  }
  if (action === 'getObject') checker.required(config, path, 'InputType');
  const inputType = checker.oneOf(config, path, 'InputType', ['CSV', 'JSON', 'JSONL', 'PARQUET', 'MANIFEST']);
  const isRead = inputType === undefined || inputType === 'JSON' || inputType === 'JSONL';
  if (!isRead) checker.report(`InputType ${inputType} is not implemented`, `${path}/InputType`, 'NOT_IMPLEMENTED');
  return {
    inputType: inputType === 'JSONL' ? 'JSONL' : 'JSON',
    ...present(
      'maxItems',
      checker.typedTemplate(config, path, 'MaxItems', `an integer from 0 to ${itemsMax}`, isWhole(0, itemsMax)),
    ),
  };
}

function itemBatcher(json: Json, path: string, checker: Checker): ItemBatcher | undefined {
  const batcher = json['ItemBatcher'];
  if (batcher === undefined) return undefined;
  const batcherPath = `${path}/ItemBatcher`;
  if (!isObject(batcher)) {
    checker.report('Expected value of type [OBJECT]', batcherPath);
    return undefined;
  }
  checker.fields(batcher, batcherPath, ['MaxItemsPerBatch', 'MaxInputBytesPerBatch', 'BatchInput']);
  if (batcher['MaxItemsPerBatch'] === undefined && batcher['MaxInputBytesPerBatch'] === undefined) {
    checker.report(`One of 'MaxItemsPerBatch' and 'MaxInputBytesPerBatch' is required`, batcherPath);
  }
  if (isText(batcher['BatchInput']) && !String(batcher['BatchInput']).startsWith('{%')) {
    checker.report('Expected value of type [OBJECT]', `${batcherPath}/BatchInput`);
  }
  const limit = (field: string, max: number) =>
    checker.typedTemplate(batcher, batcherPath, field, `an integer from 1 to ${max}`, isWhole(1, max));
  return {
    ...present('maxItemsPerBatch', limit('MaxItemsPerBatch', itemsMax)),
    ...present('maxInputBytesPerBatch', limit('MaxInputBytesPerBatch', payloadBytesMax)),
    ...present('batchInput', checker.template(batcher, batcherPath, 'BatchInput')),
  };
}

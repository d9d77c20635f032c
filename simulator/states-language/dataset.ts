/** The items of a Distributed Map: from an array or object, from an object's text in S3, and grouped into batches. Pure. */

import { StateFailure } from './faults.ts';
import { payloadBytesMax } from './payload.ts';

export interface Item {
  readonly value: unknown;
  /** Where the dataset is a JSON object: the entry's key. */
  readonly key?: string;
}

/**
 * An array's elements, an object's entries (observed by floci, floci-io/floci#1588, and sfnx); undefined for anything
 * else.
 */
export function itemsIn(value: unknown): Item[] | undefined {
  if (Array.isArray(value)) return value.map((element: unknown) => ({ value: element }));
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).map(([key, member]) => ({ key, value: member as unknown }));
}

/** What the child gets where there is no ItemSelector (measured by sfnx). */
export function plainInput({ key, value }: Item): unknown {
  return key === undefined ? value : { Key: key, Value: value };
}

/** @throws StateFailure States.ItemReaderFailed for text that is no such dataset */
export function parseDataset(text: string, inputType: 'JSON' | 'JSONL'): Item[] {
  const items = itemsIn(inputType === 'JSON' ? parse(text) : lines(text));
  // The wording is localstack's, which compares with recordings of AWS (JSONPath).
  if (items === undefined) throw itemReaderFailed('Attempting to map over non-iterable node.');
  return items;
}

function lines(text: string): unknown[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => parse(line));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // [?] AWS's wording is not recorded anywhere that we know of.
    throw itemReaderFailed(`The dataset is not valid JSON: ${(error as Error).message}`);
  }
}

export function itemReaderFailed(cause: string): StateFailure {
  return new StateFailure('States.ItemReaderFailed', cause);
}

export interface BatchLimits {
  /** Undefined: as many as fit. */
  itemsMax: number | undefined;
  /** Of a child's whole input as JSON in UTF-8. [?] AWS does not say what it counts beside the items. */
  bytesMax: number | undefined;
  batchInput: { readonly value: unknown } | undefined;
}

/**
 * The children's inputs, `{ BatchInput?, Items }`, in the order of the items. An item that is too large for any batch
 * is a batch of its own, whose child then fails where it exceeds 256 KiB [?].
 */
export function batches(items: readonly unknown[], limits: BatchLimits): { input: unknown; items: number }[] {
  const { itemsMax = Infinity, bytesMax = payloadBytesMax, batchInput } = limits;
  const envelope = (group: readonly unknown[]) => ({
    ...(batchInput === undefined ? {} : { BatchInput: batchInput.value }),
    Items: group,
  });
  const emptyBytes = Buffer.byteLength(JSON.stringify(envelope([])));
  const found: unknown[][] = [];
  let group: unknown[] = [];
  let bytes = emptyBytes;
  for (const item of items) {
    const itemBytes = Buffer.byteLength(JSON.stringify(item)) + (group.length === 0 ? 0 : 1);
    if (group.length > 0 && (group.length >= itemsMax || bytes + itemBytes > bytesMax)) {
      found.push(group);
      group = [];
      bytes = emptyBytes;
    }
    bytes += itemBytes;
    group.push(item);
  }
  if (group.length > 0) found.push(group);
  return found.map((batch) => ({ input: envelope(batch), items: batch.length }));
}

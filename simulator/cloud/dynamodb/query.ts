/** Query: one partition of the table or of an index, in order, page by page. */
import { holds, toCondition } from './condition.ts';
import { toKeyCondition } from './key-condition.ts';
import { type ExpressionInput, Placeholders } from './placeholders.ts';
import { toProjection } from './projection.ts';
import { attributesOf, checkKeyValue, picked, type Table } from './table.ts';
import { copiedItem, equal, type Item, itemBytes, takenItem, validation, type Value } from './values.ts';

export interface QueryInput extends ExpressionInput {
  IndexName?: string;
  KeyConditionExpression?: string;
  FilterExpression?: string;
  ProjectionExpression?: string;
  ScanIndexForward?: boolean;
  Limit?: number;
  ExclusiveStartKey?: object;
  ConsistentRead?: boolean;
  Select?: string;
}

export interface Page {
  Items?: Item[];
  Count: number;
  ScannedCount: number;
  LastEvaluatedKey?: Item;
}

const pageBytesMax = 1024 * 1024;

/** @throws AwsError ValidationException */
export function query(table: Table, input: QueryInput, nowMs: number): Page {
  const { IndexName: index = '', KeyConditionExpression, FilterExpression, ProjectionExpression } = input;
  const key = index === '' ? table.schema.key : table.schema.indexes.get(index);
  if (key === undefined) throw validation(`The table does not have the specified index: ${index}`);
  if (index !== '' && input.ConsistentRead === true)
    throw validation('Consistent read cannot be true when querying a GSI');
  if (input.Limit !== undefined && input.Limit < 1) throw validation('Limit must be greater than or equal to 1');
  if (KeyConditionExpression === undefined)
    throw validation('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.');
  const expressions = { KeyConditionExpression, FilterExpression, ProjectionExpression };
  const placeholders = new Placeholders(input, expressions);
  const wanted = toKeyCondition(KeyConditionExpression, placeholders, key);
  const filter =
    FilterExpression === undefined ? undefined : toCondition(FilterExpression, placeholders, 'FilterExpression');
  const project = ProjectionExpression === undefined ? copiedItem : toProjection(ProjectionExpression, placeholders);
  placeholders.finish();
  if (FilterExpression !== undefined)
    refuseKeysInFilter(
      filter,
      attributesOf(key).map(({ name }) => name),
    );

  const pageKey = [...attributesOf(table.schema.key), ...(index === '' ? [] : attributesOf(key))];
  const forward = input.ScanIndexForward !== false;
  const all = table.partition(index, wanted.partition, nowMs);
  let candidates = forward ? all : all.toReversed();
  if (input.ExclusiveStartKey !== undefined) {
    const start = takenItem(input.ExclusiveStartKey);
    if (Object.keys(start).length !== new Set(pageKey.map(({ name }) => name)).size)
      throw validation("Exclusive Start Key must have same size as table's key schema");
    for (const attribute of pageKey) checkKeyValue(start[attribute.name] ?? { NULL: true }, attribute);
    const sort = key.sort && start[key.sort.name];
    const inside = equal(start[key.partition.name] as Value, wanted.partition) && (!sort || wanted.wants(sort));
    if (!inside) throw validation('The provided starting key does not match the range key predicate');
    candidates = candidates.filter((item) => table.order(index, item, start) * (forward ? 1 : -1) > 0);
  }

  const items: Item[] = [];
  let [scanned, bytes] = [0, 0];
  let last: Item | undefined;
  for (const item of candidates) {
    const sort = key.sort && item[key.sort.name];
    if (sort !== undefined && !wanted.wants(sort)) continue;
    if (bytes > pageBytesMax || scanned === input.Limit) break;
    scanned += 1;
    bytes += itemBytes(item);
    if (filter === undefined || holds(filter, item)) items.push(item);
    // Also where nothing follows: DynamoDB stops at the limit without looking further.
    last = bytes > pageBytesMax || scanned === input.Limit ? item : undefined;
  }
  return {
    ...(input.Select !== 'COUNT' && { Items: items.map(project) }),
    Count: items.length,
    ScannedCount: scanned,
    ...(last !== undefined && { LastEvaluatedKey: copiedItem(picked(last, pageKey)) }),
  };
}

function refuseKeysInFilter(filter: unknown, keys: string[]): void {
  const path = (filter as { path?: unknown[] } | null)?.path;
  const [name] = Array.isArray(path) ? path : [];
  if (typeof name === 'string' && keys.includes(name))
    throw validation(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`);
  if (typeof filter !== 'object' || filter === null) return;
  for (const part of Object.values(filter)) refuseKeysInFilter(part, keys);
}

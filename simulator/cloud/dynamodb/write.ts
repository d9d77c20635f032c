/** Writes of one item: what would change, without changing it. Transactions and single calls share it. */
import { AwsError } from '../service.ts';
import { type Condition, holds, toCondition } from './condition.ts';
import { type ExpressionInput, Placeholders } from './placeholders.ts';
import type { Change, Table } from './table.ts';
import { toUpdate, touchedPaths, type Update, updated } from './update.ts';
import { copiedItem, type Item, takenItem, validation } from './values.ts';

export interface WriteInput extends ExpressionInput {
  Key?: object;
  Item?: object;
  ConditionExpression?: string;
  UpdateExpression?: string;
  ReturnValues?: string;
  ReturnValuesOnConditionCheckFailure?: string;
}

export type WriteKind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck';

/** A write that was understood; nothing was looked up yet. */
export interface Write {
  kind: WriteKind;
  table: Table;
  key: Item;
  item?: Item;
  update?: Update;
  condition?: Condition;
  returnValues: string;
  returnOnFailure: boolean;
}

const returnValues: Readonly<Record<WriteKind, readonly string[]>> = {
  Put: ['NONE', 'ALL_OLD'],
  Delete: ['NONE', 'ALL_OLD'],
  Update: ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'],
  ConditionCheck: ['NONE'],
};

/** @throws AwsError ValidationException for everything that is wrong whatever is stored */
export function toWrite(kind: WriteKind, table: Table, input: WriteInput): Write {
  const { ConditionExpression, UpdateExpression, ReturnValues = 'NONE' } = input;
  if (!returnValues[kind].includes(ReturnValues)) throw validation('Return values set to invalid value');
  const placeholders = new Placeholders(
    input,
    kind === 'Update' ? { UpdateExpression, ConditionExpression } : { ConditionExpression },
  );
  const update =
    kind === 'Update' && UpdateExpression !== undefined
      ? toUpdate(UpdateExpression, placeholders, table.schema.key)
      : undefined;
  const condition = ConditionExpression === undefined ? undefined : toCondition(ConditionExpression, placeholders);
  placeholders.finish();

  const item = kind === 'Put' ? takenItem(input.Item ?? {}) : undefined;
  if (item !== undefined) table.checkItem(item);
  const key = item === undefined ? takenItem(input.Key ?? {}) : table.keyOf(item);
  if (item === undefined) table.checkKey(key);
  return {
    kind,
    table,
    key,
    ...(item !== undefined && { item }),
    ...(update !== undefined && { update }),
    ...(condition !== undefined && { condition }),
    returnValues: ReturnValues,
    returnOnFailure: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
  };
}

/** Undefined: the condition does not hold. */
export function changeOf({ kind, table, key, item, update, condition }: Write, nowMs: number): Change | undefined {
  const before = table.get(key, nowMs);
  if (condition !== undefined && !holds(condition, before)) return undefined;
  if (kind === 'Put') return { table, key, before, after: item };
  if (kind === 'Delete') return { table, key, before, after: undefined };
  if (kind === 'ConditionCheck') return { table, key, before, after: before };
  const base = before ?? key;
  const after = update === undefined ? copiedItem(base) : updated(base, update);
  table.checkItem(after, 'Item size to update has exceeded the maximum allowed size');
  return { table, key, before, after };
}

/** What the caller gets back of a change that was made. */
export function returned({ returnValues: wanted, update }: Write, { before, after }: Change): { Attributes?: Item } {
  if (wanted === 'NONE') return {};
  const source = wanted.endsWith('OLD') ? before : after;
  if (source === undefined) return {};
  if (wanted.startsWith('ALL')) return { Attributes: copiedItem(source) };
  const attributes: Item = {};
  for (const [name, deeper] of update === undefined ? [] : touchedPaths(update)) {
    // DynamoDB gives only the nested part, DynamoDB Local the whole attribute [?].
    if (deeper !== undefined) throw new Error(`the simulated DynamoDB has no ${wanted} of nested attributes`);
    const value = source[String(name)];
    if (value !== undefined) attributes[String(name)] = value;
  }
  return Object.keys(attributes).length === 0 ? {} : { Attributes: copiedItem(attributes) };
}

export function conditionFailed({ table, key, returnOnFailure }: Write, nowMs: number): AwsError {
  const item = returnOnFailure ? table.get(key, nowMs) : undefined;
  const members = item === undefined ? {} : { Item: copiedItem(item) };
  return new AwsError('ConditionalCheckFailedException', 'The conditional request failed', 400, members);
}

/**
 * The calls that the ledger makes, in items instead of attribute values. A refused condition is an answer, with the item
 * as it stands; everything else that goes wrong is a fault.
 *
 * Lost answers: the SDK repeats a call whose answer did not come. Where the first one took effect, the second one's
 * condition fails on what the first one wrote: each caller compares the item with what it wanted to write before it
 * believes a refusal.
 */
import { createHash } from 'node:crypto';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { setting, type Runtime } from '../../runtime/runtime.ts';
import { answered, errorCode, type FaultTable, toFault } from '../classify.ts';
import { retryingClient } from '../client.ts';
import { Throttled } from '../faults.ts';
import { Expression, type Placeholders, toAttributes } from './expression.ts';
import { LedgerContended } from './faults.ts';
import { type Item, type ItemType, schemaVersion } from './items.ts';
import type { Key } from './keys.ts';

/** `item`: as it stands after the write, or as it stood in its way (undefined: there is none). */
export type Written = { written: true; item: Item } | { written: false; item: Item | undefined };

/** What was wrong with each part of a transaction, in order; undefined where nothing was. */
export type Transacted = { written: true } | { written: false; refused: ({ item: Item | undefined } | undefined)[] };

/** One part of a transaction. */
export type Part = TransactWriteItem;

/** Where a write may happen; written with the placeholders given. */
export type Condition = (x: Expression) => string;

const contended = (message: string, options: ErrorOptions) => new LedgerContended(message, options);
const throttled = (message: string, options: ErrorOptions) => new Throttled(message, options);

const faults: FaultTable = {
  TransactionConflictException: contended, // a single write met a transaction on the same item [SDK dynamodb]
  TransactionInProgressException: contended, // the same token's first call is still at work [SDK dynamodb]
  ReplicatedWriteConflictException: contended, // global tables with strong consistency [SDK dynamodb]
  ProvisionedThroughputExceededException: throttled, // also of on-demand tables, per partition [SDK dynamodb]
  RequestLimitExceeded: throttled, // the account's quota [SDK dynamodb]
  ThrottlingException: throttled, // [SDK dynamodb]
};

/** Codes of CancellationReasons [API reference TransactWriteItems]; what is not here is a defect. */
const reasonFaults: FaultTable = {
  TransactionConflict: contended,
  ThrottlingError: throttled,
  ProvisionedThroughputExceeded: throttled,
};

interface Cancelled {
  CancellationReasons?: { Code?: string; Message?: string; Item?: Record<string, AttributeValue> }[];
}

export interface Store {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** Replaces the item. */
  put(key: Key, type: ItemType, fields: Item, condition?: Condition): Promise<Written>;
  /** @param write gives the update expression and its condition */
  update(key: Key, write: (x: Expression) => { update: string; condition?: string }): Promise<Written>;
  delete(key: Key, condition?: Condition): Promise<Written>;
  /** All items of a partition whose sort key begins so, in its order; strongly consistent. */
  query(pk: string, skPrefix: string, filter?: Condition): Promise<Item[]>;
  /** The index of operations, newest first, up to `limit`. Eventually consistent. */
  queryByCluster(cluster: string, fromSortAt: string, limit: number): Promise<Item[]>;
  /** All or nothing. The same token with the same parts within 10 minutes is one transaction. */
  transact(parts: Part[], token: string): Promise<Transacted>;
  partPut(key: Key, type: ItemType, fields: Item, condition: Condition): Part;
  partUpdate(key: Key, write: (x: Expression) => { update: string; condition: string }): Part;
  partCheck(key: Key, condition: Condition): Part;
}

const asItStands = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

export function ledgerStore(runtime: Runtime): Store {
  const client = runtime.connect(new DynamoDBClient(retryingClient(runtime)));
  const TableName = setting(runtime, 'LEDGER_TABLE');
  const putInput = (key: Key, type: ItemType, fields: Item, condition?: Condition) => ({
    TableName,
    Item: toAttributes({ ...fields, ...key, type, schemaVersion }),
    ...conditional(condition),
    ...asItStands,
  });

  const updateInput = (key: Key, write: Parameters<Store['update']>[1]) => {
    const x = new Expression();
    const { update, condition } = write(x);
    return {
      TableName,
      Key: toAttributes(key),
      UpdateExpression: update,
      ...(condition !== undefined && { ConditionExpression: condition }),
      ...x.placeholders(),
      ...asItStands,
    };
  };

  const all = async (
    input: { KeyConditionExpression: string; FilterExpression?: string } & Placeholders & Record<string, unknown>,
    limit: number,
  ): Promise<Item[]> => {
    const items: Item[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const page = await answered(
        client.send(
          new QueryCommand({ TableName, ...input, ...(start !== undefined && { ExclusiveStartKey: start }) }),
        ),
        'read',
        faults,
      );
      items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
      start = page.LastEvaluatedKey;
    } while (start !== undefined && items.length < limit);
    return items.slice(0, limit);
  };

  return {
    async get(key) {
      const call = client.send(new GetItemCommand({ TableName, Key: toAttributes(key), ConsistentRead: true }));
      return toItem((await answered(call, 'read', faults)).Item);
    },

    put: (key, type, fields, condition) =>
      written(client.send(new PutItemCommand(putInput(key, type, fields, condition)))),

    update: (key, write) =>
      written(client.send(new UpdateItemCommand({ ...updateInput(key, write), ReturnValues: 'ALL_NEW' }))),

    delete: (key, condition) =>
      written(
        client.send(
          new DeleteItemCommand({ TableName, Key: toAttributes(key), ...conditional(condition), ...asItStands }),
        ),
      ),

    query(pk, skPrefix, filter) {
      const x = new Expression();
      // A key value may not be empty, not even as a prefix.
      const begins = skPrefix === '' ? '' : ` AND begins_with(${x.path('sk')}, ${x.value(skPrefix)})`;
      const KeyConditionExpression = `${x.equal('pk', pk)}${begins}`;
      const FilterExpression = filter?.(x);
      return all(
        {
          KeyConditionExpression,
          ...(FilterExpression !== undefined && { FilterExpression }),
          ...x.placeholders(),
          ConsistentRead: true,
        },
        Number.POSITIVE_INFINITY,
      );
    },

    queryByCluster(cluster, fromSortAt, limit) {
      const x = new Expression();
      const KeyConditionExpression = `${x.equal('cluster', cluster)} AND ${x.path('sortAt')} >= ${x.value(fromSortAt)}`;
      const order = { IndexName: 'byCluster', ScanIndexForward: false, Limit: limit };
      return all({ KeyConditionExpression, ...x.placeholders(), ...order }, limit);
    },

    async transact(parts, token) {
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems: parts, ClientRequestToken: token }));
        return { written: true };
      } catch (error) {
        if (errorCode(error) !== 'TransactionCanceledException') throw toFault(error, 'mutation', faults);
        return { written: false, refused: refusals(error as Cancelled) };
      }
    },

    partPut: (key, type, fields, condition) => ({ Put: putInput(key, type, fields, condition) }),
    partUpdate: (key, write) => ({ Update: updateInput(key, write) }),
    partCheck: (key, condition) => {
      const x = new Expression();
      const ConditionExpression = condition(x);
      return {
        ConditionCheck: { TableName, Key: toAttributes(key), ConditionExpression, ...x.placeholders(), ...asItStands },
      };
    },
  };
}

/** Runs a write: a refused condition is an answer. */
async function written(call: Promise<{ Attributes?: Record<string, AttributeValue> | undefined }>): Promise<Written> {
  try {
    const { Attributes } = await call;
    return { written: true, item: toItem(Attributes) ?? {} };
  } catch (error) {
    if (errorCode(error) !== 'ConditionalCheckFailedException') throw toFault(error, 'mutation', faults);
    return { written: false, item: toItem((error as { Item?: Record<string, AttributeValue> }).Item) };
  }
}

/** @throws the fault of the first reason that is no refused condition */
function refusals(error: Cancelled): ({ item: Item | undefined } | undefined)[] {
  return (error.CancellationReasons ?? []).map(({ Code, Message, Item }) => {
    if (Code === undefined || Code === 'None') return undefined;
    if (Code === 'ConditionalCheckFailed') return { item: toItem(Item) };
    const reason = Object.assign(new Error(Message ?? '', { cause: error }), { name: Code });
    throw toFault(reason, 'mutation', reasonFaults);
  });
}

function conditional(condition: Condition | undefined): { ConditionExpression?: string } & Placeholders {
  if (condition === undefined) return {};
  const x = new Expression();
  return { ConditionExpression: condition(x), ...x.placeholders() };
}

function toItem(attributes: Record<string, AttributeValue> | undefined): Item | undefined {
  return attributes === undefined ? undefined : unmarshall(attributes);
}

/**
 * A transaction's token, at most 36 characters [API reference TransactWriteItems]. With the number of the call in it, asking
 * again is another transaction, whose conditions are looked at anew.
 */
export function tokenOf(purpose: string, parts: unknown, call: number): string {
  return createHash('sha256')
    .update(JSON.stringify([purpose, parts, call]))
    .digest('hex')
    .slice(0, 36);
}

/** The item isn't there yet. */
export const absent: Condition = (x) => `attribute_not_exists(${x.path('pk')})`;

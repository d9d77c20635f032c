/**
 * DynamoDB as the ledger uses it: GetItem, PutItem, UpdateItem, DeleteItem, Query and TransactWriteItems over tables in
 * memory. Reads are always consistent, the index included, where DynamoDB's may lag. What it does not know is an error.
 * A contract suite (test/contracts/dynamodb.contract.ts) holds it against DynamoDB Local.
 */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { VirtualClock } from '../../clock.ts';
import { type Authorization, AwsError, type Call, type Service } from '../service.ts';
import { type TableDescription, toSchema } from './description.ts';
import { operations, refuseUnknown } from './members.ts';
import { Placeholders } from './placeholders.ts';
import { toProjection } from './projection.ts';
import { query } from './query.ts';
import { type Change, Table } from './table.ts';
import { checkLength, RequestTokens, transactionOf } from './transaction.ts';
import { copiedItem, takenItem, validation } from './values.ts';
import { changeOf, conditionFailed, returned, toWrite, type WriteKind } from './write.ts';

export type PlainItem = Record<string, unknown>;
/** `before` and `after` are undefined where the item was not or is no more. */
export type WriteListener = (
  table: string,
  key: PlainItem,
  before: PlainItem | undefined,
  after: PlainItem | undefined,
) => void;

/** The part of a CloudContext that is needed. */
export interface DynamoDbContext {
  readonly clock: Pick<VirtualClock, 'nowMs'>;
  readonly account: string;
  readonly region: string;
}

const writeKinds = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const;
const singleWrites: Readonly<Record<string, WriteKind>> = {
  PutItem: 'Put',
  UpdateItem: 'Update',
  DeleteItem: 'Delete',
};

type Input = Record<string, unknown>;

export class DynamoDbService implements Service {
  readonly name = 'dynamodb';
  readonly #context: DynamoDbContext;
  readonly #tables = new Map<string, Table>();
  readonly #tokens = new RequestTokens();
  readonly #listeners: WriteListener[] = [];

  constructor(context: DynamoDbContext) {
    this.#context = context;
  }

  /** @param description the properties of an AWS::DynamoDB::Table, with its name */
  createTable(description: TableDescription): void {
    const schema = toSchema(description);
    if (this.#tables.has(schema.name))
      throw new AwsError('ResourceInUseException', `Table already exists: ${schema.name}`);
    this.#tables.set(schema.name, new Table(schema));
  }

  tableArn(name: string): string {
    return `arn:aws:dynamodb:${this.#context.region}:${this.#context.account}:table/${name}`;
  }

  /** Every item, as plain values. For invariants and pictures; changing them changes nothing. */
  *items(table: string): Iterable<PlainItem> {
    for (const item of this.#table(table).items()) yield unmarshall(item);
  }

  /** Called after each item that changed, in order; a transaction's items one after the other. */
  onWrite(listener: WriteListener): void {
    this.#listeners.push(listener);
  }

  authorize({ operation, input }: Call): Authorization[] {
    if (operation !== 'TransactWriteItems') return [this.#authorization(`dynamodb:${operation}`, input)];
    // There is no dynamodb:TransactWriteItems: each part needs its own permission (developer guide, "IAM and transactions").
    return partsOf(input).map(([kind, part]) =>
      this.#authorization(`dynamodb:${kind}Item`, part, { 'dynamodb:EnclosingOperation': 'TransactWriteItems' }),
    );
  }

  handle({ operation, input }: Call): unknown {
    refuseUnknown(operation, input);
    const kind = singleWrites[operation];
    if (kind !== undefined) return this.#write(kind, input);
    switch (operation) {
      case 'GetItem':
        return this.#get(input);
      case 'Query':
        return query(this.#table(input.TableName), input, this.#context.clock.nowMs());
      case 'TransactWriteItems':
        return this.#transact(input);
      default:
        throw new Error(`the simulated DynamoDB has no operation ${operation}, only ${operations.join(', ')}`);
    }
  }

  #get(input: Input): unknown {
    const table = this.#table(input.TableName);
    const { ProjectionExpression } = input as { ProjectionExpression?: string };
    const placeholders = new Placeholders(input, { ProjectionExpression });
    const project = ProjectionExpression === undefined ? copiedItem : toProjection(ProjectionExpression, placeholders);
    placeholders.finish();
    const key = takenItem((input.Key as object | undefined) ?? {});
    table.checkKey(key);
    const item = table.get(key, this.#context.clock.nowMs());
    return item === undefined ? {} : { Item: project(item) };
  }

  #write(kind: WriteKind, input: Input): unknown {
    const nowMs = this.#context.clock.nowMs();
    const write = toWrite(kind, this.#table(input.TableName), input);
    const change = changeOf(write, nowMs);
    if (change === undefined) throw conditionFailed(write, nowMs);
    this.#apply(change);
    return returned(write, change);
  }

  #transact(input: Input): unknown {
    const nowMs = this.#context.clock.nowMs();
    const parts = partsOf(input);
    checkLength(parts.length);
    const content = JSON.stringify(input.TransactItems);
    const token = input.ClientRequestToken as string | undefined;
    if (token !== undefined && this.#tokens.isRepeated(token, content, nowMs)) return {};
    const writes = parts.map(([kind, part]) => {
      refuseUnknown(`${kind} in TransactWriteItems`, part);
      if (kind === 'ConditionCheck' && part.ConditionExpression === undefined)
        throw validation(
          "Value null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null",
        );
      return toWrite(kind, this.#table(part.TableName), part);
    });
    for (const change of transactionOf(writes, nowMs)) this.#apply(change);
    if (token !== undefined) this.#tokens.remember(token, content, nowMs);
    return {};
  }

  #apply(change: Change): void {
    const { table, key, before, after } = change;
    if (before === after) return;
    table.apply(change);
    for (const listener of this.#listeners) {
      listener(table.schema.name, unmarshall(key), before && unmarshall(before), after && unmarshall(after));
    }
  }

  #table(name: unknown): Table {
    const table = this.#tables.get(String(name));
    if (table === undefined) throw new AwsError('ResourceNotFoundException', 'Requested resource not found');
    return table;
  }

  #authorization(action: string, input: Input, more: Authorization['context'] = {}): Authorization {
    const arn = this.tableArn(String(input.TableName));
    const index = input.IndexName;
    return {
      action,
      resources: [typeof index === 'string' ? `${arn}/index/${index}` : arn],
      context: more,
    };
  }
}

/** Each part of a transaction with its kind. @throws AwsError ValidationException */
function partsOf(input: Input): [WriteKind, Input][] {
  const items = (input.TransactItems as Record<string, Input | undefined>[] | undefined) ?? [];
  return items.map((item) => {
    const given = writeKinds.flatMap((kind): [WriteKind, Input][] => {
      const part = item[kind];
      return part === undefined ? [] : [[kind, part]];
    });
    const [only] = given;
    if (only === undefined || given.length > 1)
      throw validation('TransactItems can only contain one of Check, Put, Update or Delete');
    return only;
  });
}

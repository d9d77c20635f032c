/** Requests to one table, short to write. */
import { expect } from '@jest/globals';
import {
  type AttributeValue,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { TestTable } from '../../support/dynamodb.ts';

export type Attributes = Record<string, AttributeValue>;
export type Make = () => Promise<Requests>;

export const S = (text: string): AttributeValue => ({ S: text });
export const N = (number: number | string): AttributeValue => ({ N: String(number) });
export const L = (...elements: AttributeValue[]): AttributeValue => ({ L: elements });
export const M = (members: Attributes): AttributeValue => ({ M: members });

export const key = (pk = 'a', sk = 'b'): Attributes => ({ pk: S(pk), sk: S(sk) });

export const names = (ExpressionAttributeNames: Record<string, string>) => ({ ExpressionAttributeNames });
export const values = (ExpressionAttributeValues: Attributes) => ({ ExpressionAttributeValues });

/** A refused expression or item. */
export const invalid = (message: RegExp) => ({
  name: 'ValidationException',
  message: expect.stringMatching(message) as unknown,
});

/** What an error has, for `toEqual`. */
export async function failure(
  call: Promise<unknown>,
): Promise<{ name: string; message: string; CancellationReasons?: unknown; Item?: Attributes }> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error('the call was not refused');
}

export type Requests = ReturnType<typeof requests>;

function fields<T>(answer: { $metadata: unknown } & T): Omit<T, '$metadata'> {
  const { $metadata: _, ...rest } = answer;
  return rest;
}

export function requests({ client, name: TableName, calls }: TestTable) {
  return {
    calls,
    TableName,
    get: async (Key: Attributes, input: Partial<GetItemCommandInput> = {}) =>
      (await client.send(new GetItemCommand({ TableName, Key, ...input }))).Item,
    put: async (Item: Attributes, input: Partial<PutItemCommandInput> = {}) =>
      (await client.send(new PutItemCommand({ TableName, Item, ...input }))).Attributes,
    update: async (
      UpdateExpression: string | undefined,
      input: Partial<UpdateItemCommandInput> = {},
      Key: Attributes = key(),
    ) => (await client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression, ...input }))).Attributes,
    delete: async (Key: Attributes, input: Partial<DeleteItemCommandInput> = {}) =>
      (await client.send(new DeleteItemCommand({ TableName, Key, ...input }))).Attributes,
    query: async (KeyConditionExpression: string | undefined, input: Partial<QueryCommandInput> = {}) =>
      fields(await client.send(new QueryCommand({ TableName, KeyConditionExpression, ...input }))),
    transact: async (TransactItems: TransactWriteItem[], ClientRequestToken?: string) =>
      client.send(
        new TransactWriteItemsCommand({
          TransactItems,
          ...(ClientRequestToken !== undefined && { ClientRequestToken }),
        }),
      ),
  };
}

/** What the simulated DynamoDB has beside DynamoDB's own behaviour: IAM, listening, time, and its limits. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { ledgerTable } from '../../../functions/gateways/ledger/table.ts';
import { VirtualClock } from '../../../simulator/clock.ts';
import { operator, SimulatedCloud } from '../../../simulator/cloud/cloud.ts';
import { DynamoDbService } from '../../../simulator/cloud/dynamodb/service.ts';
import { connectTo, simulatedClientDefaults } from '../../../simulator/cloud/seam.ts';
import { simulatedTable, TestClock } from '../../support/dynamodb.ts';

const key = { pk: { S: 'a' }, sk: { S: 'b' } };
const TableName = 'ledger';
const arn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/ledger';
const hourMs = 3_600_000;

function call(operation: string, input: Record<string, unknown>) {
  return { service: 'dynamodb', operation, input, principal: { roleArn: 'r', name: 'n' }, atMs: 0 };
}

function made(clock = new TestClock()) {
  const { service } = simulatedTable(clock);
  return {
    clock,
    service,
    handle: (operation: string, input: Record<string, unknown>) => service.handle(call(operation, input)),
  };
}

describe('what a call needs from IAM', () => {
  it.each(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'])('%s on the table', (operation) => {
    const needed = made().service.authorize(call(operation, { TableName }));
    expect(needed).toEqual([{ action: `dynamodb:${operation}`, resources: [arn], context: {} }]);
  });

  it('Query on the index, where one is read', () => {
    const needed = made().service.authorize(call('Query', { TableName, IndexName: 'byCluster' }));
    expect(needed.map(({ resources }) => resources)).toEqual([[`${arn}/index/byCluster`]]);
  });

  it('a permission for each part of a transaction', () => {
    const TransactItems = [
      { ConditionCheck: { TableName, Key: key } },
      { Put: { TableName, Item: key } },
      { Update: { TableName, Key: key } },
      { Delete: { TableName: 'other', Key: key } },
    ];
    const needed = made().service.authorize(call('TransactWriteItems', { TransactItems }));
    expect(needed.map(({ action }) => action)).toEqual([
      'dynamodb:ConditionCheckItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
    ]);
    expect(needed.at(-1)?.resources).toEqual([arn.replace('ledger', 'other')]);
  });
});

describe('what the simulation does not know', () => {
  it.each([
    ['an operation', 'BatchWriteItem', {}, 'no operation BatchWriteItem'],
    ['a member', 'GetItem', { TableName, Key: key, AttributesToGet: ['a'] }, 'AttributesToGet of GetItem'],
    ['an old condition', 'PutItem', { TableName, Item: key, Expected: {} }, 'Expected of PutItem'],
    ['a selection', 'Query', { TableName, Select: 'ALL_PROJECTED_ATTRIBUTES' }, 'Select "ALL_PROJECTED_ATTRIBUTES"'],
    [
      'a part of a transaction',
      'TransactWriteItems',
      { TransactItems: [{ Put: { TableName, Item: key, ReturnValues: 'NONE' } }] },
      'ReturnValues of Put',
    ],
  ])('%s is an error', (_title, operation, input, message) => {
    expect(() => made().handle(operation, input)).toThrow(message);
  });

  it('updated values of nested attributes are an error, for AWS and DynamoDB Local differ', () => {
    const { handle } = made();
    handle('PutItem', { TableName, Item: { ...key, m: { M: {} } } });
    const update = { UpdateExpression: 'SET m.a = :x', ExpressionAttributeValues: { ':x': { N: '1' } } };
    const input = { TableName, Key: key, ...update, ReturnValues: 'UPDATED_NEW' };
    expect(() => handle('UpdateItem', input)).toThrow('nested attributes');
  });

  it.each([
    ['a property', { StreamSpecification: {} }, 'StreamSpecification'],
    ['provisioned capacity', { BillingMode: 'PROVISIONED' }, 'on-demand'],
    ['an attribute in no key', { GlobalSecondaryIndexes: [] }, 'in no key'],
  ])('%s of a table is an error', (_title, change, message) => {
    const service = new DynamoDbService({ clock: new TestClock(), account: '1', region: 'r' });
    const description = { TableName, ...ledgerTable, ...change };
    expect(() => service.createTable(description)).toThrow(message);
  });

  it('a table of the same name is refused', () => {
    const { service } = made();
    expect(() => service.createTable({ TableName, ...ledgerTable })).toThrow('already exists');
  });
});

describe('listening', () => {
  it('hears of each change as plain values, not of what stayed', () => {
    const { service, handle } = made();
    const heard: unknown[] = [];
    service.onWrite((...change) => heard.push(change));
    const plain = { pk: 'a', sk: 'b' };
    handle('PutItem', { TableName, Item: { ...key, n: { N: '1' } } });
    const add = { UpdateExpression: 'ADD n :x', ExpressionAttributeValues: { ':x': { N: '1' } } };
    handle('UpdateItem', { TableName, Key: key, ...add });
    handle('TransactWriteItems', {
      TransactItems: [
        { Delete: { TableName, Key: key } },
        {
          ConditionCheck: {
            TableName,
            Key: { ...key, sk: { S: 'c' } },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
      ],
    });
    expect(heard).toEqual([
      ['ledger', plain, undefined, { ...plain, n: 1 }],
      ['ledger', plain, { ...plain, n: 1 }, { ...plain, n: 2 }],
      ['ledger', plain, { ...plain, n: 2 }, undefined],
    ]);
  });

  it('gives all items, which nobody can change from outside', () => {
    const { service, handle } = made();
    const given = { ...key, m: { M: { a: { S: 'x' } } } };
    handle('PutItem', { TableName, Item: given });
    given.m.M.a.S = 'changed';
    for (const item of service.items(TableName)) item.pk = 'changed';
    const answer = handle('GetItem', { TableName, Key: key }) as { Item: typeof given };
    answer.Item.m.M.a.S = 'changed';
    expect([...service.items(TableName)]).toEqual([{ pk: 'a', sk: 'b', m: { a: 'x' } }]);
  });
});

describe('time', () => {
  it('deletes expired items two days after they expired', () => {
    const { clock, handle } = made();
    const expiresAt = { N: String(clock.nowMs() / 1000) };
    handle('PutItem', { TableName, Item: { ...key, expiresAt, cluster: { S: 'c' }, sortAt: { S: 't' } } });
    const query = {
      TableName,
      IndexName: 'byCluster',
      KeyConditionExpression: '#c = :c',
      ExpressionAttributeNames: { '#c': 'cluster' },
      ExpressionAttributeValues: { ':c': { S: 'c' } },
    };
    clock.advance(48 * hourMs);
    expect(handle('GetItem', { TableName, Key: key })).toHaveProperty('Item');
    expect(handle('Query', query)).toMatchObject({ Count: 1 });
    clock.advance(1);
    expect(handle('Query', query)).toMatchObject({ Count: 0 });
    expect(handle('GetItem', { TableName, Key: key })).toEqual({});
  });

  it.each([
    ['is the same transaction within ten minutes', 10 * 60_000 - 1, 1],
    ['is another one after ten minutes', 10 * 60_000, 2],
  ])('a token %s', (_title, ms, n) => {
    const { clock, service, handle } = made();
    const update = { UpdateExpression: 'ADD n :x', ExpressionAttributeValues: { ':x': { N: '1' } } };
    const input = { TransactItems: [{ Update: { TableName, Key: key, ...update } }], ClientRequestToken: 'token' };
    handle('TransactWriteItems', input);
    clock.advance(ms);
    handle('TransactWriteItems', input);
    expect([...service.items(TableName)]).toEqual([{ pk: 'a', sk: 'b', n }]);
  });
});

describe('what DynamoDB Local lets pass and AWS does not', () => {
  it('an update that gives an index key another type is refused', () => {
    const input = { UpdateExpression: 'SET sortAt = :x', ExpressionAttributeValues: { ':x': { N: '1' } } };
    const update = () => made().handle('UpdateItem', { TableName, Key: key, ...input });
    expect(update).toThrow('Type mismatch for Index Key sortAt');
  });

  it('a cancelled transaction says which of its updates did not fit', () => {
    const { service, handle } = made();
    const update = { UpdateExpression: 'SET zz.a = :x', ExpressionAttributeValues: { ':x': { N: '1' } } };
    const TransactItems = [
      { Put: { TableName, Item: key } },
      { Update: { TableName, Key: { ...key, sk: { S: 'c' } }, ...update } },
    ];
    expect(() => handle('TransactWriteItems', { TransactItems })).toThrow(
      expect.objectContaining({
        name: 'TransactionCanceledException',
        CancellationReasons: [{ Code: 'None' }, expect.objectContaining({ Code: 'ValidationError' })],
      }),
    );
    expect([...service.items(TableName)]).toEqual([]);
  });
});

describe('in the simulated cloud', () => {
  it('answers an SDK client', async () => {
    const cloud = new SimulatedCloud({ clock: new VirtualClock(0), seed: 1 });
    const service = cloud.add(new DynamoDbService(cloud));
    service.createTable({ TableName, ...ledgerTable });
    service.handle(call('PutItem', { TableName, Item: key }));
    const client = connectTo(cloud, operator)(new DynamoDBClient(simulatedClientDefaults(cloud)));
    expect((await client.send(new GetItemCommand({ TableName, Key: key }))).Item).toEqual(key);
    const missing = client.send(new GetItemCommand({ TableName: 'nope', Key: key }));
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

import { expect, it } from '@jest/globals';
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { type Attributes, failure, invalid, key, type Make, N, S, values } from './requests.ts';

export function transactionCases(make: Make): void {
  const made = async () => {
    const requests = await make();
    const { TableName } = requests;
    type Part<K extends keyof TransactWriteItem> = Partial<NonNullable<TransactWriteItem[K]>>;
    return {
      ...requests,
      put: requests.put,
      Put: (Item: Attributes, input: Part<'Put'> = {}) => ({ Put: { TableName, Item, ...input } }),
      Update: (Key: Attributes, UpdateExpression: string, input: Part<'Update'> = {}) => ({
        Update: { TableName, Key, UpdateExpression, ...input },
      }),
      Delete: (Key: Attributes, input: Part<'Delete'> = {}) => ({ Delete: { TableName, Key, ...input } }),
      Check: (Key: Attributes, ConditionExpression: string, input: Part<'ConditionCheck'> = {}) => ({
        ConditionCheck: { TableName, Key, ConditionExpression, ...input },
      }),
    };
  };

  it('write all their parts', async () => {
    const { put, get, transact, Put, Update, Delete, Check } = await made();
    await put({ ...key('u'), n: N(1) });
    await put(key('d'));
    await transact([
      Put(key('p')),
      Update(key('u'), 'SET n = n + :x', values({ ':x': N(1) })),
      Delete(key('d')),
      Check(key('c'), 'attribute_not_exists(pk)'),
    ]);
    expect(await get(key('p'))).toEqual(key('p'));
    expect((await get(key('u')))?.n).toEqual(N(2));
    expect(await get(key('d'))).toBeUndefined();
    expect(await get(key('c'))).toBeUndefined();
  });

  it('write nothing when one condition fails, and give the reasons in order', async () => {
    const { put, get, transact, Put, Check } = await made();
    await put({ ...key('c'), n: N(1) });
    const failed = await failure(
      transact([
        Put(key('p')),
        Check(key('c'), 'attribute_not_exists(pk)', { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
        Put(key('c2'), { ConditionExpression: 'attribute_exists(pk)' }),
      ]),
    );
    expect(failed).toMatchObject({
      name: 'TransactionCanceledException',
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed]',
    });
    const refused = {
      Code: 'ConditionalCheckFailed',
      Message: expect.stringMatching(/^The conditional request failed/) as unknown,
    };
    expect(failed.CancellationReasons).toEqual([
      { Code: 'None' },
      { ...refused, Item: { ...key('c'), n: N(1) } },
      refused,
    ]);
    expect(await get(key('p'))).toBeUndefined();
  });

  it('look at the items as they were before', async () => {
    const { get, transact, Put, Check } = await made();
    await transact([Put(key('one')), Check(key('two'), 'attribute_not_exists(pk)')]);
    expect(await get(key('one'))).toEqual(key('one'));
  });

  it('are the same with the same token, and take effect once', async () => {
    const { put, get, transact, Update, TableName } = await made();
    await put({ ...key(), n: N(1) });
    const parts = [Update(key(), 'SET n = n + :x', values({ ':x': N(1) }))];
    await transact(parts, `${TableName}-1`);
    await transact(parts, `${TableName}-1`);
    expect((await get(key()))?.n).toEqual(N(2));
    await transact(parts, `${TableName}-2`);
    expect((await get(key()))?.n).toEqual(N(3));
  });

  it('may not use a token again for something else', async () => {
    const { transact, Put, TableName } = await made();
    await transact([Put(key('one'))], `${TableName}-1`);
    const other = await failure(transact([Put(key('two'))], `${TableName}-1`));
    expect(other).toMatchObject({ name: 'IdempotentParameterMismatchException' });
  });

  it('are tried again with the token of one that was cancelled', async () => {
    const { put, transact, Put, TableName } = await made();
    const parts = [Put({ ...key(), n: N(2) }, { ConditionExpression: 'attribute_exists(pk)' })];
    expect(await failure(transact(parts, `${TableName}-1`))).toMatchObject({ name: 'TransactionCanceledException' });
    await put(key());
    await transact(parts, `${TableName}-1`);
  });

  it('refuse two parts on one item', async () => {
    const { transact, Put, Check } = await made();
    const twice = transact([Put(key()), Check(key(), 'attribute_exists(pk)')]);
    expect(await failure(twice)).toMatchObject(invalid(/cannot include multiple operations on one item/));
  });

  it('refuse a part that is two', async () => {
    const { transact, Put, Delete } = await made();
    const both = transact([{ ...Put(key('one')), ...Delete(key('two')) }]);
    expect(await failure(both)).toMatchObject(invalid(/can only contain one of Check, Put, Update or Delete/));
  });

  it('refuse none and more than 100', async () => {
    const { transact, Put } = await made();
    expect(await failure(transact([]))).toMatchObject(invalid(/greater than or equal to 1/));
    const many = Array.from({ length: 101 }, (_, n) => Put(key(`k${n}`)));
    expect(await failure(transact(many))).toMatchObject(invalid(/less than or equal to 100/));
    await transact(many.slice(1));
  });

  it('refuse a token of more than 36 characters', async () => {
    const { transact, Put } = await made();
    expect(await failure(transact([Put(key())], 'x'.repeat(37)))).toMatchObject({ name: 'ValidationException' });
    await transact([Put(key())], 'x'.repeat(36));
  });

  it('refuse a check without a condition', async () => {
    const { transact, TableName } = await made();
    const check = transact([{ ConditionCheck: { TableName, Key: key(), ConditionExpression: undefined } }]);
    expect(await failure(check)).toMatchObject(invalid(/conditionExpression/));
  });

  it('refuse an expression or an item that is wrong, whatever is stored', async () => {
    const { get, transact, Put, Update } = await made();
    const wrong = [
      Update(key('u'), 'SET n = :x'),
      Update(key('u'), 'SET n = :x', values({ ':x': N(1), ':y': N(1) })),
      Put({ pk: S('p') }),
      Put({ ...key('u'), x: S('x'.repeat(409_600)) }),
    ];
    for (const part of wrong) {
      expect(await failure(transact([Put(key('one')), part]))).toMatchObject({ name: 'ValidationException' });
    }
    expect(await get(key('one'))).toBeUndefined();
  });

  // AWS cancels with the reason ValidationError (API reference); DynamoDB Local throws ValidationException for the first.
  it.each([
    ['does not fit its item', 'SET zz.a = :x'],
    ['changes a key', 'SET sk = :x'],
  ])('write nothing when an update %s', async (_title, expression) => {
    const { get, transact, Put, Update } = await made();
    const parts = [Put(key('one')), Update(key('u'), expression, values({ ':x': S('1') }))];
    const failed = await failure(transact(parts));
    expect(['ValidationException', 'TransactionCanceledException']).toContain(failed.name);
    expect(await get(key('one'))).toBeUndefined();
  });
}

import { expect, it } from '@jest/globals';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Attributes, failure, key, L, M, type Make, N, S } from './requests.ts';

const item: Attributes = {
  ...key(),
  n: N(5),
  s: S('kafka'),
  accent: S('é'),
  yes: { BOOL: true },
  nil: { NULL: true },
  li: L(S('a'), N(1)),
  ma: M({ deep: M({ n: N(7) }) }),
  tags: { SS: ['x', 'y'] },
  nums: { NS: ['1', '2'] },
  bin: { B: Uint8Array.of(1, 2, 3) },
};

const v: Record<string, AttributeValue> = {
  ':4': N(4),
  ':5': N('5.0'),
  ':6': N(6),
  ':10': N(10),
  ':text5': S('5'),
  ':kafka': S('kafka'),
  ':ka': S('ka'),
  ':b': S('b'),
  ':x': S('x'),
  ':a': S('a'),
  ':1': N(1),
  ':2': N(2),
  ':3': N(3),
  ':true': { BOOL: true },
  ':null': { NULL: true },
  ':SS': S('SS'),
  ':NS': S('NS'),
  ':map': M({ deep: M({ n: N(7) }) }),
  ':yx': { SS: ['y', 'x'] },
  ':bytes': { B: Uint8Array.of(1, 2) },
  ':list': L(S('a'), N(1)),
};

const holding = [
  'n = :5',
  'n <> :text5',
  'n > :4 AND n < :6',
  'n >= :5 AND n <= :5',
  'n < :10',
  ':4 < n',
  'n BETWEEN :4 AND :5',
  'n IN (:4, :5)',
  's = :kafka',
  'begins_with(s, :ka)',
  'contains(s, :ka)',
  'begins_with(bin, :bytes)',
  'contains(tags, :x)',
  'contains(nums, :2)',
  'contains(li, :a) AND contains(li, :1)',
  'yes = :true',
  'nil = :null',
  'ma = :map',
  'tags = :yx',
  'li = :list',
  'li[1] = :1',
  'ma.deep.n > :5',
  'attribute_exists(pk)',
  'attribute_exists(ma.deep.n)',
  'attribute_not_exists(zz)',
  'attribute_not_exists(li[2])',
  'attribute_not_exists(s.deeper)',
  'attribute_type(tags, :SS)',
  'NOT attribute_type(tags, :NS)',
  'size(s) = :5',
  'size(li) = :2',
  'size(tags) = :2',
  'size(ma) = :1',
  'size(bin) = :3',
  'size(s) > size(li)',
  // What is not there is unequal to everything, and in no order.
  'zz <> :5',
  'NOT zz = :5',
  'NOT zz < :5',
  'NOT zz > :5',
  'NOT n < :kafka',
  'NOT n > :kafka',
  // Precedence: NOT before AND before OR.
  'attribute_exists(pk) OR attribute_exists(zz) AND attribute_exists(zz)',
  'NOT attribute_exists(zz) AND attribute_exists(pk)',
  'NOT (attribute_exists(zz) AND attribute_exists(pk))',
  'NOT NOT n = :5',
  'attribute_exists(zz) OR n = :5',
  'attribute_exists(zz) or Not n = :6',
  '(attribute_exists(zz) OR n = :5) AND (s = :kafka)',
  'n = :5 AND (attribute_exists(zz) OR attribute_exists(pk))',
  'n BETWEEN :4 AND :6 AND s = :kafka',
  'NOT n BETWEEN :6 AND :10',
  '(n) = :5',
];

const failing = [
  'n = :text5',
  'n = :6',
  'n <> :5',
  'zz = :5',
  'zz < :5',
  'zz BETWEEN :4 AND :6',
  'zz IN (:4, :5)',
  'n < :kafka',
  'n BETWEEN :6 AND :10',
  'n IN (:4, :6)',
  'begins_with(n, :ka)',
  'begins_with(s, :x)',
  'contains(tags, :ka)',
  'contains(n, :5)',
  'size(n) = :1',
  'size(zz) = :1',
  'attribute_exists(li[2])',
  'attribute_exists(zz.deeper)',
  'NOT attribute_exists(pk) OR attribute_exists(zz)',
  '(attribute_exists(pk) OR attribute_exists(zz)) AND attribute_exists(zz)',
];

/** Only what the expression uses: DynamoDB refuses the rest. */
function input(ConditionExpression: string) {
  const used = Object.entries(v).filter(([name]) => new RegExp(`${name}(?![A-Za-z0-9])`).test(ConditionExpression));
  return { ConditionExpression, ...(used.length > 0 && { ExpressionAttributeValues: Object.fromEntries(used) }) };
}

export function conditionCases(make: Make): void {
  it.each(holding)('hold: %s', async (expression) => {
    const { put, get } = await make();
    await put(item);
    await put({ ...key(), done: S('yes') }, input(expression));
    expect(await get(key())).toEqual({ ...key(), done: S('yes') });
  });

  it.each(failing)('do not hold: %s', async (expression) => {
    const { put, get } = await make();
    await put(item);
    const failed = await failure(put(key(), input(expression)));
    expect(failed).toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(failed.Item).toBeUndefined();
    expect((await get(key()))?.n).toEqual(N(5));
  });

  it('count the characters of text, not its bytes', async () => {
    const { put, get, delete: remove } = await make();
    await put(item);
    const size = { ConditionExpression: 'size(accent) = :n', ExpressionAttributeValues: { ':n': N(1) } };
    await remove(key(), size);
    expect(await get(key())).toBeUndefined();
  });

  it('find nothing where there is no item', async () => {
    const { put } = await make();
    await put(key('new'), { ConditionExpression: 'attribute_not_exists(pk) AND NOT attribute_exists(s)' });
    const failed = await failure(put(key('newer'), { ConditionExpression: 'attribute_exists(pk)' }));
    expect(failed).toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  it('give the item in the way when asked to', async () => {
    const { put, update, delete: remove } = await make();
    const small = { ...key(), n: N(5) };
    await put(small);
    const old = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
    const never = { ConditionExpression: 'attribute_not_exists(pk)', ...old };
    expect((await failure(put(key(), never))).Item).toEqual(small);
    expect((await failure(update('REMOVE n', never))).Item).toEqual(small);
    expect((await failure(remove(key(), never))).Item).toEqual(small);
    const gone = { ConditionExpression: 'attribute_exists(pk)', ...old };
    expect((await failure(put(key('new'), gone))).Item).toBeUndefined();
  });
}

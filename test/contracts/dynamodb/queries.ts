import { expect, it } from '@jest/globals';
import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { type Attributes, failure, invalid, key, type Make, N, names, type Requests, S, values } from './requests.ts';

const p = { ':p': S('q') };
const cluster = { IndexName: 'byCluster', ...names({ '#c': 'cluster' }), ...values({ ':c': S('c') }) };

/** Sort keys s0 … s4 of partition q; in the index the other way round, t9 … t5. */
async function filled(make: Make): Promise<Requests> {
  const requests = await make();
  for (let i = 0; i < 5; i++) {
    await requests.put({ ...key('q', `s${i}`), cluster: S('c'), sortAt: S(`t${9 - i}`), i: N(i) });
  }
  await requests.put(key('r', 's9'));
  await requests.put({ ...key('r', 's8'), cluster: S('c') });
  return requests;
}

const sortKeys = (items: Attributes[] | undefined) => items?.map(({ sk }) => sk?.S);

export function queryCases(make: Make): void {
  it.each([
    ['pk = :p', {}, ['s0', 's1', 's2', 's3', 's4']],
    [':p = pk', {}, ['s0', 's1', 's2', 's3', 's4']],
    ['pk = :p AND sk = :s', { ':s': S('s2') }, ['s2']],
    ['pk = :p AND sk < :s', { ':s': S('s2') }, ['s0', 's1']],
    ['pk = :p AND sk <= :s', { ':s': S('s2') }, ['s0', 's1', 's2']],
    ['pk = :p AND sk > :s', { ':s': S('s2') }, ['s3', 's4']],
    ['pk = :p AND :s <= sk', { ':s': S('s2') }, ['s2', 's3', 's4']],
    ['(sk BETWEEN :s AND :t) AND pk = :p', { ':s': S('s1'), ':t': S('s3') }, ['s1', 's2', 's3']],
    ['pk = :p AND begins_with(sk, :s)', { ':s': S('s') }, ['s0', 's1', 's2', 's3', 's4']],
    ['pk = :p AND begins_with(sk, :s)', { ':s': S('x') }, []],
  ])('find %s with %j', async (expression, more, found) => {
    const { query } = await filled(make);
    const page = await query(expression, values({ ...p, ...more }));
    expect(sortKeys(page.Items)).toEqual(found);
    expect(page).toMatchObject({ Count: found.length });
    expect(page.LastEvaluatedKey).toBeUndefined();
  });

  it('go backwards', async () => {
    const { query } = await filled(make);
    const page = await query('pk = :p AND sk < :s', { ...values({ ...p, ':s': S('s3') }), ScanIndexForward: false });
    expect(sortKeys(page.Items)).toEqual(['s2', 's1', 's0']);
  });

  it('stop at the limit and go on behind the last key, forwards and backwards', async () => {
    const { query } = await filled(make);
    for (const ScanIndexForward of [true, false]) {
      const found: (string | undefined)[] = [];
      let start: Attributes | undefined;
      let pages = 0;
      do {
        const page = await query('pk = :p', {
          ...values(p),
          Limit: 2,
          ScanIndexForward,
          ...(start !== undefined && { ExclusiveStartKey: start }),
        });
        found.push(...(sortKeys(page.Items) ?? []));
        start = page.LastEvaluatedKey;
        pages += 1;
      } while (start !== undefined && pages < 9);
      const all = ['s0', 's1', 's2', 's3', 's4'];
      expect(found).toEqual(ScanIndexForward ? all : all.toReversed());
      expect(pages).toBe(3);
    }
  });

  it('give a last key when the limit is reached exactly at the end', async () => {
    const { query } = await filled(make);
    const page = await query('pk = :p', { ...values(p), Limit: 5 });
    expect(page.LastEvaluatedKey).toEqual(key('q', 's4'));
    const next = await query('pk = :p', { ...values(p), ExclusiveStartKey: key('q', 's4') });
    expect(next).toMatchObject({ Items: [], Count: 0 });
  });

  it('go on behind a key that is no longer there', async () => {
    const { query } = await filled(make);
    const page = await query('pk = :p', { ...values(p), ExclusiveStartKey: key('q', 's25') });
    expect(sortKeys(page.Items)).toEqual(['s3', 's4']);
  });

  it('count what they looked at, also where the filter lets nothing pass', async () => {
    const { query } = await filled(make);
    const input = { ...values({ ...p, ':i': N(3) }), FilterExpression: 'i > :i', Limit: 4 };
    const page = await query('pk = :p', input);
    expect(page).toMatchObject({ Items: [], Count: 0, ScannedCount: 4, LastEvaluatedKey: key('q', 's3') });
  });

  it('give parts of the items, or only their number', async () => {
    const { query } = await filled(make);
    const parts = await query('pk = :p', { ...values(p), ProjectionExpression: 'i', Limit: 1 });
    expect(parts.Items).toEqual([{ i: N(0) }]);
    const counted = await query('pk = :p', { ...values(p), Select: 'COUNT' });
    expect(counted).toEqual({ Count: 5, ScannedCount: 5 });
  });

  it('stop after a megabyte', async () => {
    const { put, query } = await make();
    for (let i = 0; i < 4; i++) await put({ ...key('q', `s${i}`), x: S('x'.repeat(390_000)) });
    const first = await query('pk = :p', values(p));
    expect(sortKeys(first.Items)).toEqual(['s0', 's1', 's2']);
    const start = { ExclusiveStartKey: first.LastEvaluatedKey };
    expect(sortKeys((await query('pk = :p', { ...values(p), ...start })).Items)).toEqual(['s3']);
  });

  it('order text by its bytes', async () => {
    const { put, query } = await make();
    const texts = ['Z', 'a', 'é', '\uFFFD', '😀'];
    for (const text of texts.toReversed()) await put(key('q', text));
    expect(sortKeys((await query('pk = :p', values(p))).Items)).toEqual(texts);
  });

  it('read the index in its own order, newest first', async () => {
    const { query } = await filled(make);
    const page = await query('#c = :c', { ...cluster, ScanIndexForward: false, Limit: 2 });
    expect(sortKeys(page.Items)).toEqual(['s0', 's1']);
    expect(page.LastEvaluatedKey).toEqual({ ...key('q', 's1'), cluster: S('c'), sortAt: S('t8') });
    const rest = await query('#c = :c', {
      ...cluster,
      ScanIndexForward: false,
      ExclusiveStartKey: page.LastEvaluatedKey,
    });
    expect(sortKeys(rest.Items)).toEqual(['s2', 's3', 's4']);
  });

  it('leave items without one of its keys out of the index, and follow changes', async () => {
    const { query, put, update, delete: remove } = await filled(make);
    await put({ ...key('r', 's9'), cluster: S('c'), sortAt: S('t99') });
    await update('REMOVE sortAt', {}, key('q', 's0'));
    await remove(key('q', 's1'));
    await update('SET sortAt = :t', values({ ':t': S('t0') }), key('q', 's2'));
    expect(sortKeys((await query('#c = :c', cluster)).Items)).toEqual(['s2', 's4', 's3', 's9']);
  });

  const refused: [title: string, expression: string | undefined, input: Partial<QueryCommandInput>, message: RegExp][] =
    [
      ['no partition', 'sk = :p', values(p), /Query condition missed key schema element/],
      ['a range of partitions', 'pk > :p', values(p), /Query key condition not supported/],
      ['OR', 'pk = :p OR sk = :p', values(p), /Invalid operator used in KeyConditionExpression: OR/],
      ['an inequality', 'pk = :p AND sk <> :p', values(p), /Invalid operator used in KeyConditionExpression: <>/],
      [
        'contains',
        'pk = :p AND contains(sk, :p)',
        values(p),
        /Invalid operator used in KeyConditionExpression: contains/,
      ],
      ['two conditions on the sort key', 'pk = :p AND sk > :p AND sk < :p', values(p), /one condition per key/],
      ['another attribute', 'pk = :p AND i > :p', values(p), /Query condition missed key schema element/],
      ['a key of another type', 'pk = :p', values({ ':p': N(1) }), /does not match schema type/],
      ['an empty key', 'pk = :p', values({ ':p': S('') }), /cannot contain an empty string value/],
      [
        'swapped bounds',
        'pk = :p AND sk BETWEEN :b AND :a',
        values({ ...p, ':a': S('1'), ':b': S('2') }),
        /upper bound/,
      ],
      ['a reserved word', 'cluster = :p', { ...values(p), IndexName: 'byCluster' }, /reserved keyword: cluster/],
      ['a consistent read of the index', '#c = :c', { ...cluster, ConsistentRead: true }, /Consistent read/],
      [
        'a start without the keys of the index',
        '#c = :c',
        { ...cluster, ExclusiveStartKey: key() },
        /Exclusive Start Key/i,
      ],
      ['a start in another partition', 'pk = :p', { ...values(p), ExclusiveStartKey: key('r', 's') }, /starting key/],
      [
        'an index that does not exist',
        'pk = :p',
        { ...values(p), IndexName: 'nope' },
        /does not have the specified index/,
      ],
      ['a limit of nothing', 'pk = :p', { ...values(p), Limit: 0 }, /greater than or equal to 1/],
      ['no condition', undefined, {}, /must be specified/],
      ['a filter on a key', 'pk = :p', { ...values(p), FilterExpression: 'sk > :p' }, /non-primary key attributes/],
    ];

  it.each(refused)('refuse %s', async (_title, expression, input, message) => {
    const { query } = await filled(make);
    expect(await failure(query(expression, input))).toMatchObject(invalid(message));
  });
}

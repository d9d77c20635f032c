import { expect, it } from '@jest/globals';
import { failure, invalid, key, L, M, type Make, N, names, S } from './requests.ts';

/** As deep as this, maps in a map. */
const nested = (depth: number) =>
  Array.from({ length: depth }).reduce<ReturnType<typeof M>>((m) => M({ a: m }), S('x'));

export function itemCases(make: Make): void {
  it('come back as they were put', async () => {
    const { put, get } = await make();
    const item = {
      ...key(),
      text: S(''),
      flag: { BOOL: false },
      nothing: { NULL: true as const },
      list: L(S('a'), N(1)),
      map: M({ a: L() }),
      bytes: { B: Uint8Array.of(1, 2) },
    };
    await put(item);
    expect(await get(key())).toEqual(item);
    expect(await get(key('zz'))).toBeUndefined();
  });

  it.each([
    ['1.0', '1'],
    ['1e3', '1000'],
    ['-0', '0'],
    ['0.10', '0.1'],
    ['-1.50e-2', '-0.015'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ])('have the number %s as %s', async (written, read) => {
    const { put, get } = await make();
    await put({ ...key(), n: N(written) });
    expect((await get(key()))?.n).toEqual(N(read));
  });

  it('have sets without order', async () => {
    const { put, get } = await make();
    await put({ ...key(), set: { SS: ['b', 'a'] } });
    expect((await get(key()))?.set?.SS?.toSorted()).toEqual(['a', 'b']);
  });

  it('are replaced whole', async () => {
    const { put, get } = await make();
    await put({ ...key(), a: S('1') });
    expect(await put({ ...key(), b: S('2') }, { ReturnValues: 'ALL_OLD' })).toEqual({ ...key(), a: S('1') });
    expect(await get(key())).toEqual({ ...key(), b: S('2') });
  });

  it('are deleted, also where there are none', async () => {
    const { put, get, delete: remove } = await make();
    await put({ ...key(), a: S('1') });
    expect(await remove(key(), { ReturnValues: 'ALL_OLD' })).toEqual({ ...key(), a: S('1') });
    expect(await get(key())).toBeUndefined();
    expect(await remove(key(), { ReturnValues: 'ALL_OLD' })).toBeUndefined();
  });

  it('are given in part', async () => {
    const { put, get } = await make();
    await put({ ...key(), s: S('x'), li: L(S('a'), S('b'), S('c')), ma: M({ a: N(1), b: N(2) }) });
    const part = await get(key(), { ProjectionExpression: 'ma.a, li[2], li[0], #s, zz', ...names({ '#s': 's' }) });
    expect(part).toEqual({ s: S('x'), ma: M({ a: N(1) }), li: L(S('a'), S('c')) });
  });

  it.each([
    ['an empty partition key', key(''), /cannot contain an empty string value/],
    ['an empty sort key', key('a', ''), /cannot contain an empty string value/],
    ['a key of another type', { ...key(), sk: N(1) }, /Type mismatch for key/],
    ['no sort key', { pk: S('a') }, /required keys was not given|Missing the key/],
    ['a partition key over 2048 bytes', key('x'.repeat(2049)), /2048 bytes/],
    ['a sort key over 1024 bytes', key('a', 'é'.repeat(513)), /1024 bytes/],
    ['an index key of another type', { ...key(), sortAt: N(1) }, /Type mismatch for Index Key/],
    ['an empty index key', { ...key(), sortAt: S('') }, /IndexKey: sortAt/],
    ['an empty set', { ...key(), set: { SS: [] } }, /may not be empty/],
    ['a set with duplicates', { ...key(), set: { NS: ['1', '1.0'] } }, /contains duplicates/],
    ['text for a number', { ...key(), n: N('one') }, /number/],
    ['39 digits', { ...key(), n: N('1'.repeat(39)) }, /38/],
    ['a number too large', { ...key(), n: N('1e126') }, /overflow/],
    ['a number too small', { ...key(), n: N('1e-131') }, /underflow/],
    ['32 levels of maps', { ...key(), deep: nested(32) }, /Nesting Levels/],
  ])('are refused with %s', async (_title, item, message) => {
    const { put } = await make();
    expect(await failure(put(item))).toMatchObject(invalid(message));
  });

  it('are taken with 31 levels of maps and keys of full length', async () => {
    const { put, get } = await make();
    const item = { ...key('x'.repeat(2048), 'é'.repeat(512)), deep: nested(31) };
    await put(item);
    expect(await get(key('x'.repeat(2048), 'é'.repeat(512)))).toEqual(item);
  });

  it.each([
    ['too few', { pk: S('a') }],
    ['too many', { ...key(), other: S('c') }],
    ['a wrong type', { pk: S('a'), sk: N(1) }],
    ['an empty one', key('')],
    ['other', { pk: S('a'), other: S('b') }],
  ])('are not read with %s of the keys', async (_title, wrong) => {
    const { get } = await make();
    expect(await failure(get(wrong))).toMatchObject({ name: 'ValidationException' });
  });

  it('hold exactly 400 KB', async () => {
    const { put, update } = await make();
    // Names and values of the two keys and the attribute: 2 + 1, 2 + 1 and 1 bytes.
    const room = 409_600 - 7;
    await put({ ...key(), x: S('x'.repeat(room)) });
    const message = /maximum allowed size/;
    expect((await failure(put({ ...key(), x: S('x'.repeat(room + 1)) }))).message).toMatch(message);
    const more = { ExpressionAttributeValues: { ':x': S('') } };
    expect((await failure(update('SET y = :x', more))).message).toMatch(message);
  });

  it('are not in a table that does not exist', async () => {
    const { get } = await make();
    const call = get(key(), { TableName: 'no-such-table' });
    expect(await failure(call)).toMatchObject({ name: 'ResourceNotFoundException' });
  });
}

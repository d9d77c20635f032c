import { expect, it } from '@jest/globals';
import { failure, invalid, key, L, M, type Make, N, names, S, values } from './requests.ts';

const item = {
  ...key(),
  n: N(5),
  s: S('x'),
  list: L(S('a'), S('b'), S('c')),
  m: M({ a: N(1) }),
  tags: { SS: ['a', 'b'] },
};
const list = names({ '#l': 'list' });
const all = { ReturnValues: 'ALL_NEW' } as const;

const set = (...members: string[]) => ({ ...values({ ':x': { SS: members } }), ...all });

export function updateCases(make: Make): void {
  const made = async () => {
    const requests = await make();
    await requests.put(item);
    return requests;
  };

  it('make the item where there is none', async () => {
    const { update } = await make();
    const counted = { ...values({ ':zero': N(0), ':one': N(1) }), ...all };
    expect(await update('SET q = if_not_exists(q, :zero) + :one', counted)).toEqual({ ...key(), q: N(1) });
    expect(await update('SET q = if_not_exists(q, :zero) + :one', counted)).toEqual({ ...key(), q: N(2) });
  });

  it('make a bare item without an expression', async () => {
    const { update, get } = await make();
    await update(undefined);
    expect(await get(key())).toEqual(key());
  });

  it.each([
    ['a sum', 'SET n = n + :x', N('0.2'), { n: N('5.2') }],
    ['an exact difference', 'SET n = n - :x', N('4.9'), { n: N('0.1') }],
    ['a difference of values', 'SET n = :x - n', N(2), { n: N(-3) }],
    ['a new attribute', 'SET q = :x', S('new'), { q: S('new') }],
    ["another's value", 'SET q = s, s = :x', S('y'), { q: S('x'), s: S('y') }],
    ['a member of a map', 'SET m.b = :x', N(2), { m: M({ a: N(1), b: N(2) }) }],
    ['an element of a list', 'SET #l[1] = :x', N(2), { list: L(S('a'), N(2), S('c')) }],
    ['an element beyond the end', 'SET #l[9] = :x', N(2), { list: L(S('a'), S('b'), S('c'), N(2)) }],
    ['a longer list', 'SET #l = list_append(#l, :x)', L(N(1)), { list: L(S('a'), S('b'), S('c'), N(1)) }],
    ['a list from nothing', 'SET q = list_append(if_not_exists(q, :x), :x)', L(N(1)), { q: L(N(1), N(1)) }],
    ['a number added', 'ADD n :x', N('1.5'), { n: N('6.5') }],
    ['a number added to nothing', 'ADD q :x', N(3), { q: N(3) }],
    ['a number added to a member', 'ADD m.a :x', N(3), { m: M({ a: N(4) }) }],
  ])('write %s', async (_title, expression, value, changed) => {
    const { update } = await made();
    const input = { ...values({ ':x': value }), ...(expression.includes('#l') && list), ...all };
    expect(await update(expression, input)).toEqual({ ...item, ...changed });
  });

  it('remove attributes, members and elements', async () => {
    const { update } = await made();
    const left = await update('REMOVE s, zz, m.a, #l[0], #l[2], #l[7]', { ...list, ...all });
    const { s: _, ...rest } = item;
    expect(left).toEqual({ ...rest, m: M({}), list: L(S('b')) });
  });

  it('do all their sections at once, each seeing the item as it was', async () => {
    const { update } = await made();
    const input = { ...values({ ':one': N(1), ':b': { SS: ['b'] } }), ...all };
    const after = await update('ADD n :one SET q = n REMOVE s DELETE tags :b', input);
    const { s: _, ...rest } = item;
    expect(after).toEqual({ ...rest, n: N(6), q: N(5), tags: { SS: ['a'] } });
  });

  it('add to sets and take out of them until none is left', async () => {
    const { update } = await made();
    expect((await update('ADD tags :x', set('c', 'a')))?.tags?.SS?.toSorted()).toEqual(['a', 'b', 'c']);
    expect((await update('DELETE tags :x', set('a', 'z')))?.tags?.SS?.toSorted()).toEqual(['b', 'c']);
    expect((await update('DELETE tags :x', set('b', 'c')))?.tags).toBeUndefined();
    expect((await update('DELETE tags :x', set('b')))?.tags).toBeUndefined();
    expect((await update('ADD tags :x', set('n')))?.tags).toEqual({ SS: ['n'] });
  });

  it('return what was asked for', async () => {
    const { update } = await made();
    const change = values({ ':x': N(6), ':y': S('y') });
    const expression = 'SET n = :x, q = :y REMOVE s';
    expect(await update(expression, { ...change, ReturnValues: 'UPDATED_NEW' })).toEqual({ n: N(6), q: S('y') });
    expect(await update(expression, { ...change, ReturnValues: 'UPDATED_OLD' })).toEqual({ n: N(6), q: S('y') });
    expect(await update('REMOVE n', { ReturnValues: 'ALL_OLD' })).toMatchObject({ n: N(6), q: S('y') });
    expect(await update('REMOVE q', { ReturnValues: 'UPDATED_NEW' })).toBeUndefined();
    expect(await update('REMOVE q')).toBeUndefined();
  });

  it('return nothing old where there was nothing', async () => {
    const { update } = await make();
    const input = values({ ':x': N(1) });
    expect(await update('SET n = :x', { ...input, ReturnValues: 'ALL_OLD' })).toBeUndefined();
  });

  it('happen only where the condition holds', async () => {
    const { update, get } = await made();
    const input = { ...values({ ':x': N(6), ':5': N(5) }), ConditionExpression: 'n = :5' };
    await update('SET n = :x', input);
    expect(await failure(update('SET n = :x', input))).toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect((await get(key()))?.n).toEqual(N(6));
  });

  it.each([
    ['the key', 'SET sk = :x', S('x'), /Cannot update attribute sk. This attribute is part of the key/],
    ['a map and its member', 'SET m = :x, m.a = :x', S('x'), /Two document paths overlap.*\[m\], path two: \[m, a\]/],
    ['the same twice', 'SET s = :x REMOVE s', S('x'), /Two document paths overlap/],
    ['a list that is a map', 'SET q[0] = :x, q.a = :x', S('x'), /Two document paths conflict/],
    ['two SET sections', 'SET s = :x SET n = :x', S('x'), /The "SET" section can only be used once/],
    ['no section', 's = :x', S('x'), /Syntax error/],
    ['an empty expression', '', undefined, /The expression can not be empty/],
    ['a member of nothing', 'SET zz.a = :x', S('x'), /document path provided in the update expression is invalid/],
    ['a member of text', 'SET s.a = :x', S('x'), /document path provided in the update expression is invalid/],
    ['the removal of a member of nothing', 'REMOVE zz.a', undefined, /document path provided/],
    ['the value of nothing', 'SET s = zz + :x', N(1), /refers to an attribute that does not exist/],
    ['a copy of nothing', 'SET s = zz', undefined, /refers to an attribute that does not exist/],
    ['a sum with text', 'SET s = s + :x', N(1), /incorrect data type/],
    [
      'a sum with a text value',
      'SET n = n + :x',
      S('1'),
      /Incorrect operand type.*operator or function: \+, operand type: S/,
    ],
    ['three summands', 'SET n = n + :x + :x', N(1), /Syntax error; token: "\+"/],
    ['a list appended to text', 'SET q = list_append(s, :x)', L(N(1)), /incorrect data type/],
    ['a number appended', 'SET q = list_append(q, :x)', N(1), /list_append, operand type: N/],
    ['an addition of text', 'ADD n :x', S('1'), /operator: ADD, operand type: STRING/],
    ['an addition to text', 'ADD s :x', N(1), /incorrect data type/],
    ['a deletion of a number', 'DELETE n :x', N(1), /operator: DELETE, operand type: NUMBER/],
    ['a deletion of another kind of set', 'DELETE tags :x', { NS: ['1'] }, /incorrect data type/],
    ['a default for a value', 'SET n = if_not_exists(:x, :x)', N(1), /requires a document path/],
    ['a test', 'SET n = attribute_exists(n)', undefined, /function is not allowed in an update expression/],
  ])('refuse %s', async (_title, expression, value, message) => {
    const { update, get } = await made();
    const input = value === undefined ? {} : values({ ':x': value });
    expect(await failure(update(expression, input))).toMatchObject(invalid(message));
    expect(await get(key())).toMatchObject({ n: N(5), s: S('x') });
  });
}

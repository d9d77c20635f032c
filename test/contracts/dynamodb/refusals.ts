import { expect, it } from '@jest/globals';
import type { PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import { reservedWords } from '../../../simulator/cloud/dynamodb/reserved-words.ts';
import { failure, invalid, key, M, type Make, N, names, S, values } from './requests.ts';

const x = values({ ':x': S('x') });
const one = values({ ':x': N(1) });

const refused: [title: string, expression: string, input: Partial<PutItemCommandInput>, message: RegExp][] = [
  ['a value that is not used', 'attribute_exists(pk)', x, /unused in expressions: keys: \{:x\}/],
  ['a name that is not used', 'attribute_exists(pk)', names({ '#x': 'pk' }), /unused in expressions: keys: \{#x\}/],
  ['a value that is not defined', 's = :x', {}, /value used in expression is not defined; attribute value: :x/],
  ['a second value that is not defined', 's = :x AND t = :y', x, /is not defined; attribute value: :y/],
  ['a name that is not defined', '#s = :x', x, /is not defined; attribute name: #s/],
  ['no values at all', 'attribute_exists(pk)', values({}), /ExpressionAttributeValues must not be empty/],
  ['no names at all', 'attribute_exists(pk)', names({}), /ExpressionAttributeNames must not be empty/],
  ['no expression', '', {}, /The expression can not be empty/],
  ['a name without #', '#a = :x', { ...names({ a: 'x' }), ...x }, /ExpressionAttributeNames contains invalid key/],
  ['a value without :', 's = :x', values({ x: S('x') }), /ExpressionAttributeValues contains invalid key/],
  ['a reserved word', 'status = :x', x, /reserved keyword: status/],
  ['a reserved word within a path', 'map.deep.Name = :x', x, /reserved keyword: (map|Name)/],
  ['two operators', 's = = :x', x, /Syntax error; token: "=", near: "= = :x"/],
  ['half a comparison', 's =', {}, /Syntax error; token: "<EOF>"/],
  ['an attribute alone', 's', {}, /Syntax error/],
  ['a value alone', ':x', x, /Syntax error/],
  ['a strange character', 's = :x ; t', x, /Syntax error; token: ";"/],
  ['an open parenthesis', '(s = :x', x, /Syntax error; token: "<EOF>"/],
  ['AND without a right side', 's = :x AND', x, /Syntax error; token: "<EOF>"/],
  ['an assignment in a condition', 'SET s = :x', x, /Syntax error/],
  ['a list position that is no number', 'l[x] = :x', x, /Syntax error/],
  ['IN without parentheses', 's IN :x', x, /Syntax error/],
  ['IN without values', 's IN ()', {}, /Syntax error/],
  ['redundant parentheses', '((s = :x))', x, /redundant parentheses/],
  ['an attribute compared with itself', 's = s', {}, /first operand must be distinct/],
  ['an unknown function', 'foo(s)', {}, /Invalid function name; function: foo/],
  ['a function in capitals', 'ATTRIBUTE_EXISTS(s)', {}, /Invalid function name/],
  ['too many operands', 'size(s, t) = :x', one, /Incorrect number of operands.*number of operands: 2/],
  ['too few operands', 'begins_with(s)', {}, /Incorrect number of operands.*number of operands: 1/],
  ['a size alone', 'size(s)', {}, /not allowed to be used this way in an expression; function: size/],
  ['a test compared', 'attribute_exists(s) = :x', one, /not allowed to be used this way/],
  ['an update function', 'if_not_exists(s, :x) = :x', one, /function is not allowed in a condition expression/],
  ['the existence of a value', 'attribute_exists(:x)', x, /requires a document path/],
  ['a number as a prefix', 'begins_with(s, :x)', one, /begins_with, operand type: N/],
  ['an order of maps', 's < :x', values({ ':x': M({}) }), /function: <, operand type: M/],
  ['an order of truths', 's >= :x', values({ ':x': { BOOL: true } }), /function: >=, operand type: BOOL/],
  ['the size of a number', 'size(:x) = :x', one, /size, operand type: N/],
  ['a type that does not exist', 'attribute_type(s, :x)', values({ ':x': S('X') }), /Invalid attribute type name/],
  ['swapped bounds', 's BETWEEN :b AND :a', values({ ':a': N(1), ':b': N(2) }), /upper bound to be greater/],
  ['bounds of two types', 's BETWEEN :b AND :a', values({ ':a': N(1), ':b': S('2') }), /same data type/],
  ['more than 4 KB', `s = :x${' OR s = :x'.repeat(410)}`, x, /Expression size has exceeded the maximum/],
];

export function refusalCases(make: Make): void {
  it.each(refused)('have %s', async (_title, ConditionExpression, input, message) => {
    const { put } = await make();
    expect(await failure(put(key(), { ConditionExpression, ...input }))).toMatchObject(invalid(message));
  });

  it('are names or values without any expression', async () => {
    const { put, get } = await make();
    expect(await failure(put(key(), x))).toMatchObject(invalid(/can only be specified when using expressions/));
    const named = names({ '#x': 'x' });
    expect(await failure(get(key(), named))).toMatchObject(invalid(/can only be specified when using expressions/));
  });

  it('use any of the reserved words, in any case', async () => {
    const { get } = await make();
    const accepted: string[] = [];
    for (const [i, word] of reservedWords.entries()) {
      const ProjectionExpression = i % 2 === 0 ? word : word.toLowerCase();
      const call = get(key(), { ProjectionExpression });
      await call.then(
        () => accepted.push(word),
        () => undefined,
      );
    }
    expect(accepted).toEqual([]);
  });

  it('are no longer refused with a placeholder for the reserved word', async () => {
    const { put, get } = await make();
    await put(key(), { ConditionExpression: '#status <> :x', ...x, ...names({ '#status': 'status' }) });
    expect(await get(key())).toEqual(key());
  });

  it('project paths that overlap', async () => {
    const { get } = await make();
    const overlap = get(key(), { ProjectionExpression: 'm, m.a' });
    expect(await failure(overlap)).toMatchObject(invalid(/Two document paths overlap/));
  });

  it('ask for values that the operation does not return', async () => {
    const { put } = await make();
    const call = put(key(), { ReturnValues: 'ALL_NEW' });
    expect(await failure(call)).toMatchObject(invalid(/Return values set to invalid value/));
  });
}

import { describe, expect, it } from '@jest/globals';
import {
  compilePattern,
  InvalidEventException,
  InvalidEventPatternException,
  matches,
  testEventPattern,
} from '../../../simulator/event-patterns/index.ts';

const matchesValue = (entry: unknown, value: unknown) => matches(compilePattern({ x: [entry] }), { x: value });

const reasonOf = (pattern: unknown): string => {
  try {
    compilePattern(pattern);
    return 'valid';
  } catch (error) {
    if (error instanceof InvalidEventPatternException) return error.reason;
    throw error;
  }
};

const orOf = (path: string, count: number) => ({
  [path]: { $or: Array.from({ length: count }, (_, index) => ({ [`f${index}`]: [1] })) },
});

describe('an entry of a pattern', () => {
  it.each<[string, unknown, unknown, boolean]>([
    ['a string', 'a', 'a', true],
    ['a string in another case', 'a', 'A', false],
    ['a number by value', 300, 300, true],
    ['a number against its text', 300, '300', false],
    ['a text against its number', '300', 300, false],
    ['a number too large to compare, by its digits', 123_456_789_012, 123_456_789_012, true],
    ['null', null, null, true],
    ['null against its text', null, 'null', false],
    ['a boolean', true, true, true],
    ['a boolean against its text', 'true', true, false],
    ['the empty string', '', '', true],
    ['any element of an array', 'b', ['a', 'b'], true],
    ['an element of an array in an array', 'b', [['a'], ['b']], true],
    ['nothing in an empty array', null, [], false],
    ['an address in another spelling', '2001:db8::1', '2001:0DB8:0:0:0:0:0:1', true],
    ['prefix', { prefix: 'ab' }, 'abc', true],
    ['prefix on a number', { prefix: '1' }, 12, false],
    ['prefix in any case', { prefix: { 'equals-ignore-case': 'AB' } }, 'abc', true],
    ['prefix longer than the value', { prefix: 'abc' }, 'ab', false],
    ['suffix', { suffix: 'bc' }, 'abc', true],
    ['suffix in another case', { suffix: 'BC' }, 'abc', false],
    ['suffix in any case', { suffix: { 'equals-ignore-case': 'BC' } }, 'abc', true],
    ['equals-ignore-case', { 'equals-ignore-case': 'ÄB' }, 'äb', true],
    ['equals-ignore-case does not lengthen', { 'equals-ignore-case': 'ss' }, 'ß', false],
    ['equals-ignore-case on a number', { 'equals-ignore-case': '1' }, 1, false],
    ['exactly', { exactly: 'a' }, 'a', true],
  ])('%s', (_title, entry, value, expected) => {
    expect(matchesValue(entry, value)).toBe(expected);
  });

  it.each<[unknown, unknown, boolean]>([
    [['=', 3.018e2], 301.8, true],
    [['=', 5], 5.000_001, false],
    [['<', 5], 5, false],
    [['<', 5], 4.999_999, true],
    [['<=', 5], 5, true],
    [['>', -1], -1, false],
    [['>=', -1], -1, true],
    [['>', 0, '<=', 5], 5, true],
    [['>', 0, '<=', 5], 0, false],
    [['>=', 0, '<', 5], 5, false],
    [['>', 0], '1', false],
    [['>', 0], null, false],
    [['>', 0], 5e9, true],
    // Above the largest number that AWS compares
    [['>', 0], 5_000_000_001, false],
    [['>', 0], [0, 7], true],
  ])('numeric %j against %j: %j', (range, value, expected) => {
    expect(matchesValue({ numeric: range }, value)).toBe(expected);
  });

  it.each<[unknown, unknown, boolean]>([
    ['a', 'b', true],
    ['a', 'a', false],
    ['1', 1, true],
    [1, '1', true],
    [1, 1, false],
    [['a', 'b'], 'b', false],
    [['a', 'b'], ['b', 'c'], true],
    [[1, 2], 2, false],
    ['a', null, true],
    ['a', { y: 1 }, false],
    ['a', undefined, false],
    ['a', [], false],
    [{ prefix: 'a' }, 'ba', true],
    [{ prefix: ['a', 'b'] }, 'ba', false],
    [{ suffix: 'a' }, 'ba', false],
    [{ suffix: ['c'] }, 1, true],
    [{ 'equals-ignore-case': 'A' }, 'a', false],
    [{ 'equals-ignore-case': ['A', 'B'] }, 'c', true],
    [{ wildcard: 'a*c' }, 'abc', false],
    [{ wildcard: ['a*c', '*d'] }, 'abx', true],
  ])('anything-but %j against %j: %j', (names, value, expected) => {
    expect(matchesValue({ 'anything-but': names }, value)).toBe(expected);
  });

  it.each<[string, unknown, boolean]>([
    ['*', '', true],
    ['a*', 'a', true],
    ['*a', 'ba', true],
    ['a*b*c', 'aXbXbYc', true],
    ['a*b*c', 'aXcXb', false],
    ['a*a', 'a', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'aXb', false],
    ['a\\\\*', 'a\\anything', true],
    ['*', 1, false],
    ['é*', 'éa', true],
  ])('wildcard %j against %j: %j', (wildcard, value, expected) => {
    expect(matchesValue({ wildcard }, value)).toBe(expected);
  });

  it.each<[string, unknown, boolean]>([
    ['10.0.0.0/24', '10.0.0.255', true],
    ['10.0.0.0/24', '10.0.1.0', false],
    ['10.0.0.77/24', '10.0.0.1', true],
    ['10.0.0.0/9', '10.127.255.255', true],
    ['10.0.0.0/9', '10.128.0.0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['2001:db8::/32', '2001:db8:ffff::', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['::/0', '10.0.0.1', false],
    ['10.0.0.0/8', 'no address', false],
    ['10.0.0.0/8', 10, false],
  ])('cidr %j against %j: %j', (cidr, value, expected) => {
    expect(matchesValue({ cidr }, value)).toBe(expected);
  });

  it('sees only leaves when asked whether a field exists', () => {
    const present = { exists: true };
    const absent = { exists: false };
    for (const leaf of [null, '', 0, false, ['a'], [{ y: 1 }, 'a']]) {
      expect([matchesValue(present, leaf), matchesValue(absent, leaf)]).toEqual([true, false]);
    }
    for (const nothing of [undefined, {}, [], { y: 1 }, [{ y: 1 }], [[]]]) {
      expect([matchesValue(present, nothing), matchesValue(absent, nothing)]).toEqual([false, true]);
    }
  });
});

describe('the fields of a pattern', () => {
  const pattern = compilePattern({ items: { name: ['a'], size: [{ numeric: ['>', 5] }] } });

  it('match together only within one element of an array', () => {
    expect(matches(pattern, { items: [{ name: 'a', size: 9 }] })).toBe(true);
    expect(
      matches(pattern, {
        items: [
          { name: 'b', size: 1 },
          { name: 'a', size: 9 },
        ],
      }),
    ).toBe(true);
    expect(
      matches(pattern, {
        items: [
          { name: 'a', size: 1 },
          { name: 'b', size: 9 },
        ],
      }),
    ).toBe(false);
  });

  it('match across different arrays, and across plain values of one', () => {
    const across = compilePattern({ one: { a: [1] }, other: { b: [2] } });
    expect(matches(across, { one: [{ a: 0 }, { a: 1 }], other: [{ b: 2 }, { b: 0 }] })).toBe(true);
    const tags = compilePattern({ tags: ['x', 'y'], kind: ['k'] });
    expect(matches(tags, { tags: ['z', 'y'], kind: ['j', 'k'] })).toBe(true);
  });

  it('hold in nested arrays', () => {
    const nested = compilePattern({ a: { b: { c: [1], d: [2] } } });
    expect(matches(nested, { a: [{ b: [{ c: 1 }, { d: 2 }] }] })).toBe(false);
    expect(matches(nested, { a: [{ b: [{ c: 1, d: 0 }] }, { b: [{ c: 0 }, { c: 1, d: 2 }] }] })).toBe(true);
  });

  it('find a field absent in the element that the others matched', () => {
    const absent = compilePattern({ items: { name: ['a'], size: [{ exists: false }] } });
    expect(matches(absent, { items: [{ name: 'a' }, { name: 'b', size: 1 }] })).toBe(true);
    expect(matches(absent, { items: [{ name: 'a', size: 1 }, { name: 'b' }] })).toBe(false);
  });

  it('are all needed, and one value of each is enough', () => {
    const both = compilePattern({ a: ['x', { prefix: 'y' }], b: [1] });
    expect(matches(both, { a: 'yy', b: 1, c: 'ignored' })).toBe(true);
    expect(matches(both, { a: 'yy' })).toBe(false);
  });

  it('may be written with dots, as AWS joins the steps of a path', () => {
    expect(matches(compilePattern({ 'detail.state': ['on'] }), { detail: { state: 'on' } })).toBe(true);
  });

  it('take the last of two lists for one path', () => {
    const pattern = compilePattern('{"a": ["x"], "a": ["y"]}');
    expect([matches(pattern, { a: 'x' }), matches(pattern, { a: 'y' })]).toEqual([false, true]);
    const merged = compilePattern('{"a": {"b": [1]}, "a": {"c": [2]}}');
    expect([matches(merged, { a: { b: 1 } }), matches(merged, { a: { b: 1, c: 2 } })]).toEqual([false, true]);
  });
});

describe('$or', () => {
  it('needs one of its objects and what stands beside it', () => {
    const pattern = compilePattern({ source: ['s'], $or: [{ a: [1] }, { b: [2], c: [3] }] });
    expect(matches(pattern, { source: 's', a: 1 })).toBe(true);
    expect(matches(pattern, { source: 's', b: 2, c: 3 })).toBe(true);
    expect(matches(pattern, { source: 's', b: 2 })).toBe(false);
    expect(matches(pattern, { source: 't', a: 1 })).toBe(false);
  });

  it('nests and stands at any depth', () => {
    const pattern = compilePattern({ d: { $or: [{ a: [1] }, { $or: [{ b: [2] }, { c: [3] }], e: [5] }] } });
    expect(matches(pattern, { d: { a: 1 } })).toBe(true);
    expect(matches(pattern, { d: { c: 3, e: 5 } })).toBe(true);
    expect(matches(pattern, { d: { c: 3 } })).toBe(false);
  });

  it('multiplies with another one, up to 1,000 combinations', () => {
    expect(matches(compilePattern({ ...orOf('a', 2), ...orOf('b', 2) }), { a: { f1: 1 }, b: { f0: 1 } })).toBe(true);
    expect(reasonOf({ ...orOf('a', 10), ...orOf('b', 100) })).toBe('valid');
    expect(reasonOf({ ...orOf('a', 11), ...orOf('b', 100) })).toMatch('combinations');
  });
});

describe('an invalid pattern', () => {
  it.each<[unknown, string]>([
    [{}, 'Empty objects are not allowed'],
    [{ x: {} }, 'Empty objects are not allowed'],
    [{ x: [] }, 'Empty arrays are not allowed'],
    [{ x: 'a' }, '"x" must be an object or an array'],
    [{ x: null }, '"x" must be an object or an array'],
    [{ x: [['a']] }, 'Match value must be String, number, true, false, or null'],
    [{ x: [{}] }, 'Match expression name not found'],
    [{ x: [{ regex: 'a' }] }, 'Unrecognized match type regex'],
    [{ x: [{ Prefix: 'a' }] }, 'Unrecognized match type Prefix'],
    [{ x: [{ toString: 'a' }] }, 'Unrecognized match type toString'],
    [{ x: [{ prefix: 'a', suffix: 'b' }] }, 'Only one key allowed in match expression'],
    [{ x: [{ prefix: 1 }] }, 'prefix match pattern must be a string'],
    [{ x: [{ prefix: ['a'] }] }, 'prefix match pattern must be a string'],
    [{ x: [{ prefix: {} }] }, 'Prefix expression name not found'],
    [{ x: [{ prefix: { wildcard: 'a' } }] }, 'Unsupported prefix pattern: wildcard'],
    [{ x: [{ prefix: { 'equals-ignore-case': 1 } }] }, 'equals-ignore-case match pattern must be a string'],
    [{ x: [{ suffix: { prefix: 'a' } }] }, 'Unsupported suffix pattern: prefix'],
    [{ x: [{ exists: 'true' }] }, 'exists match pattern must be either true or false.'],
    [{ x: [{ exists: null }] }, 'exists match pattern must be either true or false.'],
    [{ x: [{ numeric: [] }] }, 'Invalid member in numeric match: ]'],
    [{ x: [{ numeric: [1] }] }, 'Invalid member in numeric match: 1'],
    [{ x: [{ numeric: ['!=', 1] }] }, 'Unrecognized numeric range operator: !='],
    [{ x: [{ numeric: ['=', '1'] }] }, 'Value of equals must be numeric'],
    [{ x: [{ numeric: ['>'] }] }, 'Value of > must be numeric'],
    [{ x: [{ numeric: ['=', 1, '<', 2] }] }, 'Too many elements in numeric expression'],
    [{ x: [{ numeric: ['<', 1, '>', 0] }] }, 'Too many elements in numeric expression'],
    [{ x: [{ numeric: ['>', 1, 2] }] }, 'Bad value in numeric range: 2'],
    [{ x: [{ numeric: ['>', 1, '=', 2] }] }, 'Bad numeric range operator: ='],
    [{ x: [{ numeric: ['>', 1, '<', 2, 3] }] }, 'Too many terms in numeric range expression'],
    [{ x: [{ numeric: ['>', 2, '<', 2] }] }, 'Bottom must be less than top'],
    [{ x: [{ numeric: ['>', 5_000_000_001] }] }, 'Value must be between -5.0E9 and 5.0E9, inclusive'],
    [{ x: [{ cidr: '10.0.0.0' }] }, "Malformed CIDR, one '/' required"],
    [{ x: [{ cidr: '10.0.0.0/x' }] }, 'Malformed CIDR, mask bits must be an integer'],
    [{ x: [{ cidr: '10.0.0.0/-1' }] }, 'Malformed CIDR, mask bits must not be negative'],
    [{ x: [{ cidr: '10.0.0.0/32' }] }, 'IPv4 mask bits must be < 32'],
    [{ x: [{ cidr: '::/128' }] }, 'IPv6 mask bits must be < 128'],
    [{ x: [{ cidr: 'host/8' }] }, 'Nonstandard IP address: host'],
    [{ x: [{ cidr: '10.0.0.256/8' }] }, 'Invalid IP address: 10.0.0.256'],
    [{ x: [{ wildcard: 1 }] }, 'wildcard match pattern must be a string'],
    [{ x: [{ wildcard: 'é**' }] }, 'Consecutive wildcard characters at pos 3'],
    [{ x: [{ wildcard: 'a\\b' }] }, 'Invalid escape character at pos 2'],
    [{ x: [{ wildcard: 'a\\' }] }, 'Invalid escape character at pos 2'],
    [{ x: [{ 'anything-but': null }] }, 'Value of anything-but must be an array or single string/number value.'],
    [{ x: [{ 'anything-but': true }] }, 'Value of anything-but must be an array or single string/number value.'],
    [{ x: [{ 'anything-but': [null] }] }, 'Inside anything but list, start|null|boolean is not supported.'],
    [
      { x: [{ 'anything-but': ['a', 1] }] },
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    ],
    [
      { x: [{ 'anything-but': [] }] },
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    ],
    [{ x: [{ 'anything-but': {} }] }, 'Anything-But expression name not found'],
    [{ x: [{ 'anything-but': { numeric: ['=', 1] } }] }, 'Unsupported anything-but pattern: numeric'],
    [{ x: [{ 'anything-but': { prefix: 1 } }] }, 'prefix/suffix match pattern must be a string'],
    [{ x: [{ 'anything-but': { suffix: ['a', ''] } }] }, 'Null prefix/suffix not allowed'],
    [{ x: [{ 'anything-but': { wildcard: 'a**' } }] }, 'Consecutive wildcard characters at pos 2'],
    [{ x: [{ 'anything-but': 'a', prefix: 'b' }] }, 'Too many elements in numeric expression'],
    [{ $or: {} }, 'It must be an Array followed with $or.'],
    [{ $or: [{ a: [1] }] }, 'There must have at least 2 Objects in $or relationship.'],
    [{ $or: [] }, 'There must have at least 2 Objects in $or relationship.'],
    [{ $or: [{ a: [1] }, 'b'] }, 'Only JSON object is allowed in array of $or relationship.'],
    [{ $or: [{ a: [1] }, {}] }, 'Empty objects are not allowed'],
    [{ $or: [{ prefix: ['a'] }, { b: [1] }] }, 'prefix is Ruler reserved fieldName which cannot be used inside $or.'],
    [null, 'Filter is not an object'],
    ['"text"', 'Filter is not an object'],
    ['', 'Filter is not an object'],
  ])('%j: %s', (pattern, reason) => {
    expect(reasonOf(pattern)).toBe(reason);
  });

  it.each<[string, string]>([
    ['{"a": [1],}', `Unexpected character ('}' (code 125)): was expecting double-quote to start field name`],
    ['{"a" [1]}', `Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value`],
    ['{"a": [1 2]}', `Unexpected character ('2' (code 50)): was expecting comma to separate Array entries`],
    ['{"a": [1] "b": [2]}', `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries`],
    [
      '{"a": [1,]}',
      `Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`,
    ],
    ['{"a": ["b]}', 'Unexpected end-of-input: was expecting closing quote for a string value'],
    ['{"a":', 'Unexpected end-of-input within/between Object entries'],
    [
      '{"a": [1]',
      `Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"a": [1]"; line: 1, column: 1])`,
    ],
    [
      '{"a": [1}',
      `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"{"a": [1}"; line: 1, column: 7])`,
    ],
    [
      '{"a": [True]}',
      `Unrecognized token 'True': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`,
    ],
    ['{"a": [01]}', 'Invalid numeric value: Leading zeroes not allowed'],
    [String.raw`{"a": ["\x"]}`, `Unrecognized character escape 'x' (code 120)`],
  ])('as text: %s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });

  it('is told by the first fault in reading order', () => {
    expect(reasonOf('{"a": [], "b": oops}')).toBe('Empty arrays are not allowed');
    expect(reasonOf('{"a": [{"regex": oops}]}')).toMatch("Unrecognized token 'oops'");
  });

  it('is refused when its wildcards are too complex, alone or together', () => {
    const tooComplex = /^Rule is too complex/;
    expect(reasonOf({ x: [{ wildcard: '*:*:*:*:*:event-bus/*' }] })).toMatch(tooComplex);
    expect(reasonOf({ x: [{ wildcard: '/Users/*/dir/dir/dir/dir/dir/doc.txt' }] })).toBe('valid');
    expect(reasonOf({ x: Array.from({ length: 12 }, (_, index) => ({ wildcard: `*a${index}` })) })).toMatch(tooComplex);
  });

  it('carries the name and the prefix of the real exception', () => {
    expect(() => compilePattern('[]')).toThrow(
      expect.objectContaining({
        name: 'InvalidEventPatternException',
        message: 'Event pattern is not valid. Reason: Filter is not an object',
      }),
    );
  });
});

describe('an event', () => {
  const pattern = compilePattern({ x: [{ exists: true }] });

  it.each([[['plain string']], ['text'], [null], [7], [undefined]])('%j is not valid', (event) => {
    expect(() => matches(pattern, event)).toThrow(InvalidEventException);
  });

  it.each(['["a"]', 'text', '', '{"x": 1} trailing'])('as text, %j is not valid', (event) => {
    expect(() => testEventPattern('{"x": [1]}', event)).toThrow('Parameter Event is not valid.');
  });

  it('keeps the digits of its numbers when it comes as text', () => {
    expect(testEventPattern('{"x": [300]}', '{"x": 300.0}')).toBe(true);
    expect(testEventPattern('{"x": [12345678901234567890]}', '{"x": 12345678901234567890}')).toBe(true);
    expect(testEventPattern('{"x": [12345678901234567890]}', '{"x": 12345678901234567891}')).toBe(false);
    expect(testEventPattern('{"x": [{"numeric": ["=", 0.1]}]}', '{"x": 1.0e-1}')).toBe(true);
  });
});

/**
 * Attribute values as they travel: copied, validated, compared, measured. Numbers are decimals of up to 38 digits, never
 * floating point; text is ordered by its UTF-8 bytes. Sources: developer guide, "Supported data types" and "Constraints";
 * messages as DynamoDB Local 2.6.1 gives them.
 */
import { AwsError } from '../service.ts';
import { compareNumbers, normalNumber } from './numbers.ts';

export type Value =
  | { S: string }
  | { N: string }
  | { B: Uint8Array }
  | { BOOL: boolean }
  | { NULL: true }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: Uint8Array[] }
  | { L: Value[] }
  | { M: Item };
export type Item = Record<string, Value>;
export type ValueType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'SS' | 'NS' | 'BS' | 'L' | 'M';

const types: ReadonlySet<string> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M']);
export const typeNames = [...types].join(',');

const nestingMax = 32;

export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

export function typeOf(value: Value): ValueType {
  for (const type in value) return type as ValueType;
  throw new Error('a value without a type');
}

export function isType(name: string): name is ValueType {
  return types.has(name);
}

/** The one member of a value, whatever its type. */
export function content(value: Value): unknown {
  return (value as Record<string, unknown>)[typeOf(value)];
}

/**
 * A copy in normal form, as it is stored: numbers without needless digits, sets sorted.
 * @throws AwsError ValidationException
 */
export function taken(input: unknown, depth = 0): Value {
  if (depth >= nestingMax)
    throw validation(
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
    );
  const members = typeof input === 'object' && input !== null ? Object.entries(input) : [];
  const present = members.filter(([, value]) => value !== undefined);
  const [member] = present;
  if (member === undefined || present.length > 1 || !isType(member[0]))
    throw validation(
      'Supplied AttributeValue is empty or has several types, must contain exactly one of the supported datatypes',
    );
  const [type, value] = member;
  if (type === 'S' && typeof value === 'string') return { S: value };
  if (type === 'N' && typeof value === 'string') return { N: normalNumber(value) };
  if (type === 'BOOL' && typeof value === 'boolean') return { BOOL: value };
  if (type === 'B' && value instanceof Uint8Array) return { B: Uint8Array.from(value) };
  if (type === 'M' && typeof value === 'object' && value !== null) return { M: takenItem(value, depth + 1) };
  if (type === 'NULL') return takenNull(value);
  if (!Array.isArray(value)) throw new Error(`a value of type ${type} holds ${typeof value}`);
  if (type === 'L') return { L: value.map((element) => taken(element, depth + 1)) };
  return takenSet(type, value);
}

export function takenItem(input: object, depth = 0): Item {
  const item: Item = {};
  for (const name in input) item[name] = taken((input as Record<string, unknown>)[name], depth);
  return item;
}

function takenNull(value: unknown): Value {
  if (value !== true)
    throw validation(
      'One or more parameter values were invalid: Null attribute value types must have the value of true',
    );
  return { NULL: true };
}

function takenSet(type: ValueType, elements: unknown[]): Value {
  const kinds = { SS: 'An string set ', NS: 'An number set ', BS: 'Binary sets' } as const;
  if (type !== 'SS' && type !== 'NS' && type !== 'BS') throw new Error(`${type} is no set`);
  if (elements.length === 0)
    throw validation(`One or more parameter values were invalid: ${kinds[type]} may not be empty`);
  const set = (
    type === 'BS'
      ? { BS: elements.map((element) => Uint8Array.from(element as Uint8Array)).toSorted(compareBytes) }
      : type === 'NS'
        ? { NS: elements.map((element) => normalNumber(String(element))).toSorted(compareNumbers) }
        : { SS: elements.map(String).toSorted(compareText) }
  ) as Value;
  const keys = members(set).map(memberKey);
  if (new Set(keys).size < keys.length)
    throw validation(
      `One or more parameter values were invalid: Input collection [${elements.map(String).join(', ')}] contains duplicates`,
    );
  return set;
}

export function copied(value: Value): Value {
  if ('S' in value || 'N' in value || 'BOOL' in value || 'NULL' in value) return { ...value };
  if ('M' in value) return { M: copiedItem(value.M) };
  if ('L' in value) return { L: value.L.map(copied) };
  return structuredClone(value);
}

export function copiedItem(item: Item): Item {
  const copy: Item = {};
  for (const name in item) copy[name] = copied(item[name] as Value);
  return copy;
}

/** The elements of a set as values. */
export function members(set: Value): Value[] {
  if ('SS' in set) return set.SS.map((S) => ({ S }));
  if ('NS' in set) return set.NS.map((N) => ({ N }));
  if ('BS' in set) return set.BS.map((B) => ({ B }));
  return [];
}

export function setOf(type: 'SS' | 'NS' | 'BS', elements: Value[]): Value {
  return takenSet(type, elements.map(content));
}

/** Equal members of sets have equal keys. */
export function memberKey(member: Value): string {
  return 'B' in member ? Buffer.from(member.B).toString('base64') : String(content(member));
}

export function equal(a: Value, b: Value): boolean {
  if ('S' in a) return 'S' in b && a.S === b.S;
  if ('N' in a) return 'N' in b && a.N === b.N;
  if ('BOOL' in a) return 'BOOL' in b && a.BOOL === b.BOOL;
  if ('NULL' in a) return 'NULL' in b;
  if ('B' in a) return 'B' in b && compareBytes(a.B, b.B) === 0;
  if ('L' in a)
    return 'L' in b && a.L.length === b.L.length && a.L.every((element, i) => equal(element, b.L[i] as Value));
  if ('M' in a) return 'M' in b && equalItems(a.M, b.M);
  // Sets are kept sorted.
  const [left, right] = [members(a), members(b)];
  return (
    typeOf(a) === typeOf(b) &&
    left.length === right.length &&
    left.every((member, i) => equal(member, right[i] as Value))
  );
}

export function equalItems(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const other = Object.hasOwn(b, name) ? b[name] : undefined;
      return other !== undefined && equal(a[name] as Value, other);
    })
  );
}

/** Undefined where the two can't be ordered: other types than text, numbers and bytes, or two different ones. */
export function compare(a: Value, b: Value): number | undefined {
  if ('S' in a) return 'S' in b ? compareText(a.S, b.S) : undefined;
  if ('N' in a) return 'N' in b ? compareNumbers(a.N, b.N) : undefined;
  if ('B' in a) return 'B' in b ? compareBytes(a.B, b.B) : undefined;
  return undefined;
}

/** By code points, which is the order of UTF-8 bytes; JavaScript's own order puts surrogates before U+E000. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) {
      const [high, other] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff];
      return high === other ? x - y : high ? 1 : -1;
    }
  }
  return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Bytes as counted against the item's 400 KB: developer guide, "DynamoDB item sizes and formats". */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += textBytes(name) + valueBytes(item[name] as Value);
  return bytes;
}

function valueBytes(value: Value): number {
  if ('S' in value) return textBytes(value.S);
  if ('N' in value) return numberBytes(value.N);
  if ('B' in value) return value.B.length;
  if ('BOOL' in value || 'NULL' in value) return 1;
  if ('L' in value) return 3 + value.L.reduce((sum, element) => sum + 1 + valueBytes(element), 0);
  if ('M' in value) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  return members(value).reduce((sum, member) => sum + valueBytes(member), 0);
}

export function textBytes(text: string): number {
  return Buffer.byteLength(text);
}

/** "Approximately": a byte for two significant digits, and one more. */
function numberBytes(number: string): number {
  const significant = number.replace(/^-|\.|^-?0+\.?0*|0+$/g, '').length;
  return Math.ceil(significant / 2) + (number.startsWith('-') ? 2 : 1);
}

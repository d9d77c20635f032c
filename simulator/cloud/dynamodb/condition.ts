/** Conditions over an item: resolved and checked once a request, then evaluated. */
import type { Comparator, RawCondition } from './parse.ts';
import { parseCondition } from './parse.ts';
import { type Operand, type Path, pathText, type Placeholders } from './placeholders.ts';
import {
  compare,
  content,
  equal,
  isType,
  type Item,
  members,
  typeNames,
  typeOf,
  validation,
  type Value,
} from './values.ts';

export type Condition =
  | { kind: 'logic'; operator: 'AND' | 'OR'; left: Condition; right: Condition }
  | { kind: 'not'; inner: Condition }
  | { kind: 'compare'; comparator: Comparator; operands: [Operand, Operand] }
  | { kind: 'between'; operands: [Operand, Operand, Operand] }
  | { kind: 'in'; operands: Operand[] }
  | { kind: 'test'; name: string; operands: Operand[] };

const ordered = new Set(['S', 'N', 'B']);
const sized = new Set(['S', 'B', 'SS', 'NS', 'BS', 'L', 'M']);
const inOperandsMax = 100;

/** @throws AwsError ValidationException */
export function toCondition(source: string, placeholders: Placeholders, kind = 'ConditionExpression'): Condition {
  return resolved(parseCondition(source, kind), placeholders, kind);
}

function resolved(raw: RawCondition, placeholders: Placeholders, kind: string): Condition {
  if (raw.kind === 'logic')
    return {
      ...raw,
      left: resolved(raw.left, placeholders, kind),
      right: resolved(raw.right, placeholders, kind),
    };
  if (raw.kind === 'not') return { kind: 'not', inner: resolved(raw.inner, placeholders, kind) };
  const operands = raw.operands.map((operand) => placeholders.operand(operand, kind));
  const condition = { ...raw, operands } as Exclude<Condition, { left: unknown } | { inner: unknown }>;
  const message = complaint(condition) ?? operands.map(sizeComplaint).find((text) => text !== undefined);
  if (message !== undefined) throw validation(`Invalid ${kind}: ${message}`);
  return condition;
}

/** What can be wrong before an item is looked at. */
function complaint(condition: Exclude<Condition, { left: unknown } | { inner: unknown }>): string | undefined {
  const { operands } = condition;
  const [first] = operands;
  if (condition.kind === 'test') return testComplaint(condition.name, operands);
  const operator = condition.kind === 'compare' ? condition.comparator : condition.kind.toUpperCase();
  const repeated = operands.slice(1).find((operand) => samePath(first, operand));
  if (repeated?.kind === 'path')
    return `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${pathText(repeated.path)}`;
  if (condition.kind === 'in')
    return operands.length - 1 > inOperandsMax
      ? `Too many operands for the operator or function; operator or function: IN, number of operands: ${operands.length}`
      : undefined;
  if (operator === '=' || operator === '<>') return undefined;
  for (const operand of operands) {
    if (operand.kind === 'value' && !ordered.has(typeOf(operand.value))) return wrongType(operator, operand.value);
  }
  return condition.kind === 'between' ? betweenComplaint(condition.operands) : undefined;
}

function boundText(value: Value): string {
  return `AttributeValue: {${typeOf(value)}:${String(content(value))}}`;
}

function betweenComplaint([, lower, upper]: [Operand, Operand, Operand]): string | undefined {
  if (lower.kind !== 'value' || upper.kind !== 'value') return undefined;
  const bounds = `lower bound operand: ${boundText(lower.value)}, upper bound operand: ${boundText(upper.value)}`;
  const order = compare(lower.value, upper.value);
  if (order === undefined) return `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`;
  if (order > 0)
    return `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`;
  return undefined;
}

function testComplaint(name: string, operands: Operand[]): string | undefined {
  const [first, second] = operands;
  if (name.startsWith('attribute_') && first?.kind !== 'path')
    return `Operator or function requires a document path; operator or function: ${name}`;
  if (name === 'attribute_type') {
    if (second?.kind !== 'value' || !('S' in second.value))
      return `Incorrect operand type for operator or function; operator or function: attribute_type, operand type: ${second?.kind === 'value' ? typeOf(second.value) : 'path'}`;
    if (!isType(second.value.S))
      return `Invalid attribute type name found; type: ${second.value.S}, valid types: {${typeNames}}`;
  }
  if (name === 'begins_with') {
    for (const operand of operands) {
      if (operand.kind === 'value' && !('S' in operand.value || 'B' in operand.value))
        return wrongType(name, operand.value);
    }
  }
  return undefined;
}

function sizeComplaint(operand: Operand): string | undefined {
  if (operand.kind !== 'call') return undefined;
  const [measured] = operand.operands;
  if (measured?.kind === 'value' && !sized.has(typeOf(measured.value))) return wrongType('size', measured.value);
  return undefined;
}

function wrongType(operator: string, value: Value): string {
  return `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeOf(value)}`;
}

function samePath(a: Operand | undefined, b: Operand): boolean {
  return a?.kind === 'path' && b.kind === 'path' && pathText(a.path) === pathText(b.path);
}

/** @param item undefined where there is none: then nothing exists */
export function holds(condition: Condition, item: Item | undefined): boolean {
  switch (condition.kind) {
    case 'logic': {
      const left = holds(condition.left, item);
      return left === (condition.operator === 'OR') ? left : holds(condition.right, item);
    }
    case 'not':
      return !holds(condition.inner, item);
    case 'compare': {
      const [left, right] = condition.operands.map((operand) => valueOf(operand, item));
      return compares(condition.comparator, left, right);
    }
    case 'between': {
      const [value, lower, upper] = condition.operands.map((operand) => valueOf(operand, item));
      return compares('>=', value, lower) && compares('<=', value, upper);
    }
    case 'in': {
      const [value, ...others] = condition.operands.map((operand) => valueOf(operand, item));
      return others.some((other) => compares('=', value, other));
    }
    case 'test':
      return passes(condition.name, condition.operands, item);
  }
}

/** What isn't there is unequal to everything and in no order with anything. */
function compares(comparator: Comparator, left: Value | undefined, right: Value | undefined): boolean {
  if (left === undefined || right === undefined) return comparator === '<>';
  if (comparator === '=') return equal(left, right);
  if (comparator === '<>') return !equal(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  if (comparator === '<') return order < 0;
  if (comparator === '<=') return order <= 0;
  return comparator === '>' ? order > 0 : order >= 0;
}

function passes(name: string, operands: Operand[], item: Item | undefined): boolean {
  const [value, other] = operands.map((operand) => valueOf(operand, item));
  if (name === 'attribute_exists') return value !== undefined;
  if (name === 'attribute_not_exists') return value === undefined;
  if (value === undefined || other === undefined) return false;
  if (name === 'attribute_type') return 'S' in other && typeOf(value) === other.S;
  if (name === 'begins_with') return beginsWith(value, other);
  if (name === 'contains') return contains(value, other);
  throw new Error(`the simulated DynamoDB has no function ${name}`);
}

export function beginsWith(value: Value, prefix: Value): boolean {
  if ('S' in value && 'S' in prefix) return value.S.startsWith(prefix.S);
  if ('B' in value && 'B' in prefix) return Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
  return false;
}

function contains(value: Value, other: Value): boolean {
  if ('S' in value) return 'S' in other && value.S.includes(other.S);
  if ('B' in value) return 'B' in other && Buffer.from(value.B).includes(Buffer.from(other.B));
  const elements = 'L' in value ? value.L : members(value);
  return elements.some((member) => equal(member, other));
}

function valueOf(operand: Operand, item: Item | undefined): Value | undefined {
  if (operand.kind === 'value') return operand.value;
  if (operand.kind === 'path') return item && valueAt(item, operand.path);
  const [measured] = operand.operands;
  const value = measured && valueOf(measured, item);
  const size = value && sizeOf(value);
  return size === undefined ? undefined : { N: String(size) };
}

function sizeOf(value: Value): number | undefined {
  if ('S' in value) return value.S.length;
  if ('B' in value) return value.B.length;
  if ('L' in value) return value.L.length;
  if ('M' in value) return Object.keys(value.M).length;
  return sized.has(typeOf(value)) ? members(value).length : undefined;
}

export function valueAt(item: Item, path: Path): Value | undefined {
  let value = { M: item } as Value | undefined;
  for (const step of path) {
    if (value === undefined) return undefined;
    if (typeof step === 'number') value = 'L' in value ? value.L[step] : undefined;
    else value = 'M' in value && Object.hasOwn(value.M, step) ? value.M[step] : undefined;
  }
  return value;
}

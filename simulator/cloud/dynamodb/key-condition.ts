/** Key conditions: which partition, and which part of it. */
import { beginsWith } from './condition.ts';
import type { Comparator, RawCondition, RawOperand } from './parse.ts';
import { parseCondition } from './parse.ts';
import type { KeyAttribute, KeySchema } from './description.ts';
import type { Placeholders } from './placeholders.ts';
import { compare, typeOf, validation, type Value } from './values.ts';

export interface KeyCondition {
  partition: Value;
  /** Whether an item's sort key is wanted. */
  wants(sort: Value): boolean;
}

/** One condition on one attribute. */
interface Test {
  attribute: string;
  operator: Comparator | 'BETWEEN' | 'begins_with';
  values: Value[];
}

const kind = 'KeyConditionExpression';
const mirrored: Readonly<Record<Comparator, Comparator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** @throws AwsError ValidationException */
export function toKeyCondition(source: string, placeholders: Placeholders, key: KeySchema): KeyCondition {
  const tests = flattened(parseCondition(source, kind)).map((condition) => toTest(condition, placeholders));
  const attributes = tests.map(({ attribute }) => attribute);
  if (new Set(attributes).size < attributes.length)
    throw validation('KeyConditionExpressions must only contain one condition per key');
  const partition = tests.find(({ attribute }) => attribute === key.partition.name);
  const sort = tests.find(({ attribute }) => attribute === key.sort?.name);
  const unknown = tests.some((test) => test !== partition && test !== sort);
  if (partition === undefined || unknown) throw validation('Query condition missed key schema element');
  if (partition.operator !== '=') throw validation('Query key condition not supported');
  const value = keyValue(partition.values[0], key.partition);
  if (sort === undefined || key.sort === undefined) return { partition: value, wants: () => true };
  for (const bound of sort.values) keyValue(bound, key.sort);
  return { partition: value, wants: (present) => isWanted(present, sort) };
}

function flattened(condition: RawCondition): RawCondition[] {
  if (condition.kind !== 'logic') return [condition];
  if (condition.operator === 'OR') throw refused('OR');
  return [...flattened(condition.left), ...flattened(condition.right)];
}

function toTest(condition: RawCondition, placeholders: Placeholders): Test {
  if (condition.kind === 'logic' || condition.kind === 'not') throw refused('NOT');
  if (condition.kind === 'in') throw refused('IN');
  if (condition.kind === 'test' && condition.name !== 'begins_with') throw refused(condition.name);
  const swapped = condition.kind === 'compare' && condition.operands[0].kind === 'value';
  const [first, ...others] = swapped ? condition.operands.toReversed() : condition.operands;
  if (first?.kind !== 'path') throw validation(`Invalid ${kind}: a key's name and values are expected`);
  const [attribute, deeper] = placeholders.path(first.path, kind);
  if (typeof attribute !== 'string' || deeper !== undefined)
    throw validation('KeyConditionExpressions cannot have conditions on nested attributes');
  const values = others.map((operand) => valueOf(operand, placeholders));
  if (condition.kind === 'compare') {
    const operator = swapped ? mirrored[condition.comparator] : condition.comparator;
    if (operator === '<>') throw refused('<>');
    return { attribute, operator, values };
  }
  if (condition.kind === 'between') {
    checkBounds(values);
    return { attribute, operator: 'BETWEEN', values };
  }
  return { attribute, operator: 'begins_with', values };
}

function checkBounds([lower, upper]: Value[]): void {
  if (lower === undefined || upper === undefined || (compare(lower, upper) ?? 1) <= 0) return;
  const text = [lower, upper].map((value) => `{${typeOf(value)}:${Object.values(value).join('')}}`);
  throw validation(
    `Invalid ${kind}: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: ${text[0]}, upper bound operand: AttributeValue: ${text[1]}`,
  );
}

function valueOf(operand: RawOperand, placeholders: Placeholders): Value {
  if (operand.kind !== 'value') throw validation(`Invalid ${kind}: a key is compared with values only`);
  return placeholders.value(operand.name, kind);
}

function keyValue(value: Value | undefined, { name, type }: KeyAttribute): Value {
  if (value === undefined || typeOf(value) !== type)
    throw validation('One or more parameter values were invalid: Condition parameter type does not match schema type');
  if ('S' in value && value.S === '')
    throw validation(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
    );
  return value;
}

function isWanted(present: Value, { operator, values }: Test): boolean {
  const [first, second] = values as [Value, Value];
  if (operator === 'begins_with') return beginsWith(present, first);
  const order = compare(present, first) ?? Number.NaN;
  switch (operator) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case 'BETWEEN':
      return order >= 0 && (compare(present, second) ?? 1) <= 0;
    case '<>':
      throw refused('<>');
  }
}

function refused(operator: string): Error {
  return validation(`Invalid operator used in KeyConditionExpression: ${operator}`);
}

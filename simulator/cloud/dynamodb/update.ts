/** Update expressions over an item. Every right side sees the item as it was; then SET, REMOVE, ADD and DELETE are done. */
import { add, subtract } from './numbers.ts';
import { parseUpdate, type RawSetValue } from './parse-update.ts';
import type { KeySchema } from './description.ts';
import { valueAt } from './condition.ts';
import { type Operand, type Path, type Placeholders, refuseOverlaps } from './placeholders.ts';
import { copied, copiedItem, type Item, memberKey, members, setOf, typeOf, validation, type Value } from './values.ts';

type SetValue = Operand | { kind: 'sum'; sign: '+' | '-'; operands: [Operand, Operand] };

export interface Update {
  set: { path: Path; value: SetValue }[];
  remove: Path[];
  add: { path: Path; value: Value }[];
  delete: { path: Path; value: Value }[];
}

const kind = 'UpdateExpression';

/** @throws AwsError ValidationException */
export function toUpdate(source: string, placeholders: Placeholders, key: KeySchema): Update {
  const raw = parseUpdate(source, kind);
  const withValue = (part: { path: (string | number)[]; value: string }) => ({
    path: placeholders.path(part.path, kind),
    value: placeholders.value(part.value, kind),
  });
  const update: Update = {
    set: raw.set.map(({ path, value }) => ({
      path: placeholders.path(path, kind),
      value: setValue(value, placeholders),
    })),
    remove: raw.remove.map((path) => placeholders.path(path, kind)),
    add: raw.add.map(withValue),
    delete: raw.delete.map(withValue),
  };
  const paths = touchedPaths(update);
  refuseOverlaps(paths, kind);
  for (const { value } of update.add) refuseOperand('ADD', value, ['N', 'SS', 'NS', 'BS']);
  for (const { value } of update.delete) refuseOperand('DELETE', value, ['SS', 'NS', 'BS']);
  for (const { name } of [key.partition, ...(key.sort === undefined ? [] : [key.sort])]) {
    if (paths.some(([step]) => step === name))
      throw validation(
        `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
      );
  }
  return update;
}

export function touchedPaths(update: Update): Path[] {
  return [
    ...update.set.map(({ path }) => path),
    ...update.remove,
    ...[...update.add, ...update.delete].map(({ path }) => path),
  ];
}

function setValue(raw: RawSetValue, placeholders: Placeholders): SetValue {
  if (raw.kind !== 'sum') {
    const operand = placeholders.operand(raw, kind);
    checkCall(operand);
    return operand;
  }
  const [left, right] = raw.operands.map((operand) => placeholders.operand(operand, kind)) as [Operand, Operand];
  for (const operand of [left, right]) {
    checkCall(operand);
    if (operand.kind === 'value' && !('N' in operand.value)) throw wrongOperand(raw.sign, operand.value);
  }
  return { ...raw, operands: [left, right] };
}

function checkCall(operand: Operand): void {
  if (operand.kind !== 'call') return;
  if (operand.name === 'if_not_exists' && operand.operands[0]?.kind !== 'path')
    throw validation(
      `Invalid ${kind}: Operator or function requires a document path; operator or function: if_not_exists`,
    );
  for (const inner of operand.operands) {
    checkCall(inner);
    if (operand.name === 'list_append' && inner.kind === 'value' && !('L' in inner.value))
      throw wrongOperand('list_append', inner.value);
  }
}

function wrongOperand(operator: string, value: Value): Error {
  return validation(
    `Invalid ${kind}: Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${typeOf(value)}`,
  );
}

const longNames: Readonly<Record<string, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  L: 'LIST',
  M: 'MAP',
};

function refuseOperand(operator: string, value: Value, allowed: string[]): void {
  const type = typeOf(value);
  if (!allowed.includes(type))
    throw validation(
      `Invalid ${kind}: Incorrect operand type for operator or function; operator: ${operator}, operand type: ${longNames[type] ?? type}, typeSet: ALLOWED_FOR_${operator}_OPERAND`,
    );
}

/**
 * @param before the item, or its key alone where there was none
 * @throws AwsError ValidationException where the item doesn't fit
 */
export function updated(before: Item, update: Update): Item {
  const values = update.set.map(({ path, value }) => ({ path, value: evaluated(value, before) }));
  const item = copiedItem(before);
  for (const { path, value } of values) put(item, path, copied(value));
  // From behind, so that positions stay what they were.
  const removals = update.remove.toSorted((a, b) => Number(b.at(-1)) - Number(a.at(-1)) || 0);
  for (const path of removals) remove(item, path);
  for (const { path, value } of update.add) put(item, path, added(valueAt(before, path), value));
  for (const { path, value } of update.delete) {
    const present = valueAt(before, path);
    const rest = present && without(present, value);
    if (rest === undefined) remove(item, path);
    else put(item, path, rest);
  }
  return item;
}

function evaluated(value: SetValue, item: Item): Value {
  if (value.kind === 'sum') {
    const [left, right] = value.operands.map((operand) => evaluated(operand, item)) as [Value, Value];
    if (!('N' in left) || !('N' in right)) throw wrongData();
    return { N: (value.sign === '+' ? add : subtract)(left.N, right.N) };
  }
  if (value.kind === 'value') return value.value;
  if (value.kind === 'path') {
    const present = valueAt(item, value.path);
    if (present === undefined)
      throw validation('The provided expression refers to an attribute that does not exist in the item');
    return present;
  }
  const [first, second] = value.operands as [Operand, Operand];
  if (value.name === 'if_not_exists') {
    const present = first.kind === 'path' ? valueAt(item, first.path) : undefined;
    return present ?? evaluated(second, item);
  }
  const [left, right] = [evaluated(first, item), evaluated(second, item)];
  if (!('L' in left) || !('L' in right)) throw wrongData();
  return { L: [...left.L, ...right.L] };
}

function added(present: Value | undefined, value: Value): Value {
  if (present === undefined) return copied(value);
  if ('N' in present && 'N' in value) return { N: add(present.N, value.N) };
  const type = typeOf(present);
  if (type !== typeOf(value) || (type !== 'SS' && type !== 'NS' && type !== 'BS')) throw wrongData();
  const known = new Set(members(present).map(memberKey));
  return setOf(type, [...members(present), ...members(value).filter((member) => !known.has(memberKey(member)))]);
}

/** Undefined when nothing is left: there are no empty sets. */
function without(present: Value, value: Value): Value | undefined {
  const type = typeOf(present);
  if (type !== typeOf(value) || (type !== 'SS' && type !== 'NS' && type !== 'BS')) throw wrongData();
  const gone = new Set(members(value).map(memberKey));
  const rest = members(present).filter((member) => !gone.has(memberKey(member)));
  return rest.length === 0 ? undefined : setOf(type, rest);
}

function put(item: Item, path: Path, value: Value): void {
  const [parent, last] = parentOf(item, path);
  if (typeof last === 'string' && 'M' in parent) parent.M[last] = value;
  else if (typeof last === 'number' && 'L' in parent) parent.L[Math.min(last, parent.L.length)] = value;
  else throw invalidPath();
}

function remove(item: Item, path: Path): void {
  const [parent, last] = parentOf(item, path);
  if (typeof last === 'string' && 'M' in parent) delete parent.M[last];
  else if (typeof last === 'number' && 'L' in parent) parent.L.splice(last, 1);
  else throw invalidPath();
}

function parentOf(item: Item, path: Path): [Value, string | number] {
  const parent = valueAt(item, path.slice(0, -1));
  const last = path.at(-1);
  if (parent === undefined || last === undefined) throw invalidPath();
  return [parent, last];
}

function invalidPath(): Error {
  return validation('The document path provided in the update expression is invalid for update');
}

function wrongData(): Error {
  return validation('An operand in the update expression has an incorrect data type');
}

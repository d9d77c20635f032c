/** One table: its items by key, its indexes, what may be stored. Synchronous; whoever holds an item holds a copy. */
import type { KeyAttribute, KeySchema, TableSchema } from './description.ts';
import {
  compare,
  content,
  copiedItem,
  type Item,
  itemBytes,
  textBytes,
  typeOf,
  validation,
  type Value,
} from './values.ts';

export const itemBytesMax = 400 * 1024;

/** TTL: "typically within two days" of it (developer guide, "Using time to live"). */
const expiryDelayMs = 48 * 3_600_000;

interface Stored {
  id: string;
  item: Item;
}

/** One write of one item; undefined: not there. */
export interface Change {
  table: Table;
  key: Item;
  before: Item | undefined;
  after: Item | undefined;
}

export class Table {
  readonly schema: TableSchema;
  readonly #byId = new Map<string, Stored>();
  /** The table itself under the empty name, and its indexes: items of each partition in order. */
  readonly #orders = new Map<string, { key: KeySchema; partitions: Map<string, Stored[]> }>();

  constructor(schema: TableSchema) {
    this.schema = schema;
    this.#orders.set('', { key: schema.key, partitions: new Map() });
    for (const [name, key] of schema.indexes) this.#orders.set(name, { key, partitions: new Map() });
  }

  /** The item itself, not a copy. */
  get(key: Item, nowMs: number): Item | undefined {
    const stored = this.#byId.get(idOf(key, this.schema.key));
    if (stored === undefined || !this.#isExpired(stored.item, nowMs)) return stored?.item;
    this.#remove(stored);
    return undefined;
  }

  /** Stores `after`, which the caller gives away, in the place of `before`. */
  apply({ key, after }: Change): void {
    const id = idOf(key, this.schema.key);
    const present = this.#byId.get(id);
    if (present !== undefined) this.#remove(present);
    if (after !== undefined) this.#insert({ id, item: after });
  }

  /** Items of one partition of the table (index '') or of an index, in order; those that expired long ago are gone. */
  partition(index: string, value: Value, nowMs: number): readonly Item[] {
    const stored = this.#orders.get(index)?.partitions.get(partId(value)) ?? [];
    const expired = stored.filter(({ item }) => this.#isExpired(item, nowMs));
    for (const gone of expired) this.#remove(gone);
    return (expired.length === 0 ? stored : stored.filter((entry) => !expired.includes(entry))).map(({ item }) => item);
  }

  /** In the order of the table's keys. */
  *items(): Iterable<Item> {
    for (const partition of this.#orders.get('')?.partitions.values() ?? []) {
      for (const { item } of partition) yield item;
    }
  }

  /** Negative where `a` comes before `b`: by the sort key, then by the table's own key. */
  order(index: string, a: Item, b: Item): number {
    const { sort } = this.#orders.get(index)?.key ?? this.schema.key;
    const [left, right] = sort === undefined ? [] : [a[sort.name], b[sort.name]];
    const bySort = left && right && compare(left, right);
    if (bySort !== undefined && bySort !== 0) return bySort;
    const [idA, idB] = [idOf(a, this.schema.key), idOf(b, this.schema.key)];
    return idA < idB ? -1 : idA > idB ? 1 : 0;
  }

  keyOf(item: Item): Item {
    return copiedItem(picked(item, attributesOf(this.schema.key)));
  }

  /** A key as GetItem and the others take it. @throws AwsError ValidationException */
  checkKey(key: Item): void {
    const attributes = attributesOf(this.schema.key);
    if (Object.keys(key).length !== attributes.length)
      throw validation('The number of conditions on the keys is invalid');
    for (const attribute of attributes) {
      if (key[attribute.name] === undefined) throw validation('One of the required keys was not given a value');
      checkKeyValue(key[attribute.name] as Value, attribute);
    }
    this.#checkKeySizes(key);
  }

  /** An item that is to be stored. @throws AwsError ValidationException */
  checkItem(item: Item, tooLarge = 'Item size has exceeded the maximum allowed size'): void {
    for (const attribute of attributesOf(this.schema.key)) {
      const value = item[attribute.name];
      if (value === undefined) throw validation('One of the required keys was not given a value');
      checkKeyValue(value, attribute);
    }
    this.#checkKeySizes(item);
    for (const [index, key] of this.schema.indexes) {
      for (const attribute of attributesOf(key)) checkIndexValue(item[attribute.name], attribute, index);
    }
    if (itemBytes(item) > itemBytesMax) throw validation(tooLarge);
  }

  #checkKeySizes(item: Item): void {
    const { partition, sort } = this.schema.key;
    const bytes = (attribute: KeyAttribute | undefined) => {
      const value = attribute && item[attribute.name];
      return value && 'S' in value ? textBytes(value.S) : value && 'B' in value ? value.B.length : 0;
    };
    if (bytes(partition) > 2048 || bytes(sort) > 1024)
      throw validation(
        'Hash primary key values must be under 2048 bytes, and range primary key values must be under 1024 bytes',
      );
  }

  #isExpired(item: Item, nowMs: number): boolean {
    const value = this.schema.timeToLive === undefined ? undefined : item[this.schema.timeToLive];
    return value !== undefined && 'N' in value && Number(value.N) * 1000 + expiryDelayMs < nowMs;
  }

  #insert(stored: Stored): void {
    this.#byId.set(stored.id, stored);
    for (const [index, { key, partitions }] of this.#orders) {
      const id = ownPart(stored.item, key);
      if (id === undefined) continue;
      const partition = partitions.get(id);
      if (partition === undefined) partitions.set(id, [stored]);
      else partition.splice(this.#position(index, partition, stored.item), 0, stored);
    }
  }

  #remove(stored: Stored): void {
    this.#byId.delete(stored.id);
    for (const [index, { key, partitions }] of this.#orders) {
      const id = ownPart(stored.item, key);
      const partition = id === undefined ? undefined : partitions.get(id);
      if (id === undefined || partition === undefined) continue;
      const position = this.#position(index, partition, stored.item);
      if (partition[position] !== stored) throw new Error(`the simulated table ${this.schema.name} lost its order`);
      if (partition.length === 1) partitions.delete(id);
      else partition.splice(position, 1);
    }
  }

  /** The first place whose item does not come before this one. */
  #position(index: string, partition: Stored[], item: Item): number {
    let [low, high] = [0, partition.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.order(index, (partition[middle] as Stored).item, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function attributesOf({ partition, sort }: KeySchema): KeyAttribute[] {
  return sort === undefined ? [partition] : [partition, sort];
}

export function picked(item: Item, attributes: KeyAttribute[]): Item {
  const key: Item = {};
  for (const { name } of attributes) {
    const value = item[name];
    if (value !== undefined) key[name] = value;
  }
  return key;
}

/** @throws AwsError ValidationException */
export function checkKeyValue(value: Value, { name, type }: KeyAttribute): void {
  if (typeOf(value) !== type)
    throw validation('One or more parameter values were invalid: Type mismatch for key ' + name);
  const kind = emptyKind(value);
  if (kind !== undefined)
    throw validation(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
    );
}

function checkIndexValue(value: Value | undefined, { name, type }: KeyAttribute, index: string): void {
  if (value === undefined) return;
  if (typeOf(value) !== type)
    throw validation(
      `One or more parameter values were invalid: Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${index}`,
    );
  const kind = emptyKind(value);
  if (kind !== undefined)
    throw validation(
      `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${kind} value. IndexName: ${index}, IndexKey: ${name}`,
    );
}

function emptyKind(value: Value): 'string' | 'binary' | undefined {
  if ('S' in value && value.S === '') return 'string';
  return 'B' in value && value.B.length === 0 ? 'binary' : undefined;
}

function partId(value: Value): string {
  return 'B' in value ? Buffer.from(value.B).toString('hex') : String(content(value));
}

/** Equal for equal keys only: the first part's length keeps the two parts apart. */
function idOf(item: Item, key: KeySchema): string {
  const [first = '', ...others] = attributesOf(key).map(({ name }) => partId(item[name] as Value));
  return [first.length, first, ...others].join(' ');
}

/** Undefined where the item is not in that order: it lacks one of its keys. */
function ownPart(item: Item, key: KeySchema): string | undefined {
  const missing = key.sort !== undefined && item[key.sort.name] === undefined;
  const value = item[key.partition.name];
  return missing || value === undefined ? undefined : partId(value);
}

/**
 * Flattens an event into the leaves that a pattern can look at, each with its place in the arrays around it.
 * After aws/event-ruler, `Event` and `ArrayMembership`: only leaves exist, an empty object or array is as good as absent.
 */
import { comparableMicrosIfPossible } from './comparable-number.ts';
import { InvalidEventException } from './errors.ts';
import { JsonTokens } from './json-tokens.ts';

/** A number that keeps its digits as written, made by `parseEvent`. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `text` is a string's content, or the JSON of a number, `true`, `false` or `null`. */
export interface LeafValue {
  readonly isString: boolean;
  readonly text: string;
  /** A number in millionths; absent for all else, and for numbers that AWS doesn't compare. */
  readonly micros?: number;
}

/** Which element of which array a leaf is in. Arrays are numbered in reading order. */
export type Membership = ReadonlyMap<number, number>;

export interface Leaf {
  readonly value: LeafValue;
  readonly membership: Membership;
}

/** Leaves by path; the path's steps are joined by dots. */
export type FlatEvent = ReadonlyMap<string, readonly Leaf[]>;

/** @throws InvalidEventException when the event is no object, or holds what JSON can't say */
export function flattenEvent(event: unknown): FlatEvent {
  if (!isObject(event)) throw new InvalidEventException();
  const leaves = new Map<string, Leaf[]>();
  let arrays = 0;

  const addLeaf = (path: string, value: LeafValue, membership: Membership) => {
    const atPath = leaves.get(path);
    if (atPath) atPath.push({ value, membership });
    else leaves.set(path, [{ value, membership }]);
  };
  const addObject = (prefix: string, object: Readonly<Record<string, unknown>>, membership: Membership) => {
    for (const [key, value] of Object.entries(object)) add(prefix + key, value, membership);
  };
  const add = (path: string, value: unknown, membership: Membership): void => {
    if (Array.isArray(value)) {
      const array = arrays;
      arrays += 1;
      for (const [index, element] of value.entries()) {
        // Two plain values of one array may match two fields; two fields in different objects of one array may not.
        const isNested = Array.isArray(element) || isObject(element);
        add(path, element, isNested ? new Map(membership).set(array, index) : membership);
      }
    } else if (isObject(value)) {
      addObject(`${path}.`, value, membership);
    } else if (value !== undefined) {
      addLeaf(path, leafValue(value), membership);
    }
  };
  addObject('', event, new Map());
  return leaves;
}

/**
 * Parses an event's text so that its numbers keep their digits.
 *
 * @throws InvalidEventException when the text is no JSON object
 */
export function parseEvent(text: string): unknown {
  try {
    // JSON.parse is the judge of the syntax; the tokens give the digits.
    JSON.parse(text);
  } catch (error) {
    throw new InvalidEventException({ cause: error });
  }
  const value = readValue(new JsonTokens(text));
  if (!isObject(value)) throw new InvalidEventException();
  return value;
}

function readValue(tokens: JsonTokens, token = tokens.next()): unknown {
  if (token?.type === 'start-object') {
    const entries: [string, unknown][] = [];
    for (let field = tokens.next(); field?.type === 'field'; field = tokens.next()) {
      entries.push([field.text, readValue(tokens)]);
    }
    return Object.fromEntries(entries);
  }
  if (token?.type === 'start-array') {
    const elements: unknown[] = [];
    for (let element = tokens.next(); element?.type !== 'end-array'; element = tokens.next()) {
      elements.push(readValue(tokens, element));
    }
    return elements;
  }
  if (token?.type === 'string') return token.text;
  if (token?.type === 'number') return new WrittenNumber(token.text);
  return token?.type === 'null' ? null : token?.type === 'true';
}

function leafValue(value: unknown): LeafValue {
  if (typeof value === 'string') return { isString: true, text: value };
  if (value === null || typeof value === 'boolean') return { isString: false, text: String(value) };
  if (value instanceof WrittenNumber || (typeof value === 'number' && Number.isFinite(value))) {
    const text = value instanceof WrittenNumber ? value.text : String(value);
    const micros = comparableMicrosIfPossible(text.replace('e+', 'e'));
    return { isString: false, text, ...(micros !== undefined && { micros }) };
  }
  throw new InvalidEventException();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}

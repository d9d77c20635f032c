/**
 * Compiles an EventBridge event pattern. What is not understood is refused here, never ignored when matching.
 *
 * A pattern becomes a list of alternatives, one for each way through its `$or`s; all fields of an alternative must
 * match. Order of reading and wording after aws/event-ruler (`JsonRuleCompiler` of 2025).
 */
import type { LeafValue } from './flatten.ts';
import { InvalidEventPatternException } from './errors.ts';
import { JsonSyntaxError, JsonTokens, type Token } from './json-tokens.ts';
import { matchExpression, plainValue, refuse, type ValuePattern } from './match-expressions.ts';
import { isTooComplex } from './wildcard.ts';

/** One field of an alternative: any entry of its list may accept. */
export interface FieldPattern {
  /** The path's steps joined by dots, as in a flattened event. */
  readonly path: string;
  readonly mayBeAbsent: boolean;
  readonly accepts: readonly ((value: LeafValue) => boolean)[];
}

/** A compiled pattern; match it with `matches`. */
export interface EventPattern {
  /** The pattern's JSON, for messages. */
  readonly text: string;
  /** The fields of each alternative are sorted by path. */
  readonly alternatives: readonly (readonly FieldPattern[])[];
}

/** EventBridge User Guide, "`$or`": a pattern may not have more than 1,000 combinations. */
const alternativesMax = 1_000;

/** Names that AWS keeps for itself inside `$or`. */
const reservedInOr: ReadonlySet<string> = new Set(
  (
    'exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr html = < <= > >= regex ' +
    'not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range ' +
    'ip-address-in-range ip-address-not-in-range'
  ).split(' '),
);

type Alternative = Map<string, readonly ValuePattern[]>;

/**
 * @param pattern the pattern's JSON text, or the value that it would parse to
 * @throws InvalidEventPatternException with AWS's own message
 */
export function compilePattern(pattern: unknown): EventPattern {
  const text = typeof pattern === 'string' ? pattern : (JSON.stringify(pattern) ?? 'null');
  try {
    return { text, alternatives: compileText(text) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new InvalidEventPatternException(error.message);
    throw error;
  }
}

function compileText(text: string): readonly (readonly FieldPattern[])[] {
  const tokens = new JsonTokens(text);
  if (tokens.next()?.type !== 'start-object') refuse('Filter is not an object');
  const alternatives = readObject(tokens, { prefix: '', isInOr: false }, [new Map()]);
  // AWS's own compiler stops reading here; what would follow is surely a mistake, so it is refused.
  if (tokens.next()) refuse('Unexpected content after the end of the event pattern');

  for (const alternative of alternatives) {
    for (const values of alternative.values()) {
      const wildcards = values.flatMap((value) => (value.kind === 'value' && value.wildcard ? [value.wildcard] : []));
      if (isTooComplex(wildcards)) {
        refuse(
          'Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character',
        );
      }
    }
  }
  return alternatives.map(fieldsOf);
}

interface Place {
  /** Path of the object being read, with a dot at its end unless it is the root. */
  readonly prefix: string;
  readonly isInOr: boolean;
}

/** Reads an object's fields, its opening brace having been read, into all of the alternatives so far. */
function readObject(tokens: JsonTokens, place: Place, soFar: readonly Alternative[]): readonly Alternative[] {
  let alternatives = soFar;
  let isEmpty = true;
  for (let field = tokens.next(); field?.type === 'field'; field = tokens.next()) {
    isEmpty = false;
    if (field.text === '$or') {
      alternatives = readOr(tokens, place, alternatives);
      continue;
    }
    if (place.isInOr && reservedInOr.has(field.text)) {
      refuse(`${field.text} is Ruler reserved fieldName which cannot be used inside $or.`);
    }
    const path = place.prefix + field.text;
    const token = tokens.next();
    if (token?.type === 'start-object') {
      alternatives = readObject(tokens, { ...place, prefix: `${path}.` }, alternatives);
    } else if (token?.type === 'start-array') {
      const values = readValues(tokens);
      // A path that comes twice: the later list wins, also over one outside of the $or
      alternatives = alternatives.map((alternative) => new Map(alternative).set(path, values));
    } else {
      refuse(`"${field.text}" must be an object or an array`);
    }
  }
  if (isEmpty) refuse('Empty objects are not allowed');
  return alternatives;
}

function readOr(tokens: JsonTokens, place: Place, soFar: readonly Alternative[]): readonly Alternative[] {
  if (tokens.next()?.type !== 'start-array') refuse('It must be an Array followed with $or.');
  const alternatives: Alternative[] = [];
  let branches = 0;
  for (let token = tokens.next(); token && token.type !== 'end-array'; token = tokens.next()) {
    if (token.type !== 'start-object') refuse('Only JSON object is allowed in array of $or relationship.');
    branches += 1;
    alternatives.push(...readObject(tokens, { ...place, isInOr: true }, soFar));
    // AWS's words for this are not recorded
    if (alternatives.length > alternativesMax) refuse(`More than ${alternativesMax} rule combinations in $or`);
  }
  if (branches < 2) refuse('There must have at least 2 Objects in $or relationship.');
  return alternatives;
}

function readValues(tokens: JsonTokens): readonly ValuePattern[] {
  const values: ValuePattern[] = [];
  for (let token = tokens.next(); token && token.type !== 'end-array'; token = tokens.next()) {
    values.push(readValue(tokens, token));
  }
  if (values.length === 0) refuse('Empty arrays are not allowed');
  return values;
}

function readValue(tokens: JsonTokens, token: Token): ValuePattern {
  if (token.type === 'start-object') return matchExpression(tokens);
  if (token.type === 'start-array') refuse('Match value must be String, number, true, false, or null');
  return plainValue(token);
}

function fieldsOf(alternative: Alternative): readonly FieldPattern[] {
  return [...alternative]
    .map(([path, values]) => ({
      path,
      mayBeAbsent: values.some((value) => value.kind === 'absent'),
      accepts: values.flatMap((value) => (value.kind === 'value' ? [value.accepts] : [])),
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

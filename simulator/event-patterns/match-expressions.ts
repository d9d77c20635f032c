/**
 * Compiles one entry of a field's list in a pattern: a plain value, or a match expression like `{ "prefix": "a" }`.
 *
 * Reads token by token and in AWS's order, because the first fault found decides which message is answered. Wording and
 * order after aws/event-ruler (`JsonRuleCompiler` of 2025) and the answers recorded in test/conformance.
 */
import { comparableMicros, comparableMicrosIfPossible, NotComparable } from './comparable-number.ts';
import { InvalidEventPatternException } from './errors.ts';
import type { LeafValue } from './flatten.ts';
import { isInBlock, isSameAddress, MalformedAddress, parseAddress, parseBlock } from './ip-address.ts';
import type { JsonTokens, Token, TokenType } from './json-tokens.ts';
import { MalformedWildcard, matchesWildcard, parseWildcard, type WildcardPart } from './wildcard.ts';

/** What one entry accepts: the absence of the field, or values. Wildcards are kept for the rule's complexity. */
export type ValuePattern =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'value';
      readonly accepts: (value: LeafValue) => boolean;
      readonly wildcard?: readonly WildcardPart[];
    };

type Accepts = (value: LeafValue) => boolean;

/** Ends the compilation with AWS's reason. */
export function refuse(reason: string): never {
  throw new InvalidEventPatternException(reason);
}

/** A plain value. `token` is a string, number, true, false or null. */
export function plainValue(token: Token): ValuePattern {
  const { type, text } = token;
  if (type === 'string') {
    const address = parseAddress(text);
    if (!address) return valuePattern(ofString((value) => value === text));
    return valuePattern(
      ofString((value) => {
        const found = parseAddress(value);
        return found !== undefined && isSameAddress(found, address);
      }),
    );
  }
  const micros = type === 'number' ? comparableMicrosIfPossible(text) : undefined;
  return valuePattern(
    (value) => !value.isString && (value.text === text || (micros !== undefined && value.micros === micros)),
  );
}

/** A match expression; its opening brace has been read, its closing one will have been. */
export function matchExpression(tokens: JsonTokens): ValuePattern {
  const name = tokens.next();
  if (name?.type !== 'field') refuse('Match expression name not found');
  const operator = operators.get(name.text);
  if (!operator) refuse(`Unrecognized match type ${name.text}`);
  return operator(tokens);
}

const operators: ReadonlyMap<string, (tokens: JsonTokens) => ValuePattern> = new Map([
  [
    'exactly',
    (tokens: JsonTokens) => {
      const text = onlyString(tokens, 'exact match pattern must be a string');
      return valuePattern(ofString((value) => value === text));
    },
  ],
  ['prefix', (tokens) => affix(tokens, 'prefix')],
  ['suffix', (tokens) => affix(tokens, 'suffix')],
  [
    'equals-ignore-case',
    (tokens) => {
      const text = foldCase(onlyString(tokens, 'equals-ignore-case match pattern must be a string'));
      return valuePattern(ofString((value) => foldCase(value) === text));
    },
  ],
  [
    'wildcard',
    (tokens) => {
      const token = tokens.next();
      if (token?.type !== 'string') refuse('wildcard match pattern must be a string');
      const wildcard = wildcardOf(token.text);
      onlyOneKey(tokens);
      return { kind: 'value', accepts: ofString((value) => matchesWildcard(wildcard, value)), wildcard };
    },
  ],
  ['numeric', numeric],
  ['anything-but', anythingBut],
  ['exists', exists],
  ['cidr', cidr],
]);

function affix(tokens: JsonTokens, kind: 'prefix' | 'suffix'): ValuePattern {
  const token = tokens.next();
  if (token?.type === 'start-object') {
    const name = tokens.next();
    if (name?.type !== 'field') refuse(`${kind === 'prefix' ? 'Prefix' : 'Suffix'} expression name not found`);
    if (name.text !== 'equals-ignore-case') refuse(`Unsupported ${kind} pattern: ${name.text}`);
    const folded = foldCase(onlyString(tokens, 'equals-ignore-case match pattern must be a string'));
    onlyOneKey(tokens);
    return valuePattern(ofString((value) => hasAffix(foldCase(value), folded, kind)));
  }
  if (token?.type !== 'string') refuse(`${kind} match pattern must be a string`);
  onlyOneKey(tokens);
  return valuePattern(ofString((value) => hasAffix(value, token.text, kind)));
}

function exists(tokens: JsonTokens): ValuePattern {
  const token = tokens.next();
  if (token?.type !== 'true' && token?.type !== 'false') refuse('exists match pattern must be either true or false.');
  onlyOneKey(tokens);
  return token.type === 'true' ? valuePattern(() => true) : { kind: 'absent' };
}

function cidr(tokens: JsonTokens): ValuePattern {
  // 'prefix' is what AWS says here (recorded 2025-10-15)
  const token = tokens.next();
  if (token?.type !== 'string') refuse('prefix match pattern must be a string');
  const block = withReason(() => parseBlock(token.text));
  onlyOneKey(tokens);
  return valuePattern(
    ofString((value) => {
      const address = parseAddress(value);
      return address !== undefined && isInBlock(address, block);
    }),
  );
}

/** `["=", 5]`, `[">", 0]`, `[">=", 0, "<", 5]`: at most one lower bound, then at most one upper bound. */
function numeric(tokens: JsonTokens): ValuePattern {
  if (tokens.next()?.type !== 'start-array') refuse('Value of numeric must be an array.');
  const accepts = numericRange(tokens);
  if (tokens.next()?.type !== 'end-object') refuse('Too many elements in numeric expression');
  return valuePattern((value) => value.micros !== undefined && accepts(value.micros));
}

function numericRange(tokens: JsonTokens): (micros: number) => boolean {
  const first = tokens.next();
  if (first?.type !== 'string') refuse(`Invalid member in numeric match: ${first?.text ?? 'null'}`);
  const operator = first.text;
  const token = tokens.next();
  if (!numericOperators.has(operator)) refuse(`Unrecognized numeric range operator: ${operator}`);
  if (token?.type !== 'number') refuse(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`);

  const following = tokens.next();
  const bound = () => withReason(() => comparableMicros(token.text));
  if (following?.type === 'end-array') {
    const limit = bound();
    if (operator === '=') return (micros) => micros === limit;
    if (operator === '<') return (micros) => micros < limit;
    if (operator === '<=') return (micros) => micros <= limit;
    return operator === '>' ? (micros) => micros > limit : (micros) => micros >= limit;
  }
  if (operator !== '>' && operator !== '>=') refuse('Too many elements in numeric expression');
  return betweenBounds(tokens, following, { bottom: bound, isBottomOpen: operator === '>' });
}

const numericOperators: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=']);

function betweenBounds(
  tokens: JsonTokens,
  following: Token | undefined,
  lower: { readonly bottom: () => number; readonly isBottomOpen: boolean },
): (micros: number) => boolean {
  if (following?.type !== 'string') refuse(`Bad value in numeric range: ${following?.text ?? 'null'}`);
  const operator = following.text;
  if (operator !== '<' && operator !== '<=') refuse(`Bad numeric range operator: ${operator}`);
  const token = tokens.next();
  if (token?.type !== 'number') refuse(`Value of ${operator} must be numeric`);
  if (tokens.next()?.type !== 'end-array') refuse('Too many terms in numeric range expression');
  const bottom = lower.bottom();
  const top = withReason(() => comparableMicros(token.text));
  if (bottom >= top) refuse('Bottom must be less than top');
  return (micros) =>
    (lower.isBottomOpen ? micros > bottom : micros >= bottom) && (operator === '<' ? micros < top : micros <= top);
}

type AnythingButKind = 'equals-ignore-case' | 'prefix' | 'suffix' | 'wildcard';

/** Accepts what the list doesn't name. A value of another type is never named, so it is accepted; absence is not. */
function anythingBut(tokens: JsonTokens): ValuePattern {
  const token = tokens.next();
  if (token?.type !== 'start-object') {
    const accepts = anythingButValues(tokens, token);
    if (tokens.next()?.type !== 'end-object') refuse('Too many elements in numeric expression');
    return valuePattern(accepts);
  }
  const name = tokens.next();
  if (name?.type !== 'field') refuse('Anything-But expression name not found');
  if (!isAnythingButKind(name.text)) refuse(`Unsupported anything-but pattern: ${name.text}`);
  const isNamed = namedTexts(tokens, name.text);
  for (let closing = 0; closing < 2; closing += 1) {
    if (tokens.next()?.type !== 'end-object') refuse('Too many elements in numeric expression');
  }
  return valuePattern((value) => !(value.isString && isNamed(value.text)));
}

const singleOrList: ReadonlySet<TokenType> = new Set<TokenType>(['start-array', 'string', 'number']);

function requireSingleOrList(token: Token | undefined): asserts token is Token {
  if (!token || !singleOrList.has(token.type)) {
    refuse('Value of anything-but must be an array or single string/number value.');
  }
}

function anythingButValues(tokens: JsonTokens, first: Token | undefined): Accepts {
  requireSingleOrList(first);
  const texts = new Set<string>();
  const numbers = new Set<number>();
  for (const token of first.type === 'start-array' ? elements(tokens) : [first]) {
    if (token.type === 'string') texts.add(token.text);
    else if (token.type === 'number') numbers.add(withReason(() => comparableMicros(token.text)));
    else refuse('Inside anything but list, start|null|boolean is not supported.');
  }
  if (texts.size > 0 === numbers.size > 0) {
    refuse('Inside anything but list, either all values are number or string, mixed type is not supported');
  }
  return (value) =>
    value.isString ? !texts.has(value.text) : value.micros === undefined || !numbers.has(value.micros);
}

/** Whether a text is one of those that `anything-but` names by prefix, suffix, wildcard or without regard to case. */
function namedTexts(tokens: JsonTokens, kind: AnythingButKind): (text: string) => boolean {
  const first = tokens.next();
  requireSingleOrList(first);
  const texts: string[] = [];
  for (const token of first.type === 'start-array' ? elements(tokens) : [first]) {
    if (token.type !== 'string') refuse(anythingButNeedsStrings[kind]);
    if (token.text === '' && (kind === 'prefix' || kind === 'suffix')) refuse('Null prefix/suffix not allowed');
    texts.push(token.text);
  }
  if (kind === 'wildcard') {
    const wildcards = texts.map(wildcardOf);
    return (text) => wildcards.some((wildcard) => matchesWildcard(wildcard, text));
  }
  if (kind === 'equals-ignore-case') {
    const folded = new Set(texts.map(foldCase));
    return (text) => folded.has(foldCase(text));
  }
  return (text) => texts.some((affixText) => hasAffix(text, affixText, kind));
}

const anythingButNeedsStrings: Readonly<Record<AnythingButKind, string>> = {
  'equals-ignore-case': 'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.',
  prefix: 'prefix/suffix match pattern must be a string',
  suffix: 'prefix/suffix match pattern must be a string',
  wildcard: 'wildcard match pattern must be a string',
};

function isAnythingButKind(name: string): name is AnythingButKind {
  return Object.hasOwn(anythingButNeedsStrings, name);
}

/** The elements of a list, its opening bracket having been read. A nested list or object is given by its first token. */
function* elements(tokens: JsonTokens): Generator<Token> {
  for (let token = tokens.next(); token && token.type !== 'end-array'; token = tokens.next()) yield token;
}

function onlyString(tokens: JsonTokens, reason: string): string {
  const token = tokens.next();
  if (token?.type !== 'string') refuse(reason);
  onlyOneKey(tokens);
  return token.text;
}

function onlyOneKey(tokens: JsonTokens): void {
  if (tokens.next()?.type !== 'end-object') refuse('Only one key allowed in match expression');
}

function wildcardOf(text: string): readonly WildcardPart[] {
  return withReason(() => parseWildcard(text));
}

function withReason<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof NotComparable || error instanceof MalformedAddress || error instanceof MalformedWildcard) {
      refuse(error.message);
    }
    throw error;
  }
}

function valuePattern(accepts: Accepts): ValuePattern {
  return { kind: 'value', accepts };
}

function ofString(accepts: (text: string) => boolean): Accepts {
  return (value) => value.isString && accepts(value.text);
}

function hasAffix(text: string, affixText: string, kind: 'prefix' | 'suffix'): boolean {
  return kind === 'prefix' ? text.startsWith(affixText) : text.endsWith(affixText);
}

/** Character by character, as AWS does: 'ß' is not 'SS', whose length differs. */
function foldCase(text: string): string {
  return Array.from(text, (character) => {
    const upper = character.toUpperCase();
    return (upper.length === character.length ? upper : character).toLowerCase();
  }).join('');
}

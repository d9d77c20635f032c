/**
 * Conditions, key conditions, filters and projections as trees. Precedence, strongest first: comparison, NOT, AND, OR
 * (developer guide, "Condition and filter expressions, operators, and functions").
 */
import { type Token, Tokens } from './tokens.ts';

/** Names (`attribute` or `#placeholder`) and list positions. */
export type RawPath = (string | number)[];

export type RawOperand =
  | { kind: 'path'; path: RawPath }
  | { kind: 'value'; name: string }
  | { kind: 'call'; name: string; operands: RawOperand[] };

export const comparators = ['=', '<>', '<', '<=', '>', '>='] as const;
export type Comparator = (typeof comparators)[number];

export type RawCondition =
  | { kind: 'logic'; operator: 'AND' | 'OR'; left: RawCondition; right: RawCondition }
  | { kind: 'not'; inner: RawCondition }
  | { kind: 'compare'; comparator: Comparator; operands: [RawOperand, RawOperand] }
  | { kind: 'between'; operands: [RawOperand, RawOperand, RawOperand] }
  | { kind: 'in'; operands: RawOperand[] }
  | { kind: 'test'; name: string; operands: RawOperand[] };

type Node = RawCondition | RawOperand;

const arities: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
  size: 1,
  if_not_exists: 2,
  list_append: 2,
};
const updating = new Set(['if_not_exists', 'list_append']);
const tests = new Set(['attribute_exists', 'attribute_not_exists', 'attribute_type', 'begins_with', 'contains']);

/** Parsing is remembered: the code's expressions are few. */
export function remembered<T>(parse: (source: string, kind: string) => T): (source: string, kind: string) => T {
  const known = new Map<string, T>();
  return (source, kind) => {
    const key = `${kind} ${source}`;
    let parsed = known.get(key);
    if (parsed === undefined) {
      parsed = parse(source, kind);
      if (known.size >= 1000) known.clear();
      known.set(key, parsed);
    }
    return parsed;
  };
}

export const parseCondition = remembered((source, kind): RawCondition => {
  const tokens = new Tokens(source, kind);
  const condition = asCondition(tokens, or(tokens));
  if (tokens.next.kind !== 'end') throw tokens.unexpected();
  return condition;
});

export const parseProjection = remembered((source, kind): RawPath[] => {
  const tokens = new Tokens(source, kind);
  const paths = [path(tokens)];
  while (tokens.symbol(',')) paths.push(path(tokens));
  if (tokens.next.kind !== 'end') throw tokens.unexpected();
  return paths;
});

function or(tokens: Tokens): Node {
  let left = and(tokens);
  while (tokens.keyword('OR')) {
    left = { kind: 'logic', operator: 'OR', left: asCondition(tokens, left), right: asCondition(tokens, and(tokens)) };
  }
  return left;
}

function and(tokens: Tokens): Node {
  let left = not(tokens);
  while (tokens.keyword('AND')) {
    left = { kind: 'logic', operator: 'AND', left: asCondition(tokens, left), right: asCondition(tokens, not(tokens)) };
  }
  return left;
}

function not(tokens: Tokens): Node {
  if (tokens.keyword('NOT')) return { kind: 'not', inner: asCondition(tokens, not(tokens)) };
  return comparison(tokens);
}

function comparison(tokens: Tokens): Node {
  const left = primary(tokens);
  const comparator = comparators.find((symbol) => tokens.symbol(symbol));
  if (comparator !== undefined) {
    return { kind: 'compare', comparator, operands: [asOperand(tokens, left), asOperand(tokens, primary(tokens))] };
  }
  if (tokens.keyword('BETWEEN')) {
    const [operand, lower] = [asOperand(tokens, left), asOperand(tokens, primary(tokens))];
    if (!tokens.keyword('AND')) throw tokens.unexpected();
    return { kind: 'between', operands: [operand, lower, asOperand(tokens, primary(tokens))] };
  }
  if (tokens.keyword('IN')) {
    const operands = [asOperand(tokens, left)];
    tokens.expect('(');
    do operands.push(asOperand(tokens, primary(tokens)));
    while (tokens.symbol(','));
    tokens.expect(')');
    return { kind: 'in', operands };
  }
  return left;
}

function primary(tokens: Tokens): Node {
  if (!tokens.symbol('(')) return operand(tokens);
  const doubled = tokens.next.text === '(';
  const inner = or(tokens);
  // Only where the inner pair ends right before the outer one: `((a) AND (b))` is not redundant.
  const redundant = doubled && tokens.next.text === ')' && closedTwice.has(inner);
  tokens.expect(')');
  if (redundant) throw tokens.invalid('The expression has redundant parentheses;');
  closedTwice.add(inner);
  return inner;
}

/** Nodes that stood in parentheses of their own. */
const closedTwice = new WeakSet<Node>();

/** A path, a value's placeholder or a function's call. */
export function operand(tokens: Tokens): RawOperand {
  if (tokens.next.kind === 'value') return { kind: 'value', name: tokens.take().text };
  if (tokens.next.kind === 'word' && tokens.followedBy('(')) return call(tokens);
  return { kind: 'path', path: path(tokens) };
}

function call(tokens: Tokens): RawOperand {
  const name = tokens.take().text;
  const arity = Object.hasOwn(arities, name) ? arities[name] : undefined;
  if (arity === undefined) throw tokens.invalid(`Invalid function name; function: ${name}`);
  tokens.expect('(');
  const operands = [operand(tokens)];
  while (tokens.symbol(',')) operands.push(operand(tokens));
  tokens.expect(')');
  if (operands.length !== arity)
    throw tokens.invalid(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
    );
  return { kind: 'call', name, operands };
}

export function path(tokens: Tokens): RawPath {
  const steps: RawPath = [];
  do {
    steps.push(taken(tokens, 'word', 'name').text);
    while (tokens.symbol('[')) {
      steps.push(Number(taken(tokens, 'number').text));
      tokens.expect(']');
    }
  } while (tokens.symbol('.'));
  return steps;
}

function taken(tokens: Tokens, ...kinds: Token['kind'][]): Token {
  if (!kinds.includes(tokens.next.kind)) throw tokens.unexpected();
  return tokens.take();
}

function asOperand(tokens: Tokens, node: Node): RawOperand {
  if (node.kind === 'path' || node.kind === 'value') return node;
  if (node.kind !== 'call') throw tokens.unexpected();
  if (node.name !== 'size') throw misused(tokens, node.name);
  return node;
}

function asCondition(tokens: Tokens, node: Node): RawCondition {
  if (node.kind === 'path' || node.kind === 'value') throw tokens.unexpected();
  if (node.kind !== 'call') return node;
  if (!tests.has(node.name)) throw misused(tokens, node.name);
  return { kind: 'test', name: node.name, operands: node.operands };
}

function misused(tokens: Tokens, name: string): Error {
  const how = updating.has(name) ? 'in a condition expression' : 'to be used this way in an expression';
  return tokens.invalid(`The function is not allowed ${how}; function: ${name}`);
}

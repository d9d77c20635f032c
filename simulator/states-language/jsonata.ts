/**
 * JSONata expressions as Step Functions evaluates them: jsonata 2.0.6 with no context item, `$states` and the workflow's
 * variables bound, Step Functions' own functions, results turned into plain JSON, failures worded as AWS words them.
 */

import jsonata from 'jsonata';
import { EvaluationFault } from './faults.ts';
import { type Host, hostBinding, refused, registerFunctions } from './functions.ts';

/** What an expression sees: `$states`, the variables in scope, the clock. Built once for each field. */
export type Bindings = Readonly<Record<string, unknown>>;

export function bind(variables: Readonly<Record<string, unknown>>, states: unknown, host: Host): Bindings {
  return { ...refused, ...variables, states, [hostBinding]: host };
}

/** A compiled expression. */
export interface Expression {
  /** Without `{%` and `%}` and the white space around. */
  readonly source: string;
  readonly ast: jsonata.ExprNode;
  /** Throws an EvaluationFault that names the field, also when the result is undefined. */
  evaluate(bindings: Bindings, location: string): Promise<unknown>;
}

/** The text of an expression when the string is one: `{% … %}` from its first to its last character. */
export function expressionSource(text: string): string | undefined {
  return text.length >= 4 && text.startsWith('{%') && text.endsWith('%}') ? text.slice(2, -2).trim() : undefined;
}

/** Throws an Error with the parser's message for a syntax error. */
export function compileExpression(source: string): Expression {
  let compiled: jsonata.Expression;
  try {
    compiled = jsonata(source);
  } catch (error) {
    throw new Error((error as { message?: string }).message ?? String(error), { cause: error });
  }
  registerFunctions(compiled);
  return {
    source,
    ast: compiled.ast(),
    async evaluate(bindings, location) {
      const subject = `The JSONata expression '${source}' specified for the field '${location}'`;
      let result: unknown;
      try {
        result = await compiled.evaluate(undefined, bindings as Record<string, unknown>);
      } catch (error) {
        throw new EvaluationFault(`${subject} threw an error during evaluation. ${describe(error)}`, location);
      }
      if (result === undefined) throw new EvaluationFault(`${subject} returned nothing (undefined).`, location);
      const value = normalise(result);
      // The wording is localstack's; no recording of AWS shows a function as a result.
      if (value === unsupported) throw new EvaluationFault(`${subject} returned an unsupported result type.`, location);
      return value;
    },
  };
}

/** `D3020: Third argument of …`, as TestState shows it; jsonata throws plain objects with a code. */
function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (message === undefined) return code ?? String(error);
  return code === undefined ? message : `${code}: ${message}`;
}

const unsupported = Symbol('unsupported');

/**
 * Plain JSON from a jsonata result: arrays lose the hidden keys that make jsonata flatten them again, undefined members
 * vanish, and numbers that JSON can't write become the strings that AWS writes ("Infinity", "NaN").
 */
function normalise(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return unsupported;
  if (Array.isArray(value)) return normaliseArray(value);
  if (isFunctionObject(value)) return unsupported;
  return normaliseObject(value as Record<string, unknown>);
}

function normaliseArray(items: unknown[]): unknown {
  const result: unknown[] = [];
  for (const item of items) {
    const value = item === undefined ? null : normalise(item);
    if (value === unsupported) return unsupported;
    result.push(value);
  }
  return result;
}

function normaliseObject(object: Record<string, unknown>): unknown {
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(object)) {
    if (member === undefined) continue;
    const value = normalise(member);
    if (value === unsupported) return unsupported;
    // A key named __proto__ is data here.
    if (key === '__proto__')
      Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
    else result[key] = value;
  }
  return result;
}

function isFunctionObject(value: object): boolean {
  return '_jsonata_function' in value || '_jsonata_lambda' in value;
}

/** The type of a JSON value as AWS names it in causes. */
export function typeName(value: unknown): 'null' | 'array' | 'object' | 'string' | 'number' | 'boolean' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

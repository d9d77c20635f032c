/**
 * Reads the fields of a definition and collects what is wrong with them.
 *
 * Wording: "The field … is required but was missing", "Field … is not supported", "Expected value of type …", "Value
 * should be one of …" and the two JSONata codes are AWS's (recorded by localstack, measured by floci). Other messages are
 * our own.
 */

import { unsupportedReferences, type StatesFields } from './analysis.ts';
import type { Problem } from './faults.ts';
import { compileExpression, type Expression } from './jsonata.ts';
import { compileTemplate, type Template } from './template.ts';

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One load's problems and its cache of compiled expressions. */
export class Checker {
  readonly problems: Problem[] = [];
  private readonly compiled = new Map<string, Expression>();

  report(message: string, location: string, code: Problem['code'] = 'SCHEMA_VALIDATION_FAILED'): void {
    this.problems.push({ code, message, location });
  }

  /** Reports every field that is not in the list. */
  fields(json: Json, path: string, known: readonly string[]): void {
    for (const field of Object.keys(json)) {
      if (!known.includes(field)) this.report(`Field '${field}' is not supported`, `${path}/${field}`);
    }
  }

  required(json: Json, path: string, field: string): unknown {
    if (json[field] === undefined) this.report(`The field '${field}' is required but was missing`, path || '/');
    return json[field];
  }

  string(json: Json, path: string, field: string): string | undefined {
    const value = json[field];
    if (value === undefined || typeof value === 'string') return value;
    this.report('Expected value of type [STRING]', `${path}/${field}`);
    return undefined;
  }

  requiredString(json: Json, path: string, field: string): string {
    this.required(json, path, field);
    return this.string(json, path, field) ?? '';
  }

  /** A literal number within inclusive limits; undefined when absent or wrong. */
  number(
    json: Json,
    path: string,
    field: string,
    { min, max = Infinity, isInteger = true }: { min: number; max?: number; isInteger?: boolean },
  ): number | undefined {
    const value = json[field];
    if (value === undefined) return undefined;
    const isValid =
      typeof value === 'number' && value >= min && value <= max && (!isInteger || Number.isInteger(value));
    if (isValid) return value;
    const kind = isInteger ? 'an integer' : 'a number';
    this.report(`Expected ${kind} between ${min} and ${max}, got ${JSON.stringify(value)}`, `${path}/${field}`);
    return undefined;
  }

  oneOf<T extends string>(json: Json, path: string, field: string, values: readonly T[]): T | undefined {
    const value = this.string(json, path, field);
    if (value === undefined) return undefined;
    const found = values.find((allowed) => allowed === value);
    if (found === undefined) {
      this.report(`Value should be one of the following: [${values.join(', ')}]`, `${path}/${field}`);
    }
    return found;
  }

  /** An array of objects; wrong elements are reported and left out. */
  objects(json: Json, path: string, field: string): { json: Json; path: string; index: number }[] {
    const value = json[field];
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.report('Expected value of type [ARRAY]', `${path}/${field}`);
      return [];
    }
    return value.flatMap((item: unknown, index) => {
      const itemPath = `${path}/${field}[${index}]`;
      if (isObject(item)) return [{ json: item, path: itemPath, index }];
      this.report('Expected value of type [OBJECT]', itemPath);
      return [];
    });
  }

  /** JSON with expressions in it. `states` says which fields of `$states` the place has. */
  template(json: Json, path: string, field: string, states: StatesFields = {}): Template | undefined {
    const value = json[field];
    return value === undefined
      ? undefined
      : compileTemplate(value, `${path}/${field}`, (source, location) => this.compile(source, location, states));
  }

  /** A template whose value, where it is a literal, must pass `isValid`; `expected` completes "Expected …". */
  typedTemplate(
    json: Json,
    path: string,
    field: string,
    expected: string,
    isValid: (value: unknown) => boolean,
  ): Template | undefined {
    const template = this.template(json, path, field);
    const isWrong =
      template?.kind === 'literal'
        ? !isValid(template.value)
        : template?.kind === 'object' || (template?.kind === 'array' && !isValid([]));
    if (isWrong) this.report(`Expected ${expected} or a JSONata expression`, `${path}/${field}`);
    return template;
  }

  private compile(source: string, location: string, states: StatesFields): Expression | undefined {
    try {
      const expression = this.compiled.get(source) ?? compileExpression(source);
      this.compiled.set(source, expression);
      for (const message of unsupportedReferences(expression.ast, states)) {
        this.report(message, location, 'UNSUPPORTED_JSONATA_EXPRESSION');
      }
      return expression;
    } catch (error) {
      this.report((error as Error).message, location, 'INVALID_JSONATA_EXPRESSION');
      return undefined;
    }
  }
}

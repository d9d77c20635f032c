/** A request's `#names` and `:values`: each must be defined where it is used, and used where it is defined. */
import type { RawOperand, RawPath } from './parse.ts';
import { isReserved } from './reserved-words.ts';
import { taken, validation, type Value } from './values.ts';

export type Path = (string | number)[];

/** Operands with their placeholders resolved. */
export type Operand =
  | { kind: 'path'; path: Path }
  | { kind: 'value'; value: Value }
  | { kind: 'call'; name: string; operands: Operand[] };

export interface ExpressionInput {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

export class Placeholders {
  readonly #names: Record<string, string>;
  readonly #values = new Map<string, Value>();
  readonly #unusedNames: Set<string>;
  readonly #unusedValues: Set<string>;

  /** @param expressions those of the request that it has, with their members' names */
  constructor(input: ExpressionInput, expressions: Record<string, unknown>) {
    const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
    const present = Object.values(expressions).some((expression) => expression !== undefined);
    if (!present && names !== undefined)
      throw validation('ExpressionAttributeNames can only be specified when using expressions');
    if (!present && values !== undefined) {
      const absent = Object.keys(expressions).join(' and ');
      throw validation(`ExpressionAttributeValues can only be specified when using expressions: ${absent} is null`);
    }
    check('ExpressionAttributeNames', names, /^#[A-Za-z0-9_]+$/);
    check('ExpressionAttributeValues', values, /^:[A-Za-z0-9_]+$/);
    this.#names = names ?? {};
    for (const name in values) this.#values.set(name, taken(values[name]));
    this.#unusedNames = new Set(Object.keys(this.#names));
    this.#unusedValues = new Set(this.#values.keys());
  }

  path(raw: RawPath, kind: string): Path {
    return raw.map((step) => {
      if (typeof step === 'number') return step;
      if (!step.startsWith('#')) {
        if (isReserved(step))
          throw validation(`Invalid ${kind}: Attribute name is a reserved keyword; reserved keyword: ${step}`);
        return step;
      }
      const name = Object.hasOwn(this.#names, step) ? this.#names[step] : undefined;
      if (name === undefined)
        throw validation(
          `Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${step}`,
        );
      this.#unusedNames.delete(step);
      return name;
    });
  }

  value(name: string, kind: string): Value {
    const value = this.#values.get(name);
    if (value === undefined)
      throw validation(
        `Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${name}`,
      );
    this.#unusedValues.delete(name);
    return value;
  }

  operand(raw: RawOperand, kind: string): Operand {
    if (raw.kind === 'path') return { kind: 'path', path: this.path(raw.path, kind) };
    if (raw.kind === 'value') return { kind: 'value', value: this.value(raw.name, kind) };
    return { kind: 'call', name: raw.name, operands: raw.operands.map((operand) => this.operand(operand, kind)) };
  }

  /** To be called when all expressions of the request are resolved. */
  finish(): void {
    refuseUnused('ExpressionAttributeNames', this.#unusedNames);
    refuseUnused('ExpressionAttributeValues', this.#unusedValues);
  }
}

function refuseUnused(member: string, keys: Set<string>): void {
  if (keys.size > 0)
    throw validation(`Value provided in ${member} unused in expressions: keys: {${[...keys].join(', ')}}`);
}

function check(member: string, map: Record<string, unknown> | undefined, key: RegExp): void {
  if (map === undefined) return;
  const keys = Object.keys(map);
  if (keys.length === 0) throw validation(`${member} must not be empty`);
  const wrong = keys.find((name) => !key.test(name));
  if (wrong !== undefined) throw validation(`${member} contains invalid key: Syntax error; key: "${wrong}"`);
}

/** `[a, [0], b]`, as DynamoDB writes a path in its messages. */
export function pathText(path: Path): string {
  return `[${path.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(', ')}]`;
}

/** No path may be another's beginning, or go on as a list where another goes on as a map. */
export function refuseOverlaps(paths: Path[], kind: string): void {
  for (const [i, two] of paths.entries()) {
    for (const one of paths.slice(0, i)) {
      const problem = clash(one, two);
      if (problem !== undefined)
        throw validation(
          `Invalid ${kind}: Two document paths ${problem} with each other; must remove or rewrite one of these paths; path one: ${pathText(one)}, path two: ${pathText(two)}`,
        );
    }
  }
}

function clash(one: Path, two: Path): 'overlap' | 'conflict' | undefined {
  const length = Math.min(one.length, two.length);
  for (let i = 0; i < length; i++) {
    if (one[i] !== two[i]) return typeof one[i] === typeof two[i] ? undefined : 'conflict';
  }
  return 'overlap';
}

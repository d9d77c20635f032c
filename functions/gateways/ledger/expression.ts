/** Expressions with their placeholders: every name and value goes through one, so reserved words never matter. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { schemaVersion, type ItemType } from './items.ts';

/** DynamoDB refuses both when they are empty. */
export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
}

export class Expression {
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, AttributeValue> = {};

  /** A document path, one argument a step. */
  path(...steps: string[]): string {
    return steps.map((step) => this.#name(step)).join('.');
  }

  value(value: unknown): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = toAttribute(value);
    return placeholder;
  }

  /** `path = value`, as an assignment or a comparison. */
  equal(path: string | string[], value: unknown): string {
    return `${this.path(...[path].flat())} = ${this.value(value)}`;
  }

  /** What every item carries, for `SET`. */
  stamp(type: ItemType): string {
    return this.assign({ type, schemaVersion });
  }

  /** `a = :a, b = :b` for all fields that have a value. */
  assign(fields: Record<string, unknown>): string {
    return Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => this.equal(name, value))
      .join(', ');
  }

  placeholders(): Placeholders {
    return {
      ...(Object.keys(this.#names).length > 0 && { ExpressionAttributeNames: this.#names }),
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
    };
  }

  #name(name: string): string {
    const known = Object.keys(this.#names).find((placeholder) => this.#names[placeholder] === name);
    const placeholder = known ?? `#n${Object.keys(this.#names).length}`;
    this.#names[placeholder] = name;
    return placeholder;
  }
}

const options = { removeUndefinedValues: true } as const;

export function toAttributes(item: Record<string, unknown>): Record<string, AttributeValue> {
  return marshall(item, options);
}

function toAttribute(value: unknown): AttributeValue {
  // In an item of its own: for a single value the marshaller's type depends on the value's.
  const { value: attribute } = toAttributes({ value });
  if (attribute === undefined) throw new TypeError('undefined is no value of an expression');
  return attribute;
}

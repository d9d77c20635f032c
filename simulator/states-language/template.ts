/**
 * Fields that hold JSON with expressions in it (Arguments, Output, Assign, Items, …), compiled once when the definition
 * is loaded.
 */

import { EvaluationFault } from './faults.ts';
import { type Bindings, type Expression, expressionSource, typeName } from './jsonata.ts';

/** JSON with expressions in it. */
export type Template =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'array'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Template])[] };

/** @param compile reports a wrong expression itself and then returns undefined */
export function compileTemplate(
  json: unknown,
  location: string,
  compile: (source: string, location: string) => Expression | undefined,
): Template {
  if (typeof json === 'string') {
    const source = expressionSource(json);
    const expression = source === undefined ? undefined : compile(source, location);
    return expression === undefined ? { kind: 'literal', value: json } : { kind: 'expression', expression };
  }
  if (Array.isArray(json)) {
    const items = json.map((item, index) => compileTemplate(item, `${location}[${index}]`, compile));
    return items.every((item) => item.kind === 'literal') ? { kind: 'literal', value: json } : { kind: 'array', items };
  }
  if (typeof json === 'object' && json !== null) {
    const members = Object.entries(json).map(
      ([key, member]) => [key, compileTemplate(member, `${location}/${key}`, compile)] as const,
    );
    const isLiteral = members.every(([, member]) => member.kind === 'literal');
    return isLiteral ? { kind: 'literal', value: json } : { kind: 'object', members };
  }
  return { kind: 'literal', value: json };
}

/** Throws an EvaluationFault that names the innermost field, e.g. `Output/items[2]/name`. */
export async function evaluateTemplate(template: Template, bindings: Bindings, location: string): Promise<unknown> {
  if (template.kind === 'literal') return template.value;
  if (template.kind === 'expression') return template.expression.evaluate(bindings, location);
  if (template.kind === 'array') {
    const items: unknown[] = [];
    for (const [index, item] of template.items.entries()) {
      items.push(await evaluateTemplate(item, bindings, `${location}[${index}]`));
    }
    return items;
  }
  const members: [string, unknown][] = [];
  for (const [key, member] of template.members) {
    members.push([key, await evaluateTemplate(member, bindings, `${location}/${key}`)]);
  }
  return Object.fromEntries(members);
}

type Named = { array: unknown[]; string: string; number: number; boolean: boolean };

/** Evaluates a field that must have one type. Throws an EvaluationFault worded as AWS words it for Items. */
export async function evaluateTyped<K extends keyof Named>(
  template: Template,
  bindings: Bindings,
  location: string,
  type: K,
): Promise<Named[K]> {
  const value = await evaluateTemplate(template, bindings, location);
  const actual = typeName(value);
  if (actual === type) return value as Named[K];
  const source = template.kind === 'expression' ? template.expression.source : JSON.stringify(value);
  throw new EvaluationFault(
    `The JSONata expression '${source}' specified for the field '${location}' returned an unexpected result type. ` +
      `Expected '${type}', but was '${actual}' for value: ${JSON.stringify(value)}`,
    location,
  );
}

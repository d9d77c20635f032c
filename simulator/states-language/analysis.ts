/**
 * What AWS refuses in an expression before anything runs, found in its syntax tree: references to a context item that
 * doesn't exist, `$$`, and fields of `$states` that the place of the expression doesn't have.
 *
 * Rules and wording as measured on ValidateStateMachineDefinition by floci (docs and tests, read 2026-11).
 */

import type { ExprNode } from 'jsonata';

/** Which of the optional fields of `$states` exist where the expression stands. */
export interface StatesFields {
  result?: boolean;
  errorOutput?: boolean;
}

/** The messages of all that is wrong with the expression. */
export function unsupportedReferences(ast: ExprNode, fields: StatesFields): string[] {
  const messages: string[] = [];
  visit(ast, true, fields, messages);
  return messages;
}

type Node = Record<string, unknown> & { type?: string; value?: unknown };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** @param isTop whether a bare name here would read the context item, which doesn't exist */
function visit(value: unknown, isTop: boolean, fields: StatesFields, messages: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, isTop, fields, messages);
    return;
  }
  if (!isNode(value)) return;
  if (value.type === 'path') return visitPath(value, isTop, fields, messages);
  if (value.type === 'name' && isTop) {
    messages.push(`Reference to '${String(value.value)}' at the top level is not supported.`);
  }
  if (value.type === 'variable' && value.value === '$') messages.push(`Reference to '$$' is not supported.`);
  visitMembers(value, isTop, fields, messages);
}

/** Only the first step of a path reads the context item; the later ones read what the step before produced. */
function visitPath(path: Node, isTop: boolean, fields: StatesFields, messages: string[]): void {
  const steps = Array.isArray(path['steps']) ? (path['steps'] as unknown[]) : [];
  const [first, second] = steps;
  if (
    isNode(first) &&
    first.type === 'variable' &&
    first.value === 'states' &&
    isNode(second) &&
    second.type === 'name'
  ) {
    const field = String(second.value);
    const exists =
      field === 'input' ||
      field === 'context' ||
      (field === 'result' && fields.result) ||
      (field === 'errorOutput' && fields.errorOutput);
    if (!exists) messages.push(`Field '$states.${field}' does not exist.`);
  }
  steps.forEach((step, index) => visit(step, isTop && index === 0, fields, messages));
  for (const [key, member] of Object.entries(path)) if (key !== 'steps') visit(member, false, fields, messages);
}

/** Predicates, groups, sort terms and transforms have a context item of their own. */
const ownContext = new Set(['predicate', 'stages', 'group', 'terms', 'pattern', 'update', 'delete']);

function visitMembers(node: Node, isTop: boolean, fields: StatesFields, messages: string[]): void {
  for (const [key, member] of Object.entries(node)) {
    // The parameters of a lambda are variables; `ancestor` links upwards.
    if (key === 'ancestor' || (node.type === 'lambda' && key === 'arguments')) continue;
    if (node.type === 'unary' && node.value === '{' && key === 'lhs') visit(member, isTop, fields, messages);
    else visit(member, isTop && !ownContext.has(key), fields, messages);
  }
}

/**
 * What a rule's target gets of an event: all of it, a constant, a part, or a transformed text.
 *
 * EventBridge guide eb-transform-target-input: `<name>` stands for a path of the event or one of the reserved variables;
 * a JSON value unless it stands inside quotes. What a path that isn't there gives is not documented [?]: nothing inside
 * quotes, `null` outside.
 */
import type { BusEvent } from './service.ts';

export interface InputRules {
  input?: string;
  inputPath?: string;
  transformer?: { paths: Record<string, string>; template: string };
}

export interface RuleNames {
  ruleArn: string;
  ruleName: string;
}

/** JSON text for the target. */
export function targetInput({ input, inputPath, transformer }: InputRules, event: BusEvent, rule: RuleNames): string {
  if (input !== undefined) return input;
  if (inputPath !== undefined) return JSON.stringify(lookUp(event, inputPath) ?? null);
  if (transformer === undefined) return JSON.stringify(event);
  const variables = new Map<string, unknown>([
    ['aws.events.rule-arn', rule.ruleArn],
    ['aws.events.rule-name', rule.ruleName],
    ['aws.events.event.ingestion-time', event.time],
    ['aws.events.event.json', event],
    ['aws.events.event', withoutDetail(event)],
  ]);
  for (const [name, path] of Object.entries(transformer.paths)) variables.set(name, lookUp(event, path));
  const text = fill(transformer.template, variables);
  return isJson(text) ? text : JSON.stringify(text);
}

const pathPattern = /^\$(?:\.[A-Za-z0-9_-]+|\[\d+\]|\['[^']+'\])*$/;

/** @throws Error for a path that the simulator doesn't know */
export function checkPath(path: string): void {
  if (!pathPattern.test(path)) throw new Error(`JSON path ${path} is not known to the simulator`);
}

function lookUp(event: unknown, path: string): unknown {
  let value: unknown = event;
  for (const [, name, index, quoted] of path.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]/g)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name ?? index ?? quoted ?? ''];
  }
  return value;
}

/** `aws.events.event` is the event "without the detail field" (same page). */
function withoutDetail({ detail: _detail, ...event }: BusEvent): unknown {
  return event;
}

/** Walks the template and knows at each variable whether it stands inside a JSON string. */
function fill(template: string, variables: ReadonlyMap<string, unknown>): string {
  let result = '';
  let isQuoted = false;
  for (let index = 0; index < template.length; index += 1) {
    const letter = template.charAt(index);
    if (letter === '\\') {
      result += template.slice(index, index + 2);
      index += 1;
      continue;
    }
    const name = letter === '<' ? /^<([A-Za-z0-9_.-]+)>/.exec(template.slice(index))?.[1] : undefined;
    if (name !== undefined && variables.has(name)) {
      result += insert(variables.get(name), isQuoted);
      index += name.length + 1;
      continue;
    }
    if (letter === '"') isQuoted = !isQuoted;
    result += letter;
  }
  return result;
}

function insert(value: unknown, isQuoted: boolean): string {
  if (!isQuoted) return JSON.stringify(value ?? null);
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

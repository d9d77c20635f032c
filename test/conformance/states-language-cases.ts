/** Reads and compares the recorded cases of the States Language: what the two conformance suites share. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** `CONFORMANCE_CASES=DIR` runs other cases of the same form. */
const folder = process.env['CONFORMANCE_CASES'] ?? join(import.meta.dirname, 'data');

/** None where a folder of one's own lacks the file. */
export function readCases<T>(file: string): T[] {
  if (process.env['CONFORMANCE_CASES'] !== undefined && !existsSync(join(folder, file))) return [];
  return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { cases: T[] }).cases;
}

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equal to everything, for the values that the recording replaced by stand-ins. */
export const anything = { asymmetricMatch: () => true, toString: () => '<stand-in>' };

/** A copy of `value` in which the JSON pointers below `prefix` hold `anything`. */
export function withStandIns(value: unknown, placeholders: readonly string[], prefix: string): unknown {
  const pointers = placeholders.filter((pointer) => pointer === prefix || pointer.startsWith(`${prefix}/`));
  const paths = pointers.map((pointer) => pointer.slice(prefix.length).split('/').slice(1).map(unescape));
  return replace(value, paths);
}

const unescape = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~');

function replace(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.some((path) => path.length === 0)) return anything;
  const below = (key: string) => paths.filter(([first]) => first === key).map((path) => path.slice(1));
  if (Array.isArray(value)) return value.map((item: unknown, index) => replace(item, below(String(index))));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replace(member, below(key))]));
}

/** Whether a value is as expected, stand-ins aside. */
export function fits(actual: unknown, expected: unknown): boolean {
  if (expected === anything) return true;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => fits(actual[index], item))
    );
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].every((key) => fits(actual[key], expected[key]));
  }
  return isDeepStrictEqual(actual, expected);
}

/** The actual items in the order of the expected ones that they fit; the rest at the end. */
export function reorder(actual: readonly unknown[], expected: readonly unknown[]): unknown[] {
  const left = [...actual];
  const found = expected.flatMap((item) => {
    const index = left.findIndex((candidate) => fits(candidate, item));
    return index < 0 ? [] : left.splice(index, 1);
  });
  return [...found, ...left];
}

interface Reading {
  definition: Json;
  expected: { states: Json[] };
}

/**
 * What an ItemReader must have read, told from what its Map put out: items that pass through children of Pass states
 * alone, with one more behind those that MaxItems let through. Undefined where that can't be told.
 */
export function datasetOf({ definition, expected }: Reading): unknown[] | undefined {
  const readers = Object.entries(definition['States'] as Record<string, Json>).filter(
    ([, state]) => state['ItemReader'],
  );
  const [[name, state] = ['', {}]] = readers;
  const output = expected.states.find((visited) => visited['name'] === name)?.['output'];
  const hasReshaped = state['ItemSelector'] !== undefined || state['Output'] !== undefined;
  if (readers.length !== 1 || hasReshaped || !passesThrough(state['ItemProcessor'] as Json) || !Array.isArray(output)) {
    return undefined;
  }
  const items = state['ItemBatcher'] === undefined ? output : output.flatMap((batch: Json) => batch['Items']);
  const config = (state['ItemReader'] as Json)['ReaderConfig'] as Json | undefined;
  return config?.['MaxItems'] === undefined ? items : [...(items as unknown[]), { beyond: 'MaxItems' }];
}

function passesThrough(processor: Json): boolean {
  const states = Object.values(processor['States'] as Record<string, Json>);
  return states.every((state) => state['Type'] === 'Pass' && state['Output'] === undefined);
}

/** Whether a child execution of one of its Distributed Maps, at any depth, calls a Task. */
export function childrenCallTasks(value: unknown, isChild = false): boolean {
  if (Array.isArray(value)) return value.some((item) => childrenCallTasks(item, isChild));
  if (!isObject(value)) return false;
  const isChildNow = isChild || (value['ProcessorConfig'] as Json | undefined)?.['Mode'] === 'DISTRIBUTED';
  if (isChildNow && value['Type'] === 'Task') return true;
  return Object.values(value).some((member) => childrenCallTasks(member, isChildNow));
}

/** What a suite ran and what it left out, to be printed at its end. */
export function report(title: string, run: number, leftOut: readonly { name: string; reason: string }[]): string {
  const lines = leftOut.map(
    ({ name, reason }) => `  left out: ${name.split('::').at(-1) ?? name}\n            ${reason}`,
  );
  return [`${title}: ${run} run, ${leftOut.length} left out`, ...lines, ''].join('\n');
}

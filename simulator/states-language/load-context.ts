/** What the loading of one state shares: its surroundings, and what the values of fields may be. */

import type { Checker, Json } from './checker.ts';
import type { Workflow } from './model.ts';

export interface StateContext {
  checker: Checker;
  /** The machine's QueryLanguage: states inside a Map or Parallel inherit it, not their parent's. */
  machineLanguage: unknown;
  /** Labels of Distributed Maps seen so far: one is unique in the whole machine. */
  mapLabels: Set<string>;
  options: { forTestState?: boolean };
  loadWorkflow(json: Json, path: string): Workflow;
}

export function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

export const isText = (value: unknown): boolean => typeof value === 'string';

export const isWhole =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;

export const isWithin =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && value >= min && value <= max;

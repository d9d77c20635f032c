/** Reading JSON of unknown shape, with errors that name the place. */
import { TemplateError } from './errors.ts';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectAt(value: unknown, at: string): JsonObject {
  if (!isObject(value)) throw new TemplateError(at, `expected an object, got ${JSON.stringify(value)}`);
  return value;
}

export function listAt(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) throw new TemplateError(at, `expected a list, got ${JSON.stringify(value)}`);
  return value;
}

export function stringAt(value: unknown, at: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') throw new TemplateError(at, `expected a string, got ${JSON.stringify(value)}`);
  return value;
}

/** CloudFormation takes numbers as text too. */
export function numberAt(value: unknown, at: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    throw new TemplateError(at, `expected a number, got ${JSON.stringify(value)}`);
  }
  return number;
}

export function optional<T>(value: unknown, at: string, read: (value: unknown, at: string) => T): T | undefined {
  return value === undefined ? undefined : read(value, at);
}

/** Policies and the like accept one item in place of a list. */
export function asList(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

/**
 * The functions that Step Functions adds to JSONata or changes: $parse, $uuid, $hash, $partition, $range, seeded
 * $random, $eval refused; and those that would otherwise read the real clock or the real chance.
 *
 * Edge cases as measured on AWS by floci (floci-io/floci, docs/services/step-functions, read 2026-11): arguments are
 * rounded towards zero; a chunk size of zero, an empty array, a range without step or in the wrong direction and a hash
 * without algorithm give undefined; a range of one number gives the bare number.
 */

import { createHash } from 'node:crypto';
import jsonata from 'jsonata';

/** What an expression may know about the world outside its data. */
export interface Host {
  nowMs(): number;
  /** At least 0, below 1. */
  random(): number;
}

/** Under this name the host is bound for each evaluation; no expression can spell it. */
export const hostBinding = '\u0000host';

interface Focus {
  environment: { lookup(name: string): unknown; timestamp: unknown };
}

/** jsonata's own implementation of a built-in function, to be called with a Focus. */
async function builtIn(name: string): Promise<(this: Focus, ...args: unknown[]) => unknown> {
  const found = (await jsonata(`$${name}`).evaluate(undefined)) as {
    implementation: (this: Focus, ...args: unknown[]) => unknown;
  };
  return found.implementation;
}

const [toMillis, fromMillis] = await Promise.all([builtIn('toMillis'), builtIn('fromMillis')]);

const hostOf = (focus: Focus) => focus.environment.lookup(hostBinding) as Host;

/** Registers the functions with one compiled expression. */
export function registerFunctions(expression: jsonata.Expression): void {
  for (const [name, [implementation, signature]] of Object.entries(functions)) {
    expression.registerFunction(name, implementation, signature);
  }
}

/** `$eval` is not a function in Step Functions: a call fails with T1006. Bound at each evaluation. */
export const refused = { eval: undefined };

// The signatures are checked by jsonata before it calls.
// oxlint-disable-next-line typescript/no-explicit-any
type Implementation = (this: Focus, ...args: any[]) => unknown;

const functions: Record<string, [Implementation, string]> = {
  parse: [parse, '<s-:x>'],
  uuid: [uuid, '<:s>'],
  hash: [hash, '<s-s?:s>'],
  partition: [partition, '<an?:a>'],
  range: [range, '<n?n?n?:x>'],
  random: [random, '<n?:n>'],
  shuffle: [shuffle, '<a:a>'],
  now: [
    function (this: Focus, picture?: string, timezone?: string) {
      return fromMillis.call(this, hostOf(this).nowMs(), picture, timezone);
    },
    '<s?s?:s>',
  ],
  millis: [
    function (this: Focus) {
      return hostOf(this).nowMs();
    },
    '<:n>',
  ],
  toMillis: [
    function (this: Focus, text?: string, picture?: string) {
      // A picture without a date means today's: the host's today.
      this.environment.timestamp = new Date(hostOf(this).nowMs());
      return toMillis.call(this, text, picture);
    },
    '<s-s?:n>',
  ],
};

function parse(this: Focus, text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

function uuid(this: Focus): string {
  const host = hostOf(this);
  return uuidFrom(() => host.random());
}

/** Version 4, from numbers of at least 0, below 1. */
export function uuidFrom(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = '4';
  hex[16] = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  const digits = hex.join('');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
}

const hashAlgorithms = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

function hash(this: Focus, text: string | undefined, algorithm: string | undefined): string | undefined {
  if (text === undefined || algorithm === undefined) return undefined;
  const known = hashAlgorithms.get(algorithm);
  // AWS's wording for an unknown algorithm is not recorded anywhere that we know of.
  if (known === undefined) throw new Error(`Unsupported hash algorithm: ${algorithm}`);
  return createHash(known).update(text, 'utf8').digest('hex');
}

function partition(this: Focus, items: unknown[] | undefined, chunkSize: number | undefined): unknown {
  if (items === undefined || chunkSize === undefined || items.length === 0) return undefined;
  const size = Math.trunc(chunkSize);
  if (size <= 0) return undefined;
  const chunks: unknown[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

/** AWS builds up to this many elements and refuses one more (measured by floci). */
const rangeElementsMax = 360_145;

function range(this: Focus, first?: number, last?: number, step?: number): unknown {
  if (first === undefined || last === undefined || step === undefined) return undefined;
  const [from, to, by] = [Math.trunc(first), Math.trunc(last), Math.trunc(step)];
  if (by === 0 || (by > 0 ? from > to : from < to)) return undefined;
  const count = Math.floor((to - from) / by) + 1;
  if (count > rangeElementsMax) throw new Error('Expression evaluation memory limit exceeded');
  return count === 1 ? from : Array.from({ length: count }, (_, index) => from + index * by);
}

function random(this: Focus, seed: number | undefined): number {
  if (seed === undefined) return hostOf(this).random();
  // Reproducible, as AWS documents; AWS's own sequence is not documented.
  let bits = Math.trunc(seed) | 0;
  for (const factor of [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]) {
    bits = Math.imul(bits ^ (bits >>> 15) ^ 0x9e3779b9, factor);
  }
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

function shuffle(this: Focus, items: unknown[] | undefined): unknown[] | undefined {
  if (items === undefined) return undefined;
  const host = hostOf(this);
  const result = [...items];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = Math.floor(host.random() * (index + 1));
    [result[index], result[other]] = [result[other], result[index]];
  }
  return result;
}

/** Pages as MSK gives them: MaxResults 1 to 100, 100 by default (API reference), and a token. */
import type { AwsError } from '../service.ts';
import { badRequest } from './storage.ts';

export function page<T>(
  items: readonly T[],
  { MaxResults, NextToken }: Record<string, unknown>,
  { max = 100, refusal = badRequest }: { max?: number; refusal?: (message: string) => AwsError } = {},
): { items: readonly T[]; NextToken?: string } {
  const size = MaxResults === undefined ? max : Number(MaxResults);
  if (!(Number.isInteger(size) && size >= 1 && size <= max)) throw refusal(`MaxResults must be between 1 and ${max}.`);
  const from = NextToken === undefined ? 0 : Number(/^page-(\d+)$/.exec(NextToken as string)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw refusal('The next token is not valid.');
  const to = from + size;
  return to < items.length ? { items: items.slice(from, to), NextToken: `page-${to}` } : { items: items.slice(from) };
}

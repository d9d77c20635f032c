/** How EC2's Describe calls select and page: ids, filters with wildcards, MaxResults and NextToken. */
import { AwsError } from '../service.ts';

export interface Filter {
  Name?: string;
  Values?: string[];
}

/** Values of one resource under a filter's name; undefined where the filter is not known. */
export type Attribute<T> = (item: T, name: string) => readonly string[] | undefined;

/** EC2 guide Using_Filtering: at most 50 filters and 200 values in a request. */
const filtersMax = 50;
const valuesMax = 200;

/**
 * Items that match all filters; a filter matches with any of its values, case-sensitively, `*` and `?` as wildcards
 * unless escaped by a backslash [EC2 guide Using_Filtering].
 * @throws AwsError on unknown filters, so that a misspelt one is never silently empty
 */
export function select<T>(items: readonly T[], filters: unknown, attribute: Attribute<T>): T[] {
  const given = (filters ?? []) as Filter[];
  if (given.length > filtersMax) throw limit('filters', filtersMax);
  if (given.reduce((sum, { Values = [] }) => sum + Values.length, 0) > valuesMax)
    throw limit('filter values', valuesMax);
  let rest = [...items];
  for (const { Name = '', Values = [] } of given) {
    const matches = Values.map(matcher);
    rest = rest.filter((item) => {
      const values = tagValues(item, Name) ?? attribute(item, Name);
      if (values === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
      return values.some((value) => matches.some((match) => match(value)));
    });
  }
  return rest;
}

/** One page, in the order given. MaxResults within 5 and `pageMax`; without it everything comes at once. */
export function page<T>(
  items: readonly T[],
  { MaxResults, NextToken }: Record<string, unknown>,
  pageMax: number,
): { items: readonly T[]; NextToken?: string } {
  if (MaxResults === undefined && NextToken === undefined) return { items };
  const size = typeof MaxResults === 'number' ? MaxResults : pageMax;
  if (size < 5) throw new AwsError('InvalidParameterValue', `Value ( ${size} ) for parameter maxResults is invalid.`);
  let from = 0;
  if (typeof NextToken === 'string') {
    from = /^page-\d+$/.test(NextToken) ? Number(NextToken.slice(5)) : Number.NaN;
    if (Number.isNaN(from)) throw new AwsError('InvalidParameterValue', 'Unable to parse pagination token');
  }
  const to = from + Math.min(size, pageMax);
  return to < items.length ? { items: items.slice(from, to), NextToken: `page-${to}` } : { items: items.slice(from) };
}

function matcher(pattern: string): (value: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return (value) => value === pattern;
  const source = pattern.replaceAll(/\\([\s\S])|\*|\?|[.+^${}()|[\]]/g, (token, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped.replaceAll(/[.+^${}()|[\]*?\\]/g, String.raw`\$&`);
    if (token === '*') return '[\\s\\S]*';
    return token === '?' ? '[\\s\\S]' : `\\${token}`;
  });
  const regex = new RegExp(`^${source}$`);
  return (value) => regex.test(value);
}

function tagValues(item: unknown, name: string): readonly string[] | undefined {
  const { tags } = item as { tags?: Record<string, string> };
  if (tags === undefined) return undefined;
  if (name === 'tag-key') return Object.keys(tags);
  if (!name.startsWith('tag:')) return undefined;
  const value = tags[name.slice(4)];
  return value === undefined ? [] : [value];
}

function limit(what: string, max: number): AwsError {
  return new AwsError('FilterLimitExceeded', `The maximum number of ${what} specified on the request is ${max}`);
}

/**
 * Metrics Insights queries, the subset that the simulator knows; anything else is refused when an alarm is loaded.
 * Syntax: CloudWatch guide cloudwatch-metrics-insights-querylanguage, read 2026-11-21:
 *
 * SELECT MAX|MIN|AVG|SUM|COUNT(metric) FROM namespace | SCHEMA(namespace, label, …)
 *   [WHERE label = | != 'value' [AND …]] [GROUP BY label, …] [ORDER BY MAX|MIN|AVG|SUM|COUNT() [ASC|DESC]] [LIMIT n]
 *
 * Conditions are joined by AND only, as there.
 */
import type { MetricStore, Series, Statistic } from './metrics.ts';

export interface InsightsQuery {
  text: string;
  statistic: Statistic;
  name: string;
  namespace: string;
  /** Exactly these labels; undefined: any. */
  schema: readonly string[] | undefined;
  where: readonly { label: string; equal: boolean; value: string }[];
  groupBy: readonly string[];
  orderBy: { statistic: Statistic; descending: boolean } | undefined;
  limit: number;
}

/** One time series of the answer. */
export interface Group {
  /** Sixteen hexadecimal digits (SDK cloudwatch AlarmContributor), the same for the same attributes. */
  id: string;
  attributes: Readonly<Record<string, string>>;
  series: readonly Series[];
}

/** CloudWatch guide cloudwatch-metrics-insights-limits: metrics processed, time series returned. */
export const metricsMax = 10_000;
export const seriesMax = 500;

const functions: Readonly<Record<string, Statistic>> = {
  MAX: 'Maximum',
  MIN: 'Minimum',
  AVG: 'Average',
  SUM: 'Sum',
  COUNT: 'SampleCount',
};

/** @throws Error saying what is not understood */
export function parseInsights(text: string): InsightsQuery {
  const tokens = [
    ...text.matchAll(/\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(\d+)|(!=|[(),=])|(\S))/g),
  ];
  let next = 0;
  const fail = (expected: string): never => {
    throw new Error(
      `Metrics Insights: expected ${expected} at "${tokens[next]?.[0]?.trim() ?? 'the end'}" of: ${text}`,
    );
  };
  const peek = () => tokens[next]?.[0]?.trim().toUpperCase();
  const take = (word: string): boolean => {
    if (peek() !== word || tokens[next]?.[1] !== undefined) return false;
    next += 1;
    return true;
  };
  const must = (...words: string[]) => {
    for (const word of words) if (!take(word)) fail(word);
  };
  const identifier = (): string => {
    const token = tokens[next];
    const name = token?.[2] ?? (token?.[1]?.startsWith('"') === true ? unquoted(token[1]) : undefined);
    if (name === undefined) return fail('a name');
    next += 1;
    return name;
  };
  const literal = (): string => {
    const quoted = tokens[next]?.[1];
    if (quoted?.startsWith("'") !== true) return fail("a 'value'");
    next += 1;
    return unquoted(quoted);
  };
  const aggregate = (): Statistic => {
    const statistic = functions[peek() ?? ''];
    if (statistic === undefined) return fail('MAX, MIN, AVG, SUM or COUNT');
    next += 1;
    return statistic;
  };
  const list = (): string[] => {
    const items = [identifier()];
    while (take(',')) items.push(identifier());
    return items;
  };

  must('SELECT');
  const statistic = aggregate();
  must('(');
  const name = identifier();
  must(')', 'FROM');
  let namespace: string;
  let schema: string[] | undefined;
  if (take('SCHEMA')) {
    must('(');
    [namespace = '', ...schema] = list();
    must(')');
  } else {
    namespace = identifier();
  }
  const where: { label: string; equal: boolean; value: string }[] = [];
  if (take('WHERE')) {
    do {
      const label = identifier();
      const equal = take('=') || (!take('!=') && fail('= or !='));
      where.push({ label, equal, value: literal() });
    } while (take('AND'));
  }
  const groupBy: string[] = [];
  if (take('GROUP')) {
    must('BY');
    groupBy.push(...list());
  }
  let orderBy: InsightsQuery['orderBy'];
  if (take('ORDER')) {
    must('BY');
    const by = aggregate();
    must('(', ')');
    const descending = take('DESC');
    if (!descending) take('ASC'); // the default
    orderBy = { statistic: by, descending };
  }
  let limit = seriesMax;
  if (take('LIMIT')) {
    limit = Number(tokens[next]?.[3] ?? fail('a number'));
    next += 1;
  }
  if (next < tokens.length) fail('the end');
  return { text, statistic, name, namespace, schema, where, groupBy, orderBy, limit };
}

/** The time series of a query over the metrics that there are, in the order of first sight. */
export function groupsOf(query: InsightsQuery, store: MetricStore): { groups: Group[]; isPartial: boolean } {
  const groups = new Map<string, Group & { series: Series[] }>();
  let metrics = 0;
  for (const series of store.all()) {
    if (!matches(query, series)) continue;
    metrics += 1;
    if (metrics > metricsMax) break;
    const attributes: Record<string, string> = {};
    for (const label of query.groupBy) attributes[label] = series.dimensions[label] as string;
    const key = query.groupBy.map((label) => attributes[label]).join('\u001f');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { id: idOf(attributes), attributes, series: [series] });
    else group.series.push(series);
  }
  return { groups: [...groups.values()], isPartial: metrics > metricsMax || groups.size > seriesMax };
}

function idOf(attributes: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  let hash = 0xcbf2_9ce4_8422_2325n; // FNV-1a
  for (let index = 0; index < text.length; index++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100_0000_01b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

function matches(query: InsightsQuery, { namespace, name, dimensions }: Series): boolean {
  if (name !== query.name || namespace !== query.namespace) return false;
  const { schema } = query;
  const labels = Object.keys(dimensions);
  if (schema !== undefined && (labels.length !== schema.length || !schema.every((label) => label in dimensions))) {
    return false;
  }
  if (!query.groupBy.every((label) => label in dimensions)) return false;
  return query.where.every(({ label, equal, value }) => (dimensions[label] === value) === equal);
}

function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

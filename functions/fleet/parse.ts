/**
 * Reads `fleet.yaml`: the fleet, or everything that is wrong with it, each with its place. Used where people work
 * (`cli/`, `infra/`); functions read the result as JSON (`load.ts`).
 */
import {
  Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import type * as z from 'zod/mini';
import { checkFleet, type Path } from './check.ts';
import type { Fleet } from './fleet.ts';
import { didYouMean } from './nearest.ts';
import { homeOf, resolveFleet } from './resolve.ts';
import { CLUSTER_SHAPES, FleetShape, KindlessShape } from './schema.ts';

/** One thing that is wrong. Lines and columns count from 1. */
export interface FleetProblem {
  file: string;
  line: number;
  column: number;
  /** e.g. `clusters[0].policy.usedFractionMax`; empty for the file as a whole. */
  path: string;
  expected: string;
  found: string;
}

export type ParsedFleet =
  | { ok: true; fleet: Fleet; home: { account?: string; region?: string } }
  /** In the order of the file. */
  | { ok: false; problems: FleetProblem[] };

/** A file of hundreds of clusters has some 100 kB. */
const CHARACTERS_MAX = 2_000_000;
const FOUND_MAX = 60;

/**
 * @param file how problems name it
 * YAML 1.2 with anchors and merge keys (`<<`).
 */
export function parseFleet(text: string, file: string): ParsedFleet {
  if (text.length > CHARACTERS_MAX) {
    const found = `${text.length}`;
    return {
      ok: false,
      problems: [{ file, line: 1, column: 1, path: '', expected: `at most ${CHARACTERS_MAX} characters`, found }],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { file, line, column: col, path: '', expected: 'valid YAML', found: message };
    });
    return { ok: false, problems };
  }
  const { targets, dangling } = followAliases(document);
  if (dangling !== undefined) {
    const { line, col } = lines.linePos(dangling.range?.[0] ?? 0);
    const found = `*${dangling.source}`;
    return { ok: false, problems: [{ file, line, column: col, path: '', expected: 'an anchor that exists', found }] };
  }
  const value: unknown = document.toJS({ maxAliasCount: -1 }); // the file's size is limited, and it is one's own
  const source = { file, lines, contents: document.contents, targets, value };
  return judge(value, (path, expected, key) => place(source, path, expected, key));
}

type Targets = ReadonlyMap<Alias, Node>;

/** What each alias stands for. In one walk: `Alias.resolve` walks the whole document each time. */
function followAliases(document: Document.Parsed): { targets: Targets; dangling: Alias | undefined } {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  let dangling: Alias | undefined;
  visit(document, {
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias: (_key, alias, ancestors) => {
      const target = anchors.get(alias.source);
      // An alias of what it stands in would never end.
      if (target === undefined || ancestors.includes(target)) dangling ??= alias;
      else targets.set(alias, target);
    },
  });
  return { targets, dangling };
}

type Report = (path: Path, expected: string, key?: string) => FleetProblem;

function judge(value: unknown, report: Report): ParsedFleet {
  const parsed = FleetShape.safeParse(value);
  if (parsed.success) {
    const problems = checkFleet(parsed.data, [...parsed.data.clusters.keys()]).map(({ path, expected }) =>
      report(path, expected),
    );
    if (problems.length > 0) return { ok: false, problems: ordered(problems) };
    return { ok: true, fleet: resolveFleet(parsed.data), home: homeOf(parsed.data) };
  }
  const { issues } = parsed.error;
  const problems = [...issues, ...issuesOfTheKindless(value, issues)].flatMap((issue) =>
    fromIssue(issue, value, report),
  );
  return { ok: false, problems: ordered([...problems, ...rulesOfTheRest(value, issues, report)]) };
}

/** A cluster whose kind is unknown has only that issue: what every kind has is judged all the same. */
function issuesOfTheKindless(value: unknown, issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues
    .filter(({ code }) => code === 'invalid_union')
    .flatMap(({ path: [...path] }) => {
      path.pop();
      const found = KindlessShape.safeParse(valueAt(value, path)).error?.issues ?? [];
      return found.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
    });
}

/** Clusters that are well-formed are checked even if others are not: one run shows as much as it can. */
function rulesOfTheRest(value: unknown, issues: readonly z.core.$ZodIssue[], report: Report): FleetProblem[] {
  const broken = new Set(issues.map(({ path }) => (path[0] === 'clusters' ? path[1] : undefined)));
  const clusters = (value as { clusters?: unknown } | null)?.clusters;
  if (broken.has(undefined) || !Array.isArray(clusters)) return [];
  const kept = [...clusters.entries()].filter(([at]) => !broken.has(at));
  const rest = FleetShape.safeParse({ ...(value as object), clusters: kept.map(([, cluster]) => cluster as unknown) });
  if (!rest.success) return [];
  return checkFleet(
    rest.data,
    kept.map(([at]) => at),
  ).map(({ path, expected }) => report(path, expected));
}

function fromIssue(issue: z.core.$ZodIssue, value: unknown, report: Report): FleetProblem[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  if (issue.code !== 'unrecognized_keys') return [report(path, issue.message)];
  const known = keysAt(path, value);
  return issue.keys.map((key) => {
    const other = keyOfOtherKind(key, path, value);
    if (other !== undefined) return report(path, other, key);
    const guess = didYouMean(key, known);
    return report(path, guess === '' ? `one of ${known.join(', ')}` : `a known key${guess}`, key);
  });
}

const INSTEAD: Readonly<Record<string, string>> = {
  metric: ', msk has KafkaDataLogsDiskUsed',
  clusterArn: ', ec2 has brokers',
};

/** What was expected where a cluster has a key that only clusters of another kind have. */
function keyOfOtherKind(key: string, path: Path, value: unknown): string | undefined {
  if (path[0] !== 'clusters' || path.length !== 2) return undefined;
  const other = Object.entries(CLUSTER_SHAPES).find(([, shape]) => Object.hasOwn(shape.shape, key))?.[0];
  const { kind } = valueAt(value, path) as { kind: string };
  return other === undefined ? undefined : `a key of kind ${kind}; ${key} is for kind ${other}${INSTEAD[key] ?? ''}`;
}

/** The keys that the shape has at a path; of a cluster, those of its kind. */
function keysAt(path: Path, value: unknown): string[] {
  let at: z.core.$ZodType | undefined = FleetShape;
  let here: unknown = value;
  for (const key of [...path, undefined]) {
    let def: z.core.$ZodTypes['_zod']['def'] = (at as z.core.$ZodTypes)._zod.def;
    while (def.type === 'optional') def = (def.innerType as z.core.$ZodTypes)._zod.def;
    if (def.type === 'union') def = shapeOf(here)._zod.def;
    if (key === undefined) return def.type === 'object' ? Object.keys(def.shape) : [];
    if (def.type === 'object') at = def.shape[key];
    else if (def.type === 'array') at = def.element;
    else if (def.type === 'record') at = def.valueType;
    if (at === undefined) return [];
    here = valueAt(here, [key]);
  }
  return [];
}

function shapeOf(cluster: unknown): z.core.$ZodObject {
  const { kind } = cluster as { kind?: unknown };
  return Object.entries(CLUSTER_SHAPES).find(([name]) => name === kind)?.[1] ?? KindlessShape;
}

/** `clusters[0].policy.stepGibMin` */
function written(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}

interface Entry {
  key: Node | null;
  value: Node | null;
}

interface Source {
  file: string;
  lines: LineCounter;
  contents: Node | null;
  targets: Targets;
  value: unknown;
}

/** @param key a key of the map at `path` that should not be there */
function place({ file, lines, value, ...source }: Source, path: Path, expected: string, key?: string): FleetProblem {
  const offset = locate(source, key === undefined ? path : [...path, key], key !== undefined);
  const { line, col } = lines.linePos(offset);
  const found = key === undefined ? foundAt(value, path) : JSON.stringify(key);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1), path: written(path), expected, found };
}

/** Offset of the value at a path, or of the nearest thing above it that is written; through aliases and merge keys. */
function locate({ contents, targets }: Pick<Source, 'contents' | 'targets'>, path: Path, keyItself: boolean): number {
  let node: Node | null = contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    const pair = entry(targets, node, key);
    if (pair === undefined) break;
    node = pair.value;
    const wanted: Node | null = keyItself && depth === path.length - 1 ? pair.key : node;
    offset = (wanted ?? pair.key)?.range?.[0] ?? offset;
  }
  return offset;
}

function entry(targets: Targets, node: Node | null, key: string | number): Entry | undefined {
  const target = isAlias(node) ? targets.get(node) : node;
  if (isSeq(target)) {
    const item = typeof key === 'number' ? (target.items[key] as Node | undefined) : undefined;
    return item === undefined ? undefined : { key: null, value: item };
  }
  if (!isMap(target)) return undefined;
  const own = pairOf(target, key);
  if (own !== undefined) return own;
  const merged = pairOf(target, '<<')?.value;
  const sources = isSeq(merged) ? (merged.items as Node[]) : merged instanceof Alias || isMap(merged) ? [merged] : [];
  return sources.map((source) => entry(targets, source, key)).find((found) => found !== undefined);
}

function pairOf(map: YAMLMap, key: string | number): Entry | undefined {
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  return pair === undefined ? undefined : { key: pair.key as Node, value: pair.value as Node | null };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = value;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return found;
}

function foundAt(value: unknown, path: Path): string {
  const found = valueAt(value, path);
  if (found === undefined || found === null) return 'nothing';
  if (typeof found === 'number') return String(found); // JSON has no NaN
  const text = JSON.stringify(found);
  return text.length > FOUND_MAX ? `${text.slice(0, FOUND_MAX)}…` : text;
}

/** By place; a group's mistake is told once, not once per cluster. */
function ordered(problems: FleetProblem[]): FleetProblem[] {
  const once = new Map(problems.map((problem) => [renderProblem(problem), problem]));
  return [...once.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `fleet.yaml:12:7: clusters[0].policy.usedFractionMax: expected a number …, found "80%"` */
export function renderProblem({ file, line, column, path, expected, found }: FleetProblem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}`;
}

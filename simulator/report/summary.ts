/** What a person sees in the terminal when a run has ended. Pure: returns text; never wider than `columns` by itself. */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import {
  byText,
  counted,
  gib,
  grouped,
  minuteTime,
  oneLine,
  percent,
  shortened,
  sortedEntries,
  usd,
} from './format.ts';
import type { ClusterRun, RunRecord } from './run-record.ts';

export interface SummaryOptions {
  /** ANSI colours; without them the text has no control characters but newlines. */
  colour: boolean;
  /** Of the terminal; 100 where there is none. */
  columns?: number;
  /** How long the run took on this machine. */
  wallSeconds?: number;
  /** Files that were written, as the person can open them. */
  reportPath?: string;
  operationsPath?: string;
}

type Colours = ReturnType<typeof picocolors.createColors>;

const gap = '  ';
/** One line under the heads, and nothing else. */
const none = ['top', 'bottom', 'left', 'right'].flatMap((side) =>
  ['', '-mid', '-left', '-right'].map((part): [string, string] => [`${side}${part}`, '']),
);
const tableChars = { ...Object.fromEntries(none), mid: '─', 'mid-mid': '─'.repeat(gap.length), middle: gap };

const columnsDefault = 100;
const columnsMin = 60;
const nameWidthMin = 16;
/** Violations shown; the rest is counted. The report has them all. */
const violationsMax = 20;

export function summary(run: RunRecord, options: SummaryOptions): string {
  const paint = picocolors.createColors(options.colour);
  const columns = Math.max(columnsMin, options.columns ?? columnsDefault);
  const blocks = [
    headline(run, options, columns, paint),
    run.clusters.length === 0 ? '' : clusterTable(run.clusters, columns, paint),
    facts(run, options, columns, paint),
    violations(run, paint),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function headline(run: RunRecord, { wallSeconds }: SummaryOptions, columns: number, paint: Colours): string {
  const took = wallSeconds === undefined ? '' : ` in ${grouped(wallSeconds, 1)} s`;
  const period = `${minuteTime(run.startMs)} to ${minuteTime(run.endMs)} UTC, fill: ${oneLine(run.source)}`;
  return [
    paint.bold(`${counted(run.days, 'simulated day')}${took}, seed ${run.seed}`),
    paint.dim(shortened(period, columns)),
  ].join('\n');
}

function clusterTable(clusters: readonly ClusterRun[], columns: number, paint: Colours): string {
  const heads = ['cluster', 'GiB', 'peak used', 'min. full', 'growths', 'refused', 'escal.', 'trans.', '$/growth'];
  const rows = clusters.map((cluster) => clusterCells(cluster, paint));
  const plainRows = clusters.map((cluster) => clusterCells(cluster, picocolors.createColors(false)));
  const widths = heads.map((head, index) =>
    Math.max(head.length, ...plainRows.map((cells) => (cells[index] ?? '').length)),
  );
  // In a narrow terminal the last columns give way first, then the end of the name.
  const room = (count: number): number =>
    columns - widths.slice(1, count).reduce((sum, width) => sum + width + gap.length, 0);
  const shown = [9, 8, 7].find((count) => room(count) >= Math.min(nameWidthMin, widths[0] ?? 0)) ?? 6;
  const nameWidth = Math.max(8, Math.min(widths[0] ?? 8, room(shown)));
  const table = new Table({
    head: heads.slice(0, shown).map((head) => paint.bold(head)),
    colAligns: heads.slice(0, shown).map((_, index) => (index === 0 ? 'left' : 'right')),
    chars: tableChars,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  rows.forEach((cells, index) => {
    const name = shortened(plainRows[index]?.[0] ?? '', nameWidth);
    table.push([name, ...cells.slice(1, shown)]);
  });
  return table.toString();
}

function clusterCells(cluster: ClusterRun, paint: Colours): string[] {
  const { p50, max } = cluster.transitionsPerGrowth;
  const warn = (count: number): string => (count > 0 ? paint.yellow(grouped(count)) : grouped(count));
  const full = grouped(cluster.minutesFull);
  return [
    `${oneLine(cluster.name)} (${oneLine(cluster.kind)})`,
    `${gib(cluster.startGib)} → ${gib(cluster.endGib)}`,
    percent(cluster.peakUsedFraction),
    cluster.minutesFull > 0 ? paint.red(full) : paint.green(full),
    grouped(cluster.growths),
    warn(cluster.refusals),
    warn(cluster.escalations),
    p50 === null || max === null ? '–' : `${grouped(p50)} / ${grouped(max)}`,
    cluster.costUsdPerGrowth === null ? '–' : usd(cluster.costUsdPerGrowth, 5),
  ];
}

function facts(run: RunRecord, options: SummaryOptions, columns: number, paint: Colours): string {
  const workflows = sortedEntries(run.workflows).map(([name, count]) => {
    const failed = count.failed > 0 ? `, ${paint.yellow(`${grouped(count.failed)} failed`)}` : '';
    return `${oneLine(name)}: ${grouped(count.executions)} (${grouped(count.succeeded)} succeeded${failed})`;
  });
  const calls = Object.values(run.apiCalls).reduce((sum, count) => sum + count, 0);
  const lines: [string, string][] = [
    ...workflows.map((text, index): [string, string] => [index === 0 ? 'workflows' : '', text]),
    ['invocations', `${grouped(run.handlerInvocations)} of handlers, ${grouped(calls)} calls of AWS APIs`],
    ...pollLines(run.clusters),
    ['people', `${counted(run.notifications.length, 'notification')}, ${operatorText(run)}`],
    ...run.notes.map((note): [string, string] => ['note', shortened(oneLine(note), Math.max(20, columns - 13))]),
    ...(options.operationsPath === undefined ? [] : [['operations', options.operationsPath] as [string, string]]),
    ...(options.reportPath === undefined ? [] : [['report', paint.cyan(options.reportPath)] as [string, string]]),
  ];
  return lines.map(([label, text]) => `${paint.dim(label.padEnd(11))}  ${text}`).join('\n');
}

/** What following MSK's operations takes, of the transitions and the cost above. */
const pollLines = (clusters: readonly ClusterRun[]): [string, string][] =>
  clusters.flatMap(({ name, pollsPerGrowth: { p50, max }, pollsUsdPerGrowth: cost }) =>
    p50 === null || max === null || cost === null
      ? []
      : [['polls', `${oneLine(name)}: ${grouped(p50)} / ${grouped(max)} a growth, ${usd(cost, 5)} of its cost`]],
  );

function operatorText(run: RunRecord): string {
  const counts = new Map<string, number>();
  for (const { what } of run.operatorActions) counts.set(oneLine(what), (counts.get(oneLine(what)) ?? 0) + 1);
  const kinds = [...counts].sort(([a], [b]) => byText(a, b)).map(([what, count]) => `${count} ${what}`);
  const total = counted(run.operatorActions.length, "operator's action", "operator's actions");
  return kinds.length === 0 || kinds.length > 4 ? total : `${total} (${kinds.join(', ')})`;
}

function violations(run: RunRecord, paint: Colours): string {
  const { length } = run.violations;
  if (length === 0) return paint.green('No invariant was violated.');
  const shown = run.violations
    .slice(0, violationsMax)
    .flatMap(({ invariant, atMs, subject, detail }) => [
      `${paint.red(paint.bold(`  ${oneLine(invariant)}`))}  ${minuteTime(atMs)} UTC  ${oneLine(subject)}`,
      `    ${oneLine(detail)}`,
    ]);
  const more = length > violationsMax ? [`  and ${grouped(length - violationsMax)} more`] : [];
  const title = `VIOLATED: ${counted(length, 'invariant violation')}`;
  return [paint.bgRed(paint.white(paint.bold(`!!! ${title} !!!`))), ...shown, ...more].join('\n');
}

/**
 * The run while it runs. On a terminal a few lines are redrawn in place, at most ten times a second; elsewhere one plain
 * line per simulated day. Wall time comes from the caller: the simulator itself has none.
 */
import { createLogUpdate } from 'log-update';
import picocolors from 'picocolors';
import { counted, dayMs, gib, grouped, isoDay, minuteTime, oneLine, percent, shortened } from './format.ts';
import type { Progress } from './run-record.ts';

export interface LiveViewOptions {
  stream: NodeJS.WritableStream;
  isTty: boolean;
  /** Of the terminal. */
  columns: number;
  /** Wall time, epoch milliseconds; used for nothing but the pace of redrawing. */
  nowMs: () => number;
  /** Only for a terminal; true when left out. */
  colour?: boolean;
}

export interface LiveView {
  update(progress: Progress): void;
  /** Leaves the last picture on the screen. */
  done(): void;
}

const redrawMs = 100;
const listMax = 5;
const barMax = 40;

type Colours = ReturnType<typeof picocolors.createColors>;

export const liveView = (options: LiveViewOptions): LiveView => (options.isTty ? redrawn(options) : perDay(options));

function redrawn({ stream, columns, nowMs, colour = true }: LiveViewOptions): LiveView {
  const paint = picocolors.createColors(colour);
  const draw = createLogUpdate(stream, { defaultWidth: columns });
  let drawnAtMs = -Infinity;
  let pending: Progress | undefined;
  return {
    update(progress) {
      pending = progress;
      const atMs = nowMs();
      if (atMs - drawnAtMs < redrawMs) return;
      drawnAtMs = atMs;
      pending = undefined;
      draw(picture(progress, columns, paint));
    },
    done() {
      if (pending !== undefined) draw(picture(pending, columns, paint));
      pending = undefined;
      draw.done();
    },
  };
}

function perDay({ stream }: LiveViewOptions): LiveView {
  let shownDay = 0;
  let latest: Progress | undefined;
  const show = (progress: Progress): void => {
    const { day } = dayOf(progress);
    if (day <= shownDay) return;
    shownDay = day;
    stream.write(`${dayLine(progress)}\n`);
  };
  return {
    update(progress) {
      latest = progress;
      show(progress);
    },
    done() {
      if (latest !== undefined) show(latest);
    },
  };
}

/** The day that runs, from 1; the end of the run still belongs to the last one. */
function dayOf({ nowMs, startMs, endMs }: Progress): { day: number; days: number } {
  const days = Math.max(1, Math.ceil((endMs - startMs) / dayMs));
  return { day: Math.min(days, Math.max(1, Math.floor((nowMs - startMs) / dayMs) + 1)), days };
}

/** `day 3/30  2026-01-07  used 61 %  alarms 1  running 2  growths 4`; used: of the fullest cluster. */
export function dayLine(progress: Progress): string {
  const { day, days } = dayOf(progress);
  const used = Math.max(0, ...progress.clusters.map(({ usedFraction }) => usedFraction));
  const growths = progress.clusters.reduce((sum, cluster) => sum + cluster.growths, 0);
  return [
    `day ${day}/${days}`,
    isoDay(Math.min(progress.nowMs, progress.endMs)),
    `used ${percent(used, 0)}`,
    `alarms ${progress.alarmsInAlarm}`,
    `running ${progress.runningWorkflows.length}`,
    `growths ${growths}`,
  ].join('  ');
}

/** The lines of one redraw, each at most `columns` wide. */
export function picture(progress: Progress, columns: number, paint: Colours): string {
  const width = Math.max(40, columns) - 1;
  const fit = (text: string, style: (text: string) => string = (plain) => plain): string =>
    style(shortened(`${/^ */.exec(text)?.[0] ?? ''}${oneLine(text)}`, width));
  return [
    ...timeLines(progress, width, paint),
    '',
    ...clusterLines(progress, width, paint),
    '',
    ...runningLines(progress).map((text) => fit(text)),
    ...progress.latest.slice(-listMax).map((text) => fit(`  ${text}`, paint.dim)),
  ].join('\n');
}

function timeLines(progress: Progress, width: number, paint: Colours): string[] {
  const { day, days } = dayOf(progress);
  const span = Math.max(1, progress.endMs - progress.startMs);
  const fraction = Math.min(1, Math.max(0, (progress.nowMs - progress.startMs) / span));
  const where = ` day ${day} of ${days}  ${minuteTime(progress.nowMs)} UTC  ${percent(fraction, 0)}`;
  const cells = Math.max(6, Math.min(barMax, width - where.length));
  const alarms = `${grouped(progress.alarmsInAlarm)} in ALARM`;
  const rest = `  ${counted(progress.handlerInvocations, 'handler invocation')}`;
  return [
    `${bar(fraction, cells, paint.cyan, paint)}${shortened(where, width - cells)}`,
    `${progress.alarmsInAlarm > 0 ? paint.red(alarms) : paint.green(alarms)}${paint.dim(shortened(rest, width - alarms.length))}`,
  ];
}

const nameOf = ({ name, kind }: Progress['clusters'][number]): string => oneLine(`${name} (${kind})`);

function clusterLines({ clusters }: Progress, width: number, paint: Colours): string[] {
  const shown = clusters.slice(0, listMax + 1);
  const nameWidth = Math.min(24, Math.max(0, ...shown.map((cluster) => nameOf(cluster).length)));
  const lines = shown.map((cluster) => {
    const { sizeGib, usedFraction, growths } = cluster;
    const label = shortened(nameOf(cluster), nameWidth).padEnd(nameWidth);
    const facts = ` ${percent(usedFraction, 0).padStart(5)} of ${gib(sizeGib)} GiB  ${counted(growths, 'growth')}`;
    const cells = Math.max(4, Math.min(24, width - nameWidth - facts.length - 1));
    const colour = usedColour(usedFraction, paint);
    return `${label} ${bar(usedFraction, cells, colour, paint)}${shortened(facts, width - nameWidth - cells - 1)}`;
  });
  return clusters.length > shown.length ? [...lines, `and ${clusters.length - shown.length} more clusters`] : lines;
}

function usedColour(usedFraction: number, paint: Colours): (text: string) => string {
  if (usedFraction >= 0.9) return paint.red;
  return usedFraction >= 0.8 ? paint.yellow : paint.green;
}

function runningLines({ runningWorkflows }: Progress): string[] {
  const title =
    runningWorkflows.length === 0 ? 'no workflow runs' : `${counted(runningWorkflows.length, 'workflow')} running`;
  const shown = runningWorkflows.slice(0, listMax);
  return [
    title,
    ...listed(
      shown,
      runningWorkflows.length,
      ({ operationId, workflow, volumeId, state }) =>
        `  ${operationId.slice(0, 8)}  ${workflow}  ${volumeId}  ${state}`,
    ),
  ];
}

const listed = <T>(shown: readonly T[], total: number, text: (item: T) => string): string[] =>
  total > shown.length && shown.length > 0
    ? [...shown.map(text), `  and ${grouped(total - shown.length)} more`]
    : shown.map(text);

function bar(fraction: number, cells: number, colour: (text: string) => string, paint: Colours): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * cells);
  return `${colour('█'.repeat(filled))}${paint.dim('░'.repeat(cells - filled))}`;
}

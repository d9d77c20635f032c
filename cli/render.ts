/** How things look in a terminal. Pure; colours are an argument. */
import Table from 'cli-table3';
import { changeOf } from '../functions/relief/advice.ts';
import type { Evidence, GrowthDecision } from '../functions/storage/decision.ts';

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** `2026-01-15T10:20:30Z`, UTC. */
export function time(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** `12 min`, `5.2 h`, `3.1 d`. */
export function span(ms: number): string {
  if (ms < 2 * HOUR_MS) return `${Math.max(0, Math.round(ms / MINUTE_MS))} min`;
  if (ms < 48 * HOUR_MS) return `${(ms / HOUR_MS).toFixed(1)} h`;
  return `${(ms / (24 * HOUR_MS)).toFixed(1)} d`;
}

export function ago(atMs: number, nowMs: number): string {
  return `${span(nowMs - atMs)} ago`;
}

/** `2026-01-15T10:20:30Z (in 3.5 h)` or `(12 min ago)`. */
export function moment(atMs: number, nowMs: number): string {
  return `${time(atMs)} (${atMs > nowMs ? `in ${span(atMs - nowMs)}` : ago(atMs, nowMs)})`;
}

export function percent(fraction: number | undefined): string {
  return fraction === undefined ? '-' : `${(fraction * 100).toFixed(1)} %`;
}

export function usd(amount: number): string {
  return `${amount.toFixed(2)} USD/month`;
}

/** From evidence; `-` where it is not known, `> 30 d` where the forecast sees no end. */
export function fullIn({ fullInHours, usedFraction }: Evidence): string {
  if (fullInHours !== undefined) return span(fullInHours * HOUR_MS);
  return usedFraction === undefined ? '-' : '> 30 d';
}

/** Of an MSK cluster: `2, 71.0 %`; a broker that reports nothing is named first. */
export function fullestBroker({ brokers = [] }: Evidence): string {
  const silent = brokers.filter(({ usedFraction }) => usedFraction === undefined).map(({ brokerId }) => brokerId);
  const fullest = brokers.toSorted((a, b) => (b.usedFraction ?? 0) - (a.usedFraction ?? 0))[0];
  const known = fullest?.usedFraction === undefined ? [] : [`${fullest.brokerId}, ${percent(fullest.usedFraction)}`];
  return [...(silent.length === 0 ? [] : [`no metric of ${silent.join(', ')}`]), ...known].join('; ') || '-';
}

/** `grow 100 → 150 GiB`, `wait until …`. */
export function action(decision: GrowthDecision, nowMs: number): string {
  if (decision.action === 'grow') {
    const approval = decision.needsApproval ? ', needs approval' : '';
    const each = decision.evidence.volumes === undefined ? '' : ' each';
    return `grow ${decision.fromGib} → ${decision.targetGib} GiB${each}, ${usd(decision.usdPerMonth)} more${approval}`;
  }
  const retryAtMs = 'retryAtMs' in decision ? decision.retryAtMs : undefined;
  return retryAtMs === undefined ? decision.action : `${decision.action} until ${moment(retryAtMs, nowMs)}`;
}

const ACTION_COLOURS: Record<GrowthDecision['action'], keyof Paint> = {
  keep: 'dim',
  wait: 'yellow',
  inspect: 'yellow',
  grow: 'green',
  'grow-filesystem': 'green',
  refuse: 'red',
  escalate: 'red',
};

export function paintAction(paint: Paint, decision: GrowthDecision, text: string): string {
  return paint[ACTION_COLOURS[decision.action]](text);
}

/** Columns without lines, two spaces apart. */
export function table(paint: Paint, head: string[], rows: string[][]): string {
  const none = Object.fromEntries(
    ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) =>
      ['', '-mid', '-left', '-right'].map((end) => [`${side}${end}`, '']),
    ),
  );
  const drawn = new Table({
    chars: { ...none, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: head.map((title) => paint.bold(title)),
  });
  drawn.push(...rows);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export function tags(values: Record<string, string>): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? 'no owner tags' : pairs.join(', ');
}

/** `key: value` lines, aligned; what is undefined is left out. */
export function lines(pairs: [string, string | undefined][]): string {
  const shown = pairs.filter((pair): pair is [string, string] => pair[1] !== undefined);
  const width = Math.max(0, ...shown.map(([key]) => key.length)) + 2;
  return shown.map(([key, value]) => `${`${key}:`.padEnd(width)}${value}`).join('\n');
}

/** The numbers of a decision, one a line, times as times. */
export function evidence(values: object, nowMs: number): string {
  return lines(Object.entries(values).map(([key, value]) => [`  ${key}`, shown(key, value, nowMs)]));
}

function shown(key: string, value: unknown, nowMs: number): string {
  if (typeof value === 'number' && (key.endsWith('AtMs') || key === 'untilMs')) return moment(value, nowMs);
  if (typeof value === 'string') return value;
  return isList(value) && value.length > 0 ? value.map(entry).join(', ') : JSON.stringify(value);
}

function isList(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
}

/** A broker's fill, a topic that is shortened, one that is left alone; else as it is. */
function entry(item: Record<string, unknown>): string {
  const { brokerId, usedFraction, name, former, shortened, why } = item;
  if (typeof brokerId === 'number') return `${brokerId} ${percent(usedFraction as number | undefined)}`;
  if (typeof name === 'string' && isConfigs(former) && isConfigs(shortened))
    return `${name} ${changeOf({ former, shortened })}`;
  if (typeof name === 'string' && typeof why === 'string') return `${name} (${why})`;
  return JSON.stringify(item);
}

function isConfigs(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');
}

/**
 * How the report, the summary and the live view write numbers, times and foreign text. Fixed functions instead of
 * `Intl`: the same record gives the same bytes on every machine. Times are UTC.
 */

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2026-01-05T12:34:56.000Z` */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** `2026-01-05` */
export const isoDay = (ms: number): string => isoTime(ms).slice(0, 10);

/** `2026-01-05 12:34` */
export const minuteTime = (ms: number): string => isoTime(ms).slice(0, 16).replace('T', ' ');

/** `01-05 12:34:56`, for a list whose year is clear. */
export const secondTime = (ms: number): string => isoTime(ms).slice(5, 19).replace('T', ' ');

/** `5 Jan` */
export function dayLabel(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()] ?? ''}`;
}

/** `12:00` */
export const clockLabel = (ms: number): string => isoTime(ms).slice(11, 16);

/** Thousands with a comma, and as many decimals as asked for; trailing zeros stay so that columns line up. */
export function grouped(value: number, decimals = 0): string {
  if (!Number.isFinite(value)) return '–';
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const text = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  const negative = value < 0 && Number(value.toFixed(decimals)) !== 0;
  return `${negative ? '-' : ''}${text}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** Whole GiB as they are, others with one decimal: `1,200`, `35.5`. */
export const gib = (value: number): string => grouped(value, Number.isInteger(value) ? 0 : 1);

/** `61.2 %` */
export const percent = (fraction: number, decimals = 1): string => `${grouped(fraction * 100, decimals)} %`;

/** `$12.34` */
export const usd = (value: number, decimals = 2): string =>
  value < 0 ? `-$${grouped(-value, decimals)}` : `$${grouped(value, decimals)}`;

/** `40 min`, `13.5 h`, `5.2 d` */
export function hours(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value < 1) return `${grouped(value * 60)} min`;
  return value < 48 ? `${grouped(value, 1)} h` : `${grouped(value / 24, 1)} d`;
}

/** `45 s`, `12 min`, `3.4 h`, `2.0 d` */
export const duration = (ms: number): string => (ms < minuteMs ? `${grouped(ms / 1000)} s` : hours(ms / hourMs));

/** `1 growth`, `2 growths` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** Control characters, escape sequences' starts and text direction changes: what could deceive a terminal or a page. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g;

/** Foreign text (tags, messages) on one line. */
export const oneLine = (text: string): string => text.replaceAll(controls, ' ').trim();

/** At most `max` characters, with an ellipsis where something was cut. */
export const shortened = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, Math.max(0, max - 1))}…`;

/** By code unit, not by locale. */
export const byText = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

/** Entries sorted by key. */
export const sortedEntries = <T>(map: Record<string, T>): [string, T][] =>
  Object.entries(map).sort(([a], [b]) => byText(a, b));

/**
 * Schedule expressions: `at(…)` in UTC; `rate(…)` and `cron(…)` with a time zone. A small strict reader: lists, ranges and steps; the
 * special letters L, W and # are refused, so is everything else that it doesn't know.
 *
 * Scheduler guide schedule-types (rate, cron, time zones); EventBridge guide eb-cron-expressions (fields and ranges).
 */

export interface ScheduleExpression {
  /** The first time at or after deployment, epoch milliseconds. */
  first(deployedMs: number): number | undefined;
  /** The first time after a scheduled one. */
  next(afterMs: number): number | undefined;
}

/**
 * The time of `at(yyyy-mm-ddThh:mm:ss)`, in UTC; undefined for another kind of expression.
 * @throws Error where it isn't a time, or in a time zone other than UTC: not simulated
 */
export function oneTimeMs(text: string, timezone = 'UTC'): number | undefined {
  const found = /^at\((.+)\)$/.exec(text)?.[1];
  if (found === undefined) return undefined;
  if (timezone !== 'UTC') throw new Error(`${text}: only UTC is simulated`);
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(found) ? Date.parse(`${found}Z`) : Number.NaN;
  if (Number.isNaN(atMs)) throw new Error(`${text}: expected at(yyyy-mm-ddThh:mm:ss)`);
  return atMs;
}

const unitsMs: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** @throws Error for what isn't understood */
export function parseScheduleExpression(text: string, timezone = 'UTC'): ScheduleExpression {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(text);
  if (rate !== null) {
    const everyMs = Number(rate[1]) * (unitsMs[rate[2] ?? ''] ?? 0);
    if (everyMs <= 0) throw new Error(`${text}: the value must be positive`);
    return { first: (deployedMs) => deployedMs, next: (afterMs) => afterMs + everyMs };
  }
  const fields = /^cron\((.+)\)$/.exec(text)?.[1]?.trim().split(/\s+/);
  if (fields === undefined)
    throw new Error(`${text}: expected rate(…) or cron(…); in a template one-time schedules are not simulated`);
  return parseCron(text, fields, timezone);
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Cron {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  days: ReadonlySet<number> | undefined;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number> | undefined;
  years: ReadonlySet<number>;
}

function parseCron(text: string, fields: readonly string[], timezone: string): ScheduleExpression {
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = ''] = fields;
  if (fields.length !== 6) throw new Error(`${text}: expected six fields, got ${fields.length}`);
  if ((day === '?') === (weekday === '?'))
    throw new Error(`${text}: exactly one of day-of-month and day-of-week must be ?`);
  const cron: Cron = {
    minutes: values(minute, 0, 59, text),
    hours: values(hour, 0, 23, text),
    days: day === '?' ? undefined : values(day, 1, 31, text),
    months: values(month, 1, 12, text, months),
    weekdays: weekday === '?' ? undefined : values(weekday, 1, 7, text, weekdays),
    years: values(year, 1970, 2199, text),
  };
  const zone = new Zone(timezone);
  const next = (afterMs: number): number | undefined => nextTime(cron, zone, afterMs);
  return { first: (deployedMs) => next(deployedMs - 1), next };
}

/** `names` stand for 1, 2, … */
function values(field: string, low: number, high: number, text: string, names: readonly string[] = []): Set<number> {
  const read = (word: string): number => {
    const named = names.indexOf(word.toUpperCase());
    const number = named >= 0 ? named + 1 : /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (!(number >= low && number <= high)) throw new Error(`${text}: "${word}" is not one of ${low}-${high}`);
    return number;
  };
  const result = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step] = part.split('/');
    const [from = '', to] = range.split('-');
    const start = range === '*' ? low : read(from);
    const end = range === '*' || (step !== undefined && to === undefined) ? high : to === undefined ? start : read(to);
    const every = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(every) || every < 1 || end < start) throw new Error(`${text}: "${part}" is not understood`);
    for (let value = start; value <= end; value += every) result.add(value);
  }
  return result;
}

/** Local wall-clock time of a zone. */
class Zone {
  readonly #format: Intl.DateTimeFormat | undefined;

  constructor(timezone: string) {
    this.#format =
      timezone === 'UTC'
        ? undefined
        : new Intl.DateTimeFormat('en-GB', {
            timeZone: timezone,
            year: 'numeric',
            month: '2-digit',
            day: '2-digit',
            hour: '2-digit',
            minute: '2-digit',
            hourCycle: 'h23',
          });
  }

  /** As if the local time were UTC. */
  local(atMs: number): Date {
    if (this.#format === undefined) return new Date(atMs);
    const parts = Object.fromEntries(this.#format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
    return new Date(Date.UTC(year, month - 1, day, hour, minute));
  }
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const searchMsMax = 5 * 366 * 24 * hourMs;

/**
 * Steps over hours that can't match, then over minutes. A local time that a change of the clocks skips is not scheduled;
 * one that it repeats is scheduled once (Scheduler guide, "Daylight savings time").
 */
function nextTime(cron: Cron, zone: Zone, afterMs: number): number | undefined {
  let atMs = Math.floor(afterMs / minuteMs) * minuteMs + minuteMs;
  const endMs = atMs + searchMsMax;
  while (atMs < endMs) {
    const local = zone.local(atMs);
    if (!dayMatches(cron, local) || !cron.hours.has(local.getUTCHours())) {
      atMs += (60 - local.getUTCMinutes()) * minuteMs;
    } else if (cron.minutes.has(local.getUTCMinutes()) && !isRepeated(zone, atMs, local)) {
      return atMs;
    } else {
      atMs += minuteMs;
    }
  }
  return undefined;
}

function isRepeated(zone: Zone, atMs: number, local: Date): boolean {
  return zone.local(atMs - hourMs).getTime() === local.getTime();
}

function dayMatches({ days, months: inMonths, weekdays: onWeekdays, years }: Cron, local: Date): boolean {
  return (
    years.has(local.getUTCFullYear()) &&
    inMonths.has(local.getUTCMonth() + 1) &&
    (days === undefined || days.has(local.getUTCDate())) &&
    (onWeekdays === undefined || onWeekdays.has(local.getUTCDay() + 1))
  );
}

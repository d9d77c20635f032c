/**
 * Reads from EBS's refusal when a volume may be modified again. Pure. The exact wording of the newer text is not
 * documented, only that it "indicates when you can perform your next modification" (aws-facts 2.1, 10): so this reads
 * loosely and believes only what is plausible.
 */

const HOUR_MS = 3_600_000;
const UNIT_MS: Record<string, number> = { second: 1_000, minute: 60_000, hour: HOUR_MS, day: 24 * HOUR_MS };

/** The rule's window is 24 h; more than twice that is a misreading. */
const PLAUSIBLE_MS = 48 * HOUR_MS;

const TIMESTAMP = /(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?/gi;
const DURATION = /(\d+(?:\.\d+)?)[ -]*(second|minute|hour|day)s?/gi;

/**
 * - "… You can modify the volume again at 2026-01-15T10:20:30Z" or "… in 3 hours 20 minutes": `retryAtMs`.
 * - "Wait at least 6 hours between modifications per EBS volume" (the older rule): `spacingMs`, counted from the last
 *   modification, which the caller knows and this text doesn't.
 * - anything else: nothing.
 */
export function modificationLimitWhen(text: string, nowMs: number): { retryAtMs?: number; spacingMs?: number } {
  const times = [...text.matchAll(TIMESTAMP)]
    .map(([, date, time, zone]) => Date.parse(`${date}T${time}${isoZone(zone)}`))
    .filter((atMs) => atMs > nowMs && atMs <= nowMs + PLAUSIBLE_MS);
  if (times.length > 0) return { retryAtMs: Math.max(...times) };

  if (/between (?:\w+ )*modifications/i.test(text)) {
    const spacingMs = totalMs(text);
    return spacingMs === undefined ? {} : { spacingMs };
  }
  // "up to four times in a 24-hour period" is the rule, not the wait: only what follows a word of waiting counts.
  const waiting =
    /\b(?:again in|again after|retry in|retry after|try again in|wait(?: at least| for)?|in another)\s+([^.;]*)/i.exec(
      text,
    );
  const waitMs = waiting?.[1] === undefined ? undefined : totalMs(waiting[1]);
  return waitMs === undefined ? {} : { retryAtMs: nowMs + waitMs };
}

/** "3 hours 20 minutes" in milliseconds; undefined where there is no duration or an implausible one. */
function totalMs(text: string): number | undefined {
  let sumMs = 0;
  for (const [, amount, unit] of text.matchAll(DURATION)) {
    sumMs += Number(amount) * (UNIT_MS[String(unit).toLowerCase()] ?? Number.NaN);
  }
  return sumMs > 0 && sumMs <= PLAUSIBLE_MS ? Math.ceil(sumMs) : undefined;
}

function isoZone(zone: string | undefined): string {
  return zone === undefined || /^(?:Z|UTC|GMT)$/i.test(zone) ? 'Z' : zone;
}

/** What MSK Standard allows, as data. Pure. Source: aws-facts 1.1. Sizes are whole GiB of each broker. */
import { dayMs, hourMs } from '../limits.ts';
import type { MskStorageFacts } from '../facts.ts';

export const sizeGibMaxOfMsk = 16_384;
/** "To update storage, you must increase it by at least 10 GiB" (tf#20327). */
export const stepGibMinOfMsk = 10;
/** "At least 6 h, up to 24 h or more", by size, use and traffic: nothing is tried before this. */
export const coolDownMinMs = 6 * hourMs;
/** A refusal within this after a change is taken for the cool-down, whatever its words. */
export const coolDownPlausibleMs = dayMs;
/** After the first refusal, and after each further one. */
export const retryAfterMs = { first: 6 * hourMs, further: hourMs } as const;
/** Tries after the first refusal. What an even later one shows is no longer believed to be the cool-down's length. */
export const coolDownTriesMax = 24;
/**
 * Refusals so long after the change that they are counted from begin a new count: those of weeks ago say nothing about
 * today. All tries of one count end long before.
 */
export const coolDownCountedMs = 7 * dayMs;

/** When storage may be changed again as far as is known: the documented least, and what refusals have taught. */
export function coolDownEndsMs({ changedAtMs, coolDown }: Pick<MskStorageFacts, 'changedAtMs' | 'coolDown'>): number {
  if (changedAtMs === undefined) return 0;
  return changedAtMs + Math.max(coolDownMinMs, coolDown?.learntMs ?? 0);
}

/** How long a size has to last: a day, or longer where this cluster has shown a longer cool-down. */
export function untilNextChangeMs({ coolDown }: Pick<MskStorageFacts, 'coolDown'>): number {
  return Math.max(dayMs, (coolDown?.learntMs ?? 0) + hourMs);
}

/** How far back a change may have begun that still bars the next one: an operation may take a day (aws-facts 1.2). */
export function lookBackMs({ coolDown }: Pick<MskStorageFacts, 'coolDown'>): number {
  return Math.max(coolDownPlausibleMs, coolDown?.learntMs ?? 0) + dayMs;
}

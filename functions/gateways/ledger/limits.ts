/** What keeps items far below DynamoDB's 400 KB and the table from growing for ever. */

const dayMs = 86_400_000;

/** For everything that people ask about later: more than a year. */
export const recordDays = 400;
/** A task token is of no use once its execution is closed; no wait of the workflows is nearly as long. */
export const waitingDays = 30;

/** Events that nobody waited for: longer than any step takes from its look at the world to its parked token. */
export const heardDays = 1 / 24;
/** After a slot's time: longer than any step is retried. */
export const slotDays = 1;

/** Epoch seconds, as DynamoDB's time to live wants it. */
export const expiresAt = (fromMs: number, days: number): number => Math.ceil((fromMs + days * dayMs) / 1000);

export const timelineEntriesMax = 200;
export const answerCharactersMax = 2_000;
/** With 200 entries: below 250 KB. */
export const detailBytesMax = 1_000;
export const decisionBytesMax = 40_000;
export const triggerBytesMax = 20_000;

export const reliefTopicsMax = 100;
/** Each at most 3 bytes; with 100 topics, whose name, id and configs are below 1 KB: at most 250 KB. */
export const reliefDetailCharactersMax = 500;

/** The value itself, or its beginning under `shortened`: these records are for people; nothing is computed from them. */
export function shortened(value: Record<string, unknown>, bytesMax: number): Record<string, unknown> {
  const text = JSON.stringify(value);
  const bytes = Buffer.from(text);
  return bytes.length <= bytesMax ? value : { shortened: bytes.subarray(0, bytesMax).toString() };
}

/** Bounds and units of retention relief. Pure. */

export const hourMs = 3_600_000;
export const bytesPerGib = 2 ** 30;
export const bytesPerMib = 2 ** 20;

/** Topics whose configuration is read in one plan, those with most traffic first; beyond it a plan says how many it left out. */
export const topicsReadMax = 500;
/** Reads of topics under way at once. */
export const readsAtOnce = 5;
/** Names that evidence and notifications list; the rest is a number. */
export const namesMax = 20;
/** Less than this is no relief worth deleting data for. */
export const freesGibMin = 0.1;
/** Kafka's `log.segment.bytes` where a topic doesn't show its own [kafka docs, broker configs]. */
export const segmentBytesDefault = 1_073_741_824;
/** The topic APIs need this version [MSK DG msk-topic-operations-information, read 2026-11-21]. */
export const topicApiVersion = [3, 6] as const;
/** How far back fill and traffic are read. */
export const historyHours = 24;
/** The shortest time that a question stands: enough for its reminder. */
export const approvalSecondsMin = 900;

/** Nobody is asked again for so long after these ends of a question (an operator's own request is). */
export const quietHours: Readonly<Record<string, number>> = { 'approval-rejected': 12, 'approval-expired': 4 };
/** Operations that are looked through for them. */
export const operationsReadMax = 200;

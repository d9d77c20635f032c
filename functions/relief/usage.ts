/**
 * What a topic weighs on one broker, and how fast that broker fills. Pure.
 *
 * MSK tells a topic's traffic, not its size: `BytesInPerSec` counts what producers send to the leader [MSK DG
 * metrics-details]. A replica holds the same bytes, so a partition's rate is its leader's rate shared among the
 * partitions that it leads.
 */
import { retentionOf } from './decide.ts';
import type { BrokerFill, TopicFacts } from './facts.ts';
import { bytesPerGib, hourMs, segmentBytesDefault } from './limits.ts';

/** Bytes a second of each replica of the topic on the broker; undefined: unknown. A leader without data counts as silent: rather too little is promised. */
export function replicaRates({ placement, bytesIn }: TopicFacts, brokerId: number): number[] | undefined {
  if (bytesIn === undefined) return undefined;
  const led = new Map<number, number>();
  for (const { leader } of placement) led.set(leader, (led.get(leader) ?? 0) + 1);
  return placement
    .filter(({ replicas }) => replicas.includes(brokerId))
    .map(({ leader }) => (bytesIn[leader] ?? 0) / (led.get(leader) ?? 1));
}

/** What each replica on the broker holds, in bytes; undefined: unknown. Without traffic, a bound of size alone says what a full one holds. */
export function heldBytes(
  one: TopicFacts,
  brokerId: number,
  bound: { ms: number; bytes: number },
): number[] | undefined {
  if (one.heldBytes !== undefined) return keptOf(one, one.heldBytes, bound);
  const rates = replicaRates(one, brokerId);
  // A silent partition without a bound of time holds nothing that is known (0 × ∞).
  if (rates !== undefined)
    return rates.map((rate) => (rate === 0 ? 0 : Math.min((rate * bound.ms) / 1000, bound.bytes)));
  if (bound.ms !== Number.POSITIVE_INFINITY) return undefined;
  return one.placement.filter(({ replicas }) => replicas.includes(brokerId)).map(() => bound.bytes);
}

/** Of measured bytes, as if they had come evenly over the retention that the topic has: one younger than that keeps more. */
function keptOf({ topic }: TopicFacts, held: readonly number[], bound: { ms: number; bytes: number }): number[] {
  const { ms = Number.POSITIVE_INFINITY } = retentionOf(topic.configs);
  const share = ms === Number.POSITIVE_INFINITY ? 1 : Math.min(1, bound.ms / ms);
  return held.map((bytes) => Math.min(bytes * share, bound.bytes));
}

/**
 * What a shorter bound frees, in GiB. Kafka deletes whole segments, so of each partition one segment stays in any case
 * [kafka docs, retention.ms].
 */
export function freedGib(before: readonly number[], after: readonly number[], segmentBytes: number): number {
  const bytes = before.reduce((sum, had, at) => {
    const kept = Math.max(after[at] ?? had, Math.min(had, segmentBytes));
    return sum + Math.max(0, had - kept);
  }, 0);
  return bytes / bytesPerGib;
}

export function segmentBytesOf(configs: Readonly<Record<string, string>>): number {
  const shown = Number(configs['segment.bytes']);
  return Number.isFinite(shown) && shown > 0 ? shown : segmentBytesDefault;
}

/** Of readings in per cent, oldest first; undefined without any. The rise is the steeper one of the last 6 h and of all. */
export function fillOf(
  brokerId: number,
  capacityGib: number,
  readings: { timesMs: readonly number[]; values: readonly number[] },
): BrokerFill | undefined {
  const atMs = readings.timesMs.at(-1);
  const percent = readings.values.at(-1);
  // Never empty and never more than full: anything else is an offline disk or a broken reading (failure mode S6).
  if (atMs === undefined || percent === undefined || !(percent > 0 && percent <= 100)) return undefined;
  const rise = (sinceMs: number): number => {
    const from = readings.timesMs.findIndex((timeMs) => timeMs >= sinceMs);
    const hours = (atMs - (readings.timesMs[from] ?? atMs)) / hourMs;
    return hours < 1 ? 0 : (percent - (readings.values[from] ?? percent)) / 100 / hours;
  };
  const perHour = Math.max(0, rise(atMs - 6 * hourMs), rise(0));
  return {
    brokerId,
    usedGib: (percent / 100) * capacityGib,
    capacityGib,
    fillGibPerHour: perHour * capacityGib,
    atMs,
  };
}

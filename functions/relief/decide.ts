/** Which topics relief may touch at all. Pure. What can't be evaluated is left alone. */
import type { RetentionRelief } from '../fleet/fleet.ts';
import type { Topic } from '../gateways/types.ts';
import type { LeftReason } from './decision.ts';
import { bytesPerGib, hourMs } from './limits.ts';

/** By its name alone, before anything of it is read. */
export function nameBars(name: string, exclude: readonly string[]): LeftReason | undefined {
  // `__consumer_offsets`, `__amazon_msk_canary`, `_schemas`; MirrorMaker 2 ends its own with `.internal`.
  if (name.startsWith('_') || name.endsWith('.internal')) return 'internal';
  const isListed = exclude.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
  return isListed ? 'excluded' : undefined;
}

/**
 * Why a topic is left alone; undefined: it may be shortened.
 *
 * A compacted topic is a table, not a log. With tiered storage `retention.ms` deletes the remote copy as well, for which
 * no local disk needs room. Two unbounded bounds are somebody's decision to keep all. Where a value is inherited and not
 * shown, it could not be given back.
 *
 * @param vouched a person named this topic: a cleanup policy that is not shown is taken to be Kafka's default, `delete`
 */
export function topicBars(topic: Topic, relief: RetentionRelief, vouched: boolean): LeftReason | undefined {
  const byName = nameBars(topic.name, relief.exclude);
  if (byName !== undefined) return byName;
  const { configs } = topic;
  const cleanup = configs['cleanup.policy'];
  if (cleanup?.includes('compact') === true) return 'compacted';
  if (cleanup === undefined && !vouched) return 'cleanup-policy-unknown';
  if (configs['remote.storage.enable'] === 'true') return 'tiered';
  const { ms, bytes } = retentionOf(configs);
  if (ms === undefined || (ms === unbounded && bytes === undefined)) return 'retention-unknown';
  if (ms === unbounded && bytes === unbounded) return 'kept-for-ever';
  return undefined;
}

export const unbounded = Number.POSITIVE_INFINITY;

/** What bounds a partition. `-1` is unbounded; undefined: not shown, or no number. */
export function retentionOf(configs: Readonly<Record<string, string>>): { ms?: number; bytes?: number } {
  const ms = boundOf(configs['retention.ms']);
  const bytes = boundOf(configs['retention.bytes']);
  return { ...(ms !== undefined && { ms }), ...(bytes !== undefined && { bytes }) };
}

function boundOf(value: string | undefined): number | undefined {
  if (value === undefined || !/^-?\d+$/.test(value)) return undefined;
  return Number(value) < 0 ? unbounded : Number(value);
}

/** The last look before a value is written: whatever was planned, nothing goes below the floor and nothing gets longer. */
export function isAllowed(
  topic: { former: Readonly<Record<string, string>>; shortened: Readonly<Record<string, string>> },
  relief: RetentionRelief,
): boolean {
  const former = retentionOf(topic.former);
  const { ms, bytes } = retentionOf(topic.shortened);
  const isKnown = Object.keys(topic.shortened).every((key) => key === 'retention.ms' || key === 'retention.bytes');
  return (
    isKnown &&
    (ms === undefined || (ms >= relief.retentionHoursMin * hourMs && ms < (former.ms ?? 0))) &&
    (bytes === undefined || (bytes >= relief.retentionGibMin * bytesPerGib && bytes < (former.bytes ?? 0)))
  );
}

/** Every key of `expected` has that value now. */
export function hasValues(topic: Topic, expected: Readonly<Record<string, string>>): boolean {
  return Object.entries(expected).every(([key, value]) => topic.configs[key] === value);
}

/** The values before relief are in force, and where they were inherited the topic has none of its own. */
export function hasFormer(topic: Topic, before: Before): boolean {
  if (before.inherited !== true) return hasValues(topic, before.former);
  return Object.keys(before.former).every((key) => topic.own?.includes(key) !== true);
}

/** What is set to give them back; null: taken away. */
export function formerConfigs({ former, inherited }: Before): Record<string, string | null> {
  return inherited === true ? Object.fromEntries(Object.keys(former).map((key) => [key, null])) : former;
}

interface Before {
  former: Record<string, string>;
  inherited?: boolean;
}

/** What Kafka's retention configs mean. Pure. Kafka documentation, topic configs: -1 is no limit. */
import type { Configs } from './checker.ts';

export const retentionKeys = ['retention.ms', 'retention.bytes'] as const;

/** Infinity: no limit; undefined: not said. */
export function limitOf(configs: Configs | undefined, key: string): number | undefined {
  const value = configs?.[key];
  if (value === undefined) return undefined;
  return Number(value) < 0 ? Number.POSITIVE_INFINITY : Number(value);
}

/** Whether records would be deleted earlier than before. */
export const isShorter = (before: Configs | undefined, after: Configs): boolean =>
  retentionKeys.some((key) => (limitOf(after, key) ?? Infinity) < (limitOf(before, key) ?? Infinity));

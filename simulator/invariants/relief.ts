/**
 * Retention relief: armed in the ledger before it acts, only what it says, only topics that the policy leaves to it, never
 * below the floor, and given back in time unless somebody else took the topic over. Judged by what holds for the topics in
 * the cluster itself, not by the topic API, whose answers are up to a minute old.
 */
import type { Cluster } from '../../functions/fleet/fleet.ts';
import type { Relief } from '../../functions/gateways/ledger/ledger.ts';
import type { Checker, Configs, InvariantWorld, Mutation, Report } from './checker.ts';
import { isShorter, limitOf, retentionKeys } from './retention.ts';

const hourMs = 3_600_000;
const bytesPerGib = 2 ** 30;
/** After the deadline: the workflow's own retries, and a cluster that takes no changes for some hours. */
const graceMs = 6 * hourMs;
/** The API shows a stranger's change only with its next refresh, about every minute: until then it can't be respected. */
const unseenMs = 2 * 60_000;

interface Owed {
  cluster: string;
  topic: string;
  former: Configs;
  dueMs: number;
}

const keyOf = (cluster: string, topic: string): string => `${cluster}/${topic}`;

export function relief(world: InvariantWorld, report: Report): Checker {
  /** The one that stands, by cluster. */
  const armed = new Map<string, Relief>();
  const owed = new Map<string, Owed>();
  const othersAtMs = new Map<string, number>();

  const check = (name: string, mutation: Mutation, before: Configs, after: Configs): void => {
    const topic = mutation.topic?.name ?? '';
    const key = keyOf(name, topic);
    const standing = armed.get(name);
    const planned = standing?.topics.find((one) => one.name === topic);
    const isUnseen = mutation.atMs - (othersAtMs.get(key) ?? -Infinity) <= unseenMs;
    for (const config of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      const [from, to] = [before[config], after[config]];
      if (from === to) continue;
      const allowed = new Set([planned?.former[config], planned?.shortened[config]]);
      if (planned === undefined || to === undefined || (!allowed.has(to) && !isUnseen)) {
        report('relief-armed-first', key, `${config} was set to ${to ?? 'its default'}, which no armed relief says`);
      } else if (!allowed.has(from) && !isUnseen) {
        report(
          'relief-respects-others',
          key,
          `${config}=${from ?? 'its default'} of somebody else was overwritten with ${to}`,
        );
      }
    }
    if (!isShorter(before, after)) {
      const debt = owed.get(key);
      if (debt !== undefined && isBack(debt.former, after)) owed.delete(key);
      return;
    }
    const cluster = world.fleet.clusters.find((one) => one.name === name);
    if (cluster !== undefined) checkShortened(cluster, topic, before, after, report);
    const restoreAtMs = standing?.restoreAtMs ?? mutation.atMs;
    const former = owed.get(key)?.former ?? pick(before);
    owed.set(key, { cluster: name, topic, former, dueMs: restoreAtMs + graceMs });
  };

  return {
    reliefWritten(written) {
      if (written.endedAtMs === undefined) armed.set(written.cluster, written);
      else if (armed.get(written.cluster)?.reliefId === written.reliefId) armed.delete(written.cluster);
    },
    topicChangedByOthers(cluster, topic, before, after) {
      const key = keyOf(cluster, topic);
      othersAtMs.set(key, world.nowMs());
      const isTheirs = before === undefined || after === undefined;
      if (isTheirs || retentionKeys.some((config) => before[config] !== after[config])) owed.delete(key);
    },
    accepted(mutation) {
      const { topic, volumeId } = mutation;
      if (topic?.before === undefined) return;
      const name = world.clusterOf(volumeId) ?? volumeId;
      const after = world.topicConfigs(name, topic.name);
      if (after !== undefined) check(name, mutation, topic.before, after);
    },
    rested() {
      for (const [key, { cluster, topic, former, dueMs }] of owed) {
        if (world.nowMs() <= dueMs) continue;
        owed.delete(key);
        const now = world.topicConfigs(cluster, topic);
        if (now === undefined || isBack(former, now)) continue;
        report(
          'retention-restored',
          key,
          `was ${written(former)}, is ${written(pick(now))} ${graceMs / hourMs} h after its time`,
        );
      }
    },
  };
}

/** By the policy alone. */
function checkShortened(
  { name, retentionRelief: policy }: Cluster,
  topic: string,
  before: Configs,
  after: Configs,
  report: Report,
): void {
  const key = `${name}/${topic}`;
  const floors = {
    'retention.ms': policy.retentionHoursMin * hourMs,
    'retention.bytes': policy.retentionGibMin * bytesPerGib,
  };
  for (const config of retentionKeys) {
    const limit = limitOf(after, config) ?? Infinity;
    if (limit < floors[config] && limit < (limitOf(before, config) ?? Infinity))
      report('retention-floor', key, `${config}=${limit}, at least ${floors[config]}`);
  }
  const isExcluded = policy.exclude.some((pattern) =>
    pattern.endsWith('*') ? topic.startsWith(pattern.slice(0, -1)) : topic === pattern,
  );
  const reasons = [
    ...(policy.enabled ? [] : ['relief is not enabled']),
    ...(isExcluded ? ['the topic is excluded'] : []),
    ...(topic.startsWith('_') || topic.endsWith('.internal') ? ['the topic is internal'] : []),
    ...(before['cleanup.policy']?.includes('compact') === true ? ['the topic is compacted'] : []),
  ];
  for (const reason of reasons) report('relief-scope', key, `was shortened though ${reason}`);
}

const pick = (configs: Configs): Configs =>
  Object.fromEntries(retentionKeys.flatMap((key) => (configs[key] === undefined ? [] : [[key, configs[key]]])));

const isBack = (former: Configs, now: Configs): boolean =>
  retentionKeys.every((key) => limitOf(now, key) === limitOf(former, key));

const written = (configs: Configs): string =>
  Object.entries(configs)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

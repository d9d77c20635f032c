/**
 * Reads what a relief is planned from where Kafka itself is asked: what lies in the fullest log directory of all brokers.
 * Measured, where MSK's topics have to be estimated from their traffic. Changes nothing.
 */
import type { LogDir, TopicsGateway } from '../gateways/types.ts';
import { nameBars } from './decide.ts';
import type { BrokerFill, TopicFacts } from './facts.ts';
import { bytesPerGib, readsAtOnce, topicsReadMax } from './limits.ts';
import { type ReachedCluster, topicsAddressOf } from './operation.ts';
import { inTurns, type Surveyed } from './survey.ts';

/**
 * How fast it fills is not measured here: that is the growth's forecast, which came with the request.
 *
 * @throws the gateway's faults
 * @param named only these topics are read
 * @param mountPoint where the volume that is about to be full is mounted: another disk's room would not help it
 */
export async function surveyDisks(
  { topics }: { topics: TopicsGateway },
  cluster: ReachedCluster,
  {
    nowMs,
    named,
    mountPoint,
  }: { nowMs: number; named?: readonly string[] | undefined; mountPoint?: string | undefined },
): Promise<Surveyed> {
  const address = topicsAddressOf(cluster);
  const all = (await topics.sizes?.(address)) ?? [];
  const there = all.filter(({ path }) => path === mountPoint || path.startsWith(`${mountPoint}/`));
  const dirs = there.length === 0 ? all : there;
  const [first] = dirs.flatMap((dir) => fillOf(dir, nowMs) ?? []).toSorted((a, b) => b.used - a.used);
  if (first === undefined)
    return { refusal: 'fill-unknown', detail: `the brokers of ${cluster.name} don't tell how large their disks are` };
  const { dir, fill } = first;

  const held = new Map(Object.entries(dir.replicaBytes).map(([name, bytes]) => [name, Object.values(bytes)]));
  const total = (name: string): number => (held.get(name) ?? []).reduce((sum, one) => sum + one, 0);
  const listed = [...held.keys()].filter((name) => nameBars(name, cluster.retentionRelief.exclude) === undefined);
  const wanted = named ?? listed.toSorted((a, b) => total(b) - total(a));
  const chosen = wanted.slice(0, topicsReadMax);
  const facts = await inTurns(chosen, readsAtOnce, async (name): Promise<TopicFacts | undefined> => {
    const topic = await topics.describe(address, name);
    return topic && { topic, placement: [], heldBytes: held.get(name) ?? [] };
  });
  return {
    nowMs,
    fullest: fill,
    topics: facts.filter((one) => one !== undefined),
    unread: wanted.length - chosen.length,
  };
}

function fillOf(dir: LogDir, nowMs: number): { dir: LogDir; used: number; fill: BrokerFill } | undefined {
  const { brokerId, totalBytes, usableBytes } = dir;
  if (totalBytes === undefined || usableBytes === undefined || totalBytes === 0) return undefined;
  const usedBytes = totalBytes - usableBytes;
  return {
    dir,
    used: usedBytes / totalBytes,
    fill: {
      brokerId,
      usedGib: usedBytes / bytesPerGib,
      capacityGib: totalBytes / bytesPerGib,
      fillGibPerHour: 0,
      atMs: nowMs,
    },
  };
}

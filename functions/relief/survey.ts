/** Reads what a relief is planned from: the brokers' fill, the topics with their traffic and places. Changes nothing. */
import type { MskCluster, RetentionRelief } from '../fleet/fleet.ts';
import { ClusterNotActive } from '../gateways/faults.ts';
import type {
  MetricQuery,
  MetricSeries,
  MetricsGateway,
  MskCluster as SeenCluster,
  MskGateway,
  TopicsGateway,
} from '../gateways/types.ts';
import { nameBars, topicBars } from './decide.ts';
import type { ReliefRefusal } from './decision.ts';
import type { BrokerFill, ReliefFacts, TopicFacts } from './facts.ts';
import { historyHours, hourMs, readsAtOnce, topicApiVersion, topicsReadMax } from './limits.ts';
import { fillOf } from './usage.ts';

interface Gateways {
  msk: MskGateway;
  topics: TopicsGateway;
  metrics: MetricsGateway;
}

export type Surveyed = ReliefFacts | { refusal: ReliefRefusal; detail: string };

/**
 * @throws ClusterNotActive, and the gateways' faults
 * @param named only these topics are read
 */
export async function survey(
  { msk, topics, metrics }: Gateways,
  cluster: MskCluster,
  { nowMs, named }: { nowMs: number; named?: readonly string[] | undefined },
): Promise<Surveyed> {
  const [seen] = await msk.clusters([cluster.clusterArn]);
  if (seen === undefined) return { refusal: 'cluster-not-found', detail: `MSK knows no ${cluster.clusterArn}` };
  const { provisioned } = seen;
  if (provisioned?.volumeGib === undefined)
    return { refusal: 'no-volumes', detail: 'Express and Serverless have no volumes that could be full' };
  if (!hasTopicApi(provisioned.kafkaVersion))
    return { refusal: 'no-topic-api', detail: `MSK's topic APIs need Kafka 3.6, this is ${provisioned.kafkaVersion}` };
  if (seen.state !== 'ACTIVE') throw new ClusterNotActive(`${seen.clusterName} is ${seen.state}`);

  const fullest = await fullestBroker(metrics, seen, cluster.policy.metricAgeMinutesMax, nowMs);
  if (fullest === undefined)
    return { refusal: 'fill-unknown', detail: `no fresh KafkaDataLogsDiskUsed of ${seen.clusterName}` };
  const read = await topicFacts({ topics, metrics }, cluster, seen, { nowMs, named });
  return { nowMs, fullest, ...read };
}

/** Undefined where no broker's metric is fresh. */
export async function fullestBroker(
  metrics: MetricsGateway,
  { clusterName, provisioned }: SeenCluster,
  metricAgeMinutesMax: number,
  nowMs: number,
): Promise<BrokerFill | undefined> {
  const capacityGib = provisioned?.volumeGib;
  if (capacityGib === undefined) return undefined;
  const brokers = brokersOf(provisioned);
  const series = await metrics.read(
    brokers.map((brokerId) => ({
      id: String(brokerId),
      namespace: 'AWS/Kafka',
      name: 'KafkaDataLogsDiskUsed',
      dimensions: { 'Cluster Name': clusterName, 'Broker ID': String(brokerId) },
      stat: 'Maximum',
      periodSeconds: 300,
    })),
    nowMs - historyHours * hourMs,
    nowMs,
  );
  return brokers
    .flatMap((brokerId, at) => fillOf(brokerId, capacityGib, series[at] ?? { timesMs: [], values: [] }) ?? [])
    .filter(({ atMs }) => nowMs - atMs <= metricAgeMinutesMax * 60_000)
    .toSorted((a, b) => b.usedGib - a.usedGib)[0];
}

async function topicFacts(
  { topics, metrics }: Pick<Gateways, 'topics' | 'metrics'>,
  { clusterArn, retentionRelief }: MskCluster,
  seen: SeenCluster,
  { nowMs, named }: { nowMs: number; named?: readonly string[] | undefined },
): Promise<Pick<ReliefFacts, 'topics' | 'unread'>> {
  const listed = (await topics.list(clusterArn))
    .map(({ name }) => name)
    .filter((name) =>
      named === undefined ? nameBars(name, retentionRelief.exclude) === undefined : named.includes(name),
    );
  const bytesIn = await trafficOf(metrics, seen, listed, nowMs);
  const total = (name: string): number => Object.values(bytesIn.get(name) ?? {}).reduce((sum, one) => sum + one, 0);
  const chosen = listed.toSorted((a, b) => total(b) - total(a)).slice(0, topicsReadMax);
  const facts = await inTurns(chosen, readsAtOnce, async (name): Promise<TopicFacts | undefined> => {
    const topic = await topics.describe(clusterArn, name);
    if (topic === undefined) return undefined;
    const isOut = isLeftAlone(topic, retentionRelief, named !== undefined);
    const placement = isOut ? [] : await topics.placement(clusterArn, name);
    const traffic = bytesIn.get(name);
    return { topic, placement, ...(traffic !== undefined && { bytesIn: traffic }) };
  });
  return { topics: facts.filter((one) => one !== undefined), unread: listed.length - chosen.length };
}

/** Where a topic that is never touched lies does not matter. */
function isLeftAlone(topic: TopicFacts['topic'], relief: RetentionRelief, vouched: boolean): boolean {
  return topicBars(topic, relief, vouched) !== undefined;
}

/** Mean bytes a second over the whole history, by topic and broker; an hour without data counts as silent. */
async function trafficOf(
  metrics: MetricsGateway,
  { clusterName, provisioned }: SeenCluster,
  names: readonly string[],
  nowMs: number,
): Promise<Map<string, Record<number, number>>> {
  const asked = names.flatMap((name) => brokersOf(provisioned).map((brokerId) => ({ name, brokerId })));
  const queries = asked.map(({ name, brokerId }, at): MetricQuery => ({
    id: String(at),
    namespace: 'AWS/Kafka',
    name: 'BytesInPerSec',
    dimensions: { 'Cluster Name': clusterName, 'Broker ID': String(brokerId), Topic: name },
    stat: 'Average',
    periodSeconds: 3600,
  }));
  const untilMs = Math.floor(nowMs / hourMs) * hourMs;
  const series = queries.length === 0 ? [] : await metrics.read(queries, untilMs - historyHours * hourMs, untilMs);
  const found = new Map<string, Record<number, number>>();
  series.forEach(({ values }: MetricSeries, at) => {
    const { name, brokerId } = asked[at] ?? {};
    if (name === undefined || brokerId === undefined || values.length === 0) return;
    const mean = values.reduce((sum, value) => sum + value, 0) / historyHours;
    found.set(name, { ...found.get(name), [brokerId]: mean });
  });
  return found;
}

/** MSK numbers brokers from 1. [?] whether numbers stay free after brokers were removed: those beyond the count are not seen. */
function brokersOf(provisioned: SeenCluster['provisioned']): number[] {
  return Array.from({ length: provisioned?.brokers ?? 0 }, (_, at) => at + 1);
}

/** An unknown version is tried: MSK says no itself. */
function hasTopicApi(version: string | undefined): boolean {
  const [major, minor] = (version ?? '').split('.').map(Number);
  if (major === undefined || minor === undefined || Number.isNaN(major) || Number.isNaN(minor)) return true;
  return major > topicApiVersion[0] || (major === topicApiVersion[0] && minor >= topicApiVersion[1]);
}

export async function inTurns<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    done.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  return done;
}

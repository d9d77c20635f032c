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
import { type BrokerReadings, readBrokers } from '../storage/index.ts';
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

  const { metricAgeMinutesMax } = cluster.policy;
  const brokers = await brokersOf(metrics, seen, metricAgeMinutesMax, nowMs);
  const fullest = fillsOf(brokers, seen, metricAgeMinutesMax, nowMs).toSorted(firstToBeFull)[0];
  if (fullest === undefined)
    return { refusal: 'fill-unknown', detail: `no fresh KafkaDataLogsDiskUsed of ${seen.clusterName}` };
  const brokerIds = brokers.map(({ brokerId }) => brokerId);
  const read = await topicFacts({ topics, metrics }, cluster, { ...seen, brokerIds }, { nowMs, named });
  return { nowMs, fullest, ...read };
}

/** Undefined where no broker's metric is fresh. */
export async function fullestBroker(
  metrics: MetricsGateway,
  seen: SeenCluster,
  metricAgeMinutesMax: number,
  nowMs: number,
): Promise<BrokerFill | undefined> {
  const brokers = await brokersOf(metrics, seen, metricAgeMinutesMax, nowMs);
  return fillsOf(brokers, seen, metricAgeMinutesMax, nowMs).toSorted((a, b) => b.usedGib - a.usedGib)[0];
}

/** Nobody sees farther than that: what would be full later is as good as level. */
const farHours = 7 * 24;

/** Growth is barred by the broker that is full first, which need not be the fullest one now. */
function firstToBeFull(a: BrokerFill, b: BrokerFill): number {
  return hoursUntilFull(a) - hoursUntilFull(b) || b.usedGib - a.usedGib;
}

function hoursUntilFull({ capacityGib, usedGib, fillGibPerHour }: BrokerFill): number {
  return fillGibPerHour > 0 ? Math.min(farHours, (capacityGib - usedGib) / fillGibPerHour) : farHours;
}

function brokersOf(
  metrics: MetricsGateway,
  { clusterName, provisioned }: SeenCluster,
  metricAgeMinutesMax: number,
  nowMs: number,
): Promise<BrokerReadings[]> {
  return readBrokers(
    metrics,
    { clusterName, count: provisioned?.brokers ?? 0 },
    { fromMs: nowMs - historyHours * hourMs, toMs: nowMs, periodSeconds: 300 },
    ({ timesMs }) => nowMs - (timesMs.at(-1) ?? 0) <= metricAgeMinutesMax * 60_000,
  );
}

function fillsOf(
  brokers: readonly BrokerReadings[],
  { provisioned }: SeenCluster,
  metricAgeMinutesMax: number,
  nowMs: number,
): BrokerFill[] {
  const capacityGib = provisioned?.volumeGib;
  if (capacityGib === undefined) return [];
  return brokers
    .flatMap(({ brokerId, readings: { timesMs, usedFractions } }) => {
      const values = usedFractions.map((fraction) => fraction * 100);
      return fillOf(brokerId, capacityGib, { timesMs, values }) ?? [];
    })
    .filter(({ atMs }) => nowMs - atMs <= metricAgeMinutesMax * 60_000);
}

interface Numbered extends SeenCluster {
  brokerIds: readonly number[];
}

async function topicFacts(
  { topics, metrics }: Pick<Gateways, 'topics' | 'metrics'>,
  { clusterArn, retentionRelief }: MskCluster,
  seen: Numbered,
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
  { clusterName, brokerIds }: Numbered,
  names: readonly string[],
  nowMs: number,
): Promise<Map<string, Record<number, number>>> {
  const asked = names.flatMap((name) => brokerIds.map((brokerId) => ({ name, brokerId })));
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

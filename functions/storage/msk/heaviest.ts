/**
 * The topics that weigh most on one broker, and which of their partitions lie there: what a person moves when one broker
 * is far fuller than the others. MSK tells a topic's traffic, not its size, and only to the leader
 * [DG metrics-details]: what a broker merely follows is not seen by its traffic, only in the list of partitions. Reads
 * only.
 */
import type { MskCluster as DeclaredCluster } from '../../fleet/fleet.ts';
import type { MetricQuery, MetricsGateway, MskGateway, TopicsGateway } from '../../gateways/types.ts';
import type { HeavyTopic } from '../facts.ts';
import { dayMs, hourMs } from '../limits.ts';

const namedMax = 5;
/** Five calls of GetMetricData. */
const topicsAskedMax = 2_500;
/** Levels at which MSK writes metrics by topic [DG metrics-details]. */
const levels = new Set(['PER_TOPIC_PER_BROKER', 'PER_TOPIC_PER_PARTITION']);

export async function heaviest(
  { msk, metrics, topics, nowMs }: { msk: MskGateway; metrics: MetricsGateway; topics: TopicsGateway; nowMs: number },
  { clusterArn }: DeclaredCluster,
  brokerId: number,
): Promise<HeavyTopic[]> {
  const [cluster] = await msk.clusters([clusterArn]);
  if (cluster === undefined || !levels.has(cluster.provisioned?.monitoring ?? '')) return [];
  const names = (await topics.list(clusterArn)).map(({ name }) => name).slice(0, topicsAskedMax);
  const queries = names.map((name, at): MetricQuery => ({
    id: `t${at}`,
    namespace: 'AWS/Kafka',
    name: 'BytesInPerSec',
    dimensions: { 'Cluster Name': cluster.clusterName, 'Broker ID': String(brokerId), Topic: name },
    stat: 'Average',
    periodSeconds: 3600,
  }));
  const untilMs = Math.floor(nowMs / hourMs) * hourMs;
  const series = queries.length === 0 ? [] : await metrics.read(queries, untilMs - dayMs, untilMs);
  const heavy = names
    .map((name, at) => ({ name, bytesInPerSecond: meanOf(series.find(({ id }) => id === `t${at}`)?.values ?? []) }))
    .filter(({ bytesInPerSecond }) => bytesInPerSecond > 0)
    .toSorted((a, b) => b.bytesInPerSecond - a.bytesInPerSecond)
    .slice(0, namedMax);
  return Promise.all(
    heavy.map(async (topic): Promise<HeavyTopic> => {
      const here = (await topics.placement(clusterArn, topic.name)).filter(({ replicas }) =>
        replicas.includes(brokerId),
      );
      const leads = here.filter(({ leader }) => leader === brokerId);
      return {
        ...topic,
        partitions: here.map(({ partition }) => partition),
        leads: leads.map(({ partition }) => partition),
      };
    }),
  );
}

/** An hour without data was silent. */
function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / (dayMs / hourMs);
}

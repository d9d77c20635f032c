/** How full each broker of an MSK cluster is: `KafkaDataLogsDiskUsed`, in per cent, by broker id. Reads only. */
import type { MetricQuery, MetricSeries, MetricsGateway } from '../../gateways/types.ts';
import type { Readings } from '../facts.ts';

export interface BrokerReadings {
  brokerId: number;
  readings: Readings;
}

export interface Span {
  fromMs: number;
  toMs: number;
  periodSeconds: number;
}

/**
 * MSK numbers brokers from 1 [K]; it removes those that hold no partitions, whatever their numbers
 * [DG msk-remove-broker], so that ids may have gaps. So far beyond the count is looked for the others; at most 30 brokers
 * a cluster is the default quota [K].
 */
const beyondMax = 30;

/**
 * The brokers of the cluster. Where some of 1 to `count` are silent, others may have taken their place: if as many report
 * as the cluster has, those are its brokers; else the silent ones are in the answer too.
 *
 * @param isAlive whether these readings are of a broker that is there now
 */
export async function readBrokers(
  metrics: MetricsGateway,
  { clusterName, count }: { clusterName: string; count: number },
  span: Span,
  isAlive: (readings: Readings) => boolean,
): Promise<BrokerReadings[]> {
  const first = await readFill(metrics, clusterName, idsFrom(1, count), span);
  const alive = first.filter(({ readings }) => isAlive(readings));
  if (alive.length === count) return first;
  const beyond = await readFill(metrics, clusterName, idsFrom(count + 1, beyondMax), span);
  const others = beyond.filter(({ readings }) => isAlive(readings));
  return alive.length + others.length >= count ? [...alive, ...others] : [...first, ...others];
}

/** In the order of the ids. */
export async function readFill(
  metrics: MetricsGateway,
  clusterName: string,
  brokerIds: readonly number[],
  { fromMs, toMs, periodSeconds }: Span,
): Promise<BrokerReadings[]> {
  if (brokerIds.length === 0) return [];
  const queries = brokerIds.map((brokerId): MetricQuery => ({
    id: `b${brokerId}`,
    namespace: 'AWS/Kafka',
    name: 'KafkaDataLogsDiskUsed',
    dimensions: { 'Cluster Name': clusterName, 'Broker ID': String(brokerId) },
    stat: 'Maximum',
    periodSeconds,
  }));
  const byId = new Map((await metrics.read(queries, fromMs, toMs)).map((series) => [series.id, series]));
  return brokerIds.map((brokerId) => ({ brokerId, readings: toReadings(byId.get(`b${brokerId}`)) }));
}

function toReadings(series: MetricSeries | undefined): Readings {
  return {
    timesMs: series?.timesMs ?? [],
    usedFractions: (series?.values ?? []).map((percent) => Number((percent / 100).toFixed(6))),
  };
}

function idsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

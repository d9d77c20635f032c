/** How full the volumes' file systems are: the agent's metric, of all volumes in as few calls as there are batches. */
import type { Ec2Cluster } from '../../fleet/fleet.ts';
import type { MetricQuery, MetricSeries, MetricsGateway } from '../../gateways/types.ts';
import type { EbsVolumeFacts, Readings } from '../facts.ts';
import { hourMs } from '../limits.ts';

const recentMs = 3 * hourMs;
const recentPeriodSeconds = 300;
const hourlyPeriodSeconds = 3600;

interface Sources {
  metrics: MetricsGateway;
  nowMs: number;
}

/** Only what was found on its host: of others the agent's metric has no path that is known. */
const isMeasured = ({ inspection }: EbsVolumeFacts): boolean => inspection?.mountPoint !== undefined;

/** Adds `recent` and `hourly`, in one call: for a broker's few volumes. */
export async function addReadings(
  { metrics, nowMs }: Sources,
  cluster: Ec2Cluster,
  volumes: readonly EbsVolumeFacts[],
): Promise<void> {
  const asked = volumes.filter(isMeasured);
  if (asked.length === 0) return;
  const hourStartMs = hourStart(nowMs);
  const queries = asked.flatMap((volume, at) => [
    queryOf(cluster, volume, `recent ${at}`, recentPeriodOf(cluster)),
    queryOf(cluster, volume, `hourly ${at}`, hourlyPeriodSeconds),
  ]);
  const series = bySeries(await metrics.read(queries, hourStartMs - 24 * hourMs, nowMs));
  for (const [at, volume] of asked.entries()) {
    volume.recent = readings(series.get(`recent ${at}`), nowMs - recentMs);
    // The hour that has begun would be half a maximum.
    volume.hourly = readings(series.get(`hourly ${at}`), 0, hourStartMs);
  }
}

/**
 * The same for very many: the last day only where it is needed, and no data point that isn't.
 *
 * @param needsLastDay is asked once the volume has its recent readings
 */
export async function addReadingsWhereNeeded(
  { metrics, nowMs }: Sources,
  cluster: Ec2Cluster,
  volumes: readonly EbsVolumeFacts[],
  needsLastDay: (volume: EbsVolumeFacts) => boolean,
): Promise<void> {
  const asked = volumes.filter(isMeasured);
  const read = async (some: readonly EbsVolumeFacts[], periodSeconds: number, fromMs: number, toMs: number) => {
    const queries = some.map((volume, at) => queryOf(cluster, volume, String(at), periodSeconds));
    const series = bySeries(queries.length === 0 ? [] : await metrics.read(queries, fromMs, toMs));
    return some.map((_volume, at) => readings(series.get(String(at))));
  };
  const recent = await read(asked, recentPeriodOf(cluster), nowMs - recentMs, nowMs);
  for (const [at, volume] of asked.entries()) volume.recent = recent[at] ?? readings(undefined);
  const closely = asked.filter(needsLastDay);
  const hourStartMs = hourStart(nowMs);
  const hourly = await read(closely, hourlyPeriodSeconds, hourStartMs - 24 * hourMs, hourStartMs);
  for (const [at, volume] of closely.entries()) volume.hourly = hourly[at] ?? readings(undefined);
}

const hourStart = (nowMs: number): number => Math.floor(nowMs / hourMs) * hourMs;
const recentPeriodOf = ({ metric }: Ec2Cluster): number => Math.max(recentPeriodSeconds, metric.periodSeconds);
const bySeries = (all: readonly MetricSeries[]): Map<string, MetricSeries> => new Map(all.map((one) => [one.id, one]));

function queryOf({ metric }: Ec2Cluster, volume: EbsVolumeFacts, id: string, periodSeconds: number): MetricQuery {
  return {
    id,
    namespace: metric.namespace,
    name: metric.name,
    dimensions: { InstanceId: volume.instanceId, path: volume.inspection?.mountPoint ?? '' },
    stat: 'Maximum',
    periodSeconds,
  };
}

/** The agent reports per cent. */
function readings(series: MetricSeries | undefined, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER): Readings {
  const points = (series?.timesMs ?? [])
    .map((timeMs, at) => ({ timeMs, percent: series?.values[at] ?? Number.NaN }))
    .filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
  return {
    timesMs: points.map(({ timeMs }) => timeMs),
    usedFractions: points.map(({ percent }) => Number((percent / 100).toFixed(6))),
  };
}

/**
 * Alarms over the disks of MSK clusters. One for each distinct threshold of the fleet, each a Metrics Insights query over
 * all clusters of the account and Region: new brokers and clusters are in it from their first minute. Each cluster is a
 * contributor, whose event starts one workflow. No WHERE names the clusters of a threshold (it joins conditions with AND
 * only): a cluster with a higher one raises the lower alarm, too, and is then decided to be kept as it is.
 *
 * From AWS's pages (alarm-limits, cloudwatch-metrics-insights-limits, read 2026-11-21; aws-facts 7.3): such an alarm looks
 * at 500 series and 10,000 metrics, and holds at most 100 contributors in ALARM. In a fleet that could need more, each
 * cluster has classic alarms of its own. These name their brokers: the metric has no dimensions without `Broker ID`
 * (aws-facts 1.5), an alarm takes no SEARCH, and a query for each cluster would count among the 200 of a Region. So such
 * clusters say how many `brokers` they have; those that come later are the sweep's until the fleet is deployed again.
 */
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Fleet, MskCluster } from '../functions/fleet/fleet.ts';
import { MSK_PERIOD_SECONDS, partsOfArn } from '../functions/fleet/schema.ts';
import { thresholdPercentOf } from './disk-alarms.ts';
import { describe } from './runbooks.ts';

const namespace = 'AWS/Kafka';
const metricName = 'KafkaDataLogsDiskUsed';

/** The fullest broker of each cluster, the fullest cluster first. */
export const mskQuery =
  `SELECT MAX(${metricName}) FROM SCHEMA("${namespace}", "Broker ID", "Cluster Name") ` +
  'GROUP BY "Cluster Name" ORDER BY MAX() DESC';

/** What one Metrics Insights alarm holds. */
const insightsMax = { contributors: 100, series: 500, metrics: 10_000 };
/** A Standard cluster's quota of brokers [DG limits], assumed where a cluster doesn't say how many it has [?]. */
const brokersAssumed = 60;
/** Hard limit of metrics in one alarm of metric math [alarm-limits]. */
const metricsPerAlarmMax = 10;
/** Beside all else in a template of 500 resources and 1 MB. */
export const classicMax = { alarms: 200, brokers: 1_000 };

export interface MskAlarm {
  alarmName: string;
  thresholdPercent: number;
  metrics: CfnAlarm.MetricDataQueryProperty[];
  kind: 'insights' | 'classic';
}

export const mskAlarmNamesStart = (prefix: string): string => `${prefix}-msk-disk-used-`;

/** @throws Error where the fleet needs more than CloudWatch allows, saying what to change */
export function mskAlarmsOf(fleet: Fleet, prefix: string): MskAlarm[] {
  const clusters: MskCluster[] = fleet.clusters.filter((cluster) => cluster.kind === 'msk');
  const start = mskAlarmNamesStart(prefix);
  const over = tooMuchForOne(clusters);
  if (over === undefined) {
    const thresholds = [...new Set(clusters.map(({ policy }) => thresholdPercentOf(policy)))].sort((a, b) => a - b);
    return thresholds.map((thresholdPercent) => ({
      alarmName: `${start}${thresholdPercent}`,
      thresholdPercent,
      metrics: [{ id: 'used', expression: mskQuery, period: MSK_PERIOD_SECONDS, returnData: true }],
      kind: 'insights',
    }));
  }
  const silent = clusters.filter(({ brokers }) => brokers === undefined).map(({ name }) => name);
  if (silent.length > 0) {
    throw new Error(
      `the fleet's MSK clusters need ${over}: give each its number of brokers (\`brokers: 3\`), and each has an alarm of ` +
        `its own, or put some into a fleet of another Region. ${silent.length} without: ${listed(silent)}`,
    );
  }
  const alarms = clusters.flatMap((cluster) => classicAlarms(cluster, start));
  const brokers = clusters.reduce((sum, cluster) => sum + (cluster.brokers ?? 0), 0);
  if (alarms.length > classicMax.alarms || brokers > classicMax.brokers) {
    throw new Error(
      `the fleet's MSK clusters need ${over}, or ${alarms.length} alarms of their own (one for ${metricsPerAlarmMax} brokers ` +
        `of a cluster) over ${brokers} brokers; a template has room for ${classicMax.alarms} over ${classicMax.brokers}: ` +
        'make it two fleets',
    );
  }
  return alarms;
}

/** What of one Metrics Insights alarm the fleet's clusters could go beyond, in words. Others of the account are not known. */
function tooMuchForOne(clusters: readonly MskCluster[]): string | undefined {
  const needed = {
    contributors: clusters.length,
    series: clusters.length,
    metrics: clusters.reduce((sum, { brokers = brokersAssumed }) => sum + brokers, 0),
  };
  const beyond = (Object.keys(insightsMax) as (keyof typeof insightsMax)[]).filter(
    (limit) => needed[limit] > insightsMax[limit],
  );
  if (beyond.length === 0) return undefined;
  return beyond
    .map((limit) => `${needed[limit]} ${limit}, where CloudWatch has ${insightsMax[limit]} an alarm`)
    .join(' and ');
}

/** A cluster's brokers by tens: metric math takes no more. */
function classicAlarms({ clusterArn, policy, brokers = 0 }: MskCluster, start: string): MskAlarm[] {
  const { clusterName } = partsOfArn(clusterArn);
  const ids = Array.from({ length: brokers }, (_, at) => at + 1);
  return Array.from({ length: Math.ceil(ids.length / metricsPerAlarmMax) }, (_, part) => {
    const group = ids.slice(part * metricsPerAlarmMax, (part + 1) * metricsPerAlarmMax);
    const used = group.map((id) => `b${id}`);
    return {
      // A cluster's name has no full stop: `a.2` is the second part of `a` and no other cluster.
      alarmName: `${start}${clusterName}.${part + 1}`,
      thresholdPercent: thresholdPercentOf(policy),
      metrics: [
        { id: 'used', expression: `MAX([${used.join(', ')}])`, returnData: true },
        ...group.map((id) => ({
          id: `b${id}`,
          metricStat: {
            metric: {
              namespace,
              metricName,
              dimensions: [
                { name: 'Cluster Name', value: clusterName },
                { name: 'Broker ID', value: String(id) },
              ],
            },
            period: MSK_PERIOD_SECONDS,
            stat: 'Maximum',
          },
          returnData: false,
        })),
      ],
      kind: 'classic',
    };
  });
}

const listedMax = 5;
const listed = (names: readonly string[]): string =>
  names.slice(0, listedMax).join(', ') + (names.length > listedMax ? ` and ${names.length - listedMax} more` : '');

export class MskAlarms extends Construct {
  /** How many of them count among a Region's Metrics Insights alarms. */
  readonly insightsAlarms: number;

  constructor(scope: Construct, id: string, fleet: Fleet, prefix: string) {
    super(scope, id);
    const alarms = mskAlarmsOf(fleet, prefix);
    this.insightsAlarms = alarms.filter(({ kind }) => kind === 'insights').length;
    for (const { alarmName, thresholdPercent, metrics } of alarms) {
      new CfnAlarm(this, alarmName.slice(prefix.length + 1), {
        alarmName,
        alarmDescription: describe(
          `An MSK cluster's fullest broker is used to ${thresholdPercent} % or more. Its events start storage-scaling.`,
          'disk-used',
        ),
        metrics,
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        threshold: thresholdPercent,
        evaluationPeriods: 1,
        // A broker that stopped reporting is no full disk; the sweep says that its metric is stale.
        treatMissingData: 'missing',
      });
    }
  }
}

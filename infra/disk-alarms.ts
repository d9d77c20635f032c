/**
 * Alarms over the CloudWatch agent's used fraction of brokers on EC2, one per distinct (metric, mount point, threshold) of the fleet. Each
 * is a Metrics Insights query, so one alarm sees every broker, also those that come later; each instance is a
 * contributor with a state and an event of its own.
 *
 * From AWS's pages, read 2026-11-20: WHERE joins conditions with AND only (hence one alarm per mount point); a query with
 * several series needs GROUP BY and ORDER BY, and an alarm evaluates the first 500 series of that order, so the fullest
 * come first; at most 200 such alarms a Region (Create_Metrics_Insights_Alarm, cloudwatch-metrics-insights-querylanguage,
 * aws-facts 7.3). What an alarm does not see, the sweep does.
 */
import { createHash } from 'node:crypto';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Fleet, StoragePolicy } from '../functions/fleet/fleet.ts';
import { describe } from './runbooks.ts';

export const insightsAlarmsMax = 200;
/** CloudFormation's limit of a metric's `Expression`. */
const queryCharactersMax = 2048;
/** Metrics Insights alarms look at the last 3 hours at most. */
const insightsSecondsMax = 3 * 3600;

export interface DiskAlarm {
  alarmName: string;
  query: string;
  periodSeconds: number;
  thresholdPercent: number;
}

/** @throws Error where the fleet needs more than CloudWatch allows, saying what to change */
export function diskAlarmsOf(fleet: Fleet, prefix: string): DiskAlarm[] {
  const alarms = new Map<string, DiskAlarm>();
  const clusters = fleet.clusters.filter((cluster) => cluster.kind === 'ec2');
  for (const { name: cluster, metric, mountPoints, policy } of clusters) {
    const thresholdPercent = thresholdPercentOf(policy);
    if (metric.periodSeconds > insightsSecondsMax || metric.periodSeconds % 60 !== 0) {
      throw new Error(
        `cluster ${cluster}: metric.periodSeconds is ${metric.periodSeconds}; an alarm over a Metrics Insights query ` +
          `needs a multiple of 60 up to ${insightsSecondsMax}`,
      );
    }
    for (const mountPoint of mountPoints) {
      const query =
        `SELECT MAX(${identifier(metric.name)}) ` +
        `FROM SCHEMA(${quoted(metric.namespace)}, InstanceId, "path") ` +
        `WHERE "path" = ${literal(mountPoint)} GROUP BY InstanceId, "path" ORDER BY MAX() DESC`;
      if (query.length > queryCharactersMax) {
        throw new Error(
          `cluster ${cluster}: the query for ${mountPoint} has more than ${queryCharactersMax} characters`,
        );
      }
      const key = JSON.stringify([query, metric.periodSeconds, thresholdPercent]);
      const hash = createHash('sha256').update(key).digest('hex').slice(0, 8);
      const slug = mountPoint.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'root';
      alarms.set(key, {
        alarmName: `${prefix}-disk-used-${slug.slice(0, 100)}-${thresholdPercent}-${hash}`,
        query,
        periodSeconds: metric.periodSeconds,
        thresholdPercent,
      });
    }
  }
  assertInsightsAlarms(alarms.size);
  return [...alarms.values()].sort((a, b) => (a.alarmName < b.alarmName ? -1 : 1));
}

/** @throws Error where a Region would have more Metrics Insights alarms than CloudWatch allows */
export function assertInsightsAlarms(count: number): void {
  if (count <= insightsAlarmsMax) return;
  throw new Error(
    `the fleet needs ${count} alarms, one per distinct metric, mount point and usedFractionMax of its brokers on EC2 and ` +
      `one per usedFractionMax of its MSK clusters; CloudWatch allows ${insightsAlarmsMax} Metrics Insights alarms a ` +
      'Region: give clusters the same mount points and thresholds',
  );
}

/** Round, also for a fraction that binary numbers do not hold. */
export const thresholdPercentOf = ({ usedFractionMax }: StoragePolicy): number =>
  Number((usedFractionMax * 100).toFixed(4));

export class DiskAlarms extends Construct {
  readonly alarms: readonly DiskAlarm[];

  constructor(scope: Construct, id: string, fleet: Fleet, prefix: string) {
    super(scope, id);
    this.alarms = diskAlarmsOf(fleet, prefix);
    for (const { alarmName, query, periodSeconds, thresholdPercent } of this.alarms) {
      new CfnAlarm(this, alarmName.slice(prefix.length + 1), {
        alarmName,
        alarmDescription: describe(
          `A broker's file system is used to ${thresholdPercent} % or more. Its events start storage-scaling.`,
          'disk-used',
        ),
        metrics: [{ id: 'used', expression: query, period: periodSeconds, returnData: true }],
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        threshold: thresholdPercent,
        evaluationPeriods: 1,
        // A broker that stopped reporting is no full disk; the sweep says that its metric is stale.
        treatMissingData: 'missing',
      });
    }
  }
}

/** A name may stand bare when it is made of letters, digits and underscores and is no SQL keyword, as `path` may be. */
const identifier = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : quoted(name));
const quoted = (name: string): string => `"${name.replaceAll('"', '\\"')}"`;
const literal = (value: string): string => `'${value.replaceAll("'", "\\'")}'`;

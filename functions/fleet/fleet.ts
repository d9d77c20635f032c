/**
 * The fleet as the code knows it: `fleet.yaml` with its defaults and groups resolved. `schema.ts` makes it from YAML;
 * deployed functions read it as JSON from a Lambda layer. Sizes are whole GiB, money USD, fractions 0..1.
 */

/** How a cluster's storage may grow. Defaults and meanings: docs/fleet.md. */
export interface StoragePolicy {
  /** Grow when this much of a file system is used. */
  usedFractionMax: number;
  /** A step ends below this, even at the forecast fill until the next modification is allowed. */
  usedFractionTarget: number;
  /** At or above this the modification kept in reserve may be used, and windows do not hold. */
  usedFractionEmergency: number;
  /** Grow when the forecast says full within this time. */
  fullWithinHours: number;
  /** A policy of at most this many modifications per rolling 24 h; EBS allows 4 (aws-facts 2.1). */
  modificationsPerDayMax: number;
  /** Of those, kept for emergencies. */
  modificationsReserved: number;
  stepGibMin: number;
  stepGibMax: number;
  sizeGibMax: number;
  /** Sum over the cluster's volumes and one UTC day. */
  growthGibPerDayMax: number;
  /** Sum over the cluster's data volumes. */
  clusterGibMax: number;
  clusterUsdPerMonthMax: number;
  /** A step that costs more than this a month needs an approval. */
  approvalAboveUsdPerMonth: number;
  approvalTimeoutHours: number;
  /** A newest data point older than this is stale. */
  metricAgeMinutesMax: number;
  /** An open escalation is repeated after this. */
  escalationReminderHours: number;
}

/** Weekly, UTC. Growth that is no emergency starts only inside one of them; none listed: always. */
export interface MaintenanceWindow {
  days: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** `HH:MM`; `to` before `from` ends on the next day. */
  from: string;
  to: string;
}

export interface Ec2Cluster {
  name: string;
  kind: 'ec2';
  /** `observe`: decides, records, notifies, changes nothing. */
  mode: 'observe' | 'act';
  /** Which instances are brokers. */
  brokers: { tags: Record<string, string> } | { instanceIds: string[] };
  /** Where the data volumes are mounted, the same on every broker. */
  mountPoints: string[];
  metric: { namespace: string; name: string; periodSeconds: number };
  policy: StoragePolicy;
  maintenanceWindows: MaintenanceWindow[];
}

/** Later: MSK and Strimzi. */
export type Cluster = Ec2Cluster;

export interface Fleet {
  version: 1;
  name: string;
  sweepMinutes: number;
  /** The user's own alarms that start a growth too; nothing of theirs is changed. */
  adoptedAlarmArns: string[];
  /** Addresses that the topic notifies (e-mail subscriptions). */
  notify: { emails: string[] };
  /** USD per GiB-month and so on of this Region; a dated table is the default (docs/facts/prices.md). */
  prices: { date: string; usdPerGibMonth: Record<'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1', number> };
  clusters: Cluster[];
}

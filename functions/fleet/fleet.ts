/**
 * The fleet as the code knows it: `fleet.yaml` with its defaults and groups resolved. `schema.ts` makes it from YAML;
 * deployed functions read it as JSON from a Lambda layer. Sizes are whole GiB, money USD, fractions 0..1.
 */

/** How a cluster's storage may grow. Sizes are of one volume; an MSK cluster's volumes grow together. Defaults and meanings: docs/fleet.md. */
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

/**
 * What may be done to topics when growth is barred and the disk would be full first: shorter retention, which deletes
 * data. Off unless the fleet file says otherwise.
 */
export interface RetentionRelief {
  enabled: boolean;
  /** `waived`: shortens without asking. */
  approval: 'ask' | 'waived';
  /** No topic's `retention.ms` goes below this. */
  retentionHoursMin: number;
  /** No topic's `retention.bytes` (of each partition) goes below this. */
  retentionGibMin: number;
  /** At most so many topics at once, those first that free most. */
  topicsMax: number;
  /** Never touched; a trailing `*` is a prefix. Compacted and internal topics never are either. */
  exclude: string[];
  /** After this the former values are back, whatever happened. */
  restoreAfterHours: number;
}

interface AnyCluster {
  name: string;
  /** `observe`: decides, records, notifies, changes nothing. */
  mode: 'observe' | 'act';
  policy: StoragePolicy;
  maintenanceWindows: MaintenanceWindow[];
  retentionRelief: RetentionRelief;
}

export interface Ec2Cluster extends AnyCluster {
  kind: 'ec2';
  /** Which instances are brokers. */
  brokers: { tags: Record<string, string> } | { instanceIds: string[] };
  /** Where the data volumes are mounted, the same on every broker. */
  mountPoints: string[];
  metric: { namespace: string; name: string; periodSeconds: number };
  /** How its brokers are reached from within a network; without it nothing here speaks Kafka with it. */
  kafka?: KafkaListener;
}

/** A listener of a cluster's brokers. */
export interface KafkaListener {
  /** A key of the fleet's `networks`. */
  network: string;
  /** `host:port` of some brokers. */
  bootstrapServers: string[];
  security: 'plaintext' | 'tls';
  /** PEM; for `tls`, trusted instead of the public authorities. */
  certificateAuthorities?: string;
}

/** Where functions that speak Kafka run: subnets from which the brokers are reached. */
export interface Network {
  subnetIds: string[];
  securityGroupIds: string[];
}

/** Amazon MSK Provisioned with Standard brokers. Express and Serverless have no volumes that could grow. */
export interface MskCluster extends AnyCluster {
  kind: 'msk';
  clusterArn: string;
  /** How many, numbered from 1: only very large fleets have to say it, whose clusters get alarms of their own. */
  brokers?: number;
  /** Grow although Application Auto Scaling has a target for this cluster's storage. */
  takeOverFromAutoScaling: boolean;
  /** The fullest broker this much fuller than the median: rebalance, do not grow. */
  skewFractionMax: number;
}

/** Later: Strimzi. */
export type Cluster = Ec2Cluster | MskCluster;

export interface Fleet {
  version: 1;
  name: string;
  sweepMinutes: number;
  /** The user's own alarms that start a growth too; nothing of theirs is changed. */
  adoptedAlarmArns: string[];
  /** Addresses that the topic notifies (e-mail subscriptions). */
  notify: { emails: string[] };
  /** USD per GiB-month and so on of this Region; a dated table is the default (docs/facts/prices.md). */
  prices: { date: string; usdPerGibMonth: Record<'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1' | 'msk', number> };
  /** By name. */
  networks?: Record<string, Network>;
  clusters: Cluster[];
}

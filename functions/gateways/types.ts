/**
 * What steps know of AWS: the gateways' interfaces, in AWS's own terms, without its SDK. Sizes are whole GiB, times epoch
 * milliseconds.
 */

import type { KafkaAddress } from '../runtime/kafka-connector.ts';

export type VolumeType = 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1' | 'standard';

/** A live EC2 instance that runs a broker. */
export interface Broker {
  instanceId: string;
  /** EC2's instance state, e.g. `running`. */
  state: string;
  rootDeviceName?: string;
  tags: Record<string, string>;
  blockDevices: { volumeId: string; deviceName: string }[];
}

export interface EbsVolume {
  volumeId: string;
  sizeGib: number;
  type: VolumeType;
  iops?: number;
  throughputMibps?: number;
  /** EC2's volume state, e.g. `in-use`. */
  state: string;
  multiAttach: boolean;
  /** `Operator.Managed`: changed only by the AWS service that owns it. */
  managedBy?: string;
  attachments: { instanceId: string; deviceName: string; state: string }[];
  tags: Record<string, string>;
}

/** The latest modification of a volume; the API keeps only that one (aws-facts 2.1). */
export interface VolumeModification {
  volumeId: string;
  state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  originalGib: number;
  targetGib: number;
  startedAtMs: number;
  endedAtMs?: number;
  statusMessage?: string;
}

/** Which instances are brokers: those with all these tags, or these. */
export type BrokerSelection = { tags: Record<string, string> } | { instanceIds: readonly string[] };

export interface EbsGateway {
  /** Brokers that match all tags, or these ids. Only pending, running, stopping and stopped instances: a terminated broker has no volumes (S10). */
  brokers(select: BrokerSelection): Promise<Broker[]>;
  /** The same for many selections in as few calls as filters allow, in the order of the selections. */
  brokersOf(selections: readonly BrokerSelection[]): Promise<Broker[][]>;
  /** Volumes attached to these instances, root volumes included. */
  volumesOf(instanceIds: readonly string[]): Promise<EbsVolume[]>;
  /** The same for very many brokers, in pages that are as full as EC2 allows; root volumes are left out where they can be. */
  dataVolumesOf(brokers: readonly Broker[]): Promise<EbsVolume[]>;
  volume(volumeId: string): Promise<EbsVolume | undefined>;
  /** The latest modification of each volume that has one. */
  modifications(volumeIds: readonly string[]): Promise<VolumeModification[]>;
  /**
   * Never retried by the SDK: there is no client token.
   * @throws VolumeModificationLimit, ModificationInProgress, VolumeQuotaExceeded, AnswerLost, …
   */
  modify(request: { volumeId: string; sizeGib: number }): Promise<VolumeModification>;
}

/** An MSK cluster as DescribeClusterV2 and ListClustersV2 show it. */
export interface MskCluster {
  clusterArn: string;
  /** Names the cluster in CloudWatch's dimension `Cluster Name`. */
  clusterName: string;
  /** MSK's own, e.g. `ACTIVE`, `UPDATING`, `HEALING`, `MAINTENANCE`. */
  state: string;
  /** Changes with every update; `UpdateBrokerStorage` wants the present one. */
  currentVersion: string;
  /** The operation that is running. */
  activeOperationArn?: string;
  tags: Record<string, string>;
  /** Absent for a serverless cluster. */
  provisioned?: {
    /** e.g. `kafka.m7g.large`, `express.m7g.large`. */
    instanceType: string;
    brokers: number;
    /** Of each broker; absent for Express, whose storage is elastic. */
    volumeGib?: number;
    /** `TIERED`: what lies in the remote tier is not on these volumes. */
    storageMode: 'LOCAL' | 'TIERED';
    /** Provisioned throughput of each volume, MiB/s. */
    throughputMibps?: number;
    /** `DEFAULT`, `PER_BROKER`, `PER_TOPIC_PER_BROKER`, `PER_TOPIC_PER_PARTITION`. */
    monitoring: string;
    kafkaVersion?: string;
    /** MSK's own storage alert: `NONE`, `ACTION_RECOMMENDED`, `CRITICAL_ACTION_REQUIRED`. */
    customerAction?: string;
  };
}

/** One operation on an MSK cluster. Types and states are plain strings in the API (aws-facts 1.6): follow the ARN. */
export interface MskOperation {
  operationArn: string;
  type: string;
  /** `PENDING`, `UPDATE_IN_PROGRESS`, `UPDATE_COMPLETE`, `UPDATE_FAILED` and whatever else: unknown ones are running. */
  state: string;
  startedAtMs: number;
  endedAtMs?: number;
  error?: string;
  /** Of each broker; present where the operation changes the volumes' size. */
  fromGib?: number;
  targetGib?: number;
}

export interface MskGateway {
  /** Those of these ARNs that exist. One or two: DescribeClusterV2; more: pages of ListClustersV2, no call per cluster. */
  clusters(clusterArns: readonly string[]): Promise<MskCluster[]>;
  /**
   * Those that concern storage (by their sizes, else by their type) and began since then or still run, newest last.
   * @throws ClusterNotFound
   */
  storageOperations(clusterArn: string, sinceMs: number): Promise<MskOperation[]>;
  /** Undefined where MSK doesn't know it. */
  operation(operationArn: string): Promise<MskOperation | undefined>;
  /**
   * UpdateBrokerStorage for all brokers, provisioned throughput carried along unchanged. Never retried by the SDK.
   * @throws StaleClusterVersion, StorageCoolDown, ClusterNotActive, StorageUnchanged, StorageStepTooSmall,
   *   UnknownRefusal, ClusterNotFound, AccessDenied, AnswerLost, Throttled; nothing was changed, except by AnswerLost perhaps
   */
  growStorage(request: {
    clusterArn: string;
    currentVersion: string;
    sizeGib: number;
    throughputMibps?: number;
  }): Promise<{ operationArn: string }>;
}

/** Who else scales a resource: Application Auto Scaling, namespace `kafka`. */
export interface ScalingOwnersGateway {
  /** Cluster ARNs that have a scalable target for broker storage, with its maximum in GiB. Pages of 50 ids. */
  storageTargets(clusterArns: readonly string[]): Promise<{ clusterArn: string; sizeGibMax: number }[]>;
}

export interface Topic {
  name: string;
  /**
   * Kafka's topic id, or MSK's ARN of the topic. Another one means that it was created anew; the same ARN does not mean
   * that it was not, being made of the cluster and the name: `…:topic/MyCluster/<cluster's uuid>/MyTopic`
   * [DG create-topic-cli].
   */
  id: string;
  partitions: number;
  replicationFactor: number;
  /** Explicitly set or effective, as the source tells; `retention.ms` and so on. */
  configs: Record<string, string>;
  /** Those of `configs` that are set on the topic itself; the others come from the brokers. Absent: the source doesn't tell. */
  own?: string[];
}

/** A directory in which a broker keeps replicas. */
export interface LogDir {
  brokerId: number;
  path: string;
  /** Of the file system it lies on; absent where the broker doesn't tell. */
  totalBytes?: number;
  usableBytes?: number;
  /** What the replicas here hold, by topic and partition. */
  replicaBytes: Record<string, Record<number, number>>;
}

/**
 * A cluster is named by the ARN that it has at MSK, or, where it is reached from within its network, as
 * `<network>/<its name in the fleet>`. MSK's answers may be a minute old [DG msk-topic-operations-information].
 */
export interface TopicsGateway {
  /** Names and shapes, without configs (`configs` is empty). */
  list(cluster: string): Promise<Topic[]>;
  /** Undefined where it no longer exists. */
  describe(cluster: string, name: string): Promise<Topic | undefined>;
  /** Brokers that hold a replica of each partition, the preferred leader first; `leader` is -1 where there is none. Empty where the topic no longer exists. */
  placement(cluster: string, name: string): Promise<{ partition: number; leader: number; replicas: number[] }[]>;
  /** Of all brokers that are up, offline directories left out. Absent or undefined: nobody can tell. */
  sizes?(cluster: string): Promise<LogDir[] | undefined>;
  /**
   * Sets these configs; the others keep their effective values. Null takes the topic's own value away: only where
   * `own` told of it. Never retried by the SDK; setting the same twice is harmless.
   *
   * @param options `undo`: gives back what was there before, which mode observe does not hold up
   * @throws TopicNotFound, ClusterNotActive, UnknownRefusal, AccessDenied, AnswerLost, Throttled
   */
  alter(
    cluster: string,
    name: string,
    configs: Record<string, string | null>,
    options?: { undo: boolean },
  ): Promise<void>;
}

/** As `TopicsGateway`, of the cluster at an address. Each call opens connections and closes them before it answers. */
export interface KafkaTopics {
  list(address: KafkaAddress): Promise<Topic[]>;
  describe(address: KafkaAddress, name: string): Promise<Topic | undefined>;
  placement(address: KafkaAddress, name: string): Promise<{ partition: number; leader: number; replicas: number[] }[]>;
  sizes(address: KafkaAddress): Promise<LogDir[]>;
  alter(address: KafkaAddress, name: string, configs: Record<string, string | null>): Promise<void>;
}

/** One-time starts: how an undo is armed before it is needed. */
export interface ScheduleGateway {
  /**
   * Invokes `start-workflow` with the payload at that time, up to a minute later. The same name and payload again
   * changes nothing, not even the time.
   * @throws ScheduleNameTaken where the name stands for another payload
   */
  at(request: { name: string; atMs: number; payload: unknown }): Promise<void>;
  /** Gone or never there is success. */
  cancel(name: string): Promise<void>;
}

/** Big things travel by reference. */
export interface Reference {
  bucket: string;
  key: string;
  sha256: string;
}

export interface ObjectsGateway {
  /** Writes it as JSON. @throws ObjectTooLarge above 50 MiB */
  put(key: string, value: unknown): Promise<Reference>;
  /** @throws ObjectDamaged where the content is gone or not what the reference says, ObjectTooLarge */
  get<T>(reference: Reference): Promise<T>;
}

export type CommandStatus =
  | 'pending'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'timed-out'
  | 'undeliverable'
  | 'cancelled';

export interface CommandInvocation {
  commandId: string;
  instanceId: string;
  status: CommandStatus;
  /** SSM's own StatusDetails. */
  statusDetails: string;
  responseCode: number;
  /** Cut by SSM at 24,000 characters. */
  stdout: string;
  /** Cut by SSM at 8,000 characters. */
  stderr: string;
}

export interface SsmGateway {
  /** Not retried by the SDK; the scripts are idempotent. */
  sendCommand(request: {
    documentName: string;
    instanceId: string;
    parameters: Record<string, string[]>;
    deliverySeconds: number;
    comment: string;
  }): Promise<{ commandId: string }>;
  /** Undefined while SSM does not know it yet (InvocationDoesNotExist right after sending). */
  invocation(commandId: string, instanceId: string): Promise<CommandInvocation | undefined>;
}

export interface MetricQuery {
  id: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  stat: 'Maximum' | 'Minimum' | 'Average';
  periodSeconds: number;
}

/** Oldest first; a gap is simply absent. */
export interface MetricSeries {
  id: string;
  timesMs: number[];
  values: number[];
}

export interface MetricsGateway {
  /** Batches of 500 queries a call. A query without data comes back with empty arrays. */
  read(queries: readonly MetricQuery[], fromMs: number, toMs: number): Promise<MetricSeries[]>;
}

export interface NotifyGateway {
  /** `attributes` become SNS message attributes, for subscription filters. Subject ≤ 100 ASCII characters (cut). */
  publish(message: { subject: string; text: string; attributes: Record<string, string> }): Promise<void>;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

export interface WorkflowsGateway {
  /** `already` when an execution of this name exists, whatever its input or state. */
  start(request: {
    workflow: string;
    name: string;
    input: unknown;
  }): Promise<{ started: 'new' | 'already'; executionArn: string }>;
  /** Undefined when Step Functions no longer knows it (90 days after it closed). */
  status(executionArn: string): Promise<ExecutionStatus | undefined>;
  /** `late` when the token is closed or unknown: somebody else answered, or it timed out. That is success for the sender. */
  succeed(token: string, output: unknown): Promise<'sent' | 'late'>;
  fail(token: string, error: string, cause: string): Promise<'sent' | 'late'>;
}

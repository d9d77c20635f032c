/** What MSK keeps: clusters, their storage operations. Sizes are GiB of each broker, times epoch milliseconds. */

/** SDK kafka ClusterState. */
export type ClusterState =
  | 'ACTIVE'
  | 'CREATING'
  | 'DELETING'
  | 'FAILED'
  | 'HEALING'
  | 'MAINTENANCE'
  | 'REBOOTING_BROKER'
  | 'UPDATING';

/** SDK kafka EnhancedMonitoring. */
export type Monitoring = 'DEFAULT' | 'PER_BROKER' | 'PER_TOPIC_PER_BROKER' | 'PER_TOPIC_PER_PARTITION';

export interface StorageSettings {
  volumeGib: number;
  /** Provisioned throughput, MiB/s; absent while it is switched off. */
  throughputMibps?: number;
  storageMode: 'LOCAL' | 'TIERED';
}

/** aws-facts 1.6: plain strings in the API; these were seen. */
export type OperationState = 'PENDING' | 'UPDATE_IN_PROGRESS' | 'UPDATE_COMPLETE' | 'UPDATE_FAILED';

export interface StorageOperation {
  operationArn: string;
  operationType: string;
  state: OperationState;
  /** When it was accepted. */
  atMs: number;
  endedAtMs?: number;
  source: StorageSettings;
  target: StorageSettings;
  error?: { code: string; message: string };
  /** Who asked: a principal's name. */
  by: string;
}

export interface Cluster {
  clusterArn: string;
  clusterName: string;
  type: 'PROVISIONED' | 'SERVERLESS';
  /** `express.…`: storage is elastic. Empty for a serverless cluster. */
  instanceType: string;
  /** Broker ids are 1 to this. */
  brokers: number;
  /** Of Standard brokers; undefined where storage is elastic. */
  storage: StorageSettings | undefined;
  /** As in `storage`. */
  readonly volumeGib: number | undefined;
  monitoring: Monitoring;
  kafkaVersion: string;
  tags: Record<string, string>;
  /** Broker defaults that differ from Kafka's, under the topics' names of configs, e.g. `retention.ms`. */
  topicDefaults: Record<string, string>;
  createdAtMs: number;
  state: ClusterState;
  /** Changes after every update. */
  currentVersion: string;
  activeOperationArn: string | undefined;
  /** No storage operation is accepted before it. */
  storageAllowedAtMs: number;
  /** Every accepted one, oldest first. */
  operations: StorageOperation[];
  /** Size of each broker's volume since when, oldest first. */
  sizes: { atMs: number; gib: number }[];
}

export const isExpress = ({ instanceType }: Cluster): boolean => instanceType.startsWith('express.');

/** What names a broker's volume in the fill model: MSK shows no EBS volume ids. */
export const brokerVolumeId = (clusterName: string, brokerId: number): string => `msk/${clusterName}/${brokerId}`;

/** `arn:…:cluster/NAME/UUID-N` to another kind of resource of the cluster, e.g. `cluster-operation`, `topic`. */
export const relatedArn = (clusterArn: string, kind: string, tail: string): string =>
  `${clusterArn.replace(':cluster/', `:${kind}/`)}/${tail}`;

const throughputOutput = (throughputMibps: number | undefined): Record<string, unknown> | undefined =>
  throughputMibps === undefined ? undefined : { Enabled: true, VolumeThroughput: throughputMibps };

/** As in DescribeClusterV2 and ListClustersV2 (SDK kafka Cluster), as far as people read it. */
export function clusterOutput(cluster: Cluster): Record<string, unknown> {
  const { storage, activeOperationArn } = cluster;
  const throughput = throughputOutput(storage?.throughputMibps);
  const provisioned = {
    BrokerNodeGroupInfo: {
      BrokerAZDistribution: 'DEFAULT',
      ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
      InstanceType: cluster.instanceType,
      SecurityGroups: [],
      ...(storage === undefined
        ? {}
        : {
            StorageInfo: {
              EbsStorageInfo: {
                VolumeSize: storage.volumeGib,
                ...(throughput === undefined ? {} : { ProvisionedThroughput: throughput }),
              },
            },
          }),
    },
    CurrentBrokerSoftwareInfo: { KafkaVersion: cluster.kafkaVersion },
    EnhancedMonitoring: cluster.monitoring,
    NumberOfBrokerNodes: cluster.brokers,
    ...(storage === undefined ? {} : { StorageMode: storage.storageMode }),
    CustomerActionStatus: 'NONE',
  };
  return {
    ClusterType: cluster.type,
    ClusterArn: cluster.clusterArn,
    ClusterName: cluster.clusterName,
    CreationTime: new Date(cluster.createdAtMs),
    CurrentVersion: cluster.currentVersion,
    State: cluster.state,
    Tags: { ...cluster.tags },
    ...(activeOperationArn === undefined ? {} : { ActiveOperationArn: activeOperationArn }),
    ...(cluster.type === 'SERVERLESS' ? { Serverless: { VpcConfigs: [] } } : { Provisioned: provisioned }),
  };
}

/** As in ListClusterOperationsV2 (SDK kafka ClusterOperationV2Summary). */
export function operationSummary({ clusterArn, type }: Cluster, operation: StorageOperation): Record<string, unknown> {
  return {
    ClusterArn: clusterArn,
    ClusterType: type,
    OperationArn: operation.operationArn,
    OperationState: operation.state,
    OperationType: operation.operationType,
    StartTime: new Date(operation.atMs),
    ...(operation.endedAtMs === undefined ? {} : { EndTime: new Date(operation.endedAtMs) }),
  };
}

/** As in DescribeClusterOperationV2 (SDK kafka ClusterOperationV2). */
export function operationOutput(cluster: Cluster, operation: StorageOperation): Record<string, unknown> {
  const { error } = operation;
  return {
    ...operationSummary(cluster, operation),
    ...(error === undefined ? {} : { ErrorInfo: { ErrorCode: error.code, ErrorString: error.message } }),
    Provisioned: {
      OperationSteps: [],
      SourceClusterInfo: mutableInfo(operation.source),
      TargetClusterInfo: mutableInfo(operation.target),
    },
  };
}

function mutableInfo({ volumeGib, throughputMibps, storageMode }: StorageSettings): Record<string, unknown> {
  const throughput = throughputOutput(throughputMibps);
  return {
    BrokerEBSVolumeInfo: [
      {
        KafkaBrokerNodeId: 'All',
        VolumeSizeGB: volumeGib,
        ...(throughput === undefined ? {} : { ProvisionedThroughput: throughput }),
      },
    ],
    StorageMode: storageMode,
  };
}

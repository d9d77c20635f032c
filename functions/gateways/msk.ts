/**
 * MSK clusters, their broker storage and the operations that change it. One or two clusters are described; more are
 * listed, so that a fleet costs pages, not a call each. Answers are sorted, MSK's own order being unspecified.
 */
import {
  type BrokerEBSVolumeInfo,
  type Cluster,
  type ClusterOperationV2,
  type ClusterOperationV2Summary,
  DescribeClusterOperationV2Command,
  DescribeClusterV2Command,
  KafkaClient,
  ListClusterOperationsV2Command,
  ListClustersV2Command,
  type Provisioned,
  UpdateBrokerStorageCommand,
} from '@aws-sdk/client-kafka';
import type { Wire } from '../runtime/runtime.ts';
import { answered, errorCode, oneOf, required, toFault } from './classify.ts';
import { retryingClient, singleAttemptClient } from './client.ts';
import { AnswerLost } from './faults.ts';
import { mskFaults, storageFaults } from './msk-refusals.ts';
import { pages } from './pages.ts';
import type { MskCluster, MskGateway, MskOperation } from './types.ts';

/** Page size; "default maximum 100 results per API call" [MSK API reference]. */
const PAGE_SIZE = 100;
/** 10,000 clusters of one account and Region. */
const CLUSTER_PAGES_MAX = 100;
/** 2,000 operations of one cluster. */
const OPERATION_PAGES_MAX = 20;
/** Calls for one cluster's operations: MSK runs one after the other, so ten are more than fit between two cool-downs. */
const DESCRIBED_MAX = 10;
/** Up to so many clusters are described one by one. */
const DESCRIBE_ONE_BY_ONE_MAX = 2;

const STORAGE_MODES = ['LOCAL', 'TIERED'] as const;

/** Types seen that are not storage (aws-facts 1.6). Types are plain strings: an unknown one is looked at. */
const OTHER_TYPES = new Set([
  'INCREASE_BROKER_COUNT',
  'DECREASE_BROKER_COUNT',
  'UPDATE_BROKER_TYPE',
  'SECURITY_PATCHING',
  'BROKER_UPDATE',
]);

export const mskGateway: Wire<MskGateway> = (runtime) => {
  const reading = runtime.connect(new KafkaClient(retryingClient(runtime)));
  const growing = runtime.connect(new KafkaClient(singleAttemptClient(runtime)));

  const described = async (ClusterArn: string): Promise<Cluster | undefined> => {
    try {
      const { ClusterInfo } = await reading.send(new DescribeClusterV2Command({ ClusterArn }));
      return required(ClusterInfo, 'ClusterInfo');
    } catch (error) {
      if (errorCode(error) === 'NotFoundException') return undefined;
      throw toFault(error, 'read', mskFaults);
    }
  };

  const listed = () =>
    pages(async (NextToken) => {
      const command = new ListClustersV2Command({ MaxResults: PAGE_SIZE, NextToken });
      const page = await answered(reading.send(command), 'read', mskFaults);
      return { items: page.ClusterInfoList ?? [], next: page.NextToken };
    }, CLUSTER_PAGES_MAX);

  const operation = async (ClusterOperationArn: string): Promise<MskOperation | undefined> => {
    try {
      const { ClusterOperationInfo } = await reading.send(
        new DescribeClusterOperationV2Command({ ClusterOperationArn }),
      );
      return toOperation(required(ClusterOperationInfo, 'ClusterOperationInfo'));
    } catch (error) {
      if (errorCode(error) === 'NotFoundException') return undefined;
      throw toFault(error, 'read', mskFaults);
    }
  };

  return {
    async clusters(clusterArns) {
      const wanted = new Set(clusterArns);
      const found = wanted.size > DESCRIBE_ONE_BY_ONE_MAX ? await listed() : [];
      if (wanted.size <= DESCRIBE_ONE_BY_ONE_MAX) {
        for (const arn of wanted) found.push(...[await described(arn)].filter((one) => one !== undefined));
      }
      // Only then read them: a cluster that nobody asked for may look as it likes.
      return found
        .filter((one) => wanted.has(one.ClusterArn ?? ''))
        .map(toCluster)
        .sort((a, b) => (a.clusterArn < b.clusterArn ? -1 : 1));
    },

    async storageOperations(clusterArn, sinceMs) {
      const all = await pages(
        async (NextToken) => {
          const command = new ListClusterOperationsV2Command({
            ClusterArn: clusterArn,
            MaxResults: PAGE_SIZE,
            NextToken,
          });
          const page = await answered(reading.send(command), 'read', mskFaults);
          return { items: (page.ClusterOperationInfoList ?? []).map(toOperation), next: page.NextToken };
        },
        OPERATION_PAGES_MAX,
        (page) => endsBefore(page, sinceMs),
      );
      const candidates = all
        .filter((one) => one.startedAtMs >= sinceMs || !hasEnded(one))
        .filter((one) => !OTHER_TYPES.has(one.type))
        .sort((a, b) => b.startedAtMs - a.startedAtMs);
      const newestFirst: MskOperation[] = [];
      for (const [at, one] of candidates.entries()) {
        // The listing has no sizes; what is not described is judged by its type alone.
        newestFirst.push((at < DESCRIBED_MAX ? await operation(one.operationArn) : undefined) ?? one);
      }
      return newestFirst.filter(concernsStorage).toReversed();
    },

    operation,

    async growStorage({ clusterArn, currentVersion, sizeGib, throughputMibps }) {
      const command = new UpdateBrokerStorageCommand({
        ClusterArn: clusterArn,
        CurrentVersion: currentVersion,
        TargetBrokerEBSVolumeInfo: [
          {
            KafkaBrokerNodeId: 'All', // one broker alone cannot be chosen (aws-facts 1.1)
            VolumeSizeGB: sizeGib,
            // The element describes the volumes as they shall be. Whether leaving throughput out keeps it or switches
            // it off is not documented [?]: saying what already holds means the same in both readings.
            ...(throughputMibps === undefined
              ? {}
              : { ProvisionedThroughput: { Enabled: true, VolumeThroughput: throughputMibps } }),
          },
        ],
      });
      const { ClusterOperationArn } = await answered(growing.send(command), 'mutation', storageFaults);
      // Accepted, but nothing to follow: the world has to be read as if no answer had come.
      if (ClusterOperationArn === undefined) {
        throw new AnswerLost(`UpdateBrokerStorage ${clusterArn}: the answer has no ClusterOperationArn`);
      }
      return { operationArn: ClusterOperationArn };
    },
  };
};

/** Nothing that matters can follow this page. MSK documents no order [?]: only newest first allows to stop. */
function endsBefore(page: readonly MskOperation[], sinceMs: number): boolean {
  const [first] = page;
  const last = page.at(-1);
  if (first === undefined || last === undefined) return false;
  const newestFirst = page.every((one, at) => at === 0 || one.startedAtMs <= (page[at - 1]?.startedAtMs ?? 0));
  return newestFirst && last.startedAtMs < sinceMs;
}

/** States are plain strings; unknown ones are running (aws-facts 1.6). */
function hasEnded(operation: MskOperation): boolean {
  return operation.endedAtMs !== undefined || /COMPLETE|FAILED/.test(operation.state);
}

/** By its sizes, else by its type: UPDATE_BROKER_STORAGE is known from a third party only (aws-facts 1.6). */
function concernsStorage(operation: MskOperation): boolean {
  return operation.targetGib !== undefined || /STORAGE/i.test(operation.type);
}

function toCluster(cluster: Cluster): MskCluster {
  return {
    clusterArn: required(cluster.ClusterArn, 'ClusterArn'),
    clusterName: required(cluster.ClusterName, 'ClusterName'),
    state: required(cluster.State, 'cluster State'),
    currentVersion: required(cluster.CurrentVersion, 'CurrentVersion'),
    ...(cluster.ActiveOperationArn === undefined ? {} : { activeOperationArn: cluster.ActiveOperationArn }),
    tags: cluster.Tags ?? {},
    ...(cluster.Provisioned === undefined ? {} : { provisioned: toProvisioned(cluster.Provisioned) }),
  };
}

function toProvisioned(provisioned: Provisioned): NonNullable<MskCluster['provisioned']> {
  const nodes = required(provisioned.BrokerNodeGroupInfo, 'BrokerNodeGroupInfo');
  const ebs = nodes.StorageInfo?.EbsStorageInfo;
  // Not part of every answer [awslabs/amazon-msk-config-detector#2].
  const throughput = ebs?.ProvisionedThroughput;
  const kafkaVersion = provisioned.CurrentBrokerSoftwareInfo?.KafkaVersion;
  return {
    instanceType: required(nodes.InstanceType, 'InstanceType'),
    brokers: required(provisioned.NumberOfBrokerNodes, 'NumberOfBrokerNodes'),
    ...(ebs?.VolumeSize === undefined ? {} : { volumeGib: ebs.VolumeSize }),
    storageMode: oneOf(provisioned.StorageMode ?? 'LOCAL', STORAGE_MODES, 'StorageMode'), // older clusters have none [?]
    ...(throughput?.Enabled === true
      ? { throughputMibps: required(throughput.VolumeThroughput, 'VolumeThroughput') }
      : {}),
    monitoring: provisioned.EnhancedMonitoring ?? 'DEFAULT',
    ...(kafkaVersion === undefined ? {} : { kafkaVersion }),
    ...(provisioned.CustomerActionStatus === undefined ? {} : { customerAction: provisioned.CustomerActionStatus }),
  };
}

function toOperation(operation: ClusterOperationV2Summary & Pick<ClusterOperationV2, 'ErrorInfo' | 'Provisioned'>) {
  const fromGib = largestGib(operation.Provisioned?.SourceClusterInfo?.BrokerEBSVolumeInfo);
  const targetGib = largestGib(operation.Provisioned?.TargetClusterInfo?.BrokerEBSVolumeInfo);
  const resizes = targetGib !== undefined && targetGib !== fromGib;
  const { ErrorInfo } = operation;
  return {
    operationArn: required(operation.OperationArn, 'OperationArn'),
    type: required(operation.OperationType, 'OperationType'),
    state: required(operation.OperationState, 'OperationState'),
    startedAtMs: required(operation.StartTime, 'StartTime').getTime(),
    ...(operation.EndTime === undefined ? {} : { endedAtMs: operation.EndTime.getTime() }),
    ...(ErrorInfo === undefined
      ? {}
      : { error: [ErrorInfo.ErrorCode, ErrorInfo.ErrorString].filter((one) => one !== undefined).join(': ') }),
    ...(resizes ? { ...(fromGib === undefined ? {} : { fromGib }), targetGib } : {}),
  } satisfies MskOperation;
}

/** All volumes of a cluster are of one size; the entries are per broker or one for `All`. */
function largestGib(volumes: BrokerEBSVolumeInfo[] | undefined): number | undefined {
  const sizes = (volumes ?? []).map((volume) => volume.VolumeSizeGB).filter((size) => size !== undefined);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

/**
 * What AWS answers here, operation by operation: a broker on EC2 with two volumes of 130 GiB that were grown from 100 GiB,
 * whose file systems have followed; an MSK cluster of three brokers, 80 % full; and one topic of it.
 */
import {
  clusterArn,
  commandId,
  formerRetention,
  instanceId,
  mountPoints,
  shortenedRetention,
  storageOperationArn,
  topicArn,
  topicName,
  volumeId,
  volumeIds,
} from './names.ts';
import { objects } from './objects.ts';
import type { Input, Operation } from './requests.ts';

/** @param verb the function that asks: what it finds depends on what the states before it did */
type Answer = string | ((input: Input, verb: string) => string);

const executionArn = 'arn:aws:states:us-east-1:123456789012:execution:demo-storage-scaling:bench';
const gibBytes = 1024 ** 3;

/** The fixed time lies before any clock that runs this: nothing of it is young enough to be looked into. */
const modificationOf = (id: string, state: string) =>
  `<volumeId>${id}</volumeId><modificationState>${state}</modificationState><originalSize>100</originalSize>` +
  '<targetSize>130</targetSize><startTime>2026-11-01T10:00:00.000Z</startTime><endTime>2026-11-01T12:00:00.000Z</endTime>';

const ec2 = (operation: string, body: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><${operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` +
  `<requestId>bench</requestId>${body}</${operation}Response>`;

/** Those that are asked for by their ids, else all. */
function asked(input: Input): readonly string[] {
  const text = JSON.stringify(input);
  const named = volumeIds.filter((id) => text.includes(id));
  return named.length === 0 ? volumeIds : named;
}

const deviceOf = (id: string): string => (id === volumeId ? '/dev/sdf' : '/dev/sdg');
const items = (ids: readonly string[], item: (id: string) => string): string =>
  ids.map((id) => `<item>${item(id)}</item>`).join('');

const volumeOf = (id: string, sizeGib: number): string =>
  `<volumeId>${id}</volumeId><size>${sizeGib}</size><volumeType>gp3</volumeType><status>in-use</status>` +
  `<multiAttachEnabled>false</multiAttachEnabled><attachmentSet><item><volumeId>${id}</volumeId>` +
  `<instanceId>${instanceId}</instanceId><device>${deviceOf(id)}</device><status>attached</status></item></attachmentSet>`;

const inspected = {
  version: 1,
  script: 'inspect-volume',
  volumes: volumeIds.map((id, at) => ({
    volumeId: id,
    devicePath: `/dev/nvme${at + 1}n1`,
    deviceBytes: 130 * gibBytes,
    layout: 'plain',
    supported: true,
    reason: null,
    filesystem: 'xfs',
    filesystemUuid: null,
    mountPoints: [mountPoints[at]],
    filesystemBytes: 130 * gibBytes,
    usedBytes: 80 * gibBytes,
  })),
};
const grown = {
  version: 1,
  script: 'grow-filesystem',
  volumeId,
  mountPoint: mountPoints[0],
  layout: 'plain',
  filesystem: 'xfs',
  devicePath: '/dev/nvme1n1',
  deviceBytes: 130 * gibBytes,
  before: { filesystemBytes: 100 * gibBytes, usedBytes: 80 * gibBytes },
  after: { filesystemBytes: 130 * gibBytes, usedBytes: 80 * gibBytes },
  changed: true,
  steps: ['xfs_growfs'],
};

const cluster = {
  clusterArn,
  clusterName: 'payments',
  clusterType: 'PROVISIONED',
  state: 'ACTIVE',
  currentVersion: 'K1',
  tags: {},
  provisioned: {
    brokerNodeGroupInfo: {
      instanceType: 'kafka.m7g.large',
      clientSubnets: ['subnet-1', 'subnet-2', 'subnet-3'],
      storageInfo: { ebsStorageInfo: { volumeSize: 100 } },
    },
    numberOfBrokerNodes: 3,
    currentBrokerSoftwareInfo: { kafkaVersion: '3.8.x' },
    enhancedMonitoring: 'PER_TOPIC_PER_BROKER',
    storageMode: 'LOCAL',
  },
};
const storageOperation = {
  clusterArn,
  clusterType: 'PROVISIONED',
  operationArn: storageOperationArn,
  operationType: 'UPDATE_BROKER_STORAGE',
  operationState: 'UPDATE_COMPLETE',
  startTime: '2026-11-01T10:00:00.000Z',
  endTime: '2026-11-01T10:30:00.000Z',
};
const sizes = (volumeSizeGB: number) => ({ brokerEBSVolumeInfo: [{ kafkaBrokerNodeId: 'All', volumeSizeGB }] });
const topic = { topicArn, topicName, replicationFactor: 3, partitionCount: 3 };
const brokerIds = [1, 2, 3];

function configsOf(verb: string): string {
  const retention = verb === 'restore-retention' ? shortenedRetention : formerRetention;
  const configs = { 'cleanup.policy': 'delete', 'segment.bytes': '1073741824', 'retention.bytes': '-1', ...retention };
  return Buffer.from(JSON.stringify(configs)).toString('base64');
}

/** Each metric that is asked for, at each of its periods: level at 80 %, or 1 MB a second. */
function metricData({ MetricDataQueries, StartTime, EndTime }: Input): string {
  const queries = MetricDataQueries as { Id: string; MetricStat: { Metric: { MetricName: string }; Period: number } }[];
  const results = queries.map(({ Id, MetricStat: { Metric, Period } }) => {
    const first = Math.ceil(Number(StartTime) / Period);
    const count = Math.max(0, Math.ceil(Number(EndTime) / Period) - first);
    const Timestamps = Array.from({ length: count }, (_, at) => (first + at) * Period);
    const value = Metric.MetricName === 'BytesInPerSec' ? 1e6 : 80;
    return { Id, Label: Metric.MetricName, StatusCode: 'Complete', Timestamps, Values: Timestamps.map(() => value) };
  });
  return JSON.stringify({ MetricDataResults: results });
}

const invocation = (output: object): string =>
  JSON.stringify({
    CommandId: commandId,
    InstanceId: instanceId,
    Status: 'Success',
    StatusDetails: 'Success',
    ResponseCode: 0,
    StandardOutputContent: JSON.stringify(output),
    StandardErrorContent: '',
  });

/** What is not here is answered with nothing. */
const answers: Readonly<Record<Operation, Answer>> = {
  'cloudwatch:GetMetricData': metricData,
  'ssm:SendCommand': JSON.stringify({ Command: { CommandId: commandId, Status: 'Pending' } }),
  'ssm:GetCommandInvocation': (_input, verb) => invocation(verb.includes('inspect') ? inspected : grown),
  'states:StartExecution': JSON.stringify({ executionArn, startDate: 1_795_000_000 }),
  'states:DescribeExecution': JSON.stringify({ executionArn, status: 'SUCCEEDED', startDate: 1_795_000_000 }),
  'sns:Publish':
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId>' +
    '</PublishResult><ResponseMetadata><RequestId>bench</RequestId></ResponseMetadata></PublishResponse>',
  'ec2:DescribeInstances': ec2(
    'DescribeInstances',
    `<reservationSet><item><instancesSet><item><instanceId>${instanceId}</instanceId><instanceState><code>16</code>` +
      '<name>running</name></instanceState><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>' +
      items(
        volumeIds,
        (id) =>
          `<deviceName>${deviceOf(id)}</deviceName><ebs><volumeId>${id}</volumeId><status>attached</status></ebs>`,
      ) +
      '</blockDeviceMapping><tagSet><item><key>kafka-cluster</key><value>orders</value></item></tagSet></item>' +
      '</instancesSet></item></reservationSet>',
  ),
  'ec2:DescribeVolumes': (input, verb) => {
    const sizeGib = verb === 'apply' ? 100 : 130;
    return ec2('DescribeVolumes', `<volumeSet>${items(asked(input), (id) => volumeOf(id, sizeGib))}</volumeSet>`);
  },
  'ec2:DescribeVolumesModifications': (input) => {
    const all = items(asked(input), (id) => modificationOf(id, 'completed'));
    return ec2('DescribeVolumesModifications', `<volumeModificationSet>${all}</volumeModificationSet>`);
  },
  'ec2:ModifyVolume': ec2(
    'ModifyVolume',
    `<volumeModification>${modificationOf(volumeId, 'modifying')}</volumeModification>`,
  ),
  'kafka:DescribeClusterV2': JSON.stringify({ clusterInfo: cluster }),
  'kafka:ListClustersV2': JSON.stringify({ clusterInfoList: [cluster] }),
  'kafka:ListClusterOperationsV2': JSON.stringify({ clusterOperationInfoList: [storageOperation] }),
  'kafka:DescribeClusterOperationV2': JSON.stringify({
    clusterOperationInfo: {
      ...storageOperation,
      provisioned: { sourceClusterInfo: sizes(100), targetClusterInfo: sizes(130) },
    },
  }),
  'kafka:UpdateBrokerStorage': JSON.stringify({ clusterArn, clusterOperationArn: storageOperationArn }),
  'kafka:ListTopics': JSON.stringify({
    topics: [topic, { ...topic, topicName: '__consumer_offsets' }, { ...topic, topicName: 'payments-audit-log' }],
  }),
  'kafka:DescribeTopic': (_input, verb) => JSON.stringify({ ...topic, configs: configsOf(verb), status: 'ACTIVE' }),
  'kafka:DescribeTopicPartitions': JSON.stringify({
    partitions: brokerIds.map((leader, partition) => ({ partition, leader, replicas: brokerIds, isr: brokerIds })),
  }),
  'kafka:UpdateTopic': JSON.stringify({ topicArn, status: 'UPDATING' }),
  'application-autoscaling:DescribeScalableTargets': JSON.stringify({ ScalableTargets: [] }),
  'scheduler:CreateSchedule': JSON.stringify({ ScheduleArn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/g/n' }),
  's3:GetObject': ({ Key }) => objects.get(String(Key)) ?? '',
  's3:PutObject': '',
};

export function answerTo(operation: Operation, input: Input, verb: string): string {
  const answer = answers[operation] ?? '{}';
  return typeof answer === 'string' ? answer : answer(input, verb);
}

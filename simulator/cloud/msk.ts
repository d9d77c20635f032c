/**
 * Simulated Amazon MSK: control plane, topic APIs, metrics. Everything a test or scenario does to the world comes through
 * the methods below; everything the code under test does comes through `handle`. Standard brokers fill as the fill model
 * says of `brokerVolumeId(clusterName, brokerId)`; Express and Serverless have no volumes.
 */
import type { FillModel } from '../fill/index.ts';
import type { Random } from '../random.ts';
import type { SimulatedCloud } from './cloud.ts';
import type { MetricStore } from './cloudwatch/metrics.ts';
import { demandOf, type BrokerDisks, type Demand } from './msk/disk.ts';
import { MskSeries } from './msk/metrics.ts';
import {
  clusterOutput,
  operationOutput,
  operationSummary,
  relatedArn,
  type Cluster,
  type ClusterState,
  type Monitoring,
  type StorageOperation,
} from './msk/model.ts';
import { page } from './msk/page.ts';
import { badRequest, ClusterStorage, newVersion, type StorageChange, type StorageSwitches } from './msk/storage.ts';
import { ClusterTopics, type NewTopic, type TopicChange, type TopicSwitches } from './msk/topics.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';

export { brokerVolumeId, type Cluster, type StorageOperation } from './msk/model.ts';
export type { NewTopic, TopicChange } from './msk/topics.ts';

const bytesPerTib = 2 ** 40;

export interface NewCluster {
  clusterName: string;
  /** Default: made up, in MSK's form. */
  clusterArn?: string;
  /** Default PROVISIONED. */
  type?: Cluster['type'];
  /** Default 3. */
  brokers?: number;
  /** Of each Standard broker. Default 100. */
  volumeGib?: number;
  /** Default kafka.m7g.large; `express.…` has elastic storage. */
  instanceType?: string;
  storageMode?: 'LOCAL' | 'TIERED';
  /** Provisioned throughput of each volume. */
  throughputMibps?: number;
  monitoring?: Monitoring;
  /** Default 3.8.x. */
  kafkaVersion?: string;
  tags?: Record<string, string>;
  /** Broker defaults under the topics' names of configs, e.g. `retention.ms`. */
  topicDefaults?: Record<string, string>;
  /** Bytes that a broker's volume wants to hold, instead of the fill model. */
  usedBytes?: Demand;
  /** Epoch milliseconds; its metrics, and its topics' begin then. Default: now. */
  createdAtMs?: number;
}

/** One that is in every MSK cluster. */
const internalTopics = (brokers: number): NewTopic[] => [
  { name: '__amazon_msk_canary', partitions: brokers, replicationFactor: Math.min(2, brokers) },
  {
    name: '__consumer_offsets',
    partitions: 50,
    replicationFactor: Math.min(3, brokers),
    configs: { 'cleanup.policy': 'compact' },
  },
];

interface Entry {
  cluster: Cluster;
  topics: ClusterTopics;
  /** A state set from outside, while it lasts. */
  disturbance: { state: ClusterState } | undefined;
}

/** MSK guide msk-topic-operations-information: on the topic's ARN; Connect, on the cluster's, is needed by all. */
const topicActions: Readonly<Record<string, readonly string[]>> = {
  ListTopics: ['DescribeTopic'],
  DescribeTopic: ['DescribeTopic', 'DescribeTopicDynamicConfiguration'],
  DescribeTopicPartitions: ['DescribeTopic', 'DescribeTopicDynamicConfiguration'],
  CreateTopic: ['CreateTopic'],
  UpdateTopic: ['DescribeTopic', 'AlterTopic', 'AlterTopicDynamicConfiguration'],
  DeleteTopic: ['DescribeTopic', 'DeleteTopic'],
};

export class SimulatedMsk implements Service {
  readonly name = 'kafka';
  /** Undocumented behaviour, to be set; both readings of it. */
  readonly switches: StorageSwitches & TopicSwitches;
  readonly #cloud: SimulatedCloud;
  readonly #fill: FillModel;
  readonly #metrics: MetricStore;
  readonly #storage: ClusterStorage;
  readonly #random: Random;
  readonly #clusters = new Map<string, Entry>();
  readonly #topicListeners: ((change: TopicChange) => void)[] = [];
  readonly #gaps: { clusterArn?: string; brokerId?: number; fromMs: number; toMs: number }[] = [];

  constructor(cloud: SimulatedCloud, fill: FillModel, metrics: MetricStore) {
    this.#cloud = cloud;
    this.#fill = fill;
    this.#metrics = metrics;
    this.#random = cloud.random('msk');
    this.#storage = new ClusterStorage(
      cloud,
      (cluster) => {
        const nowMs = cloud.clock.nowMs();
        const disks = this.disks(cluster.clusterArn);
        return (disks.mostUsedFraction(nowMs) * disks.sizeBytes(nowMs)) / bytesPerTib;
      },
      (cluster) => this.#settle(this.#entry(cluster.clusterArn)),
    );
    this.switches = Object.assign(this.#storage.switches, {
      configsFormat: 'json',
      updateConfigs: 'merge',
      describeConfigs: 'effective',
    } satisfies TopicSwitches);
  }

  // The world

  createCluster(options: NewCluster): Cluster {
    const { clusterName, type = 'PROVISIONED', brokers = 3, volumeGib = 100, throughputMibps } = options;
    if ([...this.#clusters.values()].some(({ cluster }) => cluster.clusterName === clusterName)) {
      throw new Error(`${clusterName}: there is a cluster of that name`);
    }
    const { region, account, clock } = this.#cloud;
    const suffix = type === 'SERVERLESS' ? 's1' : String(this.#random.integer(1, 25));
    const made = `arn:aws:kafka:${region}:${account}:cluster/${clusterName}/${this.#cloud.uuid()}-${suffix}`;
    const instanceType = type === 'SERVERLESS' ? '' : (options.instanceType ?? 'kafka.m7g.large');
    const isElastic = type === 'SERVERLESS' || instanceType.startsWith('express.');
    const createdAtMs = options.createdAtMs ?? clock.nowMs();
    const cluster: Cluster = {
      clusterArn: options.clusterArn ?? made,
      clusterName,
      type,
      instanceType,
      brokers: type === 'SERVERLESS' ? 0 : brokers,
      storage: isElastic
        ? undefined
        : {
            volumeGib,
            storageMode: options.storageMode ?? 'LOCAL',
            ...(throughputMibps === undefined ? {} : { throughputMibps }),
          },
      get volumeGib() {
        return this.storage?.volumeGib;
      },
      monitoring: options.monitoring ?? 'DEFAULT',
      kafkaVersion: options.kafkaVersion ?? '3.8.x',
      tags: { ...options.tags },
      topicDefaults: { ...options.topicDefaults },
      createdAtMs,
      state: 'ACTIVE',
      currentVersion: newVersion(this.#random),
      activeOperationArn: undefined,
      storageAllowedAtMs: 0,
      operations: [],
      sizes: isElastic ? [] : [{ atMs: createdAtMs, gib: volumeGib }],
    };
    const topics = new ClusterTopics(cluster, {
      demand: options.usedBytes ?? demandOf(this.#fill, clusterName),
      switches: this.switches,
      random: this.#random.fork(`topics ${clusterName}`),
      changed: (change) => this.#topicChanged(cluster, change),
    });
    this.#clusters.set(cluster.clusterArn, { cluster, topics, disturbance: undefined });
    if (type === 'PROVISIONED') for (const topic of internalTopics(brokers)) topics.declare(topic, createdAtMs);
    if (!isElastic) this.#measureDisks(cluster, topics.disks);
    return cluster;
  }

  /** A topic as if it had long been there: its share is contained in what the fill model says. */
  createTopic(clusterArn: string, topic: NewTopic): void {
    const { cluster, topics } = this.#entry(clusterArn);
    topics.declare(topic, cluster.createdAtMs);
  }

  /** By somebody else who has a Kafka client: at once, without IAM; the API shows it after its refresh. */
  foreignTopic(clusterArn: string, act: 'create' | 'update' | 'delete', input: Record<string, unknown>): void {
    this.#entry(clusterArn).topics[act](input, this.#cloud.clock.nowMs(), 'foreign');
  }

  /** @throws Error when the test asks for what isn't there */
  cluster(clusterArn: string): Cluster {
    return this.#entry(clusterArn).cluster;
  }

  clusters(): Cluster[] {
    return [...this.#clusters.values()].map(({ cluster }) => cluster);
  }

  /** Names of the topics that are there, whatever the API shows. */
  topicNames(clusterArn: string): string[] {
    return this.#entry(clusterArn).topics.names();
  }

  /** Configs that hold for a topic now, whatever the API shows. */
  topicConfigs(clusterArn: string, name: string): Record<string, string> {
    return this.#entry(clusterArn).topics.configs(name);
  }

  /** Of a cluster of Standard brokers. */
  disks(clusterArn: string): BrokerDisks {
    return this.#entry(clusterArn).topics.disks;
  }

  /** MSK's own doing (HEALING, MAINTENANCE, …); what was before comes back afterwards. */
  setState(clusterArn: string, state: ClusterState, forMs: number): void {
    const entry = this.#entry(clusterArn);
    const disturbance = { state };
    entry.disturbance = disturbance;
    this.#settle(entry);
    this.#cloud.clock.after(forMs, () => {
      if (entry.disturbance !== disturbance) return;
      entry.disturbance = undefined;
      this.#settle(entry);
    });
  }

  /** Somebody updates something else of the cluster: only its version changes. */
  touch(clusterArn: string): void {
    this.cluster(clusterArn).currentVersion = newVersion(this.#random);
  }

  /** A storage change by somebody else: the same rules, no IAM, no request limits. @throws AwsError */
  foreignUpdate(clusterArn: string, change: StorageChange, by = 'foreign'): StorageOperation {
    const cluster = this.cluster(clusterArn);
    return this.#storage.begin(cluster, cluster.currentVersion, change, by);
  }

  /** The next storage operation ends in UPDATE_FAILED; nothing is changed by it. */
  failNextOperation(clusterArn: string, code = 'InternalServerError', message = 'The update failed.'): void {
    this.#storage.failNext(clusterArn, { code, message });
  }

  /** No metrics of a cluster's broker (or of all, or of any cluster) in this time. */
  metricsGap(gap: { clusterArn?: string; brokerId?: number; fromMs: number; toMs: number }): void {
    this.#gaps.push({ ...gap });
  }

  /** For invariants: every storage operation that was accepted, by whomever. */
  onUpdate(listen: (operation: StorageOperation, cluster: Cluster) => void): void {
    this.#storage.onUpdate(listen);
  }

  /** For invariants: every topic that was made, changed or deleted, by whomever. */
  onTopicChange(listen: (change: TopicChange) => void): void {
    this.#topicListeners.push(listen);
  }

  // The API

  /**
   * Resources where both readings of the service authorization reference are satisfied: operations are asked on `*`,
   * topic APIs need kafka:… on cluster and topic besides the guide's kafka-cluster:… [?].
   */
  authorize({ operation, input }: Call): Authorization[] {
    const clusterArn = input['ClusterArn'] as string | undefined;
    const tags = Object.entries(this.#clusters.get(clusterArn ?? '')?.cluster.tags ?? {});
    const context = Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
    const action = `kafka:${operation}`;
    const actions = topicActions[operation];
    if (clusterArn === undefined || operation === 'ListClusterOperationsV2') {
      return [{ action, resources: ['*'], context }];
    }
    if (actions === undefined) return [{ action, resources: [clusterArn], context }];
    const topicArn = relatedArn(clusterArn, 'topic', (input['TopicName'] as string | undefined) ?? '*');
    const resources = operation === 'ListTopics' ? [clusterArn] : [clusterArn, topicArn];
    return [
      { action, resources, context },
      { action: 'kafka-cluster:Connect', resources: [clusterArn], context },
      ...actions.map((name) => ({ action: `kafka-cluster:${name}`, resources: [topicArn], context })),
    ];
  }

  handle(call: Call): unknown {
    const { operation, input } = call;
    switch (operation) {
      case 'DescribeClusterV2':
        return { ClusterInfo: clusterOutput(this.#asked(input).cluster) };
      case 'ListClustersV2':
        return this.#listClusters(input);
      case 'ListClusterOperationsV2':
        return this.#listOperations(input);
      case 'DescribeClusterOperationV2':
        return this.#describeOperation(input);
      case 'UpdateBrokerStorage':
        return this.#updateBrokerStorage(call);
      case 'UpdateStorage':
        return this.#update(call, {
          ...sizeOf(input['VolumeSizeGB']),
          ...throughputOf(input['ProvisionedThroughput']),
          ...(input['StorageMode'] === undefined ? {} : { storageMode: input['StorageMode'] as 'LOCAL' | 'TIERED' }),
        });
      default:
        return this.#topicCall(call);
    }
  }

  #topicCall({ operation, input, principal }: Call): unknown {
    const atMs = this.#cloud.clock.nowMs();
    if (topicActions[operation] === undefined) throw new Error(`the simulated MSK does not know ${operation}`);
    const { cluster, topics } = this.#asked(input);
    checkTopicApis(cluster);
    if (operation === 'CreateTopic') return topics.create(input, atMs, principal.name);
    if (operation === 'UpdateTopic') return topics.update(input, atMs, principal.name);
    if (operation === 'DeleteTopic') return topics.delete(input, atMs, principal.name);
    if (operation === 'DescribeTopic') return topics.describe(input, atMs);
    if (operation === 'ListTopics') {
      const { items, ...token } = page(topics.list(input, atMs), input);
      return { Topics: items, ...token };
    }
    const { items, ...token } = page(topics.partitions(input, atMs), input);
    return { Partitions: items, ...token };
  }

  #listClusters(input: Record<string, unknown>): unknown {
    const prefix = (input['ClusterNameFilter'] as string | undefined) ?? '';
    const type = input['ClusterTypeFilter'];
    const matching = this.clusters().filter(
      (cluster) => cluster.clusterName.startsWith(prefix) && (type === undefined || cluster.type === type),
    );
    const { items, ...token } = page(matching, input);
    return { ClusterInfoList: items.map(clusterOutput), ...token };
  }

  /** Newest first [?]. */
  #listOperations(input: Record<string, unknown>): unknown {
    const { cluster } = this.#asked(input);
    const { items, ...token } = page(cluster.operations.toReversed(), input);
    return { ClusterOperationInfoList: items.map((operation) => operationSummary(cluster, operation)), ...token };
  }

  #describeOperation(input: Record<string, unknown>): unknown {
    const operationArn = input['ClusterOperationArn'] as string;
    for (const cluster of this.clusters()) {
      const operation = cluster.operations.find((one) => one.operationArn === operationArn);
      if (operation !== undefined) return { ClusterOperationInfo: operationOutput(cluster, operation) };
    }
    throw new AwsError('NotFoundException', `The operation ${operationArn} does not exist.`, 404);
  }

  #updateBrokerStorage(call: Call): unknown {
    const [volume, ...more] = (call.input['TargetBrokerEBSVolumeInfo'] ?? []) as Record<string, unknown>[];
    // MSK guide manually-expand-storage: individual brokers can't be chosen; "All" and "ALL" are in use.
    if (volume === undefined || more.length > 0 || String(volume['KafkaBrokerNodeId']).toLowerCase() !== 'all') {
      throw badRequest("The broker ID isn't valid: set KafkaBrokerNodeId to All."); // own words [?]
    }
    return this.#update(call, {
      ...sizeOf(volume['VolumeSizeGB']),
      ...throughputOf(volume['ProvisionedThroughput']),
    });
  }

  #update({ input, principal }: Call, change: StorageChange): unknown {
    const { cluster } = this.#asked(input);
    const operation = this.#storage.begin(cluster, input['CurrentVersion'] as string, change, principal.name);
    return { ClusterArn: cluster.clusterArn, ClusterOperationArn: operation.operationArn };
  }

  /** @throws AwsError; for UpdateBrokerStorage the SDK doesn't declare it [?] */
  #asked(input: Record<string, unknown>): Entry {
    const clusterArn = String(input['ClusterArn']);
    const entry = this.#clusters.get(clusterArn);
    if (entry === undefined) throw new AwsError('NotFoundException', `The cluster ${clusterArn} does not exist.`, 404);
    return entry;
  }

  #entry(clusterArn: string): Entry {
    const entry = this.#clusters.get(clusterArn);
    if (entry === undefined) throw new Error(`no cluster ${clusterArn} in the simulation`);
    return entry;
  }

  #settle({ cluster, disturbance }: Entry): void {
    const own = cluster.activeOperationArn === undefined ? 'ACTIVE' : 'UPDATING';
    cluster.state = disturbance?.state ?? own;
  }

  #topicChanged(cluster: Cluster, change: TopicChange): void {
    if (change.before === undefined) this.#measureTopic(cluster, change.name);
    for (const listen of this.#topicListeners) listen(change);
  }

  #measureDisks(cluster: Cluster, disks: BrokerDisks): void {
    for (let brokerId = 1; brokerId <= cluster.brokers; brokerId++) {
      const dimensions = { 'Cluster Name': cluster.clusterName, 'Broker ID': String(brokerId) };
      this.#register(cluster, 'KafkaDataLogsDiskUsed', dimensions, (atMs) => 100 * disks.usedFraction(brokerId, atMs));
    }
  }

  /** Producers' bytes, counted at the leaders; by share and retention, evenly in time [?]. */
  #measureTopic(cluster: Cluster, name: string): void {
    const { topics } = this.#entry(cluster.clusterArn);
    const topic = topics.data.get(name);
    const isDetailed = cluster.monitoring.startsWith('PER_TOPIC');
    if (!isDetailed || topic === undefined || cluster.storage === undefined) return;
    for (const [brokerId, led] of topic.led) {
      const dimensions = { 'Cluster Name': cluster.clusterName, 'Broker ID': String(brokerId), Topic: name };
      if (this.#metrics.find('AWS/Kafka', 'BytesInPerSec', dimensions) !== undefined) continue;
      this.#register(cluster, 'BytesInPerSec', dimensions, (atMs) => {
        if (!topic.isThere(atMs)) return undefined;
        const copyBytes = topics.disks.topicBytes(topic, atMs) / topic.replicationFactor;
        return copyBytes * topic.ratePerByte * led;
      });
    }
  }

  #register(
    { clusterArn, createdAtMs }: Cluster,
    name: string,
    dimensions: Record<string, string>,
    measure: (atMs: number) => number | undefined,
  ): void {
    const isGap = (atMs: number): boolean =>
      this.#gaps.some(
        (gap) =>
          (gap.clusterArn ?? clusterArn) === clusterArn &&
          (gap.brokerId === undefined || String(gap.brokerId) === dimensions['Broker ID']) &&
          gap.fromMs <= atMs &&
          atMs < gap.toMs,
      );
    this.#metrics.register(
      new MskSeries(name, dimensions, (atMs) => (atMs < createdAtMs || isGap(atMs) ? undefined : measure(atMs))),
    );
  }
}

/** MSK guide msk-topic-operations-information; the words are our own [?]. */
function checkTopicApis(cluster: Cluster): void {
  if (cluster.type === 'SERVERLESS') throw badRequest("This operation isn't supported for serverless clusters.");
  const [major = 0, minor = 0] = cluster.kafkaVersion.split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 6)) {
    throw badRequest('This operation needs Apache Kafka version 3.6.0 or later.');
  }
  if (cluster.state !== 'ACTIVE') {
    throw badRequest(`The cluster is in the ${cluster.state} state. This operation needs the ACTIVE state.`);
  }
}

function sizeOf(gib: unknown): { volumeGib?: number } {
  return gib === undefined ? {} : { volumeGib: gib as number };
}

function throughputOf(given: unknown): Pick<StorageChange, 'throughput'> {
  if (given === undefined) return {};
  const { Enabled, VolumeThroughput } = given as { Enabled?: boolean; VolumeThroughput?: number };
  const mibps = VolumeThroughput === undefined ? {} : { mibps: VolumeThroughput };
  return { throughput: { isEnabled: Enabled === true, ...mibps } };
}

/**
 * The topics of one cluster, as the topic APIs show and change them (SDK kafka; MSK guide msk-topic-operations-information):
 * provisioned clusters of Kafka 3.6 or later that are ACTIVE. Brokers obey a change at once; the API's answers "reflect data
 * that updates approximately every minute", so a description right after a change still shows what was.
 */
import type { Random } from '../../random.ts';
import { AwsError } from '../service.ts';
import { decodeConfigs, encodeConfigs, type Configs, type ConfigsFormat } from './configs.ts';
import { BrokerDisks, type Demand } from './disk.ts';
import { relatedArn, type Cluster } from './model.ts';
import { badRequest } from './storage.ts';
import { kafkaDefaults, TopicData, type Partition } from './topic-data.ts';

const minute = 60_000;

/** Both readings of what is not documented. */
export interface TopicSwitches {
  configsFormat: ConfigsFormat;
  /**
   * What UpdateTopic makes of configs that it is not given: kept or reset. Terraform's documentation speaks of "historically
   * set values" among those that a topic shows, which means kept [?].
   */
  updateConfigs: 'merge' | 'replace';
  /** What DescribeTopic shows: all values that hold ("server-augmented", Terraform's topic.go), or those that were set [?]. */
  describeConfigs: 'effective' | 'set';
}

export interface TopicChange {
  clusterArn: string;
  name: string;
  atMs: number;
  /** Configs that were set; undefined: the topic was not there, or is no longer. */
  before: Configs | undefined;
  after: Configs | undefined;
  /** Who did it: a principal's name, `world` for a test. */
  by: string;
}

export interface NewTopic {
  name: string;
  partitions: number;
  replicationFactor: number;
  /** As set explicitly. */
  configs?: Configs;
  /** Part of the cluster's data, 0..1: contained in what the fill model says. Default 0. */
  share?: number;
  /** Brokers of each partition, the leader first. Default: round the brokers from a seeded one, as Kafka does. */
  replicas?: number[][];
  /** Part of the topic's bytes of each partition; need not add up to 1. Default: all alike. */
  weights?: number[];
}

interface Topic {
  name: string;
  partitions: Partition[];
  replicationFactor: number;
  configs: Configs;
}

export class ClusterTopics {
  readonly data = new Map<string, TopicData>();
  readonly disks: BrokerDisks;
  readonly #cluster: Cluster;
  readonly #switches: TopicSwitches;
  readonly #random: Random;
  readonly #refreshOffsetMs: number;
  readonly #changed: (change: TopicChange) => void;
  readonly #topics = new Map<string, Topic>();
  /** What the API shows, oldest first; undefined: no such topic. */
  readonly #views = new Map<string, { fromMs: number; topic: Topic | undefined }[]>();

  constructor(
    cluster: Cluster,
    options: { demand: Demand; switches: TopicSwitches; random: Random; changed: (change: TopicChange) => void },
  ) {
    this.#cluster = cluster;
    this.#switches = options.switches;
    this.#random = options.random;
    this.#refreshOffsetMs = options.random.integer(0, minute - 1);
    this.#changed = options.changed;
    this.disks = new BrokerDisks(cluster, this.data, options.demand);
  }

  /** A test's or scenario's topic, as if it had long been there. */
  declare(topic: NewTopic, atMs: number): void {
    const { share = 0 } = topic;
    let shares = share;
    for (const data of this.data.values()) shares += data.share;
    if (shares > 1 + 1e-9) throw new RangeError(`${topic.name}: the topics' shares add up to ${shares}`);
    const made = this.#add(topic, atMs, 'world');
    this.#views.set(topic.name, [{ fromMs: atMs, topic: { ...made } }]);
  }

  names(): string[] {
    return [...this.#topics.keys()].sort();
  }

  /** Configs that hold for the topic: its own, the cluster's defaults, Kafka's. */
  configs(name: string): Configs {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new Error(`no topic ${name} in ${this.#cluster.clusterName}`);
    return this.#effective(topic.configs);
  }

  create(input: Record<string, unknown>, atMs: number, by: string): unknown {
    const name = String(input['TopicName']);
    // Its own class in the SDK.
    if (this.#topics.has(name)) throw new AwsError('TopicExistsException', `Topic '${name}' already exists.`, 409);
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
      throw badRequest(`Topic name '${name}' is invalid.`);
    }
    const partitions = Number(input['PartitionCount']);
    const replicationFactor = Number(input['ReplicationFactor']);
    if (!(Number.isInteger(partitions) && partitions >= 1)) throw badRequest('The partition count must be at least 1.');
    if (!(replicationFactor >= 1 && replicationFactor <= this.#cluster.brokers)) {
      throw badRequest(`Replication factor: ${replicationFactor} larger than available brokers.`);
    }
    const configs = input['Configs'] === undefined ? {} : decodeConfigs(input['Configs'], this.#switches.configsFormat);
    this.#add({ name, partitions, replicationFactor, configs }, atMs, by);
    return this.#answer(name, 'CREATING');
  }

  update(input: Record<string, unknown>, atMs: number, by: string): unknown {
    const topic = this.#own(input);
    const { Configs: text, PartitionCount: count } = input;
    // Its words are quoted by terraform-provider-aws, topic.go.
    if ((text === undefined) === (count === undefined)) {
      throw badRequest('You must specify either configs or partitionCount to update.');
    }
    const before = topic.configs;
    if (text === undefined) {
      this.#addPartitions(topic, Number(count));
    } else {
      const given = decodeConfigs(text, this.#switches.configsFormat);
      topic.configs = this.#switches.updateConfigs === 'merge' ? { ...before, ...given } : given;
      const data = this.data.get(topic.name);
      data?.retain(this.#effective(topic.configs), atMs, this.disks.topicBytes(data, atMs));
    }
    this.#show(topic.name, atMs);
    this.#tell(topic.name, atMs, by, before, topic.configs);
    return this.#answer(topic.name, 'UPDATING');
  }

  delete(input: Record<string, unknown>, atMs: number, by: string): unknown {
    const { name, configs } = this.#own(input);
    this.#topics.delete(name);
    this.data.get(name)?.delete(atMs);
    this.#show(name, atMs);
    this.#tell(name, atMs, by, configs, undefined);
    return this.#answer(name, 'DELETING');
  }

  describe(input: Record<string, unknown>, atMs: number): unknown {
    const topic = this.#seen(String(input['TopicName']), atMs);
    if (topic === undefined) throw notFound(input);
    const { configsFormat, describeConfigs } = this.#switches;
    const configs = describeConfigs === 'effective' ? this.#effective(topic.configs) : topic.configs;
    return {
      ...this.#answer(topic.name, 'ACTIVE'),
      ReplicationFactor: topic.replicationFactor,
      PartitionCount: topic.partitions.length,
      Configs: encodeConfigs(configs, configsFormat),
    };
  }

  /** In the order of partitions. */
  partitions(input: Record<string, unknown>, atMs: number): Record<string, unknown>[] {
    const topic = this.#seen(String(input['TopicName']), atMs);
    if (topic === undefined) throw notFound(input);
    return topic.partitions.map(({ replicas }, Partition) => ({
      Partition,
      Leader: replicas[0],
      Replicas: [...replicas],
      Isr: [...replicas],
    }));
  }

  /** In the order of names; internal topics are among them [?]. */
  list(input: Record<string, unknown>, atMs: number): Record<string, unknown>[] {
    const prefix = (input['TopicNameFilter'] as string | undefined) ?? '';
    return [...this.#views.keys()].sort().flatMap((name) => {
      const topic = name.startsWith(prefix) ? this.#seen(name, atMs) : undefined;
      if (topic === undefined) return [];
      return {
        TopicArn: this.#arn(name),
        TopicName: name,
        ReplicationFactor: topic.replicationFactor,
        PartitionCount: topic.partitions.length,
        OutOfSyncReplicaCount: 0,
      };
    });
  }

  #add(topic: NewTopic, atMs: number, by: string): Topic {
    const { name, replicationFactor, configs = {} } = topic;
    const partitions = this.#place(topic);
    const made = { name, partitions, replicationFactor, configs: { ...configs } };
    this.#topics.set(name, made);
    const effective = this.#effective(configs);
    const former = this.data.get(name);
    if (former === undefined) {
      const { share = 0 } = topic;
      this.data.set(name, new TopicData({ name, share, partitions, replicationFactor, configs: effective, atMs }));
    } else {
      former.revive(effective, atMs, this.disks.topicBytes(former, atMs));
    }
    this.#show(name, atMs);
    this.#tell(name, atMs, by, undefined, configs);
    return made;
  }

  #place({ partitions, replicationFactor, replicas, weights }: NewTopic): Partition[] {
    const { brokers } = this.#cluster;
    const first = this.#random.integer(0, brokers - 1);
    const sum = weights?.reduce((total, weight) => total + weight, 0) ?? partitions;
    return Array.from({ length: partitions }, (_, partition) => ({
      replicas:
        replicas?.[partition] ??
        Array.from({ length: replicationFactor }, (_each, replica) => ((first + partition + replica) % brokers) + 1),
      weight: (weights?.[partition] ?? 1) / sum,
    }));
  }

  /** New partitions begin empty: they weigh nothing here. */
  #addPartitions(topic: Topic, count: number): void {
    const { partitions, replicationFactor } = topic;
    if (!(Number.isInteger(count) && count > partitions.length)) {
      throw badRequest(`Topic '${topic.name}' has ${partitions.length} partitions: the count can only be increased.`);
    }
    const more = { name: topic.name, partitions: count - partitions.length, replicationFactor };
    topic.partitions = [...partitions, ...this.#place(more).map(({ replicas }) => ({ replicas, weight: 0 }))];
  }

  #effective(configs: Configs): Configs {
    return { ...kafkaDefaults, ...this.#cluster.topicDefaults, ...configs };
  }

  #own(input: Record<string, unknown>): Topic {
    const topic = this.#topics.get(String(input['TopicName']));
    if (topic === undefined) throw notFound(input);
    return topic;
  }

  #seen(name: string, atMs: number): Topic | undefined {
    return this.#views.get(name)?.findLast(({ fromMs }) => fromMs <= atMs)?.topic;
  }

  /** Seen from the next refresh on. */
  #show(name: string, atMs: number): void {
    const topic = this.#topics.get(name);
    const fromMs = (Math.floor((atMs - this.#refreshOffsetMs) / minute) + 1) * minute + this.#refreshOffsetMs;
    const views = (this.#views.get(name) ?? []).filter((view) => view.fromMs < fromMs);
    this.#views.set(name, [...views, { fromMs, topic: topic === undefined ? undefined : { ...topic } }]);
  }

  #tell(name: string, atMs: number, by: string, before: Configs | undefined, after: Configs | undefined): void {
    this.#changed({ clusterArn: this.#cluster.clusterArn, name, atMs, before, after, by });
  }

  #answer(name: string, status: string): Record<string, unknown> {
    return { TopicArn: this.#arn(name), TopicName: name, Status: status };
  }

  /** Nothing in it tells a topic from one of the same name that was there before (MSK guide describe-topic-cli). */
  #arn(name: string): string {
    return relatedArn(this.#cluster.clusterArn, 'topic', name);
  }
}

function notFound(input: Record<string, unknown>): AwsError {
  return new AwsError('NotFoundException', `Topic '${String(input['TopicName'])}' does not exist.`, 404);
}

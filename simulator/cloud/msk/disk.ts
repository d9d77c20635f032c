/** How full the brokers' volumes are: what the fill model wants, less what topics no longer keep, at most the volume. */
import { bytesPerGib } from '../../fill/fill-model.ts';
import type { FillModel } from '../../fill/index.ts';
import { brokerVolumeId, type Cluster } from './model.ts';
import type { TopicData } from './topic-data.ts';

const minute = 60_000;

/** Bytes that a broker's volume wants to hold. */
export type Demand = (brokerId: number, atMs: number) => number;

export class BrokerDisks {
  readonly #cluster: Cluster;
  readonly #demand: Demand;
  readonly #topics: ReadonlyMap<string, TopicData>;
  readonly #full = new Map<number, { minutes: number; countedUntilMs: number }>();

  constructor(cluster: Cluster, topics: ReadonlyMap<string, TopicData>, demand: Demand) {
    this.#cluster = cluster;
    this.#topics = topics;
    this.#demand = demand;
  }

  sizeBytes(atMs: number): number {
    const { sizes } = this.#cluster;
    const size = sizes.findLast((entry) => entry.atMs <= atMs) ?? sizes[0];
    return (size?.gib ?? 0) * bytesPerGib;
  }

  usedBytes(brokerId: number, atMs: number): number {
    return Math.min(this.#wanted(brokerId, atMs), this.sizeBytes(atMs));
  }

  /** 0..1: a full volume stays at 1. */
  usedFraction(brokerId: number, atMs: number): number {
    return this.usedBytes(brokerId, atMs) / this.sizeBytes(atMs);
  }

  /** Of the fullest broker. */
  mostUsedFraction(atMs: number): number {
    let most = 0;
    for (let brokerId = 1; brokerId <= this.#cluster.brokers; brokerId++) {
      most = Math.max(most, this.usedFraction(brokerId, atMs));
    }
    return most;
  }

  /** Minutes in which a broker's volume was full, since the cluster was made. */
  minutesFull(brokerId: number, nowMs: number): number {
    const count = this.#full.get(brokerId) ?? { minutes: 0, countedUntilMs: this.#cluster.createdAtMs };
    this.#full.set(brokerId, count);
    for (; count.countedUntilMs + minute <= nowMs; count.countedUntilMs += minute) {
      if (this.#wanted(brokerId, count.countedUntilMs) >= this.sizeBytes(count.countedUntilMs)) count.minutes += 1;
    }
    return count.minutes;
  }

  /** What the fill model counts for a topic on all brokers, whatever its retention is now. */
  topicBytes(topic: TopicData, atMs: number): number {
    let bytes = 0;
    for (const brokerId of topic.copies.keys()) {
      bytes += this.#demand(brokerId, atMs) * (this.#weight(topic, brokerId) / this.#total(brokerId));
    }
    return bytes;
  }

  #wanted(brokerId: number, atMs: number): number {
    let missing = 0;
    for (const topic of this.#topics.values()) {
      missing += this.#weight(topic, brokerId) * (1 - topic.kept(atMs));
    }
    return Math.max(0, this.#demand(brokerId, atMs) * (1 - missing / this.#total(brokerId)));
  }

  /** The topic's share where its replicas lie evenly; more on a broker that holds more of them. */
  #weight({ share, copies, replicationFactor }: TopicData, brokerId: number): number {
    return (share * (copies.get(brokerId) ?? 0) * this.#cluster.brokers) / replicationFactor;
  }

  /** All that lies on the broker, in the same measure: the topics and what no topic was declared for. */
  #total(brokerId: number): number {
    let shares = 0;
    let weights = 0;
    for (const topic of this.#topics.values()) {
      shares += topic.share;
      weights += this.#weight(topic, brokerId);
    }
    return Math.max(0, 1 - shares) + weights || 1;
  }
}

/** The fill model's word for it. */
export const demandOf =
  (fill: FillModel, clusterName: string): Demand =>
  (brokerId, atMs) =>
    fill.usedBytes(brokerVolumeId(clusterName, brokerId), atMs);

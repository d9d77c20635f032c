/**
 * How much of a topic's data lies on the brokers, and what its retention makes of it. The fill model says how much a
 * broker's volume wants to hold with every topic as it was declared; a topic's `kept` says what part of its own is there
 * now: retention shortened, given back, the topic deleted.
 *
 * Model, own assumptions [?]: a topic's bytes are its share of the ingress times its retention. Shortened, they fall to
 * the new level within `reliefMs`; given back, they grow by what arrives, that is linearly over the former retention.
 */
import { dayMs } from '../../fill/fill-model.ts';
import { reliefMs } from '../../fill/index.ts';

export interface Partition {
  /** Broker ids, the leader first. */
  replicas: number[];
  /** Part of the topic's bytes, 0..1. */
  weight: number;
}

/** Kafka documentation, topic configs: the defaults that matter here and that a description shows. */
export const kafkaDefaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'max.message.bytes': '1048588',
  'min.insync.replicas': '1',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'segment.bytes': '1073741824',
  'segment.ms': '604800000',
};

/** `file.delete.delay.ms`: 60 s (Kafka documentation, topic configs, default). */
const deleteDelayMs = 60_000;
/** What is taken for a retention without an end, or of a compacted topic. */
const endlessMs = 30 * dayMs;

interface Retention {
  ms: number;
  /** Of each partition; Infinity: no limit. */
  bytes: number;
}

/** One topic's data, under its name: it survives the topic, as its producers do. */
export class TopicData {
  readonly name: string;
  /** Part of all data of the cluster, 0..1. */
  readonly share: number;
  /** Partition replicas that lie on a broker, by their weight: 1 is one full copy of the topic. */
  readonly copies: ReadonlyMap<number, number>;
  /** The same for leaders. */
  readonly led: ReadonlyMap<number, number>;
  /** When the topic was there. */
  readonly lives: { fromMs: number; toMs: number }[];
  readonly replicationFactor: number;
  readonly #base: Retention;
  readonly #replicas: number;
  readonly #pieces: { fromMs: number; from: number; toMs: number; to: number }[] = [];

  constructor(topic: {
    name: string;
    share: number;
    partitions: readonly Partition[];
    replicationFactor: number;
    configs: Readonly<Record<string, string>>;
    atMs: number;
  }) {
    this.name = topic.name;
    this.share = topic.share;
    const copies = new Map<number, number>();
    const led = new Map<number, number>();
    for (const { replicas, weight } of topic.partitions) {
      for (const broker of replicas) add(copies, broker, weight);
      add(led, replicas[0], weight);
    }
    this.copies = copies;
    this.led = led;
    this.replicationFactor = topic.replicationFactor;
    this.lives = [{ fromMs: topic.atMs, toMs: Infinity }];
    this.#base = retentionOf(topic.configs);
    this.#replicas = topic.partitions.length * topic.replicationFactor;
  }

  /** What of the data that the fill model counts is there, 0 or more. */
  kept(atMs: number): number {
    const piece = this.#pieces.findLast(({ fromMs }) => fromMs <= atMs);
    if (piece === undefined) return 1;
    const { fromMs, from, toMs, to } = piece;
    return atMs >= toMs ? to : from + ((to - from) * (atMs - fromMs)) / (toMs - fromMs);
  }

  isThere(atMs: number): boolean {
    return this.lives.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  }

  /** Bytes that arrive for each byte on one full copy of it, per second. */
  get ratePerByte(): number {
    return 1_000 / this.#base.ms;
  }

  /**
   * The configs have changed.
   * @param totalBytes what the fill model counts for the topic now, all replicas
   */
  retain(configs: Readonly<Record<string, string>>, atMs: number, totalBytes: number): void {
    const { ms, bytes } = retentionOf(configs);
    const partitionBytes = this.#replicas === 0 ? 0 : totalBytes / this.#replicas;
    const baseBytes = Number.isFinite(this.#base.bytes) ? this.#base.bytes : partitionBytes;
    const byBytes = Number.isFinite(bytes) && baseBytes > 0 ? bytes / baseBytes : Infinity;
    const target = Math.min(ms / this.#base.ms, byBytes);
    const from = this.kept(atMs);
    if (target === from && this.#pieces.length === 0) return;
    const lastsMs = target <= from ? reliefMs : (target - from) * this.#base.ms;
    this.#pieces.push({ fromMs: atMs, from, toMs: atMs + lastsMs, to: target });
  }

  delete(atMs: number): void {
    const life = this.lives.at(-1);
    if (life !== undefined) life.toMs = atMs;
    this.#pieces.push({ fromMs: atMs, from: this.kept(atMs), toMs: atMs + deleteDelayMs, to: 0 });
  }

  /** Created anew: empty, then filled by the same producers. */
  revive(configs: Readonly<Record<string, string>>, atMs: number, totalBytes: number): void {
    this.lives.push({ fromMs: atMs, toMs: Infinity });
    this.#pieces.push({ fromMs: atMs, from: 0, toMs: atMs, to: 0 });
    this.retain(configs, atMs, totalBytes);
  }
}

function add(map: Map<number, number>, broker: number | undefined, weight: number): void {
  if (broker !== undefined) map.set(broker, (map.get(broker) ?? 0) + weight);
}

/** Compacted topics are kept by their keys, whatever the retention says (Kafka documentation, `cleanup.policy`). */
function retentionOf(configs: Readonly<Record<string, string>>): Retention {
  const value = (name: string): number => Number(configs[name] ?? kafkaDefaults[name]);
  const deletes = (configs['cleanup.policy'] ?? 'delete').split(',').some((policy) => policy.trim() === 'delete');
  if (!deletes) return { ms: endlessMs, bytes: Infinity };
  const ms = value('retention.ms');
  const bytes = value('retention.bytes');
  return { ms: ms < 0 ? endlessMs : ms, bytes: bytes < 0 ? Infinity : bytes };
}

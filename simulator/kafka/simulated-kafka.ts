/**
 * The admin side of a Kafka cluster of version 3.3 or later, as `KafkaConnector` sees it: topics with ids, configs with
 * their sources, what lies on the disks. Data is told by whoever makes the world (`held`): nothing is produced here.
 * Compared with real brokers by one suite (test/contracts/kafka-topics.contract.ts).
 */
import { createHash } from 'node:crypto';
import type { KafkaConnector, KafkaSession, SeenLogDir, SeenTopic } from '../../functions/runtime/kafka-connector.ts';

/** Kafka documentation, topic configs: defaults that matter here. */
const kafkaDefaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'max.message.bytes': '1048588',
  'remote.storage.enable': 'false',
  'retention.bytes': '-1',
  'retention.ms': '604800000',
  'segment.bytes': '1073741824',
};

export interface SimulatedDisk {
  brokerId: number;
  path: string;
  totalBytes: () => number;
  usableBytes: () => number;
}

interface TopicState {
  id: string;
  configs: Map<string, string>;
  partitions: SeenTopic['partitions'];
}

export interface SimulatedKafkaOptions {
  /** `host:port` of all brokers; a session needs one of them. */
  listeners: readonly string[];
  security?: 'plaintext' | 'tls';
  disks: readonly SimulatedDisk[];
  /** What the brokers say of topics that don't say it themselves. */
  brokerConfigs?: Readonly<Record<string, string>>;
  /** Bytes that a replica holds now. */
  held?: (topic: string, partition: number, disk: SimulatedDisk, configs: Readonly<Record<string, string>>) => number;
}

/** What the next calls meet: `lost` takes effect and is not answered. */
type Trouble = 'lost' | 'silent' | { apiId: string };

export class SimulatedKafka {
  readonly #options: SimulatedKafkaOptions;
  readonly #topics = new Map<string, TopicState>();
  readonly #locked = new Set<string>();
  readonly #trouble: { call: keyof KafkaSession; trouble: Trouble }[] = [];
  #created = 0;
  /** Sessions that are not closed. */
  open = 0;
  isDown = false;

  constructor(options: SimulatedKafkaOptions) {
    this.#options = options;
  }

  listensAt(bootstrapServers: readonly string[]): boolean {
    return bootstrapServers.some((server) => this.#options.listeners.includes(server));
  }

  createTopic(name: string, { partitions = 1, replicas = 1, configs = {} }: NewSimulatedTopic = {}): void {
    const brokers = [...new Set(this.#options.disks.map(({ brokerId }) => brokerId))];
    this.#topics.set(name, {
      id: uuidOf(`${name} ${++this.#created}`),
      configs: new Map(Object.entries(configs)),
      partitions: Array.from({ length: partitions }, (_, partition) => {
        const holders = Array.from({ length: replicas }, (_one, at) => brokers[(partition + at) % brokers.length] ?? 1);
        return { partition, leader: holders[0] ?? -1, replicas: holders };
      }),
    });
  }

  deleteTopic(name: string): void {
    this.#topics.delete(name);
  }

  /** Only somebody else may touch this topic from now on. */
  lock(name: string): void {
    this.#locked.add(name);
  }

  /** The next such call meets it. */
  trouble(call: keyof KafkaSession, trouble: Trouble): void {
    this.#trouble.push({ call, trouble });
  }

  readonly connector: KafkaConnector = async (address) => {
    const { security = 'plaintext' } = this.#options;
    if (this.isDown || !this.listensAt(address.bootstrapServers))
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    if (address.security !== security)
      throw Object.assign(new Error('the listener speaks otherwise'), { code: 'PLT_KFK_USER' });
    this.open++;
    return Promise.resolve({
      topics: (names) => this.#met('topics', () => this.#seen(names)),
      configs: (topic) =>
        this.#met('configs', () => {
          const { configs } = this.#standing(topic);
          const all = { ...kafkaDefaults, ...this.#options.brokerConfigs, ...Object.fromEntries(configs) };
          return Object.entries(all).map(([name, value]) => ({ name, value, isOwn: configs.has(name) }));
        }),
      logDirs: () => this.#met('logDirs', () => this.#options.disks.map((disk) => this.#logDir(disk))),
      alterConfigs: (topic, changes) => this.#met('alterConfigs', () => this.#alter(topic, changes)),
      close: () => {
        this.open--;
        return Promise.resolve();
      },
    });
  };

  async #met<T>(call: keyof KafkaSession, work: () => T): Promise<T> {
    const at = this.#trouble.findIndex((one) => one.call === call);
    const [met] = at === -1 ? [] : this.#trouble.splice(at, 1);
    if (typeof met?.trouble === 'object') throw protocolError(met.trouble.apiId, call);
    const answer = met?.trouble === 'silent' ? undefined : work();
    if (met !== undefined) throw Object.assign(new Error('Request timed out'), { code: 'PLT_KFK_NETWORK' });
    return Promise.resolve(answer as T);
  }

  #seen(names: readonly string[] | null): SeenTopic[] {
    const found = names ?? [...this.#topics.keys()].filter((name) => !this.#locked.has(name));
    return found.map((name): SeenTopic => {
      try {
        const { id, partitions } = this.#standing(name);
        return { name, id, partitions: structuredClone(partitions) };
      } catch (error) {
        return { name, id: '', error: (error as { apiId: string }).apiId, partitions: [] };
      }
    });
  }

  #standing(name: string): TopicState {
    if (this.#locked.has(name)) throw protocolError('TOPIC_AUTHORIZATION_FAILED', name);
    // Kafka's names: letters, digits, '.', '_' and '-', at most 249.
    if (!/^[\w.-]{1,249}$/.test(name)) throw protocolError('INVALID_TOPIC_EXCEPTION', name);
    const topic = this.#topics.get(name);
    if (topic === undefined) throw protocolError('UNKNOWN_TOPIC_OR_PARTITION', name);
    return topic;
  }

  #alter(topic: string, changes: Readonly<Record<string, string | null>>): void {
    const { configs } = this.#standing(topic);
    for (const [name, value] of Object.entries(changes))
      if (value !== null && /\.(ms|bytes)$/.test(name) && !/^-?\d+$/.test(value))
        throw protocolError('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}`);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) configs.delete(name);
      else configs.set(name, value);
    }
  }

  #logDir(disk: SimulatedDisk): SeenLogDir {
    const { held = () => 0, brokerConfigs } = this.#options;
    const replicas = [...this.#topics].flatMap(([topic, { partitions, configs }]) => {
      const effective = { ...kafkaDefaults, ...brokerConfigs, ...Object.fromEntries(configs) };
      return partitions
        .filter((one) => one.replicas.includes(disk.brokerId))
        .map(({ partition }) => ({ topic, partition, bytes: Math.round(held(topic, partition, disk, effective)) }));
    });
    const { brokerId, path } = disk;
    return { brokerId, path, totalBytes: disk.totalBytes(), usableBytes: disk.usableBytes(), replicas };
  }
}

export interface NewSimulatedTopic {
  partitions?: number;
  replicas?: number;
  configs?: Readonly<Record<string, string>>;
}

function protocolError(apiId: string, message: string): Error {
  return Object.assign(new Error(message), { apiId });
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

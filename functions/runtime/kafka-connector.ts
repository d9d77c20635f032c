/**
 * The part of a Kafka client that gateways use, in Kafka's own terms and without its library: a session with a cluster's
 * brokers. Production opens sockets; the simulator answers itself (`Runtime.kafka`).
 *
 * A broker's refusal is thrown as an error with `apiId`, the error's name in Kafka's protocol, e.g.
 * `UNKNOWN_TOPIC_OR_PARTITION`; other errors have a `code`.
 */

/** Where a cluster's brokers listen, as the fleet file says it. */
export interface KafkaAddress {
  /** `host:port`, asked in this order until one answers. */
  bootstrapServers: readonly string[];
  security: 'plaintext' | 'tls';
  /** PEM; trusted instead of the public authorities. */
  certificateAuthorities?: string;
}

export interface SeenTopic {
  name: string;
  /** UUID. */
  id: string;
  /** Its error's name in Kafka's protocol; the other fields mean nothing then. */
  error?: string;
  /** `leader` is -1 where there is none. */
  partitions: { partition: number; leader: number; replicas: number[] }[];
}

export interface SeenConfig {
  name: string;
  /** Null where Kafka doesn't show it. */
  value: string | null;
  /** Set on the topic itself, not inherited from a broker or built in. */
  isOwn: boolean;
}

export interface SeenLogDir {
  brokerId: number;
  path: string;
  /** Its error's name in Kafka's protocol, e.g. KAFKA_STORAGE_ERROR: that disk is offline. */
  error?: string;
  /** Of the file system it lies on; absent where the broker doesn't tell. */
  totalBytes?: number;
  usableBytes?: number;
  replicas: { topic: string; partition: number; bytes: number }[];
}

export interface KafkaSession {
  /** All topics, or these. A topic that does not exist has its `error`. */
  topics(names: readonly string[] | null): Promise<SeenTopic[]>;
  /** The effective configs. */
  configs(topic: string): Promise<SeenConfig[]>;
  /** Of every broker that the cluster knows; one that does not answer fails the whole. */
  logDirs(): Promise<SeenLogDir[]>;
  /** Sent once. Null: the topic's own value is taken away. */
  alterConfigs(topic: string, configs: Readonly<Record<string, string | null>>): Promise<void>;
  /** Never fails. */
  close(): Promise<void>;
}

/** Fails where no bootstrap server answers. */
export type KafkaConnector = (address: KafkaAddress) => Promise<KafkaSession>;

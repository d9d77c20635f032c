/**
 * Topics of a Kafka cluster through its own protocol, asked from within its network. Unlike MSK's topic APIs it says
 * which configs are a topic's own, gives each topic a UUID and knows what lies on the disks; answers are of this moment.
 */
import type { KafkaAddress, KafkaConnector, KafkaSession, SeenTopic } from '../runtime/kafka-connector.ts';
import type { Wire } from '../runtime/runtime.ts';
import type { Effect } from './classify.ts';
import { TopicNotFound, UnknownKafkaError } from './faults.ts';
import { toKafkaFault } from './kafka-faults.ts';
import { openKafkaSession } from './kafka-session.ts';
import type { KafkaTopics, LogDir, Topic } from './types.ts';

/** Bounds of what fits into a synchronous answer of Lambda, 6 MB [SDK lambda InvocationRequest]. */
const TOPICS_MAX = 20_000;
const REPLICAS_MAX = 150_000;

/** A disk that the broker gave up; its replicas can't be counted and it does not fill. */
const OFFLINE = 'KAFKA_STORAGE_ERROR';

/** Those that say of a topic that it isn't there. */
const GONE: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INVALID_TOPIC_EXCEPTION',
]);

export const kafkaTopicsGateway: Wire<KafkaTopics> = (runtime) => kafkaTopics(runtime.kafka ?? openKafkaSession);

/**
 * @throws TopicNotFound, AccessDenied, ListenerMismatch, BrokersUnsupported, UnknownRefusal, Throttled,
 *   ServiceUnavailable (reads, and before anything was sent), AnswerLost (`alter` only), UnknownKafkaError
 */
export function kafkaTopics(connect: KafkaConnector): KafkaTopics {
  const session = async <T>(
    address: KafkaAddress,
    effect: Effect,
    use: (session: KafkaSession) => Promise<T>,
  ): Promise<T> => {
    const opened = await faulty(connect(address), 'read');
    try {
      return await faulty(use(opened), effect);
    } finally {
      await opened.close();
    }
  };

  return {
    list: (address) =>
      session(address, 'read', async (kafka) => {
        const seen = await kafka.topics(null);
        if (seen.length > TOPICS_MAX)
          throw new UnknownKafkaError(`the cluster has ${seen.length} topics, not at most ${TOPICS_MAX}`);
        return seen
          .filter(({ error }) => error === undefined)
          .map(toTopic)
          .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      }),

    describe: (address, name) =>
      session(address, 'read', async (kafka) => {
        const topic = await find(kafka, name);
        if (topic === undefined) return undefined;
        try {
          const shown = (await kafka.configs(name)).filter(({ value }) => value !== null);
          return {
            ...toTopic(topic),
            configs: Object.fromEntries(shown.map((config) => [config.name, config.value ?? ''])),
            own: shown.filter(({ isOwn }) => isOwn).map((config) => config.name),
          };
        } catch (error) {
          // Deleted between the two questions.
          if (toKafkaFault(error, 'read') instanceof TopicNotFound) return undefined;
          throw error;
        }
      }),

    placement: (address, name) =>
      session(address, 'read', async (kafka) => {
        const topic = await find(kafka, name);
        return (topic?.partitions ?? []).toSorted((a, b) => a.partition - b.partition);
      }),

    sizes: (address) =>
      session(address, 'read', async (kafka) => {
        const dirs = (await kafka.logDirs()).filter(({ error }) => error !== OFFLINE);
        const failed = dirs.find(({ error }) => error !== undefined);
        if (failed !== undefined)
          throw Object.assign(new Error(`${failed.path} of broker ${failed.brokerId}`), { apiId: failed.error });
        const replicas = dirs.reduce((sum, dir) => sum + dir.replicas.length, 0);
        if (replicas > REPLICAS_MAX)
          throw new UnknownKafkaError(`the cluster has ${replicas} replicas, not at most ${REPLICAS_MAX}`);
        return dirs.map(({ brokerId, path, totalBytes, usableBytes, replicas: held }) => ({
          brokerId,
          path,
          ...(totalBytes !== undefined && { totalBytes }),
          ...(usableBytes !== undefined && { usableBytes }),
          replicaBytes: byTopic(held),
        }));
      }),

    alter: (address, name, configs) => session(address, 'mutation', async (kafka) => kafka.alterConfigs(name, configs)),
  };
}

async function faulty<T>(call: Promise<T>, effect: Effect): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toKafkaFault(error, effect);
  }
}

/** Never creates it: `auto.create.topics.enable` is not asked for. */
async function find(kafka: KafkaSession, name: string): Promise<SeenTopic | undefined> {
  const [topic] = await kafka.topics([name]);
  if (topic?.error === undefined) return topic;
  if (GONE.has(topic.error)) return undefined;
  throw Object.assign(new Error(`topic ${name}`), { apiId: topic.error });
}

function toTopic({ name, id, partitions }: SeenTopic): Topic {
  return {
    name,
    id,
    partitions: partitions.length,
    // The same for all of them, except while one is reassigned.
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    configs: {},
  };
}

function byTopic(replicas: readonly { topic: string; partition: number; bytes: number }[]): LogDir['replicaBytes'] {
  const found = new Map<string, Record<number, number>>();
  for (const { topic, partition, bytes } of replicas) {
    const held = found.get(topic) ?? {};
    held[partition] = bytes;
    found.set(topic, held);
  }
  return Object.fromEntries(found);
}

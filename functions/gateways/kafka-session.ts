/**
 * Sessions with Kafka's brokers over sockets: the only file that knows the Kafka library. It uses the library's protocol
 * calls on connections of its own: its admin client hides the topics' ids from listings and fails a whole answer
 * because of one partition without a leader. Requests are sent once; a session is closed at the end of an invocation.
 *
 * Brokers of Kafka 3.3 or later: the first version that tells how large a log directory's file system is (KIP-827).
 */
import { isIP } from 'node:net';
import {
  apiVersionsV3,
  ConfigResourceTypes,
  ConfigSources,
  Connection,
  describeConfigsV4,
  describeLogDirsV4,
  IncrementalAlterConfigOperationTypes,
  incrementalAlterConfigsV1,
  metadataV12,
  protocolErrorsCodesById,
} from '@platformatic/kafka';
import type { KafkaAddress, KafkaSession, SeenLogDir, SeenTopic } from '../runtime/kafka-connector.ts';

const CLIENT_ID = 'kafka-autopilot';
const CONNECT_MS = 3_000;
const REQUEST_MS = 8_000;
/** Of the bootstrap servers, so many are tried: they fit into the shortest function timeout. */
const ATTEMPTS_MAX = 5;

const USED = [metadataV12, describeConfigsV4, describeLogDirsV4, incrementalAlterConfigsV1].map(({ api }) => api);

export async function openKafkaSession(address: KafkaAddress): Promise<KafkaSession> {
  const opened: Connection[] = [];
  /** Connections that are not needed any more: closing one that is closed already never answers. */
  const close = async (): Promise<void> => {
    for (const connection of opened) if (connection.isConnected()) await connection.close();
  };
  const connect = async (host: string, port: number): Promise<Connection> => {
    const connection = new Connection(CLIENT_ID, {
      connectTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      ...(address.security === 'tls' && {
        tls: address.certificateAuthorities === undefined ? {} : { ca: address.certificateAuthorities },
        // Without it no name is sent, which brokers behind one address need. An IP address can't be sent.
        ...(isIP(host) === 0 && { tlsServerName: true }),
      }),
    });
    // A connection that breaks later fails its requests; without a listener it would end the process, too.
    connection.on('error', () => undefined);
    await connection.connect(host, port);
    opened.push(connection);
    return connection;
  };

  try {
    const first = await firstOf(address.bootstrapServers, connect);
    await mustSpeak(first);
    return { ...sessionOn(first, connect), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Connect = (host: string, port: number) => Promise<Connection>;

async function firstOf(servers: readonly string[], connect: Connect): Promise<Connection> {
  const errors: unknown[] = [];
  for (const server of servers.slice(0, ATTEMPTS_MAX)) {
    const colon = server.lastIndexOf(':');
    try {
      return await connect(server.slice(0, colon), Number(server.slice(colon + 1)));
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, `none of ${servers.slice(0, ATTEMPTS_MAX).join(', ')} answers`);
}

/** A broker closes a connection on which it is asked in a version that it doesn't know: better said beforehand. */
async function mustSpeak(connection: Connection): Promise<void> {
  const { apiKeys } = await apiVersionsV3.api.async(connection, CLIENT_ID, '1');
  for (const { key, version } of USED) {
    const range = apiKeys.find(({ apiKey }) => apiKey === key);
    if (range === undefined || version < range.minVersion || version > range.maxVersion)
      throw Object.assign(new Error(`the broker does not speak version ${version} of API ${key}: Kafka 3.3 does`), {
        apiId: 'UNSUPPORTED_VERSION',
      });
  }
}

function sessionOn(first: Connection, connect: Connect): Omit<KafkaSession, 'close'> {
  const metadata = (names: readonly string[] | null) =>
    wholeAnswer(metadataV12.api.async(first, names === null ? null : [...names], false, false));

  return {
    async topics(names) {
      const { topics } = await metadata(names);
      return topics.map(({ name, topicId, errorCode, partitions }): SeenTopic => ({
        name: name ?? '',
        id: topicId,
        ...(errorCode !== 0 && { error: errorName(errorCode) }),
        partitions: partitions.map(({ partitionIndex, leaderId, replicaNodes }) => ({
          partition: partitionIndex,
          leader: leaderId,
          replicas: replicaNodes,
        })),
      }));
    },

    async configs(topic) {
      const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: null };
      const { results } = await describeConfigsV4.api.async(first, [resource], false, false);
      return results
        .flatMap(({ configs }) => configs)
        .map(({ name, value, configSource }) => ({
          name,
          value: value ?? null,
          isOwn: configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG,
        }));
    },

    async logDirs() {
      const { brokers } = await metadata([]);
      const found = await Promise.all(
        brokers.map(async ({ nodeId, host, port }) => {
          const connection = await connect(host, port);
          const { results, errorCode } = await wholeAnswer(describeLogDirsV4.api.async(connection, null));
          if (errorCode !== 0) throw Object.assign(new Error(`broker ${nodeId}`), { apiId: errorName(errorCode) });
          return results.map((result) => ({ nodeId, ...result }));
        }),
      );
      return found.flat().map(({ nodeId, logDir, errorCode, totalBytes, usableBytes, topics }): SeenLogDir => ({
        brokerId: nodeId,
        path: logDir,
        ...(errorCode !== 0 && { error: errorName(errorCode) }),
        // -1 where the broker can't tell (KIP-827)
        ...(totalBytes >= 0n && { totalBytes: Number(totalBytes) }),
        ...(usableBytes >= 0n && { usableBytes: Number(usableBytes) }),
        replicas: topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, partitionSize }) => ({
            topic: name,
            partition: partitionIndex,
            bytes: Number(partitionSize),
          })),
        ),
      }));
    },

    /** Any broker takes it: those of KRaft forward it to the controller. */
    async alterConfigs(topic, configs) {
      const changes = Object.entries(configs).map(([name, value]) =>
        value === null
          ? { name, configOperation: IncrementalAlterConfigOperationTypes.DELETE }
          : { name, configOperation: IncrementalAlterConfigOperationTypes.SET, value },
      );
      const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs: changes };
      await incrementalAlterConfigsV1.api.async(first, [resource], false);
    },
  };
}

/** An answer in which a part has an error is thrown by the library, with the answer; here the part tells its own. */
async function wholeAnswer<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const response = (error as { response?: T } | null)?.response;
    if (response === undefined) throw error;
    return response;
  }
}

const errorName = (code: number): string => protocolErrorsCodesById[code] ?? `error ${code}`;

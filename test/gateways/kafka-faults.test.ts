import { describe, expect, it } from '@jest/globals';
import { TopicNotFound } from '../../functions/gateways/faults.ts';
import { kafkaTopics } from '../../functions/gateways/kafka.ts';
import { toKafkaFault } from '../../functions/gateways/kafka-faults.ts';
import { SimulatedKafka } from '../../simulator/kafka/simulated-kafka.ts';

const protocol = (apiId: string, serverErrorMessage: string | null = null) =>
  Object.assign(new Error('as the library says it'), { code: 'PLT_KFK_PROTOCOL', apiId, serverErrorMessage });
const network = (code: string, cause?: Error) => Object.assign(new Error('no', { cause }), { code });
/** As the library throws a response in which a part has an error. */
const response = (...errors: Error[]) =>
  Object.assign(new AggregateError(errors, 'Received response with error'), { code: 'PLT_KFK_RESPONSE' });

describe('an error of Kafka', () => {
  it.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', 'TopicNotFound', 'TopicNotFound'],
    ['TOPIC_AUTHORIZATION_FAILED', 'AccessDenied', 'AccessDenied'],
    ['CLUSTER_AUTHORIZATION_FAILED', 'AccessDenied', 'AccessDenied'],
    ['INVALID_CONFIG', 'UnknownRefusal', 'UnknownRefusal'],
    ['POLICY_VIOLATION', 'UnknownRefusal', 'UnknownRefusal'],
    ['UNSUPPORTED_VERSION', 'BrokersUnsupported', 'BrokersUnsupported'],
    ['THROTTLING_QUOTA_EXCEEDED', 'Throttled', 'Throttled'],
    // Refused by the wrong broker: nothing was changed.
    ['NOT_CONTROLLER', 'ServiceUnavailable', 'ServiceUnavailable'],
    // The broker that answered waited for another.
    ['REQUEST_TIMED_OUT', 'ServiceUnavailable', 'AnswerLost'],
    ['UNKNOWN_SERVER_ERROR', 'ServiceUnavailable', 'AnswerLost'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UnknownKafkaError', 'UnknownKafkaError'],
  ])('%s means %s of a question, %s of an alteration', (apiId, asked, altered) => {
    expect(toKafkaFault(response(protocol(apiId)), 'read').name).toBe(asked);
    expect(toKafkaFault(response(protocol(apiId)), 'mutation').name).toBe(altered);
  });

  it('says what the broker said', () => {
    expect(toKafkaFault(response(protocol('INVALID_CONFIG', 'Invalid value long')), 'mutation').message).toContain(
      'INVALID_CONFIG: Invalid value long',
    );
  });

  it.each([
    ['a connection that was closed', network('PLT_KFK_NETWORK'), 'AnswerLost'],
    ['all brokers down', new AggregateError([network('PLT_KFK_NETWORK', network('ECONNREFUSED'))]), 'AnswerLost'],
    ['a listener that wants TLS', network('PLT_KFK_USER'), 'ListenerMismatch'],
    ['a certificate that is not trusted', network('PLT_KFK_NETWORK', network('CERT_HAS_EXPIRED')), 'ListenerMismatch'],
    ['a wrong password', network('PLT_KFK_NETWORK', network('PLT_KFK_AUTHENTICATION')), 'AccessDenied'],
    ['what nobody knows', new TypeError('undefined is not a function'), 'UnknownKafkaError'],
    ['no error at all', 'no', 'UnknownKafkaError'],
  ])('%s', (_title, error, name) => {
    expect(toKafkaFault(error, 'mutation').name).toBe(name);
  });

  it('that is a fault already stays what it is', () => {
    const fault = new TopicNotFound('clicks');
    expect(toKafkaFault(fault, 'mutation')).toBe(fault);
  });
});

const address = { bootstrapServers: ['b:9092'], security: 'plaintext' } as const;
const topicsWith = (errors: (string | undefined)[]) => {
  const { connector } = new SimulatedKafka({ listeners: ['b:9092'], disks: [] });
  return kafkaTopics(async (at) => ({
    ...(await connector(at)),
    logDirs: async () =>
      Promise.resolve(
        errors.map((error, brokerId) => ({
          brokerId,
          path: '/data',
          ...(error !== undefined && { error }),
          replicas: [],
        })),
      ),
  }));
};

describe('log directories', () => {
  it('that are offline are left out', async () => {
    const sizes = await topicsWith([undefined, 'KAFKA_STORAGE_ERROR']).sizes(address);
    expect(sizes.map(({ brokerId }) => brokerId)).toEqual([0]);
  });

  it('that may not be seen are refused, never taken for none', async () => {
    const sizes = topicsWith([undefined, 'CLUSTER_AUTHORIZATION_FAILED']).sizes(address);
    await expect(sizes).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

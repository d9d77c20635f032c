/** From what a session with Kafka's brokers threw to a fault, by tables. What no table knows is a defect. Pure. */
import { Fault } from '../runtime/fault.ts';
import type { Effect, FaultTable, MakeFault } from './classify.ts';
import {
  AccessDenied,
  AnswerLost,
  BrokersUnsupported,
  ListenerMismatch,
  ServiceUnavailable,
  Throttled,
  TopicNotFound,
  UnknownKafkaError,
  UnknownRefusal,
} from './faults.ts';

const topicNotFound: MakeFault = (message, options) => new TopicNotFound(message, options);
const accessDenied: MakeFault = (message, options) => new AccessDenied(message, options);
const unavailable: MakeFault = (message, options) => new ServiceUnavailable(message, options);
const answerLost: MakeFault = (message, options) => new AnswerLost(message, options);
const refused: MakeFault = (message, options) => new UnknownRefusal(message, options);
const listenerMismatch: MakeFault = (message, options) => new ListenerMismatch(message, options);

/** Errors of Kafka's protocol by their names [kafka docs, protocol, error codes]. Nothing was changed by any of them. */
const refusals: FaultTable = {
  UNKNOWN_TOPIC_OR_PARTITION: topicNotFound,
  UNKNOWN_TOPIC_ID: topicNotFound,
  INVALID_TOPIC_EXCEPTION: topicNotFound, // a name that no topic can have
  TOPIC_AUTHORIZATION_FAILED: accessDenied,
  CLUSTER_AUTHORIZATION_FAILED: accessDenied,
  SASL_AUTHENTICATION_FAILED: accessDenied,
  INVALID_CONFIG: refused, // a value that the broker doesn't take
  POLICY_VIOLATION: refused, // the broker's alter.config.policy
  INVALID_REQUEST: refused,
  UNSUPPORTED_VERSION: (message, options) => new BrokersUnsupported(message, options),
  THROTTLING_QUOTA_EXCEEDED: (message, options) => new Throttled(message, options),
  NOT_CONTROLLER: unavailable,
  LEADER_NOT_AVAILABLE: unavailable,
  NOT_LEADER_OR_FOLLOWER: unavailable,
  BROKER_NOT_AVAILABLE: unavailable,
  COORDINATOR_NOT_AVAILABLE: unavailable,
  KAFKA_STORAGE_ERROR: unavailable,
};

/** Those after which a change may have been made all the same: the broker that answered waited for another. */
const unclear: ReadonlySet<string> = new Set(['REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION', 'UNKNOWN_SERVER_ERROR']);

/** Node's and the library's codes where no answer came. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  'PLT_KFK_NETWORK', // the library's, time-outs included
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Codes that say that the listener is another one than the fleet file says. */
const MISMATCH: FaultTable = {
  PLT_KFK_AUTHENTICATION: accessDenied,
  PLT_KFK_USER: listenerMismatch, // "Broker requires TLS.", "TLS handshake failed."
  EPROTO: listenerMismatch, // TLS spoken to a listener without it [openssl "wrong version number"]
  ERR_SSL_WRONG_VERSION_NUMBER: listenerMismatch,
  // Certificates [Node docs, tls, X509 certificate error codes]
  CERT_HAS_EXPIRED: listenerMismatch,
  DEPTH_ZERO_SELF_SIGNED_CERT: listenerMismatch,
  ERR_TLS_CERT_ALTNAME_INVALID: listenerMismatch,
  SELF_SIGNED_CERT_IN_CHAIN: listenerMismatch,
  UNABLE_TO_GET_ISSUER_CERT: listenerMismatch,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: listenerMismatch,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: listenerMismatch,
};

interface Shaped {
  apiId?: unknown;
  code?: unknown;
  message?: unknown;
  serverErrorMessage?: unknown;
  errors?: unknown;
  cause?: unknown;
}

export function toKafkaFault(error: unknown, effect: Effect): Fault {
  if (error instanceof Fault) return error;
  const parts = partsOf(error);
  const message = parts
    .map(({ apiId, serverErrorMessage, message: text }) =>
      [apiId, serverErrorMessage ?? text].filter((part) => typeof part === 'string' && part !== '').join(': '),
    )
    .join('; ');
  const options = { cause: error };
  const noAnswer = effect === 'mutation' ? answerLost : unavailable;

  for (const { apiId } of parts) {
    if (typeof apiId !== 'string') continue;
    const make = unclear.has(apiId) ? noAnswer : Object.hasOwn(refusals, apiId) ? refusals[apiId] : undefined;
    return make?.(message, options) ?? new UnknownKafkaError(message, options);
  }
  const codes = parts.flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
  const mismatch = codes.find((code) => Object.hasOwn(MISMATCH, code));
  if (mismatch !== undefined) return MISMATCH[mismatch]!(message, options);
  if (codes.some((code) => NO_ANSWER.has(code))) return noAnswer(message, options);
  return new UnknownKafkaError(message, options);
}

/** The error, what it wraps and what caused it, outermost first. */
function partsOf(error: unknown, depth = 0): Shaped[] {
  if (typeof error !== 'object' || error === null) return depth === 0 ? [{ message: String(error) }] : [];
  const shaped = error as Shaped;
  if (depth > 5) return [shaped];
  const inner = Array.isArray(shaped.errors) ? (shaped.errors as unknown[]) : [];
  return [shaped, ...[...inner, shaped.cause].flatMap((one) => partsOf(one, depth + 1))];
}

/**
 * From what an SDK call threw to a fault. Each gateway adds a table of its service's codes; what no table knows is a
 * defect, never silently retried. Codes come first, then the HTTP status: EC2 throttles with 503 and a code.
 */
import { Fault } from '../runtime/fault.ts';
import { AccessDenied, AnswerLost, ServiceUnavailable, Throttled, UnknownAwsError } from './faults.ts';

/** Makes the fault of one error code. */
export type MakeFault = (message: string, options: ErrorOptions) => Fault;
export type FaultTable = Readonly<Record<string, MakeFault>>;

/** What the call would have done, had it been answered: decides what a lost answer means. */
export type Effect = 'read' | 'mutation';

const accessDenied: MakeFault = (message, options) => new AccessDenied(message, options);
const throttled: MakeFault = (message, options) => new Throttled(message, options);

/** Codes that mean the same in every service. */
const COMMON: FaultTable = {
  AccessDenied: accessDenied, // SNS, STS (query protocol) [AWS common errors]
  AccessDeniedException: accessDenied, // SSM, SFN, CloudWatch (JSON protocol) [AWS common errors]
  AuthorizationError: accessDenied, // SNS Publish [SDK sns AuthorizationErrorException]
  AuthorizationErrorException: accessDenied, // the same, by the SDK's class name
  AuthFailure: accessDenied, // EC2 [EC2 error-code lists]
  UnauthorizedOperation: accessDenied, // EC2 [EC2 error-code lists]
  OptInRequired: accessDenied, // [AWS common errors]
  InvalidClientTokenId: accessDenied, // query protocols [AWS common errors]
  UnrecognizedClientException: accessDenied, // JSON protocols [AWS common errors]
  ExpiredToken: accessDenied, // STS credentials ran out [AWS common errors]
  ExpiredTokenException: accessDenied, // the same, JSON protocols
  RequestExpired: accessDenied, // EC2: signature or credentials too old [EC2 error-code lists]
  CredentialsProviderError: accessDenied, // thrown by the SDK before any request: no credentials found
  RequestLimitExceeded: throttled, // EC2, with HTTP 503 [EC2 error-code lists; ec2-api-throttling]
  Throttling: throttled, // query protocols [AWS common errors]
  ThrottlingException: throttled, // JSON protocols [AWS common errors]
  ThrottledException: throttled, // SNS [SDK sns]
  TooManyRequestsException: throttled, // [AWS common errors]
};

/** Node's and the SDK's names for a request that got no answer. */
const NO_ANSWER = new Set([
  'TimeoutError', // @smithy/node-http-handler, connection and request time-outs
  'AbortError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

interface AwsShaped {
  name?: unknown;
  code?: unknown;
  message?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: unknown;
}

/** The error code as the service wrote it, e.g. `VolumeModificationRateExceeded`. */
export function errorCode(error: unknown): string | undefined {
  const name = (error as AwsShaped | null)?.name;
  return typeof name === 'string' ? name : undefined;
}

export function toFault(error: unknown, effect: Effect, table: FaultTable = {}): Fault {
  if (error instanceof Fault) return error;
  const shaped = (typeof error === 'object' && error !== null ? error : {}) as AwsShaped;
  const code = errorCode(error) ?? 'unknown';
  const message = `${code}: ${String(shaped.message ?? error)}`;
  const options = { cause: error };

  const make = Object.hasOwn(table, code) ? table[code] : Object.hasOwn(COMMON, code) ? COMMON[code] : undefined;
  if (make !== undefined) return make(message, options);

  const status = shaped.$metadata?.httpStatusCode;
  const noAnswer = NO_ANSWER.has(code) || (typeof shaped.code === 'string' && NO_ANSWER.has(shaped.code));
  // A 2xx that throws was answered and could not be read: a mutation then has happened, for all that is known.
  const unread = status !== undefined && status < 300;
  if (noAnswer || (status !== undefined && status >= 500) || (unread && effect === 'mutation')) {
    return effect === 'mutation' ? new AnswerLost(message, options) : new ServiceUnavailable(message, options);
  }
  return new UnknownAwsError(message, options);
}

/** Runs a call, turning what it throws into a fault. */
export async function answered<T>(call: Promise<T>, effect: Effect, table?: FaultTable): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toFault(error, effect, table);
  }
}

/** A field that the answer must have. */
export function required<T>(value: T | undefined | null, field: string): T {
  if (value === undefined || value === null) throw new UnknownAwsError(`the answer has no ${field}`);
  return value;
}

/** One of the values the code knows; a new one of AWS's is a defect. */
export function oneOf<T extends string>(value: string | undefined, known: readonly T[], field: string): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined)
    throw new UnknownAwsError(`the answer has ${field} ${JSON.stringify(value)}, not ${known.join('|')}`);
  return found;
}

/**
 * Topics of clusters that are reached from within their network only: a function in that network, `serve-topics`, is
 * called and waited for. SERVE_TOPICS_FUNCTIONS is JSON, from a network's name to that function's ARN.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RefusedFault } from '../runtime/fault.ts';
import { type Runtime, setting, type Wire } from '../runtime/runtime.ts';
import { answered, type Effect, type FaultTable, type MakeFault, toFault } from './classify.ts';
import { retryingClient, singleAttemptClient } from './client.ts';
import {
  AccessDenied,
  AnswerLost,
  BrokersUnsupported,
  ListenerMismatch,
  ServiceUnavailable,
  Throttled,
  TopicNotFound,
  UnknownAwsError,
  UnknownRefusal,
} from './faults.ts';
import type { TopicsGateway } from './types.ts';

/** Longer than the function's own time limit (30 s), so that it ends first and says so. */
const ANSWER_MS = 35_000;

const notReady: MakeFault = (message, options) => new ServiceUnavailable(message, options);

/** Lambda's own refusals: the function did not run [SDK lambda InvokeCommand]. */
const invokeFaults: FaultTable = {
  // Its network interfaces were taken away after 14 idle days, or are being made.
  EC2ThrottledException: notReady,
  EC2UnexpectedException: notReady,
  ENILimitReachedException: notReady,
  ENINotReadyException: notReady,
  ResourceConflictException: notReady,
  ResourceNotReadyException: notReady,
  SubnetIPAddressLimitReachedException: notReady,
};

/** What `serve-topics` throws, by its name; another name is a defect. */
const faults: FaultTable = {
  AccessDenied: (message, options) => new AccessDenied(message, options),
  AnswerLost: (message, options) => new AnswerLost(message, options),
  BrokersUnsupported: (message, options) => new BrokersUnsupported(message, options),
  ListenerMismatch: (message, options) => new ListenerMismatch(message, options),
  NoWayToTopics: (message, options) => new RefusedFault('NoWayToTopics', message, options),
  ObserveOnly: (message, options) => new RefusedFault('ObserveOnly', message, options),
  ServiceUnavailable: (message, options) => new ServiceUnavailable(message, options),
  Throttled: (message, options) => new Throttled(message, options),
  TopicNotFound: (message, options) => new TopicNotFound(message, options),
  UnknownRefusal: (message, options) => new UnknownRefusal(message, options),
};

/** The function was ended by Lambda: whether what it did took effect is unknown. [?] seen in logs; no list of Lambda's. */
const ENDED = /^(Sandbox\.Timedout|Runtime\.ExitError|Runtime\.OutOfMemory)$/;
const TIMED_OUT = /Task timed out after/;

type Call =
  | { call: 'list' | 'sizes' }
  | { call: 'describe' | 'placement'; name: string }
  | { call: 'alter'; name: string; configs: Record<string, string | null>; undo: boolean };

export const networkTopicsGateway: Wire<TopicsGateway> = (runtime) => {
  const reading = runtime.connect(new LambdaClient({ ...retryingClient(runtime, ANSWER_MS), maxAttempts: 2 }));
  const altering = runtime.connect(new LambdaClient(singleAttemptClient(runtime, ANSWER_MS)));

  const ask = async (at: string, call: Call): Promise<unknown> => {
    const { functionArn, cluster } = placeOf(runtime, at);
    const effect: Effect = call.call === 'alter' ? 'mutation' : 'read';
    const command = new InvokeCommand({
      FunctionName: functionArn,
      Payload: new TextEncoder().encode(JSON.stringify({ cluster, ...call })),
    });
    const sent = (effect === 'mutation' ? altering : reading).send(command);
    const { FunctionError: failed, Payload } = await answered(sent, effect, invokeFaults);
    const payload = parsed(Payload === undefined ? '' : new TextDecoder().decode(Payload), effect);
    if (failed !== undefined) throw faultOf(payload, effect);
    return payload;
  };

  return {
    list: async (at) => (await ask(at, { call: 'list' })) as Awaited<ReturnType<TopicsGateway['list']>>,
    describe: async (at, name) =>
      ((await ask(at, { call: 'describe', name })) ?? undefined) as Awaited<ReturnType<TopicsGateway['describe']>>,
    placement: async (at, name) =>
      (await ask(at, { call: 'placement', name })) as Awaited<ReturnType<TopicsGateway['placement']>>,
    sizes: async (at) => (await ask(at, { call: 'sizes' })) as Awaited<ReturnType<Required<TopicsGateway>['sizes']>>,
    async alter(at, name, configs, options) {
      await ask(at, { call: 'alter', name, configs, undo: options?.undo ?? false });
    },
  };
};

/** @param at `<network>/<cluster>` */
function placeOf(runtime: Runtime, at: string): { functionArn: string; cluster: string } {
  const slash = at.indexOf('/');
  const network = at.slice(0, slash);
  const functions = JSON.parse(setting(runtime, 'SERVE_TOPICS_FUNCTIONS')) as Record<string, string>;
  const functionArn = Object.hasOwn(functions, network) ? functions[network] : undefined;
  if (functionArn === undefined)
    throw new RefusedFault('NoWayToTopics', `no function is deployed in network ${network}`);
  return { functionArn, cluster: at.slice(slash + 1) };
}

/** `{ errorType, errorMessage }`; a time-out of older runtimes has no type. */
function faultOf(payload: unknown, effect: Effect): Error {
  const { errorType: name, errorMessage } = (payload ?? {}) as { errorType?: unknown; errorMessage?: unknown };
  const message = typeof errorMessage === 'string' ? errorMessage : 'no message';
  if (typeof name === 'string' && Object.hasOwn(faults, name)) return faults[name]!(message, {});
  if ((typeof name === 'string' && ENDED.test(name)) || TIMED_OUT.test(message))
    return effect === 'mutation' ? new AnswerLost(message) : new ServiceUnavailable(message);
  return new UnknownAwsError(`serve-topics failed: ${String(name)}: ${message}`);
}

function parsed(text: string, effect: Effect): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw toFault(Object.assign(new Error(`no JSON: ${text.slice(0, 200)}`, { cause: error }), unread), effect);
  }
}

/** Answered, and not to be read. */
const unread = { $metadata: { httpStatusCode: 200 } };

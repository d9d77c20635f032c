/**
 * The seam under the AWS SDK: beneath a client's retry middleware its calls go to the simulated cloud. Retries, their
 * attempts and error classes are the SDK's own; their delays pass on the virtual clock.
 */
import type { SdkClient } from '../../functions/runtime/runtime.ts';
import type { SimulatedCloud } from './cloud.ts';
import { virtualRetryStrategy } from './retry.ts';
import type { Principal } from './service.ts';

/** SDK service ids and the prefixes of their IAM actions. */
const iamPrefixes: Readonly<Record<string, string>> = {
  EC2: 'ec2',
  CloudWatch: 'cloudwatch',
  SSM: 'ssm',
  DynamoDB: 'dynamodb',
  SNS: 'sns',
  SFN: 'states',
  Lambda: 'lambda',
  STS: 'sts',
  EventBridge: 'events',
  S3: 's3',
  Kafka: 'kafka',
  'Application Auto Scaling': 'application-autoscaling',
  Scheduler: 'scheduler',
};

interface HandlerArguments {
  input: Record<string, unknown>;
}
type Handler = (args: HandlerArguments) => Promise<unknown>;
type Middleware = (next: Handler, context: { commandName?: string }) => Handler;

/** What is used of a smithy client (@smithy/core/client), typed as far as it is used. */
interface SmithyClient {
  middlewareStack: {
    add(middleware: Middleware, options: Record<string, unknown>): void;
    addRelativeTo(middleware: Middleware, options: Record<string, unknown>): void;
  };
  config: {
    serviceId: string;
    maxAttempts: () => Promise<number>;
    retryStrategy: () => Promise<unknown>;
  };
}

/**
 * The `connect` of a runtime: plugs a client into the cloud as this principal.
 *
 * The client keeps its own `maxAttempts`: the strategy asks the client's configuration at each failure, so a gateway
 * that makes its client with `maxAttempts: 1` makes exactly one call.
 */
export function connectTo(cloud: SimulatedCloud, principal: Principal): <C extends SdkClient>(client: C) => C {
  return (client) => {
    const { middlewareStack, config } = client as unknown as SmithyClient;
    const service = iamPrefixes[config.serviceId];
    if (service === undefined)
      throw new Error(`the simulated cloud has no service for the SDK's "${config.serviceId}"`);

    // Read by the retry middleware at each call, so it may be set after the client was made (resolveRetryConfig).
    const strategy = virtualRetryStrategy(
      cloud.activities,
      cloud.random(`retry/${principal.name}/${service}`),
      () => config.maxAttempts(),
      config.serviceId,
    );
    config.retryStrategy = () => Promise.resolve(strategy);

    middlewareStack.add((next) => (args) => cloud.activities.call(() => next(args)), {
      name: 'simulatedCall',
      step: 'initialize',
      priority: 'high',
      override: true,
    });
    middlewareStack.addRelativeTo(
      (_next, context) =>
        async ({ input }) => {
          const operation = context.commandName?.replace(/Command$/, '') ?? '';
          const answer = await cloud.call({ service, operation, input, principal, atMs: cloud.clock.nowMs() });
          const $metadata = { httpStatusCode: 200, requestId: cloud.requestId() };
          return { response: { statusCode: 200, headers: {} }, output: { ...(answer as object), $metadata } };
        },
      { name: 'simulatedCloud', relation: 'after', toMiddleware: 'retryMiddleware', override: true },
    );
    return client;
  };
}

/** Region and dummy credentials: the SDK resolves them before the seam. */
export function simulatedClientDefaults(cloud: SimulatedCloud): {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} {
  return { region: cloud.region, credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' } };
}

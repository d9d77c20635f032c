/**
 * A function's environment: the product's own handler module, wired to the simulated cloud. Made once per function, on
 * its first invocation, as Lambda would start it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LambdaHandler } from '../../functions/runtime/lambda.ts';
import type { SdkClient } from '../../functions/runtime/runtime.ts';
import type { SimulatedCloud } from './cloud.ts';
import { connectTo, simulatedClientDefaults } from './seam.ts';

/** A function as the template declares it. */
export interface FunctionDeclaration {
  arn: string;
  name: string;
  /** As in its file's name: `start-workflow`. */
  verb: string;
  /** Absolute path of the module whose `handler` was made by `lambda()`. */
  entry: string;
  roleArn: string;
  timeoutMs: number;
  memoryMib: number;
  environment: Readonly<Record<string, string>>;
  /** Folders that are mounted at `/opt`, a later one over an earlier one. */
  layers: readonly string[];
  /** Where it runs; undefined: outside any network. */
  subnetIds?: readonly string[];
  /** Aliases and published versions, each to the version it stands for. */
  qualifiers: ReadonlyMap<string, string>;
  deadLetterArn: string | undefined;
  /** By qualifier (`$LATEST` for none). */
  asyncConfig: ReadonlyMap<string, AsyncConfig>;
}

export interface AsyncConfig {
  retryAttempts: number;
  eventAgeMsMax: number;
  onFailureArn: string | undefined;
}

export type Invocable = ReturnType<LambdaHandler['withRuntime']>;

/**
 * @param isFrozen whether the invocation that calls has been timed out: Lambda has stopped it, its calls go nowhere
 * @param writeMetrics gets the lines in embedded metric format
 * @throws Error when the module is not what the template promises
 */
export async function wireFunction(
  declaration: FunctionDeclaration,
  cloud: SimulatedCloud,
  isFrozen: () => boolean,
  writeMetrics: (line: string) => void,
): Promise<Invocable> {
  const module = (await import(pathToFileURL(declaration.entry).href)) as { handler?: Partial<LambdaHandler> };
  const { handler } = module;
  if (typeof handler?.withRuntime !== 'function') {
    throw new Error(`${declaration.entry} does not export a handler made by lambda()`);
  }
  const connect = connectTo(cloud, { roleArn: declaration.roleArn, name: declaration.verb });
  const { subnetIds, name } = declaration;
  return handler.withRuntime({
    clock: cloud.clock,
    environment: {
      ...declaration.environment,
      AWS_REGION: cloud.region,
      AWS_LAMBDA_FUNCTION_NAME: declaration.name,
    },
    readText: (path) => readLayerText(declaration, path),
    // Without methods to call, the SDK does not prepare what it would log: a fifth of a run's time.
    clientDefaults: Object.assign(simulatedClientDefaults(cloud), { logger: {} }),
    connect: (client) => {
      if (subnetIds !== undefined) throw new Error(`${name} is in a network, from which nothing leads to AWS`);
      return freezable(connect(client), isFrozen);
    },
    kafka: cloud.kafka.from(subnetIds),
    logLevel: 'SILENT',
    writeMetrics,
  });
}

export function readLayerText({ layers, name }: FunctionDeclaration, path: string): string {
  if (path.startsWith('/opt/')) {
    for (const folder of layers.toReversed()) {
      const file = join(folder, path.slice('/opt/'.length));
      if (existsSync(file)) return readFileSync(file, 'utf8');
    }
  }
  throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}' (in no layer of ${name})`), {
    code: 'ENOENT',
  });
}

type Next = (args: unknown) => Promise<unknown>;

function freezable<C extends SdkClient>(client: C, isFrozen: () => boolean): C {
  const stack = client.middlewareStack as {
    addRelativeTo(middleware: (next: Next) => Next, options: Record<string, unknown>): void;
  };
  stack.addRelativeTo(
    (next) => async (args) => {
      if (isFrozen()) throw new Error('the function was timed out: Lambda stopped it');
      return next(args);
    },
    { name: 'simulatedFreeze', relation: 'before', toMiddleware: 'simulatedCloud', override: true },
  );
  return client;
}

/**
 * What a function stands on: clock, environment, files and the way its SDK clients are made. Production has one
 * (`production()`), the simulator has its own; steps and gateways can't tell which.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { DefectFault } from './fault.ts';
import type { KafkaConnector } from './kafka-connector.ts';

/** The part of an SDK client that the simulator plugs into, beneath the retry middleware. */
export interface SdkClient {
  readonly middlewareStack: object;
}

/** Options that every SDK client is made with. Empty in production: the SDK's normal resolution holds. */
export interface ClientDefaults {
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  endpoint?: string;
}

export interface Runtime {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a deployed text file, e.g. the fleet from its layer. */
  readText(path: string): string;
  readonly clientDefaults: ClientDefaults;
  /** Sees each SDK client once, before its first call. */
  connect<C extends SdkClient>(client: C): C;
  /** Used instead of opening sockets to Kafka's brokers. */
  readonly kafka?: KafkaConnector;
  /** `SILENT` in the simulator. */
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'SILENT';
  /** Where metrics in embedded format go, a line each; undefined: standard output, where Lambda picks them up. */
  readonly writeMetrics?: (line: string) => void;
}

/** Makes one dependency of a step. */
export type Wire<T> = (runtime: Runtime) => T;

/** Lambda's own environment. The only place of `functions/` that knows the wall clock, the environment and the disk. */
export function production(): Runtime {
  const level = process.env.POWERTOOLS_LOG_LEVEL;
  return {
    clock: { nowMs: () => Date.now() },
    environment: process.env,
    readText: (path) => readFileSync(path, 'utf8'),
    clientDefaults: {},
    connect: (client) => client,
    logLevel: level === 'DEBUG' || level === 'WARN' || level === 'ERROR' ? level : 'INFO',
  };
}

/** @throws DefectFault when the function was deployed without it. */
export function setting(runtime: Runtime, name: string): string {
  const value = runtime.environment[name];
  if (value === undefined || value === '') throw new MissingSetting(name);
  return value;
}

export class MissingSetting extends DefectFault {
  constructor(name: string) {
    super('MissingSetting', `the environment variable ${name} is not set`);
  }
}

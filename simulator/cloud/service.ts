/**
 * The seam between the SDK's clients and the simulated services: one call, who makes it, and what IAM has to say of it.
 */
import type { VirtualClock } from '../clock.ts';

/** Who calls: a role of the template, or the operator (who may do anything). */
export interface Principal {
  roleArn: string;
  /** Shown in records: a function's verb, a state machine's name, `operator`. */
  name: string;
}

export interface Call {
  /** As in IAM actions: `ec2`, `cloudwatch`, `ssm`, `dynamodb`, `sns`, `states`, `lambda`, `events`. */
  service: string;
  /** API operation, e.g. `ModifyVolume`. */
  operation: string;
  input: Record<string, unknown>;
  principal: Principal;
  atMs: number;
}

/** What a call needs: allowed on every resource listed, with this request context. */
export interface Authorization {
  /** e.g. `ec2:ModifyVolume`. */
  action: string;
  resources: string[];
  /** IAM condition keys, e.g. `aws:ResourceTag/team`, `ec2:Region`. */
  context: Record<string, string | string[]>;
}

/** One simulated service. It keeps state and obeys the service's rules; an operation it does not know is an error. */
export interface Service {
  readonly name: string;
  authorize(call: Call): Authorization[];
  /** @throws AwsError as the real service would */
  handle(call: Call): unknown;
}

/** An error as an SDK client throws it: `name` is the service's error code. */
export class AwsError extends Error {
  readonly $fault: 'client' | 'server';
  readonly $metadata: { httpStatusCode: number; attempts?: number };
  readonly $retryable?: { throttling: boolean };
  /** Further members that the real error has, e.g. `CancellationReasons`. */
  [member: string]: unknown;

  constructor(code: string, message: string, httpStatusCode = 400, members: Record<string, unknown> = {}) {
    super(message);
    this.name = code;
    this.$fault = httpStatusCode >= 500 ? 'server' : 'client';
    this.$metadata = { httpStatusCode };
    Object.assign(this, members);
  }
}

/** An event as EventBridge delivers it. */
export interface BusEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** What services share. */
export interface CloudContext {
  readonly clock: VirtualClock;
  readonly account: string;
  readonly region: string;
  /** A stream of random numbers of its own for each label; the same seed gives the same streams. */
  random(label: string): () => number;
  /** Puts an event on the default bus; rules deliver it a moment later. */
  publish(event: Omit<BusEvent, 'version' | 'id' | 'account' | 'region' | 'time'>): void;
}

/** Called for every call that arrives, before and after; faults are injected here, records and invariants read it. */
export interface CallObserver {
  before?(call: Call): void;
  after?(call: Call, outcome: { answer: unknown } | { error: Error }): void;
}

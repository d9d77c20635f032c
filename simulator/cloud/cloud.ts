/**
 * The simulated account: who calls what, in the order a call meets things at AWS. Observers (injected faults, records),
 * request limits, IAM, the service, observers again. Only virtual time and seeded numbers, so a seed gives one run.
 */
import type { VirtualClock } from '../clock.ts';
import { KafkaNetworks } from '../kafka/kafka-networks.ts';
import { seededRandom, type Random } from '../random.ts';
import { Activities } from './activities.ts';
import {
  AwsError,
  type Authorization,
  type BusEvent,
  type Call,
  type CallObserver,
  type CloudContext,
  type Principal,
  type Service,
} from './service.ts';
import { Throttle } from './throttle.ts';

/** The person at the keyboard: IAM is not asked. Recognised by identity. */
export const operator: Principal = { roleArn: '', name: 'operator' };

/** Thrown by an observer's `before`: the service does what it was asked, the caller never hears of it. */
export class LostAnswer extends Error {
  override readonly name = 'LostAnswer';
}

/** @throws AwsError (`AccessDenied…`) where a policy doesn't allow it; the code becomes the service's own. */
export type Authorizer = (principal: Principal, authorizations: readonly Authorization[]) => void;

/** How each service spells a denied call [K]; EC2: error-code list, `UnauthorizedOperation`. */
const deniedCodes: Readonly<Record<string, string>> = {
  ec2: 'UnauthorizedOperation',
  cloudwatch: 'AccessDenied',
  sns: 'AuthorizationError',
  sts: 'AccessDenied',
  s3: 'AccessDenied',
};

export interface CloudOptions {
  clock: VirtualClock;
  seed: number | string;
  account?: string;
  region?: string;
  /** Virtual time that each call takes. 0: time stands still within a step. */
  latencyMs?: number | { low: number; high: number };
  /** Virtual time that a caller waits for an answer that is lost, e.g. the gateways' request time-out. Default 0. */
  timeoutMs?: number;
}

export class SimulatedCloud implements CloudContext {
  readonly clock: VirtualClock;
  readonly account: string;
  readonly region: string;
  readonly activities: Activities;
  readonly throttle = new Throttle();
  readonly kafka = new KafkaNetworks();
  /** Calls that arrived, by `<service>:<Operation>`; each attempt of a retried call counts. */
  readonly apiCalls = new Map<string, number>();
  authorizer: Authorizer | undefined;
  /** Delays of an event's copies in ms: `[]` loses it, `[0, 5000]` repeats it. Undefined: exactly once, at once. */
  eventFault: ((event: BusEvent) => readonly number[]) | undefined;

  readonly #seed: Random;
  readonly #latencyMs: { low: number; high: number };
  readonly #timeoutMs: number;
  readonly #latency: Random;
  readonly #ids: Random;
  readonly #services = new Map<string, Service>();
  readonly #observers: CallObserver[] = [];
  readonly #deliverers: ((event: BusEvent) => void)[] = [];
  #requests = 0;

  constructor({
    clock,
    seed,
    account = '123456789012',
    region = 'eu-central-1',
    latencyMs = 0,
    timeoutMs = 0,
  }: CloudOptions) {
    this.clock = clock;
    this.account = account;
    this.region = region;
    this.activities = new Activities(clock);
    this.#latencyMs = typeof latencyMs === 'number' ? { low: latencyMs, high: latencyMs } : latencyMs;
    this.#timeoutMs = timeoutMs;
    this.#seed = seededRandom(seed);
    this.#latency = this.random('cloud/latency');
    this.#ids = this.random('cloud/ids');
  }

  random(label: string): Random {
    return this.#seed.fork(label);
  }

  /** Makes the service reachable. A second one of the same name takes its place. */
  add<S extends Service>(service: S): S {
    this.#services.set(service.name, service);
    return service;
  }

  /** In the order of observing. Returns the end of it. */
  observe(observer: CallObserver): () => void {
    this.#observers.push(observer);
    return () => {
      const index = this.#observers.indexOf(observer);
      if (index >= 0) this.#observers.splice(index, 1);
    };
  }

  /** Where events go: EventBridge, records. */
  onEvent(deliver: (event: BusEvent) => void): void {
    this.#deliverers.push(deliver);
  }

  /** One invocation of a function inside a clock's activity: its SDK calls may run side by side. */
  invocation<T>(work: () => Promise<T>): Promise<T> {
    return this.activities.run(work);
  }

  /** @throws AwsError as an SDK client would throw it */
  async call(call: Call): Promise<unknown> {
    const { low, high } = this.#latencyMs;
    if (high > 0) {
      await this.activities.sleep(this.#latency.integer(low, high));
      call = { ...call, atMs: this.clock.nowMs() };
    }
    try {
      return this.answer(call);
    } catch (error) {
      if (this.#timeoutMs > 0 && (error as Error).name === 'TimeoutError') await this.activities.sleep(this.#timeoutMs);
      throw error;
    }
  }

  /** The same without latency, for callers within the simulation. */
  answer(call: Call): unknown {
    const key = `${call.service}:${call.operation}`;
    this.apiCalls.set(key, (this.apiCalls.get(key) ?? 0) + 1);
    let answer: unknown;
    let lost = false;
    try {
      lost = this.#before(call);
      this.throttle.take(call);
      const service = this.#services.get(call.service);
      if (service === undefined) throw new Error(`the simulated cloud has no service "${call.service}" (${key})`);
      this.#authorize(service, call);
      answer = service.handle(call);
    } catch (error) {
      for (const observer of this.#observers) observer.after?.(call, { error: error as Error });
      throw error;
    }
    for (const observer of this.#observers) observer.after?.(call, { answer });
    if (lost) throw timeout();
    return answer;
  }

  publish(event: Omit<BusEvent, 'version' | 'id' | 'account' | 'region' | 'time'>): void {
    this.publishAs(event, this.account);
  }

  /** As `publish`, for services that leave the account empty or put events at an earlier time. */
  publishAs(
    { source, resources, detail, 'detail-type': detailType }: Parameters<CloudContext['publish']>[0],
    account: string,
    atMs = this.clock.nowMs(),
  ): void {
    const event: BusEvent = {
      version: '0',
      id: this.uuid(),
      'detail-type': detailType,
      source,
      account,
      time: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
      region: this.region,
      resources,
      detail,
    };
    for (const delayMs of this.eventFault?.(event) ?? [0]) {
      if (delayMs <= 0) this.#deliver(event);
      else this.clock.after(delayMs, () => this.#deliver(event));
    }
  }

  /** e.g. `vol-0c3f…`, 17 hexadecimal digits as EC2 gives them. */
  newId(prefix: string): string {
    return `${prefix}-0${hex(this.#ids, 16)}`;
  }

  uuid(): string {
    const digits = hex(this.#ids, 30);
    const part = (from: number, to: number) => digits.slice(from, to);
    return `${part(0, 8)}-${part(8, 12)}-4${part(12, 15)}-a${part(15, 18)}-${part(18, 30)}`;
  }

  requestId(): string {
    this.#requests += 1;
    return `00000000-0000-4000-a000-${String(this.#requests).padStart(12, '0')}`;
  }

  #before(call: Call): boolean {
    let lost = false;
    for (const observer of this.#observers) {
      try {
        observer.before?.(call);
      } catch (error) {
        if (!(error instanceof LostAnswer)) throw error;
        lost = true;
      }
    }
    return lost;
  }

  #authorize(service: Service, call: Call): void {
    if (this.authorizer === undefined || call.principal === operator) return;
    try {
      this.authorizer(call.principal, service.authorize(call));
    } catch (error) {
      if (!(error instanceof AwsError) || !error.name.startsWith('AccessDenied')) throw error;
      const message =
        call.service === 'ec2' ? `You are not authorized to perform this operation. ${error.message}` : error.message;
      throw new AwsError(
        deniedCodes[call.service] ?? 'AccessDeniedException',
        message,
        call.service === 'dynamodb' ? 400 : 403,
      );
    }
  }

  #deliver(event: BusEvent): void {
    for (const deliver of this.#deliverers) deliver(event);
  }
}

/** The SDK's own words when a request's socket went silent (@smithy/node-http-handler: `name` is TimeoutError). */
export function timeout(): AwsError {
  return new AwsError('TimeoutError', 'Connection timed out: the answer was lost', 0);
}

function hex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits)
    text += Math.floor(random() * 0x1000_0000)
      .toString(16)
      .padStart(7, '0');
  return text.slice(0, digits);
}

/**
 * Lambda: invokes the functions of the template by function, version or alias. Runs the product's own handlers on
 * virtual time, with Lambda's time-outs, payload limits and error payloads.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'aws-lambda';
import type { Random } from '../random.ts';
import type { SimulatedCloud } from './cloud.ts';
import { AsyncQueue, type Invocation } from './lambda-async.ts';
import { wireFunction, type FunctionDeclaration, type Invocable } from './lambda-environment.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';

/** aws-facts 7.2: synchronous 6 MB, asynchronous 1 MB. */
const syncBytesMax = 6 * 1024 * 1024;
const asyncBytesMax = 1024 * 1024;
/** Starting and running a small function takes some time [?]: seeded, so that ties are broken as in life. */
const overheadMs = { low: 2, high: 25 };

/** One finished invocation, for meters. */
export interface InvocationReport {
  name: string;
  verb: string;
  isError: boolean;
  durationMs: number;
}

interface Deployed {
  declaration: FunctionDeclaration;
  handler: Promise<Invocable> | undefined;
}

/** The invocation that a call is made in. */
export interface Running {
  readonly verb: string;
  /** What the observer of invocations calls it, e.g. the operation that it works for. */
  readonly tag: string | undefined;
  frozen: boolean;
}

export class LambdaService implements Service {
  readonly name = 'lambda';
  /** Started invocations by verb; each retry of an asynchronous one counts. */
  readonly handlerInvocations = new Map<string, number>();
  readonly functionErrors = new Map<string, number>();
  /** Virtual milliseconds spent in handlers, by verb. */
  readonly billedMs = new Map<string, number>();
  readonly #cloud: SimulatedCloud;
  readonly #random: Random;
  readonly #functions = new Map<string, Deployed>();
  readonly #running = new AsyncLocalStorage<Running>();
  readonly #queue: AsyncQueue;
  #tagger: ((verb: string, payload: string) => string | undefined) | undefined;
  readonly #reporters: ((report: InvocationReport) => void)[] = [];
  #writeMetrics: (line: string) => void = () => undefined;
  #invocations = 0;

  constructor(cloud: SimulatedCloud) {
    this.#cloud = cloud;
    this.#random = cloud.random('lambda');
    this.#queue = new AsyncQueue(cloud, (arn, payload) => this.run(arn, payload));
  }

  /** Where lines in embedded metric format go. */
  onMetrics(write: (line: string) => void): void {
    this.#writeMetrics = write;
  }

  /** Called as an invocation begins; what it gives is the invocation's tag. */
  onInvocation(tagger: (verb: string, payload: string) => string | undefined): void {
    this.#tagger = tagger;
  }

  /** The invocation whose code is running; undefined outside of any. */
  current(): Readonly<Running> | undefined {
    return this.#running.getStore();
  }

  /** Called as an invocation ends. */
  onReport(report: (report: InvocationReport) => void): void {
    this.#reporters.push(report);
  }

  deploy(declaration: FunctionDeclaration): void {
    this.#functions.set(declaration.arn, { declaration, handler: undefined });
  }

  byVerb(verb: string): FunctionDeclaration | undefined {
    for (const { declaration } of this.#functions.values()) if (declaration.verb === verb) return declaration;
    return undefined;
  }

  has(arn: string): boolean {
    try {
      this.#find(arn);
      return true;
    } catch {
      return false;
    }
  }

  declarations(): FunctionDeclaration[] {
    return [...this.#functions.values()].map(({ declaration }) => declaration);
  }

  authorize(call: Call): Authorization[] {
    if (call.operation !== 'Invoke') return [];
    const resources = [this.#arnOf(call.input['FunctionName'], call.input['Qualifier'])];
    return [{ action: 'lambda:InvokeFunction', resources, context: {} }];
  }

  handle(call: Call): unknown {
    if (call.operation !== 'Invoke') throw new Error(`the simulated Lambda has no operation ${call.operation}`);
    const { FunctionName, Qualifier, InvocationType = 'RequestResponse', Payload } = call.input;
    const arn = this.#arnOf(FunctionName, Qualifier);
    const payload = payloadText(Payload);
    const { version } = this.#find(arn);
    if (InvocationType === 'Event') {
      checkSize(payload, asyncBytesMax);
      this.#queue.accept(arn, payload, this.#find(arn).deployed.declaration);
      return { StatusCode: 202, Payload: new Uint8Array() };
    }
    if (InvocationType !== 'RequestResponse')
      throw new Error(`InvocationType ${String(InvocationType)} is not simulated`);
    checkSize(payload, syncBytesMax);
    return this.run(arn, payload).then(({ payload: answer, functionError }) => ({
      StatusCode: 200,
      ExecutedVersion: version,
      Payload: new TextEncoder().encode(answer),
      ...(functionError === undefined ? {} : { FunctionError: functionError }),
    }));
  }

  /**
   * Runs a function inside an activity of the clock. The calling activity parks: the handler is an activity of its own,
   * which Lambda may stop (freeze) at the function's time-out.
   */
  run(arn: string, payload: string): Promise<Invocation> {
    const { deployed, version } = this.#find(arn);
    const { declaration } = deployed;
    const { clock } = this.#cloud;
    const { verb } = declaration;
    const running: Running = { verb, tag: this.#tagger?.(verb, payload), frozen: false };
    const startMs = clock.nowMs() + this.#random.integer(overheadMs.low, overheadMs.high);
    const deadlineMs = startMs + declaration.timeoutMs;
    count(this.handlerInvocations, declaration.verb);
    this.#invocations += 1;
    const requestId = `00000000-0000-4000-8000-${this.#invocations.toString(16).padStart(12, '0')}`;
    const context = this.#context(declaration, arn, version, requestId, () => deadlineMs - clock.nowMs());
    return clock.park<Invocation>((resolve) => {
      const finish = (invocation: Invocation): void => {
        if (running.frozen) return;
        running.frozen = true;
        cancel();
        const isError = invocation.functionError !== undefined;
        const durationMs = clock.nowMs() - startMs;
        if (isError) count(this.functionErrors, declaration.verb);
        count(this.billedMs, declaration.verb, durationMs);
        const { name } = declaration;
        for (const report of this.#reporters) report({ name, verb, isError, durationMs });
        resolve(invocation);
      };
      const cancel = clock.at(deadlineMs, () => finish(timedOut(declaration, requestId)));
      const handler = (): Promise<unknown> =>
        this.#running.run(running, () =>
          this.#cloud.invocation(async () => {
            deployed.handler ??= this.#wire(declaration);
            return (await deployed.handler)(JSON.parse(payload), context);
          }),
        );
      clock.spawnAt(startMs, handler).then(
        (answer) => finish(succeeded(answer)),
        (error: unknown) => finish(failed(error)),
      );
    });
  }

  #wire(declaration: FunctionDeclaration): Promise<Invocable> {
    const isFrozen = (): boolean => this.#running.getStore()?.frozen === true;
    const wired = wireFunction(declaration, this.#cloud, isFrozen, (line) => this.#writeMetrics(line));
    // A module that can't be wired is a defect of the deployment, not a failure that a workflow may retry.
    wired.catch((error: unknown) => this.#cloud.clock.fail(error));
    return wired;
  }

  #arnOf(functionName: unknown, qualifier: unknown): string {
    const name = String(functionName);
    const { account, region } = this.#cloud;
    const arn = name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:${account}:function:${name}`;
    return typeof qualifier === 'string' ? `${arn}:${qualifier}` : arn;
  }

  #find(arn: string): { deployed: Deployed; version: string } {
    const parts = arn.split(':');
    const deployed = this.#functions.get(parts.slice(0, 7).join(':'));
    const qualifier = parts[7];
    const version = qualifier === undefined ? '$LATEST' : deployed?.declaration.qualifiers.get(qualifier);
    if (deployed === undefined || version === undefined) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
    }
    return { deployed, version };
  }

  #context(
    { name, memoryMib }: FunctionDeclaration,
    arn: string,
    version: string,
    awsRequestId: string,
    leftMs: () => number,
  ): Context {
    return {
      callbackWaitsForEmptyEventLoop: false,
      functionName: name,
      functionVersion: version,
      invokedFunctionArn: arn,
      memoryLimitInMB: String(memoryMib),
      awsRequestId,
      logGroupName: `/aws/lambda/${name}`,
      logStreamName: `simulated/[${version}]`,
      getRemainingTimeInMillis: leftMs,
      done: () => undefined,
      fail: () => undefined,
      succeed: () => undefined,
    };
  }
}

function checkSize(payload: string, bytesMax: number): void {
  if (payload.length > bytesMax / 3 && Buffer.byteLength(payload) > bytesMax) {
    throw new AwsError(
      'RequestTooLargeException',
      `Request must be smaller than ${bytesMax} bytes for the InvokeFunction operation`,
      413,
    );
  }
}

function payloadText(payload: unknown): string {
  if (payload === undefined) return '{}';
  const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload as Uint8Array);
  try {
    JSON.parse(text);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json', 400);
  }
  return text;
}

function succeeded(answer: unknown): Invocation {
  const payload = answer === undefined ? 'null' : JSON.stringify(answer);
  if (Buffer.byteLength(payload) <= syncBytesMax) return { payload, functionError: undefined };
  return unhandled(
    'Function.ResponseSizeTooLarge',
    'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  );
}

/** As the Node.js runtime reports a thrown error. The trace holds no paths of this machine: runs stay comparable. */
function failed(error: unknown): Invocation {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return unhandled(name, message, [`${name}: ${message}`]);
}

function timedOut({ timeoutMs }: FunctionDeclaration, requestId: string): Invocation {
  const seconds = (timeoutMs / 1000).toFixed(2);
  return unhandled('Sandbox.Timedout', `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`);
}

function unhandled(errorType: string, errorMessage: string, trace?: string[]): Invocation {
  const payload = JSON.stringify({ errorType, errorMessage, ...(trace === undefined ? {} : { trace }) });
  return { payload, functionError: 'Unhandled' };
}

function count(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/**
 * Lambda's queue of asynchronous invocations: events from rules and schedules are accepted at once and run later; a
 * function error is retried after one and after two minutes, then the event goes to the dead-letter queue and to the
 * failure destination, sent as the function's role.
 *
 * Lambda guide, invocation-async-error-handling and invocation-async-retain-records.
 */
import type { SimulatedCloud } from './cloud.ts';
import type { FunctionDeclaration } from './lambda-environment.ts';
import { AwsError } from './service.ts';

/** How an invocation ended; `payload` is JSON text. */
export interface Invocation {
  payload: string;
  functionError: 'Unhandled' | undefined;
}

const retryDelaysMs = [60_000, 120_000];
const eventAgeMsMaxDefault = 6 * 3_600_000;
/** How long an event lies in the queue before its first try [?]. */
const acceptMs = { low: 5, high: 60 };

interface Queued {
  arn: string;
  payload: string;
  declaration: FunctionDeclaration;
  acceptedAtMs: number;
  attempt: number;
}

export class AsyncQueue {
  /** Events given up, by verb. */
  readonly givenUp = new Map<string, number>();
  /** Of those, how many the queue or topic did not take either: lost. */
  deadLetterErrors = 0;
  readonly #cloud: SimulatedCloud;
  readonly #run: (arn: string, payload: string) => Promise<Invocation>;
  readonly #random;

  constructor(cloud: SimulatedCloud, run: (arn: string, payload: string) => Promise<Invocation>) {
    this.#cloud = cloud;
    this.#run = run;
    this.#random = cloud.random('lambda/async');
  }

  accept(arn: string, payload: string, declaration: FunctionDeclaration): void {
    const { clock } = this.#cloud;
    const queued: Queued = { arn, payload, declaration, acceptedAtMs: clock.nowMs(), attempt: 0 };
    this.#schedule(queued, this.#random.integer(acceptMs.low, acceptMs.high));
  }

  #schedule(queued: Queued, delayMs: number): void {
    const { clock } = this.#cloud;
    clock.spawnAt(clock.nowMs() + delayMs, () => this.#attempt(queued)).catch((error: unknown) => clock.fail(error));
  }

  async #attempt(queued: Queued): Promise<void> {
    const { clock } = this.#cloud;
    const { arn, payload, declaration } = queued;
    const qualifier = arn.split(':')[7] ?? '$LATEST';
    const config = declaration.asyncConfig.get(qualifier);
    const result = await this.#run(arn, payload);
    if (result.functionError === undefined) return;
    const delayMs = retryDelaysMs[queued.attempt];
    const retriesMax = config?.retryAttempts ?? retryDelaysMs.length;
    const ageMax = config?.eventAgeMsMax ?? eventAgeMsMaxDefault;
    if (
      delayMs === undefined ||
      queued.attempt >= retriesMax ||
      clock.nowMs() + delayMs - queued.acceptedAtMs > ageMax
    ) {
      await this.#giveUp(queued, result, config?.onFailureArn);
      return;
    }
    this.#schedule({ ...queued, attempt: queued.attempt + 1 }, delayMs);
  }

  async #giveUp(queued: Queued, result: Invocation, onFailureArn: string | undefined): Promise<void> {
    const { declaration, payload, arn } = queued;
    this.givenUp.set(declaration.verb, (this.givenUp.get(declaration.verb) ?? 0) + 1);
    const { errorMessage = '' } = JSON.parse(result.payload) as { errorMessage?: string };
    if (declaration.deadLetterArn !== undefined) {
      const attributes = { ErrorCode: '200', ErrorMessage: errorMessage.slice(0, 1024) };
      await this.#send(declaration, declaration.deadLetterArn, payload, attributes);
    }
    if (onFailureArn === undefined) return;
    const record = {
      version: '1.0',
      timestamp: new Date(this.#cloud.clock.nowMs()).toISOString(),
      requestContext: {
        functionArn: arn,
        condition: 'RetriesExhausted',
        approximateInvokeCount: queued.attempt + 1,
      },
      requestPayload: JSON.parse(payload) as unknown,
      responseContext: { statusCode: 200, functionError: 'Unhandled' },
      responsePayload: JSON.parse(result.payload) as unknown,
    };
    await this.#send(declaration, onFailureArn, JSON.stringify(record), {});
  }

  async #send(
    { roleArn, verb }: FunctionDeclaration,
    targetArn: string,
    body: string,
    attributes: Record<string, string>,
  ): Promise<void> {
    const { clock } = this.#cloud;
    const base = { principal: { roleArn, name: verb }, atMs: clock.nowMs() };
    const isQueue = targetArn.split(':')[2] === 'sqs';
    try {
      await this.#cloud.call(
        isQueue
          ? {
              ...base,
              service: 'sqs',
              operation: 'SendMessage',
              input: { QueueUrl: targetArn, MessageBody: body, MessageAttributes: attributes },
            }
          : { ...base, service: 'sns', operation: 'Publish', input: { TopicArn: targetArn, Message: body } },
      );
    } catch (error) {
      // As at AWS, where only the metric DeadLetterErrors (DestinationDeliveryFailures) tells.
      if (!(error instanceof AwsError)) throw error;
      this.deadLetterErrors += 1;
    }
  }
}

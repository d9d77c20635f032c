/**
 * How rules and schedules hand an event to a target: one call, retried while the target fails for reasons that may pass,
 * then the dead-letter queue.
 *
 * Retries: 24 h or 185 times with exponential backoff and jitter by default; missing permissions and missing targets are
 * not retried; other 4xx neither [EventBridge guide eb-rule-retry-policy, eb-rule-dlq; repost
 * eventbridge-resolve-failedinvocation-errors]. The backoff's numbers are not documented [?].
 */
import type { Random } from '../random.ts';
import type { SimulatedCloud } from './cloud.ts';
import { AwsError, type Principal } from './service.ts';

export interface Target {
  arn: string;
  retryAttempts: number;
  eventAgeMsMax: number;
  deadLetterArn: string | undefined;
}

export const retryAttemptsDefault = 185;
export const eventAgeMsMaxDefault = 24 * 3_600_000;

const backoffMs = { first: 1_000, max: 600_000 };

export interface Delivery {
  target: Target;
  principal: Principal;
  /** JSON text for the target, for an attempt counted from 1. */
  payload: (attempt: number) => string;
  /** What the dead-letter message holds. */
  deadLetterBody: string;
  /** RULE_ARN or SCHEDULE_ARN and the like. */
  deadLetterAttributes: Record<string, string>;
  /** Who writes to the dead-letter queue. */
  deadLetterPrincipal: Principal;
}

export class Deliverer {
  /** Deliveries that were accepted, that went to a dead-letter queue, and that were lost for want of one. */
  readonly counts = { delivered: 0, deadLettered: 0, dropped: 0 };
  readonly #cloud: SimulatedCloud;
  readonly #random: Random;

  constructor(cloud: SimulatedCloud, label: string) {
    this.#cloud = cloud;
    this.#random = cloud.random(label);
  }

  /** Begins a moment later. */
  deliver(delivery: Delivery, delayMs: number): void {
    this.#spawn(delayMs, () => this.#attempt(delivery, 1, this.#cloud.clock.nowMs()));
  }

  #spawn(delayMs: number, work: () => Promise<void>): void {
    const { clock } = this.#cloud;
    clock.spawnAt(clock.nowMs() + delayMs, work).catch((error: unknown) => clock.fail(error));
  }

  async #attempt(delivery: Delivery, attempt: number, firstMs: number): Promise<void> {
    const { clock } = this.#cloud;
    const { target } = delivery;
    try {
      await this.#send(delivery.principal, target.arn, delivery.payload(attempt));
      this.counts.delivered += 1;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const delayMs = Math.min(backoffMs.first * 2 ** (attempt - 1), backoffMs.max) * this.#random.between(0.5, 1);
      const isOld = clock.nowMs() + delayMs - firstMs > target.eventAgeMsMax;
      const isExhausted = attempt > target.retryAttempts;
      if (isRetriable(error) && !isExhausted && !isOld) {
        this.#spawn(Math.ceil(delayMs), () => this.#attempt(delivery, attempt + 1, firstMs));
        return;
      }
      await this.#giveUp(
        delivery,
        error,
        attempt,
        isRetriable(error) ? (isExhausted ? 'MaximumRetryAttempts' : 'MaximumEventAgeInSeconds') : undefined,
      );
    }
  }

  async #send(principal: Principal, arn: string, payload: string): Promise<void> {
    const { service, operation, input } = requestFor(arn, payload);
    await this.#cloud.call({ service, operation, input, principal, atMs: this.#cloud.clock.nowMs() });
  }

  async #giveUp(delivery: Delivery, error: AwsError, attempt: number, exhausted: string | undefined): Promise<void> {
    const { deadLetterArn, arn } = delivery.target;
    if (deadLetterArn === undefined) {
      this.counts.dropped += 1;
      return;
    }
    const MessageAttributes = {
      ...delivery.deadLetterAttributes,
      TARGET_ARN: arn,
      ERROR_CODE: errorCode(error),
      ERROR_MESSAGE: error.message,
      RETRY_ATTEMPTS: String(attempt - 1),
      ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted }),
    };
    try {
      await this.#cloud.call({
        service: 'sqs',
        operation: 'SendMessage',
        input: { QueueUrl: deadLetterArn, MessageBody: delivery.deadLetterBody, MessageAttributes },
        principal: delivery.deadLetterPrincipal,
        atMs: this.#cloud.clock.nowMs(),
      });
      this.counts.deadLettered += 1;
    } catch (failure) {
      // The queue's policy doesn't let it in: the event is lost, as at AWS (InvocationsFailedToBeSentToDlq).
      if (!(failure instanceof AwsError)) throw failure;
      this.counts.dropped += 1;
    }
  }
}

function isRetriable(error: AwsError): boolean {
  const { httpStatusCode } = error.$metadata;
  return httpStatusCode >= 500 || httpStatusCode === 429 || httpStatusCode === 0 || /Throttl/.test(error.name);
}

/** [EventBridge guide eb-rule-dlq, list of ERROR_CODE values] */
function errorCode(error: AwsError): string {
  if (/AccessDenied|NotAuthorized|AuthorizationError/.test(error.name)) return 'NO_PERMISSIONS';
  if (/NotFound|DoesNotExist/.test(error.name)) return 'NO_RESOURCE';
  if (/Throttl|TooManyRequests/.test(error.name)) return 'THROTTLING';
  return 'ERROR_FROM_TARGET';
}

/** The targets that a template may name. @throws Error for any other */
export function requestFor(
  arn: string,
  payload: string,
): { service: string; operation: string; input: Record<string, unknown> } {
  const [, , service, , , resource = ''] = arn.split(':');
  if (service === 'lambda') {
    return { service, operation: 'Invoke', input: { FunctionName: arn, InvocationType: 'Event', Payload: payload } };
  }
  if (service === 'states' && resource === 'stateMachine') {
    return { service, operation: 'StartExecution', input: { stateMachineArn: arn, input: payload } };
  }
  if (service === 'sns') return { service, operation: 'Publish', input: { TopicArn: arn, Message: payload } };
  if (service === 'sqs') return { service, operation: 'SendMessage', input: { QueueUrl: arn, MessageBody: payload } };
  throw new Error(`the simulator does not know how to deliver to ${arn}`);
}

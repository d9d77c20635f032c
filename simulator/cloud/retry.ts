/**
 * The SDK's standard retries on virtual time: same attempts, same classes of errors, same backoff and token bucket as
 * smithy's `StandardRetryStrategy` (@smithy/core, submodules/retry/util-retry, v2026 numbers), with a seeded jitter and
 * delays that park the activity on the clock. A token's own delay is always 0, so that no real timer is set.
 */
import type { Random } from '../random.ts';

// @smithy/core/dist-es/submodules/retry/util-retry: constants.js, retries-2026-config.js, read 2026-11-21.
const maximumDelayMs = 20_000;
const baseDelayMs = 50;
const dynamodbBaseDelayMs = 25; // client-dynamodb 3.1162 DynamoDBClient.js, `defaultBaseDelay`
const throttlingDelayMs = 1_000;
const initialCapacity = 500;
const retryCost = 14;
const throttlingCost = 5;
const successIncrement = 1;

interface RetryToken {
  getRetryCount(): number;
  getRetryDelay(): number;
  getRetryCost(): number | undefined;
}

interface RetryError {
  errorType: 'THROTTLING' | 'TRANSIENT' | 'SERVER_ERROR' | 'CLIENT_ERROR';
}

/** The part of smithy's `RetryStrategyV2` that its middleware uses. */
export interface VirtualRetryStrategy {
  readonly mode: 'standard';
  acquireInitialRetryToken(scope: string): Promise<RetryToken>;
  refreshRetryTokenForRetry(token: RetryToken, error: RetryError): Promise<RetryToken>;
  recordSuccess(token: RetryToken): void;
}

/**
 * @param clock whose `sleep` lets virtual time pass
 * @param maxAttempts asked at each failure: the client's own configuration stays the truth
 */
export function virtualRetryStrategy(
  clock: { sleep(delayMs: number): Promise<void> },
  random: Random | (() => number),
  maxAttempts: () => Promise<number>,
  serviceId = '',
): VirtualRetryStrategy {
  const base = serviceId === 'DynamoDB' ? dynamodbBaseDelayMs : baseDelayMs;
  let capacity = initialCapacity;
  return {
    mode: 'standard',
    acquireInitialRetryToken: () => Promise.resolve(token(0, undefined)),
    refreshRetryTokenForRetry: async (last, { errorType }) => {
      const throttled = errorType === 'THROTTLING';
      const cost = throttled ? throttlingCost : retryCost;
      const retries = last.getRetryCount();
      const retryable = throttled || errorType === 'TRANSIENT';
      if (!retryable || retries + 1 >= (await maxAttempts()) || capacity < cost) {
        throw new Error('No retry token available');
      }
      capacity -= cost;
      const ceilingMs = Math.min((throttled ? throttlingDelayMs : base) * 2 ** retries, maximumDelayMs);
      await clock.sleep(Math.floor(random() * ceilingMs));
      return token(retries + 1, cost);
    },
    recordSuccess: (last) => {
      capacity = Math.min(initialCapacity, capacity + (last.getRetryCost() ?? successIncrement));
    },
  };
}

function token(count: number, cost: number | undefined): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => 0, getRetryCost: () => cost };
}

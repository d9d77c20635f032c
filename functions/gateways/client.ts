/** How gateways make their SDK clients: attempts and time-outs, said once. */
import type { ClientDefaults, Runtime } from '../runtime/runtime.ts';

/** Below the shortest function timeout, so that a hanging call ends as a fault, not as a killed function. */
const CONNECT_MS = 3_000;
const REQUEST_MS = 10_000;

interface Options extends ClientDefaults {
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: true };
}

const requestHandler = (requestTimeout: number) => ({
  connectionTimeout: CONNECT_MS,
  requestTimeout,
  // Without it the SDK only warns when the time is over.
  throwOnRequestTimeout: true as const,
});

/** For calls that may be repeated: the SDK tries up to four times. */
export function retryingClient(runtime: Runtime, requestMs = REQUEST_MS): Options {
  return { ...runtime.clientDefaults, maxAttempts: 4, requestHandler: requestHandler(requestMs) };
}

/** For mutations without a client token: exactly one attempt. A retry strategy among the defaults would override that. */
export function singleAttemptClient(runtime: Runtime, requestMs = REQUEST_MS): Options {
  const defaults: ClientDefaults & { retryStrategy?: unknown } = { ...runtime.clientDefaults };
  delete defaults.retryStrategy;
  return { ...defaults, maxAttempts: 1, requestHandler: requestHandler(requestMs) };
}

/** `items` in groups of at most `size`. */
export function batches<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let start = 0; start < items.length; start += size) groups.push(items.slice(start, start + size));
  return groups;
}

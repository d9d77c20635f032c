import type { Wire } from './runtime.ts';

/** The present, as an argument: steps and gateways never read the wall clock themselves. */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
}

/** The runtime's clock, for a step's wiring. */
export const systemClock: Wire<Clock> = (runtime) => runtime.clock;

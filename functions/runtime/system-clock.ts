import type { Clock } from './clock.ts';
import type { Wire } from './runtime.ts';

/** The runtime's clock, for a step's wiring. */
export const systemClock: Wire<Clock> = (runtime) => runtime.clock;

/** The present, as an argument: steps and gateways never read the wall clock themselves. */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
}

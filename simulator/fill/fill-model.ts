/** How full the simulated brokers' volumes want to be. */

/**
 * How much of a volume's file system is used, as a function of time. Monotone calls in time are fast; earlier times may be
 * asked again. Demand, not measurement: the simulator clips at the file system's size and counts a full volume.
 *
 * Volumes are named by id; an unknown one is a RangeError.
 */
export interface FillModel {
  /** @param atMs epoch milliseconds, not before the run's start */
  usedBytes(volumeId: string, atMs: number): number;
  /**
   * An operator's relief: from `atMs` on, every retention on this volume is `factor` times what it was (0 < factor <= 1).
   * Space is freed within `reliefMs`, as brokers look for segments to delete every five minutes.
   */
  shortenRetention(volumeId: string, atMs: number, factor: number): void;
  /** What a reader of the results should know, e.g. that a trace was repeated. Grows as time advances. */
  readonly notes: readonly string[];
}

/** `log.retention.check.interval.ms`: 5 minutes (Kafka documentation, broker configs, default). */
export const reliefMs = 300_000;

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const bytesPerGib = 2 ** 30;

/** What retention has left on one volume of all that ever arrived there. */
import { reliefMs } from './fill-model.ts';

/** A part of a volume's data with a retention of its own. */
export interface RetainedTopic {
  /** Fraction of the volume's arrivals that are this topic's, 0..1. */
  readonly share: number;
  /** Infinity keeps everything. */
  readonly retentionMs: number;
  /** A new segment begins this often. */
  readonly segmentMs: number;
  /** When segments begin, within `segmentMs`. */
  readonly phaseMs: number;
}

/** Bytes that have arrived until then, from any origin; continuous and never decreasing. Times are epoch milliseconds. */
export type Cumulative = (atMs: number) => number;

/**
 * One volume: arrivals, less the segments that retention has deleted. A segment goes when its newest record is too old;
 * its space is freed over `reliefMs` instead of at once, so that usage is continuous: a saw-tooth with steep falls.
 */
export class RetainedVolume {
  readonly #cumulative: Cumulative;
  readonly #topics: readonly RetainedTopic[];
  /** In order of time. */
  #reliefs: readonly { readonly atMs: number; readonly factor: number }[] = [];

  constructor(cumulative: Cumulative, topics: readonly RetainedTopic[]) {
    this.#cumulative = cumulative;
    this.#topics = topics;
  }

  usedBytes(atMs: number): number {
    const arrived = this.#cumulative(atMs);
    const retentionFactor = this.#retentionFactor(atMs);
    let used = 0;
    for (const topic of this.#topics) {
      const deletedUntilMs = oldestKept(topic, atMs - topic.retentionMs * retentionFactor);
      used += topic.share * (arrived - this.#cumulative(deletedUntilMs));
    }
    return used;
  }

  shortenRetention(atMs: number, factor: number): void {
    if (!(factor > 0 && factor <= 1)) throw new RangeError(`factor: expected more than 0, at most 1, got ${factor}`);
    this.#reliefs = [...this.#reliefs, { atMs, factor }].sort((one, other) => one.atMs - other.atMs);
  }

  /** The product of all reliefs so far, each coming into effect evenly over `reliefMs`. */
  #retentionFactor(atMs: number): number {
    let product = 1;
    for (const { atMs: sinceMs, factor } of this.#reliefs) {
      if (sinceMs >= atMs) break;
      product *= 1 - (1 - factor) * Math.min(1, (atMs - sinceMs) / reliefMs);
    }
    return product;
  }
}

/** Where the kept data begins when records before `expiredMs` are too old. Continuous and never decreasing. */
function oldestKept(topic: RetainedTopic, expiredMs: number): number {
  if (expiredMs === Number.NEGATIVE_INFINITY) return expiredMs;
  const { segmentMs, phaseMs } = topic;
  const segments = Math.floor((expiredMs - phaseMs) / segmentMs);
  const sinceBoundaryMs = expiredMs - phaseMs - segments * segmentMs;
  const deletedFraction = Math.min(1, sinceBoundaryMs / Math.min(reliefMs, segmentMs));
  return phaseMs + (segments - 1 + deletedFraction) * segmentMs;
}

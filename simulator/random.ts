/**
 * Seeded pseudo-random numbers, the simulator's only source of chance: the same seed gives the same run, byte for byte.
 *
 * The generator is xoshiro128** (Blackman and Vigna 2018, https://prng.di.unimi.it/xoshiro128starstar.c), its four words
 * filled by splitmix32 from a 32-bit hash of the seed's text. Not for secrets.
 */

/** A stream of numbers. Calling it gives the next one, at least 0 and below 1, with 32 bits of resolution. */
export interface Random {
  (): number;
  /** A real number, at least `low` and below `high`. */
  between(low: number, high: number): number;
  /** A whole number, at least `low` and at most `high`. */
  integer(low: number, high: number): number;
  /** True with a probability of `probability` (0..1). */
  chance(probability: number): boolean;
  /** One of the items. Throws a RangeError when there is none. */
  pick<T>(items: readonly T[]): T;
  /** Exponentially distributed with the given mean: the time to the next of events that come at random. */
  exponential(mean: number): number;
  /** Normally distributed. */
  normal(mean: number, standardDeviation: number): number;
  /** Log-normally distributed: `median` times e to the power of a normal number with standard deviation `sigma`. */
  lognormal(median: number, sigma: number): number;
  /**
   * An independent stream that depends only on this stream's seed and the label, not on how much was drawn from either:
   * a new consumer of chance doesn't change what the others see.
   */
  fork(label: string | number): Random;
}

/** A stream for a seed. Numbers and their decimal text are the same seed: `seededRandom(7)` equals `seededRandom('7')`. */
export function seededRandom(seed: number | string): Random {
  const path = String(seed);
  const next = xoshiro128(path);
  // Away from 0, whose logarithm is infinite.
  const positive = () => 1 - next();
  const normal = (mean: number, standardDeviation: number) =>
    mean + standardDeviation * Math.sqrt(-2 * Math.log(positive())) * Math.cos(2 * Math.PI * next());

  return Object.assign(() => next(), {
    between: (low: number, high: number) => low + (high - low) * next(),
    integer: (low: number, high: number) => low + Math.floor((high - low + 1) * next()),
    chance: (probability: number) => next() < probability,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new RangeError('pick: expected at least one item, got none');
      return items[Math.floor(next() * items.length)] as T;
    },
    exponential: (mean: number) => -mean * Math.log(positive()),
    normal,
    lognormal: (median: number, sigma: number) => median * Math.exp(normal(0, sigma)),
    // The separator can't be typed by accident, so that ('a', 'b/c') and ('a/b', 'c') stay apart.
    fork: (label: string | number) => seededRandom(`${path}\u001f${label}`),
  });
}

function xoshiro128(text: string): () => number {
  const word = splitmix32(hash32(text));
  // A second, differently salted hash: two seeds that collide in 32 bits would otherwise give the same stream.
  const salted = splitmix32(hash32(`${text}\u001e`));
  let a = word();
  let b = word();
  let c = salted();
  let d = salted() | 1; // the all-zero state would stay zero for ever
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result / 0x1_0000_0000;
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** FNV-1a over the UTF-16 code units, with a final avalanche so that neighbouring seeds end far apart. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

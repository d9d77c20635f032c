/**
 * The arrivals of one volume in a synthetic run: an exponential trend, a daily and a weekly shape, and seeded bursts.
 * Cumulative sums per minute are kept as far as time has been asked for; between minutes they are joined by lines.
 */
import type { Random } from '../random.ts';
import { dayMs, hourMs } from './fill-model.ts';

const minuteMs = 60_000;
const weekMs = 7 * dayMs;
/** The busiest hour of a broker without jitter, UTC. A choice, not a measurement. */
const busiestHour = 14;
/** How far a broker's busiest hour may be from it, either way. */
const phaseJitterHours = 3;
/** The weekly dip falls and rises over this time around midnight. */
const dipEdgeMs = 6 * hourMs;

export interface TrafficShape {
  /** 0.02 is 2 % more each day, compounded. */
  readonly growthPerDay: number;
  /** 0..1; the busiest time of a day has 1 + this times the mean, the quietest 1 − this. */
  readonly dailyAmplitude: number;
  /** 0..1; on Saturday and Sunday (UTC) this fraction is missing. */
  readonly weekendDip: number;
}

export interface BurstShape {
  readonly perWeek: number;
  /** Median of the bytes of one burst. */
  readonly medianBytes: number;
  /** Median of how long one lasts. */
  readonly medianMs: number;
  /** Spread of both: the standard deviation of their logarithms. */
  readonly sigma: number;
}

interface Burst {
  readonly startMs: number;
  readonly durationMs: number;
  readonly bytes: number;
}

/** Traffic of mean rate 1 at the start (per millisecond, before shapes); scaled by `scale` once the level is known. */
export class SyntheticArrivals {
  readonly #originMs: number;
  readonly #startMs: number;
  readonly #shape: TrafficShape;
  readonly #busiestMs: number;
  /** `#traffic[i]` arrived until minute i after the origin, unscaled; `#bursts[i]` likewise, in bytes. */
  #traffic = new Float64Array(1024);
  #burstBytes = new Float64Array(1024);
  #minutes = 0;
  #scale = 1;
  readonly #nextBurst: () => Burst;
  #upcoming: Burst;
  #running: readonly Burst[] = [];
  #endedBytes = 0;

  /** @param originMs where the history begins that the retained data at `startMs` comes from; no bursts before the start */
  constructor(
    times: { readonly originMs: number; readonly startMs: number },
    shape: TrafficShape,
    bursts: BurstShape,
    random: Random,
  ) {
    this.#originMs = times.originMs;
    this.#startMs = times.startMs;
    this.#shape = shape;
    this.#busiestMs = (busiestHour + random.fork('phase').between(-phaseJitterHours, phaseJitterHours)) * hourMs;
    this.#nextBurst = burstsFrom(times.startMs, bursts, random.fork('bursts'));
    this.#upcoming = this.#nextBurst();
  }

  /** Bytes for one unit of traffic. To be set before bursts begin, that is for the level at the start. */
  set scale(scale: number) {
    this.#scale = scale;
  }

  /** All that arrived since the origin; nothing before it. */
  bytesUntil(atMs: number): number {
    const minutes = (atMs - this.#originMs) / minuteMs;
    if (minutes <= 0) return 0;
    const minute = Math.floor(minutes);
    if (minute >= this.#minutes) this.#extend(minute + 1);
    const fraction = minutes - minute;
    const traffic = this.#traffic[minute]! + (this.#traffic[minute + 1]! - this.#traffic[minute]!) * fraction;
    const bursts = this.#burstBytes[minute]! + (this.#burstBytes[minute + 1]! - this.#burstBytes[minute]!) * fraction;
    return this.#scale * traffic + bursts;
  }

  #extend(minutes: number): void {
    if (minutes >= this.#traffic.length) {
      const length = Math.max(minutes + 1, this.#traffic.length * 2);
      this.#traffic = grown(this.#traffic, length);
      this.#burstBytes = grown(this.#burstBytes, length);
    }
    for (; this.#minutes < minutes; this.#minutes += 1) {
      const atMs = this.#originMs + this.#minutes * minuteMs;
      this.#traffic[this.#minutes + 1] = this.#traffic[this.#minutes]! + this.#rate(atMs + minuteMs / 2) * minuteMs;
      this.#burstBytes[this.#minutes + 1] = this.#burstBytesUntil(atMs + minuteMs);
    }
  }

  #rate(atMs: number): number {
    const { growthPerDay, dailyAmplitude, weekendDip } = this.#shape;
    const trend = (1 + growthPerDay) ** ((atMs - this.#startMs) / dayMs);
    const daily = 1 + dailyAmplitude * Math.cos((2 * Math.PI * (atMs - this.#busiestMs)) / dayMs);
    return trend * daily * (1 - weekendDip * weekendness(atMs));
  }

  /** Asked in order of time only. */
  #burstBytesUntil(atMs: number): number {
    while (this.#upcoming.startMs < atMs) {
      this.#running = [...this.#running, this.#upcoming];
      this.#upcoming = this.#nextBurst();
    }
    let bytes = 0;
    const stillRunning: Burst[] = [];
    for (const burst of this.#running) {
      const done = (atMs - burst.startMs) / burst.durationMs;
      if (done >= 1) {
        this.#endedBytes += burst.bytes;
      } else {
        // A burst swells and fades: its rate is half a sine wave
        bytes += (burst.bytes * (1 - Math.cos(Math.PI * done))) / 2;
        stillRunning.push(burst);
      }
    }
    this.#running = stillRunning;
    return this.#endedBytes + bytes;
  }
}

function burstsFrom(startMs: number, shape: BurstShape, random: Random): () => Burst {
  const { perWeek, medianBytes, medianMs, sigma } = shape;
  let atMs = startMs;
  return () => {
    atMs += perWeek > 0 ? random.exponential(weekMs / perWeek) : Number.POSITIVE_INFINITY;
    return {
      startMs: atMs,
      durationMs: random.lognormal(medianMs, sigma),
      bytes: random.lognormal(medianBytes, sigma),
    };
  };
}

/** 1 at the weekend, 0 in the week, in between around the midnights. */
function weekendness(atMs: number): number {
  // The epoch was a Thursday: its third day was a Saturday
  const sinceSaturdayMs = (((atMs - 2 * dayMs) % weekMs) + weekMs) % weekMs;
  const sinceMidWeekendMs = sinceSaturdayMs > dayMs + weekMs / 2 ? sinceSaturdayMs - weekMs : sinceSaturdayMs;
  const insideMs = dayMs - Math.abs(sinceMidWeekendMs - dayMs);
  const edge = Math.min(1, Math.max(0, insideMs / dipEdgeMs + 0.5));
  return edge * edge * (3 - 2 * edge);
}

function grown(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(length);
  longer.set(values);
  return longer;
}

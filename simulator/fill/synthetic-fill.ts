/** The synthetic traffic that fills the brokers' volumes of a simulated cluster. Pure and seeded. */
import { seededRandom, type Random } from '../random.ts';
import { bytesPerGib, hourMs, type FillModel } from './fill-model.ts';
import { RetainedVolume } from './retained-volume.ts';
import { SyntheticArrivals } from './synthetic-arrivals.ts';

export interface SyntheticVolume {
  readonly volumeId: string;
  readonly capacityGib: number;
  /** What is retained at the start, as a fraction of the capacity; more than 0. */
  readonly initialUsedFraction: number;
  /** When this volume grows at another pace than the others. */
  readonly growthPerDay?: number;
}

export interface SyntheticTopic {
  readonly name: string;
  /** Weight among the topics; they needn't add up to 1. */
  readonly share: number;
  readonly retentionHours: number;
  /** How often a partition begins a new segment; one of 0.1 h or more. Default: a twelfth of the retention. */
  readonly segmentHours?: number;
}

export interface SyntheticFill {
  readonly seed: number | string;
  /** Epoch milliseconds; `usedBytes` is `initialUsedFraction` of the capacity then. */
  readonly startMs: number;
  readonly volumes: readonly SyntheticVolume[];
  /** How much more arrives each day, compounded: 0.02 is 2 %. Usage follows, as retention keeps a share of the arrivals. */
  readonly growthPerDay: number;
  /** 0..1, default 0.4. */
  readonly dailyAmplitude?: number;
  /** 0..1, default 0.2. A run that starts on a Monday starts low in the week. */
  readonly weekendDip?: number;
  /** On each volume, come at random. Default: none. */
  readonly bursts?: {
    readonly perWeek: number;
    /** Median size as a fraction of the volume's capacity at the start. */
    readonly medianFraction: number;
    readonly medianHours: number;
    /** Spread of size and duration, default 0.5: one in six is more than 1.65 times the median. */
    readonly sigma?: number;
  };
  /** Default: `defaultTopics`. */
  readonly topics?: readonly SyntheticTopic[];
}

/** Three retentions that clusters commonly have side by side. A choice, not a measurement. */
export const defaultTopics: readonly SyntheticTopic[] = [
  { name: 'events', share: 0.6, retentionHours: 72 },
  { name: 'logs', share: 0.3, retentionHours: 24 },
  { name: 'audit', share: 0.1, retentionHours: 168 },
];

/**
 * The same options give the same usage, whatever the order of the calls; a volume doesn't depend on the others.
 *
 * @throws RangeError for options out of range
 */
export function fillModel(options: SyntheticFill): FillModel {
  checkOptions(options);
  const random = seededRandom(options.seed).fork('fill');
  const volumes = new Map(
    options.volumes.map((volume) => [volume.volumeId, volumeOf(volume, options, random.fork(volume.volumeId))]),
  );
  const find = (volumeId: string) => {
    const volume = volumes.get(volumeId);
    if (!volume) throw new RangeError(`${volumeId}: no such volume in the fill model`);
    return volume;
  };
  return {
    usedBytes: (volumeId, atMs) => find(volumeId).usedBytes(atMs),
    shortenRetention: (volumeId, atMs, factor) => find(volumeId).shortenRetention(atMs, factor),
    notes: [],
  };
}

function volumeOf(volume: SyntheticVolume, options: SyntheticFill, random: Random): RetainedVolume {
  const { startMs, bursts } = options;
  const listed = options.topics ?? defaultTopics;
  const shares = listed.reduce((sum, topic) => sum + topic.share, 0);
  const topics = listed.map((topic) => {
    const segmentMs = (topic.segmentHours ?? topic.retentionHours / 12) * hourMs;
    const phaseMs = random.fork(`topic ${topic.name}`).between(0, segmentMs);
    return { share: topic.share / shares, retentionMs: topic.retentionHours * hourMs, segmentMs, phaseMs };
  });
  // The oldest segment that can be kept at the start
  const reachMs = Math.max(...topics.map(({ retentionMs, segmentMs }) => retentionMs + 2 * segmentMs));
  // Whole minutes, so that the start is a grid point and the level there owes nothing to the first burst
  const historyMs = Math.ceil(reachMs / 60_000) * 60_000;

  const capacityBytes = volume.capacityGib * bytesPerGib;
  const arrivals = new SyntheticArrivals(
    { originMs: startMs - historyMs, startMs },
    {
      growthPerDay: volume.growthPerDay ?? options.growthPerDay,
      dailyAmplitude: options.dailyAmplitude ?? 0.4,
      weekendDip: options.weekendDip ?? 0.2,
    },
    {
      perWeek: bursts?.perWeek ?? 0,
      medianBytes: (bursts?.medianFraction ?? 0) * capacityBytes,
      medianMs: (bursts?.medianHours ?? 1) * hourMs,
      sigma: bursts?.sigma ?? 0.5,
    },
    random,
  );
  const retained = new RetainedVolume((atMs) => arrivals.bytesUntil(atMs), topics);
  arrivals.scale = (volume.initialUsedFraction * capacityBytes) / retained.usedBytes(startMs);
  return retained;
}

function check(isGood: boolean, expectation: string): void {
  if (!isGood) throw new RangeError(`fillModel: expected ${expectation}`);
}

function checkOptions(options: SyntheticFill): void {
  const { volumes, topics = defaultTopics, dailyAmplitude = 0, weekendDip = 0, bursts } = options;
  check(Number.isFinite(options.startMs), 'a finite startMs');
  check(new Set(volumes.map(({ volumeId }) => volumeId)).size === volumes.length, 'different volumeIds');
  check(new Set(topics.map(({ name }) => name)).size === topics.length, 'different names of topics');
  for (const { volumeId, capacityGib, initialUsedFraction } of volumes) {
    check(capacityGib > 0 && initialUsedFraction > 0, `${volumeId}: capacityGib and initialUsedFraction above 0`);
  }
  for (const growthPerDay of [options, ...volumes].map((each) => each.growthPerDay ?? 0)) {
    check(growthPerDay > -1 && Number.isFinite(growthPerDay), `growthPerDay above -1, got ${growthPerDay}`);
  }
  check(topics.length > 0, 'at least one topic');
  for (const { name, share, retentionHours, segmentHours = retentionHours / 12 } of topics) {
    check(share > 0 && retentionHours > 0 && Number.isFinite(retentionHours), `${name}: share and retention above 0`);
    // A segment may not be shorter than the time its space takes to be freed
    check(segmentHours >= 0.1, `${name}: segmentHours of 0.1 or more`);
  }
  for (const fraction of [dailyAmplitude, weekendDip]) {
    check(fraction >= 0 && fraction <= 1, 'dailyAmplitude and weekendDip from 0 to 1');
  }
  if (bursts) {
    const { perWeek, medianFraction, medianHours, sigma = 0 } = bursts;
    check(perWeek >= 0 && medianFraction >= 0 && medianHours > 0 && sigma >= 0, 'bursts that are not negative');
    check(perWeek * medianHours < 168 * 50, 'fewer than 50 bursts at a time');
  }
}

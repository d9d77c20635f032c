/** Adds to the storage of an MSK cluster how full its brokers are, and have been. Reads only. */
import type { StoragePolicy } from '../../fleet/fleet.ts';
import type { MetricsGateway } from '../../gateways/types.ts';
import type { MskStorageFacts, Readings } from '../facts.ts';
import { forecastUsage } from '../forecast.ts';
import { needsLastDay } from '../last-day.ts';
import { hourMs } from '../limits.ts';
import { usageOf } from '../usage.ts';
import { readBrokers, readFill } from './brokers.ts';
import { untilNextChangeMs } from './limits.ts';

const recentMs = 3 * hourMs;
const recentPeriodSeconds = 300;

interface Options {
  clusterName: string;
  policy: StoragePolicy;
  /** Read the last day in any case; else only where it can change the decision. */
  lastDay: boolean;
  /** A person is called for it. */
  isCalledFor: boolean;
}

interface Broker {
  brokerId: number;
  /** Absent: silent. */
  usedFraction?: number;
  hourly?: Readings;
  recent: Readings;
}

export async function addFill(
  { metrics, nowMs }: { metrics: MetricsGateway; nowMs: number },
  storage: MskStorageFacts,
  { clusterName, policy, lastDay, isCalledFor }: Options,
): Promise<void> {
  const isAlive = ({ timesMs }: Readings): boolean =>
    nowMs - (timesMs.at(-1) ?? 0) <= policy.metricAgeMinutesMax * 60_000;
  const span = { fromMs: nowMs - recentMs, toMs: nowMs, periodSeconds: recentPeriodSeconds };
  const seen = await readBrokers(metrics, { clusterName, count: storage.volumes }, span, isAlive);
  const isWanted =
    lastDay || seen.some(({ readings }) => needsLastDay({ ...storage, recent: readings }, policy, isCalledFor));
  const hourStartMs = Math.floor(nowMs / hourMs) * hourMs;
  const hourly = await readFill(metrics, clusterName, isWanted ? seen.map(({ brokerId }) => brokerId) : [], {
    fromMs: hourStartMs - 24 * hourMs,
    toMs: hourStartMs,
    periodSeconds: 3600,
  });
  const brokers = seen.map(({ brokerId, readings }, at): Broker => {
    const usedFraction = isAlive(readings) ? readings.usedFractions.at(-1) : undefined;
    const history = hourly[at]?.readings;
    return {
      brokerId,
      recent: readings,
      ...(history === undefined ? {} : { hourly: history }),
      ...(usedFraction === undefined ? {} : { usedFraction }),
    };
  });
  fill(storage, brokers, policy.metricAgeMinutesMax, nowMs);
}

/**
 * The storage is as full as its fullest broker; one that reports nothing must not hide behind the others. While MSK
 * replaces or adds brokers that is no news: nothing can be changed then, and those that report say how urgent it is.
 */
function fill(storage: MskStorageFacts, brokers: readonly Broker[], ageMinutesMax: number, nowMs: number): void {
  storage.brokers = brokers.map(({ brokerId, usedFraction }) => ({
    brokerId,
    ...(usedFraction === undefined ? {} : { usedFraction }),
  }));
  const silent = brokers.find(({ usedFraction }) => usedFraction === undefined);
  const reporting = brokers.filter(({ usedFraction }) => usedFraction !== undefined);
  const fullest = reporting.toSorted((a, b) => (b.usedFraction ?? 0) - (a.usedFraction ?? 0))[0];
  const told = silent !== undefined && (storage.clusterState === 'ACTIVE' || fullest === undefined) ? silent : fullest;
  if (told === undefined) return;
  Object.assign(storage, readingsOf(told));
  if (told !== fullest) return;
  const rivals = rivalsOf(storage, fullest, reporting, ageMinutesMax, nowMs);
  if (rivals.length > 0) storage.rivals = rivals.map(readingsOf);
}

function readingsOf({ hourly, recent }: Broker): { hourly?: Readings; recent: Readings } {
  return { recent, ...(hourly === undefined ? {} : { hourly }) };
}

/** Brokers that are less full now and will be full sooner, or fuller by the next change: at most two. */
function rivalsOf(
  storage: MskStorageFacts,
  fullest: Broker,
  brokers: readonly Broker[],
  ageMinutesMax: number,
  nowMs: number,
): Broker[] {
  const forecasts = brokers.flatMap((broker) => {
    const { hourly: _, ...rest } = storage;
    const reading = usageOf({ ...rest, ...readingsOf(broker) }, ageMinutesMax, nowMs);
    const forecast = reading.ok ? forecastUsage(reading.usage, nowMs) : undefined;
    if (forecast === undefined) return [];
    const laterGib = forecast.usedAfter(untilNextChangeMs(storage));
    return [{ broker, laterGib, fullInHours: forecast.hoursUntil(storage.sizeGib) }];
  });
  const own = forecasts.find(({ broker }) => broker === fullest);
  const first = forecasts.toSorted((a, b) => a.fullInHours - b.fullInHours)[0];
  const most = forecasts.toSorted((a, b) => b.laterGib - a.laterGib)[0];
  const worse = [
    ...(first !== undefined && first.fullInHours < (own?.fullInHours ?? Infinity) ? [first.broker] : []),
    ...(most !== undefined && most.laterGib > (own?.laterGib ?? 0) ? [most.broker] : []),
  ];
  return [...new Set(worse)].filter((broker) => broker !== fullest);
}

/**
 * The part of a decision that all kinds share: is growth due, may it start now, and how large is the step. Pure: no clock,
 * no I/O, no logging. A kind says what its service allows (`Terms`); this says what the policy and the forecast make of it.
 */
import type { Cluster, Fleet, MaintenanceWindow, StoragePolicy } from '../fleet/fleet.ts';
import type { CapacityLeft } from './caps.ts';
import type { Bar, Evidence, GrowReason, GrowthDecision, Request } from './decision.ts';
import type { ClusterFacts, StorageFacts, VolumeFacts } from './facts.ts';
import { forecastUsage, worstOf, type Forecast } from './forecast.ts';
import { dayMs, hourMs } from './limits.ts';
import { usageOf, type Reading } from './usage.ts';
import { windowOpensMs } from './window.ts';

/** What a kind is asked to decide about. */
export interface DecideInput<V extends StorageFacts = VolumeFacts, C extends Cluster = Cluster> {
  volume: V;
  facts: ClusterFacts<V>;
  cluster: C;
  prices: Fleet['prices'];
  request?: Request;
}

/** What the service allows and charges. Sizes are of one volume. */
export interface Terms {
  /** How many volumes grow by a step. */
  volumes: number;
  /** The service's and the policy's. */
  sizeGibMax: number;
  /** The service takes no smaller step; 1 where it takes any. */
  serviceStepGibMin: number;
  usdPerGibMonth: number;
  left: CapacityLeft;
  /** The new size must last that long. */
  untilNextMs: number;
  /** The service's own reasons why growth may not start now. */
  barOf(emergency: boolean): Bar | undefined;
  /** Growth is due, and would be the wrong thing to do. */
  objectionOf?(emergency: boolean): { reason: 'skewed'; detail: string } | undefined;
}

/** What the shared part reads of a kind's input. */
interface GrowthInput {
  volume: StorageFacts;
  facts: ClusterFacts<StorageFacts>;
  cluster: { policy: StoragePolicy; maintenanceWindows: readonly MaintenanceWindow[] };
  request?: Request;
}

/** Forecast to be full sooner than this is an emergency. */
const emergencyHours = 4;

/** @param seen what is known already, for the record */
export function decideFromReading(input: GrowthInput, terms: Terms, seen: Evidence): GrowthDecision {
  const { volume, facts, cluster, request = {} } = input;
  const { policy } = cluster;
  const { nowMs } = facts;
  const reading = usageOf(volume, policy.metricAgeMinutesMax, nowMs);
  if (!reading.ok) return { action: 'refuse', reason: reading.reason, evidence: { ...seen, ...reading.evidence } };
  const forecast = forecastOf(volume, reading, policy.metricAgeMinutesMax, nowMs);
  if (forecast === undefined) return { action: 'refuse', reason: 'metric-missing', evidence: seen };

  const usedFraction = forecast.usedGib / reading.fileSystemGib;
  const fullInHours = forecast.hoursUntil(reading.fileSystemGib);
  const emergency =
    usedFraction >= policy.usedFractionEmergency || fullInHours <= Math.min(emergencyHours, policy.fullWithinHours);
  const evidence: Evidence = {
    ...seen,
    usedFraction: round(usedFraction, 4),
    usedGib: roundGib(forecast.usedGib),
    fileSystemGib: roundGib(reading.fileSystemGib),
    fillGibPerHour: round(forecast.fillGibPerHour, 3),
    ...(Number.isFinite(fullInHours) ? { fullInHours } : {}),
    metricAtMs: reading.atMs,
    emergency,
  };

  const trigger = triggerOf(input, usedFraction, fullInHours, emergency);
  if (trigger === undefined) {
    const reason = request.approved === undefined ? 'below-threshold' : 'no-longer-needed';
    return { action: 'keep', reason, evidence };
  }
  const objection = terms.objectionOf?.(emergency);
  if (objection !== undefined) {
    const { reason, detail } = objection;
    return { action: 'escalate', reason, evidence: { ...evidence, detail } };
  }
  if (volume.sizeGib + terms.serviceStepGibMin > terms.sizeGibMax)
    return { action: 'escalate', reason: 'at-size-limit', barredBy: 'size', evidence };

  const bar =
    pauseOf(facts) ??
    terms.barOf(emergency) ??
    notBeforeOf(volume, facts, request) ??
    windowBar(cluster, emergency, nowMs);
  if (bar !== undefined && growthIsComing(volume, nowMs)) return { action: 'wait', ...bar, evidence };
  if (bar !== undefined) return barred(bar, fullInHours, nowMs, evidence);

  return size(input, terms, { trigger, forecast, reading, fullInHours }, evidence);
}

/** Of the fullest; of its rivals those that can be believed. */
function forecastOf(
  volume: StorageFacts,
  reading: Reading,
  ageMinutesMax: number,
  nowMs: number,
): Forecast | undefined {
  const own = forecastUsage(reading.usage, nowMs);
  if (own === undefined) return undefined;
  const { rivals = [], hourly: _ownDay, ...rest } = volume;
  const others = rivals.flatMap((readings) => {
    const rival = usageOf({ ...rest, ...readings }, ageMinutesMax, nowMs);
    return (rival.ok ? forecastUsage(rival.usage, nowMs) : undefined) ?? [];
  });
  return worstOf([own, ...others]);
}

function triggerOf(
  { cluster, request }: GrowthInput,
  usedFraction: number,
  fullInHours: number,
  emergency: boolean,
): GrowReason | undefined {
  if (request?.action === 'grow' && request.approved === undefined) return 'operator';
  if (emergency) return 'emergency';
  if (usedFraction >= cluster.policy.usedFractionMax) return 'above-threshold';
  if (fullInHours <= cluster.policy.fullWithinHours) return 'forecast-full';
  // A person was asked and said yes to their own request.
  return request?.action === 'grow' ? 'operator' : undefined;
}

export function pauseOf(facts: ClusterFacts<StorageFacts>): Bar | undefined {
  return facts.state.paused !== undefined || facts.fleetPaused ? { reason: 'paused' } : undefined;
}

/** Seconds to minutes from being usable: nobody is called meanwhile. Longer than that it is no help. */
function growthIsComing({ modification }: StorageFacts, nowMs: number): boolean {
  return modification?.state === 'modifying' && nowMs - modification.startedAtMs < hourMs;
}

/** Learnt from a refusal or a person's no. The operator's own request overrides it. */
export function notBeforeOf(
  volume: StorageFacts,
  facts: ClusterFacts<StorageFacts>,
  request: Request = {},
): Bar | undefined {
  if (volume.notBefore === undefined || volume.notBefore.atMs <= facts.nowMs || request.action !== undefined)
    return undefined;
  return { reason: 'not-before', retryAtMs: volume.notBefore.atMs };
}

function windowBar(cluster: GrowthInput['cluster'], emergency: boolean, nowMs: number): Bar | undefined {
  const opensMs = windowOpensMs(cluster.maintenanceWindows, nowMs);
  return emergency || opensMs <= nowMs ? undefined : { reason: 'maintenance-window', retryAtMs: opensMs };
}

/** Waits if there is time for it; a person is called if the file system would be full first. */
export function barred(bar: Bar, fullInHours: number, nowMs: number, evidence: Evidence): GrowthDecision {
  const known = bar.retryAtMs === undefined ? evidence : { ...evidence, nextModificationAtMs: bar.retryAtMs };
  const freeInHours = bar.retryAtMs === undefined ? dayMs / hourMs : (bar.retryAtMs - nowMs) / hourMs;
  const retry = bar.retryAtMs === undefined ? {} : { retryAtMs: bar.retryAtMs };
  if (fullInHours <= freeInHours)
    return { action: 'escalate', reason: 'growth-barred', barredBy: bar.reason, ...retry, evidence: known };
  return { action: 'wait', reason: bar.reason, ...retry, evidence: known };
}

interface Due {
  trigger: GrowReason;
  forecast: Forecast;
  reading: Reading;
  fullInHours: number;
}

/** The step: large enough for the forecast until the next modification is allowed, small enough for every cap. */
function size(
  input: GrowthInput,
  terms: Terms,
  { trigger, forecast, reading, fullInHours }: Due,
  seen: Evidence,
): GrowthDecision {
  const { volume, facts, cluster, request = {} } = input;
  const { policy } = cluster;
  const { sizeGibMax, left, serviceStepGibMin } = terms;
  const stepGibMin = Math.max(policy.stepGibMin, serviceStepGibMin);
  const forecastGib = forecast.usedAfter(terms.untilNextMs);
  const evidence: Evidence = {
    ...seen,
    forecastGib: roundGib(forecastGib),
    horizonHours: round(terms.untilNextMs / hourMs, 1),
  };

  const asked = request.toGib ?? request.approved?.targetGib;
  const refusal = asked === undefined ? undefined : refuseAsked(asked, volume.sizeGib, policy, terms);
  if (refusal !== undefined) return { ...refusal, evidence: { ...evidence, detail: refusal.detail } };
  const wishGib =
    request.approved?.targetGib ??
    request.toGib ??
    Math.ceil(forecastGib / policy.usedFractionTarget / reading.usableFraction);
  const smallestGib = request.approved?.targetGib ?? request.toGib ?? volume.sizeGib + stepGibMin;

  const caps: [string, number][] = [
    ['sizeGibMax', sizeGibMax],
    ['stepGibMax', volume.sizeGib + policy.stepGibMax],
    ['day', volume.sizeGib + left.dayGib],
    ['cluster', volume.sizeGib + left.clusterGib],
  ];
  const wantedGib = Math.max(wishGib, smallestGib);
  const targetGib = caps.reduce((target, [, capGib]) => Math.min(target, capGib), wantedGib);
  const cappedBy = caps.filter(([, capGib]) => capGib < wantedGib).map(([cap]) => cap);
  const sized: Evidence = cappedBy.length === 0 ? evidence : { ...evidence, cappedBy };

  // Less than the smallest step is only worth a modification where it is the last one up to the maximum.
  const leastGib = volume.sizeGib + serviceStepGibMin;
  const worthIt = targetGib >= Math.max(leastGib, Math.min(volume.sizeGib + stepGibMin, sizeGibMax));
  if (targetGib <= volume.sizeGib || !worthIt || (asked !== undefined && targetGib < asked)) {
    if (volume.sizeGib + left.clusterGib < Math.min(smallestGib, sizeGibMax)) {
      return { action: 'escalate', reason: 'cluster-cap', barredBy: 'cluster', evidence: sized };
    }
    const midnightMs = (Math.floor(facts.nowMs / dayMs) + 1) * dayMs;
    return barred({ reason: 'day-cap', retryAtMs: midnightMs }, fullInHours, facts.nowMs, sized);
  }

  const usdPerMonth = round((targetGib - volume.sizeGib) * terms.volumes * terms.usdPerGibMonth, 2);
  const isApproved = request.approved !== undefined && usdPerMonth <= (request.approved.usdPerMonth ?? usdPerMonth);
  const needsApproval = !isApproved && usdPerMonth > policy.approvalAboveUsdPerMonth;
  return {
    action: 'grow',
    reason: request.approved === undefined ? trigger : 'approved',
    fromGib: volume.sizeGib,
    targetGib,
    usdPerMonth,
    needsApproval,
    evidence: sized,
  };
}

/** What no waiting makes possible: neither tomorrow's allowance nor another decision. */
function refuseAsked(
  asked: number,
  sizeGib: number,
  policy: StoragePolicy,
  { sizeGibMax, serviceStepGibMin, volumes }: Terms,
):
  | { action: 'refuse'; reason: 'target-not-larger' | 'target-above-maximum' | 'target-step-too-small'; detail: string }
  | undefined {
  if (asked <= sizeGib)
    return { action: 'refuse', reason: 'target-not-larger', detail: `${asked} GiB asked, ${sizeGib} there` };
  const dayMaxGib = Math.floor(policy.growthGibPerDayMax / volumes);
  const askedMaxGib = Math.min(sizeGibMax, sizeGib + Math.min(policy.stepGibMax, dayMaxGib));
  if (asked > askedMaxGib) {
    const detail = `${asked} GiB asked, at most ${askedMaxGib} in one step`;
    return { action: 'refuse', reason: 'target-above-maximum', detail };
  }
  if (asked < sizeGib + serviceStepGibMin) {
    const detail = `${asked} GiB asked, at least ${sizeGib + serviceStepGibMin}: the service grows by ${serviceStepGibMin} GiB or more`;
    return { action: 'refuse', reason: 'target-step-too-small', detail };
  }
  return undefined;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function roundGib(value: number): number {
  return round(value, 2);
}

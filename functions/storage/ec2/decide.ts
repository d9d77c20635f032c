/**
 * Decides whether one volume should grow, and to which size. Pure: no clock, no I/O, no logging.
 *
 * The order matters: what can never be done (refuse) comes before what can't be done now (wait), so that nobody waits
 * hours for a no; and before waiting it is asked whether there is time to wait, else a person is called (escalate).
 */
import type { Ec2Cluster, Fleet } from '../fleet/fleet.ts';
import { capacityLeft } from './caps.ts';
import type { Bar, Evidence, GrowReason, GrowthDecision, RefuseReason, Request } from './decision.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import { forecastUsage, type Forecast } from './forecast.ts';
import {
  bytesPerGib,
  dayMs,
  earliestModificationMs,
  expectedModificationMs,
  hourMs,
  modificationRule,
  sizeGibMaxByType,
} from './limits.ts';
import { usageOf, type Reading } from './usage.ts';
import { windowOpensMs } from './window.ts';

export interface DecideInput {
  volume: VolumeFacts;
  facts: ClusterFacts;
  cluster: Ec2Cluster;
  prices: Fleet['prices'];
  request?: Request;
}

/** An inspection older than this is made again before a growth. */
export const inspectionAgeMaxMs = dayMs;
/** A file system this much smaller than its device has not been grown; metadata takes less (ext4 about 2 %, xfs under 1 %). */
const filesystemGapFraction = 0.05;
/** Forecast to be full sooner than this is an emergency. */
const emergencyHours = 4;

export function decideGrowth(input: DecideInput): GrowthDecision {
  const { volume, facts, cluster, request = {} } = input;
  const evidence: Evidence = { sizeGib: volume.sizeGib };

  const inspection = inspectionOf(volume, facts, cluster, request);
  // Whatever it is, it isn't Kafka's: nobody is called about it.
  if (inspection?.action === 'keep' && !volume.isRoot) return { ...inspection, evidence };
  const refusal = refuseByKind(volume);
  if (refusal !== undefined) return { action: 'refuse', reason: refusal, evidence };
  if (inspection !== undefined) return { ...inspection, evidence };
  if (filesystemIsSmaller(volume)) return growFilesystem(input, evidence);
  if (request.action === 'grow-filesystem') return { action: 'keep', reason: 'filesystem-complete', evidence };

  const reading = usageOf(volume, cluster.policy.metricAgeMinutesMax, facts.nowMs);
  if (!reading.ok) {
    return { action: 'refuse', reason: reading.reason, evidence: { ...evidence, ...reading.evidence } };
  }
  const forecast = forecastUsage(reading.usage, facts.nowMs);
  if (forecast === undefined) return { action: 'refuse', reason: 'metric-missing', evidence };
  return decideFromForecast(input, reading, forecast, evidence);
}

/** What no waiting and no inspection will change. */
function refuseByKind(volume: VolumeFacts): RefuseReason | undefined {
  if (volume.managedBy !== undefined) return 'volume-managed-by-aws';
  if (volume.multiAttach) return 'multi-attach';
  if (volume.isRoot) return 'root-volume';
  if (sizeGibMaxByType[volume.type] === undefined) return 'volume-type';
  if (volume.state !== 'in-use') return 'volume-state';
  if (volume.instanceState !== 'running') return 'broker-not-live';
  return undefined;
}

type InspectionVerdict =
  | { action: 'inspect'; reason: 'inspection-missing' | 'inspection-stale' }
  | { action: 'refuse'; reason: RefuseReason }
  | { action: 'keep'; reason: 'not-a-data-volume' }
  | undefined;

function inspectionOf(
  volume: VolumeFacts,
  facts: ClusterFacts,
  cluster: Ec2Cluster,
  request: Request,
): InspectionVerdict {
  const seen = volume.inspection;
  const current =
    seen !== undefined && seen.instanceId === volume.instanceId && facts.nowMs - seen.atMs < inspectionAgeMaxMs;
  if (!current) {
    if (request.inspected === true) return { action: 'refuse', reason: 'inspection-impossible' };
    return { action: 'inspect', reason: seen === undefined ? 'inspection-missing' : 'inspection-stale' };
  }
  if (seen.mountPoint !== undefined && cluster.mountPoints.includes(seen.mountPoint)) {
    return seen.supported ? undefined : { action: 'refuse', reason: `layout-${seen.reason ?? 'unknown'}` };
  }
  // Another volume of the broker serves every mount point of the fleet file: this one is not Kafka's.
  const served = new Set(
    facts.volumes
      .filter((other) => other.instanceId === volume.instanceId && other.volumeId !== volume.volumeId)
      .map((other) => other.inspection?.mountPoint),
  );
  if (cluster.mountPoints.every((mountPoint) => served.has(mountPoint)))
    return { action: 'keep', reason: 'not-a-data-volume' };
  return seen.supported
    ? { action: 'refuse', reason: 'mount-point-mismatch' }
    : { action: 'refuse', reason: `layout-${seen.reason ?? 'unknown'}` };
}

/** The volume has grown (by us or somebody else), its file system has not, or was not looked at since. */
function filesystemIsSmaller({ inspection, sizeGib, modification }: VolumeFacts): boolean {
  if (inspection?.filesystemBytes === undefined) return false;
  if (modification?.state === 'modifying') return false;
  if (inspection.deviceBytes < sizeGib * bytesPerGib) return true;
  return inspection.filesystemBytes < inspection.deviceBytes * (1 - filesystemGapFraction);
}

function growFilesystem(input: DecideInput, seen: Evidence): GrowthDecision {
  const { volume, facts, cluster, request } = input;
  const bar = pauseOf(facts) ?? notBeforeOf(volume, facts, request);
  const filesystemBytes = volume.inspection?.filesystemBytes ?? 0;
  const fileSystemGib = filesystemBytes / bytesPerGib;
  const evidence: Evidence = { ...seen, fileSystemGib: roundGib(fileSystemGib) };
  if (bar === undefined) return { action: 'grow-filesystem', reason: 'filesystem-smaller-than-volume', evidence };

  // As long as it waits, the small file system is what fills up.
  const { inspection } = volume;
  const small = {
    ...volume,
    sizeGib: fileSystemGib,
    growths: [],
    ...(inspection === undefined ? {} : { inspection: { ...inspection, deviceBytes: filesystemBytes } }),
  };
  const reading = usageOf(small, cluster.policy.metricAgeMinutesMax, facts.nowMs);
  const forecast = reading.ok ? forecastUsage(reading.usage, facts.nowMs) : undefined;
  if (forecast === undefined) return { action: 'wait', ...bar, evidence };
  const fullInHours = forecast.hoursUntil(fileSystemGib);
  return barred(bar, fullInHours, facts.nowMs, {
    ...evidence,
    usedFraction: round(forecast.usedGib / fileSystemGib, 4),
    ...(Number.isFinite(fullInHours) ? { fullInHours } : {}),
  });
}

function decideFromForecast(input: DecideInput, reading: Reading, forecast: Forecast, seen: Evidence): GrowthDecision {
  const { volume, facts, cluster, request = {} } = input;
  const { policy } = cluster;
  const { nowMs } = facts;
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
    modificationsInWindow: volume.past.filter(({ startedAtMs }) => startedAtMs > nowMs - modificationRule.windowMs)
      .length,
    emergency,
  };

  const trigger = triggerOf(input, usedFraction, fullInHours, emergency);
  if (trigger === undefined) {
    return {
      action: 'keep',
      reason: request.approved === undefined ? 'below-threshold' : 'no-longer-needed',
      evidence,
    };
  }

  const sizeGibMax = Math.min(policy.sizeGibMax, sizeGibMaxByType[volume.type] ?? 0);
  if (volume.sizeGib >= sizeGibMax) return { action: 'escalate', reason: 'at-size-limit', barredBy: 'size', evidence };

  const bar =
    pauseOf(facts) ??
    modificationBar(volume, policy, emergency, nowMs) ??
    notBeforeOf(volume, facts, request) ??
    windowBar(cluster, emergency, nowMs);
  if (bar !== undefined && growthIsComing(volume, nowMs)) return { action: 'wait', ...bar, evidence };
  if (bar !== undefined) return barred(bar, fullInHours, nowMs, evidence);

  return size(input, forecast, reading, { trigger, sizeGibMax, fullInHours }, evidence);
}

function triggerOf(
  { cluster, request }: DecideInput,
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

function pauseOf(facts: ClusterFacts): Bar | undefined {
  return facts.state.paused !== undefined || facts.fleetPaused ? { reason: 'paused' } : undefined;
}

/** Seconds to minutes from being usable: nobody is called meanwhile. Longer than that it is no help. */
function growthIsComing({ modification }: VolumeFacts, nowMs: number): boolean {
  return modification?.state === 'modifying' && nowMs - modification.startedAtMs < hourMs;
}

function modificationBar(
  volume: VolumeFacts,
  policy: Ec2Cluster['policy'],
  emergency: boolean,
  nowMs: number,
): Bar | undefined {
  const { modification } = volume;
  if (modification !== undefined && (modification.state === 'modifying' || modification.state === 'optimizing')) {
    const endsMs = modification.startedAtMs + expectedModificationMs(modification.targetGib);
    // Overdue: expected to take as long again as it has taken, so that there is time to call a person.
    const retryAtMs = endsMs > nowMs ? endsMs : nowMs + Math.max(hourMs, nowMs - modification.startedAtMs);
    return { reason: 'modification-in-progress', retryAtMs };
  }
  const countMax = Math.min(policy.modificationsPerDayMax, modificationRule.countMax);
  const hardMs = earliestModificationMs(volume.past, countMax, nowMs);
  if (hardMs > nowMs) return { reason: 'modification-limit', retryAtMs: hardMs };
  const softMs = earliestModificationMs(volume.past, Math.max(1, countMax - policy.modificationsReserved), nowMs);
  if (softMs > nowMs && !emergency) return { reason: 'modification-reserved', retryAtMs: softMs };
  return undefined;
}

/** Learnt from a refusal or a person's no. The operator's own request overrides it. */
function notBeforeOf(volume: VolumeFacts, facts: ClusterFacts, request: Request = {}): Bar | undefined {
  if (volume.notBefore === undefined || volume.notBefore.atMs <= facts.nowMs || request.action !== undefined)
    return undefined;
  return { reason: 'not-before', retryAtMs: volume.notBefore.atMs };
}

function windowBar(cluster: Ec2Cluster, emergency: boolean, nowMs: number): Bar | undefined {
  const opensMs = windowOpensMs(cluster.maintenanceWindows, nowMs);
  return emergency || opensMs <= nowMs ? undefined : { reason: 'maintenance-window', retryAtMs: opensMs };
}

/** Waits if there is time for it; a person is called if the file system would be full first. */
function barred(bar: Bar, fullInHours: number, nowMs: number, evidence: Evidence): GrowthDecision {
  const known = bar.retryAtMs === undefined ? evidence : { ...evidence, nextModificationAtMs: bar.retryAtMs };
  const freeInHours = bar.retryAtMs === undefined ? dayMs / hourMs : (bar.retryAtMs - nowMs) / hourMs;
  const retry = bar.retryAtMs === undefined ? {} : { retryAtMs: bar.retryAtMs };
  if (fullInHours <= freeInHours)
    return { action: 'escalate', reason: 'growth-barred', barredBy: bar.reason, ...retry, evidence: known };
  return { action: 'wait', reason: bar.reason, ...retry, evidence: known };
}

interface Sizing {
  trigger: GrowReason;
  sizeGibMax: number;
  fullInHours: number;
}

/** The step: large enough for the forecast until the next modification is allowed, small enough for every cap. */
function size(
  input: DecideInput,
  forecast: Forecast,
  reading: Reading,
  { trigger, sizeGibMax, fullInHours }: Sizing,
  seen: Evidence,
): GrowthDecision {
  const { volume, facts, cluster, prices, request = {} } = input;
  const { policy } = cluster;
  const horizonMs = untilNextModification(volume, policy, facts.nowMs);
  const forecastGib = forecast.usedAfter(horizonMs);
  const evidence: Evidence = {
    ...seen,
    forecastGib: roundGib(forecastGib),
    horizonHours: round(horizonMs / hourMs, 1),
  };

  const wishGib =
    request.approved?.targetGib ??
    request.toGib ??
    Math.ceil(forecastGib / policy.usedFractionTarget / reading.usableFraction);
  const smallestGib = request.approved?.targetGib ?? request.toGib ?? volume.sizeGib + policy.stepGibMin;
  const asked = request.toGib ?? request.approved?.targetGib;
  if (asked !== undefined && asked <= volume.sizeGib)
    return { action: 'refuse', reason: 'target-not-larger', evidence };
  // What no waiting makes possible: neither tomorrow's allowance nor another decision.
  const askedMaxGib = Math.min(sizeGibMax, volume.sizeGib + Math.min(policy.stepGibMax, policy.growthGibPerDayMax));
  if (asked !== undefined && asked > askedMaxGib) {
    const detail = `${asked} GiB asked, at most ${askedMaxGib} in one step`;
    return { action: 'refuse', reason: 'target-above-maximum', evidence: { ...evidence, detail } };
  }

  const left = capacityLeft({ cluster, facts, volume, usdPerGibMonth: usdPerGibMonth(prices, volume) });
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
  const worthIt = targetGib >= Math.min(volume.sizeGib + policy.stepGibMin, sizeGibMax);
  if (targetGib <= volume.sizeGib || !worthIt || (asked !== undefined && targetGib < asked)) {
    if (volume.sizeGib + left.clusterGib < Math.min(smallestGib, sizeGibMax)) {
      return { action: 'escalate', reason: 'cluster-cap', barredBy: 'cluster', evidence: sized };
    }
    const midnightMs = (Math.floor(facts.nowMs / dayMs) + 1) * dayMs;
    return barred({ reason: 'day-cap', retryAtMs: midnightMs }, fullInHours, facts.nowMs, sized);
  }

  const usdPerMonth = round((targetGib - volume.sizeGib) * usdPerGibMonth(prices, volume), 2);
  const needsApproval = request.approved === undefined && usdPerMonth > policy.approvalAboveUsdPerMonth;
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

/**
 * How long the new size must last: until this modification is `completed` and, where it uses up the normal allowance,
 * until the oldest one has left the window. At least six hours, so that bursts don't cause a second step at once.
 */
function untilNextModification(volume: VolumeFacts, policy: Ec2Cluster['policy'], nowMs: number): number {
  const countMax = Math.max(
    1,
    Math.min(policy.modificationsPerDayMax, modificationRule.countMax) - policy.modificationsReserved,
  );
  const nextMs = earliestModificationMs([...volume.past, { startedAtMs: nowMs }], countMax, nowMs);
  return Math.max(nextMs - nowMs, expectedModificationMs(volume.sizeGib + policy.stepGibMin), 6 * hourMs);
}

export function usdPerGibMonth(prices: Fleet['prices'], volume: Pick<VolumeFacts, 'type'>): number {
  return volume.type === 'standard' ? 0 : prices.usdPerGibMonth[volume.type];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function roundGib(value: number): number {
  return round(value, 2);
}

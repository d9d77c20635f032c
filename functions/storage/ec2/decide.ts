/**
 * Decides whether one EBS volume should grow, and to which size. Pure: no clock, no I/O, no logging.
 *
 * The order matters: what can never be done (refuse) comes before what can't be done now (wait), so that nobody waits
 * hours for a no; and before waiting it is asked whether there is time to wait, else a person is called (escalate).
 */
import type { Ec2Cluster, Fleet } from '../../fleet/fleet.ts';
import type { Bar, Evidence, GrowthDecision, RefuseReason, Request } from '../decision.ts';
import type { ClusterFacts, EbsVolumeFacts } from '../facts.ts';
import { forecastUsage } from '../forecast.ts';
import {
  barred,
  decideFromReading,
  notBeforeOf,
  pauseOf,
  round,
  roundGib,
  type DecideInput,
  type Terms,
} from '../growth.ts';
import {
  bytesPerGib,
  dayMs,
  earliestModificationMs,
  expectedModificationMs,
  hourMs,
  modificationRule,
  sizeGibMaxByType,
} from '../limits.ts';
import { usageOf } from '../usage.ts';
import { capacityLeft } from './caps.ts';

type Input = DecideInput<EbsVolumeFacts, Ec2Cluster>;

/** An inspection older than this is made again before a growth. */
export const inspectionAgeMaxMs = dayMs;
/** A file system this much smaller than its device has not been grown; metadata takes less (ext4 about 2 %, xfs under 1 %). */
const filesystemGapFraction = 0.05;

export function decideGrowth(input: Input): GrowthDecision {
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

  const modificationsInWindow = volume.past.filter(
    ({ startedAtMs }) => startedAtMs > facts.nowMs - modificationRule.windowMs,
  ).length;
  return decideFromReading(input, termsOf(input), { ...evidence, modificationsInWindow });
}

function termsOf({ volume, facts, cluster, prices }: Input): Terms {
  const { policy } = cluster;
  const usd = usdPerGibMonth(prices, volume);
  return {
    volumes: 1,
    sizeGibMax: Math.min(policy.sizeGibMax, sizeGibMaxByType[volume.type] ?? 0),
    serviceStepGibMin: 1,
    usdPerGibMonth: usd,
    left: capacityLeft({ cluster, facts, volume, usdPerGibMonth: usd }),
    untilNextMs: untilNextModification(volume, policy, facts.nowMs),
    barOf: (emergency) => modificationBar(volume, policy, emergency, facts.nowMs),
  };
}

/** What no waiting and no inspection will change. */
function refuseByKind(volume: EbsVolumeFacts): RefuseReason | undefined {
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
  volume: EbsVolumeFacts,
  facts: ClusterFacts<EbsVolumeFacts>,
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
function filesystemIsSmaller({ inspection, sizeGib, modification }: EbsVolumeFacts): boolean {
  if (inspection?.filesystemBytes === undefined) return false;
  if (modification?.state === 'modifying') return false;
  if (inspection.deviceBytes < sizeGib * bytesPerGib) return true;
  return inspection.filesystemBytes < inspection.deviceBytes * (1 - filesystemGapFraction);
}

function growFilesystem(input: Input, seen: Evidence): GrowthDecision {
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

function modificationBar(
  volume: EbsVolumeFacts,
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

/**
 * How long the new size must last: until this modification is `completed` and, where it uses up the normal allowance,
 * until the oldest one has left the window. At least six hours, so that bursts don't cause a second step at once.
 */
function untilNextModification(volume: EbsVolumeFacts, policy: Ec2Cluster['policy'], nowMs: number): number {
  const countMax = Math.max(
    1,
    Math.min(policy.modificationsPerDayMax, modificationRule.countMax) - policy.modificationsReserved,
  );
  const nextMs = earliestModificationMs([...volume.past, { startedAtMs: nowMs }], countMax, nowMs);
  return Math.max(nextMs - nowMs, expectedModificationMs(volume.sizeGib + policy.stepGibMin), 6 * hourMs);
}

export function usdPerGibMonth(prices: Fleet['prices'], volume: Pick<EbsVolumeFacts, 'type'>): number {
  return volume.type === 'standard' ? 0 : prices.usdPerGibMonth[volume.type];
}

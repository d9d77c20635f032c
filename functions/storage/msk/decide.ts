/**
 * Decides whether the volumes of an MSK cluster should grow, all together, by its fullest broker. Pure: no clock, no I/O,
 * no logging. Refusing comes before waiting, waiting before growing; a person is called where waiting takes too long.
 */
import type { Fleet, MskCluster } from '../../fleet/fleet.ts';
import { leftOf, type CapacityLeft } from '../caps.ts';
import type { Bar, Evidence, GrowthDecision, RefuseReason } from '../decision.ts';
import type { ClusterFacts, MskStorageFacts } from '../facts.ts';
import { decideFromReading, round, type DecideInput, type Terms } from '../growth.ts';
import { coolDownEndsMs, retryAfterMs, sizeGibMaxOfMsk, stepGibMinOfMsk, untilNextChangeMs } from './limits.ts';

type Input = DecideInput<MskStorageFacts, MskCluster>;

export function decideMskGrowth(input: Input): GrowthDecision {
  const { volume, cluster } = input;
  const { brokers, volumes, storageMode, throughputMibps } = volume;
  const evidence: Evidence = {
    sizeGib: volume.sizeGib,
    volumes,
    brokers,
    ...(storageMode === undefined ? {} : { storageMode }),
    ...(throughputMibps === undefined ? {} : { throughputMibps }),
  };
  // Nothing to read yet, and nobody has to come.
  if (volume.clusterState === 'CREATING') return { action: 'wait', reason: 'cluster-not-active', evidence };
  const refusal = refuse(volume, cluster);
  if (refusal !== undefined) {
    const { reason, detail } = refusal;
    return { action: 'refuse', reason, evidence: { ...evidence, detail } };
  }
  // All of MSK's file systems grow by themselves.
  if (input.request?.action === 'grow-filesystem') return { action: 'keep', reason: 'filesystem-complete', evidence };
  return decideFromReading(input, termsOf(input), evidence);
}

/** What no waiting changes. */
function refuse(volume: MskStorageFacts, cluster: MskCluster): { reason: RefuseReason; detail: string } | undefined {
  const { clusterState, instanceType, scalingTarget } = volume;
  if (clusterState === 'NOT_FOUND') return { reason: 'cluster-not-found', detail: `no cluster ${cluster.clusterArn}` };
  if (instanceType === undefined)
    return { reason: 'cluster-serverless', detail: 'MSK Serverless has no volumes that could grow' };
  if (instanceType.startsWith('express.'))
    return { reason: 'cluster-express', detail: `${instanceType}: the storage of Express brokers is elastic` };
  if (clusterState === 'FAILED' || clusterState === 'DELETING')
    return { reason: 'cluster-state', detail: `the cluster is ${clusterState}` };
  if (volume.sizeGib <= 0 || volume.volumes <= 0)
    return { reason: 'cluster-state', detail: 'MSK does not say how large its volumes are, or how many' };
  if (scalingTarget !== undefined && !cluster.takeOverFromAutoScaling)
    return {
      reason: 'owned-by-auto-scaling',
      detail:
        `Application Auto Scaling grows this cluster up to ${scalingTarget.sizeGibMax} GiB: deregister its target, ` +
        'or set takeOverFromAutoScaling: true',
    };
  return undefined;
}

function termsOf(input: Input): Terms {
  const { volume, facts, cluster, prices } = input;
  return {
    volumes: volume.volumes,
    sizeGibMax: Math.min(cluster.policy.sizeGibMax, sizeGibMaxOfMsk),
    serviceStepGibMin: stepGibMinOfMsk,
    usdPerGibMonth: prices.usdPerGibMonth.msk,
    left: capacityLeftOfMsk({ cluster, facts, volume, prices }),
    untilNextMs: untilNextChangeMs(volume),
    barOf: () => barOf(volume, facts),
    // About to fill, or told to by a person: then it grows, balanced or not.
    objectionOf: (emergency) => (emergency || isTold(input) ? undefined : skewOf(volume, cluster)),
  };
}

function isTold({ request }: Input): boolean {
  return request?.action === 'grow' || request?.approved !== undefined;
}

export function capacityLeftOfMsk({
  cluster,
  facts,
  volume,
  prices,
}: {
  cluster: MskCluster;
  facts: ClusterFacts<MskStorageFacts>;
  volume: MskStorageFacts;
  prices: Fleet['prices'];
}): CapacityLeft {
  const { state, nowMs } = facts;
  return leftOf(
    { policy: cluster.policy, state, nowMs },
    {
      totalGib: volume.sizeGib * volume.volumes,
      // Of none, what one could have: no division by 0.
      volumes: Math.max(1, volume.volumes),
      usdPerGibMonth: prices.usdPerGibMonth.msk,
    },
  );
}

/** MSK takes one storage change at a time, from an ACTIVE cluster, outside the cool-down; nothing overrides that. */
function barOf(volume: MskStorageFacts, { nowMs }: ClusterFacts<MskStorageFacts>): Bar | undefined {
  if (volume.modification?.state === 'modifying') return { reason: 'modification-in-progress' };
  const endsMs = coolDownEndsMs(volume);
  if (endsMs > nowMs) return { reason: 'cool-down', retryAtMs: endsMs };
  const { notBefore } = volume;
  // Learnt from a refusal that was taken for the cool-down: not even the operator's own request helps.
  if (notBefore !== undefined && notBefore.atMs > nowMs && isCoolDown(notBefore, nowMs))
    return { reason: 'cool-down', retryAtMs: notBefore.atMs };
  if (volume.clusterState !== 'ACTIVE') return { reason: 'cluster-not-active' };
  return undefined;
}

/** Words that nobody knows are a person's to read, for weeks; where they were taken for the cool-down, the next try is hours away. */
function isCoolDown({ reason, atMs }: { reason: string; atMs: number }, nowMs: number): boolean {
  return reason === 'cool-down' || (reason === 'unknown-text' && atMs - nowMs <= retryAfterMs.first);
}

/** One broker far fuller than the median: more storage for all would be bought for one. */
function skewOf({ brokers }: MskStorageFacts, cluster: MskCluster): { reason: 'skewed'; detail: string } | undefined {
  const used = brokers
    .flatMap(({ brokerId, usedFraction }) => (usedFraction === undefined ? [] : [{ brokerId, usedFraction }]))
    .toSorted((a, b) => a.usedFraction - b.usedFraction);
  const fullest = used.at(-1);
  if (fullest === undefined || used.length < 2) return undefined;
  const median = medianOf(used.slice(0, -1).map(({ usedFraction }) => usedFraction));
  // Of what was measured, not of how binary fractions subtract.
  if (round(fullest.usedFraction - median, 6) <= cluster.skewFractionMax) return undefined;
  return {
    reason: 'skewed',
    detail:
      `broker ${fullest.brokerId} is ${percent(fullest.usedFraction)} full, the others' median is ${percent(median)}: ` +
      'rebalance, do not grow',
  };
}

const percent = (fraction: number): string => `${Math.round(fraction * 100)} %`;

function medianOf(sorted: readonly number[]): number {
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return (low + high) / 2;
}

/**
 * That the brokers have the space: the cluster's size as MSK shows it, and each broker's own metric, which has to be a
 * smaller fraction than before. The operation's success is not believed alone.
 */
import type { Cluster } from '../../fleet/fleet.ts';
import type { Ledger } from '../../gateways/ledger/ledger.ts';
import type { MetricsGateway, MskGateway } from '../../gateways/types.ts';
import { RefusedFault, TransientFault } from '../../runtime/fault.ts';
import type { Readings } from '../facts.ts';
import type { Proof, Verified } from '../kind.ts';
import { hourMs } from '../limits.ts';
import { readBrokers } from './brokers.ts';

/** So much of the expected drop must be seen: the brokers have been filling on meanwhile. */
const dropFraction = 1 / 3;
/** A smaller drop can't be told from the metric's own movement: then MSK's word for the size stands. */
const dropMin = 0.01;
const periodSeconds = 60;

interface Sources {
  ledger: Ledger;
  msk: MskGateway;
  metrics: MetricsGateway;
  nowMs: number;
}

/** @throws GrowthNotShown size or metric do not show it yet: ask again */
export async function verify(
  { ledger, msk, metrics, nowMs }: Sources,
  declared: Cluster | undefined,
  { volumeId, fromGib, targetGib, startedAtMs = nowMs - hourMs }: Proof,
): Promise<Verified> {
  if (declared?.kind !== 'msk') throw new RefusedFault('UnknownCluster', `the fleet has no MSK cluster of ${volumeId}`);
  const [cluster] = await msk.clusters([declared.clusterArn]);
  const { volumeGib: sizeGib = 0, brokers: count = 0 } = cluster?.provisioned ?? {};
  if (cluster === undefined || sizeGib < targetGib || count === 0) {
    // The operation may have ended a moment before the cluster shows it.
    const seen = `${volumeId} has ${sizeGib} GiB on each of ${count} brokers`;
    throw new TransientFault('GrowthNotShown', `${seen}, wanted ${targetGib}`);
  }
  const { clusterName } = cluster;
  const brokers = await fractionsOf(metrics, { clusterName, count, startedAtMs, nowMs });
  for (const broker of brokers) mustShow(broker, volumeId, fromGib / sizeGib);
  const ownerTags = (await ledger.volume(declared.name, volumeId))?.ownerTags ?? {};
  const { clusterArn } = declared;
  return {
    sizeGib,
    evidence: { sizeGib, brokers },
    announcement: { volumeId, clusterArn, brokers: count, fromGib, toGib: sizeGib, ownerTags },
  };
}

interface BrokerFractions {
  brokerId: number;
  before?: number;
  after?: number;
}

function mustShow({ brokerId, before, after }: BrokerFractions, volumeId: string, shrunkTo: number): void {
  if (after === undefined)
    throw new TransientFault('GrowthNotShown', `broker ${brokerId} of ${volumeId} reports no disk use`);
  if (before === undefined) return;
  const drop = before * (1 - shrunkTo);
  if (drop < dropMin || after <= before - drop * dropFraction) return;
  throw new TransientFault(
    'GrowthNotShown',
    `broker ${brokerId} of ${volumeId} is used to ${percent(after)}, before to ${percent(before)}: no larger disk is seen`,
  );
}

/** The newest reading from before the change, and the newest of all, of each broker. */
async function fractionsOf(
  metrics: MetricsGateway,
  {
    clusterName,
    count,
    startedAtMs,
    nowMs,
  }: { clusterName: string; count: number; startedAtMs: number; nowMs: number },
): Promise<BrokerFractions[]> {
  const isAlive = ({ timesMs }: Readings): boolean => (timesMs.at(-1) ?? 0) >= startedAtMs;
  const span = { fromMs: startedAtMs - hourMs, toMs: nowMs, periodSeconds };
  const brokers = await readBrokers(metrics, { clusterName, count }, span, isAlive);
  return brokers.map(({ brokerId, readings: { timesMs, usedFractions } }) => {
    const before = usedFractions[timesMs.findLastIndex((atMs) => atMs + periodSeconds * 1000 <= startedAtMs)];
    const after = (timesMs.at(-1) ?? 0) < startedAtMs ? undefined : usedFractions.at(-1);
    return { brokerId, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  });
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;

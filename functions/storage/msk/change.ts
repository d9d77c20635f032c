/**
 * The one mutation of an MSK cluster's storage, and what its refusals teach. CurrentVersion is read right before the call;
 * a stale one is read again, because nothing was changed by it.
 */
import { ClusterNotActive, StaleClusterVersion, StorageCoolDown, UnknownRefusal } from '../../gateways/faults.ts';
import type { MskCluster as DeclaredCluster } from '../../fleet/fleet.ts';
import type { CoolDown, Ledger } from '../../gateways/ledger/ledger.ts';
import type { MskCluster, MskGateway } from '../../gateways/types.ts';
import { RefusedFault, TransientFault } from '../../runtime/fault.ts';
import type { MskStorageFacts } from '../facts.ts';
import type { Change } from '../kind.ts';
import {
  coolDownCountedMs,
  coolDownEndsMs,
  coolDownMinMs,
  coolDownPlausibleMs,
  coolDownTriesMax,
  retryAfterMs,
} from './limits.ts';

const versionTriesMax = 3;

/** @throws ModificationInProgress, ClusterNotActive */
export function mayChange({ volumeId, clusterState, modification }: MskStorageFacts): void {
  if (modification?.state === 'modifying')
    throw new TransientFault('ModificationInProgress', `${volumeId} is being changed`);
  if (clusterState !== 'ACTIVE') throw new ClusterNotActive(`${volumeId} is ${clusterState}`);
}

/**
 * Nothing is written once MSK has accepted: a ledger that can't be written then must not make a refusal of it. Refusals
 * are counted from the change before, so that the accepted one begins a new count by itself.
 */
export async function change(
  { msk, ledger, nowMs }: { msk: MskGateway; ledger: Ledger; nowMs: number },
  { cluster, volume, targetGib }: { cluster: DeclaredCluster; volume: MskStorageFacts; targetGib: number },
): Promise<Change> {
  const knownMs = coolDownEndsMs(volume);
  if (knownMs > nowMs)
    throw new StorageCoolDown(`the cool-down of ${cluster.name} lasts until ${new Date(knownMs).toISOString()}`);
  for (let tries = 1; ; tries++) {
    const present = await presentOf(msk, cluster, volume);
    const throughputMibps = present.provisioned?.throughputMibps;
    try {
      const { operationArn } = await msk.growStorage({
        clusterArn: cluster.clusterArn,
        currentVersion: present.currentVersion,
        sizeGib: targetGib,
        ...(throughputMibps === undefined ? {} : { throughputMibps }),
      });
      return {
        volumeId: volume.volumeId,
        state: 'modifying',
        originalGib: volume.sizeGib,
        targetGib,
        startedAtMs: nowMs,
        reference: operationArn,
      };
    } catch (error) {
      if (error instanceof StaleClusterVersion && tries < versionTriesMax) continue;
      if (error instanceof StorageCoolDown || error instanceof UnknownRefusal)
        throw await learn(ledger, volume, error, nowMs);
      throw error;
    }
  }
}

/** As it is right now; the decision was about another moment. */
async function presentOf(msk: MskGateway, cluster: DeclaredCluster, volume: MskStorageFacts): Promise<MskCluster> {
  const [present] = await msk.clusters([cluster.clusterArn]);
  const { volumeGib: sizeGib, brokers } = present?.provisioned ?? {};
  if (present === undefined || sizeGib !== volume.sizeGib || brokers !== volume.volumes) {
    const seen = `${brokers ?? 'no'} volumes of ${sizeGib ?? 'unknown'} GiB`;
    throw new RefusedFault(
      'WorldChanged',
      `${volume.volumeId} has ${seen}, not ${volume.volumes} of ${volume.sizeGib} GiB`,
    );
  }
  if (present.state !== 'ACTIVE') throw new ClusterNotActive(`${volume.volumeId} is ${present.state}`);
  return present;
}

/**
 * A refusal within a day of a change is the cool-down, whatever its words: tried again after six hours, then hourly, at
 * most 24 times. What it has shown to be too early is remembered for the next growth. Without such a change, words that
 * nobody knows are a person's to read.
 */
async function learn(
  ledger: Ledger,
  volume: MskStorageFacts,
  refusal: StorageCoolDown | UnknownRefusal,
  nowMs: number,
): Promise<Error> {
  const { cluster, volumeId, changedAtMs, coolDown } = volume;
  const changedLately = changedAtMs !== undefined && nowMs - changedAtMs <= coolDownPlausibleMs;
  const counted = countedOf(volume, nowMs);
  if (refusal instanceof UnknownRefusal && !changedLately && counted === undefined) return refusal;

  const changeAtMs = counted?.changeAtMs ?? changedAtMs ?? nowMs;
  const refusals = (counted?.refusals ?? 0) + 1;
  const endless = refusals > coolDownTriesMax;
  const learntMs = Math.max(coolDown?.learntMs ?? 0, endless ? 0 : nowMs - changeAtMs);
  await ledger.setCoolDown(cluster, volumeId, { changeAtMs, refusals, learntMs });
  if (endless)
    return new RefusedFault('CoolDownEndless', `${volumeId} was refused ${refusals} times: ${refusal.message}`, {
      cause: refusal,
    });
  const retryAtMs = nowMs + (refusals === 1 ? retryAfterMs.first : retryAfterMs.further);
  const message = `${volumeId} is tried again at ${new Date(retryAtMs).toISOString()}: ${refusal.message}`;
  return refusal instanceof StorageCoolDown
    ? new StorageCoolDown(message, { cause: refusal })
    : new RefusedFault('UnknownRefusalInCoolDown', message, { cause: refusal });
}

/** The refusals that this one continues: counted from the same change, none other having taken effect since. */
function countedOf({ coolDown, changedAtMs }: MskStorageFacts, nowMs: number): CoolDown | undefined {
  if (coolDown === undefined || coolDown.refusals === 0) return undefined;
  const isOther = changedAtMs !== undefined && changedAtMs >= coolDown.changeAtMs + coolDownMinMs;
  return isOther || nowMs - coolDown.changeAtMs > coolDownCountedMs ? undefined : coolDown;
}

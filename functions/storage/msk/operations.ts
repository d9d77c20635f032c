/** Storage operations of an MSK cluster, as the changes that they make. Reads only. */
import type { MskCluster as DeclaredCluster } from '../../fleet/fleet.ts';
import type { Intent } from '../../gateways/ledger/ledger.ts';
import type { MskCluster, MskGateway, MskOperation } from '../../gateways/types.ts';
import { matchesIntent } from '../change.ts';
import type { Change } from '../kind.ts';
import { hourMs } from '../limits.ts';

/**
 * Those that began since then or still run, oldest first. The one that is running is among them even where MSK's list lags
 * behind: the cluster itself names it.
 */
export async function operationsOf(
  msk: MskGateway,
  { clusterArn, activeOperationArn }: Pick<MskCluster, 'clusterArn' | 'activeOperationArn'>,
  sinceMs: number,
): Promise<MskOperation[]> {
  const listed = await msk.storageOperations(clusterArn, sinceMs);
  const isListed = listed.some(({ operationArn }) => operationArn === activeOperationArn);
  const active = activeOperationArn === undefined || isListed ? undefined : await msk.operation(activeOperationArn);
  // One that changes something else has no sizes.
  const all = active?.targetGib === undefined ? listed : [...listed, active];
  return all.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
}

/**
 * Whatever else its state may be called, an operation without an end is running (aws-facts 1.6). One that has ended in a
 * state that nobody knows counts as done: that bars the next change for longer, and `Verify` believes only the world.
 */
export function endOf({ state, endedAtMs }: Pick<MskOperation, 'state' | 'endedAtMs'>): 'running' | 'done' | 'failed' {
  if (state.includes('FAILED')) return 'failed';
  return state.includes('COMPLETE') || endedAtMs !== undefined ? 'done' : 'running';
}

const stateOf = { running: 'modifying', done: 'completed', failed: 'failed' } as const;

/** @param sizeGib stands for a size that the operation does not tell */
export function changeOf(operation: MskOperation, volumeId: string, sizeGib: number): Change {
  const { operationArn, startedAtMs, endedAtMs, fromGib = sizeGib, targetGib = sizeGib, error } = operation;
  return {
    volumeId,
    state: stateOf[endOf(operation)],
    originalGib: fromGib,
    targetGib,
    startedAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(error === undefined ? {} : { statusMessage: error }),
    reference: operationArn,
  };
}

/** The one that an intent announced, else the newest. */
export async function newestChange(
  { msk }: { msk: MskGateway },
  { clusterArn }: DeclaredCluster,
  volumeId: string,
  intent: Pick<Intent, 'atMs' | 'request' | 'settledAtMs'>,
): Promise<Change | undefined> {
  const [cluster] = await msk.clusters([clusterArn]);
  const operations = await operationsOf(msk, cluster ?? { clusterArn }, intent.atMs - hourMs);
  const changes = operations
    .filter(({ targetGib }) => targetGib !== undefined)
    .map((operation) => changeOf(operation, volumeId, 0));
  return changes.findLast((change) => matchesIntent(change, intent)) ?? changes.at(-1);
}

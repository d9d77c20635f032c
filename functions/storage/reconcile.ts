/**
 * Settles what an earlier operation on the same volume left open: it was stopped, timed out or lost an answer. The world
 * says what came of it. Called while the volume's lease is held, so nobody else acts meanwhile.
 */
import type { ClusterState, Intent, Ledger } from '../gateways/ledger/ledger.ts';
import type { VolumeModification } from '../gateways/types.ts';
import { TransientFault } from '../runtime/fault.ts';
import { matchesIntent, subjectOf } from './change.ts';
import { dayMs } from './limits.ts';

/** EC2's answers are consistent long before this (own assumption, on the safe side). */
export const settledAfterMs = 60_000;

/** Whether a mutation whose answer nobody has took effect; `unclear` until enough time has passed to trust a no. */
export function whatCameOf(
  intent: Intent,
  modification: VolumeModification | undefined,
  nowMs: number,
): 'accepted' | 'not-done' | 'unclear' {
  if (modification !== undefined && matchesIntent(modification, intent)) return 'accepted';
  return nowMs - intent.atMs >= settledAfterMs ? 'not-done' : 'unclear';
}

/**
 * @returns whether the bookkeeping is another than it was: then it has to be read again
 * @throws AnswerLost an earlier operation's call is too young to say what came of it; nothing is decided before that
 */
export async function reconcile(
  { ledger, nowMs, action }: { ledger: Ledger; nowMs: number; action: string },
  volume: { volumeId: string; cluster: string; modification?: VolumeModification },
  operationId: string,
  state: ClusterState,
): Promise<boolean> {
  const journal = await ledger.journal(subjectOf(volume.volumeId), nowMs - 2 * dayMs);
  const open = journal.filter(
    (intent) =>
      intent.operationId !== operationId &&
      // A command on a host leaves nothing to read in the cloud: that one stays unknown. Its script may run again.
      intent.action === action &&
      (intent.status === 'intended' || intent.status === 'unknown'),
  );
  for (const intent of open) {
    const came = whatCameOf(intent, volume.modification, nowMs);
    if (came === 'unclear') {
      throw new TransientFault('AnswerLost', `what came of ${intent.intentId} is not known yet`);
    }
    await ledger.settleIntent({
      intent,
      status: came,
      atMs: nowMs,
      answer: 'settled by a later operation from what the cloud shows',
      ...(came === 'not-done' ? { giveBack: { volumeId: volume.volumeId } } : {}),
    });
  }
  const reservation = state.reservations[volume.volumeId];
  if (reservation !== undefined && reservation.operationId !== operationId) {
    await ledger.releaseReservation(volume.cluster, volume.volumeId, reservation.operationId);
    return true;
  }
  return open.length > 0;
}

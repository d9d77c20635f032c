/** Small truths about one storage and its changes that several steps need. Pure. */
import type { Intent } from '../gateways/ledger/ledger.ts';
import type { VolumeModification } from '../gateways/types.ts';

/** A storage's name in the ledger, its lease and its journal: `volume/vol-0a1b`, `storage/payments`. */
export function subjectOf(volumeId: string): string {
  return volumeId.startsWith('msk/') ? `storage/${volumeId.slice('msk/'.length)}` : `volume/${volumeId}`;
}

/** Clocks differ. */
const earlierMs = 60_000;
/** One intent is tried again for up to half an hour (throttled, lost answers): the Retry of state `Apply`. */
const laterMs = 45 * 60_000;

/** Whether the service's modification is the one that an intent announced. */
export function matchesIntent(
  modification: VolumeModification,
  intent: Pick<Intent, 'atMs' | 'request' | 'settledAtMs'>,
): boolean {
  if (intent.request.startedAtMs === modification.startedAtMs) return true;
  if (intent.request.sizeGib !== modification.targetGib) return false;
  const sinceMs = modification.startedAtMs - intent.atMs;
  return (
    sinceMs >= -earlierMs && sinceMs <= Math.max(laterMs, (intent.settledAtMs ?? intent.atMs) - intent.atMs + earlierMs)
  );
}

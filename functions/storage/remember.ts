/**
 * Writes into the ledger what was seen for the first time: a volume with its size and owner's tags, and modifications that
 * somebody else made. The service's API keeps only the newest modification, so each sight counts. Safe to run twice.
 */
import type { Ledger } from '../gateways/ledger/ledger.ts';
import { matchesIntent, subjectOf } from './change.ts';
import type { ClusterFacts, StorageFacts } from './facts.ts';
import { dayMs } from './limits.ts';

export async function remember(
  { ledger, nowMs }: { ledger: Ledger; nowMs: number },
  facts: ClusterFacts,
  action: string,
): Promise<void> {
  const known = new Map((await ledger.volumes(facts.name)).map((record) => [record.volumeId, record]));
  for (const volume of facts.volumes) {
    if (volume.isRoot === true) continue;
    const record = known.get(volume.volumeId);
    const instanceId = 'instanceId' in volume ? volume.instanceId : undefined;
    if (record === undefined || record.instanceId !== instanceId) {
      const { cluster, volumeId, sizeGib, ownerTags } = volume;
      const where = instanceId === undefined ? {} : { instanceId };
      await ledger.seeVolume({ cluster, volumeId, ...where, sizeGib, ownerTags, nowMs });
    }
    await rememberForeign(ledger, volume, action, nowMs);
  }
}

async function rememberForeign(ledger: Ledger, volume: StorageFacts, action: string, nowMs: number): Promise<void> {
  const { modification } = volume;
  if (modification === undefined || modification.startedAtMs < nowMs - dayMs) return;
  const journal = await ledger.journal(subjectOf(volume.volumeId), nowMs - 2 * dayMs);
  // What was refused or never done is not what is seen now.
  const ours = journal.some(
    (intent) =>
      intent.action === action &&
      intent.status !== 'refused' &&
      intent.status !== 'not-done' &&
      matchesIntent(modification, intent),
  );
  if (ours) return;
  await ledger.recordForeign({
    subject: subjectOf(volume.volumeId),
    cluster: volume.cluster,
    action,
    startedAtMs: modification.startedAtMs,
    request: {
      startedAtMs: modification.startedAtMs,
      fromGib: modification.originalGib,
      targetGib: modification.targetGib,
    },
  });
}

/**
 * Writes into the ledger what was seen for the first time: a volume with its size and owner's tags, and modifications that
 * somebody else made. The service's API keeps only the newest modification, so each sight counts. Safe to run twice.
 */
import type { Ledger } from '../gateways/ledger/ledger.ts';
import { matchesIntent, subjectOf } from './ec2/volume.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import { dayMs } from './limits.ts';

export async function remember(
  { ledger, nowMs }: { ledger: Ledger; nowMs: number },
  facts: ClusterFacts,
): Promise<void> {
  const known = new Map((await ledger.volumes(facts.name)).map((record) => [record.volumeId, record]));
  for (const volume of facts.volumes) {
    if (volume.isRoot) continue;
    const record = known.get(volume.volumeId);
    if (record?.instanceId !== volume.instanceId) {
      const { cluster, volumeId, instanceId, sizeGib, ownerTags } = volume;
      await ledger.seeVolume({ cluster, volumeId, instanceId, sizeGib, ownerTags, nowMs });
    }
    await rememberForeign(ledger, volume, nowMs);
  }
}

async function rememberForeign(ledger: Ledger, volume: VolumeFacts, nowMs: number): Promise<void> {
  const { modification } = volume;
  if (modification === undefined || modification.startedAtMs < nowMs - dayMs) return;
  const journal = await ledger.journal(subjectOf(volume.volumeId), nowMs - 2 * dayMs);
  // What was refused or never done is not what is seen now.
  const ours = journal.some(
    (intent) =>
      intent.action === 'ec2:ModifyVolume' &&
      intent.status !== 'refused' &&
      intent.status !== 'not-done' &&
      matchesIntent(modification, intent),
  );
  if (ours) return;
  await ledger.recordForeign({
    subject: subjectOf(volume.volumeId),
    cluster: volume.cluster,
    action: 'ec2:ModifyVolume',
    startedAtMs: modification.startedAtMs,
    request: {
      startedAtMs: modification.startedAtMs,
      fromGib: modification.originalGib,
      targetGib: modification.targetGib,
    },
  });
}

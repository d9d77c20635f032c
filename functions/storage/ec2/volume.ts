/** Small truths about one EBS volume that several steps need. Pure. */
import type { Intent } from '../../gateways/ledger/ledger.ts';
import type { VolumeModification } from '../../gateways/types.ts';

/** A volume's name in the ledger: its lease and its journal. */
export function subjectOf(volumeId: string): string {
  return `volume/${volumeId}`;
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

/** Tags by which infrastructure as code marks what it owns. Lower-case; a trailing `*` is a prefix. */
const ownerKeys = [
  'aws:cloudformation:*',
  'terraform*',
  'tf-*',
  'tf:*',
  'managed-by',
  'managedby',
  'pulumi*',
  'owner',
  'team',
  'kubernetes.io/created-for/*',
];

function isOwnerTag([key]: [string, string]): boolean {
  return ownerKeys.some((owner) =>
    owner.endsWith('*') ? key.toLowerCase().startsWith(owner.slice(0, -1)) : key.toLowerCase() === owner,
  );
}

export function ownerTagsOf(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags)
      .filter(isOwnerTag)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

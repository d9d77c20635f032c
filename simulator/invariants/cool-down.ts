/**
 * What MSK asks of a storage change: none that is known to be too early, whole steps of 10 GiB or more up to 16,384 GiB
 * (aws-facts 1.1). Known is what the documentation says, 6 h after the last change took effect, and what the ledger has
 * learnt of this cluster from refusals.
 */
import type { VolumeRecord } from '../../functions/gateways/ledger/ledger.ts';
import type { Checker, InvariantWorld, Report } from './checker.ts';

const documentedMs = 6 * 3_600_000;
const stepGibMin = 10;
const sizeGibMax = 16_384;

export function coolDown(world: InvariantWorld, report: Report): Checker {
  const learnt = new Map<string, NonNullable<VolumeRecord['coolDown']>>();
  const notBefore = new Map<string, NonNullable<VolumeRecord['notBefore']>>();

  /** What each source says: no call before it. */
  const known = (volumeId: string): { untilMs: number; because: string }[] => {
    // A change that failed has not touched the storage.
    const last = world.volume(volumeId)?.modifications.findLast(({ state }) => state !== 'failed');
    const said = notBefore.get(volumeId);
    return [
      ...(last?.endedAtMs === undefined
        ? []
        : [{ untilMs: last.endedAtMs + documentedMs, because: 'MSK documents 6 h' }]),
      ...(last === undefined
        ? []
        : [{ untilMs: last.startedAtMs + (learnt.get(volumeId)?.learntMs ?? 0), because: 'earlier refusals taught' }]),
      ...(said?.reason === 'cool-down' ? [{ untilMs: said.atMs, because: 'the last refusal said' }] : []),
    ];
  };

  return {
    coolDownWritten: (volumeId, written) => remember(learnt, volumeId, written),
    notBeforeWritten: (volumeId, written) => remember(notBefore, volumeId, written),
    attempted({ action, volumeId, atMs }) {
      if (action !== 'kafka:UpdateBrokerStorage') return;
      for (const { untilMs, because } of known(volumeId)) {
        if (atMs >= untilMs) continue;
        report('cool-down', volumeId, `${action} before ${new Date(untilMs).toISOString()}: ${because}`);
      }
    },
    accepted({ action, volumeId }) {
      if (action !== 'kafka:UpdateBrokerStorage') return;
      const last = world.volume(volumeId)?.modifications.at(-1);
      if (last === undefined) return;
      const { originalGib, targetGib } = last;
      if (targetGib >= originalGib + stepGibMin && targetGib <= sizeGibMax && Number.isInteger(targetGib)) return;
      report('msk-step', volumeId, `${originalGib} GiB to ${targetGib} GiB`);
    },
  };
}

function remember<T>(map: Map<string, T>, volumeId: string, value: T | undefined): void {
  if (value === undefined) map.delete(volumeId);
  else map.set(volumeId, value);
}

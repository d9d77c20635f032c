/**
 * How far a modification has come. Its own state says it: the space is usable from `optimizing` on (S3), while the size
 * shows up earlier in DescribeVolumes (S4), so that this is asked only where no modification of ours is shown. `Verify`
 * proves the size anyway.
 */
import type { EbsGateway, VolumeModification } from '../../gateways/types.ts';
import type { GrowthProgress } from '../kind.ts';

export async function progress(
  { ebs }: { ebs: EbsGateway },
  { volumeId, targetGib }: { volumeId: string; targetGib: number },
): Promise<GrowthProgress> {
  const [modification] = await ebs.modifications([volumeId]);
  const shown = modification === undefined ? undefined : shownBy(modification, targetGib);
  if (shown !== undefined) return shown;
  const volume = await ebs.volume(volumeId);
  const sizeGib = volume?.sizeGib ?? 0;
  if (volume === undefined) return { state: 'failed', sizeGib, message: `${volumeId} no longer exists` };
  // The newest one that EC2 shows is older than ours: it has not begun.
  if (modification !== undefined && modification.targetGib < targetGib) return { state: 'pending', sizeGib };
  // EC2 forgets a modification some time after it completed, and somebody else's may have failed: the size then says all.
  return { state: sizeGib >= targetGib ? 'completed' : 'pending', sizeGib };
}

/** Undefined where it is not about this target. */
function shownBy(modification: VolumeModification, targetGib: number): GrowthProgress | undefined {
  const { state, originalGib: sizeGib, statusMessage: message = 'the modification failed' } = modification;
  if (modification.targetGib < targetGib) return undefined;
  switch (state) {
    case 'modifying':
      return { state: 'pending', sizeGib };
    case 'optimizing':
      return { state: 'usable', sizeGib: modification.targetGib };
    case 'completed':
      return { state: 'completed', sizeGib: modification.targetGib };
    case 'failed':
      return modification.targetGib === targetGib && sizeGib < targetGib ? { state, sizeGib, message } : undefined;
  }
}

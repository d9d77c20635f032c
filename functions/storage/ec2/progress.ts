/**
 * How far a modification has come. The size shows up early in DescribeVolumes (S4), so state *and* size have to agree;
 * the space is usable from `optimizing` on (S3).
 */
import type { EbsGateway } from '../../gateways/types.ts';
import type { GrowthProgress } from '../kind.ts';

export async function progress(
  { ebs }: { ebs: EbsGateway },
  volumeId: string,
  targetGib: number,
): Promise<GrowthProgress> {
  const [volume, [modification]] = await Promise.all([ebs.volume(volumeId), ebs.modifications([volumeId])]);
  const sizeGib = volume?.sizeGib ?? 0;
  if (volume === undefined) return { state: 'failed', sizeGib, message: `${volumeId} no longer exists` };
  // EC2 forgets a modification some time after it completed; the size then says all.
  if (modification === undefined) return { state: sizeGib >= targetGib ? 'completed' : 'pending', sizeGib };
  // The newest one that EC2 shows may be older than ours, or somebody else's that failed: only the same target is ours.
  if (modification.targetGib < targetGib) return { state: 'pending', sizeGib };
  if (modification.state === 'failed' && modification.targetGib === targetGib && modification.originalGib < targetGib) {
    return { state: 'failed', sizeGib, message: modification.statusMessage ?? 'the modification failed' };
  }
  if (sizeGib < targetGib || modification.state === 'modifying') return { state: 'pending', sizeGib };
  return { state: modification.state === 'optimizing' ? 'usable' : 'completed', sizeGib };
}

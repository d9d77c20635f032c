/**
 * The file system and the device under it, as the host measured them after growing: not the request, not the script's exit
 * code, and not EC2's word, which shows a size before it is there (S4). The device is the volume itself, known by its id.
 */
import type { Ledger } from '../../gateways/ledger/ledger.ts';
import type { SsmGateway } from '../../gateways/types.ts';
import { RefusedFault } from '../../runtime/fault.ts';
import type { Proof, Verified } from '../kind.ts';
import { bytesPerGib } from '../limits.ts';
import { parseGrowth } from './host/results.ts';

/** What `df` shows may be smaller than the device by its metadata (ext4 about 2 %). */
const filesystemFractionMin = 0.95;

/** @throws FilesystemNotGrown the space is not usable, whatever the command said */
export async function verify(
  { ledger, ssm, nowMs }: { ledger: Ledger; ssm: SsmGateway; nowMs: number },
  _cluster: unknown,
  { cluster, volumeId, fromGib, targetGib, instanceId = '', commandId = '' }: Proof,
): Promise<Verified> {
  const invocation = await ssm.invocation(commandId, instanceId);
  const result = parseGrowth(invocation?.stdout ?? '');
  if ('error' in result)
    throw new RefusedFault('FilesystemNotGrown', `the host's report can't be read: ${result.error}`);
  const sizeGib = Math.floor(result.deviceBytes / bytesPerGib);
  const leastBytes = Math.max(sizeGib, targetGib) * bytesPerGib * filesystemFractionMin;
  const { filesystemBytes, usedBytes } = result.after;
  if (sizeGib < targetGib || result.volumeId !== volumeId || filesystemBytes < leastBytes) {
    throw new RefusedFault(
      'FilesystemNotGrown',
      `${volumeId} has ${sizeGib} GiB, its file system ${(filesystemBytes / bytesPerGib).toFixed(1)} GiB, wanted ${targetGib}`,
    );
  }
  const remembered = await ledger.volume(cluster, volumeId);
  const { layout, filesystem, deviceBytes, mountPoint } = result;
  await ledger.saveInspection(cluster, volumeId, {
    atMs: nowMs,
    instanceId,
    supported: true,
    layout,
    filesystem,
    mountPoint,
    deviceBytes,
    filesystemBytes,
    usedBytes,
  });
  const ownerTags = remembered?.ownerTags ?? {};
  return {
    sizeGib,
    evidence: { filesystemBytes, before: result.before.filesystemBytes },
    announcement: { volumeId, instanceId, mountPoint, fromGib, toGib: sizeGib, filesystemBytes, ownerTags },
  };
}

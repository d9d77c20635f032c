import * as z from 'zod/mini';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, SsmGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault } from '../runtime/fault.ts';
import { parseGrowth } from './ec2/host/results.ts';
import { bytesPerGib } from './limits.ts';
import { Operation, parse } from './operation.ts';

interface Dependencies {
  clock: Clock;
  ledger: Ledger;
  ebs: EbsGateway;
  ssm: SsmGateway;
}

const Input = z.extend(Operation, { targetGib: z.int(), instanceId: z.string(), commandId: z.string() });

/** What `df` shows may be smaller than the device by its metadata (ext4 about 2 %). */
const filesystemFractionMin = 0.95;

export interface Verified {
  filesystemBytes: number;
  instanceId: string;
  mountPoint: string;
  sizeGib: number;
  ownerTags: Record<string, string>;
}

/**
 * State `Verify`: the file system as the host measured it after growing, against the volume as EC2 shows it now: not the
 * request, not the script's exit code. Run twice: the same is read and written again.
 *
 * @throws FilesystemNotGrown the space is not usable, whatever the command said
 */
export const verify =
  ({ clock, ledger, ebs, ssm }: Dependencies) =>
  async (event: unknown): Promise<Verified> => {
    const { operationId, cluster, subject: volumeId, targetGib, instanceId, commandId } = parse(Input, event);
    const [volume, invocation] = await Promise.all([ebs.volume(volumeId), ssm.invocation(commandId, instanceId)]);
    const result = parseGrowth(invocation?.stdout ?? '');
    if ('error' in result)
      throw new RefusedFault('FilesystemNotGrown', `the host's report can't be read: ${result.error}`);
    const sizeGib = volume?.sizeGib ?? 0;
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
    const nowMs = clock.nowMs();
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
    await ledger.updateOperation(operationId, {
      note: { atMs: nowMs, what: 'verified', detail: { filesystemBytes, before: result.before.filesystemBytes } },
    });
    return { filesystemBytes, instanceId, mountPoint, sizeGib, ownerTags: remembered?.ownerTags ?? {} };
  };

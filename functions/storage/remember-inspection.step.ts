import * as z from 'zod/mini';
import type { Inspection, Ledger } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, SsmGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault } from '../runtime/fault.ts';
import { ownerTagsOf } from './ec2/volume.ts';
import { parseInspection, type InspectedVolume } from './ec2/host/results.ts';
import { parse } from './operation.ts';

interface Dependencies {
  clock: Clock;
  ledger: Ledger;
  ebs: EbsGateway;
  ssm: SsmGateway;
}

const Input = z.object({ cluster: z.string(), instanceId: z.string(), commandId: z.string() });

/**
 * State `RememberInspection`: what the host saw, into the ledger with its time. Run twice: written twice, the same.
 *
 * @throws InspectionFailed the host's report can't be read
 */
export const rememberInspection =
  ({ clock, ledger, ebs, ssm }: Dependencies) =>
  async (event: unknown): Promise<{ inspected: string[] }> => {
    const { cluster, instanceId, commandId } = parse(Input, event);
    const [invocation, volumes] = await Promise.all([
      ssm.invocation(commandId, instanceId),
      ebs.volumesOf([instanceId]),
    ]);
    const result = parseInspection(invocation?.stdout ?? '');
    if ('error' in result)
      throw new RefusedFault('InspectionFailed', `the host's report can't be read: ${result.error}`);
    const nowMs = clock.nowMs();
    const inspected: string[] = [];
    for (const seen of result.volumes) {
      const volume = volumes.find(({ volumeId }) => volumeId === seen.volumeId);
      if (volume === undefined) continue;
      await ledger.seeVolume({
        cluster,
        volumeId: volume.volumeId,
        instanceId,
        sizeGib: volume.sizeGib,
        ownerTags: ownerTagsOf(volume.tags),
        nowMs,
      });
      await ledger.saveInspection(cluster, volume.volumeId, toInspection(seen, instanceId, nowMs));
      inspected.push(volume.volumeId);
    }
    return { inspected };
  };

function toInspection(seen: InspectedVolume, instanceId: string, atMs: number): Inspection {
  const [mountPoint] = seen.mountPoints;
  return {
    atMs,
    instanceId,
    supported: seen.supported,
    ...(seen.reason === null || seen.reason === undefined ? {} : { reason: seen.reason }),
    layout: seen.layout,
    ...(seen.filesystem === null || seen.filesystem === undefined ? {} : { filesystem: seen.filesystem }),
    ...(mountPoint === undefined ? {} : { mountPoint }),
    deviceBytes: seen.deviceBytes ?? 0,
    ...(seen.filesystemBytes === null || seen.filesystemBytes === undefined
      ? {}
      : { filesystemBytes: seen.filesystemBytes }),
    ...(seen.usedBytes === null || seen.usedBytes === undefined ? {} : { usedBytes: seen.usedBytes }),
  };
}

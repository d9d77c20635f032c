import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Inspection, Ledger } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, SsmGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault } from '../runtime/fault.ts';
import { ownerTagsOf } from './owner-tags.ts';
import { parseInspection, type InspectedVolume } from './ec2/host/results.ts';
import { ec2ClusterOf, parse } from './operation.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  ebs: EbsGateway;
  ssm: SsmGateway;
}

const Input = z.object({ cluster: z.string(), instanceId: z.string(), commandId: z.string() });

/**
 * State `RememberInspection`: what the host saw, into the ledger with its time. Run twice: written twice, the same.
 *
 * @throws InspectionFailed the host's report can't be read
 * @throws MountPointUnserved a mount point of the fleet file lies on no EBS volume; the rest is remembered
 */
export const rememberInspection =
  ({ clock, fleet, ledger, ebs, ssm }: Dependencies) =>
  async (event: unknown): Promise<{ inspected: string[] }> => {
    const { cluster, instanceId, commandId } = parse(Input, event);
    const { mountPoints } = ec2ClusterOf(fleet, cluster);
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
    // Told only now: what can be grown there is known all the same.
    const served = new Set(result.volumes.flatMap((seen) => seen.mountPoints));
    const bare = mountPoints.filter((mountPoint) => !served.has(mountPoint));
    if (bare.length > 0) {
      const what = `${instanceId}: ${bare.join(', ')} lies on no EBS volume (instance store, or not mounted)`;
      throw new RefusedFault('MountPointUnserved', `${what}: it can't be grown`);
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

/** The one mutation of an EBS volume's size, and what came of it. */
import { VolumeModificationLimit } from '../../gateways/faults.ts';
import type { EbsGateway } from '../../gateways/types.ts';
import { TransientFault } from '../../runtime/fault.ts';
import type { EbsVolumeFacts } from '../facts.ts';
import type { Change } from '../kind.ts';

/** EBS would refuse it by itself; asking costs one of the account's requests. */
export function mayChange({ volumeId, modification }: EbsVolumeFacts): void {
  if (modification?.state === 'modifying' || modification?.state === 'optimizing')
    throw new TransientFault('ModificationInProgress', `${volumeId} is ${modification.state}`);
}

export async function change(
  { ebs, nowMs }: { ebs: EbsGateway; nowMs: number },
  { volume, targetGib }: { volume: EbsVolumeFacts; targetGib: number },
): Promise<Change> {
  const { volumeId } = volume;
  try {
    return await ebs.modify({ volumeId, sizeGib: targetGib });
  } catch (error) {
    throw error instanceof VolumeModificationLimit ? withTime(error, volumeId, nowMs) : error;
  }
}

/** Says when in a form that the record can read. Where the service names only a distance, it counts from now: too late rather than too early. */
function withTime(error: VolumeModificationLimit, volumeId: string, nowMs: number): Error {
  const retryAtMs = error.retryAtMs ?? (error.spacingMs === undefined ? undefined : nowMs + error.spacingMs);
  if (retryAtMs === undefined) return error;
  return new VolumeModificationLimit(
    `${volumeId} may be modified again at ${new Date(retryAtMs).toISOString()}`,
    { retryAtMs },
    { cause: error },
  );
}

export async function newestChange(
  { ebs }: { ebs: EbsGateway },
  _cluster: unknown,
  volumeId: string,
): Promise<Change | undefined> {
  const [modification] = await ebs.modifications([volumeId]);
  return modification;
}

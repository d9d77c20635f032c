/**
 * How far a storage operation has come. MSK emits no event when it ends (aws-facts 1.6): whoever waits polls it by its ARN.
 */
import type { MskGateway } from '../../gateways/types.ts';
import type { GrowthProgress } from '../kind.ts';
import { endOf } from './operations.ts';

export async function progress(
  { msk }: { msk: MskGateway },
  { volumeId, targetGib, reference }: { volumeId: string; targetGib: number; reference?: string },
): Promise<GrowthProgress> {
  const operation = reference === undefined ? undefined : await msk.operation(reference);
  // Right after the call it may not be listed yet; the state's deadline ends the wait where it never is.
  if (operation === undefined) return { state: 'pending', sizeGib: 0 };
  switch (endOf(operation)) {
    case 'done':
      return { state: 'completed', sizeGib: operation.targetGib ?? targetGib };
    case 'failed': {
      const message = `${volumeId}: ${operation.operationArn} failed: ${operation.error ?? 'MSK gives no reason'}`;
      return { state: 'failed', sizeGib: operation.fromGib ?? 0, message };
    }
    case 'running':
      return { state: 'pending', sizeGib: operation.fromGib ?? 0 };
  }
}

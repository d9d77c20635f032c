import * as z from 'zod/mini';
import { RefusedFault, TransientFault } from '../runtime/fault.ts';
import type { Services } from './kind.ts';
import { kindOfVolume } from './kinds.ts';
import { Operation, parse } from './operation.ts';

const Input = z.extend(Operation, { targetGib: z.int(), reference: z.optional(z.nullable(z.string())) });

/**
 * State `FollowOperation`: asks the service how far its own operation is; its Retry is the poll, with growing intervals.
 * Only reads, so it may run any number of times.
 *
 * @throws OperationRunning not ended yet: ask again
 * @throws ModificationFailed the service gave up; the storage is as it was
 */
export const followOperation =
  (services: Services) =>
  async (event: unknown): Promise<{ state: 'completed'; sizeGib: number }> => {
    const { subject: volumeId, targetGib, reference } = parse(Input, event);
    const change = { volumeId, targetGib, ...(typeof reference === 'string' ? { reference } : {}) };
    const reached = await kindOfVolume(volumeId).progress(services, change);
    if (reached.state === 'failed') throw new RefusedFault('ModificationFailed', reached.message);
    if (reached.state !== 'completed') throw new TransientFault('OperationRunning', `${volumeId} is being changed`);
    return { state: 'completed', sizeGib: reached.sizeGib };
  };

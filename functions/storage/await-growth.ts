/** The common part of the two states that wait for EBS. */
import * as z from 'zod/mini';
import type { Clock } from '../runtime/clock.ts';
import { Operation, parse } from './operation.ts';
import { park, type Waiters } from './waiting.ts';

const Input = z.extend(Operation, { taskToken: z.string(), targetGib: z.int() });

export function awaitGrowth(dependencies: Waiters & { clock: Clock }, resourceOf: (volumeId: string) => string) {
  return async (event: unknown): Promise<{ waiting: 'parked' | 'answered' }> => {
    const { taskToken, targetGib, operationId, cluster, subject: volumeId } = parse(Input, event);
    const waiting = await park(dependencies, {
      resource: resourceOf(volumeId),
      token: taskToken,
      operationId,
      cluster,
      detail: { volumeId, targetGib },
      sinceMs: dependencies.clock.nowMs(),
    });
    return { waiting };
  };
}

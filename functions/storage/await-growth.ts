/** The common part of the two states that wait for the service. */
import * as z from 'zod/mini';
import type { Clock } from '../runtime/clock.ts';
import type { Waiting } from '../gateways/ledger/ledger.ts';
import type { Services } from './kind.ts';
import { kindOfVolume } from './kinds.ts';
import { Operation, parse } from './operation.ts';
import { growthJudge, park, type Waiters } from './waiting.ts';

const Input = z.extend(Operation, {
  taskToken: z.string(),
  targetGib: z.int(),
  reference: z.optional(z.nullable(z.string())),
  /** When the operation began, ISO; absent: look at the world in any case. */
  startedAt: z.optional(z.nullable(z.string())),
  /** Not the first try: a heartbeat was missed, or an answer lost. */
  isRetry: z.optional(z.boolean()),
});

/** Clocks differ. */
const earlierMs = 60_000;

/** Undefined: nothing was heard that would tell of this change, or it may have been missed. */
function heardSinceMs({ subject, startedAt, isRetry }: z.infer<typeof Input>): number | undefined {
  if (!kindOfVolume(subject).hasEvents || isRetry === true || typeof startedAt !== 'string') return undefined;
  const sinceMs = Date.parse(startedAt) - earlierMs;
  return Number.isNaN(sinceMs) ? undefined : sinceMs;
}

export type GrowthWaiters = Waiters & Services & { clock: Clock };

export function awaitGrowth(dependencies: GrowthWaiters, resourceOf: (volumeId: string) => string) {
  return async (event: unknown): Promise<{ waiting: 'parked' | 'answered' }> => {
    const input = parse(Input, event);
    const { taskToken, targetGib, reference, operationId, cluster, subject: volumeId } = input;
    const waiting: Waiting = {
      resource: resourceOf(volumeId),
      token: taskToken,
      operationId,
      cluster,
      detail: { volumeId, targetGib, ...(typeof reference === 'string' ? { reference } : {}) },
      sinceMs: dependencies.clock.nowMs(),
    };
    return { waiting: await park(dependencies, growthJudge(dependencies), waiting, heardSinceMs(input)) };
  };
}

import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault, RefusedFault } from '../runtime/fault.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
}

const Input = z.object({
  cluster: z.optional(z.string()),
  pause: z.boolean(),
  by: z.string().check(z.minLength(1)),
  reason: z.optional(z.string()),
});

/**
 * Stops, or allows again, all new mutations of a cluster or (without `cluster`) of the fleet. It holds at once: every
 * intent is written under the condition that nothing is paused. Run twice: the same.
 *
 * @throws UnknownCluster
 */
export const setPause =
  ({ clock, fleet, ledger }: Dependencies) =>
  async (event: unknown): Promise<{ subject: string; paused: boolean }> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const { cluster = '*', pause, by, reason = '' } = parsed.data;
    if (cluster !== '*' && !fleet.clusters.some(({ name }) => name === cluster))
      throw new RefusedFault('UnknownCluster', `the fleet has no cluster ${cluster}`);
    await ledger.setPaused(cluster, pause ? { by, atMs: clock.nowMs(), reason } : undefined);
    return { subject: cluster, paused: pause };
  };

import * as z from 'zod/mini';
import type { ObjectsGateway, Reference } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault, TransientFault } from '../runtime/fault.ts';
import { sideBySide } from '../runtime/side-by-side.ts';
import { listFleet, type Services } from '../storage/index.ts';
import type { Cluster, Fleet } from './fleet.ts';
import { cutPages, type PageItem } from './sweep-pages.ts';

interface Dependencies extends Services {
  clock: Clock;
  fleet: Fleet;
  objects: ObjectsGateway;
}

const Input = z.object({ trigger: z.record(z.string(), z.unknown()), slot: z.string() });

export interface SweepPlan {
  /** The list of the pages. */
  items: Reference;
  pages: number;
  /** Kinds whose clusters could not be listed, and why. */
  unlisted: { kind: Cluster['kind']; error: string; message: string }[];
}

const writesAtOnce = 10;

/**
 * State `PlanSweep`: lists the whole fleet, few calls for all of it, and cuts it into pages. Changes nothing but its own
 * objects. Run twice: other objects under the same names; only those of the run that answered are read.
 *
 * @throws what a service answered that will pass by itself; anything else is told, and the other kinds are swept
 */
export const planSweep =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<SweepPlan> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const { clock, fleet, objects } = dependencies;
    const { slot, trigger } = parsed.data;
    const { listed, unlisted } = await listFleet(dependencies, fleet.clusters);
    for (const { error } of unlisted) if (error instanceof TransientFault) throw error;

    const pages = cutPages(
      fleet.clusters.flatMap(({ name }) => {
        const seen = listed.get(name);
        return seen === undefined ? [] : [{ name, listed: seen }];
      }),
    );
    const dueAtMs = dueAt(trigger) ?? clock.nowMs();
    const items = await sideBySide(pages, writesAtOnce, async (page, index): Promise<PageItem> => {
      const number = index + 1;
      return { page: await objects.put(`sweeps/${slot}/pages/${number}.json`, page), number, slot, dueAtMs };
    });
    return {
      items: await objects.put(`sweeps/${slot}/pages.json`, items),
      pages: pages.length,
      unlisted: unlisted.map(({ kind, error }) => {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        return { kind, error: name, message: message.slice(0, 500) };
      }),
    };
  };

/** The schedule's own time, if it was the schedule. */
function dueAt({ slot }: Record<string, unknown>): number | undefined {
  const atMs = typeof slot === 'string' ? Date.parse(slot) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs;
}

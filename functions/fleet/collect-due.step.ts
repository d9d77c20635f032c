import * as z from 'zod/mini';
import type { ObjectsGateway, Reference, WorkflowsGateway } from '../gateways/types.ts';
import { DefectFault } from '../runtime/fault.ts';
import { sideBySide } from '../runtime/side-by-side.ts';
import { bounded, type Due, type DuePage, inOrder, restores } from './sweep-due.ts';

interface Dependencies {
  workflows: WorkflowsGateway;
  objects: ObjectsGateway;
}

const Stored = z.object({ bucket: z.string(), key: z.string(), sha256: z.string() });
const Input = z.object({
  slot: z.string(),
  plan: z.object({ pages: z.int() }),
  /** What each page answered; one that failed has no `due`, or is not there. */
  surveyed: z.array(z.unknown()),
});
const Surveyed = z.object({ due: Stored, volumes: z.int() });

export interface Collected {
  /** The list of what is to be started, most urgent first; null where there is nothing. */
  items: Reference | null;
  starts: number;
  /** Due, and left to the next sweep. */
  left: number;
  volumes: number;
  failedPages: number;
}

const readsAtOnce = 10;
/** Executions asked for: DescribeExecution is refilled with ten a second (docs/facts/rules.md). */
const statusesMax = 100;

/**
 * State `CollectDue`: puts together what is due on all pages that were looked at, the most urgent first. Changes nothing
 * but its own object. Run twice: the same list.
 */
export const collectDue =
  ({ workflows, objects }: Dependencies) =>
  async (event: unknown): Promise<Collected> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const { slot, plan, surveyed } = parsed.data;
    const done = surveyed.flatMap((answer) => {
      const page = z.safeParse(Surveyed, answer);
      return page.success ? [page.data] : [];
    });
    const pages = await sideBySide(done, readsAtOnce, ({ due }) => objects.get<DuePage>(due));
    const wanted = inOrder([...pages.flatMap(({ due }) => due), ...restores(pages.flatMap(({ reliefs }) => reliefs))]);
    const { due, left } = bounded(await free(workflows, wanted));
    return {
      items:
        due.length === 0
          ? null
          : await objects.put(
              `sweeps/${slot}/due.json`,
              due.map(({ start }) => start),
            ),
      starts: due.length,
      left,
      volumes: done.reduce((sum, { volumes }) => sum + volumes, 0),
      failedPages: plan.pages - done.length,
    };
  };

/**
 * Without what a running execution holds. The most urgent ones are asked for; the others are taken to run, as nearly all
 * do: one that does not is found once those before it have grown.
 */
async function free(workflows: WorkflowsGateway, due: readonly Due[]): Promise<Due[]> {
  const holders = [...new Set(due.flatMap(({ holder }) => holder ?? []))].slice(0, statusesMax);
  const statuses = await sideBySide(holders, readsAtOnce, (holder) => workflows.status(holder));
  const closed = new Set(
    holders.filter((_holder, index) => statuses[index] !== 'RUNNING' && statuses[index] !== 'PENDING_REDRIVE'),
  );
  return due.filter(({ holder }) => holder === undefined || closed.has(holder));
}

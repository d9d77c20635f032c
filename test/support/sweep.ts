/** One sweep over a small world, its states one after the other. */
import { collectDue } from '../../functions/fleet/collect-due.step.ts';
import { planSweep } from '../../functions/fleet/plan-sweep.step.ts';
import type { Wanted } from '../../functions/fleet/sweep-due.ts';
import type { PageItem } from '../../functions/fleet/sweep-pages.ts';
import { surveyPage } from '../../functions/fleet/survey-page.step.ts';
import type { StorageWorld } from './storage-world.ts';

export async function sweepOnce(world: StorageWorld, slot: string): Promise<Wanted[]> {
  const plan = await planSweep(world)({ trigger: {}, slot });
  const surveyed = [];
  for (const item of await world.objects.get<PageItem[]>(plan.items)) surveyed.push(await surveyPage(world)(item));
  const { items } = await collectDue(world)({ slot, plan, surveyed });
  return items === null ? [] : world.objects.get<Wanted[]>(items);
}

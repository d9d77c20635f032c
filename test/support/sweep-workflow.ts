/** Runs `storage-sweep.asl.json` in the interpreter with the real steps over a small world. */
import { startWorkflow } from '../../functions/control/start-workflow.step.ts';
import { collectDue } from '../../functions/fleet/collect-due.step.ts';
import { planSweep } from '../../functions/fleet/plan-sweep.step.ts';
import { surveyPage } from '../../functions/fleet/survey-page.step.ts';
import { type Executed, executeStateMachine } from '../../simulator/states-language/index.ts';
import type { StorageWorld } from './storage-world.ts';
import { definitionOf } from './storage-workflow.ts';

/** @param before runs before each step, with its payload; what it throws is the step's failure */
export function runSweep(
  world: StorageWorld,
  before?: (state: string, payload: Record<string, unknown>) => unknown,
): Promise<Executed> {
  const steps: Record<string, (event: unknown) => Promise<unknown>> = {
    PlanSweep: planSweep(world),
    SurveyPage: surveyPage(world),
    CollectDue: collectDue(world),
    StartWorkflow: startWorkflow(world),
  };
  return executeStateMachine(
    definitionOf('storage-sweep'),
    { trigger: { type: 'schedule' } },
    {
      name: 'sweep-1',
      readItems: ({ arguments: args }) => world.objects.all.get((args as { Key: string }).Key),
      task: async ({ state, arguments: given }) => {
        const { FunctionName, Payload } = given as { FunctionName: string; Payload: Record<string, unknown> };
        const step = steps[FunctionName.slice(2, -1)];
        if (step === undefined) throw new Error(`no step ${FunctionName}`);
        await before?.(state, Payload);
        try {
          // As Lambda does: nothing but JSON passes.
          const answer: unknown = await step(JSON.parse(JSON.stringify(Payload)));
          return { Payload: JSON.parse(JSON.stringify(answer)) as unknown };
        } catch (error) {
          const { name, message } = error as Error;
          throw Object.assign(new Error(message), { error: name, cause: message });
        }
      },
    },
  );
}

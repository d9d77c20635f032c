/** Every execution ends in time and with a short history (docs/design.md: no workflow over 2,000 events). */
import type { Checker, ExecutionView, InvariantWorld, Report } from './checker.ts';

export interface ExecutionLimits {
  historyEventsMax: number;
  /** For workflows without a TimeoutSeconds of their own. */
  ageMsMax: number;
}

const defaults: ExecutionLimits = { historyEventsMax: 2_000, ageMsMax: 30 * 86_400_000 };

export function executions(world: InvariantWorld, report: Report, limits: ExecutionLimits = defaults): Checker {
  const ageMsMax = new Map(
    world.machines.map(({ name, machine }) => [
      name,
      machine.timeoutSeconds === undefined ? limits.ageMsMax : machine.timeoutSeconds * 1000,
    ]),
  );
  /** Running ones by workflow, in the order of their start: only the oldest has to be looked at. */
  const running = new Map<string, Map<string, ExecutionView>>();

  return {
    executionStarted(execution) {
      const ofWorkflow = running.get(execution.workflow) ?? new Map<string, ExecutionView>();
      running.set(execution.workflow, ofWorkflow.set(execution.executionArn, execution));
    },
    executionProgressed({ historyEvents, executionArn }) {
      if (historyEvents !== limits.historyEventsMax + 1) return;
      report('short-history', executionArn, `more than ${limits.historyEventsMax} history events`);
    },
    executionEnded({ workflow, executionArn }) {
      running.get(workflow)?.delete(executionArn);
    },
    rested() {
      for (const [workflow, ofWorkflow] of running) {
        const [oldest] = ofWorkflow.values();
        if (oldest === undefined) continue;
        const ageMs = world.nowMs() - oldest.startedMs;
        const most = ageMsMax.get(workflow) ?? limits.ageMsMax;
        if (ageMs <= most) continue;
        ofWorkflow.delete(oldest.executionArn);
        report('execution-ends', oldest.executionArn, `runs for ${ageMs} ms, at most ${most}`);
      }
    },
  };
}

/**
 * No wait without an end: every task that waits for a token has a limit, every workflow has one, every wait that is
 * written down belongs to an execution that runs. What an ended execution leaves behind is harmless: its token is closed,
 * and the item ages out.
 */
import { statesOf } from '../deploy/machines.ts';
import type { Checker, InvariantWorld, Report } from './checker.ts';

export function waits(world: InvariantWorld, report: Report): Checker {
  return {
    deployed() {
      for (const { name, machine } of world.machines) {
        if (machine.timeoutSeconds === undefined) report('wait-deadline', name, 'the workflow has no TimeoutSeconds');
        for (const state of statesOf(machine)) {
          if (state.type !== 'Task' || state.integration.pattern !== 'wait-for-task-token') continue;
          if (state.timeoutSeconds !== undefined || state.heartbeatSeconds !== undefined) continue;
          report(
            'wait-deadline',
            `${name}/${state.name}`,
            'waits for a token without TimeoutSeconds or HeartbeatSeconds',
          );
        }
      }
    },
    waitWritten(wait) {
      const status = world.executionOf(wait.operationId)?.status;
      // Stopped from outside, its function runs on to its end and may still write down that it waits.
      const isStopped = status === 'ABORTED' || status === 'TIMED_OUT';
      if (status !== 'RUNNING' && !isStopped) {
        report(
          'wait-without-execution',
          wait.resource,
          `operation ${wait.operationId} waits, but no execution of it runs`,
        );
      }
    },
  };
}

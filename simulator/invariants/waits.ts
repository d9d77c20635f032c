/**
 * No wait without an end: every task that waits for a token has a limit, every workflow has one, every wait that is
 * written down belongs to an execution that runs.
 */
import { statesOf } from '../deploy/machines.ts';
import type { Waiting } from '../../functions/gateways/ledger/ledger.ts';
import type { Checker, InvariantWorld, Report } from './checker.ts';

export function waits(world: InvariantWorld, report: Report): Checker {
  const waiting = new Map<string, Waiting>();

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
      waiting.set(wait.resource, wait);
      if (world.executionOf(wait.operationId)?.status !== 'RUNNING') {
        report(
          'wait-without-execution',
          wait.resource,
          `operation ${wait.operationId} waits, but no execution of it runs`,
        );
      }
    },
    waitDeleted(resource) {
      waiting.delete(resource);
    },
    executionEnded({ name, status, executionArn }) {
      for (const [resource, wait] of waiting) {
        if (!name.startsWith(wait.operationId)) continue;
        waiting.delete(resource);
        // Stopped and timed-out executions run no Catch and leave their waits behind; those age out.
        if (status !== 'SUCCEEDED' && status !== 'FAILED') continue;
        report('wait-without-execution', resource, `${executionArn} ended (${status}) and left its wait behind`);
      }
    },
  };
}

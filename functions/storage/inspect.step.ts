import * as z from 'zod/mini';
import type { Clock } from '../runtime/clock.ts';
import { parse } from './operation.ts';
import { commandResource, park, type Waiters } from './waiting.ts';

interface Dependencies extends Waiters {
  clock: Clock;
  /** Name of the SSM document that inspects. */
  document: string;
}

const Input = z.object({ operationId: z.string(), cluster: z.string(), instanceId: z.string(), taskToken: z.string() });

const deliverySeconds = 120;
const executionSeconds = 120;

/**
 * State `Inspect` (task token): has the host look at its volumes. It only reads, so it runs for observed and paused
 * clusters too, and needs no intent. Run twice: looks twice.
 */
export const inspect =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ commandId: string; waiting: 'parked' | 'answered' }> => {
    const { clock, ebs, ssm, document } = dependencies;
    const { operationId, cluster, instanceId, taskToken } = parse(Input, event);
    const volumes = await ebs.volumesOf([instanceId]);
    const { commandId } = await ssm.sendCommand({
      documentName: document,
      instanceId,
      parameters: {
        VolumeIds: [volumes.map(({ volumeId }) => volumeId).join(',')],
        ExecutionTimeout: [String(executionSeconds)],
      },
      deliverySeconds,
      comment: `kafka-autopilot ${operationId}`,
    });
    const waiting = await park(dependencies, {
      resource: commandResource(commandId),
      token: taskToken,
      operationId,
      cluster,
      detail: { commandId, instanceId, script: 'inspect-volume' },
      sinceMs: clock.nowMs(),
    });
    return { commandId, waiting };
  };

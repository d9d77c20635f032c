import * as z from 'zod/mini';
import type { EbsGateway, SsmGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { judgeCommand } from './ec2/command.ts';
import { parse } from './operation.ts';
import { commandJudge, commandResource, park, type Waiters } from './waiting.ts';

interface Dependencies extends Waiters {
  clock: Clock;
  ebs: EbsGateway;
  ssm: SsmGateway;
  /** Name of the SSM document that inspects. */
  document: string;
}

const Input = z.object({ operationId: z.string(), cluster: z.string(), instanceId: z.string(), taskToken: z.string() });

const deliverySeconds = 120;
const executionSeconds = 120;
/** A command that was sent this long ago tells of the host as it is; longer than all tries of the state. */
const reuseMs = 20 * 60_000;

/**
 * State `Inspect` (task token): has the host look at its volumes. It only reads, so it runs for observed and paused
 * clusters too, and needs no intent. Run twice (a missed heartbeat): waits for the same command again, and judges it at
 * once where only its event was lost; one that failed is sent again.
 */
export const inspect =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ commandId: string; waiting: 'parked' | 'answered' }> => {
    const { clock, ledger } = dependencies;
    const { operationId, cluster, instanceId, taskToken } = parse(Input, event);
    const earlier = await earlierCommand(dependencies, operationId, instanceId);
    const commandId = earlier ?? (await look(dependencies, operationId, instanceId));
    const sinceMs = clock.nowMs();
    const detail = { commandId, instanceId, script: 'inspect-volume' };
    if (earlier === undefined) {
      const resource = inspectionResource(operationId, instanceId);
      await ledger.putWaiting({ resource, token: taskToken, operationId, cluster, detail, sinceMs });
    }
    const resource = commandResource(commandId);
    const waiting = await park(dependencies, commandJudge(dependencies), {
      resource,
      token: taskToken,
      operationId,
      cluster,
      detail,
      sinceMs,
    });
    return { commandId, waiting };
  };

const inspectionResource = (operationId: string, instanceId: string): string =>
  `inspection/${operationId}/${instanceId}`;

async function earlierCommand(
  { clock, ledger, ssm }: Dependencies,
  operationId: string,
  instanceId: string,
): Promise<string | undefined> {
  const sent = await ledger.waiting(inspectionResource(operationId, instanceId));
  if (sent === undefined || clock.nowMs() - sent.sinceMs >= reuseMs) return undefined;
  return (await judgeCommand(ssm, sent.detail)).answer === 'failure' ? undefined : String(sent.detail.commandId);
}

async function look({ ebs, ssm, document }: Dependencies, operationId: string, instanceId: string): Promise<string> {
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
  return commandId;
}

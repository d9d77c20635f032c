/**
 * Event before token: a waiting step stores its token and *then* reads the world; an event function reads the world too
 * and answers the stored token. Whoever sees the wished state first answers; the other finds nothing or is late, which is
 * success as well. Nothing is believed of an event but that it is time to look.
 */
import type { Ledger, Waiting } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, SsmGateway, WorkflowsGateway } from '../gateways/types.ts';
import { progress } from './ec2/progress.ts';
import { judgeCommand } from './ec2/command.ts';

export interface Waiters {
  ledger: Ledger;
  workflows: WorkflowsGateway;
  ebs: EbsGateway;
  ssm: SsmGateway;
}

type Verdict =
  | { answer: 'success'; output: unknown }
  | { answer: 'failure'; error: string; cause: string }
  | { answer: 'not-yet' };

export const usableResource = (volumeId: string): string => `volume/${volumeId}/usable`;
export const completedResource = (volumeId: string): string => `volume/${volumeId}/completed`;
export const commandResource = (commandId: string): string => `command/${commandId}`;

/** Stores the token, then answers it at once if the world is already as wished. */
export async function park(waiters: Waiters, waiting: Waiting): Promise<'parked' | 'answered'> {
  await waiters.ledger.putWaiting(waiting);
  return (await answerIfReached(waiters, waiting)) ? 'answered' : 'parked';
}

/** @returns whether the token was answered (or had been) */
export async function answerIfReached(waiters: Waiters, waiting: Waiting): Promise<boolean> {
  const verdict = await judge(waiters, waiting);
  if (verdict.answer === 'not-yet') return false;
  if (verdict.answer === 'success') await waiters.workflows.succeed(waiting.token, verdict.output);
  else await waiters.workflows.fail(waiting.token, verdict.error, verdict.cause);
  await waiters.ledger.deleteWaiting(waiting.resource, waiting.token);
  return true;
}

async function judge(waiters: Waiters, { resource, detail }: Waiting): Promise<Verdict> {
  if (resource.startsWith('command/')) return judgeCommand(waiters.ssm, detail);
  const volumeId = String(detail.volumeId);
  const reached = await progress(waiters, volumeId, Number(detail.targetGib));
  if (reached.state === 'failed') return { answer: 'failure', error: 'ModificationFailed', cause: reached.message };
  const wished = resource === completedResource(volumeId) ? reached.state === 'completed' : reached.state !== 'pending';
  return wished
    ? { answer: 'success', output: { state: reached.state, sizeGib: reached.sizeGib } }
    : { answer: 'not-yet' };
}

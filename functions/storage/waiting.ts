/**
 * Event before token: a waiting step stores its token and *then* reads the world; an event function reads the world too
 * and answers the stored token. Whoever sees the wished state first answers; the other finds nothing or is late, which is
 * success as well. Nothing is believed of an event but that it is time to look.
 *
 * Where thousands grow at once, each reading of the world counts. So an event that nobody waits for is noted (`heard`),
 * and a step that parks right after it began a change looks at the world only if something was heard since. That loses
 * no event: the event function notes it and *then* looks for a token once more, the step stores its token and *then* looks
 * for a note; the later of the two finds what the other wrote. An event that never comes is made up for by the heartbeat,
 * after which the step always looks.
 */
import type { Ledger, Waiting } from '../gateways/ledger/ledger.ts';
import type { SsmGateway, WorkflowsGateway } from '../gateways/types.ts';
import { subjectOf } from './change.ts';
import { judgeCommand } from './ec2/command.ts';
import type { Services } from './kind.ts';
import { kindOfVolume } from './kinds.ts';

export interface Waiters {
  ledger: Ledger;
  workflows: WorkflowsGateway;
}

export type Verdict =
  | { answer: 'success'; output: unknown }
  | { answer: 'failure'; error: string; cause: string }
  | { answer: 'not-yet' };

/** Reads the world and says whether it is as the waiting step wishes. */
export type Judge = (waiting: Waiting) => Promise<Verdict>;

export const usableResource = (volumeId: string): string => `${subjectOf(volumeId)}/usable`;
export const completedResource = (volumeId: string): string => `${subjectOf(volumeId)}/completed`;
export const commandResource = (commandId: string): string => `command/${commandId}`;

/**
 * Stores the token, then answers it at once if the world is already as wished.
 *
 * @param heardSinceMs look only if an event about the resource was heard since then; absent: look
 */
export async function park(
  waiters: Waiters,
  judge: Judge,
  waiting: Waiting,
  heardSinceMs?: number,
): Promise<'parked' | 'answered'> {
  const { ledger } = waiters;
  await ledger.putWaiting(waiting);
  if (heardSinceMs !== undefined && !(await ledger.wasHeard(waiting.resource, heardSinceMs))) return 'parked';
  return (await answerIfReached(waiters, judge, waiting)) ? 'answered' : 'parked';
}

/** Who waits for the resource of an event; if it is nobody, that it came is noted for whoever comes right after it. */
export async function awaitedOrHeard(ledger: Ledger, resource: string, nowMs: number): Promise<Waiting | undefined> {
  const waiting = await ledger.waiting(resource);
  if (waiting !== undefined) return waiting;
  await ledger.heard(resource, nowMs);
  return ledger.waiting(resource);
}

/** @returns whether the token was answered (or had been) */
export async function answerIfReached(waiters: Waiters, judge: Judge, waiting: Waiting): Promise<boolean> {
  const verdict = await judge(waiting);
  if (verdict.answer === 'not-yet') return false;
  if (verdict.answer === 'success') await waiters.workflows.succeed(waiting.token, verdict.output);
  else await waiters.workflows.fail(waiting.token, verdict.error, verdict.cause);
  await waiters.ledger.deleteWaiting(waiting.resource, waiting.token);
  return true;
}

/** Whether a command on a host has ended, and how. */
export function commandJudge({ ssm }: { ssm: SsmGateway }): Judge {
  return ({ detail }) => judgeCommand(ssm, detail);
}

/** Whether a growth has come as far as the waiting step wishes. */
export function growthJudge(services: Services): Judge {
  return async ({ resource, detail }) => {
    const volumeId = String(detail.volumeId);
    const reached = await kindOfVolume(volumeId).progress(services, {
      volumeId,
      targetGib: Number(detail.targetGib),
      ...(typeof detail.reference === 'string' ? { reference: detail.reference } : {}),
    });
    if (reached.state === 'failed') return { answer: 'failure', error: 'ModificationFailed', cause: reached.message };
    const wished =
      resource === completedResource(volumeId) ? reached.state === 'completed' : reached.state !== 'pending';
    return wished
      ? { answer: 'success', output: { state: reached.state, sizeGib: reached.sizeGib } }
      : { answer: 'not-yet' };
  };
}

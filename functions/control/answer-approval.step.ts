import * as z from 'zod/mini';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault } from '../runtime/fault.ts';

interface Dependencies {
  clock: Clock;
  ledger: Ledger;
  workflows: WorkflowsGateway;
}

const Input = z.object({
  operationId: z.string(),
  planHash: z.string(),
  answer: z.enum(['approved', 'rejected']),
  by: z.string().check(z.minLength(1)),
});

/**
 * A person's answer: written into the ledger first (only the shown plan, once, before it expires), then passed on. Run
 * twice with the same answer: it stands, and is passed on again in case the first run died before it could.
 */
export const answerApproval =
  ({ clock, ledger, workflows }: Dependencies) =>
  async (event: unknown): Promise<{ answered: boolean; because?: string }> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const { operationId, planHash, answer, by } = parsed.data;
    const nowMs = clock.nowMs();
    const written = await ledger.answerApproval({ operationId, planHash, answer, by, nowMs });
    const stands =
      written.answered ||
      (written.because === 'answered' && written.approval?.answer === answer && written.approval.planHash === planHash);
    if (!stands || written.approval === undefined)
      return { answered: false, because: written.answered ? 'unknown' : written.because };
    // Before the token is answered: the operation may have ended, and said so, before this function goes on.
    if (written.answered)
      await ledger.updateOperation(operationId, {
        status: 'running',
        note: { atMs: nowMs, what: answer, detail: { by } },
      });
    const { token } = written.approval;
    if (answer === 'approved') await workflows.succeed(token, { approvedBy: by });
    else await workflows.fail(token, 'ApprovalRejected', `rejected by ${by}`);
    return { answered: true };
  };

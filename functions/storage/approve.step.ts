import * as z from 'zod/mini';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { NotifyGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { hourMs } from './limits.ts';
import { Operation, parse } from './operation.ts';

interface Dependencies {
  clock: Clock;
  ledger: Ledger;
  notify: NotifyGateway;
  workflows: WorkflowsGateway;
}

const Input = z.extend(Operation, {
  taskToken: z.string(),
  reminder: z.boolean(),
  plan: z.object({
    cluster: z.string(),
    volumeId: z.string(),
    fromGib: z.int(),
    targetGib: z.int(),
    usdPerMonth: z.number(),
  }),
  planHash: z.string(),
  approvalSeconds: z.int(),
  evidence: z.object({
    fullInHours: z.optional(z.number()),
    usedFraction: z.optional(z.number()),
    /** How many grow together, where they do. */
    volumes: z.optional(z.int()),
  }),
});

/**
 * States `Approve` and `RemindApproval` (task token): asks a person, bound to the plan's hash. Run twice, or as the
 * reminder: the question stands, its token is renewed; if it was answered in between, the new token is answered at once.
 */
export const approve =
  ({ clock, ledger, notify, workflows }: Dependencies) =>
  async (event: unknown): Promise<{ asked: boolean }> => {
    const { operationId, cluster, taskToken, reminder, plan, planHash, approvalSeconds, evidence } = parse(
      Input,
      event,
    );
    const nowMs = clock.nowMs();
    const before = await ledger.approval(operationId);
    const standing = before?.planHash === planHash ? before : undefined;
    const question = await ledger.requestApproval({
      operationId,
      cluster,
      planHash,
      plan: { ...plan },
      token: taskToken,
      requestedAtMs: standing?.requestedAtMs ?? nowMs,
      expiresAtMs: standing?.expiresAtMs ?? nowMs + approvalSeconds * 1000,
    });
    if (question.answer !== undefined && question.planHash === planHash) {
      await answer(workflows, taskToken, question.answer, question.answeredBy ?? 'unknown');
      return { asked: false };
    }
    await ledger.updateOperation(operationId, {
      status: 'awaiting-approval',
      note: { atMs: nowMs, what: reminder ? 'reminded' : 'asked', detail: { planHash } },
    });
    // Forecast when the question was put; since then that much time has passed.
    const waitedHours = (nowMs - question.requestedAtMs) / hourMs;
    const left =
      evidence.fullInHours === undefined
        ? 'not within 30 days at this rate'
        : `in ${Math.max(0, evidence.fullInHours - waitedHours).toFixed(1)} h`;
    const each = evidence.volumes === undefined ? '' : ` on each of ${evidence.volumes} brokers`;
    await notify.publish({
      subject: `${reminder ? 'Reminder: approval' : 'Approval'} needed: ${plan.volumeId} ${plan.fromGib} to ${plan.targetGib} GiB`,
      text: [
        `Cluster ${cluster}: growing ${plan.volumeId} from ${plan.fromGib} to ${plan.targetGib} GiB${each} costs ${plan.usdPerMonth} USD a month, for good: a volume never shrinks.`,
        `Full ${left}. The question expires at ${new Date(question.expiresAtMs).toISOString()}.`,
        `Plan ${planHash}, operation ${operationId}:`,
        `  npx kafka-autopilot approve ${operationId} --yes`,
        `  npx kafka-autopilot reject ${operationId} --yes`,
      ].join('\n'),
      attributes: { kind: reminder ? 'approval-reminder' : 'approval', cluster, operationId },
    });
    return { asked: true };
  };

/** The answer stands in the ledger already; a late token means that somebody else passed it on. */
export async function answer(
  workflows: WorkflowsGateway,
  token: string,
  given: 'approved' | 'rejected',
  by: string,
): Promise<void> {
  if (given === 'approved') await workflows.succeed(token, { approvedBy: by });
  else await workflows.fail(token, 'ApprovalRejected', `rejected by ${by}`);
}

import * as z from 'zod/mini';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { NotifyGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { changeOf, isoTime } from './advice.ts';
import type { ReliefDecision } from './decision.ts';
import { hourMs } from './limits.ts';
import { Decision, parse, Plan, ReliefOperation } from './operation.ts';
import type { ReliefPlan } from './plan-hash.ts';

interface Dependencies {
  clock: Clock;
  ledger: Ledger;
  notify: NotifyGateway;
  workflows: WorkflowsGateway;
}

const Input = z.extend(ReliefOperation, {
  taskToken: z.string(),
  reminder: z.boolean(),
  plan: Plan,
  planHash: z.string(),
  approvalSeconds: z.int(),
  decision: Decision,
});
type Input = z.infer<typeof Input>;

/**
 * States `Approve` and `RemindApproval` (task token): asks a person, bound to the plan's hash; `answer-approval` passes the
 * answer on. Run twice, or as the reminder: the question stands, its token is renewed; if it was answered in between, the
 * new token is answered at once.
 */
export const approveRelief =
  ({ clock, ledger, notify, workflows }: Dependencies) =>
  async (event: unknown): Promise<{ asked: boolean }> => {
    const input = parse(Input, event);
    const { operationId, cluster, taskToken, reminder, plan, planHash, approvalSeconds } = input;
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
      const by = question.answeredBy ?? 'unknown';
      if (question.answer === 'approved') await workflows.succeed(taskToken, { approvedBy: by });
      else await workflows.fail(taskToken, 'ApprovalRejected', `rejected by ${by}`);
      return { asked: false };
    }
    await ledger.updateOperation(operationId, {
      status: 'awaiting-approval',
      note: { atMs: nowMs, what: reminder ? 'reminded' : 'asked', detail: { planHash } },
    });
    // Forecast when the question was put; since then that much time has passed.
    const waitedHours = (nowMs - question.requestedAtMs) / hourMs;
    const many = plan.topics.length === 1 ? '1 topic' : `${plan.topics.length} topics`;
    await notify.publish({
      subject: `${reminder ? 'Reminder: approval' : 'Approval'} needed: ${cluster}, shorter retention of ${many}`,
      text: questionOf(input, waitedHours, question.expiresAtMs).join('\n'),
      attributes: { kind: reminder ? 'approval-reminder' : 'approval', cluster, operationId },
    });
    return { asked: true };
  };

function questionOf(
  { operationId, cluster, subject, plan, planHash, decision }: Input,
  waitedHours: number,
  expiresAtMs: number,
): string[] {
  return [
    `Cluster ${cluster}: ${subject} may not grow now. Shorter retention for ${plan.restoreAfterHours} h at most would delete the oldest records of:`,
    ...topicLines(plan),
    ...forecastLines(decision, waitedHours),
    'What is deleted does not come back, and a consumer that is further behind than the new retention loses records. The former values are set again afterwards.',
    `The question expires at ${isoTime(expiresAtMs)}.`,
    `Plan ${planHash}, operation ${operationId}:`,
    `  npx kafka-autopilot approve ${operationId} --yes`,
    `  npx kafka-autopilot reject ${operationId} --yes`,
  ];
}

export function topicLines({ topics }: ReliefPlan): string[] {
  return topics.map((topic) => {
    const frees = topic.freesGib === undefined ? 'frees an unknown amount' : `frees about ${topic.freesGib} GiB`;
    return `  ${topic.name}: ${changeOf(topic)}, ${frees}`;
  });
}

function forecastLines({ reason, evidence }: ReliefDecision, waitedHours: number): string[] {
  const { brokerId, usedFraction, capacityGib, fullInHours, needGib, freesGib, untilMs } = evidence;
  if (usedFraction === undefined) return [];
  const left =
    fullInHours === undefined ? 'not filling' : `full in ${Math.max(0, fullInHours - waitedHours).toFixed(1)} h`;
  const until = untilMs === undefined ? '' : ` until ${isoTime(untilMs)}`;
  return [
    `Broker ${brokerId} uses ${Math.round(usedFraction * 100)} % of ${capacityGib} GiB, ${left}. Needed${until}: ${needGib} GiB; this frees about ${freesGib ?? 0} GiB there.`,
    ...(reason === 'enough' ? [] : ['That is not known to be enough: it wins time, no more.']),
  ];
}

/** `approve OPERATION` and `reject OPERATION`: an answer to the plan that is shown, and to no other. */
import * as z from 'zod/mini';
import type { Approval, ApprovalAnswer } from '../../functions/gateways/ledger/ledger.ts';
import { Plan } from '../../functions/relief/operation.ts';
import { type Context, nothingChanged } from '../context.ts';
import { type Outcome, Refused, WrongInput } from '../outcome.ts';
import { reliefPlanText } from '../relief-text.ts';
import { evidence, lines, moment, time } from '../render.ts';

const Answered = z.object({ answered: z.boolean(), because: z.optional(z.string()) });

/** Why the function did not take the answer, in words. */
const BECAUSE: Readonly<Record<string, string>> = {
  unknown: 'there is no such question any more',
  answered: 'somebody else answered it meanwhile',
  expired: 'the question has expired',
  'other-plan': 'the plan has changed since it was shown; look at it again',
};

export async function answerApproval(
  context: Context,
  answer: ApprovalAnswer,
  operationId: string,
  { planHash }: { planHash?: string },
): Promise<Outcome> {
  const account = await context.account();
  const nowMs = account.clock.nowMs();
  const approval = await account.ledger.approval(operationId);
  if (approval === undefined)
    throw new WrongInput(`operation ${operationId} asks for no approval: see kafka-autopilot status`);
  refuseClosed(approval, answer, nowMs);
  if (planHash !== undefined && planHash !== approval.planHash) {
    throw new Refused(
      'other-plan',
      `the plan is now ${approval.planHash}, not ${planHash}: look at it again without --yes`,
    );
  }
  const decision = (await account.ledger.operation(operationId))?.decision;
  const verb = answer === 'approved' ? 'approve' : 'reject';
  const text = [
    `Operation ${operationId} of cluster ${approval.cluster} asks to:`,
    ...planText(context, approval.plan, nowMs),
    lines([
      ['plan', approval.planHash],
      ['asked', moment(approval.requestedAtMs, nowMs)],
      ['expires', moment(approval.expiresAtMs, nowMs)],
    ]),
    ...(decision === undefined
      ? []
      : ['Decided by:', evidence((decision.evidence as object | undefined) ?? decision, nowMs)]),
  ];
  if (context.options.yes !== true) {
    const bound = `  kafka-autopilot ${verb} ${operationId} --plan-hash ${approval.planHash} --yes`;
    return {
      json: { done: false, approval: withoutToken(approval), decision },
      text: [...text, nothingChanged, bound].join('\n'),
    };
  }
  const by = await account.caller();
  const taken = z.parse(
    Answered,
    await account.invoke('answer-approval', { operationId, planHash: approval.planHash, answer, by }),
  );
  if (!taken.answered) {
    const reason = taken.because ?? 'unknown';
    throw new Refused(reason, BECAUSE[reason] ?? reason);
  }
  return {
    json: { done: true, operationId, answer, planHash: approval.planHash, by },
    text: [...text, `${answer === 'approved' ? 'Approved' : 'Rejected'} by ${by}.`].join('\n'),
  };
}

/** A growth's plan is a few numbers, a relief's a list of topics. */
function planText({ paint }: Context, plan: Approval['plan'], nowMs: number): string[] {
  const relief = z.safeParse(Plan, plan);
  return relief.success ? reliefPlanText(paint, relief.data) : [evidence(plan, nowMs)];
}

function refuseClosed(approval: Approval, answer: ApprovalAnswer, nowMs: number): void {
  // The same answer again is passed on again: the first one may have died on its way.
  if (approval.answer !== undefined && approval.answer !== answer) {
    const at = approval.answeredAtMs === undefined ? '' : ` at ${time(approval.answeredAtMs)}`;
    throw new Refused('answered', `${approval.answer} by ${approval.answeredBy ?? 'somebody'}${at}`);
  }
  if (approval.answer === undefined && approval.expiresAtMs <= nowMs) {
    throw new Refused('expired', `the question expired at ${time(approval.expiresAtMs)}`);
  }
}

/** Whoever holds the token can answer for the person. */
export function withoutToken({ token: _token, ...shown }: Approval): Omit<Approval, 'token'> {
  return shown;
}

/** `explain OPERATION`: why it did what it did, from the ledger. Changes nothing. */
import type { Intent, Ledger, Operation, Relief } from '../../functions/gateways/ledger/ledger.ts';
import { topicStates } from '../../functions/relief/advice.ts';
import { subjectOf } from '../../functions/storage/change.ts';
import type { Context } from '../context.ts';
import { type Outcome, WrongInput } from '../outcome.ts';
import { evidence, lines, moment, time } from '../render.ts';
import { withoutToken } from './answer.ts';

export async function explain(context: Context, operationId: string): Promise<Outcome> {
  const { ledger, clock } = await context.account();
  const operation = await ledger.operation(operationId);
  if (operation === undefined) throw new WrongInput(`there is no operation ${operationId}: see kafka-autopilot status`);
  const nowMs = clock.nowMs();
  const journal = (await ledger.journal(journalOf(operation), operation.startedAtMs)).filter(
    (intent) => intent.operationId === operationId,
  );
  const approval = await ledger.approval(operationId);
  const asked = approval === undefined ? undefined : withoutToken(approval);
  const relief = await reliefOf(ledger, operation);
  const text = [
    ...head(operation, nowMs),
    ...decisionText(operation, nowMs),
    ...(asked === undefined
      ? []
      : [
          '',
          `Approval of plan ${asked.planHash}: ${asked.answer === undefined ? `open, expires ${moment(asked.expiresAtMs, nowMs)}` : `${asked.answer} by ${asked.answeredBy ?? '?'}${asked.answeredAtMs === undefined ? '' : `, ${moment(asked.answeredAtMs, nowMs)}`}`}`,
        ]),
    ...journalText(journal),
    ...reliefText(relief, nowMs),
    '',
    'What happened:',
    ...operation.timeline.map(
      ({ atMs, what, detail }) =>
        `  ${time(atMs)}  ${what}${detail === undefined ? '' : `  ${context.paint.dim(JSON.stringify(detail))}`}`,
    ),
  ];
  return { json: { operation, journal, approval: asked ?? null, relief: relief ?? null }, text: text.join('\n') };
}

/** Of storage; operations on topics and hosts have their own subjects. */
function journalOf({ subject }: Operation): string {
  return /^(vol-|msk\/)/.test(subject) ? subjectOf(subject) : subject;
}

/** What a relief shortened, and what became of it since; also of the operation that gave it back. */
async function reliefOf(ledger: Ledger, { operationId, workflow, trigger }: Operation): Promise<Relief | undefined> {
  if (workflow === 'retention-relief') return ledger.relief(operationId);
  return workflow === 'retention-restore' && typeof trigger.reliefId === 'string'
    ? ledger.relief(trigger.reliefId)
    : undefined;
}

function reliefText(relief: Relief | undefined, nowMs: number): string[] {
  if (relief === undefined) return [];
  const { reliefId, restoreAtMs, endedAtMs, topics } = relief;
  const end = endedAtMs === undefined ? `due back ${moment(restoreAtMs, nowMs)}` : `over ${moment(endedAtMs, nowMs)}`;
  return ['', `Relief ${reliefId}, ${end}:`, ...topicStates(topics)];
}

function head(operation: Operation, nowMs: number): string[] {
  const { operationId, workflow, cluster, subject, status, outcome, trigger, startedAtMs, endedAtMs, executionArn } =
    operation;
  return [
    lines([
      ['operation', operationId],
      ['workflow', `${workflow} of ${subject}, cluster ${cluster}`],
      ['trigger', JSON.stringify(trigger)],
      ['status', outcome === undefined ? status : `${status} (${outcome})`],
      ['started', moment(startedAtMs, nowMs)],
      ['ended', endedAtMs === undefined ? undefined : moment(endedAtMs, nowMs)],
      ['execution', executionArn],
    ]),
  ];
}

function decisionText({ decision }: Operation, nowMs: number): string[] {
  if (decision === undefined) return [];
  const { action, reason, evidence: numbers, ...rest } = decision;
  const shown = typeof numbers === 'object' && numbers !== null ? { ...rest, ...numbers } : rest;
  return ['', `Decision: ${String(action)} (${String(reason)})`, evidence(shown, nowMs)];
}

function journalText(journal: Intent[]): string[] {
  if (journal.length === 0) return [];
  const rows = journal.map(
    ({ atMs, action, request, status, answer }) =>
      `  ${time(atMs)}  ${action} ${JSON.stringify(request)}: ${status}${answer === undefined ? '' : `, ${answer}`}`,
  );
  return ['', 'Changes:', ...rows];
}

/** `status [CLUSTER]`: what is paused, running, shortened, waiting for a person, or failing. Changes nothing. */
import type { Approval, ClusterState, Escalation, Operation, Relief } from '../../functions/gateways/ledger/ledger.ts';
import type { Account } from '../account.ts';
import { clusterNamed } from '../clusters.ts';
import type { Context } from '../context.ts';
import type { Outcome } from '../outcome.ts';
import { owedTopics } from '../relief-text.ts';
import { ago, moment, table, time } from '../render.ts';
import { withoutToken } from './answer.ts';

/** Operations that are looked at for each cluster; older ones that still run would be weeks old. */
const OPERATIONS_MAX = 200;
const RECENT = 5;

interface ClusterStatus {
  cluster: string;
  mode: string;
  paused: ClusterState['paused'] | null;
  running: Operation[];
  recent: Operation[];
  approvals: Omit<Approval, 'token'>[];
  /** Retention that is shortened and has to be given back. */
  relief: OpenRelief | null;
  escalations: (Escalation & { volumeId: string })[];
}

type OpenRelief = NonNullable<ClusterState['relief']> & Partial<Pick<Relief, 'armedAtMs' | 'volumeId' | 'topics'>>;

export async function status(context: Context, only?: string): Promise<Outcome> {
  const account = await context.account();
  const { fleet } = account;
  const shown = only === undefined ? fleet.clusters : [clusterNamed(fleet, only)];
  const nowMs = account.clock.nowMs();
  const fleetPaused = (await account.ledger.clusterState('*')).paused ?? null;
  const clusters: ClusterStatus[] = [];
  for (const { name, mode } of shown) clusters.push(await statusOf(account, name, mode));
  const text = [
    `Fleet ${fleet.name} at ${time(nowMs)}${pausedText(fleetPaused, nowMs)}`,
    ...clusters.flatMap((cluster) => ['', ...clusterText(context, cluster, nowMs)]),
  ];
  return { json: { at: time(nowMs), fleet: fleet.name, paused: fleetPaused, clusters }, text: text.join('\n') };
}

async function statusOf({ ledger }: Account, cluster: string, mode: string): Promise<ClusterStatus> {
  const { paused = null, relief } = await ledger.clusterState(cluster);
  const operations = await ledger.operations(cluster, { limit: OPERATIONS_MAX });
  const running = operations.filter(({ status }) => status === 'running' || status === 'awaiting-approval');
  const approvals: ClusterStatus['approvals'] = [];
  for (const { operationId, status } of running) {
    const approval = status === 'awaiting-approval' ? await ledger.approval(operationId) : undefined;
    if (approval !== undefined && approval.answer === undefined) approvals.push(withoutToken(approval));
  }
  const escalations = (await ledger.volumes(cluster)).flatMap(({ volumeId, escalations }) =>
    Object.values(escalations).map((escalation) => ({ volumeId, ...escalation })),
  );
  const recent = operations.filter((operation) => !running.includes(operation)).slice(0, RECENT);
  return { cluster, mode, paused, running, recent, approvals, relief: await openRelief(ledger, relief), escalations };
}

async function openRelief(ledger: Account['ledger'], open: ClusterState['relief']): Promise<ClusterStatus['relief']> {
  if (open === undefined) return null;
  const { armedAtMs, volumeId, topics } = (await ledger.relief(open.reliefId)) ?? {};
  return {
    ...open,
    ...(armedAtMs === undefined ? {} : { armedAtMs }),
    ...(volumeId === undefined ? {} : { volumeId }),
    ...(topics === undefined ? {} : { topics }),
  };
}

function clusterText({ paint }: Context, status: ClusterStatus, nowMs: number): string[] {
  const { cluster, mode, paused, running, recent, approvals, relief, escalations } = status;
  const text = [`${paint.bold(cluster)}, mode ${mode}${pausedText(paused, nowMs)}`];
  for (const { reason, volumeId, operationId, openedAtMs } of escalations) {
    text.push(
      `  ${paint.red('needs a person')}  ${volumeId}: ${reason}, since ${moment(openedAtMs, nowMs)}, explain ${operationId}`,
    );
  }
  for (const { operationId, expiresAtMs, planHash } of approvals) {
    text.push(
      `  ${paint.yellow('needs approval')}  ${operationId}, plan ${planHash.slice(0, 12)}, expires ${moment(expiresAtMs, nowMs)}`,
    );
  }
  if (relief !== null) text.push(...reliefText(paint, cluster, relief, nowMs));
  const rows = [...running, ...recent].map(({ operationId, workflow, subject, status, outcome = '-', startedAtMs }) => [
    `  ${operationId}`,
    workflow,
    subject,
    status,
    outcome,
    ago(startedAtMs, nowMs),
  ]);
  if (rows.length === 0) text.push('  no operations');
  else text.push(table(paint, ['  OPERATION', 'WORKFLOW', 'SUBJECT', 'STATUS', 'OUTCOME', 'STARTED'], rows));
  return text;
}

function reliefText(
  paint: Context['paint'],
  cluster: string,
  { reliefId, restoreAtMs, topics = [] }: OpenRelief,
  nowMs: number,
): string[] {
  const owed = owedTopics({ topics }).join(', ') || 'no topic';
  const late = nowMs > restoreAtMs;
  return [
    `  ${paint[late ? 'red' : 'yellow'](late ? 'retention owed' : 'retention shortened')}  ${owed}, back by ${moment(restoreAtMs, nowMs)}, explain ${reliefId}`,
    `    earlier: kafka-autopilot restore-retention ${cluster}`,
  ];
}

function pausedText(paused: ClusterState['paused'] | null, nowMs: number): string {
  if (paused === null || paused === undefined) return '';
  const reason = paused.reason === '' ? '' : `: ${paused.reason}`;
  return `, PAUSED by ${paused.by}, ${moment(paused.atMs, nowMs)}${reason}`;
}

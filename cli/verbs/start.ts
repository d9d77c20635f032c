/** What `grow` and `grow-filesystem` share: one storage, one request, one execution of storage-scaling. */
import type { Evidence, GrowthDecision } from '../../functions/storage/decision.ts';
import type { PlanRow } from '../../functions/storage/index.ts';
import { coolDownMinMs } from '../../functions/storage/msk/limits.ts';
import type { Account } from '../account.ts';
import { deregisterCommand, isMsk, volumeIdNamed } from '../clusters.ts';
import { type Context, nothingChanged } from '../context.ts';
import { type Outcome, Refused, WrongInput } from '../outcome.ts';
import { action, fullestBroker, lines, percent, span } from '../render.ts';
import { startedText, startWorkflow } from '../start-workflow.ts';

export interface StartRequest {
  action: 'grow' | 'grow-filesystem';
  toGib?: number;
}

/**
 * The volume's line of the plan.
 *
 * @param named `vol-…`, `msk/<cluster>` or an MSK cluster's name
 * @throws WrongInput for what is no data volume of the fleet
 */
export async function rowOf(account: Account, named: string): Promise<PlanRow> {
  const volumeId = volumeIdNamed(account.fleet, named);
  const cluster = isMsk({ volumeId }) ? volumeId.slice('msk/'.length) : undefined;
  const row = (await account.plan(cluster)).find((candidate) => candidate.volumeId === volumeId);
  if (row === undefined)
    throw new WrongInput(`${volumeId} is no data volume of fleet ${account.fleet.name}: see kafka-autopilot plan`);
  return row;
}

/**
 * What the workflow would decide if it were asked now.
 *
 * @throws Refused as the workflow would refuse
 */
export async function decisionOn(account: Account, row: PlanRow, request: StartRequest): Promise<GrowthDecision> {
  const decision = (await account.decide(row, request)) ?? row.decision;
  if (decision.action !== 'refuse') return decision;
  const detail = decision.evidence.detail ?? `see kafka-autopilot plan ${row.cluster}`;
  throw new Refused(decision.reason, `${row.volumeId}: ${detail}${wayOut(account, row, decision)}`);
}

function wayOut({ fleet }: Account, { cluster: name }: PlanRow, { reason }: GrowthDecision): string {
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  return reason === 'owned-by-auto-scaling' && cluster?.kind === 'msk'
    ? `. To deregister it:\n  ${deregisterCommand(cluster.clusterArn)}`
    : '';
}

/** Shows what would be asked for and, told `--yes`, asks for it. */
export async function start(
  context: Context,
  { row, request, decision }: { row: PlanRow; request: StartRequest; decision: GrowthDecision },
  what: string,
): Promise<Outcome> {
  const account = await context.account();
  const nowMs = account.clock.nowMs();
  const observed = row.mode === 'observe' ? ' (mode observe: it decides and records, but changes nothing)' : '';
  const text = [
    what,
    lines([
      ['  cluster', `${row.cluster}${observed}`],
      ...(isMsk(row)
        ? ([
            ['  brokers', brokersText(row.decision.evidence)],
            ['  afterwards', await coolDownText(account, row)],
          ] as [string, string][])
        : ([['  broker', `${row.instanceId ?? '-'} ${row.mountPoint ?? ''}`.trim()]] as [string, string][])),
      ['  used', percent(row.usedFraction)],
      ['  would', `${action(decision, nowMs)} (${decision.reason})`],
      ['  on its own', `${action(row.decision, nowMs)} (${row.decision.reason})`],
    ]),
  ];
  if (context.options.yes !== true) {
    return { json: { done: false, request, volume: row, decision }, text: [...text, nothingChanged].join('\n') };
  }
  const started = await startWorkflow(account, { workflow: 'storage-scaling', subject: row.volumeId, request });
  return { json: { done: true, request, ...started }, text: [...text, startedText(started)].join('\n') };
}

function brokersText(evidence: Evidence): string {
  return `${evidence.volumes ?? 0}, which grow together, without a restart; fullest: ${fullestBroker(evidence)}`;
}

async function coolDownText({ ledger }: Account, { cluster, volumeId }: PlanRow): Promise<string> {
  const { coolDown } = (await ledger.volume(cluster, volumeId)) ?? {};
  const learnt =
    coolDown === undefined || coolDown.learntMs <= coolDownMinMs
      ? ''
      : `; this cluster has shown more than ${span(coolDown.learntMs)}`;
  return `MSK allows the next storage change after ${span(coolDownMinMs)} to a day${learnt}. Storage never shrinks.`;
}

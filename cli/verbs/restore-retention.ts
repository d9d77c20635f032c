/** `restore-retention CLUSTER`: gives the former retention back before its time. A pause does not hold it up. */
import type { MskCluster } from '../../functions/fleet/fleet.ts';
import type { Relief, ReliefTopic } from '../../functions/gateways/ledger/ledger.ts';
import { hasValues } from '../../functions/relief/decide.ts';
import { changeOf } from '../../functions/relief/advice.ts';
import { Fault } from '../../functions/runtime/fault.ts';
import type { Account } from '../account.ts';
import { clusterNamed } from '../clusters.ts';
import { type Context, nothingChanged } from '../context.ts';
import { type Outcome, WrongInput } from '../outcome.ts';
import { owedTopics } from '../relief-text.ts';
import { moment, table } from '../render.ts';
import { startedText, startWorkflow } from '../start-workflow.ts';

interface Row {
  name: string;
  change: string;
  /** What would be done about it. */
  would: string;
}

export async function restoreRetention(context: Context, name: string): Promise<Outcome> {
  const account = await context.account();
  const open = (await account.ledger.clusterState(name)).relief;
  // One that was taken out of the fleet file may still be owed its retention.
  const cluster =
    open === undefined
      ? clusterNamed(account.fleet, name)
      : account.fleet.clusters.find((candidate) => candidate.name === name);
  if (open === undefined)
    throw new WrongInput(`cluster ${name} has no shortened retention to give back: see kafka-autopilot status ${name}`);
  const relief = await account.ledger.relief(open.reliefId);
  const head = headOf(name, open, relief, account.clock.nowMs());
  if (context.options.yes === true) {
    // Not looked at first: whatever is unreadable now must not hold up an undo.
    const started = await startWorkflow(account, { workflow: 'retention-restore', cluster: name });
    return {
      json: { done: true, cluster: name, reliefId: open.reliefId, ...started },
      text: [head, startedText(started)].join('\n'),
    };
  }
  const topics = cluster?.kind === 'msk' && relief !== undefined ? await rowsOf(account, cluster, relief) : [];
  const body = topics.map(({ name: topic, change, would }) => [`  ${topic}`, change, would]);
  return {
    json: { done: false, cluster: name, reliefId: open.reliefId, restoreAtMs: open.restoreAtMs, topics },
    text: [
      head,
      ...(body.length === 0 ? [] : [table(context.paint, ['  TOPIC', 'RETENTION', 'WOULD'], body)]),
      nothingChanged,
    ].join('\n'),
  };
}

function headOf(
  name: string,
  { reliefId, restoreAtMs }: { reliefId: string; restoreAtMs: number },
  relief: Relief | undefined,
  nowMs: number,
): string {
  const since = relief === undefined ? '' : `, armed ${moment(relief.armedAtMs, nowMs)}`;
  const count = relief === undefined ? '' : ` of ${owedTopics(relief).join(', ') || 'no topic'}`;
  return `Give back the retention${count} in cluster ${name} (relief ${reliefId}${since}, due ${moment(restoreAtMs, nowMs)}):`;
}

async function rowsOf({ topics }: Account, { clusterArn }: MskCluster, relief: Relief): Promise<Row[]> {
  const rows: Row[] = [];
  for (const topic of relief.topics) {
    const { name, former, shortened } = topic;
    const would = await wouldBe(topic, () => topics.describe(clusterArn, name));
    rows.push({ name, change: changeOf({ former: shortened, shortened: former }), would });
  }
  return rows;
}

/** As state `RestoreRetention` would find it: only what still has our value is set back. */
async function wouldBe(
  { id, state, detail, former, shortened }: ReliefTopic,
  describe: () => ReturnType<Account['topics']['describe']>,
): Promise<string> {
  if (state === 'restored') return 'nothing: given back already';
  if (state === 'left-alone') return `nothing: left alone${detail === undefined ? '' : `, ${detail}`}`;
  try {
    const now = await describe();
    if (now === undefined) return 'nothing: the topic is gone';
    if (now.id !== id) return 'nothing: the topic was created anew';
    if (hasValues(now, former)) return 'nothing: it has this retention';
    return hasValues(now, shortened) ? 'be set' : 'nothing: somebody else has changed it';
  } catch (error) {
    if (error instanceof Fault) return `not known: ${error.name}`;
    throw error;
  }
}

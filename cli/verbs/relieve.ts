/**
 * `relieve CLUSTER [--topic NAME…]`: shorter retention for a while, where a disk would be full before it may grow. Deletes
 * data. Planned here by the workflow's own code; the workflow plans anew.
 */
import type { Cluster, MskCluster } from '../../functions/fleet/fleet.ts';
import { didYouMean } from '../../functions/fleet/nearest.ts';
import { commandsByHand, figures } from '../../functions/relief/advice.ts';
import type { ReliefDecision } from '../../functions/relief/decision.ts';
import { isReached, type ReachedCluster } from '../../functions/relief/operation.ts';
import { hashOf, type ReliefPlan } from '../../functions/relief/plan-hash.ts';
import { decideRelief } from '../../functions/relief/plan.ts';
import { survey } from '../../functions/relief/survey.ts';
import type { Account } from '../account.ts';
import { clusterNamed } from '../clusters.ts';
import { type Context, nothingChanged } from '../context.ts';
import { type Outcome, Refused, WrongInput } from '../outcome.ts';
import { deletesData, reliefPlanText } from '../relief-text.ts';
import { lines, moment, percent, time } from '../render.ts';
import { startedText, startWorkflow } from '../start-workflow.ts';

const hourMs = 3_600_000;

export async function relieve(context: Context, name: string, { topic }: { topic?: string[] }): Promise<Outcome> {
  const account = await context.account();
  const topics = topic === undefined ? undefined : [...new Set(topic)];
  const cluster = await relievable(account, clusterNamed(account.fleet, name));
  if (cluster.kind === 'ec2') return startUnseen(context, account, cluster, topics);
  const decision = await decided(account, cluster, topics);
  if (decision.action === 'refuse') {
    const { detail } = decision.evidence;
    const because = [...(detail === undefined ? [] : [detail]), ...figures(decision)];
    throw new Refused(decision.reason, [`cluster ${name}: ${because[0] ?? ''}`, ...because.slice(1)].join('\n'));
  }
  if (decision.action === 'keep') {
    const text = [`Cluster ${name} needs no relief: ${enoughRoom(decision, cluster)}.`, 'Nothing was changed.'];
    return { json: { done: false, cluster: name, decision }, text: text.join('\n') };
  }

  const { restoreAfterHours } = cluster.retentionRelief;
  const plan: ReliefPlan = { cluster: name, restoreAfterHours, topics: decision.topics };
  const planHash = hashOf(plan);
  const text = textOf(context, cluster, { plan, planHash, decision, nowMs: account.clock.nowMs() });
  if (context.options.yes !== true) {
    return {
      json: { done: false, cluster: name, planHash, plan, decision },
      text: [...text, nothingChanged].join('\n'),
    };
  }
  const started = await startWorkflow(account, {
    workflow: 'retention-relief',
    cluster: name,
    ...(topics === undefined ? {} : { topics }),
  });
  return {
    json: { done: true, cluster: name, planHash, plan, ...started },
    text: [...text, startedText(started)].join('\n'),
  };
}

/** The topics of brokers on EC2 are reached from within their network only: what is planned is seen in the question. */
async function startUnseen(
  context: Context,
  account: Account,
  { name, mode, kafka, retentionRelief: relief }: Extract<ReachedCluster, { kind: 'ec2' }>,
  topics: string[] | undefined,
): Promise<Outcome> {
  const { approval, retentionHoursMin, retentionGibMin, topicsMax, restoreAfterHours } = relief;
  const which = topics === undefined ? `at most ${topicsMax} topics, those that free most` : topics.join(', ');
  const text = [
    `Relieve cluster ${name}${observed(mode)}:`,
    `  its topics are reached from network ${kafka.network} only, so it is planned there, and not shown here`,
    `  which: ${which}; never below ${retentionHoursMin} h, or ${retentionGibMin} GiB of each partition`,
    `  given back after ${restoreAfterHours} h at the latest, earlier with room`,
    approval === 'ask'
      ? '  approval: a person is asked, with the plan, before anything is shortened'
      : '  approval: waived by the fleet file, so what is planned is shortened at once',
    deletesData,
  ];
  const json = { cluster: name, ...(topics === undefined ? {} : { topics }) };
  if (context.options.yes !== true)
    return { json: { done: false, ...json }, text: [...text, nothingChanged].join('\n') };
  const started = await startWorkflow(account, { workflow: 'retention-relief', ...json });
  return { json: { done: true, ...json, ...started }, text: [...text, startedText(started)].join('\n') };
}

/** What state `PlanRelief` refuses before it reads topics. @throws Refused */
async function relievable({ ledger, clock }: Account, cluster: Cluster): Promise<ReachedCluster> {
  const { name, retentionRelief } = cluster;
  if (!isReached(cluster)) {
    const byHand = commandsByHand(undefined, retentionRelief).join('\n');
    throw new Refused('no-way-to-topics', `nothing here reaches the topics of cluster ${name}.\n${byHand}`);
  }
  if (!retentionRelief.enabled)
    throw new Refused(
      'disabled',
      `cluster ${name}: shorter retention deletes data and is off; retentionRelief: { enabled: true } in the fleet file allows it`,
    );
  const [state, fleet] = await Promise.all([ledger.clusterState(name), ledger.clusterState('*')]);
  if (state.paused !== undefined || fleet.paused !== undefined)
    throw new Refused('paused', `${state.paused === undefined ? 'the fleet' : `cluster ${name}`} is paused`);
  if (state.relief !== undefined) {
    const until = moment(state.relief.restoreAtMs, clock.nowMs());
    throw new Refused(
      'relief-open',
      `cluster ${name} has relief ${state.relief.reliefId} until ${until}; to end it: kafka-autopilot restore-retention ${name}`,
    );
  }
  return cluster;
}

/** @throws WrongInput for a topic that is not there, and the gateways' faults */
async function decided(account: Account, cluster: MskCluster, named?: string[]): Promise<ReliefDecision> {
  const facts = await survey(account, cluster, { nowMs: account.clock.nowMs(), named });
  if ('refusal' in facts) return { action: 'refuse', reason: facts.refusal, evidence: { detail: facts.detail } };
  const missing = named?.find((name) => facts.topics.every(({ topic }) => topic.name !== name));
  if (missing !== undefined) {
    const names = (await account.topics.list(cluster.clusterArn)).map(({ name }) => name);
    throw new WrongInput(`cluster ${cluster.name} has no topic ${missing}${didYouMean(missing, names)}`);
  }
  const { retentionRelief: relief, policy } = cluster;
  return decideRelief({ facts, relief, usedFractionTarget: policy.usedFractionTarget, named });
}

function enoughRoom({ evidence }: ReliefDecision, { policy }: MskCluster): string {
  const { brokerId, usedFraction, capacityGib, untilMs } = evidence;
  const until = untilMs === undefined ? '' : ` until ${time(untilMs)}`;
  return (
    `the fullest broker, ${brokerId}, uses ${percent(usedFraction)} of ${capacityGib} GiB and stays below ` +
    `usedFractionTarget ${percent(policy.usedFractionTarget)}${until}`
  );
}

const sufficiency: Record<Extract<ReliefDecision, { action: 'shorten' }>['reason'], string> = {
  enough: 'That is enough by the forecast.',
  'not-enough': 'That is not enough: it wins time, no more.',
  unweighed: 'What it frees is not known: CloudWatch has no traffic of a named topic.',
};

const observed = (mode: Cluster['mode']): string =>
  mode === 'observe' ? ' (mode observe: it decides and records, but changes nothing)' : '';

function textOf(
  { paint }: Context,
  { name, mode, retentionRelief: relief }: MskCluster,
  { plan, planHash, decision, nowMs }: { plan: ReliefPlan; planHash: string; decision: ReliefDecision; nowMs: number },
): string[] {
  return [
    `Relieve cluster ${name}${observed(mode)}:`,
    ...reliefPlanText(paint, plan),
    ...figures(decision),
    ...(decision.action === 'shorten' ? [sufficiency[decision.reason]] : []),
    lines([
      ['  floor', `${relief.retentionHoursMin} h, or ${relief.retentionGibMin} GiB of each partition`],
      ['  given back', `${moment(nowMs + relief.restoreAfterHours * hourMs, nowMs)} at the latest, earlier with room`],
      [
        '  approval',
        relief.approval === 'ask' ? 'a person is asked before anything is shortened' : 'waived by the fleet file',
      ],
      ['  plan', planHash],
    ]),
  ];
}

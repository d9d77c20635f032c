import * as z from 'zod/mini';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import type { Lease, Ledger } from '../gateways/ledger/ledger.ts';
import type { MetricsGateway, MskGateway, TopicsGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault } from '../runtime/fault.ts';
import { hasValues, topicBars } from './decide.ts';
import type { ReliefDecision, ReliefRefusal } from './decision.ts';
import type { ReliefFacts } from './facts.ts';
import { takeLease } from './lease.ts';
import { approvalSecondsMin, hourMs, operationsReadMax, quietHours } from './limits.ts';
import { clusterOf, isReached, parse, Plan, ReliefOperation, topicsOf } from './operation.ts';
import { decideRelief } from './plan.ts';
import { hashOf, type ReliefPlan } from './plan-hash.ts';
import { survey } from './survey.ts';
import { surveyDisks } from './survey-disks.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  msk: MskGateway;
  topics: TopicsGateway;
  metrics: MetricsGateway;
  workflows: WorkflowsGateway;
}

const Input = z.extend(ReliefOperation, {
  /** What a person has been shown and has said yes to. */
  approved: z.optional(z.nullable(z.object({ planHash: z.string(), plan: Plan }))),
});
type Input = z.infer<typeof Input>;

/** What the state machine branches on: `next`, and what the next state needs. */
export interface Planned {
  /** Null where none was taken. */
  lease: Lease | null;
  next: 'arm' | 'ask' | 'record';
  decision: ReliefDecision;
  /** The cluster is in mode observe: nothing was and will be done. */
  observeOnly: boolean;
  plan?: ReliefPlan;
  planHash?: string;
  approvalSeconds?: number;
}

/**
 * State `PlanRelief`: takes the lease of the cluster's topics, reads the world, plans. Comes again after an approval: then
 * the need is proven anew and the approved plan must still fit. Changes nothing in Kafka; run twice it reads again.
 *
 * @throws AlreadyRunning another operation holds the topics
 * @throws WorldChanged a topic is no longer what was approved
 * @throws NotApproved the ledger knows of no such approval
 */
export const planRelief =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<Planned> => {
    const input = parse(Input, event);
    const { operationId, executionArn } = input;
    const { clock, fleet, ledger } = dependencies;
    const nowMs = clock.nowMs();
    await ledger.openOperation({
      operationId,
      workflow: 'retention-relief',
      cluster: input.cluster,
      subject: topicsOf(input.cluster),
      executionArn,
      trigger: { ...input.trigger, subject: input.subject },
      startedAtMs: nowMs,
      status: 'running',
      timeline: [{ atMs: nowMs, what: 'started' }],
    });
    const cluster = clusterOf(fleet, input.cluster);
    const taken = await takeLease(dependencies, {
      name: topicsOf(cluster.name),
      operationId,
      executionArn,
      nowMs,
    });
    if ('busy' in taken)
      throw new RefusedFault('AlreadyRunning', `the topics of ${cluster.name} are held by operation ${taken.busy}`);
    try {
      const planned = await plan(dependencies, input, cluster, nowMs);
      await ledger.updateOperation(operationId, {
        status: 'running',
        decision: { ...planned.decision, decidedAtMs: nowMs, mode: cluster.mode },
        note: {
          atMs: nowMs,
          what: 'decided',
          detail: { action: planned.decision.action, reason: planned.decision.reason },
        },
      });
      return { lease: taken.lease, ...planned };
    } catch (error) {
      // Nobody else will: a state that fails assigns no lease. A retry takes it again.
      await ledger.releaseLease(taken.lease);
      throw error;
    }
  };

async function mountPointOf({ ledger }: Dependencies, { cluster, subject }: Input): Promise<string | undefined> {
  return (await ledger.volume(cluster, subject))?.inspection?.mountPoint;
}

async function plan(
  dependencies: Dependencies,
  input: Input,
  cluster: Cluster,
  nowMs: number,
): Promise<Omit<Planned, 'lease'>> {
  const observeOnly = cluster.mode === 'observe';
  const ended = (decision: ReliefDecision): Omit<Planned, 'lease'> => ({ next: 'record', decision, observeOnly });
  const refused = (reason: ReliefRefusal, detail: string): Omit<Planned, 'lease'> =>
    ended({ action: 'refuse', reason, evidence: { detail } });

  const relief = cluster.retentionRelief;
  if (!relief.enabled) return refused('disabled', `retentionRelief is not enabled for cluster ${cluster.name}`);
  const [state, all] = await Promise.all([
    dependencies.ledger.clusterState(cluster.name),
    dependencies.ledger.clusterState('*'),
  ]);
  if (state.paused !== undefined || all.paused !== undefined)
    return refused('paused', `cluster ${cluster.name} or the fleet is paused`);
  if (state.relief !== undefined)
    return refused(
      'relief-open',
      `relief ${state.relief.reliefId} stands until ${new Date(state.relief.restoreAtMs).toISOString()}`,
    );
  const asked = input.trigger.type === 'operator' ? undefined : await askedRecently(dependencies.ledger, input, nowMs);
  if (asked !== undefined) return refused('asked-recently', asked);
  if (!isReached(cluster))
    return refused('no-way-to-topics', `nothing here reaches the topics of cluster ${cluster.name}`);

  const named = input.request?.topics;
  const facts =
    cluster.kind === 'msk'
      ? await survey(dependencies, cluster, { nowMs, named })
      : await surveyDisks(dependencies, cluster, { nowMs, named, mountPoint: await mountPointOf(dependencies, input) });
  if ('refusal' in facts) return refused(facts.refusal, facts.detail);
  const { retryAtMs, fullInHours } = input.trigger;
  const { usedFractionTarget } = cluster.policy;
  const approved = input.approved ?? undefined;
  // The forecast's hours were counted from another fill: from then on its rate counts.
  const forecast =
    approved === undefined ? { fullInHours } : { fillGibPerHour: await rateShown(dependencies.ledger, input) };
  const decision = decideRelief({ facts, relief, usedFractionTarget, retryAtMs, ...forecast, named });

  if (approved !== undefined && !observeOnly) {
    if (decision.action === 'keep') return ended({ ...decision, reason: 'no-longer-needed' });
    await mustFit(dependencies.ledger, input, approved, facts, cluster);
    const asApproved: ReliefDecision = {
      action: 'shorten',
      reason: decision.action === 'shorten' ? decision.reason : 'not-enough',
      topics: approved.plan.topics,
      evidence: decision.evidence,
    };
    return { next: 'arm', decision: asApproved, observeOnly, ...approved };
  }
  if (decision.action !== 'shorten' || observeOnly) return ended(decision);
  const proposed: ReliefPlan = {
    cluster: cluster.name,
    restoreAfterHours: relief.restoreAfterHours,
    topics: decision.topics,
  };
  return {
    next: relief.approval === 'waived' ? 'arm' : 'ask',
    decision,
    observeOnly,
    plan: proposed,
    planHash: hashOf(proposed),
    approvalSeconds: approvalSecondsOf(cluster, decision),
  };
}

/** The sweep finds growth barred every time; a person is not asked every time. */
async function askedRecently(ledger: Ledger, input: Input, nowMs: number): Promise<string | undefined> {
  const sinceMs = nowMs - Math.max(...Object.values(quietHours)) * hourMs;
  const recent = await ledger.operations(input.cluster, { sinceMs, limit: operationsReadMax });
  const standing = recent.find(
    ({ operationId, workflow, outcome = '', endedAtMs = 0 }) =>
      workflow === 'retention-relief' &&
      operationId !== input.operationId &&
      nowMs < endedAtMs + (quietHours[outcome] ?? 0) * hourMs,
  );
  return standing && `operation ${standing.operationId} ended as ${standing.outcome}`;
}

/** With which the approved plan was made. */
async function rateShown(ledger: Ledger, { operationId }: Input): Promise<number | undefined> {
  const evidence = (await ledger.operation(operationId))?.decision?.['evidence'] as
    | ReliefDecision['evidence']
    | undefined;
  return evidence?.fillGibPerHour;
}

/** @throws NotApproved, WorldChanged */
async function mustFit(
  ledger: Ledger,
  { operationId }: Input,
  { planHash, plan }: { planHash: string; plan: ReliefPlan },
  facts: ReliefFacts,
  cluster: Cluster,
): Promise<void> {
  const approval = await ledger.approval(operationId);
  if (approval?.answer !== 'approved' || approval.planHash !== planHash || hashOf(plan) !== planHash)
    throw new RefusedFault('NotApproved', `the ledger knows of no approval of plan ${planHash}`);
  const relief = cluster.retentionRelief;
  if (plan.restoreAfterHours !== relief.restoreAfterHours)
    throw new RefusedFault('WorldChanged', 'the policy says another time of restoring by now');
  for (const topic of plan.topics) {
    const now = facts.topics.find((one) => one.topic.name === topic.name)?.topic;
    const same = now?.id === topic.id && hasValues(now, topic.former);
    // Approved by name: that its cleanup policy is not shown was so when it was planned.
    if (!same || topicBars(now, relief, true) !== undefined)
      throw new RefusedFault('WorldChanged', `topic ${topic.name} is no longer what was approved`);
  }
}

/** A question doesn't stand longer than the disk lasts: so its reminder comes in time, and so does its escalation. */
function approvalSecondsOf({ policy }: Cluster, { evidence }: ReliefDecision): number {
  const hours = Math.min(policy.approvalTimeoutHours, evidence.fullInHours ?? Number.POSITIVE_INFINITY);
  return Math.max(approvalSecondsMin, Math.round(hours * 3600));
}

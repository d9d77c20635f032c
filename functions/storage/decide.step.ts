import * as z from 'zod/mini';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault, RefusedFault } from '../runtime/fault.ts';
import type { GrowthDecision } from './decision.ts';
import type { ClusterFacts } from './facts.ts';
import { kindOf } from './kinds.ts';
import { clusterOf, Operation, parse } from './operation.ts';
import { hashOf, planOf, type GrowthPlan } from './plan-hash.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
}

const Input = z.extend(Operation, {
  facts: z.custom<ClusterFacts>((value) => typeof value === 'object' && value !== null && 'volumes' in value),
  approved: z.optional(z.nullable(z.object({ fromGib: z.int(), targetGib: z.int() }))),
  inspected: z.optional(z.boolean()),
  inspectionError: z.optional(z.nullable(z.string())),
  busy: z.optional(z.nullable(z.string())),
});

/** What the state machine branches on: `next`, and what the next state needs. */
export interface Decided {
  next: 'grow' | 'ask' | 'inspect' | 'grow-filesystem' | 'record';
  decision: GrowthDecision;
  /** True where the cluster is in `mode: observe`: nothing was and will be done. */
  observeOnly: boolean;
  targetGib: number;
  /** Null where there is no host. */
  instanceId: string | null;
  kind: Cluster['kind'];
  /** A file system on a host is grown after the volume. */
  hasFilesystem: boolean;
  plan?: GrowthPlan;
  planHash?: string;
  approvalSeconds?: number;
}

/**
 * State `Decide`: decides this volume, and for the record its broker's others, from the one observation. Run twice: the
 * same decision is written again.
 *
 * @throws AlreadyRunning another operation holds the volume, and nobody has to be called meanwhile
 */
export const decide =
  ({ clock, fleet, ledger }: Dependencies) =>
  async (event: unknown): Promise<Decided> => {
    const { facts, approved, inspected, inspectionError, busy, ...operation } = parse(Input, event);
    const cluster = clusterOf(fleet, operation.cluster);
    const volume = facts.volumes.find(({ volumeId }) => volumeId === operation.subject);
    if (volume === undefined) throw new DefectFault('InputInvalid', `the observation lacks ${operation.subject}`);
    const request = {
      ...(operation.request?.action === undefined ? {} : { action: operation.request.action }),
      ...(operation.request?.toGib === undefined ? {} : { toGib: operation.request.toGib }),
      ...(approved === undefined || approved === null || approved.fromGib !== volume.sizeGib
        ? {}
        : { approved: { ...approved, ...(await priceShown(ledger, operation.operationId)) } }),
      ...(inspected === true ? { inspected } : {}),
    };
    const kind = kindOf(cluster);
    const decided = kind.decide({ volume, facts, cluster, prices: fleet.prices, request });
    const decision =
      decided.reason === 'inspection-impossible' && typeof inspectionError === 'string'
        ? { ...decided, evidence: { ...decided.evidence, detail: inspectionError } }
        : decided;
    // Its holder grows it, or waits for EBS; only that there is too little time for that is news.
    if (typeof busy === 'string' && decision.action !== 'escalate')
      throw new RefusedFault('AlreadyRunning', `${volume.volumeId} is held by operation ${busy}`);
    const siblings = facts.volumes
      .filter((other) => other.volumeId !== volume.volumeId && other.isRoot !== true && isWhole(other))
      .map((other) => ({
        volumeId: other.volumeId,
        decision: kind.decide({ volume: other, facts, cluster, prices: fleet.prices }),
      }));

    const observeOnly = cluster.mode === 'observe';
    const plan = decision.action === 'grow' ? planOf(cluster.name, volume.volumeId, decision) : undefined;
    const next = nextOf(decision, observeOnly);
    await ledger.updateOperation(operation.operationId, {
      decision: {
        ...decision,
        decidedAtMs: facts.nowMs,
        mode: cluster.mode,
        siblings: siblings.map((sibling) => ({
          volumeId: sibling.volumeId,
          action: sibling.decision.action,
          reason: sibling.decision.reason,
          usedFraction: sibling.decision.evidence.usedFraction,
        })),
      },
      note: { atMs: clock.nowMs(), what: 'decided', detail: { action: decision.action, reason: decision.reason } },
    });
    return {
      next,
      decision,
      observeOnly,
      targetGib: decision.action === 'grow' ? decision.targetGib : volume.sizeGib,
      instanceId: 'instanceId' in volume ? volume.instanceId : null,
      kind: cluster.kind,
      hasFilesystem: kind.hasFilesystem,
      ...(plan === undefined
        ? {}
        : { plan, planHash: hashOf(plan), approvalSeconds: approvalSecondsOf(cluster, decision) }),
    };
  };

/** What the question said that it costs: brokers may have been added since, which makes the same size dearer. */
async function priceShown(ledger: Ledger, operationId: string): Promise<{ usdPerMonth?: number }> {
  const shown = (await ledger.approval(operationId))?.plan.usdPerMonth;
  return typeof shown === 'number' ? { usdPerMonth: shown } : {};
}

/** A broker of very many volumes is observed without its others' metrics (state `Observe`). */
function isWhole({ inspection, recent }: ClusterFacts['volumes'][number]): boolean {
  return inspection?.mountPoint === undefined || recent !== undefined;
}

const approvalSecondsMin = 900;

/** A question doesn't stand longer than the disk lasts: so its reminder comes in time, and so does its escalation. */
function approvalSecondsOf({ policy }: Cluster, { evidence }: GrowthDecision): number {
  const hours = Math.min(policy.approvalTimeoutHours, evidence.fullInHours ?? Number.POSITIVE_INFINITY);
  return Math.max(approvalSecondsMin, Math.round(hours * 3600));
}

/** An inspection only reads, so it is made for an observed cluster too. */
function nextOf(decision: GrowthDecision, observeOnly: boolean): Decided['next'] {
  if (decision.action === 'inspect') return 'inspect';
  if (observeOnly) return 'record';
  if (decision.action === 'grow') return decision.needsApproval ? 'ask' : 'grow';
  return decision.action === 'grow-filesystem' ? 'grow-filesystem' : 'record';
}

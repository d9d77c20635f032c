import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger, Lease } from '../gateways/ledger/ledger.ts';
import type { MetricsGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault, TransientFault } from '../runtime/fault.ts';
import { subjectOf } from './change.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import { endInterrupted } from './interrupted.ts';
import type { Services, StorageKind } from './kind.ts';
import { kindOf } from './kinds.ts';
import { clusterOf, Operation, parse } from './operation.ts';
import { reconcile } from './reconcile.ts';
import { remember } from './remember.ts';

interface Dependencies extends Services {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  metrics: MetricsGateway;
  workflows: WorkflowsGateway;
}

export interface Observed {
  /** Null where another operation holds the volume. */
  lease: Lease | null;
  /** The operation that holds it. */
  busy?: string;
  facts: ClusterFacts;
}

/**
 * State `Observe`: takes the volume's lease, waits for its turn where very many grow at once, then reads its broker. Run
 * twice: lease and turn are already ours, the rest only reads or writes what it wrote before. While another execution
 * holds the volume it looks all the same: the volume may fill up before that one lets go, and then a person is called.
 *
 * @throws Paced it is not its turn yet; the message says when. Nothing was read, the lease is held
 * @throws VolumeNotFound no live broker of the cluster has this volume
 */
export const observe =
  ({ clock, fleet, ledger, ebs, msk, scalingOwners, metrics, workflows }: Dependencies) =>
  async (event: unknown): Promise<Observed> => {
    const operation = parse(Operation, event);
    const { operationId, executionArn, subject: volumeId } = operation;
    const nowMs = clock.nowMs();
    await ledger.openOperation({
      operationId,
      workflow: 'storage-scaling',
      cluster: operation.cluster,
      subject: subjectOf(volumeId),
      executionArn,
      trigger: operation.trigger,
      startedAtMs: nowMs,
      status: 'running',
      timeline: [{ atMs: nowMs, what: 'started' }],
    });
    const cluster = clusterOf(fleet, operation.cluster);
    const kind = kindOf(cluster);
    const sources = { ledger, ebs, msk, scalingOwners, metrics, nowMs };
    const taken = await takeLease(
      { ledger, workflows },
      { name: subjectOf(volumeId), operationId, executionArn, nowMs },
    );
    await takeTurn(ledger, operation, kind.pace, 'busy' in taken, nowMs);

    const read = async (): Promise<ClusterFacts | undefined> =>
      (await kind.look(sources, cluster, { volumeId, withMetrics: true }))[0];
    const seen = await read();
    const volume = seen?.volumes.find((candidate) => candidate.volumeId === volumeId);
    if (seen === undefined || volume === undefined) {
      // Nobody else will: a state that fails assigns no lease.
      if ('lease' in taken) await ledger.releaseLease(taken.lease);
      throw new RefusedFault('VolumeNotFound', `cluster ${cluster.name} has no ${volumeId} on a live broker`);
    }
    await remember({ ledger, nowMs }, seen, kind.action);
    if ('busy' in taken) return { lease: null, busy: taken.busy, facts: fitting(seen, volumeId) };
    // What was reconciled changed the bookkeeping: a reservation that was given back frees its cap.
    const reconciled = await reconcile({ ledger, nowMs, action: kind.action }, volume, operationId, seen.state);
    const facts = reconciled ? ((await read()) ?? seen) : seen;
    return { lease: taken.lease, facts: fitting(facts, volumeId) };
  };

/**
 * Requests to change a volume are refilled slowly and shared by the account, so operations begin at that pace; what comes
 * after them then never meets an empty bucket. The lease is taken before: while an operation waits for its turn, no other
 * one is started for its volume. Who only looks, because another one holds the volume, waits in a line of its own; a
 * person's request waits in none.
 */
async function takeTurn(
  ledger: Ledger,
  { operationId, cluster, trigger }: Operation,
  pace: StorageKind['pace'],
  onlyLooks: boolean,
  nowMs: number,
): Promise<void> {
  if (pace === undefined || trigger.type === 'operator') return;
  const lines = onlyLooks
    ? [{ queue: 'observe-only', ...pace.account }]
    : [
        { queue: 'observe', ...pace.account },
        { queue: `observe/${cluster}`, ...pace.cluster },
      ];
  const turns = await Promise.all(lines.map((line) => ledger.takeSlot({ holder: operationId, nowMs, ...line })));
  const atMs = Math.max(...turns.map((turn) => turn.atMs));
  if (atMs > nowMs) throw new TransientFault('Paced', `its turn is at ${new Date(atMs).toISOString()}`);
}

/** A holder's lease is taken over only after Step Functions says that its execution is closed. */
async function takeLease(
  { ledger, workflows }: Pick<Dependencies, 'ledger' | 'workflows'>,
  request: { name: string; operationId: string; executionArn: string; nowMs: number },
): Promise<{ lease: Lease } | { busy: string }> {
  const first = await ledger.takeLease(request);
  if (first.taken) return { lease: first.lease };
  const status = await workflows.status(first.holder.executionArn);
  if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') {
    const second = await ledger.takeLease({ ...request, over: first.holder });
    if (second.taken) {
      await endInterrupted(ledger, first.holder.operationId, request.nowMs);
      return { lease: second.lease };
    }
    return { busy: second.holder.operationId };
  }
  return { busy: first.holder.operationId };
}

/** A state's output ends at 256 KiB (aws-facts 7.1), beyond which no Catch helps. The rest is for what else it carries. */
const factsBytesMax = 200_000;

/**
 * What the next state is given. Owner's tags decide nothing and may be long; a broker with very many volumes sends the
 * metrics of this one only, so that its others are not decided along.
 */
function fitting(facts: ClusterFacts, volumeId: string): ClusterFacts {
  const volumes = facts.volumes.map((volume) => ({ ...volume, ownerTags: {} }));
  if (Buffer.byteLength(JSON.stringify(volumes)) <= factsBytesMax) return { ...facts, volumes };
  const withoutMetrics = volumes.map((volume): VolumeFacts => {
    if (volume.volumeId === volumeId) return volume;
    const { hourly: _, recent: __, ...rest } = volume;
    return rest;
  });
  return { ...facts, volumes: withoutMetrics };
}

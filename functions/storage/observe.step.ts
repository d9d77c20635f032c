import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger, Lease } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, MetricsGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { RefusedFault } from '../runtime/fault.ts';
import { subjectOf } from './ec2/volume.ts';
import type { ClusterFacts } from './facts.ts';
import { kindOf } from './kinds.ts';
import { clusterOf, Operation, parse } from './operation.ts';
import { reconcile } from './reconcile.ts';
import { remember } from './remember.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  ebs: EbsGateway;
  metrics: MetricsGateway;
  workflows: WorkflowsGateway;
}

/**
 * State `Observe`: takes the volume's lease, then reads its broker. Run twice: the lease is already ours, the rest only
 * reads or writes what it wrote before.
 *
 * @throws AlreadyRunning another execution holds the volume and is still open
 * @throws VolumeNotFound no live broker of the cluster has this volume
 */
export const observe =
  ({ clock, fleet, ledger, ebs, metrics, workflows }: Dependencies) =>
  async (event: unknown): Promise<{ lease: Lease; facts: ClusterFacts }> => {
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
    const lease = await takeLease(
      { ledger, workflows },
      { name: subjectOf(volumeId), operationId, executionArn, nowMs },
    );

    const read = async (): Promise<ClusterFacts | undefined> =>
      (await kindOf(cluster).look({ ledger, ebs, metrics, nowMs }, cluster, { volumeId, withMetrics: true }))[0];
    const seen = await read();
    const volume = seen?.volumes.find((candidate) => candidate.volumeId === volumeId);
    if (seen === undefined || volume === undefined) {
      throw new RefusedFault('VolumeNotFound', `no live broker of cluster ${cluster.name} has ${volumeId}`);
    }
    await remember({ ledger, nowMs }, seen);
    await reconcile({ ledger, nowMs }, volume, operationId, seen.state);
    // What was reconciled changed the bookkeeping: a reservation that was given back frees its cap.
    const reserved = seen.state.reservations[volumeId];
    const facts = reserved !== undefined && reserved.operationId !== operationId ? ((await read()) ?? seen) : seen;
    return { lease, facts };
  };

/** A holder's lease is taken over only after Step Functions says that its execution is closed. */
async function takeLease(
  { ledger, workflows }: Pick<Dependencies, 'ledger' | 'workflows'>,
  request: { name: string; operationId: string; executionArn: string; nowMs: number },
): Promise<Lease> {
  const first = await ledger.takeLease(request);
  if (first.taken) return first.lease;
  const status = await workflows.status(first.holder.executionArn);
  if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') {
    const second = await ledger.takeLease({ ...request, over: first.holder });
    if (second.taken) return second.lease;
  }
  throw new RefusedFault('AlreadyRunning', `${request.name} is held by operation ${first.holder.operationId}`);
}

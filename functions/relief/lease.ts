/** The lease of a cluster's topics: one operation at a time shortens or gives back. */
import type { Lease, Ledger } from '../gateways/ledger/ledger.ts';
import type { WorkflowsGateway } from '../gateways/types.ts';
import { RefusedFault } from '../runtime/fault.ts';
import { endInterrupted } from '../storage/index.ts';

/** A holder's lease is taken over only after Step Functions says that its execution is closed. */
export async function takeLease(
  { ledger, workflows }: { ledger: Ledger; workflows: WorkflowsGateway },
  request: { name: string; operationId: string; executionArn: string; nowMs: number },
): Promise<{ lease: Lease } | { busy: string }> {
  const first = await ledger.takeLease(request);
  if (first.taken) return { lease: first.lease };
  const status = await workflows.status(first.holder.executionArn);
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return { busy: first.holder.operationId };
  const second = await ledger.takeLease({ ...request, over: first.holder });
  if (!second.taken) return { busy: second.holder.operationId };
  await endInterrupted(ledger, first.holder.operationId, request.nowMs);
  return { lease: second.lease };
}

/**
 * The lease is ours still, and nobody paused the cluster or the fleet.
 *
 * @throws LeaseLost, Paused; nothing was changed
 */
export async function mayStillChange(
  ledger: Ledger,
  lease: Pick<Lease, 'name' | 'executionArn' | 'fence'>,
  cluster: string,
): Promise<void> {
  const [held, state, fleet] = await Promise.all([
    ledger.readLease(lease.name),
    ledger.clusterState(cluster),
    ledger.clusterState('*'),
  ]);
  if (held?.executionArn !== lease.executionArn || held.fence !== lease.fence)
    throw new RefusedFault('LeaseLost', `the lease ${lease.name} was taken over`);
  if (state.paused !== undefined || fleet.paused !== undefined)
    throw new RefusedFault('Paused', `cluster ${cluster} or the fleet is paused`);
}

/**
 * The truthful end of an operation whose execution was stopped, timed out or failed without a record: it runs no Catch, so
 * whoever finds it closed says so for it.
 */
import type { Ledger } from '../gateways/ledger/ledger.ts';

/**
 * Call it only after Step Functions said that the execution is closed: nobody else writes its record then. Safe to run twice.
 *
 * @returns whether it was still recorded as open
 */
export async function endInterrupted(ledger: Ledger, operationId: string, nowMs: number): Promise<boolean> {
  const operation = await ledger.operation(operationId);
  if (operation === undefined || (operation.status !== 'running' && operation.status !== 'awaiting-approval'))
    return false;
  await ledger.updateOperation(operationId, {
    status: 'failed',
    outcome: 'interrupted',
    endedAtMs: nowMs,
    note: { atMs: nowMs, what: 'ended', detail: { outcome: 'interrupted' } },
  });
  return true;
}

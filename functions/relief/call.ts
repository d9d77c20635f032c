/** Calls for a person, once and then as reminders: kept in the ledger under the volume that was about to be full. */
import type { Ledger } from '../gateways/ledger/ledger.ts';
import { hourMs } from './limits.ts';

/** Claims the call before it is made, so that of two operations that end alike one calls. */
export async function claimCall(
  ledger: Ledger,
  call: { cluster: string; volumeId: string; reason: string; operationId: string; nowMs: number },
  reminderHours: number | undefined,
): Promise<'first' | 'reminder' | 'told-already'> {
  const told = await ledger.escalate({ ...call, remindAfterMs: (reminderHours ?? 12) * hourMs });
  if (told !== 'standing') return told === 'due' ? 'reminder' : 'first';
  // Its own claim, found again: an earlier run of the step died before it said so.
  const standing = (await ledger.volume(call.cluster, call.volumeId))?.escalations[call.reason];
  return standing?.operationId === call.operationId ? 'first' : 'told-already';
}

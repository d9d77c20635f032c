/** What came of a command on a broker's host, as an answer for the workflow that waits for it. */
import type { CommandInvocation, SsmGateway } from '../../gateways/types.ts';
import { parseGrowth, parseInspection } from './host/results.ts';

export type CommandVerdict =
  | { answer: 'success'; output: { commandId: string } }
  | {
      answer: 'failure';
      error: 'HostUnreachable' | 'HostBusy' | 'FilesystemNotGrown' | 'InspectionFailed';
      cause: string;
    }
  | { answer: 'not-yet' };

/** Errors of the scripts that pass by themselves (docs/host-scripts.md). */
const passing = new Set(['busy', 'size-not-visible', 'deadline', 'interrupted', 'unreadable-output']);

export async function judgeCommand(ssm: SsmGateway, detail: Record<string, unknown>): Promise<CommandVerdict> {
  const commandId = String(detail.commandId);
  const invocation = await ssm.invocation(commandId, String(detail.instanceId));
  if (invocation === undefined) return { answer: 'not-yet' };
  switch (invocation.status) {
    case 'pending':
    case 'running':
      return { answer: 'not-yet' };
    case 'undeliverable':
      return {
        answer: 'failure',
        error: 'HostUnreachable',
        cause: `${invocation.instanceId}: ${invocation.statusDetails}`,
      };
    case 'timed-out':
      return { answer: 'failure', error: 'HostBusy', cause: `${invocation.instanceId}: ${invocation.statusDetails}` };
    case 'cancelled':
    case 'failed':
    case 'succeeded':
      return detail.script === 'inspect-volume' ? inspected(invocation) : grown(invocation);
  }
}

function grown(invocation: CommandInvocation): CommandVerdict {
  const result = parseGrowth(invocation.stdout);
  if (invocation.status === 'succeeded' && !('error' in result))
    return { answer: 'success', output: { commandId: invocation.commandId } };
  const error = 'error' in result ? result.error : invocation.statusDetails;
  const cause =
    'error' in result && 'message' in result && typeof result.message === 'string'
      ? `${error}: ${result.message}`
      : `${error}: ${invocation.stderr.slice(-500)}`;
  return { answer: 'failure', error: passing.has(error) ? 'HostBusy' : 'FilesystemNotGrown', cause };
}

function inspected(invocation: CommandInvocation): CommandVerdict {
  const result = parseInspection(invocation.stdout);
  if (invocation.status === 'succeeded' && !('error' in result))
    return { answer: 'success', output: { commandId: invocation.commandId } };
  return {
    answer: 'failure',
    error: 'InspectionFailed',
    cause: `${invocation.statusDetails}: ${invocation.stderr.slice(-500)}`,
  };
}

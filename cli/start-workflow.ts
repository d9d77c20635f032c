/** Asks the one way in for an execution, in the operator's name. */
import * as z from 'zod/mini';
import type { Account } from './account.ts';
import { Refused } from './outcome.ts';

const Started = z.union([
  z.object({ started: z.enum(['new', 'already']), operationId: z.string(), executionArn: z.string() }),
  z.object({ started: z.literal('no'), because: z.string() }),
]);

export interface Operation {
  operationId: string;
  executionArn: string;
}

/** @throws Refused where nothing was started */
export async function startWorkflow(
  account: Account,
  wanted: { workflow: string } & Record<string, unknown>,
): Promise<Operation> {
  const { workflow, ...about } = wanted;
  const answer = await account.invoke('start-workflow', {
    source: 'operator',
    requestId: account.newRequestId(),
    by: await account.caller(),
    workflow,
    ...about,
  });
  const started = z.parse(Started, answer);
  if (started.started === 'no') throw new Refused('not-started', started.because);
  const { operationId, executionArn } = started;
  return { operationId, executionArn };
}

export function startedText({ operationId }: Operation): string {
  return `Started operation ${operationId}. It decides by what it finds then:\n  kafka-autopilot explain ${operationId}`;
}

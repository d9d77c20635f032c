/** What `grow` and `grow-filesystem` share: one volume, one request, one execution of storage-scaling. */
import * as z from 'zod/mini';
import type { PlanRow } from '../../functions/storage/index.ts';
import type { Account } from '../account.ts';
import { type Context, nothingChanged } from '../context.ts';
import { type Outcome, Refused, WrongInput } from '../outcome.ts';
import { action, lines, percent } from '../render.ts';

export interface StartRequest {
  action: 'grow' | 'grow-filesystem';
  toGib?: number;
}

const Started = z.union([
  z.object({ started: z.enum(['new', 'already']), operationId: z.string(), executionArn: z.string() }),
  z.object({ started: z.literal('no'), because: z.string() }),
]);

/** The volume's line of the plan. @throws WrongInput for what is no data volume of the fleet */
export async function rowOf(account: Account, volumeId: string): Promise<PlanRow> {
  if (!/^vol-[0-9a-z]+$/.test(volumeId))
    throw new WrongInput(`expected a volume id, vol-…, found ${JSON.stringify(volumeId)}`);
  const row = (await account.plan()).find((candidate) => candidate.volumeId === volumeId);
  if (row === undefined)
    throw new WrongInput(`${volumeId} is no data volume of fleet ${account.fleet.name}: see kafka-autopilot plan`);
  return row;
}

/** Shows what would be asked for and, told `--yes`, asks for it. */
export async function start(context: Context, row: PlanRow, request: StartRequest, what: string): Promise<Outcome> {
  const account = await context.account();
  const nowMs = account.clock.nowMs();
  const text = [
    what,
    lines([
      [
        '  cluster',
        `${row.cluster}${row.mode === 'observe' ? ' (mode observe: it decides and records, but changes nothing)' : ''}`,
      ],
      ['  broker', `${row.instanceId} ${row.mountPoint ?? ''}`.trim()],
      ['  used', percent(row.usedFraction)],
      ['  on its own', `${action(row.decision, nowMs)} (${row.decision.reason})`],
    ]),
  ];
  if (context.options.yes !== true) {
    return { json: { done: false, request, volume: row }, text: [...text, nothingChanged].join('\n') };
  }
  const answer = await account.invoke('start-workflow', {
    source: 'operator',
    requestId: account.newRequestId(),
    by: await account.caller(),
    workflow: 'storage-scaling',
    subject: row.volumeId,
    request,
  });
  const started = z.parse(Started, answer);
  if (started.started === 'no') throw new Refused('not-started', started.because);
  const { operationId, executionArn } = started;
  return {
    json: { done: true, request, operationId, executionArn },
    text: [
      ...text,
      `Started operation ${operationId}. It decides by what it finds then:`,
      `  kafka-autopilot explain ${operationId}`,
    ].join('\n'),
  };
}

/** `grow-filesystem VOLUME`: only the partition and file system, up to the volume's size (S5). Costs nothing. */
import { isMsk } from '../clusters.ts';
import type { Context } from '../context.ts';
import { type Outcome, WrongInput } from '../outcome.ts';
import { decisionOn, rowOf, start } from './start.ts';

export async function growFilesystem(context: Context, named: string): Promise<Outcome> {
  const account = await context.account();
  const row = await rowOf(account, named);
  if (isMsk(row)) throw new WrongInput(`${row.volumeId}: MSK grows the file systems of its brokers itself`);
  const request = { action: 'grow-filesystem' } as const;
  const decision = await decisionOn(account, row, request);
  return start(
    context,
    { row, request, decision },
    `Grow the file system on ${row.volumeId} to the volume's ${row.sizeGib} GiB:`,
  );
}

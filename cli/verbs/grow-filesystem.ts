/** `grow-filesystem VOLUME`: only the partition and file system, up to the volume's size (S5). Costs nothing. */
import type { Context } from '../context.ts';
import type { Outcome } from '../outcome.ts';
import { rowOf, start } from './start.ts';

export async function growFilesystem(context: Context, volumeId: string): Promise<Outcome> {
  const row = await rowOf(await context.account(), volumeId);
  return start(
    context,
    row,
    { action: 'grow-filesystem' },
    `Grow the file system on ${volumeId} to the volume's ${row.sizeGib} GiB:`,
  );
}

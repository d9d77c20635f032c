/** `grow VOLUME [--to GIB]`: an operator's request to grow one volume. The policy's limits and approvals hold. */
import type { Account } from '../account.ts';
import type { Context } from '../context.ts';
import { type Outcome, Refused, WrongInput } from '../outcome.ts';
import { usd } from '../render.ts';
import { rowOf, start } from './start.ts';

export async function grow(context: Context, volumeId: string, { to }: { to?: string }): Promise<Outcome> {
  const toGib = to === undefined ? undefined : wholeGib(to);
  const account = await context.account();
  const row = await rowOf(account, volumeId);
  if (toGib === undefined) {
    return start(
      context,
      row,
      { action: 'grow' },
      `Grow ${volumeId} from ${row.sizeGib} GiB by a step that the forecast sizes:`,
    );
  }
  if (toGib <= row.sizeGib)
    throw new Refused('target-not-larger', `${volumeId} has ${row.sizeGib} GiB; a volume never shrinks`);
  const policy = account.fleet.clusters.find(({ name }) => name === row.cluster)?.policy;
  if (policy !== undefined && toGib > policy.sizeGibMax) {
    throw new Refused(
      'target-above-maximum',
      `policy.sizeGibMax of cluster ${row.cluster} is ${policy.sizeGibMax} GiB`,
    );
  }
  const cost = await costOf(account, volumeId, toGib - row.sizeGib);
  return start(context, row, { action: 'grow', toGib }, `Grow ${volumeId} from ${row.sizeGib} to ${toGib} GiB${cost}:`);
}

async function costOf(account: Account, volumeId: string, gib: number): Promise<string> {
  const volume = await account.ebs.volume(volumeId);
  if (volume === undefined || volume.type === 'standard') return '';
  return ` (${usd(gib * account.fleet.prices.usdPerGibMonth[volume.type])} more, for good)`;
}

function wholeGib(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new WrongInput(`--to: expected a whole number of GiB, found ${JSON.stringify(text)}`);
  return Number(text);
}

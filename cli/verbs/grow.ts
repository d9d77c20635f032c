/**
 * `grow VOLUME|CLUSTER [--to GIB]`: an operator's request to grow one volume, or the volumes of all brokers of an MSK
 * cluster. The policy's limits and approvals hold.
 */
import type { PlanRow } from '../../functions/storage/index.ts';
import type { Account } from '../account.ts';
import { isMsk } from '../clusters.ts';
import type { Context } from '../context.ts';
import { type Outcome, Refused, WrongInput } from '../outcome.ts';
import { usd } from '../render.ts';
import { decisionOn, rowOf, start, type StartRequest } from './start.ts';

export async function grow(context: Context, named: string, { to }: { to?: string }): Promise<Outcome> {
  const toGib = to === undefined ? undefined : wholeGib(to);
  const account = await context.account();
  const row = await rowOf(account, named);
  const request: StartRequest = { action: 'grow', ...(toGib === undefined ? {} : { toGib }) };
  const decision = await decisionOn(account, row, request);
  // Where it may not grow now, the size was not looked at yet.
  if (toGib !== undefined) refuseSize(account, row, toGib);
  const { volumeId, sizeGib } = row;
  const each = isMsk(row) ? ` on each of ${volumesOf(row)} brokers` : '';
  const what =
    toGib === undefined
      ? `Grow ${volumeId} from ${sizeGib} GiB${each} by a step that the forecast sizes:`
      : `Grow ${volumeId} from ${sizeGib} to ${toGib} GiB${each}${await costOf(account, row, toGib - sizeGib)}:`;
  return start(context, { row, request, decision }, what);
}

function refuseSize({ fleet }: Account, { volumeId, cluster, sizeGib }: PlanRow, toGib: number): void {
  if (toGib <= sizeGib)
    throw new Refused('target-not-larger', `${volumeId} has ${sizeGib} GiB; a volume never shrinks`);
  const policy = fleet.clusters.find(({ name }) => name === cluster)?.policy;
  if (policy !== undefined && toGib > policy.sizeGibMax)
    throw new Refused('target-above-maximum', `policy.sizeGibMax of cluster ${cluster} is ${policy.sizeGibMax} GiB`);
}

async function costOf(account: Account, row: PlanRow, gib: number): Promise<string> {
  const usdPerGib = await priceOf(account, row);
  return usdPerGib === undefined ? '' : ` (${usd(gib * volumesOf(row) * usdPerGib)} more, for good)`;
}

/** USD a GiB and month. */
async function priceOf({ ebs, fleet }: Account, row: PlanRow): Promise<number | undefined> {
  const { usdPerGibMonth } = fleet.prices;
  if (isMsk(row)) return usdPerGibMonth.msk;
  const type = (await ebs.volume(row.volumeId))?.type;
  return type === undefined || type === 'standard' ? undefined : usdPerGibMonth[type];
}

/** How many volumes grow together. */
function volumesOf({ decision }: PlanRow): number {
  return decision.evidence.volumes ?? 1;
}

function wholeGib(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new WrongInput(`--to: expected a whole number of GiB, found ${JSON.stringify(text)}`);
  return Number(text);
}

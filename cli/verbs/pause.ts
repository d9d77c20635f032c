/** `pause [CLUSTER] --reason` and `resume [CLUSTER]`: stops all new changes of a cluster or the fleet at once. Undo still runs. */
import type { Account } from '../account.ts';
import { clusterNamed } from '../clusters.ts';
import { type Context, nothingChanged } from '../context.ts';
import type { Outcome } from '../outcome.ts';
import { moment } from '../render.ts';

export async function setPause(
  context: Context,
  cluster: string | undefined,
  change: { pause: boolean; reason?: string },
): Promise<Outcome> {
  const account = await context.account();
  const { fleet, clock, ledger } = account;
  if (cluster !== undefined) clusterNamed(fleet, cluster);
  const subject = cluster === undefined ? `fleet ${fleet.name}` : `cluster ${cluster}`;
  const { paused } = await ledger.clusterState(cluster ?? '*');
  const before =
    paused === undefined
      ? 'not paused'
      : `paused by ${paused.by}, ${moment(paused.atMs, clock.nowMs())}: ${paused.reason}`;
  const would = `${change.pause ? 'Pause' : 'Resume'} ${subject} (now ${before})`;
  const also = change.pause ? [] : await stillPaused(account, cluster);
  if (context.options.yes !== true) {
    return {
      json: { done: false, cluster: cluster ?? null, pause: change.pause, before: paused ?? null },
      text: [would, ...also, nothingChanged].join('\n'),
    };
  }
  const by = await account.caller();
  await account.invoke('set-pause', {
    ...(cluster === undefined ? {} : { cluster }),
    pause: change.pause,
    by,
    ...(change.reason === undefined ? {} : { reason: change.reason }),
  });
  const done = change.pause
    ? `${subject} is paused: no new change starts.`
    : `${subject} is resumed; the next sweep looks at it.`;
  return {
    json: { done: true, cluster: cluster ?? null, pause: change.pause, by },
    text: [would, done, ...also].join('\n'),
  };
}

/** A cluster's pause and the fleet's are two: lifting one leaves the other. */
async function stillPaused({ fleet, ledger }: Account, cluster: string | undefined): Promise<string[]> {
  const others = cluster === undefined ? fleet.clusters.map(({ name }) => name) : ['*'];
  const text: string[] = [];
  for (const other of others) {
    if ((await ledger.clusterState(other)).paused === undefined) continue;
    text.push(
      `${other === '*' ? 'The fleet' : `Cluster ${other}`} stays paused: kafka-autopilot resume${other === '*' ? '' : ` ${other}`}`,
    );
  }
  return text;
}

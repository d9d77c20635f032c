/** `plan`: what would be done now and why, for every volume. Changes nothing. */
import type { PlanRow } from '../../functions/storage/index.ts';
import type { Context } from '../context.ts';
import type { Outcome } from '../outcome.ts';
import { action, fullIn, paintAction, percent, table, tags, time } from '../render.ts';

export async function plan(context: Context): Promise<Outcome> {
  const account = await context.account();
  const rows = await account.plan();
  const nowMs = account.clock.nowMs();
  const grown = rows.filter(({ sizeGib, firstSeenGib }) => sizeGib > firstSeenGib);
  return {
    json: {
      at: time(nowMs),
      fleet: account.fleet.name,
      volumes: rows,
      grownBeyondFirstSeen: grown.map(({ volumeId, firstSeenGib, sizeGib, ownerTags }) => ({
        volumeId,
        firstSeenGib,
        sizeGib,
        ownerTags,
      })),
    },
    text: [...planText(context, rows, nowMs), ...driftText(context, grown), 'Nothing was changed.'].join('\n'),
  };
}

function planText({ paint }: Context, rows: PlanRow[], nowMs: number): string[] {
  if (rows.length === 0) return ['No data volumes were found.'];
  const head = ['CLUSTER', 'VOLUME', 'INSTANCE', 'MOUNT POINT', 'SIZE', 'USED', 'FULL IN', 'WOULD', 'BECAUSE'];
  const body = rows.map(
    ({ cluster, mode, volumeId, instanceId, mountPoint = '-', sizeGib, usedFraction, decision }) => [
      mode === 'observe' ? `${cluster} (observe)` : cluster,
      volumeId,
      instanceId,
      mountPoint,
      `${sizeGib} GiB`,
      percent(usedFraction),
      fullIn(decision.evidence),
      paintAction(paint, decision, action(decision, nowMs)),
      because(decision),
    ],
  );
  return [`At ${time(nowMs)}:`, table(paint, head, body), ''];
}

function because({ action: what, reason, evidence, ...rest }: PlanRow['decision']): string {
  const barred = what === 'escalate' && 'barredBy' in rest && rest.barredBy !== undefined ? ` (${rest.barredBy})` : '';
  const capped = evidence.cappedBy === undefined ? '' : ` (capped by ${evidence.cappedBy.join(', ')})`;
  return `${reason}${barred}${capped}`;
}

/** Infrastructure code that declares the old size would see a difference: its owner wants to know. */
function driftText({ paint }: Context, grown: PlanRow[]): string[] {
  if (grown.length === 0) return [];
  const body = grown.map(({ volumeId, firstSeenGib, sizeGib, ownerTags }) => [
    volumeId,
    `${firstSeenGib} GiB`,
    `${sizeGib} GiB`,
    tags(ownerTags),
  ]);
  return [
    'Larger than when first seen; tell the code that declares them:',
    table(paint, ['VOLUME', 'FIRST SEEN', 'NOW', 'OWNER TAGS'], body),
    '',
  ];
}

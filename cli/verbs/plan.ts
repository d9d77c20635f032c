/** `plan [CLUSTER]`: what would be done now and why, for every volume. Changes nothing. */
import type { MskCluster } from '../../functions/fleet/fleet.ts';
import type { PlanRow } from '../../functions/storage/index.ts';
import type { Account } from '../account.ts';
import { clusterNamed, isMsk } from '../clusters.ts';
import type { Context } from '../context.ts';
import type { Outcome } from '../outcome.ts';
import { action, fullestBroker, fullIn, paintAction, percent, table, tags, time } from '../render.ts';

/** Application Auto Scaling grows this cluster, too. */
interface ScalingTarget {
  cluster: string;
  clusterArn: string;
  sizeGibMax: number;
  /** The fleet file says that it may be grown nevertheless. */
  takenOver: boolean;
}

export async function plan(context: Context, name?: string): Promise<Outcome> {
  const account = await context.account();
  if (name !== undefined) clusterNamed(account.fleet, name);
  const rows = await account.plan(name);
  const scalingTargets = await scalingTargetsOf(account, rows);
  const nowMs = account.clock.nowMs();
  const grown = rows.filter(({ sizeGib, firstSeenGib }) => sizeGib > firstSeenGib);
  return {
    json: {
      at: time(nowMs),
      fleet: account.fleet.name,
      volumes: rows,
      scalingTargets,
      grownBeyondFirstSeen: grown.map(({ volumeId, firstSeenGib, sizeGib, ownerTags }) => ({
        volumeId,
        firstSeenGib,
        sizeGib,
        ownerTags,
      })),
    },
    text: [
      ...planText(context, rows, nowMs),
      ...mskText(context, rows, scalingTargets),
      ...driftText(context, grown),
      'Nothing was changed.',
    ].join('\n'),
  };
}

/** Of the MSK clusters among these rows; no call where there are none. */
async function scalingTargetsOf({ fleet, scalingOwners }: Account, rows: PlanRow[]): Promise<ScalingTarget[]> {
  const shown = new Set(rows.map(({ cluster }) => cluster));
  const clusters = fleet.clusters.filter(
    (cluster): cluster is MskCluster => cluster.kind === 'msk' && shown.has(cluster.name),
  );
  if (clusters.length === 0) return [];
  const targets = await scalingOwners.storageTargets(clusters.map(({ clusterArn }) => clusterArn));
  return clusters.flatMap(({ name, clusterArn, takeOverFromAutoScaling }) =>
    targets
      .filter((target) => target.clusterArn === clusterArn)
      .map(({ sizeGibMax }) => ({ cluster: name, clusterArn, sizeGibMax, takenOver: takeOverFromAutoScaling })),
  );
}

function planText({ paint }: Context, rows: PlanRow[], nowMs: number): string[] {
  if (rows.length === 0) return ['No data volumes were found.'];
  const head = ['CLUSTER', 'VOLUME', 'BROKER', 'MOUNT POINT', 'SIZE', 'USED', 'FULL IN', 'WOULD', 'BECAUSE'];
  const body = rows.map((row) => {
    const { cluster, mode, volumeId, instanceId, mountPoint = '-', sizeGib, usedFraction, decision } = row;
    return [
      mode === 'observe' ? `${cluster} (observe)` : cluster,
      volumeId,
      isMsk(row) ? `all ${decision.evidence.volumes ?? 0}` : (instanceId ?? '-'),
      mountPoint,
      sizes(row, sizeGib),
      percent(usedFraction),
      fullIn(decision.evidence),
      paintAction(paint, decision, action(decision, nowMs)),
      because(decision),
    ];
  });
  return [`At ${time(nowMs)}:`, table(paint, head, body), ''];
}

/** `100 GiB`, or of an MSK cluster's brokers `3 × 100 GiB`. */
function sizes(row: PlanRow, gib: number): string {
  if (!isMsk(row)) return `${gib} GiB`;
  const { volumes = 0 } = row.decision.evidence;
  return volumes === 0 || gib === 0 ? '-' : `${volumes} × ${gib} GiB`;
}

function because({ action: what, reason, evidence, ...rest }: PlanRow['decision']): string {
  const barred = what === 'escalate' && 'barredBy' in rest && rest.barredBy !== undefined ? ` (${rest.barredBy})` : '';
  const capped = evidence.cappedBy === undefined ? '' : ` (capped by ${evidence.cappedBy.join(', ')})`;
  return `${reason}${barred}${capped}`;
}

/** What decides over an MSK cluster beside its size: the fullest broker, what is local, who else grows it. */
function mskText({ paint }: Context, rows: PlanRow[], targets: ScalingTarget[]): string[] {
  const mskRows = rows.filter(isMsk);
  const clusters = mskRows.filter(({ sizeGib }) => sizeGib > 0);
  const details = mskRows.flatMap(({ cluster, decision: { evidence } }) =>
    evidence.detail === undefined ? [] : [`${cluster}: ${evidence.detail}`],
  );
  if (clusters.length === 0) return details.length === 0 ? [] : [...details, ''];
  const body = clusters.map(({ cluster, decision: { evidence } }) => {
    const target = targets.find((candidate) => candidate.cluster === cluster);
    return [
      cluster,
      fullestBroker(evidence),
      evidence.storageMode === 'TIERED' ? 'TIERED: only local data counts' : (evidence.storageMode ?? '-'),
      evidence.throughputMibps === undefined ? '-' : `${evidence.throughputMibps} MiB/s`,
      target === undefined
        ? 'none'
        : `up to ${target.sizeGibMax} GiB${target.takenOver ? ', taken over' : ', owns it'}`,
    ];
  });
  const head = ['MSK CLUSTER', 'FULLEST BROKER', 'STORAGE MODE', 'PROVISIONED THROUGHPUT', 'AUTO SCALING'];
  return [table(paint, head, body), ...details, ''];
}

/** Infrastructure code that declares the old size would see a difference: its owner wants to know. */
function driftText({ paint }: Context, grown: PlanRow[]): string[] {
  if (grown.length === 0) return [];
  const body = grown.map((row) => [
    row.volumeId,
    sizes(row, row.firstSeenGib),
    sizes(row, row.sizeGib),
    tags(row.ownerTags),
  ]);
  return [
    'Larger than when first seen; tell the code that declares them:',
    table(paint, ['VOLUME', 'FIRST SEEN', 'NOW', 'OWNER TAGS'], body),
    '',
  ];
}

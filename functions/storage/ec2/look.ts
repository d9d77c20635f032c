/**
 * Reads a cluster on EC2: live brokers, their volumes, modifications, what the ledger remembers, and the agent's metric.
 * Reads only. The cluster's bookkeeping is read before the sizes, so that a reservation made in between is noticed by its
 * version (see `Ledger.reserveIntent`).
 */
import type { Ec2Cluster } from '../../fleet/fleet.ts';
import type { ClusterState, Intent, VolumeRecord } from '../../gateways/ledger/ledger.ts';
import type { Broker, EbsVolume, MetricQuery, MetricSeries, VolumeModification } from '../../gateways/types.ts';
import { countedGib, isDataVolume } from '../caps.ts';
import type { ClusterFacts, Readings, VolumeFacts } from '../facts.ts';
import type { Scope, Sources } from '../kind.ts';
import { bytesPerGib, hourMs, modificationRule } from '../limits.ts';
import { matchesIntent, ownerTagsOf, subjectOf } from './volume.ts';

/** The journal is read somewhat beyond the window, because its times are ours and the service's are its own. */
const journalMs = modificationRule.windowMs + hourMs;
const recentMs = 3 * hourMs;
const recentPeriodSeconds = 300;

export async function look(sources: Sources, cluster: Ec2Cluster, scope: Scope): Promise<ClusterFacts[]> {
  const { ledger, ebs, nowMs } = sources;
  const [state, fleet, records] = await Promise.all([
    ledger.clusterState(cluster.name),
    ledger.clusterState('*'),
    ledger.volumes(cluster.name),
  ]);
  const brokers = (await ebs.brokers(cluster.brokers)).toSorted((a, b) => a.instanceId.localeCompare(b.instanceId));
  const volumes = brokers.length === 0 ? [] : await ebs.volumesOf(brokers.map(({ instanceId }) => instanceId));
  const known = new Map(records.map((record) => [record.volumeId, record]));

  const bare = brokers.map((broker) => ({ broker, volumes: volumesOfBroker(broker, volumes, cluster, known, nowMs) }));
  const wanted = bare.filter(
    (entry) => scope.volumeId === undefined || entry.volumes.some(({ volumeId }) => volumeId === scope.volumeId),
  );
  const inScope = wanted.flatMap((entry) => entry.volumes).filter(({ isRoot }) => !isRoot);
  await addModifications(sources, inScope);
  if (scope.withMetrics) await addReadings(sources, cluster, inScope);

  const counted = (entry: { volumes: VolumeFacts[] }): number =>
    entry.volumes
      .filter((volume) => isDataVolume(volume, cluster))
      .reduce((sum, volume) => sum + countedGib(volume, state), 0);
  const totalGib = bare.reduce((sum, entry) => sum + counted(entry), 0);
  return wanted.map((entry) => ({
    name: cluster.name,
    nowMs,
    state: trimmed(state, entry.volumes),
    fleetPaused: fleet.paused !== undefined,
    volumes: entry.volumes,
    elsewhereGib: totalGib - counted(entry),
  }));
}

function volumesOfBroker(
  broker: Broker,
  volumes: EbsVolume[],
  cluster: Ec2Cluster,
  known: Map<string, VolumeRecord>,
  nowMs: number,
): VolumeFacts[] {
  return volumes
    .filter(({ attachments }) =>
      attachments.some(({ instanceId, state }) => instanceId === broker.instanceId && state !== 'detached'),
    )
    .toSorted((a, b) => a.volumeId.localeCompare(b.volumeId))
    .map((volume) => {
      const record = known.get(volume.volumeId);
      const notBefore = record?.notBefore;
      const deviceName = volume.attachments.find(({ instanceId }) => instanceId === broker.instanceId)?.deviceName;
      return {
        volumeId: volume.volumeId,
        cluster: cluster.name,
        instanceId: broker.instanceId,
        instanceState: broker.state,
        sizeGib: volume.sizeGib,
        type: volume.type,
        state: volume.state,
        multiAttach: volume.multiAttach,
        ...(volume.managedBy === undefined ? {} : { managedBy: volume.managedBy }),
        isRoot: deviceName !== undefined && deviceName === broker.rootDeviceName,
        past: [],
        growths: [],
        ...(record?.inspection === undefined ? {} : { inspection: record.inspection }),
        ...(notBefore === undefined || notBefore.atMs <= nowMs ? {} : { notBefore }),
        firstSeenGib: record?.firstSeenGib ?? volume.sizeGib,
        ownerTags: record?.ownerTags ?? ownerTagsOf(volume.tags),
      } satisfies VolumeFacts;
    });
}

/** The journal is read only for volumes that the service says were modified lately: most never were. */
async function addModifications({ ebs, ledger, nowMs }: Sources, volumes: VolumeFacts[]): Promise<void> {
  const modifications = volumes.length === 0 ? [] : await ebs.modifications(volumes.map(({ volumeId }) => volumeId));
  const newest = new Map(modifications.map((modification) => [modification.volumeId, modification]));
  for (const volume of volumes) {
    const modification = newest.get(volume.volumeId);
    if (modification === undefined) continue;
    volume.modification = modification;
    if (modification.startedAtMs <= nowMs - journalMs) continue;
    const journal = await ledger.journal(subjectOf(volume.volumeId), nowMs - journalMs);
    volume.past = pastOf(journal, modification);
    volume.growths = growthsOf(journal, volume.inspection);
  }
}

/** Everything that counts against the rolling limit; an answer that was lost counts, to be safe. */
function pastOf(journal: Intent[], newest: VolumeModification): { startedAtMs: number }[] {
  const ours = journal.filter(
    (intent) =>
      intent.action === 'ec2:ModifyVolume' &&
      (intent.status === 'accepted' || intent.status === 'unknown' || intent.status === 'intended'),
  );
  const past = ours.map(({ atMs }) => ({ startedAtMs: atMs }));
  if (!ours.some((intent) => matchesIntent(newest, intent))) past.push({ startedAtMs: newest.startedAtMs });
  return past.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
}

/** The longest that the script on the host takes (state `GrowFilesystem`). */
const scriptMs = 15 * 60_000;

/**
 * The file system is grown by a command of this or a later operation; the host was looked at right after it. As long as
 * none was sent it has its old size.
 */
function growthsOf(journal: Intent[], inspection: VolumeFacts['inspection']): VolumeFacts['growths'] {
  const growths = journal.filter(isGrowth);
  return growths.map(({ atMs, request }, index) => {
    const fromGib = Number(request.fromGib);
    const untilMs = growths[index + 1]?.atMs ?? Number.MAX_SAFE_INTEGER;
    const command = journal.findLast(
      (intent) => intent.action === 'ssm:SendCommand' && intent.atMs >= atMs && intent.atMs < untilMs,
    );
    if (command === undefined)
      return { atMs, fromGib, doneAtMs: Math.min(untilMs, grownByHandMs(inspection, fromGib)) };
    const latestMs = command.atMs + scriptMs;
    const seenMs = inspection !== undefined && inspection.atMs >= command.atMs ? inspection.atMs : latestMs;
    return { atMs, fromGib, doneAtMs: Math.min(latestMs, seenMs) };
  });
}

/** When somebody else's growth of the file system was seen. */
function grownByHandMs(inspection: VolumeFacts['inspection'], fromGib: number): number {
  const isLarger = (inspection?.filesystemBytes ?? 0) > fromGib * bytesPerGib;
  return isLarger && inspection !== undefined ? inspection.atMs : Number.MAX_SAFE_INTEGER;
}

function isGrowth({ action, status, request, foreign }: Intent): boolean {
  return (
    action === 'ec2:ModifyVolume' && status === 'accepted' && foreign !== true && typeof request.fromGib === 'number'
  );
}

async function addReadings({ metrics, nowMs }: Sources, cluster: Ec2Cluster, volumes: VolumeFacts[]): Promise<void> {
  const asked = volumes.filter(({ inspection }) => inspection?.mountPoint !== undefined);
  if (asked.length === 0) return;
  const query = (volume: VolumeFacts, id: string, periodSeconds: number): MetricQuery => ({
    id,
    namespace: cluster.metric.namespace,
    name: cluster.metric.name,
    dimensions: { InstanceId: volume.instanceId, path: volume.inspection?.mountPoint ?? '' },
    stat: 'Maximum',
    periodSeconds,
  });
  const hourStartMs = Math.floor(nowMs / hourMs) * hourMs;
  const [hourly, recent] = await Promise.all([
    metrics.read(
      asked.map((volume, index) => query(volume, `h${index}`, 3600)),
      hourStartMs - 24 * hourMs,
      hourStartMs,
    ),
    metrics.read(
      asked.map((volume, index) =>
        query(volume, `r${index}`, Math.max(recentPeriodSeconds, cluster.metric.periodSeconds)),
      ),
      nowMs - recentMs,
      nowMs,
    ),
  ]);
  asked.forEach((volume, index) => {
    volume.hourly = readings(hourly.find(({ id }) => id === `h${index}`));
    volume.recent = readings(recent.find(({ id }) => id === `r${index}`));
  });
}

/** The agent reports per cent. */
function readings(series: MetricSeries | undefined): Readings {
  return {
    timesMs: series?.timesMs ?? [],
    usedFractions: (series?.values ?? []).map((percent) => Number((percent / 100).toFixed(6))),
  };
}

/** Only this broker's reservations: the others' are in `elsewhereGib`. */
function trimmed(state: ClusterState, volumes: readonly VolumeFacts[]): ClusterState {
  const here = new Set(volumes.map(({ volumeId }) => volumeId));
  return {
    ...state,
    reservations: Object.fromEntries(Object.entries(state.reservations).filter(([volumeId]) => here.has(volumeId))),
  };
}

/**
 * Reads a cluster on EC2: live brokers, their volumes, modifications, what the ledger remembers, and the agent's metric.
 * Reads only. The cluster's bookkeeping is read before the sizes, so that a reservation made in between is noticed by its
 * version (see `Ledger.reserveIntent`).
 */
import type { Ec2Cluster } from '../../fleet/fleet.ts';
import type { ClusterState, Intent, VolumeRecord } from '../../gateways/ledger/ledger.ts';
import type { Broker, EbsGateway, EbsVolume, VolumeModification } from '../../gateways/types.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';

import type { ClusterFacts, EbsVolumeFacts } from '../facts.ts';
import type { FactsOptions, Scope, Sources } from '../kind.ts';
import { needsLastDay } from '../last-day.ts';
import { bytesPerGib, hourMs, modificationRule } from '../limits.ts';
import { matchesIntent, subjectOf } from '../change.ts';
import { countedGib, isDataVolume } from './caps.ts';
import { ownerTagsOf } from '../owner-tags.ts';
import { addReadings, addReadingsWhereNeeded } from './readings.ts';

/** The journal is read somewhat beyond the window, because its times are ours and the service's are its own. */
const journalMs = modificationRule.windowMs + hourMs;
/** Journals that are read at a time. */
const readsAtOnce = 20;

/** What EC2 shows of one broker. */
export interface SeenBroker {
  broker: Broker;
  volumes: EbsVolume[];
  /** The newest one of each volume that has one; absent: not asked for yet. */
  modifications?: VolumeModification[];
}

export async function look(
  sources: Sources,
  cluster: Ec2Cluster,
  scope: Scope,
): Promise<ClusterFacts<EbsVolumeFacts>[]> {
  // Before the sizes: a reservation made in between is then noticed by its version.
  const bookkeeping = await bookkeepingOf(sources, cluster);
  const seen = await seenBrokers(sources.ebs, cluster);
  const scoped = { ...scope, lastDay: true, elsewhereGib: 0 };
  return factsOf(sources, cluster, seen, scoped, bookkeeping);
}

export async function facts(
  sources: Sources,
  cluster: Ec2Cluster,
  listed: readonly SeenBroker[],
  options: FactsOptions,
): Promise<ClusterFacts<EbsVolumeFacts>[]> {
  return factsOf(sources, cluster, listed, options, await bookkeepingOf(sources, cluster));
}

async function seenBrokers(ebs: EbsGateway, cluster: Ec2Cluster): Promise<SeenBroker[]> {
  const brokers = (await ebs.brokers(cluster.brokers)).toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
  const volumes = brokers.length === 0 ? [] : await ebs.volumesOf(brokers.map(({ instanceId }) => instanceId));
  return brokers.map((broker) => ({ broker, volumes: attachedTo(broker, volumes) }));
}

export function attachedTo(broker: Broker, volumes: readonly EbsVolume[]): EbsVolume[] {
  return volumes.filter(({ attachments }) =>
    attachments.some(({ instanceId, state }) => instanceId === broker.instanceId && state !== 'detached'),
  );
}

interface Bookkeeping {
  state: ClusterState;
  fleetPaused: boolean;
  known: Map<string, VolumeRecord>;
}

async function bookkeepingOf({ ledger }: Sources, cluster: Ec2Cluster): Promise<Bookkeeping> {
  const [state, fleet, records] = await Promise.all([
    ledger.clusterState(cluster.name),
    ledger.clusterState('*'),
    ledger.volumes(cluster.name),
  ]);
  const known = new Map(records.map((record) => [record.volumeId, record]));
  return { state, fleetPaused: fleet.paused !== undefined, known };
}

async function factsOf(
  sources: Sources,
  cluster: Ec2Cluster,
  seen: readonly SeenBroker[],
  options: FactsOptions & Pick<Scope, 'volumeId'>,
  { state, fleetPaused, known }: Bookkeeping,
): Promise<ClusterFacts<EbsVolumeFacts>[]> {
  const { nowMs } = sources;
  const bare = seen.map((entry) => ({ entry, volumes: volumesOfBroker(entry, cluster, known, nowMs) }));
  const wanted = bare.filter(
    ({ volumes }) => options.volumeId === undefined || volumes.some(({ volumeId }) => volumeId === options.volumeId),
  );
  await addModifications(sources, wanted);
  if (options.withMetrics) {
    const inScope = wanted.flatMap(({ volumes }) => volumes).filter(({ isRoot }) => !isRoot);
    const needsIt = (volume: EbsVolumeFacts): boolean => {
      const isCalledFor = Object.keys(known.get(volume.volumeId)?.escalations ?? {}).length > 0;
      return options.lastDay || needsLastDay(volume, cluster.policy, isCalledFor);
    };
    if (options.volumeId === undefined) await addReadingsWhereNeeded(sources, cluster, inScope, needsIt);
    else await addReadings(sources, cluster, inScope);
  }

  const counted = (volumes: readonly EbsVolumeFacts[]): number =>
    volumes
      .filter((volume) => isDataVolume(volume, cluster))
      .reduce((sum, volume) => sum + countedGib(volume, state), 0);
  const here = bare.reduce((sum, { volumes }) => sum + counted(volumes), 0);
  const { elsewhereGib } = options;
  const elsewhere = elsewhereGib === 0 ? 0 : elsewhereGib + reservedElsewhere(state, bare);
  return wanted.map(({ volumes }) => ({
    name: cluster.name,
    nowMs,
    state: trimmed(state, volumes),
    fleetPaused,
    volumes,
    elsewhereGib: elsewhere + here - counted(volumes),
  }));
}

/** Growth of volumes that were not listed; where it is visible already it counts twice: better too early a stop than none. */
function reservedElsewhere(state: ClusterState, brokers: readonly { volumes: EbsVolumeFacts[] }[]): number {
  const here = new Set(brokers.flatMap(({ volumes }) => volumes.map(({ volumeId }) => volumeId)));
  return Object.values(state.reservations)
    .filter(({ volumeId }) => !here.has(volumeId))
    .reduce((sum, { fromGib, toGib }) => sum + toGib - fromGib, 0);
}

function volumesOfBroker(
  { broker, volumes }: SeenBroker,
  cluster: Ec2Cluster,
  known: Map<string, VolumeRecord>,
  nowMs: number,
): EbsVolumeFacts[] {
  return volumes
    .toSorted((a, b) => (a.volumeId < b.volumeId ? -1 : 1))
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
      } satisfies EbsVolumeFacts;
    });
}

/** The journal is read only for volumes that the service says were modified lately: most never were. */
async function addModifications(
  { ebs, ledger, nowMs }: Sources,
  brokers: readonly { entry: SeenBroker; volumes: EbsVolumeFacts[] }[],
): Promise<void> {
  const notAsked = brokers
    .filter(({ entry }) => entry.modifications === undefined)
    .flatMap(({ volumes }) => volumes.filter(({ isRoot }) => !isRoot).map(({ volumeId }) => volumeId));
  const modifications = brokers.flatMap(({ entry }) => entry.modifications ?? []);
  if (notAsked.length > 0) modifications.push(...(await ebs.modifications(notAsked)));
  const newest = new Map(modifications.map((modification) => [modification.volumeId, modification]));
  const modified = brokers.flatMap(({ volumes }) =>
    volumes.flatMap((volume) => {
      const modification = volume.isRoot ? undefined : newest.get(volume.volumeId);
      return modification === undefined ? [] : [{ volume, modification }];
    }),
  );
  await sideBySide(modified, readsAtOnce, async ({ volume, modification }) => {
    volume.modification = modification;
    if (modification.startedAtMs <= nowMs - journalMs) return;
    const journal = await ledger.journal(subjectOf(volume.volumeId), nowMs - journalMs);
    volume.past = pastOf(journal, modification);
    volume.growths = growthsOf(journal, volume.inspection);
  });
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
function growthsOf(journal: Intent[], inspection: EbsVolumeFacts['inspection']): EbsVolumeFacts['growths'] {
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
function grownByHandMs(inspection: EbsVolumeFacts['inspection'], fromGib: number): number {
  const isLarger = (inspection?.filesystemBytes ?? 0) > fromGib * bytesPerGib;
  return isLarger && inspection !== undefined ? inspection.atMs : Number.MAX_SAFE_INTEGER;
}

function isGrowth({ action, status, request, foreign }: Intent): boolean {
  return (
    action === 'ec2:ModifyVolume' && status === 'accepted' && foreign !== true && typeof request.fromGib === 'number'
  );
}

/** Only this broker's reservations: the others' are in `elsewhereGib`. */
function trimmed(state: ClusterState, volumes: readonly EbsVolumeFacts[]): ClusterState {
  const here = new Set(volumes.map(({ volumeId }) => volumeId));
  return {
    ...state,
    reservations: Object.fromEntries(Object.entries(state.reservations).filter(([volumeId]) => here.has(volumeId))),
  };
}

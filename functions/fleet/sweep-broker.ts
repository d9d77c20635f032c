/** What a sweep finds to be due at one broker. */
import { createHash } from 'node:crypto';
import type { Ledger, VolumeRecord } from '../gateways/ledger/ledger.ts';
import { isReached, restoreDue } from '../relief/index.ts';
import {
  callOf,
  isOver,
  isReliefDue,
  kindOf,
  remember,
  subjectOf,
  type GrowthDecision,
  type SurveyedBroker,
} from '../storage/index.ts';
import type { Cluster, Fleet } from './fleet.ts';
import { atLast, hoursLeft, type Due, type ReliefLook, type Wanted } from './sweep-due.ts';
import type { PagePart } from './sweep-pages.ts';

const hourMs = 3_600_000;
/** The daily inspection is renewed well before an inspection is too old for a growth (24 h). */
const inspectAfterMs = 20 * hourMs;

export interface Scope {
  broker: SurveyedBroker;
  cluster: Cluster;
  ledger: Ledger;
  /** Subjects of operations that ended without a record. */
  interrupted: Set<string>;
  slot: string;
  nowMs: number;
  /** Once an hour. */
  isTurn: boolean;
}

/** What is to be started for one broker, or one MSK cluster; writes down what is seen of it for the first time. */
export async function lookAt(scope: Scope): Promise<Due[]> {
  const { broker, cluster, ledger, nowMs } = scope;
  await remember({ ledger, nowMs }, broker.facts, kindOf(cluster).action);
  return [...inspectionsOf(scope), ...(await growthsOf(scope))];
}

/** Once per host and half hour: a broker that can't be reached is not asked in every sweep. */
function inspectionsOf({ broker, cluster, nowMs }: Scope): Due[] {
  const hosted = broker.volumes.flatMap(({ volume }) => ('instanceId' in volume ? [volume] : []));
  const due = hosted.find(({ instanceState, instanceId, inspection }) => {
    const isFresh =
      inspection !== undefined && inspection.instanceId === instanceId && nowMs - inspection.atMs < inspectAfterMs;
    return instanceState === 'running' && !isFresh;
  });
  if (due === undefined) return [];
  const attached = hosted.map(({ volumeId }) => volumeId).join(' ');
  // A host that has not answered for a day is asked less often: a person knows by then.
  const longSilent = due.inspection !== undefined && nowMs - due.inspection.atMs >= 24 * hourMs;
  const turn = Math.floor(nowMs / (longSilent ? hourMs : hourMs / 2));
  const start: Wanted = {
    source: 'sweep',
    workflow: 'host-inspection',
    cluster: cluster.name,
    subject: due.instanceId,
    slot: `${turn} ${createHash('sha256').update(attached).digest('hex').slice(0, 16)}`,
  };
  return [{ start, withinHours: atLast }];
}

async function growthsOf(scope: Scope): Promise<Due[]> {
  const { broker, cluster, ledger, interrupted, slot, nowMs } = scope;
  const records = new Map((await ledger.volumes(cluster.name)).map((record) => [record.volumeId, record]));
  const due: Due[] = [];
  for (const { volume, decision } of broker.volumes) {
    const { volumeId } = volume;
    const record = records.get(volumeId);
    if (decision.action === 'keep') await closeCalls(ledger, cluster, record, nowMs);

    // What a stopped operation left reserved is given back by the next one, which may find nothing else to do.
    const leftOpen = interrupted.has(subjectOf(volumeId)) || broker.facts.state.reservations[volumeId] !== undefined;
    const standing = record?.escalations[callName(decision, cluster)];
    const told =
      standing !== undefined && nowMs - standing.remindedAtMs < cluster.policy.escalationReminderHours * hourMs;
    const isKnown = told && !mayRelieve(scope, volumeId, decision);
    if (!leftOpen && (isKnown || !worthAnExecution(decision, record, volume.inspection?.atMs, nowMs))) continue;
    // Who holds it grows it, or waits for the service; a person is called all the same when there is too little time for that.
    const mayNotWait = decision.action === 'escalate' && !told;
    const lease = mayNotWait ? undefined : await ledger.readLease(subjectOf(volumeId));
    const { usedFraction } = decision.evidence;
    due.push({
      start: { source: 'sweep', workflow: 'storage-scaling', cluster: cluster.name, subject: volumeId, slot },
      withinHours: hoursLeft(decision),
      ...(usedFraction === undefined ? {} : { usedFraction }),
      ...(lease === undefined ? {} : { holder: lease.executionArn }),
    });
  }
  return due;
}

/**
 * Who was called is not called again; relief is begun all the same where it could not be at that time (the cluster was not
 * ACTIVE or was paused, the start was lost), or was not due yet.
 */
function mayRelieve({ broker, cluster, nowMs, isTurn }: Scope, volumeId: string, decision: GrowthDecision): boolean {
  const { state, fleetPaused } = broker.facts;
  const isFree = state.relief === undefined && state.paused === undefined && !fleetPaused;
  return isTurn && isFree && isReached(cluster) && isReliefDue({ cluster, volumeId, decision, nowMs });
}

/** The volume needs nothing: nobody has to come any more. */
async function closeCalls(
  ledger: Ledger,
  cluster: Cluster,
  record: VolumeRecord | undefined,
  nowMs: number,
): Promise<void> {
  if (record === undefined) return;
  for (const [reason, escalation] of Object.entries(record.escalations)) {
    if (isOver(escalation, nowMs)) await ledger.closeEscalations(cluster.name, record.volumeId, reason);
  }
}

/** What changes nothing and calls nobody needs no record. */
function worthAnExecution(
  decision: GrowthDecision,
  record: VolumeRecord | undefined,
  inspectedAtMs: number | undefined,
  nowMs: number,
): boolean {
  switch (decision.action) {
    case 'keep':
    case 'wait':
      return false;
    case 'inspect':
      // One is started for the host; where that has not helped, the volume's own operation says so.
      return nowMs - (inspectedAtMs ?? record?.firstSeenAtMs ?? nowMs) >= hourMs;
    case 'refuse':
      // What was seen for the first time just now has no metric yet.
      if (decision.reason === 'metric-missing') return nowMs - (record?.firstSeenAtMs ?? nowMs) >= hourMs;
      // A broker that is stopped, or on its way up, fills no disk.
      return decision.reason !== 'broker-not-live';
    case 'grow':
    case 'grow-filesystem':
    case 'escalate':
      return true;
  }
}

/** The name under which an operation with this decision calls a person: called once, then as a reminder. */
function callName(decision: GrowthDecision, { mode }: Cluster): string {
  if (decision.action === 'inspect') return 'inspection-impossible';
  if (decision.action === 'refuse' || decision.action === 'escalate') return callOf(decision.reason, decision);
  return mode === 'observe' ? 'observed' : '';
}

/** Shortened retention of the cluster, as far as this part of it tells whether it may be given back. */
export function reliefOf(
  { of }: PagePart,
  cluster: Cluster,
  brokers: readonly SurveyedBroker[],
  slot: string,
  nowMs: number,
  prices: Fleet['prices'],
): ReliefLook[] {
  const { name, policy } = cluster;
  const relief = brokers[0]?.facts.state.relief;
  if (relief === undefined) return [];
  const data = brokers.flatMap(({ facts, volumes }) =>
    volumes
      .filter(({ decision }) => decision.reason !== 'not-a-data-volume')
      .map(({ volume, decision }) => ({ facts, volume, decision })),
  );
  const used = data.map(({ decision }) => decision.evidence.usedFraction);
  const due = restoreDue({
    relief,
    usedFraction: used.includes(undefined) || used.length === 0 ? undefined : Math.max(...used.map(Number)),
    usedFractionTarget: policy.usedFractionTarget,
    growthBarred: data.some(({ facts, volume }) => {
      if (volume.notBefore !== undefined) return true;
      // Now that retention is short, growth is hardly due: what counts is whether it would be allowed.
      const asked = kindOf(cluster).decide({ volume, facts, cluster, prices, request: { action: 'grow' } });
      return asked.action === 'escalate' || asked.action === 'wait';
    }),
    nowMs,
  });
  const start: Wanted = {
    source: 'sweep',
    workflow: 'retention-restore',
    cluster: name,
    subject: `topics/${name}`,
    slot,
    reliefId: relief.reliefId,
  };
  return [{ start, isOver: due === 'deadline', hasRoom: due === 'room', of }];
}

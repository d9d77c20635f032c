import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Ledger, VolumeRecord } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, MetricsGateway, WorkflowsGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault } from '../runtime/fault.ts';
import {
  callOf,
  endInterrupted,
  isOver,
  remember,
  survey,
  type GrowthDecision,
  type SurveyedBroker,
} from '../storage/index.ts';
import type { Cluster, Fleet } from './fleet.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  ebs: EbsGateway;
  metrics: MetricsGateway;
  workflows: WorkflowsGateway;
}

const Input = z.object({ trigger: z.record(z.string(), z.unknown()), slot: z.string() });

/** One execution that the sweep wants; `start-workflow` takes it as it is. */
export interface Wanted {
  source: 'sweep';
  workflow: 'storage-scaling' | 'host-inspection';
  cluster: string;
  subject: string;
  slot: string;
}

const hourMs = 3_600_000;
/** The daily inspection is renewed well before an inspection is too old for a growth (24 h). */
const inspectAfterMs = 20 * hourMs;

/**
 * State `Sweep`: looks at the whole fleet, because alarms fire only on transitions (S7): a volume that stayed above its
 * threshold after a small step, a missed run, a cool-down that ended, a volume that no alarm covers. Starts nothing itself:
 * it lists what should be started. Run twice: the same list, and `start-workflow` starts each entry once.
 *
 * It also ends what nobody else does: the record of an operation that was stopped, and the call for a person whose cause
 * is gone.
 */
export const sweep =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ start: Wanted[]; volumes: number; left: number }> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const { clock, fleet, ledger, ebs, metrics } = dependencies;
    const nowMs = clock.nowMs();
    const wanted: Urgent[] = [];
    let volumes = 0;
    for (const cluster of fleet.clusters) {
      const interrupted = await endedByNobody(dependencies, cluster, nowMs);
      const brokers = await survey({ ledger, ebs, metrics, nowMs }, fleet, cluster);
      const records = new Map((await ledger.volumes(cluster.name)).map((record) => [record.volumeId, record]));
      for (const broker of brokers) {
        volumes += broker.volumes.length;
        await remember({ ledger, nowMs }, broker.facts);
        wanted.push(...inspectionsOf(broker, cluster, nowMs));
        const { slot } = parsed.data;
        wanted.push(...(await growthsOf(dependencies, { broker, cluster, records, interrupted, slot, nowMs })));
      }
    }
    const start = wanted
      .toSorted((a, b) => a.withinHours - b.withinHours)
      .slice(0, startsMax)
      .map(({ start: entry }) => entry);
    return { start, volumes, left: wanted.length - start.length };
  };

/** What should be started, and how soon. */
interface Urgent {
  start: Wanted;
  withinHours: number;
}

/** Keeps the sweep's own output and history short (256 KiB, 25,000 events); the rest is the next sweep's. */
const startsMax = 200;

/** Operations that are recorded as open though Step Functions closed them. Looked for once an hour. */
async function endedByNobody(
  { ledger, workflows, fleet }: Dependencies,
  cluster: Cluster,
  nowMs: number,
): Promise<Set<string>> {
  const subjects = new Set<string>();
  if (nowMs % hourMs >= fleet.sweepMinutes * 60_000) return subjects;
  for (const operation of await ledger.operations(cluster.name, { sinceMs: nowMs - 72 * hourMs, limit: 25 })) {
    if (operation.status !== 'running' && operation.status !== 'awaiting-approval') continue;
    const status = await workflows.status(operation.executionArn);
    if (status === 'RUNNING' || status === 'PENDING_REDRIVE') continue;
    if (await endInterrupted(ledger, operation.operationId, nowMs)) subjects.add(operation.subject);
  }
  return subjects;
}

/** Once per host and half hour: a broker that can't be reached is not asked in every sweep. */
function inspectionsOf(broker: SurveyedBroker, cluster: Cluster, nowMs: number): Urgent[] {
  const due = broker.volumes.find(({ volume }) => volume.instanceState === 'running' && isDue(volume, nowMs));
  if (due === undefined) return [];
  const attached = broker.volumes.map(({ volume }) => volume.volumeId).join(' ');
  // A host that has not answered for a day is asked less often: a person knows by then.
  const longSilent = due.volume.inspection !== undefined && nowMs - due.volume.inspection.atMs >= 24 * hourMs;
  const turn = Math.floor(nowMs / (longSilent ? hourMs : hourMs / 2));
  const start: Wanted = {
    source: 'sweep',
    workflow: 'host-inspection',
    cluster: cluster.name,
    subject: due.volume.instanceId,
    slot: `${turn} ${createHash('sha256').update(attached).digest('hex').slice(0, 16)}`,
  };
  return [{ start, withinHours: Number.MAX_VALUE }];
}

function isDue({ inspection, instanceId }: SurveyedBroker['volumes'][number]['volume'], nowMs: number): boolean {
  return inspection === undefined || inspection.instanceId !== instanceId || nowMs - inspection.atMs >= inspectAfterMs;
}

interface Scope {
  broker: SurveyedBroker;
  cluster: Cluster;
  records: Map<string, VolumeRecord>;
  interrupted: Set<string>;
  slot: string;
  nowMs: number;
}

async function growthsOf({ ledger, workflows }: Dependencies, scope: Scope): Promise<Urgent[]> {
  const { broker, cluster, records, interrupted, slot, nowMs } = scope;
  const urgent: Urgent[] = [];
  for (const { volume, decision } of broker.volumes) {
    const { volumeId } = volume;
    const record = records.get(volumeId);
    if (decision.action === 'keep') await closeCalls(ledger, cluster, record, nowMs);

    // What a stopped operation left reserved is given back by the next one, which may find nothing else to do.
    const leftOpen = interrupted.has(`volume/${volumeId}`) || broker.facts.state.reservations[volumeId] !== undefined;
    const standing = record?.escalations[callName(decision, cluster)];
    const told =
      standing !== undefined && nowMs - standing.remindedAtMs < cluster.policy.escalationReminderHours * hourMs;
    if (!leftOpen && (told || !worthAnExecution(decision, record, volume.inspection?.atMs, nowMs))) continue;
    // Who holds it grows it, or waits for EBS; a person is called all the same when there is too little time for that.
    const mayNotWait = decision.action === 'escalate' && !told;
    if (!mayNotWait && (await isBusy({ ledger, workflows }, volumeId))) continue;
    urgent.push({
      start: { source: 'sweep', workflow: 'storage-scaling', cluster: cluster.name, subject: volumeId, slot },
      withinHours: decision.evidence.fullInHours ?? Number.MAX_SAFE_INTEGER,
    });
  }
  return urgent;
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

async function isBusy(
  { ledger, workflows }: Pick<Dependencies, 'ledger' | 'workflows'>,
  volumeId: string,
): Promise<boolean> {
  const lease = await ledger.readLease(`volume/${volumeId}`);
  if (lease === undefined) return false;
  const status = await workflows.status(lease.executionArn);
  return status === 'RUNNING' || status === 'PENDING_REDRIVE';
}

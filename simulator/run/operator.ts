/**
 * The person who is called: reads the topic, needs hours to answer, and then does what the notification says would help.
 * Everything they do goes through the same functions as the operator's command line, or is done to a host by hand.
 */
import type { Simulation } from '../deploy/boot.ts';
import type { FillModel } from '../fill/index.ts';
import type { Random } from '../random.ts';
import type { NotificationRun, OperatorRun } from '../report/run-record.ts';
import type { WorldDisk } from './world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** What shortening the retention of the fattest topics leaves. */
const reliefFactor = 0.6;

export interface OperatorLog {
  notifications: NotificationRun[];
  actions: OperatorRun[];
}

interface Parts {
  simulation: Simulation;
  fill: FillModel;
  random: Random;
  world: readonly WorldDisk[];
  /** `none` only reads. */
  answers: 'hours' | 'none';
}

export function employOperator(parts: Parts): OperatorLog {
  const { simulation, random } = parts;
  const log: OperatorLog = { notifications: [], actions: [] };
  let requests = 0;
  const request = (): string => `operator-${(requests += 1)}`;

  simulation.sns.onPublish(({ subject, message, attributes, atMs }) => {
    const { kind = 'alarm', cluster = '', operationId = '' } = attributes;
    log.notifications.push({ atMs, kind, cluster, operationId, subject, text: message });
    if (parts.answers === 'none') return;
    if (kind === 'approval') later(simulation, answersAfterMs(subject, random), () => answer(parts, log, operationId));
    if (kind === 'escalation') {
      // Relief speaks of a cluster: what helps is done for all its brokers.
      const { outcome = '', volumeId = `msk/${cluster}` } = attributes;
      later(simulation, random.between(0.5, 4) * hourMs, () =>
        help(parts, log, { outcome, cluster, volumeId, operationId, request }),
      );
    }
  });
  return log;
}

/** Some answers come only after the reminder. A disk that is about to fill gets a person out of bed. */
function answersAfterMs(subject: string, random: Random): number {
  if (subject.includes('retention')) return random.between(0.1, 1.5) * hourMs;
  return (random.chance(0.15) ? random.between(4.1, 6) : random.between(0.1, 3)) * hourMs;
}

function later(simulation: Simulation, delayMs: number, act: () => Promise<void>): void {
  const { clock } = simulation;
  clock
    .spawnAt(clock.nowMs() + Math.round(delayMs / 1000) * 1000, () => simulation.cloud.invocation(act))
    .catch((error: unknown) => clock.fail(error));
}

async function answer(parts: Parts, log: OperatorLog, operationId: string): Promise<void> {
  const { simulation, random } = parts;
  const approval = await simulation.ledger.approval(operationId);
  if (approval === undefined || approval.answer !== undefined) return;
  const isRelief = approval.plan.topics !== undefined;
  const volumeId = isRelief ? `msk/${approval.cluster}` : String(approval.plan.volumeId);
  const approved = !random.chance(0.1);
  const { answered } = (await simulation.invoke('answer-approval', {
    operationId,
    planHash: approval.planHash,
    answer: approved ? 'approved' : 'rejected',
    by: 'operator',
  })) as { answered: boolean };
  // Too late, or it was asked anew: the next notification finds them.
  if (!answered) return;
  const atMs = simulation.clock.nowMs();
  const what = isRelief ? 'shorter retention' : 'the growth';
  log.actions.push({
    atMs,
    what: approved
      ? `approved ${what}`
      : `rejected ${what} and ${isRelief ? 'deleted by hand' : 'shortened retention'}`,
    operationId,
    volumeId,
  });
  if (!approved) makeRoom(parts, volumeId);
}

/** On a volume; on all brokers of an MSK cluster. */
function makeRoom({ simulation, fill, world }: Parts, storageId: string): void {
  for (const disk of world)
    if (disk.storageId === storageId) fill.shortenRetention(disk.volumeId, simulation.clock.nowMs(), reliefFactor);
}

interface Trouble {
  outcome: string;
  cluster: string;
  volumeId: string;
  operationId: string;
  request: () => string;
}

const hostTrouble = new Set(['host-unreachable', 'host-busy', 'filesystem-not-grown', 'inspection-impossible']);
const noRoom = new Set(['at-size-limit', 'growth-barred', 'cluster-cap', 'approval-expired', 'volume-quota']);
/** Where relief can't do it, or not alone. */
const noRelief = new Set([
  'shortened-partly',
  'shortened-not-enough',
  'nothing-shortened',
  'nothing-to-shorten',
  'weights-unknown',
  'fill-unknown',
  'no-topic-api',
  'topics-refused',
  'undo-not-armed',
]);

async function help(
  parts: Parts,
  log: OperatorLog,
  { outcome, cluster, volumeId, operationId, request }: Trouble,
): Promise<void> {
  const { simulation, world } = parts;
  const atMs = simulation.clock.nowMs();
  const did = (what: string): void => void log.actions.push({ atMs, what, operationId, volumeId });
  if (hostTrouble.has(outcome)) {
    const instanceId = world.find((disk) => disk.volumeId === volumeId)?.instanceId;
    if (instanceId !== undefined) simulation.ssm.setAgent(instanceId, 'up');
    did('restarted the SSM agent and asked for the file system to be grown');
    await simulation.invoke('start-workflow', {
      source: 'operator',
      workflow: 'storage-scaling',
      requestId: request(),
      by: 'operator',
      subject: volumeId,
      request: { action: 'grow-filesystem' },
    });
  } else if (noRoom.has(outcome) && (await isRelieved(simulation, cluster))) {
    did('left it to the retention relief');
  } else if (noRoom.has(outcome) || noRelief.has(outcome)) {
    makeRoom(parts, volumeId);
    did('shortened the retention of the topics that weigh most');
  } else {
    did('looked into it');
  }
}

/** Shorter retention is in force, or they have been asked about it. */
async function isRelieved({ ledger }: Simulation, cluster: string): Promise<boolean> {
  if ((await ledger.clusterState(cluster)).relief !== undefined) return true;
  const latest = await ledger.operations(cluster, { limit: 20 });
  return latest.some(({ workflow, endedAtMs }) => workflow === 'retention-relief' && endedAtMs === undefined);
}

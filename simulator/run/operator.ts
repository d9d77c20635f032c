/**
 * The person who is called: reads the topic, needs hours to answer, and then does what the notification says would help.
 * Everything they do goes through the same functions as the operator's command line, or is done to a host by hand.
 */
import type { Simulation } from '../deploy/boot.ts';
import type { FillModel } from '../fill/index.ts';
import type { Random } from '../random.ts';
import type { NotificationRun, OperatorRun } from '../report/run-record.ts';

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
  instanceOf: (volumeId: string) => string | undefined;
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
    if (kind === 'approval') {
      // Some answers come only after the reminder.
      const afterMs = random.chance(0.15) ? random.between(4.1, 6) * hourMs : random.between(0.1, 3) * hourMs;
      later(simulation, afterMs, () => answer(parts, log, operationId));
    }
    if (kind === 'escalation') {
      const { outcome = '', volumeId = '' } = attributes;
      later(simulation, random.between(0.5, 4) * hourMs, () =>
        help(parts, log, { outcome, volumeId, operationId, request }),
      );
    }
  });
  return log;
}

function later(simulation: Simulation, delayMs: number, act: () => Promise<void>): void {
  const { clock } = simulation;
  clock
    .spawnAt(clock.nowMs() + Math.round(delayMs / 1000) * 1000, () => simulation.cloud.invocation(act))
    .catch((error: unknown) => clock.fail(error));
}

async function answer({ simulation, fill, random }: Parts, log: OperatorLog, operationId: string): Promise<void> {
  const approval = await simulation.ledger.approval(operationId);
  if (approval === undefined || approval.answer !== undefined) return;
  const volumeId = String(approval.plan.volumeId);
  const approved = !random.chance(0.1);
  await simulation.invoke('answer-approval', {
    operationId,
    planHash: approval.planHash,
    answer: approved ? 'approved' : 'rejected',
    by: 'operator',
  });
  const atMs = simulation.clock.nowMs();
  log.actions.push({
    atMs,
    what: approved ? 'approved the growth' : 'rejected the growth and shortened retention',
    operationId,
    volumeId,
  });
  if (!approved) fill.shortenRetention(volumeId, atMs, reliefFactor);
}

interface Trouble {
  outcome: string;
  volumeId: string;
  operationId: string;
  request: () => string;
}

const hostTrouble = new Set(['host-unreachable', 'host-busy', 'filesystem-not-grown', 'inspection-impossible']);
const noRoom = new Set(['at-size-limit', 'growth-barred', 'cluster-cap', 'approval-expired', 'volume-quota']);

async function help(
  { simulation, fill, instanceOf }: Parts,
  log: OperatorLog,
  { outcome, volumeId, operationId, request }: Trouble,
): Promise<void> {
  const atMs = simulation.clock.nowMs();
  const did = (what: string): void => void log.actions.push({ atMs, what, operationId, volumeId });
  if (hostTrouble.has(outcome)) {
    const instanceId = instanceOf(volumeId);
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
  } else if (noRoom.has(outcome)) {
    fill.shortenRetention(volumeId, atMs, reliefFactor);
    did('shortened the retention of the topics that weigh most');
  } else {
    did('looked into it');
  }
}

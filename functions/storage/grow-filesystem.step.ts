import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Intent } from '../gateways/ledger/ledger.ts';
import type { EbsGateway, SsmGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { DefectFault, RefusedFault, TransientFault } from '../runtime/fault.ts';
import { utcDay } from './caps.ts';
import { subjectOf } from './change.ts';
import { dayMs } from './limits.ts';
import { clusterOf, Lease, Operation, parse } from './operation.ts';
import { judgeCommand } from './ec2/command.ts';
import { commandJudge, commandResource, park, type Waiters } from './waiting.ts';

interface Dependencies extends Waiters {
  clock: Clock;
  fleet: Fleet;
  ebs: EbsGateway;
  ssm: SsmGateway;
  /** Name of the SSM document that grows a file system. */
  document: string;
}

const Input = z.extend(Operation, { taskToken: z.string(), lease: Lease, targetGib: z.int(), instanceId: z.string() });
type Input = z.infer<typeof Input>;

const action = 'ssm:SendCommand';
/** SSM gives up delivering after this [SSM SendCommand TimeoutSeconds, ≥ 30]. */
const deliverySeconds = 300;
/** The script's own deadline. */
const executionSeconds = 900;
const reserveTriesMax = 5;

/**
 * State `GrowFilesystem` (task token): runs the idempotent script on the host. Run twice (a missed heartbeat, a retry): a
 * command that is still under way is waited for again, one that ended is judged, and only after that is another sent.
 *
 * @throws Paused, WorldChanged nothing was changed
 * @throws HostUnreachable the agent can't be reached; nothing was changed
 */
export const growFilesystem =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<{ commandId: string; waiting: 'parked' | 'answered' }> => {
    const input = parse(Input, event);
    const sent = await sentBefore(dependencies, input);
    const latest = sent.at(-1);
    const underWay =
      latest?.status === 'accepted' ? await stillUnderWay(dependencies, input, String(latest.answer)) : undefined;
    const commandId = underWay ?? (await send(dependencies, input, sent.length + 1));
    const waiting = await park(dependencies, commandJudge(dependencies), {
      resource: commandResource(commandId),
      token: input.taskToken,
      operationId: input.operationId,
      cluster: input.cluster,
      detail: { commandId, instanceId: input.instanceId, script: 'grow-filesystem' },
      sinceMs: dependencies.clock.nowMs(),
    });
    return { commandId, waiting };
  };

async function sentBefore({ ledger, clock }: Dependencies, input: Input): Promise<Intent[]> {
  const journal = await ledger.journal(subjectOf(input.subject), clock.nowMs() - 2 * dayMs);
  return journal.filter((intent) => intent.operationId === input.operationId && intent.action === action);
}

/** A command that succeeded counts too: its answer may be all that was missed. One whose answer can't be read does not. */
async function stillUnderWay({ ssm }: Dependencies, input: Input, commandId: string): Promise<string | undefined> {
  const detail = { commandId, instanceId: input.instanceId, script: 'grow-filesystem' };
  return (await judgeCommand(ssm, detail)).answer === 'failure' ? undefined : commandId;
}

async function send(dependencies: Dependencies, input: Input, attempt: number): Promise<string> {
  const { clock, fleet, ledger, ebs, ssm, document } = dependencies;
  const { operationId, subject: volumeId, instanceId } = input;
  const cluster = clusterOf(fleet, input.cluster);
  if (cluster.mode !== 'act') throw new RefusedFault('ObserveOnly', `cluster ${cluster.name} is in mode observe`);
  const volume = await ebs.volume(volumeId);
  if (
    volume?.attachments.some(
      (attachment) => attachment.instanceId === instanceId && attachment.state === 'attached',
    ) !== true
  ) {
    throw new RefusedFault('WorldChanged', `${volumeId} is no longer attached to ${instanceId}`);
  }
  const mountPoint = (await ledger.volume(input.cluster, volumeId))?.inspection?.mountPoint;
  if (mountPoint === undefined) throw new DefectFault('InputInvalid', `${volumeId} was never inspected`);

  const intent = {
    intentId: `${operationId}/${action}/${attempt}`,
    subject: subjectOf(volumeId),
    cluster: input.cluster,
  };
  const request = { document, instanceId, volumeId, mountPoint, minimumGib: volume.sizeGib };
  await reserve(dependencies, input, { ...intent, operationId, action, request, atMs: clock.nowMs() });
  try {
    const { commandId } = await ssm.sendCommand({
      documentName: document,
      instanceId,
      parameters: {
        VolumeId: [volumeId],
        MountPoint: [mountPoint],
        MinimumGib: [String(volume.sizeGib)],
        ExecutionTimeout: [String(executionSeconds)],
      },
      deliverySeconds,
      comment: `kafka-autopilot ${operationId}`,
    });
    await ledger.settleIntent({ intent, status: 'accepted', atMs: clock.nowMs(), answer: commandId });
    return commandId;
  } catch (error) {
    const lost = error instanceof Error && error.name === 'AnswerLost';
    await ledger.settleIntent({
      intent,
      status: lost ? 'unknown' : 'refused',
      atMs: clock.nowMs(),
      answer: error instanceof Error ? error.message.slice(0, 500) : 'unknown',
    });
    throw error;
  }
}

async function reserve({ clock, ledger }: Dependencies, input: Input, intent: Omit<Intent, 'status'>): Promise<void> {
  for (let tries = 1; tries <= reserveTriesMax; tries++) {
    const { version } = await ledger.clusterState(input.cluster);
    const reserved = await ledger.reserveIntent({
      intent,
      lease: input.lease,
      clusterVersion: version,
      day: utcDay(clock.nowMs()),
    });
    // The script is idempotent: an intent of a run that died before it settled may act again.
    if (reserved.reserved || reserved.because === 'intent-exists') return;
    if (reserved.because === 'paused')
      throw new RefusedFault('Paused', `cluster ${input.cluster} or the fleet is paused`);
    if (reserved.because === 'lease-lost')
      throw new RefusedFault('LeaseLost', `the lease of ${input.subject} was taken over`);
  }
  throw new TransientFault('LedgerBusy', `the bookkeeping of ${input.cluster} kept changing; nothing was changed`);
}

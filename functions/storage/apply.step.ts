import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Intent, Ledger } from '../gateways/ledger/ledger.ts';
import { VolumeModificationLimit } from '../gateways/faults.ts';
import type { EbsGateway, VolumeModification } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { Fault, RefusedFault, TransientFault } from '../runtime/fault.ts';
import { capacityLeft, utcDay } from './caps.ts';
import { usdPerGibMonth } from './decide.ts';
import { subjectOf } from './ec2/volume.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import { kindOf } from './kinds.ts';
import { clusterOf, Lease, Operation, parse } from './operation.ts';
import { whatCameOf } from './reconcile.ts';

interface Dependencies {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  ebs: EbsGateway;
}

const Input = z.extend(Operation, {
  lease: Lease,
  plan: z.object({
    cluster: z.string(),
    volumeId: z.string(),
    fromGib: z.int(),
    targetGib: z.int(),
    usdPerMonth: z.number(),
  }),
});
type Input = z.infer<typeof Input>;

export interface Applied {
  targetGib: number;
  startedAtMs: number;
}

/** How often the bookkeeping may have changed under our feet before the workflow's own retry takes over. */
const reserveTriesMax = 5;
const action = 'ec2:ModifyVolume';

/**
 * State `Apply`: intent, call, outcome. Re-reads the world first. Run twice: the intent stands already, so the world is
 * asked what came of it before anything is done again; a lost answer never becomes a second modification.
 *
 * @throws AnswerLost what the call did is not known yet; try again later
 * @throws WorldChanged the volume is no longer what was decided about; nothing was changed
 * @throws VolumeModificationLimit, ModificationInProgress and the gateway's other faults; nothing was changed
 */
export const apply =
  (dependencies: Dependencies) =>
  async (event: unknown): Promise<Applied> => {
    const input = parse(Input, event);
    const earlier = await dependencies.ledger.readIntent(subjectOf(input.subject), intentIdOf(input));
    return earlier === undefined ? begin(dependencies, input) : resume(dependencies, input, earlier);
  };

async function begin(dependencies: Dependencies, input: Input): Promise<Applied> {
  const { clock, ledger } = dependencies;
  for (let tries = 1; tries <= reserveTriesMax; tries++) {
    const nowMs = clock.nowMs();
    const { facts } = await checkAgain(dependencies, input, true);
    const { fromGib, targetGib, usdPerMonth } = input.plan;
    const reserved = await ledger.reserveIntent({
      intent: {
        intentId: intentIdOf(input),
        operationId: input.operationId,
        cluster: input.cluster,
        subject: subjectOf(input.subject),
        action,
        request: { volumeId: input.subject, sizeGib: targetGib, fromGib },
        atMs: nowMs,
      },
      lease: input.lease,
      clusterVersion: facts.state.version,
      reservation: { volumeId: input.subject, operationId: input.operationId, fromGib, toGib: targetGib, usdPerMonth },
      // The day whose sums were just checked: midnight may pass between two looks at the clock.
      day: utcDay(facts.nowMs),
    });
    if (reserved.reserved) return call(dependencies, input);
    if (reserved.because === 'intent-exists') return resume(dependencies, input, reserved.intent);
    if (reserved.because === 'paused')
      throw new RefusedFault('Paused', `cluster ${input.cluster} or the fleet is paused`);
    if (reserved.because === 'lease-lost')
      throw new RefusedFault('LeaseLost', `the lease of ${input.subject} was taken over`);
  }
  throw new TransientFault('LedgerBusy', `the bookkeeping of ${input.cluster} kept changing; nothing was changed`);
}

/** The intent stands: this is not the first run. */
async function resume(dependencies: Dependencies, input: Input, intent: Intent): Promise<Applied> {
  const { clock, ebs } = dependencies;
  const [modification] = await ebs.modifications([input.subject]);
  if (intent.status === 'accepted')
    return { targetGib: input.plan.targetGib, startedAtMs: modification?.startedAtMs ?? intent.atMs };
  if (intent.status === 'refused' || intent.status === 'not-done') {
    throw new RefusedFault('AlreadySettled', `the intent was settled as ${intent.status}: ${intent.answer ?? ''}`);
  }
  const came = whatCameOf(intent, modification, clock.nowMs());
  if (came === 'accepted' && modification !== undefined) return accepted(dependencies, input, modification);
  if (came === 'unclear')
    throw new TransientFault('AnswerLost', `whether ${input.subject} is being modified is not known yet`);
  // Long enough ago, and the world shows nothing: the call never took effect. The same intent may act now.
  try {
    await checkAgain(dependencies, input, false);
  } catch (error) {
    // It will not act any more under this intent: what was reserved for it is given back at once.
    if (error instanceof RefusedFault) await settle(dependencies, input, 'not-done', error.message);
    throw error;
  }
  return call(dependencies, input);
}

async function settle(
  { clock, ledger }: Dependencies,
  input: Input,
  status: 'unknown' | 'refused' | 'not-done',
  answer: string,
): Promise<void> {
  await ledger.settleIntent({
    intent: { intentId: intentIdOf(input), subject: subjectOf(input.subject), cluster: input.cluster },
    status,
    atMs: clock.nowMs(),
    answer: answer.slice(0, 500),
    ...(status === 'unknown' ? {} : { giveBack: { volumeId: input.subject } }),
  });
}

/** @throws WorldChanged, Paused */
async function checkAgain(
  dependencies: Dependencies,
  input: Input,
  withCaps: boolean,
): Promise<{ facts: ClusterFacts; volume: VolumeFacts }> {
  const { clock, fleet, ledger, ebs } = dependencies;
  const cluster = clusterOf(fleet, input.cluster);
  if (cluster.mode !== 'act') throw new RefusedFault('ObserveOnly', `cluster ${cluster.name} is in mode observe`);
  const noMetrics = { read: () => Promise.resolve([]) };
  const [facts] = await kindOf(cluster).look({ ledger, ebs, metrics: noMetrics, nowMs: clock.nowMs() }, cluster, {
    volumeId: input.subject,
    withMetrics: false,
  });
  const volume = facts?.volumes.find(({ volumeId }) => volumeId === input.subject);
  if (facts === undefined || volume === undefined)
    throw new RefusedFault('WorldChanged', `${input.subject} is no longer attached to a live broker`);
  if (facts.state.paused !== undefined || facts.fleetPaused)
    throw new RefusedFault('Paused', `cluster ${input.cluster} or the fleet is paused`);
  if (volume.sizeGib !== input.plan.fromGib)
    throw new RefusedFault('WorldChanged', `${input.subject} has ${volume.sizeGib} GiB, not ${input.plan.fromGib}`);
  if (volume.modification?.state === 'modifying' || volume.modification?.state === 'optimizing') {
    throw new TransientFault('ModificationInProgress', `${input.subject} is ${volume.modification.state}`);
  }
  const left = capacityLeft({ cluster, facts, volume, usdPerGibMonth: usdPerGibMonth(fleet.prices, volume) });
  const stepGib = input.plan.targetGib - input.plan.fromGib;
  if (withCaps && stepGib > Math.min(left.dayGib, left.clusterGib)) {
    throw new RefusedFault(
      'WorldChanged',
      `${stepGib} GiB no longer fit: ${left.dayGib} left today, ${left.clusterGib} in the cluster`,
    );
  }
  return { facts, volume };
}

async function call(dependencies: Dependencies, input: Input): Promise<Applied> {
  const { clock, ebs } = dependencies;
  let modification: VolumeModification;
  try {
    modification = await ebs.modify({ volumeId: input.subject, sizeGib: input.plan.targetGib });
  } catch (error) {
    const name = error instanceof Fault ? error.name : 'UnknownAwsError';
    const answer = error instanceof Error ? error.message : 'unknown';
    if (name === 'AnswerLost' || !(error instanceof Fault) || error.faultClass === 'defect') {
      await settle(dependencies, input, 'unknown', answer);
    } else if (name === 'ModificationInProgress') {
      // After a lost answer, "already being modified" may be our own first call.
      const ours = await ownModification(dependencies, input);
      if (ours !== undefined) return accepted(dependencies, input, ours);
      await settle(dependencies, input, 'refused', answer);
    } else if (name !== 'Throttled') {
      // Throttled is tried again under the same intent, which stays open.
      await settle(dependencies, input, 'refused', answer);
    }
    throw error instanceof VolumeModificationLimit ? withTime(error, input, clock.nowMs()) : error;
  }
  // Outside the try: EC2 has begun, so a ledger that can't be written now must not make a refusal of it.
  return accepted(dependencies, input, modification);
}

/** Says when in a form that the record can read. Where the service names only a distance, it counts from now: too late rather than too early. */
function withTime(error: VolumeModificationLimit, { subject }: Input, nowMs: number): Error {
  const retryAtMs = error.retryAtMs ?? (error.spacingMs === undefined ? undefined : nowMs + error.spacingMs);
  if (retryAtMs === undefined) return error;
  return new VolumeModificationLimit(
    `${subject} may be modified again at ${new Date(retryAtMs).toISOString()}`,
    { retryAtMs },
    { cause: error },
  );
}

async function ownModification(
  { ledger, ebs, clock }: Dependencies,
  input: Input,
): Promise<VolumeModification | undefined> {
  const [intent, [modification]] = await Promise.all([
    ledger.readIntent(subjectOf(input.subject), intentIdOf(input)),
    ebs.modifications([input.subject]),
  ]);
  const ours = intent !== undefined && whatCameOf(intent, modification, clock.nowMs()) === 'accepted';
  return ours ? modification : undefined;
}

async function accepted(
  { clock, ledger }: Dependencies,
  input: Input,
  modification: VolumeModification,
): Promise<Applied> {
  const atMs = clock.nowMs();
  await ledger.settleIntent({
    intent: { intentId: intentIdOf(input), subject: subjectOf(input.subject), cluster: input.cluster },
    status: 'accepted',
    atMs,
    answer: `${modification.state}, ${modification.originalGib} → ${modification.targetGib} GiB`,
  });
  await ledger.updateOperation(input.operationId, {
    note: { atMs, what: 'applied', detail: { fromGib: input.plan.fromGib, targetGib: input.plan.targetGib } },
  });
  return { targetGib: input.plan.targetGib, startedAtMs: modification.startedAtMs };
}

function intentIdOf({ operationId }: Pick<Input, 'operationId'>): string {
  return `${operationId}/${action}`;
}

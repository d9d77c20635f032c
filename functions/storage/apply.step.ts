import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Intent, Ledger } from '../gateways/ledger/ledger.ts';
import type { Clock } from '../runtime/clock.ts';
import { Fault, RefusedFault, TransientFault } from '../runtime/fault.ts';
import { utcDay } from './caps.ts';
import { matchesIntent, subjectOf } from './change.ts';
import type { ClusterFacts, VolumeFacts } from './facts.ts';
import type { Change, Services, StorageKind } from './kind.ts';
import { kindOf, kindOfVolume } from './kinds.ts';
import { clusterOf, Lease, Operation, parse } from './operation.ts';
import { whatCameOf } from './reconcile.ts';

interface Dependencies extends Services {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
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
  /** The service's own name of the change, where it has one. */
  reference?: string;
}

/** How often the bookkeeping may have changed under our feet before the workflow's own retry takes over. */
const reserveTriesMax = 5;

/**
 * State `Apply`: intent, call, outcome. Re-reads the world first. Run twice: the intent stands already, so the world is
 * asked what came of it before anything is done again; a lost answer never becomes a second modification.
 *
 * @throws AnswerLost what the call did is not known yet; try again later
 * @throws WorldChanged the storage is no longer what was decided about; nothing was changed
 * @throws the service's refusals (VolumeModificationLimit, StorageCoolDown, …); nothing was changed
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
    const { kind, facts, volume } = await checkAgain(dependencies, input, true);
    const { fromGib, targetGib, usdPerMonth } = input.plan;
    const reserved = await ledger.reserveIntent({
      intent: {
        intentId: intentIdOf(input),
        operationId: input.operationId,
        cluster: input.cluster,
        subject: subjectOf(input.subject),
        action: kind.action,
        request: { volumeId: input.subject, sizeGib: targetGib, fromGib },
        atMs: nowMs,
      },
      lease: input.lease,
      clusterVersion: facts.state.version,
      reservation: {
        volumeId: input.subject,
        operationId: input.operationId,
        ...kind.reservationOf(volume, input.plan),
        usdPerMonth,
      },
      // The day whose sums were just checked: midnight may pass between two looks at the clock.
      day: utcDay(facts.nowMs),
    });
    if (reserved.reserved) return call(dependencies, input, volume);
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
  const newest = await newestChange(dependencies, input, intent);
  if (intent.status === 'accepted') return appliedBy(input, standing(input, intent, newest));
  if (intent.status === 'refused' || intent.status === 'not-done') {
    throw new RefusedFault('AlreadySettled', `the intent was settled as ${intent.status}: ${intent.answer ?? ''}`);
  }
  const came = whatCameOf(intent, newest, dependencies.clock.nowMs());
  if (came === 'accepted' && newest !== undefined) return accepted(dependencies, input, newest);
  if (came === 'unclear')
    throw new TransientFault('AnswerLost', `whether ${input.subject} is being modified is not known yet`);
  // Long enough ago, and the world shows nothing: the call never took effect. The same intent may act now.
  let volume: VolumeFacts;
  try {
    ({ volume } = await checkAgain(dependencies, input, false));
  } catch (error) {
    // It will not act any more under this intent: what was reserved for it is given back at once.
    if (error instanceof RefusedFault) await settle(dependencies, input, 'not-done', error.message);
    throw error;
  }
  return call(dependencies, input, volume);
}

/** The change that was accepted. One that is followed by a name of its own is waited for until the service lists it. */
function standing(
  { subject }: Input,
  intent: Intent,
  newest: Change | undefined,
): Pick<Change, 'startedAtMs' | 'reference'> {
  if (newest !== undefined && matchesIntent(newest, intent)) return newest;
  if (!kindOfVolume(subject).hasFilesystem)
    throw new TransientFault('AnswerLost', `the change of ${subject} was accepted and is not listed yet`);
  return { startedAtMs: intent.atMs };
}

async function newestChange(dependencies: Dependencies, input: Input, intent: Intent): Promise<Change | undefined> {
  const cluster = clusterOf(dependencies.fleet, input.cluster);
  return kindOf(cluster).newestChange(dependencies, cluster, input.subject, intent);
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
): Promise<{ kind: StorageKind; facts: ClusterFacts; volume: VolumeFacts }> {
  const { clock, fleet, ledger, ebs, msk, scalingOwners } = dependencies;
  const cluster = clusterOf(fleet, input.cluster);
  if (cluster.mode !== 'act') throw new RefusedFault('ObserveOnly', `cluster ${cluster.name} is in mode observe`);
  const noMetrics = { read: () => Promise.resolve([]) };
  const kind = kindOf(cluster);
  const sources = { ledger, ebs, msk, scalingOwners, metrics: noMetrics, nowMs: clock.nowMs() };
  const [facts] = await kind.look(sources, cluster, { volumeId: input.subject, withMetrics: false });
  const volume = facts?.volumes.find(({ volumeId }) => volumeId === input.subject);
  if (facts === undefined || volume === undefined)
    throw new RefusedFault('WorldChanged', `${input.subject} is no longer there on a live broker`);
  if (facts.state.paused !== undefined || facts.fleetPaused)
    throw new RefusedFault('Paused', `cluster ${input.cluster} or the fleet is paused`);
  if (volume.sizeGib !== input.plan.fromGib)
    throw new RefusedFault('WorldChanged', `${input.subject} has ${volume.sizeGib} GiB, not ${input.plan.fromGib}`);
  kind.mayChange(volume);
  const left = kind.left({ cluster, facts, volume, prices: fleet.prices });
  const stepGib = input.plan.targetGib - input.plan.fromGib;
  if (withCaps && stepGib > Math.min(left.dayGib, left.clusterGib)) {
    throw new RefusedFault(
      'WorldChanged',
      `${stepGib} GiB no longer fit: ${left.dayGib} left today, ${left.clusterGib} in the cluster`,
    );
  }
  return { kind, facts, volume };
}

/** Answers after which the change may be there all the same: a first call of ours that got no answer may have made it. */
const perhapsOurs = new Set(['ModificationInProgress', 'ClusterNotActive', 'StorageUnchanged']);

async function call(dependencies: Dependencies, input: Input, volume: VolumeFacts): Promise<Applied> {
  const { clock, fleet, ledger, ebs, msk, scalingOwners } = dependencies;
  const cluster = clusterOf(fleet, input.cluster);
  let change: Change;
  try {
    change = await kindOf(cluster).change(
      { ledger, ebs, msk, scalingOwners, nowMs: clock.nowMs() },
      { cluster, volume, targetGib: input.plan.targetGib },
    );
  } catch (error) {
    const name = error instanceof Fault ? error.name : 'UnknownAwsError';
    const answer = error instanceof Error ? error.message : 'unknown';
    if (name === 'AnswerLost' || !(error instanceof Fault) || error.faultClass === 'defect') {
      await settle(dependencies, input, 'unknown', answer);
    } else if (perhapsOurs.has(name)) {
      const ours = await ownChange(dependencies, input);
      if (ours !== undefined) return accepted(dependencies, input, ours);
      await settle(dependencies, input, 'refused', answer);
    } else if (name !== 'Throttled') {
      // Throttled is tried again under the same intent, which stays open.
      await settle(dependencies, input, 'refused', answer);
    }
    throw error;
  }
  // Outside the try: the service has begun, so a ledger that can't be written now must not make a refusal of it.
  return accepted(dependencies, input, change);
}

async function ownChange(dependencies: Dependencies, input: Input): Promise<Change | undefined> {
  const intent = await dependencies.ledger.readIntent(subjectOf(input.subject), intentIdOf(input));
  if (intent === undefined) return undefined;
  const newest = await newestChange(dependencies, input, intent);
  return whatCameOf(intent, newest, dependencies.clock.nowMs()) === 'accepted' ? newest : undefined;
}

async function accepted({ clock, ledger }: Dependencies, input: Input, change: Change): Promise<Applied> {
  const atMs = clock.nowMs();
  await ledger.settleIntent({
    intent: { intentId: intentIdOf(input), subject: subjectOf(input.subject), cluster: input.cluster },
    status: 'accepted',
    atMs,
    answer: `${change.state}, ${change.originalGib} → ${change.targetGib} GiB`,
  });
  await ledger.updateOperation(input.operationId, {
    note: { atMs, what: 'applied', detail: { fromGib: input.plan.fromGib, targetGib: input.plan.targetGib } },
  });
  return appliedBy(input, change);
}

function appliedBy(input: Input, { startedAtMs, reference }: Pick<Change, 'startedAtMs' | 'reference'>): Applied {
  const { targetGib } = input.plan;
  return { targetGib, startedAtMs, ...(reference === undefined ? {} : { reference }) };
}

function intentIdOf({ operationId, subject }: Pick<Input, 'operationId' | 'subject'>): string {
  return `${operationId}/${kindOfVolume(subject).action}`;
}

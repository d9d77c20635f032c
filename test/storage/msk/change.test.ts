import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  AccessDenied,
  ClusterNotActive,
  StaleClusterVersion,
  StorageCoolDown,
  StorageStepTooSmall,
  UnknownRefusal,
} from '../../../functions/gateways/faults.ts';
import type { CoolDown } from '../../../functions/gateways/ledger/ledger.ts';
import type { MskStorageFacts } from '../../../functions/storage/facts.ts';
import { dayMs, hourMs } from '../../../functions/storage/limits.ts';
import { change, mayChange } from '../../../functions/storage/msk/change.ts';
import { newestChange } from '../../../functions/storage/msk/operations.ts';
import { outcomeOf } from '../../../functions/storage/outcome.ts';
import { aProvisioned } from '../../support/msk-world.ts';
import { anMskCluster, anMskStorage, clusterArn } from '../../support/storage-facts.ts';
import { minuteMs, mskWorld, type StorageWorld } from '../../support/storage-world.ts';

const cluster = anMskCluster();

const grow = (world: StorageWorld, volume: Partial<MskStorageFacts> = {}, targetGib = 134) =>
  change({ ...world, nowMs: world.clock.nowMs() }, { cluster, volume: anMskStorage(volume), targetGib });

/** What it throws, as the state machine and the record see it. */
async function refusalOf(world: StorageWorld, volume: Partial<MskStorageFacts> = {}) {
  const error = await grow(world, volume).then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  if (error === undefined) return { name: 'accepted', message: '', outcome: undefined };
  const { name, message } = error;
  return { name, message, outcome: outcomeOf({ failure: { Error: name, Cause: message } }) };
}

const coolDownOf = async (world: StorageWorld): Promise<CoolDown | undefined> => {
  const see = { cluster: 'payments', volumeId: 'msk/payments', ownerTags: {}, sizeGib: 100, nowMs: 0 };
  await world.ledger.seeVolume(see);
  return (await world.ledger.volume('payments', 'msk/payments'))?.coolDown;
};

describe('the call', () => {
  it('is for all brokers, with the present version', async () => {
    const world = mskWorld();
    world.msk.touch();
    const changed = await grow(world);
    expect(world.msk.requests).toEqual([{ clusterArn, currentVersion: 'K2', sizeGib: 134 }]);
    expect(changed).toEqual({
      volumeId: 'msk/payments',
      state: 'modifying',
      originalGib: 100,
      targetGib: 134,
      startedAtMs: world.clock.nowMs(),
      reference: world.msk.history[0]?.operationArn,
    });
  });

  it('carries provisioned throughput along as it is now, not as it was decided about', async () => {
    const world = mskWorld();
    world.msk.cluster().provisioned = aProvisioned({ throughputMibps: 300 });
    await grow(world, { throughputMibps: 250 });
    expect(world.msk.requests).toMatchObject([{ throughputMibps: 300 }]);
  });

  it('is made again at once with a fresh version, where somebody has updated the cluster in between', async () => {
    const world = mskWorld();
    world.msk.beforeNext = () => world.msk.touch();
    await grow(world);
    expect(world.msk.requests.map(({ currentVersion }) => currentVersion)).toEqual(['K1', 'K2']);
    expect(world.msk.history).toHaveLength(1);
  });

  it('not more than three times', async () => {
    const world = mskWorld();
    world.msk.trouble.push(...Array.from({ length: 9 }, () => new StaleClusterVersion('not current')));
    expect(await refusalOf(world)).toMatchObject({ name: 'StaleClusterVersion', outcome: { status: 'deferred' } });
    expect(world.msk.calls).toBe(3);
  });

  it('is not made again where the update in between has changed what was decided about', async () => {
    const world = mskWorld();
    world.msk.beforeNext = () => {
      world.msk.touch();
      world.msk.cluster().provisioned = aProvisioned({ volumeGib: 120 });
    };
    expect(await refusalOf(world)).toMatchObject({ name: 'WorldChanged' });
    expect(world.msk.calls).toBe(1);
  });

  it.each<[string, (world: StorageWorld) => void, string]>([
    ['another size', (world) => (world.msk.cluster().provisioned = aProvisioned({ volumeGib: 110 })), 'WorldChanged'],
    [
      'another number of brokers',
      (world) => (world.msk.cluster().provisioned = aProvisioned({ brokers: 6 })),
      'WorldChanged',
    ],
    ['no such cluster', (world) => (world.msk.all.length = 0), 'WorldChanged'],
    ['HEALING', (world) => (world.msk.cluster().state = 'HEALING'), 'ClusterNotActive'],
  ])('is not made at all for %s', async (_title, happen, name) => {
    const world = mskWorld();
    happen(world);
    expect(await refusalOf(world)).toMatchObject({ name });
    expect(world.msk.calls).toBe(0);
  });

  it.each([
    [new StorageStepTooSmall('at least 10 GiB'), 'refused'],
    [new AccessDenied('no'), 'escalated'],
    [new ClusterNotActive('UPDATING'), 'deferred'],
  ])('%s is passed on, and teaches nothing', async (error, status) => {
    const world = mskWorld();
    world.msk.trouble.push(error);
    expect(await refusalOf(world)).toMatchObject({ name: error.name, outcome: { status } });
    expect(await coolDownOf(world)).toBeUndefined();
  });

  it('writes nothing once MSK has accepted: a ledger that can’t be written makes no refusal of it', async () => {
    const world = mskWorld();
    world.table.refuse(9, { name: 'TransactionConflictException', httpStatusCode: 400 });
    expect(await refusalOf(world)).toMatchObject({ name: 'accepted' });
  });
});

describe('the last look before it', () => {
  it.each<[string, Partial<MskStorageFacts>, string | undefined]>([
    ['an ACTIVE cluster may be changed', {}, undefined],
    ['one that is UPDATING may not', { clusterState: 'UPDATING' }, 'ClusterNotActive'],
    ['nor one whose storage is being changed', { modification: running() }, 'ModificationInProgress'],
    ['one whose last change has ended may', { modification: { ...running(), state: 'completed' } }, undefined],
    ['and one whose last change has failed', { modification: { ...running(), state: 'failed' } }, undefined],
  ])('%s', (_title, volume, name) => {
    let thrown: unknown;
    try {
      mayChange(anMskStorage(volume));
    } catch (error) {
      thrown = error;
    }
    expect((thrown as Error | undefined)?.name).toBe(name);
  });
});

function running() {
  return { volumeId: 'msk/payments', state: 'modifying' as const, originalGib: 1, targetGib: 2, startedAtMs: 0 };
}

const unknown = () => new UnknownRefusal('Computer says no.');
const coolDown = () => new StorageCoolDown('storage is optimizing');

describe('a cool-down that is known', () => {
  it.each([
    ['a millisecond before its end MSK is not asked', 6 * hourMs - 1, 'StorageCoolDown', 0],
    ['at its end it is', 6 * hourMs, 'accepted', 1],
  ])('%s', async (_title, agoMs, name, calls) => {
    const world = mskWorld();
    expect(await refusalOf(world, { changedAtMs: world.clock.nowMs() - agoMs })).toMatchObject({ name });
    expect(world.msk.calls).toBe(calls);
  });

  it('says when to try again', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    const { outcome } = await refusalOf(world, {
      changedAtMs: nowMs - 7 * hourMs,
      coolDown: { changeAtMs: 0, refusals: 0, learntMs: 9 * hourMs },
    });
    expect(outcome).toMatchObject({ status: 'deferred', outcome: 'cool-down', retryAtMs: nowMs + 2 * hourMs });
  });
});

describe('a refusal', () => {
  it.each([
    ['in words for the cool-down', coolDown(), 'StorageCoolDown', 'cool-down', 'deferred'],
    ['in words that nobody knows', unknown(), 'UnknownRefusalInCoolDown', 'unknown-text', 'refused'],
  ])(
    '%s, within a day of a change, is the cool-down: tried again after six hours',
    async (_title, error, name, outcome, status) => {
      const world = mskWorld();
      const nowMs = world.clock.nowMs();
      world.msk.trouble.push(error);
      const refusal = await refusalOf(world, { changedAtMs: nowMs - 20 * hourMs });
      expect(refusal).toMatchObject({ name, outcome: { outcome, status, retryAtMs: nowMs + 6 * hourMs } });
      expect(refusal.message).toContain(error.message);
      expect(await coolDownOf(world)).toEqual({
        changeAtMs: nowMs - 20 * hourMs,
        refusals: 1,
        learntMs: 20 * hourMs,
      });
    },
  );

  it.each([
    ['a day after a change it is the cool-down', dayMs, 'UnknownRefusalInCoolDown'],
    ['a millisecond later it is a person’s', dayMs + 1, 'UnknownRefusal'],
  ])('in unknown words: %s', async (_title, agoMs, name) => {
    const world = mskWorld();
    world.msk.trouble.push(unknown());
    expect(await refusalOf(world, { changedAtMs: world.clock.nowMs() - agoMs })).toMatchObject({ name });
  });

  it('in unknown words without a change is not tried again by itself, nor counted', async () => {
    const world = mskWorld();
    for (const _try of [1, 2]) {
      world.msk.trouble.push(unknown());
      const { name, outcome } = await refusalOf(world);
      expect(name).toBe('UnknownRefusal');
      expect(outcome).toMatchObject({ status: 'refused', outcome: 'unknown-text', escalate: true });
      expect(outcome?.pauseMs).toBeGreaterThanOrEqual(7 * dayMs);
    }
    expect(await coolDownOf(world)).toBeUndefined();
  });

  it('in words for the cool-down, though no change is known, is one all the same', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    world.msk.trouble.push(coolDown());
    expect(await refusalOf(world)).toMatchObject({ outcome: { retryAtMs: nowMs + 6 * hourMs } });
    expect(await coolDownOf(world)).toEqual({ changeAtMs: nowMs, refusals: 1, learntMs: 0 });
  });
});

/** Tries as the sweep makes them, each at the time that the one before named. */
async function triesUntilItEnds(world: StorageWorld, error: () => Error, changedAtMs: number) {
  const tries: { name: string; afterMs: number }[] = [];
  let atMs = world.clock.nowMs();
  for (let count = 0; count < 40; count++) {
    world.msk.trouble.push(error());
    const known = await coolDownOf(world);
    // As far back as a look reads.
    const isSeen = world.clock.nowMs() - changedAtMs <= Math.max(dayMs, known?.learntMs ?? 0) + dayMs;
    const refusal = await refusalOf(world, {
      ...(isSeen ? { changedAtMs } : {}),
      ...(known === undefined ? {} : { coolDown: known }),
    });
    tries.push({ name: refusal.name, afterMs: world.clock.nowMs() - atMs });
    atMs = world.clock.nowMs();
    if (refusal.outcome?.retryAtMs === undefined) break;
    world.clock.advance(refusal.outcome.retryAtMs - atMs);
  }
  return tries;
}

describe('a cool-down that goes on', () => {
  it.each([
    ['words that nobody knows', unknown, 'UnknownRefusalInCoolDown'],
    ['words for it', coolDown, 'StorageCoolDown'],
  ])('in %s is tried after six hours, then hourly, 24 times, then a person is called', async (_title, error, name) => {
    const world = mskWorld();
    const changedAtMs = world.clock.nowMs() - 6 * hourMs;
    const tries = await triesUntilItEnds(world, error, changedAtMs);
    expect(tries.map((one) => one.name)).toEqual([...Array.from({ length: 24 }, () => name), 'CoolDownEndless']);
    expect(tries.map(({ afterMs }) => afterMs / hourMs)).toEqual([0, 6, ...Array.from({ length: 23 }, () => 1)]);
    // Learnt up to the last of its tries: the change was six hours old at the first.
    expect(await coolDownOf(world)).toMatchObject({ changeAtMs: changedAtMs, learntMs: (6 + 6 + 22) * hourMs });
  });

  it('that has ended in a call is told so each time, and is not learnt from any more', async () => {
    const world = mskWorld();
    const changedAtMs = world.clock.nowMs() - 6 * hourMs;
    await triesUntilItEnds(world, unknown, changedAtMs);
    const before = await coolDownOf(world);
    world.clock.advance(dayMs);
    world.msk.trouble.push(unknown());
    const refusal = await refusalOf(world, { changedAtMs, coolDown: before! });
    expect(refusal).toMatchObject({ name: 'CoolDownEndless', outcome: { status: 'escalated', escalate: true } });
    expect((await coolDownOf(world))?.learntMs).toBe(before?.learntMs);
  });

  it('begins anew after a change that took effect since, and keeps what it has learnt', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    const known = { changeAtMs: nowMs - 3 * dayMs, refusals: 5, learntMs: 10 * hourMs };
    world.msk.trouble.push(coolDown());
    const changedAtMs = nowMs - 12 * hourMs;
    expect(await refusalOf(world, { changedAtMs, coolDown: known })).toMatchObject({
      outcome: { retryAtMs: nowMs + 6 * hourMs },
    });
    expect(await coolDownOf(world)).toEqual({ changeAtMs: changedAtMs, refusals: 1, learntMs: 12 * hourMs });
  });

  it('keeps the longest that it has learnt', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    const known = { changeAtMs: nowMs - 9 * dayMs, refusals: 0, learntMs: 10 * hourMs };
    world.msk.trouble.push(coolDown());
    await refusalOf(world, { changedAtMs: nowMs - 10 * hourMs, coolDown: known });
    expect(await coolDownOf(world)).toMatchObject({ learntMs: 10 * hourMs });
  });

  it('is not taken for one by refusals of weeks ago', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    const old = { changeAtMs: nowMs - 30 * dayMs, refusals: 3, learntMs: 8 * hourMs };
    world.msk.trouble.push(unknown());
    expect(await refusalOf(world, { coolDown: old })).toMatchObject({ name: 'UnknownRefusal' });
    world.msk.trouble.push(coolDown());
    await refusalOf(world, { coolDown: old });
    expect(await coolDownOf(world)).toEqual({ changeAtMs: nowMs, refusals: 1, learntMs: 8 * hourMs });
  });

  it('what was learnt stays after MSK has accepted', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    world.msk.trouble.push(coolDown());
    await refusalOf(world, { changedAtMs: nowMs - 8 * hourMs });
    const learnt = await coolDownOf(world);
    expect(learnt).toMatchObject({ learntMs: 8 * hourMs });
    world.clock.advance(6 * hourMs);
    expect(await refusalOf(world, { changedAtMs: nowMs - 8 * hourMs, coolDown: learnt! })).toMatchObject({
      name: 'accepted',
    });
    expect(await coolDownOf(world)).toEqual(learnt);
  });

  it('never makes a call inside what is known, whatever was refused before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 20 * hourMs }), known: fc.boolean() }), {
          maxLength: 8,
        }),
        fc.integer({ min: 0, max: 20 * hourMs }),
        async (tries, sinceMs) => {
          const world = mskWorld();
          const changedAtMs = world.clock.nowMs() - sinceMs;
          for (const { waitMs, known } of tries) {
            world.clock.advance(waitMs);
            const learnt = await coolDownOf(world);
            const calls = world.msk.calls;
            world.msk.trouble.push(known ? coolDown() : unknown());
            await refusalOf(world, { changedAtMs, ...(learnt === undefined ? {} : { coolDown: learnt }) });
            const ageMs = world.clock.nowMs() - changedAtMs;
            const isKnown = ageMs < Math.max(6 * hourMs, learnt?.learntMs ?? 0);
            expect(world.msk.calls - calls).toBe(isKnown ? 0 : 1);
            if (isKnown) world.msk.trouble.length = 0;
            const after = await coolDownOf(world);
            expect(after?.learntMs ?? 0).toBeGreaterThanOrEqual(learnt?.learntMs ?? 0);
            expect(after?.learntMs ?? 0).toBeLessThanOrEqual(Math.max(ageMs, learnt?.learntMs ?? 0));
          }
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });
});

const newest = (world: StorageWorld, atMs: number) =>
  newestChange(world, cluster, 'msk/payments', { atMs, request: { sizeGib: 134 } });

describe('what came of a call without an answer', () => {
  it('is read from the list of operations', async () => {
    const world = mskWorld();
    const atMs = world.clock.nowMs();
    world.msk.begin(clusterArn, 134);
    expect(await newest(world, atMs)).toMatchObject({
      state: 'modifying',
      targetGib: 134,
      reference: world.msk.history[0]?.operationArn,
    });
  });

  it('and from the cluster itself, while the list lags behind', async () => {
    const world = mskWorld();
    world.msk.listLagMs = hourMs;
    world.msk.begin(clusterArn, 134);
    expect(await newest(world, world.clock.nowMs())).toMatchObject({ targetGib: 134 });
  });

  it('is the one that was announced, though another one came after it', async () => {
    const world = mskWorld();
    const atMs = world.clock.nowMs();
    world.msk.begin(clusterArn, 134);
    world.clock.advance(20 * minuteMs);
    world.msk.begin(clusterArn, 200);
    expect(await newest(world, atMs)).toMatchObject({ targetGib: 134 });
  });

  it('is nothing, where MSK knows of none', async () => {
    const world = mskWorld();
    expect(await newest(world, world.clock.nowMs())).toBeUndefined();
  });
});

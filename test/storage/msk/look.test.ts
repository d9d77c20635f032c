import { describe, expect, it } from '@jest/globals';
import type { Intent } from '../../../functions/gateways/ledger/ledger.ts';
import type { MskOperation } from '../../../functions/gateways/types.ts';
import type { MskStorageFacts } from '../../../functions/storage/facts.ts';
import type { SeenCluster } from '../../../functions/storage/msk/look.ts';
import { facts, list, look } from '../../../functions/storage/msk/look.ts';
import { dayMs, hourMs } from '../../../functions/storage/limits.ts';
import { aProvisioned, aSeenCluster, FakeMsk } from '../../support/msk-world.ts';
import { anMskCluster, clusterArn } from '../../support/storage-facts.ts';
import { executionArn, minuteMs, mskWorld, type StorageWorld } from '../../support/storage-world.ts';

const cluster = anMskCluster();
const subject = 'storage/payments';
const action = 'kafka:UpdateBrokerStorage';

async function seen(world: StorageWorld, withMetrics = true): Promise<MskStorageFacts> {
  const [first] = await look({ ...world, nowMs: world.clock.nowMs() }, cluster, { withMetrics });
  const storage = first?.volumes[0];
  if (storage === undefined) throw new Error('nothing was seen');
  return storage;
}

/** As the sweep sees it. */
async function swept(world: StorageWorld, lastDay = false): Promise<MskStorageFacts> {
  const sources = { ...world, nowMs: world.clock.nowMs() };
  const listed = [...(await list(world, [cluster])).values()].flat().map((entry) => entry.seen);
  const [first] = await facts(sources, cluster, listed, { withMetrics: true, lastDay, elsewhereGib: 0 });
  const storage = first?.volumes[0];
  if (storage === undefined) throw new Error('nothing was seen');
  return storage;
}

/** As an operation of ours left it. */
async function journal(world: StorageWorld, change: Partial<Intent> = {}): Promise<void> {
  const { status = 'accepted', atMs = world.clock.nowMs(), operationId = 'op-1', ...rest } = change;
  const name = { name: subject, operationId, executionArn: executionArn(operationId) };
  const taken = await world.ledger.takeLease({ ...name, nowMs: atMs });
  if (!taken.taken) throw new Error('held');
  const intent = {
    intentId: `${operationId}/${action}`,
    operationId,
    cluster: 'payments',
    subject,
    action,
    request: { volumeId: 'msk/payments', sizeGib: 134, fromGib: 100 },
    atMs,
    ...rest,
  };
  await world.ledger.reserveIntent({
    intent,
    lease: taken.lease,
    clusterVersion: (await world.ledger.clusterState('payments')).version,
    day: '2026-11-21',
  });
  if (status !== 'intended') await world.ledger.settleIntent({ intent, status, atMs });
  await world.ledger.releaseLease(taken.lease);
}

describe('what MSK shows', () => {
  it('is one storage of all brokers', async () => {
    const world = mskWorld();
    expect(await seen(world)).toMatchObject({
      volumeId: 'msk/payments',
      clusterState: 'ACTIVE',
      currentVersion: 'K1',
      sizeGib: 100,
      volumes: 3,
      storageMode: 'LOCAL',
      brokers: [
        { brokerId: 1, usedFraction: 0.8 },
        { brokerId: 2, usedFraction: 0.8 },
        { brokerId: 3, usedFraction: 0.8 },
      ],
      ownerTags: { owner: 'payments' },
      past: [],
      growths: [],
    });
  });

  it('provisioned throughput, tiered storage, who else scales it', async () => {
    const world = mskWorld();
    world.msk.all[0] = aSeenCluster({ provisioned: aProvisioned({ storageMode: 'TIERED', throughputMibps: 250 }) });
    world.scalingOwners.targets.push({ clusterArn, sizeGibMax: 500 });
    expect(await seen(world)).toMatchObject({
      storageMode: 'TIERED',
      throughputMibps: 250,
      scalingTarget: { sizeGibMax: 500 },
    });
  });

  it('is nothing, where there is no such cluster', async () => {
    const world = mskWorld();
    world.msk.all.length = 0;
    expect(await seen(world)).toMatchObject({ clusterState: 'NOT_FOUND', sizeGib: 0, volumes: 0 });
    expect(world.metrics.asked).toEqual([]);
  });

  it('the size of its first sight, once it has one', async () => {
    const world = mskWorld();
    const see = { cluster: 'payments', volumeId: 'msk/payments', ownerTags: {}, nowMs: world.clock.nowMs() };
    await world.ledger.seeVolume({ ...see, sizeGib: 0 });
    expect(await seen(world)).toMatchObject({ firstSeenGib: 100 });
  });

  it('without metrics asks for none', async () => {
    const world = mskWorld();
    await seen(world, false);
    expect(world.metrics.asked).toEqual([]);
  });
});

describe('list', () => {
  it('asks once for all clusters, and tells of each', async () => {
    const world = mskWorld();
    const otherArn = clusterArn.replace('payments-prod', 'clicks');
    world.msk.all.push(aSeenCluster({ clusterArn: otherArn, provisioned: aProvisioned({ brokers: 6 }) }));
    let calls = 0;
    const clustersOf = world.msk.clusters.bind(world.msk);
    world.msk.clusters = (arns) => {
      calls += 1;
      return clustersOf(arns);
    };
    const gone = anMskCluster({ name: 'gone', clusterArn: clusterArn.replace('payments-prod', 'gone') });
    const listed = await list(world, [cluster, anMskCluster({ name: 'clicks', clusterArn: otherArn }), gone]);
    expect(calls).toBe(1);
    expect([...listed].map(([name, [entry]]) => [name, entry?.volumes, entry?.totalGib])).toEqual([
      ['payments', 3, 300],
      ['clicks', 6, 600],
      ['gone', 0, 0],
    ]);
  });

  it('asks nothing for a fleet without MSK', async () => {
    const world = mskWorld();
    world.msk.clusters = () => Promise.reject(new Error('asked'));
    expect(await list(world, [])).toEqual(new Map());
  });
});

const usedBy =
  (used: Record<number, number>) =>
  (brokerId: number): number | undefined =>
    used[brokerId];

describe('how full it is', () => {
  it('is how full its fullest broker is', async () => {
    const world = mskWorld();
    world.brokerUsedGib = usedBy({ 1: 40, 2: 80, 3: 60 });
    const { recent, hourly, rivals } = await seen(world);
    expect([recent?.usedFractions.at(-1), hourly?.usedFractions.at(-1)]).toEqual([0.8, 0.8]);
    expect(rivals).toBeUndefined();
  });

  it('a broker that will be full before the fullest one comes along', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    const rising = (atMs: number) => 60 + (2 * (atMs - nowMs)) / hourMs;
    world.brokerUsedGib = (brokerId, atMs) => (brokerId > 3 ? undefined : brokerId === 2 ? rising(atMs) : 65);
    const { recent, rivals } = await seen(world);
    expect(recent?.usedFractions.at(-1)).toBe(0.65);
    expect(rivals).toHaveLength(1);
    expect(rivals?.[0]?.recent.usedFractions.at(-1)).toBeCloseTo(0.6, 2);
  });

  it('a broker that reports nothing does not hide behind the others', async () => {
    const world = mskWorld();
    world.brokerUsedGib = usedBy({ 1: 80, 3: 80 });
    const { recent, brokers } = await seen(world);
    expect(recent?.timesMs).toEqual([]);
    expect(brokers).toContainEqual({ brokerId: 2 });
  });

  it.each([
    ['that has just reported', 20 * minuteMs, 0.8],
    ['whose newest reading is too old', 20 * minuteMs + 5 * minuteMs, undefined],
  ])('a broker %s', async (_title, silentMs, usedFraction) => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    world.brokerUsedGib = (brokerId, atMs) =>
      brokerId > 3 || (brokerId === 3 && atMs > nowMs - silentMs) ? undefined : 80;
    const { brokers, recent } = await seen(world);
    expect(brokers[2]?.usedFraction).toBe(usedFraction);
    const newestMs = recent?.timesMs.at(-1) ?? 0;
    expect(nowMs - newestMs > 20 * minuteMs).toBe(usedFraction === undefined);
  });

  it('while MSK replaces brokers, those that report say how urgent it is', async () => {
    const world = mskWorld();
    world.brokerUsedGib = usedBy({ 1: 70, 3: 85 });
    world.msk.cluster().state = 'HEALING';
    expect((await seen(world)).recent?.usedFractions.at(-1)).toBe(0.85);
  });

  it('ids may have gaps once brokers were removed', async () => {
    const world = mskWorld();
    world.brokerUsedGib = usedBy({ 1: 50, 5: 80, 6: 60 });
    const { brokers, recent } = await seen(world);
    expect(brokers.map(({ brokerId }) => brokerId)).toEqual([1, 5, 6]);
    expect(recent?.usedFractions.at(-1)).toBe(0.8);
  });

  it('a broker that is gone is not looked for where all report', async () => {
    const world = mskWorld();
    await seen(world);
    expect(new Set(world.metrics.asked.map(({ dimensions }) => dimensions['Broker ID']))).toEqual(
      new Set(['1', '2', '3']),
    );
    expect(world.metrics.asked[0]).toMatchObject({
      namespace: 'AWS/Kafka',
      name: 'KafkaDataLogsDiskUsed',
      dimensions: { 'Cluster Name': 'payments-prod' },
      stat: 'Maximum',
    });
  });

  it('the last day is read by the sweep only where it can change something', async () => {
    const world = mskWorld();
    world.brokerUsedGib = usedBy({ 1: 30, 2: 30, 3: 30 });
    expect(await swept(world)).not.toHaveProperty('hourly');
    expect(await swept(world, true)).toHaveProperty('hourly');
    const nowMs = world.clock.nowMs();
    // Not the fullest one.
    world.brokerUsedGib = (brokerId, atMs) =>
      brokerId > 3 ? undefined : brokerId === 1 ? 20 + (atMs - nowMs) / hourMs : 30;
    expect(await swept(world)).toHaveProperty('hourly');
  });
});

describe('when it was changed', () => {
  it('is when the newest operation ended', async () => {
    const world = mskWorld();
    const startMs = world.clock.nowMs();
    world.msk.begin(clusterArn, 134);
    world.clock.advance(hourMs);
    const { changedAtMs, modification, growths, sizeGib } = await seen(world);
    expect(changedAtMs).toBe(startMs + world.msk.operationMs);
    expect(modification).toMatchObject({ state: 'completed', originalGib: 100, targetGib: 134, startedAtMs: startMs });
    expect(growths).toEqual([{ atMs: startMs, fromGib: 100, doneAtMs: startMs + 20 * minuteMs }]);
    expect(sizeGib).toBe(134);
  });

  it('is its start, while it runs', async () => {
    const world = mskWorld();
    world.msk.begin(clusterArn, 134);
    expect(await seen(world)).toMatchObject({
      changedAtMs: world.clock.nowMs(),
      modification: { state: 'modifying' },
      growths: [{ doneAtMs: Number.MAX_SAFE_INTEGER }],
      clusterState: 'UPDATING',
    });
  });

  it('is seen of a running operation that the list does not have yet', async () => {
    const world = mskWorld();
    world.msk.listLagMs = hourMs;
    world.msk.begin(clusterArn, 134);
    expect(await seen(world)).toMatchObject({ modification: { state: 'modifying', targetGib: 134 } });
    expect(await swept(world)).toMatchObject({ modification: { state: 'modifying' } });
  });

  it('an operation that failed took no effect', async () => {
    const world = mskWorld();
    world.msk.failure = 'no capacity';
    world.msk.begin(clusterArn, 134);
    await journal(world);
    world.clock.advance(hourMs);
    const { changedAtMs, modification, growths } = await seen(world);
    expect(changedAtMs).toBeUndefined();
    expect(growths).toEqual([]);
    expect(modification).toMatchObject({ state: 'failed', statusMessage: 'no capacity' });
  });

  it('does not end with one that failed after it', async () => {
    const world = mskWorld();
    world.msk.begin(clusterArn, 134);
    const doneMs = world.clock.nowMs() + world.msk.operationMs;
    world.clock.advance(hourMs);
    world.msk.failure = 'no capacity';
    world.msk.begin(clusterArn, 200);
    world.clock.advance(hourMs);
    expect(await seen(world)).toMatchObject({ changedAtMs: doneMs, modification: { state: 'failed' } });
  });

  it('is known from the journal where MSK’s list has forgotten it', async () => {
    const world = mskWorld();
    const atMs = world.clock.nowMs();
    await journal(world);
    world.clock.advance(2 * hourMs);
    expect(await seen(world)).toMatchObject({
      changedAtMs: atMs,
      growths: [{ atMs, fromGib: 100, doneAtMs: atMs + hourMs }],
    });
  });

  it.each(['refused', 'not-done', 'unknown', 'intended'] as const)('not from an intent that is %s', async (status) => {
    const world = mskWorld();
    await journal(world, { status });
    expect(await seen(world)).not.toHaveProperty('changedAtMs');
  });

  it('counts one change once, though list and journal tell of it', async () => {
    const world = mskWorld();
    await journal(world);
    world.msk.begin(clusterArn, 134);
    world.clock.advance(hourMs);
    expect((await seen(world)).past).toHaveLength(1);
  });

  it('takes the size before from the journal, where the operation does not tell it', async () => {
    const world = mskWorld();
    await journal(world);
    world.msk.begin(clusterArn, 134);
    world.clock.advance(hourMs);
    const [{ fromGib: _, ...operation } = { targetGib: 134 }] = world.msk.history;
    world.msk.storageOperations = () => Promise.resolve([operation as MskOperation]);
    expect((await seen(world)).growths).toMatchObject([{ fromGib: 100 }]);
  });

  it('an operation without sizes bars the next one, and is no growth', async () => {
    const world = mskWorld();
    const startedAtMs = world.clock.nowMs() - hourMs;
    world.msk.storageOperations = () =>
      Promise.resolve([{ operationArn: 'arn', type: 'UPDATE_STORAGE', state: 'UPDATE_COMPLETE', startedAtMs }]);
    const { changedAtMs, growths, modification } = await seen(world);
    expect({ changedAtMs, growths, modification }).toEqual({ changedAtMs: startedAtMs, growths: [] });
  });

  it('one that ended in a state that nobody knows counts as done', async () => {
    const world = mskWorld();
    const endedAtMs = world.clock.nowMs() - hourMs;
    const operation = { operationArn: 'arn', type: 'X', state: 'DREAMT', startedAtMs: 0, fromGib: 90, targetGib: 100 };
    world.msk.storageOperations = () => Promise.resolve([{ ...operation, endedAtMs }]);
    expect(await seen(world)).toMatchObject({ changedAtMs: endedAtMs, modification: { state: 'completed' } });
    world.msk.storageOperations = () => Promise.resolve([operation]);
    expect(await seen(world)).toMatchObject({ modification: { state: 'modifying' } });
  });

  it('is looked for as far back as this cluster’s cool-down and a day’s operation reach', async () => {
    const world = mskWorld();
    const asked: number[] = [];
    const operationsOf = FakeMsk.prototype.storageOperations.bind(world.msk);
    world.msk.storageOperations = (arn, sinceMs) => {
      asked.push(sinceMs);
      return operationsOf(arn, sinceMs);
    };
    await seen(world);
    const see = { cluster: 'payments', volumeId: 'msk/payments', ownerTags: {}, sizeGib: 100, nowMs: 0 };
    await world.ledger.seeVolume(see);
    await world.ledger.setCoolDown('payments', 'msk/payments', { changeAtMs: 0, refusals: 9, learntMs: 40 * hourMs });
    await seen(world);
    expect(asked.map((sinceMs) => world.clock.nowMs() - sinceMs)).toEqual([2 * dayMs, 64 * hourMs]);
  });
});

const countOperations = (world: StorageWorld): (() => number) => {
  let calls = 0;
  const operationsOf = world.msk.storageOperations.bind(world.msk);
  world.msk.storageOperations = (arn, sinceMs) => {
    calls += 1;
    return operationsOf(arn, sinceMs);
  };
  return () => calls;
};

describe('the sweep', () => {
  it('asks for operations only where something says that there may be one', async () => {
    const world = mskWorld();
    const calls = countOperations(world);
    await swept(world);
    expect(calls()).toBe(0);
    await journal(world, { status: 'refused' });
    await swept(world);
    expect(calls()).toBe(1);
  });

  it('and for one that is running', async () => {
    const world = mskWorld();
    const calls = countOperations(world);
    world.msk.begin(clusterArn, 134);
    expect(await swept(world)).toMatchObject({ modification: { state: 'modifying' } });
    expect(calls()).toBe(1);
  });

  it('passes what was listed on as plain JSON', async () => {
    const world = mskWorld();
    const listed = [...(await list(world, [cluster])).values()].flat().map((entry) => entry.seen);
    expect(JSON.parse(JSON.stringify(listed)) as SeenCluster[]).toEqual(listed);
  });
});

it('two clusters of two fleets of one account see each their own', async () => {
  const world = mskWorld();
  const otherArn = clusterArn.replace('payments-prod', 'clicks');
  const other = anMskCluster({ name: 'payments', clusterArn: otherArn });
  world.msk.all.push(
    aSeenCluster({ clusterArn: otherArn, clusterName: 'clicks', provisioned: aProvisioned({ volumeGib: 400 }) }),
  );
  world.msk.begin(otherArn, 500);
  const [first] = await look({ ...world, nowMs: world.clock.nowMs() }, other, { withMetrics: true });
  expect(first?.volumes[0]).toMatchObject({ sizeGib: 400, modification: { targetGib: 500 } });
  expect(await seen(world)).not.toHaveProperty('modification');
  expect(new Set(world.metrics.asked.map(({ dimensions }) => dimensions['Cluster Name']))).toEqual(
    new Set(['clicks', 'payments-prod']),
  );
});

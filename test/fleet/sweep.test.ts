import { describe, expect, it } from '@jest/globals';
import { startWorkflow } from '../../functions/control/start-workflow.step.ts';
import { collectDue } from '../../functions/fleet/collect-due.step.ts';
import { planSweep } from '../../functions/fleet/plan-sweep.step.ts';
import { surveyPage } from '../../functions/fleet/survey-page.step.ts';
import type { PageItem } from '../../functions/fleet/sweep-pages.ts';
import { AccessDenied, Throttled } from '../../functions/gateways/faults.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import {
  aBroker,
  anEbsVolume,
  anOperation,
  executionArn,
  instanceId,
  minuteMs,
  mskWorld,
  storageWorld,
  type StorageWorld,
  volumeId,
} from '../support/storage-world.ts';
import { anMskCluster } from '../support/storage-facts.ts';
import { sweepOnce } from '../support/sweep.ts';

const look = (world: StorageWorld, slot = 'slot-1') => sweepOnce(world, slot);
const growths = async (world: StorageWorld): Promise<string[]> =>
  (await look(world)).filter(({ workflow }) => workflow === 'storage-scaling').map(({ subject }) => subject);
const escalations = async (world: StorageWorld): Promise<string[]> =>
  Object.keys((await world.ledger.volume('orders', volumeId))?.escalations ?? {});
const called = (world: StorageWorld, reason: string) =>
  world.ledger.escalate({
    cluster: 'orders',
    volumeId,
    reason,
    operationId: 'op-0',
    nowMs: world.clock.nowMs(),
    remindAfterMs: 12 * hourMs,
  });
const leased = (world: StorageWorld, operationId = 'op-0', volume = volumeId) =>
  world.ledger.takeLease({
    name: `volume/${volume}`,
    operationId,
    executionArn: executionArn(operationId),
    nowMs: world.clock.nowMs(),
  });

async function inspected(cluster: Parameters<typeof storageWorld>[0] = {}): Promise<StorageWorld> {
  const world = storageWorld(cluster);
  await world.inspect();
  return world;
}

/** Brokers with one volume each, uninspected. */
function crowd(count: number): StorageWorld {
  const world = storageWorld();
  world.ebs.all.length = 0;
  world.ebs.instances.length = 0;
  for (let at = 0; at < count; at++) {
    const id = `i-${at}`;
    world.ebs.instances.push(aBroker({ instanceId: id }));
    world.ebs.all.push(
      anEbsVolume({
        volumeId: `vol-${at}`,
        attachments: [{ instanceId: id, deviceName: '/dev/sdf', state: 'attached' }],
      }),
    );
  }
  return world;
}

describe('the sweep', () => {
  it('starts a growth for a volume that stayed above its threshold, without any alarm (S7)', async () => {
    expect(await growths(await inspected())).toEqual([volumeId]);
  });

  it('starts nothing for a volume that needs nothing', async () => {
    const world = await inspected();
    world.usedFraction = () => 0.5;
    expect(await look(world)).toEqual([]);
  });

  it('what it lists is taken by start-workflow as it is, once', async () => {
    const world = await inspected();
    const [entry] = await look(world);
    expect(await startWorkflow(world)(entry)).toMatchObject({ started: 'new', workflow: 'storage-scaling' });
    expect(await startWorkflow(world)(entry)).toMatchObject({ started: 'already' });
  });

  it('inspects a host that was never looked at, and one whose look is 20 hours old', async () => {
    const world = storageWorld();
    expect(await look(world)).toMatchObject([{ workflow: 'host-inspection', subject: instanceId }]);
    await world.inspect();
    world.usedFraction = () => 0.5;
    world.clock.advance(20 * hourMs - 1);
    expect(await look(world)).toEqual([]);
    world.clock.advance(1);
    expect(await look(world)).toMatchObject([{ workflow: 'host-inspection' }]);
  });

  it('inspects again after a change of attachments, under another name', async () => {
    const world = storageWorld();
    const [before] = await look(world);
    world.ebs.all.push(anEbsVolume({ volumeId: 'vol-2' }));
    const [after] = await look(world);
    expect(after?.slot).not.toBe(before?.slot);
  });

  it('lets a volume’s own operation say that its host can’t be inspected, once', async () => {
    const world = await inspected();
    world.clock.advance(24 * hourMs - 1);
    expect(await growths(world)).toEqual([volumeId]);
    world.usedFraction = () => 0.5;
    expect(await growths(world)).toEqual([]);
    world.clock.advance(1);
    expect(await growths(world)).toEqual([volumeId]);
    await called(world, 'inspection-impossible');
    expect(await growths(world)).toEqual([]);
  });

  it('gives a new broker an hour to be inspected', async () => {
    const world = storageWorld();
    await look(world);
    world.clock.advance(hourMs - 1);
    expect(await growths(world)).toEqual([]);
    world.clock.advance(1);
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('leaves volumes of brokers that are not running alone (S10)', async () => {
    const world = await inspected();
    for (const state of ['stopped', 'pending']) {
      world.ebs.instances[0]!.state = state;
      expect(await look(world)).toEqual([]);
    }
    world.ebs.instances.length = 0;
    expect(await look(world)).toEqual([]);
  });

  it('calls for a person once, and again as a reminder', async () => {
    const world = await inspected({ policy: { sizeGibMax: 100 } });
    expect(await growths(world)).toEqual([volumeId]);
    await called(world, 'at-size-limit');
    world.clock.advance(12 * hourMs - 1);
    expect(await growths(world)).toEqual([]);
    world.clock.advance(1);
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('closes a call whose cause is gone, though it starts nothing; a saw-tooth of less than an hour is one incident', async () => {
    const world = await inspected();
    await called(world, 'at-size-limit');
    world.usedFraction = () => 0.5;
    world.clock.advance(hourMs - 1);
    await look(world);
    expect(await escalations(world)).toEqual(['at-size-limit']);
    world.clock.advance(1);
    expect(await look(world)).toEqual([]);
    expect(await escalations(world)).toEqual([]);
  });

  it('keeps a call open while its cause stands', async () => {
    const world = await inspected({ policy: { sizeGibMax: 100 } });
    await called(world, 'at-size-limit');
    world.clock.advance(2 * hourMs);
    await look(world);
    expect(await escalations(world)).toEqual(['at-size-limit']);
  });

  it('raises a missing metric as its own incident, once a new volume has had an hour to report', async () => {
    const world = await inspected();
    world.usedFraction = () => undefined;
    expect(await growths(world)).toEqual([]);
    world.clock.advance(hourMs - 1);
    expect(await growths(world)).toEqual([]);
    world.clock.advance(1);
    expect(await growths(world)).toEqual([volumeId]);
    await called(world, 'metric-missing');
    expect(await growths(world)).toEqual([]);
  });

  it('starts nothing that would change something while paused, but calls when there is too little time', async () => {
    const world = await inspected();
    await world.ledger.setPaused('orders', { by: 'me', atMs: world.clock.nowMs(), reason: '' });
    expect(await growths(world)).toEqual([]);
    const startMs = world.clock.nowMs();
    world.usedFraction = (atMs) => Math.min(1, 0.9 + ((atMs - startMs) / hourMs) * 0.02);
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('ends the record of an operation that was stopped within the hour, and starts one that gives back what it held', async () => {
    const world = await inspected();
    world.usedFraction = () => 0.5;
    await world.ledger.openOperation({
      ...anOperation('op-0'),
      workflow: 'storage-scaling',
      subject: `volume/${volumeId}`,
      startedAtMs: world.clock.nowMs(),
      status: 'awaiting-approval',
      timeline: [],
    });
    for (let sweeps = 0; sweeps < 4; sweeps++) {
      expect(await look(world)).toEqual([]);
      world.clock.advance(15 * minuteMs);
    }
    world.workflows.statuses.set(executionArn('op-0'), 'ABORTED');
    const anHour = async (): Promise<string[]> => {
      const started: string[] = [];
      for (let sweeps = 0; sweeps < 4; sweeps++) {
        started.push(...(await growths(world)));
        world.clock.advance(15 * minuteMs);
      }
      return started;
    };
    expect(await anHour()).toEqual([volumeId]);
    expect(await anHour()).toEqual([]);
    expect(await world.ledger.operation('op-0')).toMatchObject({ status: 'failed', outcome: 'interrupted' });
  });
});

describe('what another operation holds', () => {
  it('is not started while that one runs', async () => {
    const world = await inspected();
    await leased(world);
    expect(await growths(world)).toEqual([]);
    world.workflows.statuses.set(executionArn('op-0'), 'ABORTED');
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('is started all the same where a person has to be called', async () => {
    const world = await inspected({ policy: { sizeGibMax: 100 } });
    await leased(world);
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('is asked about a hundred times a sweep, then taken to run', async () => {
    const world = crowd(102);
    for (const { volumeId: id } of world.ebs.all) {
      await leased(world, `op-${id}`, id);
      world.workflows.statuses.set(executionArn(`op-${id}`), 'ABORTED');
    }
    await look(world);
    world.clock.advance(hourMs);
    expect(await growths(world)).toHaveLength(100);
  });
});

describe('very many', () => {
  it('are looked at in pages, all of them', async () => {
    const world = crowd(1001);
    const plan = await planSweep(world)({ trigger: {}, slot: 'a' });
    expect(plan).toMatchObject({ pages: 3, unlisted: [] });
    expect(await look(world)).toHaveLength(400);
  });

  it('hosts are inspected 400 a sweep; what is left is the next one’s', async () => {
    const world = crowd(401);
    const plan = await planSweep(world)({ trigger: {}, slot: 'a' });
    const [item] = await world.objects.get<PageItem[]>(plan.items);
    const surveyed = [await surveyPage(world)(item)];
    expect(await collectDue(world)({ slot: 'a', plan, surveyed })).toMatchObject({
      starts: 400,
      left: 1,
      volumes: 401,
    });
  });

  it('growths come before inspections, the most urgent first', async () => {
    const world = crowd(3);
    const ids = ['vol-0', 'vol-1', 'vol-2'];
    const used: Record<string, number> = { 'i-0': 0.8, 'i-1': 0.95, 'i-2': 0.85 };
    for (const [at, id] of ids.entries()) {
      world.usedFraction = () => 0.8;
      await world.ledger.seeVolume({
        cluster: 'orders',
        volumeId: id,
        instanceId: `i-${at}`,
        sizeGib: 100,
        ownerTags: {},
        nowMs: world.clock.nowMs(),
      });
      await world.ledger.saveInspection('orders', id, {
        atMs: world.clock.nowMs(),
        instanceId: `i-${at}`,
        supported: true,
        layout: 'plain',
        filesystem: 'xfs',
        mountPoint: '/data1',
        deviceBytes: 100 * 2 ** 30,
        filesystemBytes: 100 * 2 ** 30,
      });
    }
    world.ebs.instances.push(aBroker({ instanceId: 'i-new' }));
    world.ebs.all.push(
      anEbsVolume({
        volumeId: 'vol-new',
        attachments: [{ instanceId: 'i-new', deviceName: '/dev/sdf', state: 'attached' }],
      }),
    );
    const read = world.metrics.read.bind(world.metrics);
    world.metrics.read = async (queries, fromMs, toMs) =>
      (await read(queries, fromMs, toMs)).map((series, index) => ({
        ...series,
        values: series.values.map(() => (used[queries[index]?.dimensions.InstanceId ?? ''] ?? 0) * 100),
      }));
    expect((await look(world)).map(({ subject }) => subject)).toEqual(['vol-1', 'vol-2', 'vol-0', 'i-new']);
  });
});

/** How many queries for a last day each sweep of an hour makes. */
const fourSweeps = async (world: StorageWorld): Promise<number[]> => {
  const counts: number[] = [];
  for (let sweeps = 0; sweeps < 4; sweeps++) {
    world.metrics.asked.length = 0;
    await look(world);
    counts.push(world.metrics.asked.filter(({ periodSeconds }) => periodSeconds === 3600).length);
    world.clock.advance(15 * minuteMs);
  }
  return counts.toSorted((a, b) => a - b);
};

describe('metrics', () => {
  it('of the last day are read once an hour for a disk that is far below its threshold and level', async () => {
    const world = await inspected();
    world.usedFraction = () => 0.5;
    expect(await fourSweeps(world)).toEqual([0, 0, 0, 1]);
  });

  it.each<[string, (world: StorageWorld) => unknown]>([
    ['near its threshold', (world) => (world.usedFraction = () => 0.61)],
    ['on the rise', (world) => (world.usedFraction = (atMs) => 0.3 + (atMs % (24 * hourMs)) / (100 * hourMs))],
    ['that a person was called about', (world) => called(world, 'metric-missing')],
    ['that was modified lately', (world) => world.ebs.begin(volumeId, 110)],
  ])('of the last day are read in each sweep for a disk %s', async (_title, change) => {
    const world = await inspected();
    world.usedFraction = () => 0.5;
    await change(world);
    expect(await fourSweeps(world)).toEqual([1, 1, 1, 1]);
  });

  it('of all clusters of a page are asked for together', async () => {
    const world = mskWorld();
    world.fleet.clusters.push(anMskCluster({ name: 'refunds' }));
    let calls = 0;
    const read = world.metrics.read.bind(world.metrics);
    world.metrics.read = (...asked) => {
      calls += 1;
      return read(...asked);
    };
    await look(world);
    expect(calls).toBeLessThanOrEqual(2);
  });
});

describe('an MSK cluster', () => {
  it('grows as one, by its own name', async () => {
    expect(await look(mskWorld())).toEqual([
      { source: 'sweep', workflow: 'storage-scaling', cluster: 'payments', subject: 'msk/payments', slot: 'slot-1' },
    ]);
  });

  it('that needs nothing is not asked for its operations', async () => {
    const world = mskWorld();
    world.brokerUsedGib = () => 50;
    world.msk.storageOperations = () => Promise.reject(new Error('nobody should ask'));
    expect(await look(world)).toEqual([]);
  });
});

const both = async (): Promise<StorageWorld> => {
  const world = await inspected();
  world.fleet.clusters.push(...mskWorld().fleet.clusters);
  return world;
};

describe('trouble', () => {
  it('of one kind does not hide the other', async () => {
    const world = await both();
    world.msk.clusters = () => Promise.reject(new AccessDenied('kafka:ListClustersV2'));
    const plan = await planSweep(world)({ trigger: {}, slot: 'a' });
    expect(plan).toMatchObject({ pages: 1, unlisted: [{ kind: 'msk', error: 'AccessDenied' }] });
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('that passes is waited for', async () => {
    const world = await both();
    world.msk.clusters = () => Promise.reject(new Throttled('slow down'));
    await expect(planSweep(world)({ trigger: {}, slot: 'a' })).rejects.toMatchObject({ name: 'Throttled' });
  });

  it('on a page is counted, and the others’ list is made', async () => {
    const world = crowd(501);
    const plan = await planSweep(world)({ trigger: {}, slot: 'a' });
    const items = await world.objects.get<PageItem[]>(plan.items);
    const surveyed = [{ Status: 'FAILED', Error: 'Novel' }, await surveyPage(world)(items[1])];
    const collected = { starts: 1, failedPages: 1, volumes: 1 };
    expect(await collectDue(world)({ slot: 'a', plan, surveyed })).toMatchObject(collected);
    expect(await collectDue(world)({ slot: 'a', plan, surveyed: surveyed.slice(1) })).toMatchObject(collected);
  });

  it('with what it is given is a developer’s', async () => {
    const world = storageWorld();
    for (const step of [planSweep(world), surveyPage(world), collectDue(world)])
      await expect(step({})).rejects.toMatchObject({ name: 'InputInvalid', faultClass: 'defect' });
  });
});

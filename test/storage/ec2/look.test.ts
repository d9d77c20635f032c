import { describe, expect, it } from '@jest/globals';
import { hourMs } from '../../../functions/storage/limits.ts';
import { list } from '../../../functions/storage/ec2/list.ts';
import { facts, look } from '../../../functions/storage/ec2/look.ts';
import { aCluster } from '../../support/storage-facts.ts';
import { anEbsVolume, instanceId, storageWorld, type StorageWorld, volumeId } from '../../support/storage-world.ts';

const cluster = aCluster();
const sources = (world: StorageWorld) => ({ ...world, nowMs: world.clock.nowMs() });
const listed = async (world: StorageWorld) =>
  ((await list(world, [cluster])).get(cluster.name) ?? []).map(({ seen }) => seen);
const options = { withMetrics: true, lastDay: true };

async function inspected(): Promise<StorageWorld> {
  const world = storageWorld();
  await world.inspect();
  return world;
}

describe('facts of what was listed', () => {
  it('are those of a look, but for what a look has to ask', async () => {
    const world = await inspected();
    const looked = await look(sources(world), cluster, { volumeId, withMetrics: true });
    expect(await facts(sources(world), cluster, await listed(world), { ...options, elsewhereGib: 0 })).toEqual(looked);
  });

  it('have no root volumes', async () => {
    const world = await inspected();
    const attachments = [{ instanceId, deviceName: '/dev/xvda', state: 'attached' }];
    world.ebs.all.push(anEbsVolume({ volumeId: 'vol-root', attachments }));
    const [broker] = await facts(sources(world), cluster, await listed(world), { ...options, elsewhereGib: 0 });
    expect(broker?.volumes.map((volume) => volume.volumeId)).toEqual([volumeId]);
  });

  it('count what is on other pages, with the growth that is promised there', async () => {
    const world = await inspected();
    const elsewhere = async (elsewhereGib: number) =>
      (await facts(sources(world), cluster, await listed(world), { ...options, elsewhereGib }))[0]?.elsewhereGib;
    expect(await elsewhere(700)).toBe(700);
    const nowMs = world.clock.nowMs();
    const lease = { name: 'volume/vol-9', operationId: 'op-9', executionArn: 'arn', nowMs };
    await world.ledger.takeLease(lease);
    const reserved = await world.ledger.reserveIntent({
      intent: {
        intentId: 'op-9/ec2:ModifyVolume',
        operationId: 'op-9',
        cluster: cluster.name,
        subject: 'volume/vol-9',
        action: 'ec2:ModifyVolume',
        request: {},
        atMs: nowMs,
      },
      lease: { ...lease, fence: 1 },
      clusterVersion: 0,
      reservation: { volumeId: 'vol-9', operationId: 'op-9', fromGib: 100, toGib: 150, usdPerMonth: 4 },
      day: '2026-06-03',
    });
    expect(reserved).toEqual({ reserved: true });
    expect(await elsewhere(700)).toBe(750);
  });
});

describe('a look at one broker', () => {
  it('reads its metrics in one call: three hours finely, the last day by whole hours', async () => {
    const world = await inspected();
    world.clock.advance(20 * 60_000);
    let calls = 0;
    const read = world.metrics.read.bind(world.metrics);
    world.metrics.read = (...asked) => {
      calls += 1;
      return read(...asked);
    };
    const nowMs = world.clock.nowMs();
    const [broker] = await look(sources(world), cluster, { volumeId, withMetrics: true });
    const { recent, hourly } = broker?.volumes[0] ?? {};
    expect(calls).toBe(1);
    expect(recent?.timesMs[0]).toBeGreaterThanOrEqual(nowMs - 3 * hourMs);
    expect(recent?.timesMs.at(-1)).toBeGreaterThan(nowMs - hourMs / 6);
    expect(hourly?.timesMs).toHaveLength(24);
    expect((hourly?.timesMs.at(-1) ?? 0) + hourMs).toBeLessThanOrEqual(nowMs);
  });
});

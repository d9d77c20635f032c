import { describe, expect, it } from '@jest/globals';
import { verify } from '../../../functions/storage/msk/verify.ts';
import { aProvisioned } from '../../support/msk-world.ts';
import { aCluster, anMskCluster, clusterArn } from '../../support/storage-facts.ts';
import { minuteMs, mskWorld, type StorageWorld } from '../../support/storage-world.ts';

/** Grown from 100 to 150 GiB ten minutes ago; `usedGib` of each broker, `afterGib` since then. */
async function grown(
  usedGib: number,
  afterGib: (brokerId: number) => number | undefined = () => usedGib,
  targetGib = 150,
): Promise<{ world: StorageWorld; startedAtMs: number }> {
  const world = mskWorld();
  world.msk.operationMs = 2 * minuteMs;
  const startedAtMs = world.clock.nowMs();
  world.msk.begin(clusterArn, targetGib);
  world.brokerUsedGib = (brokerId, atMs) =>
    brokerId > 3 ? undefined : atMs < startedAtMs ? usedGib : afterGib(brokerId);
  world.clock.advance(10 * minuteMs);
  return { world, startedAtMs };
}

const prove = (
  { world, startedAtMs }: { world: StorageWorld; startedAtMs?: number },
  {
    targetGib = 150,
    fromGib = 100,
    declared = anMskCluster(),
  }: { targetGib?: number; fromGib?: number; declared?: Parameters<typeof verify>[1] } = {},
) =>
  verify({ ...world, nowMs: world.clock.nowMs() }, declared, {
    cluster: 'payments',
    volumeId: 'msk/payments',
    fromGib,
    targetGib,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
  });

const notShown = { name: 'GrowthNotShown', faultClass: 'transient' };

describe('a growth is proven', () => {
  it('by each broker’s metric, and announced', async () => {
    const made = await grown(80);
    await made.world.ledger.seeVolume({
      cluster: 'payments',
      volumeId: 'msk/payments',
      sizeGib: 100,
      ownerTags: { owner: 'payments' },
      nowMs: 0,
    });
    expect(await prove(made)).toEqual({
      sizeGib: 150,
      evidence: {
        sizeGib: 150,
        brokers: [1, 2, 3].map((brokerId) => ({ brokerId, before: 0.8, after: 0.533_333 })),
      },
      announcement: {
        volumeId: 'msk/payments',
        clusterArn,
        brokers: 3,
        fromGib: 100,
        toGib: 150,
        ownerTags: { owner: 'payments' },
      },
    });
  });

  it('though the brokers have been filling on meanwhile', async () => {
    // A third of the drop, of 27 points, has to be left: 71 %.
    expect(await prove(await grown(80, () => 106))).toMatchObject({ sizeGib: 150 });
    await expect(prove(await grown(80, () => 107))).rejects.toMatchObject(notShown);
  });

  it('not by a metric that has not moved on one broker', async () => {
    const made = await grown(80, (brokerId) => (brokerId === 2 ? 120 : 80));
    await expect(prove(made)).rejects.toMatchObject({
      ...notShown,
      message: expect.stringContaining('broker 2'),
    });
  });

  it('not while a broker reports nothing', async () => {
    await expect(prove(await grown(80, (brokerId) => (brokerId === 3 ? undefined : 80)))).rejects.toMatchObject({
      ...notShown,
      message: expect.stringContaining('broker 3'),
    });
  });

  it('by brokers whose numbers have gaps', async () => {
    const made = await grown(80);
    const used = made.world.brokerUsedGib;
    made.world.brokerUsedGib = (brokerId, atMs) =>
      brokerId === 2 ? undefined : used(brokerId === 7 ? 2 : brokerId, atMs);
    const { evidence } = await prove(made);
    expect(evidence).toMatchObject({ brokers: [{ brokerId: 1 }, { brokerId: 3 }, { brokerId: 7 }] });
  });

  it('by MSK’s word for the size where the drop can’t be told from the metric’s own movement', async () => {
    // 1 GiB of 100 used: the metric falls by a third of a point.
    expect(await prove(await grown(1, () => 1.6))).toMatchObject({ sizeGib: 150 });
    // 3 GiB: by a whole one, so it has to be seen.
    await expect(prove(await grown(3, () => 4.5))).rejects.toMatchObject(notShown);
  });

  it('without a reading from before, by the size and that all report', async () => {
    const made = await grown(80);
    const used = made.world.brokerUsedGib;
    made.world.brokerUsedGib = (brokerId, atMs) => (atMs < made.startedAtMs ? undefined : used(brokerId, atMs));
    expect(await prove(made)).toMatchObject({ sizeGib: 150 });
  });

  it('by a size that is larger still', async () => {
    expect(await prove(await grown(80, undefined, 200))).toMatchObject({ sizeGib: 200, announcement: { toGib: 200 } });
  });
});

describe('a growth is not proven', () => {
  it('by an operation that ended, while the cluster shows the former size: asked again', async () => {
    const made = await grown(80);
    made.world.msk.cluster().provisioned = aProvisioned({ volumeGib: 149 });
    await expect(prove(made)).rejects.toMatchObject({
      ...notShown,
      message: expect.stringContaining('149 GiB'),
    });
  });

  it('of a cluster that has no brokers or is gone', async () => {
    const made = await grown(80);
    made.world.msk.cluster().provisioned = aProvisioned({ volumeGib: 150, brokers: 0 });
    await expect(prove(made)).rejects.toMatchObject(notShown);
    made.world.msk.all.length = 0;
    await expect(prove(made)).rejects.toMatchObject(notShown);
  });

  it('of a cluster that is no longer in the fleet file, or is of another kind there', async () => {
    const made = await grown(80);
    const unknown = { name: 'UnknownCluster', faultClass: 'refused' };
    await expect(prove(made, { declared: aCluster() })).rejects.toMatchObject(unknown);
    await expect(
      verify({ ...made.world, nowMs: 0 }, undefined, {
        cluster: 'payments',
        volumeId: 'msk/payments',
        fromGib: 100,
        targetGib: 150,
      }),
    ).rejects.toMatchObject(unknown);
  });
});

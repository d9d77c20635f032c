import { describe, expect, it } from '@jest/globals';
import { ClusterNotActive } from '../../../functions/gateways/faults.ts';
import { hourMs } from '../../../functions/storage/limits.ts';
import { heaviest } from '../../../functions/storage/msk/heaviest.ts';
import { aProvisioned, type FakeTopic } from '../../support/msk-world.ts';
import { anMskCluster } from '../../support/storage-facts.ts';
import { runStorageScaling } from '../../support/storage-workflow.ts';
import { mskWorld, type StorageWorld } from '../../support/storage-world.ts';

const mibps = 2 ** 20;

function aTopic(name: string, placement: FakeTopic['placement'] = []): FakeTopic {
  return { name, id: `arn:${name}`, partitions: placement.length, replicationFactor: 2, configs: {}, placement };
}

/** Broker 2 is full, the others are not; `clicks` weighs most there, `orders` less, `idle` nothing. */
function skewedWorld(monitoring = 'PER_TOPIC_PER_BROKER'): StorageWorld {
  const world = mskWorld();
  world.msk.cluster().provisioned = aProvisioned({ monitoring });
  world.brokerUsedGib = (brokerId) => ({ 1: 40, 2: 80, 3: 40 })[brokerId];
  world.topics.all.push(
    aTopic('idle', [{ partition: 0, leader: 2, replicas: [2, 3] }]),
    aTopic('orders', [{ partition: 0, leader: 2, replicas: [2, 3] }]),
    aTopic('clicks', [
      { partition: 0, leader: 2, replicas: [2, 1] },
      { partition: 1, leader: 1, replicas: [1, 2] },
      { partition: 2, leader: 3, replicas: [3, 1] },
    ]),
  );
  world.bytesIn = (topic, brokerId) => (brokerId === 2 ? { clicks: 3 * mibps, orders: mibps }[topic] : 100 * mibps);
  return world;
}

const ask = (world: StorageWorld) => heaviest({ ...world, nowMs: world.clock.nowMs() }, anMskCluster(), 2);

describe('the topics that weigh most on a broker', () => {
  it.each(['PER_TOPIC_PER_BROKER', 'PER_TOPIC_PER_PARTITION'])(
    'are known where MSK writes metrics by topic (%s), with their partitions there',
    async (monitoring) => {
      expect(await ask(skewedWorld(monitoring))).toEqual([
        { name: 'clicks', bytesInPerSecond: 3 * mibps, partitions: [0, 1], leads: [0] },
        { name: 'orders', bytesInPerSecond: mibps, partitions: [0], leads: [0] },
      ]);
    },
  );

  it.each(['DEFAULT', 'PER_BROKER'])('are not asked for at %s', async (monitoring) => {
    const world = skewedWorld(monitoring);
    expect(await ask(world)).toEqual([]);
    expect(world.topics.calls).toEqual([]);
    expect(world.metrics.asked).toEqual([]);
  });

  it('are none of a cluster that is gone', async () => {
    const world = skewedWorld();
    world.msk.all.length = 0;
    expect(await ask(world)).toEqual([]);
  });

  it('an hour without data was silent', async () => {
    const world = skewedWorld();
    world.topics.all.splice(0, 2);
    const nowMs = world.clock.nowMs();
    const read = world.metrics.read.bind(world.metrics);
    world.metrics.read = (queries, fromMs, toMs) => {
      expect(toMs - fromMs).toBe(24 * hourMs);
      expect(toMs).toBeLessThanOrEqual(nowMs);
      return read(queries, toMs - 6 * hourMs, toMs);
    };
    expect(await ask(world)).toMatchObject([{ bytesInPerSecond: (3 * mibps * 6) / 24 }]);
  });

  it('are five, in few calls, however many topics there are', async () => {
    const world = skewedWorld();
    world.topics.all.push(...Array.from({ length: 5_000 }, (_, at) => aTopic(`topic-${at}`)));
    world.bytesIn = (topic) => Number(topic.slice('topic-'.length)) || undefined;
    const found = await ask(world);
    expect(found).toHaveLength(5);
    expect(world.metrics.asked.length).toBeLessThanOrEqual(2_500);
    expect(world.topics.calls).toHaveLength(1 + 5);
  });
});

const textOf = async (world: StorageWorld): Promise<string> => {
  expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'skewed' });
  expect(world.msk.calls).toBe(0);
  return world.notify.messages[0]?.text ?? '';
};

describe('a call for a person about a skewed cluster', () => {
  it('names them', async () => {
    const text = await textOf(skewedWorld());
    expect(text).toContain('broker 2 is 80 % full');
    expect(text).toContain('clicks: 3.00 MiB/s to broker 2; partitions there: 0 1, led there: 0');
    expect(text).toContain('kafka-reassign-partitions.sh');
    expect(text.indexOf('clicks')).toBeLessThan(text.indexOf('orders'));
  });

  it('has the command that does, where MSK does not tell', async () => {
    const text = await textOf(skewedWorld('DEFAULT'));
    expect(text).toContain('kafka-log-dirs.sh --bootstrap-server BOOTSTRAP --describe --broker-list 2 ');
    expect(text).not.toContain('clicks');
  });

  it('is not lost when they can’t be read', async () => {
    const world = skewedWorld();
    world.topics.trouble.push(new ClusterNotActive('HEALING'));
    expect(await textOf(world)).toContain('--broker-list 2 ');
  });

  it('is made without asking again while it stands', async () => {
    const world = skewedWorld();
    await textOf(world);
    const { length } = world.topics.calls;
    await runStorageScaling(world, { operationId: 'op-2' });
    expect(world.notify.messages).toHaveLength(1);
    expect(world.topics.calls).toHaveLength(length);
  });
});

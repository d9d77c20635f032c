/** What `kafkaTopics` promises of a cluster, whichever it is: real brokers (test/kafka) or the simulated ones. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaTopics } from '../../functions/gateways/kafka.ts';
import type { KafkaAddress, KafkaConnector } from '../../functions/runtime/kafka-connector.ts';

/** One broker with id 1, whose `log.retention.hours` is 168. */
export interface KafkaBed {
  connector: KafkaConnector;
  address: KafkaAddress;
  createTopic: (name: string, partitions?: number, configs?: Record<string, string>) => Promise<void>;
  deleteTopic: (name: string) => Promise<void>;
  /** Only somebody else may touch this topic from now on. */
  lock: (name: string) => Promise<void>;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const days7 = String(7 * 24 * 3_600_000);

export function kafkaTopicsContract({ connector, address, createTopic, deleteTopic, lock }: KafkaBed): void {
  const topics = kafkaTopics(connector);

  beforeAll(async () => {
    await createTopic('clicks', 3, { 'retention.ms': '86400000' });
    await createTopic('audit');
    await createTopic('secret');
    await lock('secret');
  });

  describe('topics', () => {
    it('are listed with shapes and ids, those left out that may not be seen', async () => {
      const listed = await topics.list(address);
      const names = listed.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['audit', 'clicks']));
      expect(names).toEqual(names.toSorted());
      expect(names).not.toContain('secret');
      expect(listed.find(({ name }) => name === 'clicks')).toEqual({
        name: 'clicks',
        id: expect.stringMatching(uuid),
        partitions: 3,
        replicationFactor: 1,
        configs: {},
      });
    });

    it('are described with what is their own and what they inherit', async () => {
      await expect(topics.describe(address, 'clicks')).resolves.toMatchObject({
        own: ['retention.ms'],
        configs: { 'retention.ms': '86400000' },
      });
      const audit = await topics.describe(address, 'audit');
      expect(audit).toMatchObject({
        own: [],
        configs: { 'retention.ms': days7, 'retention.bytes': '-1', 'cleanup.policy': 'delete' },
      });
      expect(audit?.id).toBe((await topics.list(address)).find(({ name }) => name === 'audit')?.id);
    });

    it('are placed', async () => {
      await expect(topics.placement(address, 'clicks')).resolves.toEqual(
        [0, 1, 2].map((partition) => ({ partition, leader: 1, replicas: [1] })),
      );
    });

    it('have another id when they were created anew', async () => {
      await createTopic('again');
      const before = await topics.describe(address, 'again');
      await deleteTopic('again');
      await createTopic('again');
      const after = await topics.describe(address, 'again');
      expect(after?.id).toMatch(uuid);
      expect(after?.id).not.toBe(before?.id);
    });
  });

  describe('a topic', () => {
    it.each(['nowhere', 'a/b'])('that is not there is not described, not placed and not made: %s', async (name) => {
      await expect(topics.describe(address, name)).resolves.toBeUndefined();
      await expect(topics.placement(address, name)).resolves.toEqual([]);
      const altered = topics.alter(address, name, { 'retention.ms': '1000' });
      await expect(altered).rejects.toMatchObject({ name: 'TopicNotFound', faultClass: 'refused' });
      expect((await topics.list(address)).map((one) => one.name)).not.toContain(name);
    });

    it('that nobody here may see is refused', async () => {
      const refusal = { name: 'AccessDenied', faultClass: 'refused' };
      await expect(topics.describe(address, 'secret')).rejects.toMatchObject(refusal);
      await expect(topics.placement(address, 'secret')).rejects.toMatchObject(refusal);
      await expect(topics.alter(address, 'secret', { 'retention.ms': '1000' })).rejects.toMatchObject(refusal);
    });
  });

  describe('alter', () => {
    it('sets a value, and taking it away brings back what the brokers say', async () => {
      await createTopic('own-or-not', 1, { 'max.message.bytes': '200000' });
      await topics.alter(address, 'own-or-not', { 'retention.ms': '3600000', 'retention.bytes': '1073741824' });
      const set = await topics.describe(address, 'own-or-not');
      expect(set?.own?.toSorted()).toEqual(['max.message.bytes', 'retention.bytes', 'retention.ms']);
      expect(set?.configs).toMatchObject({
        'retention.ms': '3600000',
        'retention.bytes': '1073741824',
        'max.message.bytes': '200000',
      });

      await topics.alter(address, 'own-or-not', { 'retention.ms': null, 'retention.bytes': '2147483648' });
      const back = await topics.describe(address, 'own-or-not');
      expect(back?.own?.toSorted()).toEqual(['max.message.bytes', 'retention.bytes']);
      expect(back?.configs).toMatchObject({ 'retention.ms': days7, 'retention.bytes': '2147483648' });
    });

    it('may be done twice', async () => {
      await createTopic('twice');
      for (const value of ['3600000', '3600000', null, null])
        await topics.alter(address, 'twice', { 'retention.ms': value });
      await expect(topics.describe(address, 'twice')).resolves.toMatchObject({ own: [] });
    });

    it('is refused by the broker with a value that is none, and nothing of it is set', async () => {
      const altered = topics.alter(address, 'audit', { 'retention.bytes': '1073741824', 'retention.ms': 'long' });
      await expect(altered).rejects.toMatchObject({
        name: 'UnknownRefusal',
        message: expect.stringContaining('retention.ms'),
      });
      await expect(topics.describe(address, 'audit')).resolves.toMatchObject({ own: [] });
    });
  });

  describe('sizes', () => {
    it('name every replica, and the file system it lies on', async () => {
      const [dir, ...others] = await topics.sizes(address);
      expect(others).toEqual([]);
      expect(dir).toMatchObject({ brokerId: 1, path: expect.stringMatching(/^\//) });
      expect(Object.keys(dir?.replicaBytes['clicks'] ?? {})).toEqual(['0', '1', '2']);
      expect(dir?.totalBytes).toBeGreaterThan(dir?.usableBytes ?? 0);
    });
  });

  describe('brokers', () => {
    it('that are down: nothing was sent', async () => {
      const down: KafkaAddress = { ...address, bootstrapServers: ['127.0.0.1:1'] };
      const fault = { name: 'ServiceUnavailable', faultClass: 'transient' };
      await expect(topics.list(down)).rejects.toMatchObject(fault);
      await expect(topics.alter(down, 'audit', { 'retention.ms': '1000' })).rejects.toMatchObject(fault);
    });

    it('that speak otherwise than was said: nothing was sent', async () => {
      const other: KafkaAddress = { bootstrapServers: address.bootstrapServers, security: 'tls' };
      const fault = { name: 'ListenerMismatch', faultClass: 'refused' };
      await expect(topics.list(other)).rejects.toMatchObject(fault);
      await expect(topics.alter(other, 'audit', { 'retention.ms': '1000' })).rejects.toMatchObject(fault);
    });

    it('are asked one after the other until one answers', async () => {
      const second = { ...address, bootstrapServers: ['127.0.0.1:1', ...address.bootstrapServers] };
      await expect(topics.describe(second, 'audit')).resolves.toMatchObject({ name: 'audit' });
    });
  });
}

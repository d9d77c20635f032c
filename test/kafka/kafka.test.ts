import { afterAll, describe, expect, it } from '@jest/globals';
import { kafkaTopics } from '../../functions/gateways/kafka.ts';
import { openKafkaSession } from '../../functions/gateways/kafka-session.ts';
import { kafkaTopicsContract } from '../contracts/kafka-topics.contract.ts';
import { closeBed, createTopic, deleteTopic, lock, lossyWay, plaintext, tls, until, write } from './bed.ts';

const topics = kafkaTopics(openKafkaSession);
const hourMs = 3_600_000;
const days7 = String(7 * 24 * hourMs);

afterAll(closeBed);

describe('a real broker', () => {
  kafkaTopicsContract({
    connector: openKafkaSession,
    address: plaintext,
    createTopic,
    deleteTopic: async (name) => {
      await deleteTopic(name);
      await until(async () => (await topics.describe(plaintext, name)) === undefined);
    },
    lock,
  });
});

describe('over TLS', () => {
  it('topics are listed and described', async () => {
    const listed = await topics.list(tls);
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['audit', 'clicks']));
    await expect(topics.describe(tls, 'clicks')).resolves.toMatchObject({ own: ['retention.ms'] });
  });

  it('log directories are asked for, at the address that the broker tells', async () => {
    await expect(topics.sizes(tls)).resolves.toMatchObject([{ brokerId: 1 }]);
  });

  it.each([
    ['that are spoken to in plain text', { ...tls, security: 'plaintext' } as const],
    ['whose certificate is not trusted', { bootstrapServers: tls.bootstrapServers, security: 'tls' } as const],
    [
      'whose certificate is of another name',
      { ...tls, bootstrapServers: tls.bootstrapServers.map((one) => one.replace('localhost', '127.0.0.1')) },
    ],
  ])('brokers %s are not trusted', async (_title, address) => {
    await expect(topics.list(address)).rejects.toMatchObject({ name: 'ListenerMismatch' });
  });
});

describe('what is written', () => {
  it('is measured', async () => {
    // What is written is old enough for the broker's own retention.
    await createTopic('big', 1, { 'retention.ms': '-1' });
    await write('big', 20, Date.UTC(2026, 0, 1));
    const [dir] = await topics.sizes(plaintext);
    expect(dir?.replicaBytes['big']?.[0]).toBeGreaterThan(2_000_000);
    expect(dir?.replicaBytes['big']?.[0]).toBeLessThan(2_100_000);
  });

  it('goes when retention is shortened, and the way back keeps what is left', async () => {
    const size = async (): Promise<number> =>
      (await topics.sizes(plaintext))[0]?.replicaBytes['relieved']?.[0] ?? Number.NaN;
    await createTopic('relieved', 1, { 'segment.bytes': '1048576', 'file.delete.delay.ms': '0' });
    const nowMs = Date.now();
    await write('relieved', 30, nowMs - 10 * hourMs);
    await write('relieved', 15, nowMs);
    const before = await size();
    expect(before).toBeGreaterThan(4_500_000);

    await topics.alter(plaintext, 'relieved', { 'retention.ms': String(5 * hourMs) });
    await until(async () => (await size()) < before - 2_000_000);
    const after = await size();
    // What is younger stays, and at most a segment of what is older.
    expect(after).toBeGreaterThan(1_500_000);
    expect(after).toBeLessThan(1_500_000 + 1_048_576 + 100_000);

    await topics.alter(plaintext, 'relieved', { 'retention.ms': null });
    const restored = await topics.describe(plaintext, 'relieved');
    expect(restored?.configs['retention.ms']).toBe(days7);
    expect(restored?.own).not.toContain('retention.ms');
    await expect(size()).resolves.toBe(after);
  });
});

describe('a lost answer', () => {
  it('to an alteration: it may have been done, and says so', async () => {
    await createTopic('lost');
    const way = await lossyWay();
    // ApiVersions is answered, then nothing more.
    way.loseAnswersAfter(1);
    const altered = topics.alter(way.address, 'lost', { 'retention.ms': '3600000' });
    await expect(altered).rejects.toMatchObject({ name: 'AnswerLost', faultClass: 'transient' });
    way.close();
    await expect(topics.describe(plaintext, 'lost')).resolves.toMatchObject({ configs: { 'retention.ms': '3600000' } });
  });

  it('to a question: given up within seconds', async () => {
    const way = await lossyWay();
    way.loseAnswersAfter(1);
    await expect(topics.list(way.address)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
    way.close();
  });

  it('because the broker closed the connection: at once', async () => {
    const way = await lossyWay();
    way.loseAnswersAfter(1);
    const listed = topics.list(way.address);
    setTimeout(() => way.close(), 200);
    const startedMs = Date.now();
    await expect(listed).rejects.toMatchObject({ name: 'ServiceUnavailable' });
    expect(Date.now() - startedMs).toBeLessThan(4_000);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { handler } from '../../functions/topics/serve-topics.lambda.ts';
import { SimulatedKafka } from '../../simulator/kafka/simulated-kafka.ts';

const listener = { network: 'private-a', bootstrapServers: ['b-1:9092'], security: 'plaintext' };
const fleet = {
  version: 1,
  name: 'demo',
  clusters: [
    { name: 'orders', kind: 'ec2', mode: 'act', kafka: listener },
    { name: 'watched', kind: 'ec2', mode: 'observe', kafka: listener },
    { name: 'silent', kind: 'ec2', mode: 'act' },
    { name: 'managed', kind: 'msk', mode: 'act' },
  ],
};

function aNetwork() {
  const kafka = new SimulatedKafka({
    listeners: listener.bootstrapServers,
    disks: [1, 2].map((brokerId) => ({ brokerId, path: '/data1', totalBytes: () => 100, usableBytes: () => 40 })),
    held: (_topic, partition) => partition + 1,
  });
  kafka.createTopic('clicks', { partitions: 2, replicas: 2, configs: { 'retention.ms': '86400000' } });
  const serveTopics = handler.withRuntime({
    clock: { nowMs: () => 0 },
    environment: { FLEET_FILE: '/opt/fleet.json' },
    readText: () => JSON.stringify(fleet),
    clientDefaults: {},
    connect: (client) => client,
    kafka: kafka.connector,
    logLevel: 'SILENT',
    writeMetrics: () => undefined,
  });
  return { kafka, call: (event: unknown) => serveTopics(event, {} as Context) };
}

const shorten = {
  call: 'alter',
  cluster: 'orders',
  name: 'clicks',
  configs: { 'retention.ms': '3600000' },
  undo: false,
};

describe('serve-topics', () => {
  it.each([
    [{ call: 'list', cluster: 'orders' }, [{ name: 'clicks', partitions: 2, replicationFactor: 2, configs: {} }]],
    [
      { call: 'describe', cluster: 'orders', name: 'clicks' },
      { name: 'clicks', own: ['retention.ms'], configs: { 'retention.ms': '86400000' } },
    ],
    [{ call: 'describe', cluster: 'orders', name: 'nowhere' }, null],
    [
      { call: 'placement', cluster: 'orders', name: 'clicks' },
      [
        { partition: 0, leader: 1, replicas: [1, 2] },
        { partition: 1, leader: 2, replicas: [2, 1] },
      ],
    ],
    [
      { call: 'sizes', cluster: 'orders' },
      [1, 2].map((brokerId) => ({
        brokerId,
        path: '/data1',
        totalBytes: 100,
        usableBytes: 40,
        replicaBytes: { clicks: { 0: 1, 1: 2 } },
      })),
    ],
    [shorten, null],
  ])('answers %j and leaves no connection open', async (event, answer) => {
    const { kafka, call } = aNetwork();
    const answered = await call(event);
    expect({ answered }).toMatchObject({ answered: answer });
    expect(kafka.open).toBe(0);
  });

  it('is kept warm without touching a broker', async () => {
    const { kafka, call } = aNetwork();
    kafka.isDown = true;
    await expect(call({ call: 'warm' })).resolves.toBeNull();
  });

  it('sets a value and takes it away', async () => {
    const { call } = aNetwork();
    const own = async () =>
      ((await call({ call: 'describe', cluster: 'orders', name: 'clicks' })) as { own: string[] }).own;
    await call({ ...shorten, configs: { 'retention.bytes': '1073741824' } });
    expect((await own()).toSorted()).toEqual(['retention.bytes', 'retention.ms']);
    await call({ ...shorten, configs: { 'retention.bytes': null }, undo: true });
    expect(await own()).toEqual(['retention.ms']);
  });

  it('shortens nothing in mode observe, but gives back', async () => {
    const { kafka, call } = aNetwork();
    await expect(call({ ...shorten, cluster: 'watched' })).rejects.toMatchObject({ name: 'ObserveOnly' });
    await expect(call({ ...shorten, cluster: 'watched', undo: true })).resolves.toBeNull();
    expect(kafka.open).toBe(0);
  });

  it.each([
    ['a cluster that says of no listener', { call: 'list', cluster: 'silent' }, 'NoWayToTopics'],
    ['an MSK cluster', { call: 'list', cluster: 'managed' }, 'NoWayToTopics'],
    ['a cluster of no fleet', { ...shorten, cluster: 'other' }, 'NoWayToTopics'],
    ['another call', { call: 'delete', cluster: 'orders', name: 'clicks' }, 'InputInvalid'],
    ['another config', { ...shorten, configs: { 'cleanup.policy': 'compact' } }, 'InputInvalid'],
    ['an alteration that does not say whether it is an undo', { ...shorten, undo: undefined }, 'InputInvalid'],
  ])('refuses %s', async (_title, event, name) => {
    await expect(aNetwork().call(event)).rejects.toMatchObject({ name });
  });

  it.each([
    ['topics', { call: 'list', cluster: 'orders' }, 'ServiceUnavailable'],
    ['alterConfigs', shorten, 'AnswerLost'],
  ] as const)('closes its connections where %s is not answered', async (step, event, name) => {
    const { kafka, call } = aNetwork();
    kafka.trouble(step, 'silent');
    await expect(call(event)).rejects.toMatchObject({ name });
    expect(kafka.open).toBe(0);
  });
});

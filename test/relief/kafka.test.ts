/** Both workflows over an EC2 cluster whose brokers are asked from within their network. */
import { describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import type { Ec2Cluster } from '../../functions/fleet/fleet.ts';
import { networkTopicsGateway } from '../../functions/gateways/network-topics.ts';
import { hourMs } from '../../functions/relief/limits.ts';
import type { Runtime, SdkClient } from '../../functions/runtime/runtime.ts';
import { handler } from '../../functions/topics/serve-topics.lambda.ts';
import { SimulatedKafka } from '../../simulator/kafka/simulated-kafka.ts';
import { aRelief, aRestore, policy, reliefPolicy, type ReliefWorld, reliefWorld, run } from './relief-world.ts';

const gib = 2 ** 30;
const days7Ms = 168 * hourMs;
const kafka: Ec2Cluster['kafka'] = { network: 'private-a', bootstrapServers: ['b-1:9092'], security: 'plaintext' };
const brokersSay = { 'segment.bytes': String(gib / 8) };

const cluster: Ec2Cluster = {
  name: 'payments',
  kind: 'ec2',
  mode: 'act',
  policy,
  maintenanceWindows: [],
  retentionRelief: reliefPolicy,
  brokers: { tags: { kafka: 'payments' } },
  mountPoints: ['/data1'],
  metric: { namespace: 'CWAgent', name: 'disk_used_percent', periodSeconds: 60 },
  kafka,
};

/** What a full retention of 7 days holds on a broker, GiB. */
const weights: Record<string, number> = { big: 500, small: 100, table: 150, __consumer_offsets: 1 };

/** Two brokers with a disk of 1,000 GiB each; that of broker 2 holds 50 GiB more. */
function kafkaWorld(change: Partial<Ec2Cluster> = {}) {
  const usedGib = (brokerId: number): number =>
    (brokerId === 2 ? 50 : 0) +
    Object.keys(weights).reduce((sum, name) => sum + heldGib(name, configsOf.get(name) ?? {}), 0);
  const configsOf = new Map<string, Readonly<Record<string, string>>>();
  const brokers = new SimulatedKafka({
    listeners: ['b-1:9092'],
    brokerConfigs: brokersSay,
    disks: [1, 2].map((brokerId) => ({
      brokerId,
      path: '/data1',
      totalBytes: () => 1000 * gib,
      usableBytes: () => (1000 - usedGib(brokerId)) * gib,
    })),
    held: (topic, _partition, _disk, configs) => {
      configsOf.set(topic, configs);
      return (heldGib(topic, configs) * gib) / 2;
    },
  });
  for (const name of Object.keys(weights))
    brokers.createTopic(name, {
      partitions: 2,
      replicas: 2,
      configs: {
        ...(name === 'table' && { 'cleanup.policy': 'compact' }),
        ...(name === 'small' && { 'retention.ms': String(days7Ms) }),
      },
    });
  const world: ReliefWorld = reliefWorld();
  world.fleet.clusters = [{ ...cluster, ...change }];
  const altered: unknown[] = [];
  const topics = networkTopicsGateway(lambdaOf(world, brokers, altered));
  const configs = async (name: string) => {
    const topic = await topics.describe('private-a/payments', name);
    return topic && { retention: topic.configs['retention.ms'], own: topic.own?.includes('retention.ms') };
  };
  return { world: { ...world, topics } as unknown as ReliefWorld, brokers, altered, configs };
}

const heldGib = (name: string, configs: Readonly<Record<string, string>>): number =>
  (weights[name] ?? 0) * Math.min(1, Number(configs['retention.ms'] ?? days7Ms) / days7Ms);

const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A Lambda that has one function: `serve-topics`. */
function lambdaOf(world: ReliefWorld, brokers: SimulatedKafka, altered: unknown[]): Runtime {
  const runtime: Runtime = {
    clock: world.clock,
    environment: { FLEET_FILE: '/opt/fleet.json', SERVE_TOPICS_FUNCTIONS: '{"private-a":"serve-topics"}' },
    readText: () => JSON.stringify(world.fleet),
    clientDefaults: { region: 'eu-central-1', credentials: { accessKeyId: 'A', secretAccessKey: 'S' } },
    connect: (client) => client,
    kafka: brokers.connector,
    logLevel: 'SILENT',
    writeMetrics: () => undefined,
  };
  const serveTopics = handler.withRuntime(runtime);
  const invoke = () => async (args: { input: { Payload: Uint8Array } }) => {
    const event = JSON.parse(new TextDecoder().decode(args.input.Payload)) as { call: string };
    if (event.call === 'alter') altered.push(event);
    try {
      return { output: { Payload: encoded(await serveTopics(event, {} as Context)) } };
    } catch (error) {
      const { name: errorType, message: errorMessage } = error as Error;
      return { output: { FunctionError: 'Unhandled', Payload: encoded({ errorType, errorMessage }) } };
    }
  };
  return {
    ...runtime,
    connect: <C extends SdkClient>(client: C): C => {
      const stack = client.middlewareStack as { add(middleware: unknown, options: object): void };
      stack.add(invoke, { step: 'initialize' });
      return client;
    },
  };
}

/** Full within ten hours; growth is allowed again in twenty. */
const barred = (world: ReliefWorld, change = {}) =>
  aRelief('op-1', {
    subject: 'vol-1',
    trigger: { type: 'barred', fullInHours: 10, retryAtMs: world.clock.nowMs() + 20 * hourMs },
    ...change,
  });

describe('retention relief of an EC2 cluster', () => {
  it('shortens what weighs most on the fullest disk, as far as that is needed', async () => {
    const { world, configs } = kafkaWorld();
    const done = await run(world, 'retention-relief', barred(world));
    expect(done.error).toBe('shortened-not-enough');
    // 801 of 1,000 GiB, 20 GiB an hour for 20 hours, to 600 GiB: 599 GiB; the floor of a day frees 428.5 and 85.7.
    expect(await world.ledger.operation('op-1')).toMatchObject({
      outcome: 'shortened-not-enough',
      decision: { evidence: { brokerId: 2, usedGib: 801, capacityGib: 1000, needGib: 599, freesGib: 514.28 } },
    });
    expect((await world.ledger.relief('op-1'))?.topics).toMatchObject([
      { name: 'big', state: 'shortened', inherited: true, former: { 'retention.ms': String(days7Ms) } },
      { name: 'small', state: 'shortened', former: { 'retention.ms': String(days7Ms) } },
    ]);
    expect(await configs('big')).toEqual({ retention: String(24 * hourMs), own: true });
    expect(await configs('table')).toEqual({ retention: String(days7Ms), own: false });
  });

  it('shortens one topic in part where that is enough', async () => {
    const { world, configs } = kafkaWorld();
    const trigger = { type: 'barred', fullInHours: 100, retryAtMs: world.clock.nowMs() + 10 * hourMs };
    await run(world, 'retention-relief', barred(world, { trigger }));
    expect(await world.ledger.operation('op-1')).toMatchObject({ outcome: 'shortened' });
    // 801 + 10 × 1.99 − 600 = 220.9 of 500 GiB: 93 of 168 hours stay.
    expect(await configs('big')).toEqual({ retention: String(93 * hourMs), own: true });
    expect(await configs('small')).toEqual({ retention: String(days7Ms), own: true });
  });

  it('gives an own value back, and takes away what was inherited', async () => {
    const { world, configs, altered } = kafkaWorld();
    await run(world, 'retention-relief', barred(world));
    // In between somebody wants nothing changed any more: an undo runs all the same.
    for (const one of world.fleet.clusters) one.mode = 'observe';
    altered.length = 0;
    const done = await run(world, 'retention-restore', aRestore());
    expect(done.status).toBe('SUCCEEDED');
    expect(altered).toEqual([
      expect.objectContaining({ name: 'big', configs: { 'retention.ms': null }, undo: true }),
      expect.objectContaining({ name: 'small', configs: { 'retention.ms': String(days7Ms) }, undo: true }),
    ]);
    expect(await configs('big')).toEqual({ retention: String(days7Ms), own: false });
    expect(await configs('small')).toEqual({ retention: String(days7Ms), own: true });
    expect((await world.ledger.relief('op-1'))?.topics.map(({ state }) => state)).toEqual(['restored', 'restored']);
  });

  it('leaves a topic alone that was created anew, which its id tells', async () => {
    const { world, brokers, configs } = kafkaWorld();
    await run(world, 'retention-relief', barred(world));
    brokers.deleteTopic('big');
    brokers.createTopic('big', { partitions: 2, replicas: 2, configs: { 'retention.ms': String(24 * hourMs) } });
    await run(world, 'retention-restore', aRestore());
    expect(await configs('big')).toEqual({ retention: String(24 * hourMs), own: true });
    expect((await world.ledger.relief('op-1'))?.topics[0]).toMatchObject({
      state: 'left-alone',
      detail: 'created anew',
    });
  });

  it('shortens only what a person named, with what it frees', async () => {
    const { world } = kafkaWorld();
    await run(world, 'retention-relief', barred(world, { request: { topics: ['small', 'nowhere', 'table'] } }));
    expect((await world.ledger.relief('op-1'))?.topics.map(({ name }) => name)).toEqual(['small']);
    expect((await world.ledger.operation('op-1'))?.decision).toMatchObject({
      topics: [{ name: 'small', freesGib: 85.71 }],
      evidence: {
        left: expect.arrayContaining([
          { name: 'nowhere', why: 'not-found' },
          { name: 'table', why: 'compacted' },
        ]),
      },
    });
  });

  it('sets again what was set and not answered, which is harmless', async () => {
    const { world, brokers, configs } = kafkaWorld();
    brokers.trouble('alterConfigs', 'lost');
    const done = await run(world, 'retention-relief', barred(world));
    expect(done.error).toBe('shortened-not-enough');
    expect(await configs('big')).toEqual({ retention: String(24 * hourMs), own: true });
    expect((await world.ledger.relief('op-1'))?.topics.map(({ state }) => state)).toEqual(['shortened', 'shortened']);
  });

  it.each([
    ['whose brokers refuse', (brokers: SimulatedKafka) => brokers.lock('big'), 'access-denied'],
    ['whose listener speaks otherwise', undefined, 'listener-mismatch'],
  ])('shortens nothing of a cluster %s', async (_title, trouble, outcome) => {
    const { world, brokers, altered } = kafkaWorld(
      trouble === undefined ? { kafka: { ...cluster.kafka!, security: 'tls' } } : {},
    );
    trouble?.(brokers);
    await run(world, 'retention-relief', barred(world));
    expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'escalated', outcome });
    expect(altered).toEqual([]);
  });

  it('has no way where the fleet file says of no listener: commands by hand', async () => {
    const { world } = kafkaWorld();
    const { kafka: _kafka, ...without } = cluster;
    world.fleet.clusters = [without];
    await run(world, 'retention-relief', barred(world));
    expect(await world.ledger.operation('op-1')).toMatchObject({ outcome: 'no-way-to-topics' });
    expect(world.notify.messages[0]?.text).toContain('kafka-configs.sh');
  });

  it('says how an inherited retention is given back by hand', async () => {
    const { world } = kafkaWorld({ mode: 'observe' });
    await run(world, 'retention-relief', barred(world));
    const [message] = world.notify.messages;
    expect(message?.text).toMatch(/--entity-name big --delete-config retention.ms\n/);
    expect(message?.text).toMatch(/--entity-name small --add-config retention.ms=604800000\n/);
  });
});

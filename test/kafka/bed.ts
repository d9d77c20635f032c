/** The broker that run.sh started, and what tests do to it beside the code under test. */
import { readFileSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import type { KafkaAddress } from '../../functions/runtime/kafka-connector.ts';

const environment = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run test/kafka/run.sh`);
  return value;
};

export const plaintext: KafkaAddress = { bootstrapServers: [environment('KAFKA_PLAINTEXT')], security: 'plaintext' };
export const tls: KafkaAddress = {
  bootstrapServers: [environment('KAFKA_TLS')],
  security: 'tls',
  certificateAuthorities: readFileSync(environment('KAFKA_CA_FILE'), 'utf8'),
};

const client = { clientId: 'tests', bootstrapBrokers: [...plaintext.bootstrapServers] };
const admin = new Admin(client);
const producer = new Producer({ ...client, acks: 1 });

export async function createTopic(name: string, partitions = 1, configs: Record<string, string> = {}): Promise<void> {
  await admin.createTopics({
    topics: [name],
    partitions,
    replicas: 1,
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  });
}

export const deleteTopic = (name: string): Promise<void> => admin.deleteTopics({ topics: [name] });

/** Records of 100 kB that don't compress, of that time. */
export async function write(topic: string, count: number, atMs: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const value = Buffer.alloc(100_000, at);
    await producer.send({ messages: [{ topic, partition: 0, value, timestamp: BigInt(atMs + at) }] });
  }
}

/** Only somebody else may touch this topic from now on. */
export async function lock(topic: string): Promise<void> {
  const creation = {
    resourceType: ResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:somebody-else',
    host: '*',
    operation: AclOperations.ALL,
    permissionType: AclPermissionTypes.ALLOW,
  };
  await admin.createAcls({ creations: [creation] });
}

export async function closeBed(): Promise<void> {
  await producer.close();
  await admin.close();
}

/** Waits until the broker has done in the background what it was told. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error('it did not come about within 10 s');
}

/** A way to the broker on which answers can be lost. */
export async function lossyWay(): Promise<{
  address: KafkaAddress;
  loseAnswersAfter(count: number): void;
  close(): void;
}> {
  const [host = '', port = ''] = environment('KAFKA_PLAINTEXT').split(':');
  const sockets: Socket[] = [];
  let passes = Number.POSITIVE_INFINITY;
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    sockets.push(near, far);
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => {
      if (passes-- > 0) near.write(data);
    });
    near.on('error', () => far.destroy());
    near.on('close', () => far.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port: own } = server.address() as { port: number };
  return {
    address: { bootstrapServers: [`127.0.0.1:${own}`], security: 'plaintext' },
    loseAnswersAfter: (count) => {
      passes = count;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

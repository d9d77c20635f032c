/** The function as it is deployed, with a real broker and no AWS. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { handler } from '../../functions/topics/serve-topics.lambda.ts';
import { closeBed, createTopic, plaintext } from './bed.ts';

const fleet = {
  version: 1,
  name: 'demo',
  clusters: ['act', 'observe'].map((mode) => ({
    name: mode,
    kind: 'ec2',
    mode,
    kafka: { network: 'private-a', ...plaintext },
  })),
};
const serveTopics = handler.withRuntime({
  clock: { nowMs: () => 0 },
  environment: { FLEET_FILE: '/opt/fleet.json' },
  readText: () => JSON.stringify(fleet),
  clientDefaults: {},
  connect: (client) => client,
  logLevel: 'SILENT',
  writeMetrics: () => undefined,
});
const call = (event: object) => serveTopics(event, {} as Context);

afterAll(closeBed);

describe('serve-topics', () => {
  it('lists, describes, places, measures and alters', async () => {
    await createTopic('served', 2);
    await expect(call({ call: 'list', cluster: 'act' })).resolves.toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'served', partitions: 2 })]),
    );
    await expect(call({ call: 'placement', cluster: 'act', name: 'served' })).resolves.toHaveLength(2);
    await expect(call({ call: 'sizes', cluster: 'act' })).resolves.toMatchObject([
      { brokerId: 1, replicaBytes: { served: { 0: 0, 1: 0 } } },
    ]);
    const shorten = { call: 'alter', cluster: 'act', name: 'served', configs: { 'retention.ms': '3600000' } };
    await expect(call({ ...shorten, undo: false })).resolves.toBeNull();
    const describing = { call: 'describe', cluster: 'act', name: 'served' };
    await expect(call(describing)).resolves.toMatchObject({ own: ['retention.ms'] });
    await call({ ...shorten, cluster: 'observe', configs: { 'retention.ms': null }, undo: true });
    await expect(call(describing)).resolves.toMatchObject({ own: [] });
  });

  it('answers null of a topic that is gone', async () => {
    await expect(call({ call: 'describe', cluster: 'act', name: 'nowhere' })).resolves.toBeNull();
  });

  it('shortens nothing in mode observe', async () => {
    await createTopic('watched');
    const shorten = { call: 'alter', cluster: 'observe', name: 'watched', configs: { 'retention.ms': '3600000' } };
    await expect(call({ ...shorten, undo: false })).rejects.toMatchObject({ name: 'ObserveOnly' });
    await expect(call({ call: 'describe', cluster: 'act', name: 'watched' })).resolves.toMatchObject({ own: [] });
  });
});

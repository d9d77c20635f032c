/** A storm: very many volumes at once, and the few requests that the account has for them. */
import { describe, expect, it } from '@jest/globals';
import { observe } from '../../functions/storage/observe.step.ts';
import { growthPace } from '../../functions/storage/ec2/pace.ts';
import { executeStateMachine, skippingScheduler } from '../../simulator/states-language/index.ts';
import { definitionOf, runStorageScaling } from '../support/storage-workflow.ts';
import {
  anMskOperation,
  anOperation,
  mskWorld,
  storageWorld,
  type StorageWorld,
  volumeId,
} from '../support/storage-world.ts';

const { burst, everyMs } = growthPace.account;

/** `places` others have their turn at this instant. */
async function storm(world: StorageWorld, places: number, queue = 'observe', pace = growthPace.account): Promise<void> {
  const nowMs = world.clock.nowMs();
  for (let at = 0; at < places; at++) await world.ledger.takeSlot({ queue, holder: `other-${at}`, nowMs, ...pace });
}
async function inspectedWorld(): Promise<StorageWorld> {
  const world = storageWorld();
  await world.inspect();
  return world;
}

describe('Observe in a storm', () => {
  it('goes at once as long as the account has requests', async () => {
    const world = await inspectedWorld();
    await storm(world, burst - 1);
    await expect(observe(world)(anOperation())).resolves.toMatchObject({ facts: { name: 'orders' } });
  });

  it('waits for its turn after that, reads nothing before, and holds the volume meanwhile', async () => {
    const world = await inspectedWorld();
    await storm(world, burst + 4);
    const reads = world.metrics.asked.length;
    const turnMs = world.clock.nowMs() + 5 * everyMs;
    await expect(observe(world)(anOperation())).rejects.toMatchObject({
      name: 'Paced',
      faultClass: 'transient',
      message: expect.stringContaining(new Date(turnMs).toISOString()),
    });
    expect(world.metrics.asked).toHaveLength(reads);
    expect(await world.ledger.readLease(`volume/${volumeId}`)).toMatchObject({ operationId: 'op-1' });

    world.clock.advance(5 * everyMs - 1);
    await expect(observe(world)(anOperation())).rejects.toMatchObject({ name: 'Paced' });
    world.clock.advance(1);
    await expect(observe(world)(anOperation())).resolves.toMatchObject({ lease: { operationId: 'op-1' } });
  });

  it('lets the volumes of one cluster begin one after the other, whatever the account has', async () => {
    const world = await inspectedWorld();
    await storm(world, growthPace.cluster.burst, 'observe/orders', growthPace.cluster);
    await expect(observe(world)(anOperation())).rejects.toMatchObject({ name: 'Paced' });
    world.clock.advance(growthPace.cluster.everyMs);
    await expect(observe(world)(anOperation())).resolves.toBeDefined();
  });

  it('does not keep a person waiting', async () => {
    const world = await inspectedWorld();
    await storm(world, burst);
    const asked = { ...anOperation('op-1', { action: 'grow' }), trigger: { type: 'operator' } };
    await expect(observe(world)(asked)).resolves.toBeDefined();
  });

  it('takes no growth’s place for a volume that another operation holds', async () => {
    const world = await inspectedWorld();
    await observe(world)(anOperation('op-0'));
    await storm(world, burst);
    await expect(observe(world)(anOperation())).resolves.toMatchObject({ busy: 'op-0', lease: null });
    await storm(world, burst, 'observe-only');
    await expect(observe(world)(anOperation('op-2'))).rejects.toMatchObject({ name: 'Paced' });
  });

  it('paces no MSK cluster: its changes take nothing from EC2', async () => {
    const world = mskWorld();
    await storm(world, burst);
    await expect(observe(world)(anMskOperation())).resolves.toBeDefined();
  });
});

describe('storage-scaling in a storm', () => {
  const input = { operationId: 'op-1', cluster: 'orders', subject: volumeId, trigger: {} };
  const turnAt = '2024-01-01T00:01:40.500Z';

  it('waits until its turn and observes again', async () => {
    const scheduler = skippingScheduler(Date.parse('2024-01-01T00:00:00Z'));
    const observedAt: string[] = [];
    const done = await executeStateMachine(definitionOf('storage-scaling'), input, {
      scheduler,
      task: ({ state }) => {
        if (state === 'Record') return { Payload: { status: 'deferred', failed: false } };
        if (state === 'Decide') throw Object.assign(new Error(), { error: 'AlreadyRunning', cause: '' });
        observedAt.push(new Date(scheduler.nowMs()).toISOString());
        if (observedAt.length > 1) return { Payload: { lease: null, facts: { volumes: [] } } };
        const errorMessage = `its turn is at ${turnAt}`;
        const trace = [`Paced: ${errorMessage}`, '    at takeTurn (/var/task/index.mjs:1:1)'];
        const cause = JSON.stringify({ errorType: 'Paced', errorMessage, trace });
        throw Object.assign(new Error(), { error: 'Paced', cause });
      },
    });
    expect(done.states.map(({ name }) => name).slice(0, 4)).toEqual(['Observe', 'AwaitSlot', 'Observe', 'Decide']);
    expect(observedAt).toEqual(['2024-01-01T00:00:00.000Z', turnAt]);
  });

  it('has no state more in quiet times', async () => {
    const ran = await runStorageScaling(await inspectedWorld());
    expect(ran.names).not.toContain('AwaitSlot');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { MskOperation } from '../../../functions/gateways/types.ts';
import { followOperation } from '../../../functions/storage/follow-operation.step.ts';
import { progress } from '../../../functions/storage/msk/progress.ts';
import { clusterArn } from '../../support/storage-facts.ts';
import { anMskOperation, mskWorld } from '../../support/storage-world.ts';

const operation: MskOperation = {
  operationArn: 'arn:operation',
  type: 'UPDATE_BROKER_STORAGE',
  state: 'UPDATE_IN_PROGRESS',
  startedAtMs: 0,
  fromGib: 100,
  targetGib: 134,
};

async function of(change: Partial<MskOperation> | undefined, reference: string | undefined = 'arn:operation') {
  const world = mskWorld();
  world.msk.operation = () => Promise.resolve(change === undefined ? undefined : { ...operation, ...change });
  return progress(world, { volumeId: 'msk/payments', targetGib: 134, ...(reference === '' ? {} : { reference }) });
}

describe('progress', () => {
  it.each<[string, Partial<MskOperation> | undefined, string]>([
    ['it runs', {}, 'pending'],
    ['it has not begun', { state: 'PENDING' }, 'pending'],
    ['a state that nobody knows, without an end', { state: 'DREAMING' }, 'pending'],
    ['MSK does not know it yet', undefined, 'pending'],
    ['it is complete', { state: 'UPDATE_COMPLETE', endedAtMs: 1 }, 'completed'],
    [
      'a state that nobody knows, ended: Verify believes only the world',
      { state: 'DREAMT', endedAtMs: 1 },
      'completed',
    ],
    ['it has failed', { state: 'UPDATE_FAILED', endedAtMs: 1 }, 'failed'],
  ])('%s', async (_title, change, state) => {
    expect(await of(change)).toMatchObject({ state });
  });

  it('says what MSK says of a failure', async () => {
    const failed = await of({ state: 'UPDATE_FAILED', error: 'Quota: no capacity' });
    expect(failed).toMatchObject({ message: expect.stringContaining('Quota: no capacity'), sizeGib: 100 });
    expect(await of({ state: 'UPDATE_FAILED' })).toMatchObject({
      message: expect.stringContaining('no reason'),
    });
  });

  it('without a name to follow is not known', async () => {
    expect(await of({}, '')).toEqual({ state: 'pending', sizeGib: 0 });
  });
});

const follow = (world: ReturnType<typeof mskWorld>, reference: string) =>
  followOperation(world)({ ...anMskOperation(), targetGib: 134, reference });

describe('FollowOperation', () => {
  it('asks again while it runs, and is done when it is', async () => {
    const world = mskWorld();
    const reference = world.msk.begin(clusterArn, 134);
    await expect(follow(world, reference)).rejects.toMatchObject({ name: 'OperationRunning', faultClass: 'transient' });
    world.clock.advance(world.msk.operationMs - 1);
    await expect(follow(world, reference)).rejects.toMatchObject({ name: 'OperationRunning' });
    world.clock.advance(1);
    expect(await follow(world, reference)).toEqual({ state: 'completed', sizeGib: 134 });
  });

  it('ends with what MSK says where it failed', async () => {
    const world = mskWorld();
    world.msk.failure = 'no capacity';
    const reference = world.msk.begin(clusterArn, 134);
    world.clock.advance(world.msk.operationMs);
    await expect(follow(world, reference)).rejects.toMatchObject({
      name: 'ModificationFailed',
      message: expect.stringContaining('no capacity'),
    });
  });
});

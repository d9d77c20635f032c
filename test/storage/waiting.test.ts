/** Event before token: no event is lost between the one who waits and the one who hears, and no look is made in vain. */
import { describe, expect, it } from '@jest/globals';
import { awaitCompleted } from '../../functions/storage/await-completed.step.ts';
import { awaitUsable } from '../../functions/storage/await-usable.step.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import { wakeWaiting } from '../../functions/storage/wake-waiting.step.ts';
import { anOperation, minuteMs, storageWorld, type StorageWorld, volumeId } from '../support/storage-world.ts';

const event = (result?: string) => ({
  source: 'aws.ec2',
  resources: [`arn:aws:ec2:eu-central-1::volume/${volumeId}`],
  detail: { event: 'modifyVolume', ...(result === undefined ? {} : { result }) },
});

interface Grown extends StorageWorld {
  looks: () => number;
  waits: (change?: Record<string, unknown>) => Record<string, unknown>;
}

/** A volume that is being modified; `looks` counts how often EC2 was asked how far that is. */
function growing(): Grown {
  const world = storageWorld();
  const startedAt = new Date(world.clock.nowMs()).toISOString();
  world.ebs.begin(volumeId, 134);
  let looks = 0;
  const modifications = world.ebs.modifications.bind(world.ebs);
  world.ebs.modifications = (ids) => {
    looks += 1;
    return modifications(ids);
  };
  const input = { ...anOperation(), taskToken: 'token-1', targetGib: 134, startedAt, isRetry: false };
  return Object.assign(world, { looks: () => looks, waits: (change = {}) => ({ ...input, ...change }) });
}

describe('who waits', () => {
  it('does not look where nothing was heard', async () => {
    const world = growing();
    world.clock.advance(minuteMs);
    expect(await awaitUsable(world)(world.waits())).toEqual({ waiting: 'parked' });
    expect(world.looks()).toBe(0);
  });

  it('looks where an event came before its token', async () => {
    const world = growing();
    world.clock.advance(minuteMs);
    expect(await wakeWaiting(world)(event('optimizing'))).toEqual({ woken: [] });
    expect(await awaitUsable(world)(world.waits())).toEqual({ waiting: 'answered' });
    expect(world.workflows.answers.get('token-1')).toEqual({ output: { state: 'usable', sizeGib: 134 } });
  });

  it.each([
    ['again, because an event may have been lost', { isRetry: true }],
    ['where it does not know since when, as an older release asks', { startedAt: null }],
    ['where it is told no time that can be read', { startedAt: 'yesterday' }],
  ])('looks %s', async (_title, change) => {
    const world = growing();
    world.clock.advance(minuteMs);
    expect(await awaitUsable(world)(world.waits(change))).toEqual({ waiting: 'answered' });
  });

  it('takes no event of an earlier change for its own', async () => {
    const world = growing();
    await wakeWaiting(world)(event('completed'));
    world.clock.advance(hourMs);
    const startedAt = new Date(world.clock.nowMs()).toISOString();
    expect(await awaitCompleted(world)(world.waits({ startedAt }))).toEqual({ waiting: 'parked' });
    expect(world.looks()).toBe(0);
  });

  it('counts an event from a clock that is behind by up to a minute', async () => {
    const world = growing();
    await wakeWaiting(world)(event('completed'));
    world.clock.advance(minuteMs);
    const startedAt = new Date(world.clock.nowMs()).toISOString();
    await awaitCompleted(world)(world.waits({ startedAt }));
    expect(world.looks()).toBe(1);
  });
});

describe('an event', () => {
  it('that comes after the token wakes, with one look', async () => {
    const world = growing();
    await awaitUsable(world)(world.waits());
    world.clock.advance(minuteMs);
    expect(await wakeWaiting(world)(event('optimizing'))).toEqual({ woken: [`volume/${volumeId}/usable`] });
    expect(world.looks()).toBe(1);
  });

  it('that a volume can be used makes nobody look whether it is completed', async () => {
    const world = growing();
    await awaitCompleted(world)(world.waits());
    world.clock.advance(minuteMs);
    await wakeWaiting(world)(event('optimizing'));
    expect(world.looks()).toBe(0);
    world.clock.advance(hourMs);
    expect(await wakeWaiting(world)(event('completed'))).toEqual({ woken: [`volume/${volumeId}/completed`] });
  });

  it('that a change is completed wakes also who missed that it could be used', async () => {
    const world = growing();
    await awaitUsable(world)(world.waits());
    world.clock.advance(hourMs);
    expect(await wakeWaiting(world)(event('completed'))).toEqual({ woken: [`volume/${volumeId}/usable`] });
  });

  it('is lost in no order of the two', async () => {
    // The event function stops after each of its calls to the ledger and lets the step run to its end.
    for (let stop = 0; stop < 4; stop++) {
      const world = growing();
      world.clock.advance(minuteMs);
      let calls = 0;
      const interrupted = async <T>(call: () => Promise<T>): Promise<T> => {
        if (calls++ === stop) await awaitUsable(world)(world.waits());
        return call();
      };
      const { ledger } = world;
      await wakeWaiting({
        ...world,
        ledger: {
          ...ledger,
          waiting: (resource) => interrupted(() => ledger.waiting(resource)),
          heard: (resource, atMs) => interrupted(() => ledger.heard(resource, atMs)),
        },
      })(event('optimizing'));
      if (calls <= stop) await awaitUsable(world)(world.waits());
      expect({ stop, answers: [...world.workflows.answers.keys()] }).toEqual({ stop, answers: ['token-1'] });
    }
  });

  it('of a volume that is not ours is harmless', async () => {
    const world = storageWorld();
    expect(await wakeWaiting(world)({ ...event(), resources: ['arn:aws:ec2:::volume/vol-9'] })).toEqual({ woken: [] });
  });
});

import { describe, expect, it } from '@jest/globals';
import { progress } from '../../functions/storage/ec2/progress.ts';
import { matchesIntent, ownerTagsOf, subjectOf } from '../../functions/storage/ec2/volume.ts';
import type { VolumeModification } from '../../functions/gateways/types.ts';
import { nowMs } from '../support/storage-facts.ts';
import { anEbsVolume, FakeEbs, minuteMs } from '../support/storage-world.ts';
import { TestClock } from '../support/dynamodb.ts';

const modification: VolumeModification = {
  volumeId: 'vol-1',
  state: 'modifying',
  originalGib: 100,
  targetGib: 150,
  startedAtMs: nowMs,
};

const intent = (agoMs: number, sizeGib = 150) => ({ atMs: nowMs - agoMs, request: { sizeGib } });

describe('matchesIntent', () => {
  it.each([
    ['started a minute before it (clocks differ)', intent(-minuteMs), true],
    ['more than that before it', intent(-minuteMs - 1), false],
    ['at the end of the workflow’s retries', intent(45 * minuteMs), true],
    ['later than any retry', intent(45 * minuteMs + 1), false],
    ['another size', intent(0, 151), false],
    ['later, but it was settled only then', { ...intent(60 * minuteMs), settledAtMs: nowMs }, true],
    ['a foreign one that was noted by its start', { atMs: 0, request: { startedAtMs: nowMs } }, true],
  ])('%s', (_title, candidate, expected) => {
    expect(matchesIntent(modification, candidate)).toBe(expected);
  });
});

const of = async (sizeGib: number, seen: Partial<VolumeModification> | undefined, targetGib = 150) => {
  const ebs = new FakeEbs(new TestClock());
  ebs.all[0] = anEbsVolume({ sizeGib });
  ebs.modifications = () => Promise.resolve(seen === undefined ? [] : [{ ...modification, ...seen }]);
  return (await progress({ ebs }, 'vol-1', targetGib)).state;
};

describe('progress', () => {
  it.each([
    ['the size shows up before the space (S4)', 150, { state: 'modifying' as const }, 150, 'pending'],
    ['usable from optimizing on (S3)', 150, { state: 'optimizing' as const }, 150, 'usable'],
    ['completed', 150, { state: 'completed' as const }, 150, 'completed'],
    ['completed, but the size is not there', 149, { state: 'completed' as const }, 150, 'pending'],
    ['failed', 100, { state: 'failed' as const }, 150, 'failed'],
    [
      'an older one is still the newest that is shown',
      150,
      { state: 'completed' as const, targetGib: 120 },
      150,
      'pending',
    ],
    ['somebody else’s larger one failed', 100, { state: 'failed' as const }, 100, 'completed'],
    ['EC2 has forgotten it', 150, undefined, 150, 'completed'],
    ['nothing has begun', 100, undefined, 150, 'pending'],
  ])('%s', async (_title, sizeGib, seen, targetGib, expected) => {
    expect(await of(sizeGib, seen, targetGib)).toBe(expected);
  });

  it('a volume that is gone has failed', async () => {
    const ebs = new FakeEbs(new TestClock());
    expect(await progress({ ebs }, 'vol-9', 100)).toMatchObject({ state: 'failed' });
  });
});

describe('ownerTagsOf', () => {
  it('keeps what marks the owner, sorted, and nothing else', () => {
    const tags = {
      Team: 'x',
      'aws:cloudformation:stack-name': 's',
      'Terraform-Module': 'm',
      Name: 'data',
      teamwork: 'no',
    };
    expect(ownerTagsOf(tags)).toEqual({ 'aws:cloudformation:stack-name': 's', Team: 'x', 'Terraform-Module': 'm' });
  });
});

it('a volume’s name in the ledger', () => {
  expect(subjectOf('vol-1')).toBe('volume/vol-1');
});

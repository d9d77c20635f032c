import { describe, expect, it } from '@jest/globals';
import type { VolumeModification } from '../../functions/gateways/types.ts';
import { matchesIntent, subjectOf } from '../../functions/storage/change.ts';
import { ownerTagsOf } from '../../functions/storage/owner-tags.ts';
import { nowMs } from '../support/storage-facts.ts';
import { minuteMs } from '../support/storage-world.ts';

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

it.each([
  ['vol-1', 'volume/vol-1'],
  ['msk/payments', 'storage/payments'],
])('the name of %s in the ledger', (volumeId, name) => {
  expect(subjectOf(volumeId)).toBe(name);
});

import { describe, expect, it } from '@jest/globals';
import {
  bounded,
  type Due,
  growthsMax,
  hoursLeft,
  inOrder,
  inspectionsMax,
  restores,
  type Wanted,
} from '../../functions/fleet/sweep-due.ts';

const start = (subject: string, workflow: Wanted['workflow'] = 'storage-scaling'): Wanted => ({
  source: 'sweep',
  workflow,
  cluster: 'orders',
  subject,
  slot: 'a',
});
const due = (subject: string, withinHours: number, usedFraction?: number): Due => ({
  start: start(subject),
  withinHours,
  ...(usedFraction === undefined ? {} : { usedFraction }),
});

describe('urgency', () => {
  const kept = { action: 'keep', reason: 'below-threshold' } as const;

  it.each([
    ['is the hours until it is full', { sizeGib: 1, fullInHours: 30 }, 30],
    ['is four hours for an emergency that no forecast sees full', { sizeGib: 1, emergency: true }, 4],
    ['is less for one that will be full before', { sizeGib: 1, emergency: true, fullInHours: 2 }, 2],
    ['is some time for what never is', { sizeGib: 1 }, Number.MAX_SAFE_INTEGER],
  ])('%s', (_title, evidence, hours) => {
    expect(hoursLeft({ ...kept, evidence })).toBe(hours);
  });

  it('orders by time, then by how full it is', () => {
    const all = [due('vol-1', 10), due('vol-2', 3), due('vol-3', 10, 0.9), due('vol-4', 10, 0.8)];
    expect(inOrder(all).map((one) => one.start.subject)).toEqual(['vol-2', 'vol-3', 'vol-4', 'vol-1']);
  });
});

it('what is too much is left to the next sweep, each for itself', () => {
  const growths = Array.from({ length: growthsMax + 1 }, (_, at) => due(`vol-${at}`, at));
  const inspections = Array.from({ length: inspectionsMax + 2 }, (_, at) => ({
    start: start(`i-${at}`, 'host-inspection'),
    withinHours: Number.MAX_VALUE,
  }));
  const { due: taken, left } = bounded([...growths, ...inspections]);
  expect({ taken: taken.length, left }).toEqual({ taken: growthsMax + inspectionsMax, left: 3 });
  expect(taken.at(growthsMax - 1)?.start.subject).toBe(`vol-${growthsMax - 1}`);
});

const part = (isOver: boolean, hasRoom: boolean) => ({
  start: start('topics/orders', 'retention-restore'),
  isOver,
  hasRoom,
  of: 2,
});

describe('shortened retention', () => {
  it.each([
    ['is given back once there is room on all of the cluster', [part(false, true), part(false, true)], 1],
    ['is kept while a part is full', [part(false, true), part(false, false)], 0],
    ['is kept while a part was not looked at', [part(false, true)], 0],
    ['is given back at its time, whatever else', [part(true, false)], 1],
  ])('%s', (_title, looks, count) => {
    expect(restores(looks)).toHaveLength(count);
  });
});

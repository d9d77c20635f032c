import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { cutPages } from '../../functions/fleet/sweep-pages.ts';

const brokers = (...volumes: number[]) =>
  volumes.map((count, at) => ({ volumes: count, totalGib: count * 10, seen: `broker ${at} of ${count}` }));

describe('a sweep’s pages', () => {
  it.each([
    ['one page of 500 volumes', [250, 250], 1],
    ['a second one for one volume more', [250, 250, 1], 2],
    ['a page of its own for a broker that is too large for any', [1, 501, 1], 3],
  ])('are %s', (_title, counts, pages) => {
    expect(cutPages([{ name: 'orders', listed: brokers(...counts) }])).toHaveLength(pages);
  });

  it.each([
    [100, 1],
    [101, 2],
  ])('of %d clusters without volumes are %d', (clusters, pages) => {
    const names = Array.from({ length: clusters }, (_, at) => ({ name: `team-${at}`, listed: [] }));
    expect(cutPages(names)).toHaveLength(pages);
  });

  it('know what a cluster has on other pages, and which of its parts is the first', () => {
    const pages = cutPages([
      { name: 'small', listed: brokers(100) },
      { name: 'large', listed: brokers(300, 300, 300) },
    ]);
    expect(pages.map(({ parts }) => parts)).toMatchObject([
      [
        { cluster: 'small', elsewhereGib: 0, of: 1, isFirst: true },
        { cluster: 'large', elsewhereGib: 6000, of: 3, isFirst: true },
      ],
      [{ cluster: 'large', elsewhereGib: 6000, of: 3, isFirst: false }],
      [{ cluster: 'large', elsewhereGib: 6000, of: 3, isFirst: false }],
    ]);
  });

  it('hold every broker once, whole and in order, and every cluster', () => {
    const cluster = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(cluster, { maxLength: 30 }), (shapes) => {
        const clusters = shapes.map((counts, at) => ({ name: `team-${at}`, listed: brokers(...counts) }));
        const pages = cutPages(clusters);
        for (const { name, listed } of clusters) {
          const parts = pages.flatMap((page) => page.parts).filter((part) => part.cluster === name);
          expect(parts.flatMap((part) => part.listed)).toEqual(listed.map(({ seen }) => seen));
          expect(parts.map(({ isFirst }) => isFirst)).toEqual(parts.map((_part, at) => at === 0));
          expect(parts.length).toBeGreaterThan(0);
          for (const part of parts) expect(part.of).toBe(parts.length);
        }
      }),
    );
  });
});

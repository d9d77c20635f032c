import { expect, it } from '@jest/globals';
import type { Ledger } from '../../../functions/gateways/ledger/ledger.ts';
import { hourMs, type MakeLedger, noonMs } from './fixtures.ts';

const everyMs = 1_000;
type Taking = Parameters<Ledger['takeSlot']>[0];

const taking = (holder: string, change: Partial<Taking> = {}): Taking => ({
  queue: 'ec2:ModifyVolume',
  holder,
  nowMs: noonMs,
  burst: 3,
  everyMs,
  ...change,
});

/** One after the other, each by a new holder; milliseconds after noon. */
async function take(ledger: Ledger, count: number, change: Partial<Taking> = {}): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const holder = `${change.nowMs ?? noonMs}-${i}`;
    const { atMs } = await ledger.takeSlot(taking(holder, change));
    taken.push(atMs - noonMs);
  }
  return taken;
}

export function slotCases(make: MakeLedger): void {
  it('let a burst through at once and then one at a time', async () => {
    const { ledger } = await make();
    expect(await take(ledger, 6)).toEqual([0, 0, 0, 1_000, 2_000, 3_000]);
  });

  it('let one through at a time where there is no burst', async () => {
    const { ledger } = await make();
    expect(await take(ledger, 3, { burst: 1 })).toEqual([0, 1_000, 2_000]);
  });

  it('are given to the very millisecond of the next one', async () => {
    const { ledger } = await make();
    await take(ledger, 3);
    expect(await take(ledger, 1, { nowMs: noonMs + 999 })).toEqual([1_000]);
    expect(await take(ledger, 1, { nowMs: noonMs + 2_000 })).toEqual([2_000]);
    expect(await take(ledger, 1, { nowMs: noonMs + 2_001 })).toEqual([3_000]);
  });

  it('are there for whoever comes the millisecond before, at, or after the next one', async () => {
    for (const [nowMs, afterMs] of [
      [999, 1_000],
      [1_000, 1_000],
      [1_001, 1_001],
    ] as const) {
      const { ledger } = await make();
      await take(ledger, 1, { burst: 1 });
      expect(await take(ledger, 1, { burst: 1, nowMs: noonMs + nowMs })).toEqual([afterMs]);
    }
  });

  it('are saved up by rest, one each interval', async () => {
    const { ledger } = await make();
    await take(ledger, 3);
    expect(await take(ledger, 3, { nowMs: noonMs + 2_000 })).toEqual([2_000, 2_000, 3_000]);
  });

  it('are saved up to the burst and no further', async () => {
    const { ledger } = await make();
    await take(ledger, 3);
    const later = noonMs + hourMs;
    expect(await take(ledger, 5, { nowMs: later })).toEqual([0, 0, 0, 1_000, 2_000].map((ms) => hourMs + ms));
  });

  it('can be less than a millisecond of rounding apart, without drifting', async () => {
    const { ledger } = await make();
    const thirds = await take(ledger, 33, { burst: 3, everyMs: 100 / 3 });
    expect(thirds.slice(0, 6)).toEqual([0, 0, 0, 33, 67, 100]);
    expect(thirds.at(-1)).toBe(1_000);
  });

  it('are distinct and without gaps for 200 that come at once', async () => {
    const { ledger, other } = await make();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        (i % 2 === 0 ? ledger : other).takeSlot(taking(`holder-${i}`, { burst: 50 })),
      ),
    );
    const after = answers.map(({ atMs }) => atMs - noonMs).toSorted((a, b) => a - b);
    const waiting = Array.from({ length: 150 }, (_, i) => (i + 1) * everyMs);
    expect(after).toEqual([...Array.from({ length: 50 }, () => 0), ...waiting]);
  });

  it('cost a queue that is in use one write to it, one that rested two', async () => {
    const { ledger, table } = await make();
    await ledger.takeSlot(taking('a'));
    expect(table.calls).toEqual(['GetItem', 'UpdateItem', 'UpdateItem', 'PutItem']);
    table.calls.length = 0;
    await ledger.takeSlot(taking('b'));
    expect(table.calls).toEqual(['GetItem', 'UpdateItem', 'PutItem']);
  });

  it('are distinct where two find the queue rested in the same moment', async () => {
    const { ledger, other, table } = await make();
    // Between the first one's look (refused) and its write.
    const late = new Promise<void>((resolve) => {
      table.beforeNextWrite(() => {
        table.beforeNextWrite(async () => {
          await other.takeSlot(taking('b', { burst: 1 }));
          resolve();
        });
        return Promise.resolve();
      });
    });
    const first = await ledger.takeSlot(taking('a', { burst: 1 }));
    await late;
    expect(first.atMs).toBe(noonMs + everyMs);
    expect(await other.takeSlot(taking('b', { burst: 1 }))).toEqual({ atMs: noonMs });
  });

  it('lie apart although clocks differ by seconds', async () => {
    const { ledger } = await make();
    const clocks = [3_000, -3_000, 0, 2_999, -1, 5_000, -5_000, 1, 60_000, 0].map((ms) => noonMs + ms);
    const taken: number[] = [];
    for (const [i, nowMs] of clocks.entries()) {
      taken.push((await ledger.takeSlot(taking(`holder-${i}`, { nowMs, burst: 1 }))).atMs);
    }
    const apart = taken.slice(1).map((atMs, i) => atMs - (taken[i] ?? 0));
    expect(Math.min(...apart)).toBe(everyMs);
    expect(taken.every((atMs, i) => atMs >= (clocks[i] ?? 0))).toBe(true);
  });

  it('stay the first ones for a holder who asks again, and cost nothing', async () => {
    const { ledger, other } = await make();
    const first = await ledger.takeSlot(taking('a', { burst: 1 }));
    expect(await other.takeSlot(taking('a', { burst: 1, nowMs: noonMs + hourMs }))).toEqual(first);
    expect(await ledger.takeSlot(taking('b', { burst: 1 }))).toEqual({ atMs: noonMs + everyMs });
  });

  it('are one where the same holder asks twice at once', async () => {
    const { ledger, other, table } = await make();
    table.beforeNextWrite(() => other.takeSlot(taking('a', { burst: 1 })));
    const first = await ledger.takeSlot(taking('a', { burst: 1 }));
    expect(first).toEqual({ atMs: noonMs });
    expect(await other.takeSlot(taking('a', { burst: 1 }))).toEqual(first);
    // The second place stays empty.
    expect(await ledger.takeSlot(taking('b', { burst: 1 }))).toEqual({ atMs: noonMs + 2 * everyMs });
  });

  it('are lost singly with answers, and never given twice', async () => {
    const { ledger, table } = await make();
    await take(ledger, 1, { burst: 1 });
    table.loseAnswers(1);
    expect(await ledger.takeSlot(taking('a', { burst: 1 }))).toEqual({ atMs: noonMs + 2 * everyMs });
    expect(await ledger.takeSlot(taking('b', { burst: 1 }))).toEqual({ atMs: noonMs + 3 * everyMs });
  });

  it('that were taken but not noted stay empty when the holder asks again', async () => {
    const { ledger, table } = await make();
    await take(ledger, 1, { burst: 1 });
    table.beforeNextWrite(() => {
      table.beforeNextWrite(() => Promise.reject(new Error('killed')));
      return Promise.resolve();
    });
    await expect(ledger.takeSlot(taking('a', { burst: 1 }))).rejects.toThrow('killed');
    expect(await ledger.takeSlot(taking('a', { burst: 1 }))).toEqual({ atMs: noonMs + 2 * everyMs });
  });

  it('are kept apart by queue, for the same holder too', async () => {
    const { ledger } = await make();
    await take(ledger, 2, { burst: 1 });
    const other = { queue: 'kafka:UpdateBrokerStorage', burst: 1 };
    expect(await ledger.takeSlot(taking(`${noonMs}-0`, { ...other, nowMs: noonMs + 5 }))).toEqual({ atMs: noonMs + 5 });
  });

  it('may come faster or slower from now on', async () => {
    const { ledger } = await make();
    expect(await take(ledger, 3, { burst: 1 })).toEqual([0, 1_000, 2_000]);
    expect(await take(ledger, 2, { burst: 1, everyMs: 100, nowMs: noonMs + 1 })).toEqual([3_000, 3_100]);
    expect(await take(ledger, 2, { burst: 1, everyMs: 5_000, nowMs: noonMs + 2 })).toEqual([3_200, 8_200]);
  });

  it.each([
    ['no burst', { burst: 0 }],
    ['no interval', { everyMs: 0 }],
    ['a burst that is no number', { burst: Number.NaN }],
  ])('are not given with %s', async (_title, change) => {
    const { ledger, table } = await make();
    await expect(ledger.takeSlot(taking('a', change))).rejects.toMatchObject({ name: 'LedgerContradiction' });
    expect(table.calls).toEqual([]);
  });
}

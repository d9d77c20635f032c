import { describe, expect, it } from '@jest/globals';
import { sideBySide } from '../../functions/runtime/side-by-side.ts';

describe('side by side', () => {
  it.each([1, 3, 10])('works on all, at most %d at a time, and keeps the order', async (atOnce) => {
    let [running, most] = [0, 0];
    const results = await sideBySide([30, 10, 20, 5, 1], atOnce, async (turns, index) => {
      most = Math.max(most, (running += 1));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      running -= 1;
      return index * 100 + turns;
    });
    expect(results).toEqual([30, 110, 220, 305, 401]);
    expect(most).toBe(Math.min(atOnce, 5));
  });

  it('begins nothing after a failure', async () => {
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      await Promise.resolve();
      if (item === 2) throw new Error('no');
    };
    await expect(sideBySide([1, 2, 3, 4, 5], 1, work)).rejects.toThrow('no');
    expect(begun).toEqual([1, 2]);
  });

  it('of nothing is nothing', async () => {
    await expect(sideBySide([], 4, () => Promise.reject(new Error('no')))).resolves.toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { MetricQuery, MetricsGateway } from '../../functions/gateways/types.ts';
import { readTogether } from '../../functions/storage/read-together.ts';

const query = (id: string, name = id): MetricQuery => ({
  id,
  namespace: 'CWAgent',
  name,
  dimensions: {},
  stat: 'Maximum',
  periodSeconds: 300,
});

/** Answers with the metric's name as a number; `calls` are the numbers of queries. */
function counting(): { metrics: MetricsGateway; calls: number[] } {
  const calls: number[] = [];
  const metrics: MetricsGateway = {
    read: (queries) => {
      calls.push(queries.length);
      return Promise.resolve(queries.map(({ id, name }) => ({ id, timesMs: [0], values: [Number(name)] })));
    },
  };
  return { metrics, calls };
}

const readOne = async (_item: number, together: MetricsGateway) => together.read([query('a')], 0, 1);

describe('reading together', () => {
  it('is one call for all that wait, and each gets its own', async () => {
    const { metrics, calls } = counting();
    const found = await readTogether(metrics, [1, 2, 3], async (item, together) => {
      for (let turn = 0; turn < item * 5; turn++) await Promise.resolve();
      const series = await together.read([query('a', String(item)), query('b', String(item * 10))], 0, 1);
      return series.map(({ id, values }) => [id, ...values]);
    });
    expect(found).toEqual(
      [1, 2, 3].map((item) => [
        ['a', item],
        ['b', item * 10],
      ]),
    );
    expect(calls).toEqual([6]);
  });

  it('waits for nobody who has ended, or reads nothing', async () => {
    const { metrics, calls } = counting();
    const found = await readTogether(metrics, [1, 2], async (item, together) =>
      item === 1 ? 'nothing' : (await together.read([query('2')], 0, 1))[0]?.values[0],
    );
    expect(found).toEqual(['nothing', 2]);
    expect(calls).toEqual([1]);
  });

  it('keeps what is of another time apart', async () => {
    const { metrics, calls } = counting();
    await readTogether(metrics, [1, 2], async (item, together) => together.read([query('1')], item, 9));
    expect(calls).toEqual([1, 1]);
  });

  it('comes to an end where one asks for several things at once, and again', async () => {
    const { metrics } = counting();
    const found = await readTogether(metrics, [1, 2], async (item, together) => {
      const [a, b] = await Promise.all([together.read([query('1')], 0, 1), together.read([query('2')], 0, 1)]);
      const c = await together.read([query(String(item))], 0, 1);
      return [...a, ...b, ...c].map(({ values }) => values[0]);
    });
    expect(found).toEqual([
      [1, 2, 1],
      [1, 2, 2],
    ]);
  });

  it('fails for all who wait for a reading that fails', async () => {
    const metrics: MetricsGateway = { read: () => Promise.reject(new Error('no')) };
    await expect(readTogether(metrics, [1, 2], readOne)).rejects.toThrow('no');
  });

  it('gives empty series for what the gateway does not answer', async () => {
    const metrics: MetricsGateway = { read: () => Promise.resolve([]) };
    await expect(readTogether(metrics, [1], readOne)).resolves.toEqual([[{ id: 'a', timesMs: [], values: [] }]]);
  });
});

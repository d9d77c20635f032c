import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { events } from '../../bench/functions/events.ts';
import { sorted } from './synthesized.ts';
import { specOf, verbs } from '../../infra/function-table.ts';

describe('bench/functions.table.json', () => {
  it('has every deployed function with its memory; renew it with npm run bench:functions -- --write', () => {
    const table = JSON.parse(readFileSync('bench/functions.table.json', 'utf8')) as Record<
      string,
      { memoryMib: number; warmMs: number; coldMs: number }
    >;
    expect(sorted(Object.keys(table))).toEqual(sorted(verbs));
    for (const verb of verbs) {
      expect(table[verb]?.memoryMib).toBe(specOf(verb).memoryMib);
      expect(table[verb]?.warmMs).toBeGreaterThan(0);
      expect(table[verb]?.coldMs).toBeGreaterThanOrEqual(table[verb]?.warmMs ?? Number.NaN);
    }
  });
});

describe('the bench', () => {
  it('has an event for every function', () => {
    expect(sorted(Object.keys(events))).toEqual(sorted(verbs));
  });
});

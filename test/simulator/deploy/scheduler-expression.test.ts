import { describe, expect, it } from '@jest/globals';
import { parseScheduleExpression } from '../../../simulator/cloud/scheduler-expression.ts';

const times = (text: string, from: string, count: number, timezone?: string): string[] => {
  const expression = parseScheduleExpression(text, timezone);
  const result: string[] = [];
  let atMs = expression.first(Date.parse(from));
  while (atMs !== undefined && result.length < count) {
    result.push(new Date(atMs).toISOString().slice(0, 16));
    atMs = expression.next(atMs);
  }
  return result;
};

describe('parseScheduleExpression', () => {
  it.each([
    ['rate(5 minutes)', '2026-11-21T00:02:00Z', ['2026-11-21T00:02', '2026-11-21T00:07']],
    ['rate(1 hour)', '2026-11-21T00:02:00Z', ['2026-11-21T00:02', '2026-11-21T01:02']],
    ['cron(0 10 * * ? *)', '2026-11-21T10:00:00Z', ['2026-11-21T10:00', '2026-11-22T10:00']],
    ['cron(0 10 * * ? *)', '2026-11-21T10:00:01Z', ['2026-11-22T10:00', '2026-11-23T10:00']],
    ['cron(0/15 * * * ? *)', '2026-11-21T10:01:00Z', ['2026-11-21T10:15', '2026-11-21T10:30']],
    ['cron(0 18 ? * MON-FRI *)', '2026-11-20T19:00:00Z', ['2026-11-23T18:00', '2026-11-24T18:00']],
    ['cron(30 6 1,15 * ? *)', '2026-11-02T00:00:00Z', ['2026-11-15T06:30', '2026-12-01T06:30']],
    ['cron(0 0 29 2 ? *)', '2026-11-02T00:00:00Z', ['2028-02-29T00:00']],
    ['cron(0 12 ? * 1 2026)', '2026-12-20T00:00:00Z', ['2026-12-20T12:00', '2026-12-27T12:00']],
  ])('%s from %s', (text, from, expected) => {
    expect(times(text, from, expected.length)).toEqual(expected);
  });

  it('follows the time zone over its changes of the clock', () => {
    // Berlin: 29 March 2026 02:00 becomes 03:00; 25 October 03:00 becomes 02:00.
    expect(times('cron(30 2 * * ? *)', '2026-03-28T00:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-03-28T01:30',
      '2026-03-30T00:30',
    ]);
    expect(times('cron(30 2 * * ? *)', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it.each([
    'rate(0 minutes)',
    'rate(5 weeks)',
    'cron(0 10 * * *)',
    'cron(0 10 * * * *)',
    'cron(0 10 ? * ? *)',
    'cron(60 10 * * ? *)',
    'cron(0 10 L * ? *)',
    'cron(0 10 ? * 3#2 *)',
    'cron(0 10 ? * MOO *)',
    'at(2026-11-21T00:00:00)',
  ])('refuses %s', (text) => {
    expect(() => parseScheduleExpression(text)).toThrow(text);
  });
});

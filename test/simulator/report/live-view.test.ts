import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { liveView } from '../../../simulator/report/live-view.ts';
import type { Progress } from '../../../simulator/report/run-record.ts';
import { hostile, startMs } from './a-run.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const progress = (overrides: Partial<Progress> = {}): Progress => ({
  nowMs: startMs,
  startMs,
  endMs: startMs + 30 * dayMs,
  handlerInvocations: 1_234,
  runningWorkflows: [],
  alarmsInAlarm: 0,
  clusters: [{ name: 'orders', kind: 'ec2', sizeGib: 500, usedFraction: 0.61, growths: 4 }],
  latest: [],
  ...overrides,
});

function recorded(options: { isTty: boolean; columns?: number; nowMs?: () => number; colour?: boolean }) {
  const stream = new PassThrough();
  const writes: string[] = [];
  stream.on('data', (chunk: Buffer) => writes.push(chunk.toString()));
  const view = liveView({ stream, columns: 100, nowMs: () => 0, ...options });
  return { view, writes };
}

describe('liveView without a terminal', () => {
  it('writes one plain line per simulated day', () => {
    const { view, writes } = recorded({ isTty: false });
    for (let hour = 0; hour <= 48; hour += 1)
      view.update(progress({ nowMs: startMs + hour * hourMs, alarmsInAlarm: 1 }));
    view.done();
    expect(writes).toEqual([
      'day 1/30  2026-01-05  used 61 %  alarms 1  running 0  growths 4\n',
      'day 2/30  2026-01-06  used 61 %  alarms 1  running 0  growths 4\n',
      'day 3/30  2026-01-07  used 61 %  alarms 1  running 0  growths 4\n',
    ]);
  });

  it('counts the end of the run to its last day', () => {
    const { view, writes } = recorded({ isTty: false });
    view.update(progress({ nowMs: startMs + 30 * dayMs }));
    expect(writes.join('')).toMatch(/^day 30\/30 /);
  });
});

describe('liveView on a terminal', () => {
  const running = Array.from({ length: 8 }, (_, index) => ({
    operationId: `${index}123456789abcdef`,
    workflow: 'storage-scaling',
    volumeId: index === 0 ? hostile : `vol-${index}`,
    state: 'AwaitUsable',
  }));
  const busy = progress({
    nowMs: startMs + 12 * dayMs,
    alarmsInAlarm: 2,
    runningWorkflows: running,
    latest: ['a', 'b', hostile],
  });

  it('shows time, alarms, clusters, running workflows and the latest events', () => {
    const { view, writes } = recorded({ isTty: true });
    view.update(busy);
    const text = stripVTControlCharacters(writes.join(''));
    expect(text).toContain('day 13 of 30  2026-01-17 00:00 UTC  40 %');
    expect(text).toContain('2 in ALARM  1,234 handler invocations');
    expect(text).toMatch(/orders \(ec2\) █+░+ {2}61 % of 500 GiB {2}4 growths/);
    expect(text).toContain('8 workflows running');
    expect(text).toContain('  11234567  storage-scaling  vol-1  AwaitUsable');
    expect(text).toContain('  and 3 more');
    expect(text).toContain('  a\n  b\n');
  });

  it.each([50, 80, 200])('keeps each line within %i columns', (columns) => {
    const { view, writes } = recorded({ isTty: true, columns });
    view.update(busy);
    const lines = stripVTControlCharacters(writes.join('')).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
  });

  it('redraws at most ten times a second, and at the end what was left out', () => {
    let wallMs = 1_000;
    const { view, writes } = recorded({ isTty: true, nowMs: () => wallMs });
    view.update(progress());
    const drawn = writes.length;
    wallMs += 99;
    view.update(progress({ nowMs: startMs + dayMs }));
    expect(writes).toHaveLength(drawn);
    wallMs += 1;
    view.update(progress({ nowMs: startMs + 2 * dayMs }));
    expect(writes.length).toBeGreaterThan(drawn);
    wallMs += 1;
    view.update(progress({ nowMs: startMs + 3 * dayMs }));
    view.done();
    expect(stripVTControlCharacters(writes.join(''))).toContain('day 4 of 30');
  });
});

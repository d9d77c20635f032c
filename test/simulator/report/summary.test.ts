import { describe, expect, it } from '@jest/globals';
import { summary } from '../../../simulator/report/summary.ts';
import { aCluster, aMonth, aRun, hostile } from './a-run.ts';

// oxlint-disable-next-line no-control-regex
const controlButNewline = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/;

describe('summary', () => {
  it('has no control characters without colour, whatever the names and messages contain', () => {
    expect(summary(aRun(), { colour: false })).not.toMatch(controlButNewline);
    expect(summary(aRun(), { colour: true })).toContain('\u001B[');
  });

  it.each([80, 100])('fits into %i columns', (columns) => {
    const text = summary(aMonth(), { colour: false, columns, wallSeconds: 8.25, reportPath: 'out/report.html' });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  it('shows one line per cluster, what it costs, and where the report is', () => {
    const text = summary(aMonth(), { colour: false, wallSeconds: 8.25, reportPath: 'out/report.html' });
    expect(text).toContain('30 simulated days in 8.3 s, seed 42');
    expect(text).toMatch(/orders \(ec2\) +720 → [\d,]+ +\d\d\.\d % +0 +12 +4 +3 +17 \/ 21 +\$0\.00042/);
    expect(text).toContain('storage-sweep: 2,880 (2,880 succeeded)');
    expect(text).toContain('18,433 of handlers');
    expect(text).toContain('note         the trace was repeated 3 times to fill 30 days');
    expect(text).toContain("4 operator's actions");
    expect(text).toContain('out/report.html');
    expect(text).toContain('No invariant was violated.');
  });

  it('says loudly which invariants were violated, and counts what it leaves out', () => {
    const [violation] = aRun().violations;
    const violations = Array.from({ length: 23 }, () => violation!);
    const text = summary(aRun({ violations }), { colour: false });
    expect(text).toContain('!!! VIOLATED: 23 invariant violations !!!');
    expect(text).toContain('no-double-growth  2026-01-06 09:00 UTC  vol-0b1');
    expect(text).toContain('    grew twice');
    expect(text).toContain('  and 3 more');
    expect(text).not.toContain('No invariant was violated.');
  });

  it('shows a dash where there was no growth', () => {
    const clusters = [aCluster({ transitionsPerGrowth: { p50: null, max: null }, costUsdPerGrowth: null })];
    expect(summary(aRun({ clusters }), { colour: false })).toMatch(/orders \(ec2\).* – +–\n/);
  });

  it('ends a run of nothing', () => {
    const run = aRun({ clusters: [], operations: [], notes: [hostile], apiCalls: {}, workflows: {}, violations: [] });
    expect(summary(run, { colour: false })).not.toMatch(controlButNewline);
  });
});

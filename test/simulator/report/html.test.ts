import { describe, expect, it } from '@jest/globals';
import { reportHtml } from '../../../simulator/report/html.ts';
import { aMonth, anOperation, aRun } from './a-run.ts';

/** Without its script. */
const markup = (page: string): string => page.slice(0, page.indexOf('<script>'));

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

describe('reportHtml', () => {
  it('gives the same bytes for the same record', () => {
    expect(reportHtml(aRun())).toBe(reportHtml(aRun()));
    expect(reportHtml(aMonth())).toBe(reportHtml(aMonth()));
  });

  it('escapes text from tags and messages wherever it appears', () => {
    const page = reportHtml(aRun());
    expect(page).not.toContain('<img');
    expect(count(page, /<script>/g)).toBe(1);
    expect(count(page, /<\/script>/g)).toBe(1);
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;');
    // oxlint-disable-next-line no-control-regex
    expect(markup(page)).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u202E]|undefined|NaN|\[object/);
  });

  it('asks for nothing from elsewhere', () => {
    const page = reportHtml(aMonth());
    expect(page).not.toMatch(/https?:|<link|<img|@import|url\(|\bsrc=/);
    expect(page).toContain('default-src &#39;none&#39;');
  });

  it('has each operation with its reason, and a chart for each cluster and volume', () => {
    const page = reportHtml(aMonth());
    expect(count(page, /<tbody id="op-\d+"/g)).toBe(500);
    expect(count(page, /data-series="used"/g)).toBe(2 + 6);
    expect(page).toContain('<small>layout-lvm-thin</small>');
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leads from a growth in the chart to the operation that made it', () => {
    const page = reportHtml(aRun({ operations: [anOperation()] }));
    expect(page).toMatch(
      /<a href="#op-1"[^>]*><path[^>]*><title>2026-01-06 00:00 UTC: vol-0a1 grew from 100 to 150 GiB \(above-threshold\)/,
    );
  });

  it('is small and quick for a month of six volumes and 500 operations', () => {
    const run = aMonth();
    const started = performance.now();
    const page = reportHtml(run);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(Buffer.byteLength(page)).toBeLessThan(1_500_000);
  });

  it('stays small for a run that is much longer, and says what it left out', () => {
    const run = aMonth({ operations: 6_000 });
    const page = reportHtml(run);
    expect(Buffer.byteLength(page)).toBeLessThan(7_000_000);
    expect(count(page, /<tbody id="op-\d+"/g)).toBe(5_000);
    expect(page).toContain('1,000 later operations');
  });

  it('shows violations in a banner, and says so when there are none', () => {
    expect(reportHtml(aRun())).toContain('1 invariant violation');
    expect(reportHtml(aRun())).not.toMatch(/No\s+invariant\s+was\s+violated/);
    expect(reportHtml(aRun({ violations: [] }))).toMatch(/No\s+invariant\s+was\s+violated/);
    expect(reportHtml(aRun({ violations: [] }))).not.toContain('role="alert"');
  });

  it('can show a run in which nothing happened', () => {
    const nothing = {
      clusters: [],
      operations: [],
      alarms: [],
      notifications: [],
      operatorActions: [],
      violations: [],
    };
    const page = reportHtml(aRun({ ...nothing, workflows: {}, apiCalls: {}, notes: [] }));
    expect(page).toContain('No operation was started.');
    expect(markup(page)).not.toMatch(/undefined|NaN|Infinity/);
  });
});

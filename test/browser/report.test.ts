/** The report in a real browser. Needs Debian's chromium (`CHROMIUM` names another one): `npm run test:browser`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { reportHtml } from '../../simulator/report/html.ts';
import { aMonth, aRun } from '../simulator/report/a-run.ts';
import { badLabels, charts, lowContrast, operations, overflow } from './in-page.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let folder = '';
let context: BrowserContext;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  await writeFile(join(folder, 'month.html'), reportHtml(aMonth()));
  await writeFile(join(folder, 'hostile.html'), reportHtml(aRun()));
  context = await chromium.launchPersistentContext(join(folder, 'profile'), { executablePath, args });
});

afterAll(async () => {
  await context?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Opened {
  page: Page;
  complaints: string[];
  requests: string[];
}

async function open(name: string, scheme: 'light' | 'dark', width: number): Promise<Opened> {
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme });
  await page.goto(pathToFileURL(join(folder, name)).href);
  return { page, complaints, requests };
}

const views = (['light', 'dark'] as const).flatMap((scheme) =>
  [400, 800, 1400].flatMap((width) => ['month.html', 'hostile.html'].map((name) => ({ scheme, width, name }))),
);

describe.each(views)('$name in $scheme at $width px', ({ scheme, width, name }) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(name, scheme, width);
    await opened.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
  });
  afterAll(() => opened.page.close());

  it('asks for nothing but itself and has no complaint', () => {
    expect(opened.requests).toEqual([pathToFileURL(join(folder, name)).href]);
    expect(opened.complaints).toEqual([]);
  });

  it('is no wider than the window', async () => {
    expect(await opened.page.evaluate(overflow)).toEqual({ px: 0, elements: [] });
  });

  it('has enough contrast in every text', async () => {
    const { texts, low } = await opened.page.evaluate<{ texts: number; low: unknown[] }>(lowContrast);
    expect(low).toEqual([]);
    expect(texts).toBeGreaterThan(50);
  });

  it('draws every chart, with labels that can be read', async () => {
    const month = name === 'month.html';
    expect(await opened.page.evaluate(charts)).toMatchObject({ lines: month ? 8 : 2, empty: 0 });
    expect(await opened.page.evaluate(badLabels)).toEqual([]);
  });
});

describe('the operations table', () => {
  it('holds every operation, and filters by word, decision and cluster', async () => {
    const { page, complaints } = await open('month.html', 'light', 1400);
    expect(await page.evaluate(operations)).toMatchObject({ all: 500, shown: 500 });
    await page.fill('#q', 'LAYOUT-lvm');
    const refusals = aMonth().operations.filter(({ action }) => action === 'refuse').length;
    expect(await page.evaluate(operations)).toMatchObject({ shown: refusals });
    expect(await page.textContent('#shown')).toBe(`${refusals} of 500 operations`);
    await page.fill('#q', '');
    await page.selectOption('#by-action', 'grow');
    await page.selectOption('#by-cluster', 'orders');
    const growths = aMonth().operations.filter(
      ({ action, cluster }) => action === 'grow' && cluster === 'orders',
    ).length;
    expect(await page.evaluate(operations)).toMatchObject({ shown: growths });
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('sorts by a column, numbers as numbers, what is unknown last', async () => {
    const { page } = await open('month.html', 'light', 1400);
    const sizes = aMonth().operations.flatMap(({ targetGib }) => (targetGib === undefined ? [] : [targetGib]));
    const firstSize = (): Promise<string | null> => page.getAttribute('#ops tbody:nth-of-type(1) .c4', 'data-v');
    const button = page.getByRole('button', { name: 'Size, GiB' });
    await button.click();
    expect(await firstSize()).toBe(String(Math.min(...sizes)));
    await button.click();
    expect(await firstSize()).toBe(String(Math.max(...sizes)));
    expect(await page.getAttribute('#ops th.c4', 'aria-sort')).toBe('descending');
    await page.close();
  });

  it('opens the operation that a marker in a chart leads to, even when it was filtered out', async () => {
    const { page } = await open('month.html', 'light', 1400);
    await page.fill('#q', 'no such operation');
    expect(await page.evaluate(operations)).toMatchObject({ shown: 0 });
    const marker = page.locator('.marker.growth a').first();
    const target = await marker.getAttribute('href');
    await marker.click();
    await page.waitForFunction(`document.querySelector('${target}').checkVisibility()`);
    expect(await page.evaluate(`document.querySelector('${target} details').open`)).toBe(true);
    await page.close();
  });

  it('can be read without JavaScript', async () => {
    const browser = await chromium.launch({ executablePath, args });
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(pathToFileURL(join(folder, 'month.html')).href);
    expect(await page.locator('#ops tbody').count()).toBe(500);
    expect(await page.locator('#filters').isVisible()).toBe(false);
    expect(await page.locator('path.used').first().isVisible()).toBe(true);
    const first = page.locator('#ops tbody details').first();
    await first.locator('summary').click();
    expect(await first.locator('li').first().isVisible()).toBe(true);
    await browser.close();
  });
});

describe('charts and theme', () => {
  it('reads values off a chart under the pointer', async () => {
    const { page } = await open('month.html', 'light', 1400);
    await page.locator('.plot').first().scrollIntoViewIfNeeded();
    const box = await page.locator('.plot svg').first().boundingBox();
    if (box === null) throw new Error('the chart has no box');
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    const [cluster] = aMonth().clusters;
    const sizeGib = cluster?.volumes.reduce((sum, { samples }) => sum + (samples[360]?.sizeGib ?? 0), 0) ?? 0;
    const tip = (await page.textContent('#tip')) ?? '';
    expect(tip).toContain('2026-01-20 00:0');
    const read = Number(/volume size ([\d,.]+) GiB/.exec(tip)?.[1]?.replace(',', ''));
    expect(Math.abs(read - sizeGib) / sizeGib).toBeLessThan(0.002);
    await page.close();
  });

  it('can be switched between light and dark', async () => {
    const { page } = await open('month.html', 'light', 1400);
    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.click('#theme');
    expect(await background()).toBe(light);
    await page.click('#theme');
    expect(await background()).not.toBe(light);
    await page.close();
  });
});

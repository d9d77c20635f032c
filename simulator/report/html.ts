/**
 * The report of a simulated run: one HTML page that needs nothing else, can be read without JavaScript, in light and in
 * dark, on a telephone and on a wide screen. The same record gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { operationsInOrder } from './operations-jsonl.ts';
import { alarmSection } from './page/alarms.ts';
import { callsSection, peopleSection, workflowSection } from './page/activity.ts';
import { clusterSections } from './page/clusters.ts';
import { headerSection, violationsBanner } from './page/header.ts';
import { html, trusted, type Html } from './page/markup.ts';
import { operationsSection } from './page/operations.ts';
import { script } from './page/script.ts';
import { style } from './page/style.ts';
import type { RunRecord } from './run-record.ts';

export function reportHtml(run: RunRecord): string {
  const operations = operationsInOrder(run.operations);
  const title = `Simulated run, seed ${run.seed}, ${run.days} days · kafka-autopilot`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy()}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${trusted(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#operations">Skip to the operations</a> ${violationsBanner(run)}
        <div class="page">
          ${headerSection(run)}
          <main>
            ${clusterSections(run, operations)} ${alarmSection(run)} ${operationsSection(run, operations)}
            ${peopleSection(run)}
            <div class="columns">${workflowSection(run)}${callsSection(run)}</div>
          </main>
          ${footer(run)}
        </div>
        <div id="tip" hidden></div>
        ${trusted(`<script>${script}</script>`)}
      </body>
    </html> `;
  return page.html;
}

/** The browser itself refuses every request, and every script but the page's own. */
function policy(): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

const footer = (run: RunRecord): Html =>
  html`<footer>
    Made by kafka-autopilot's simulator from seed ${run.seed}: the same seed and fleet give the same page, byte for
    byte. All times are UTC and virtual.
  </footer>`;

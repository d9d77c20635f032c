/** The top of the page: what ran, how it ended, and in red what must never happen. */
import { counted, grouped, isoDay, minuteTime } from '../format.ts';
import type { ClusterRun, RunRecord } from '../run-record.ts';
import { html, type Html } from './markup.ts';

export function violationsBanner({ violations }: RunRecord): Html | undefined {
  if (violations.length === 0) return undefined;
  return html`<section class="banner" role="alert" aria-labelledby="violations">
    <div class="page">
      <h2 id="violations">${counted(violations.length, 'invariant violation')}</h2>
      <p>What must never happen has happened in this run. Its numbers prove nothing until this is understood.</p>
      <ol>
        ${violations.map((violation) => html`<li><strong>${violation.invariant}</strong> <span class="nowrap">${minuteTime(violation.atMs)} UTC</span> · ${violation.subject}<br />${violation.detail}</li>`)}
      </ol>
    </div>
  </section>`;
}

export function headerSection(run: RunRecord): Html {
  return html`<header>
    <div class="eyebrow">
      <span>kafka-autopilot</span><span>simulated run</span
      ><button type="button" id="theme" hidden>Theme: automatic</button>
    </div>
    <h1>${headline(run)}</h1>
    <dl class="facts">
      ${fact('Period (UTC)', `${isoDay(run.startMs)} to ${isoDay(run.endMs)}`)} ${fact('Seed', String(run.seed))}
      ${fact('Fill', run.source)} ${fact('Clusters', run.clusters.map(({ name }) => name).join(', '))}
    </dl>
    ${
      run.notes.length > 0 &&
      html`<ul class="notes">
        ${run.notes.map((note) => html`<li>${note}</li>`)}
      </ul>`
    }
    ${
      run.violations.length === 0 &&
      html`<p class="held">
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 8.5l3.5 3.5L13 5" /></svg>No
        invariant was violated.
      </p>`
    }
    <ul class="tiles">
      ${tiles(run)}
    </ul>
    <nav aria-label="Sections">${sections.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>
  </header>`;
}

const sections = [
  ['clusters', 'Clusters'],
  ['alarms', 'Alarms'],
  ['operations', 'Operations'],
  ['people', 'People'],
  ['workflows', 'Workflows'],
  ['calls', 'API calls'],
] as const;

const fact = (name: string, value: string): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

const total = (clusters: readonly ClusterRun[], count: (cluster: ClusterRun) => number): number =>
  clusters.reduce((sum, cluster) => sum + count(cluster), 0);

function headline({ days, clusters }: RunRecord): string {
  const volumes = total(clusters, (cluster) => cluster.volumes.length);
  const minutesFull = total(clusters, (cluster) => cluster.minutesFull);
  const growths = counted(
    total(clusters, (cluster) => cluster.growths),
    'growth',
  );
  const end = minutesFull === 0 ? 'never full' : `${counted(minutesFull, 'minute')} full`;
  return `${counted(days, 'day')}, ${counted(volumes, 'volume')}, ${growths}, ${end}`;
}

const tile = (value: number, name: string, tone = ''): Html =>
  html`<li class="${tone}"><strong>${grouped(value)}</strong> <span>${name}</span></li>`;

function tiles({ clusters, operations, notifications, operatorActions, handlerInvocations }: RunRecord): Html[] {
  const minutesFull = total(clusters, (cluster) => cluster.minutesFull);
  const refusals = total(clusters, (cluster) => cluster.refusals);
  const escalations = total(clusters, (cluster) => cluster.escalations);
  return [
    tile(minutesFull, 'minutes full', minutesFull > 0 ? 'bad' : 'good'),
    tile(
      total(clusters, (cluster) => cluster.growths),
      'growths',
    ),
    tile(refusals, 'refusals', refusals > 0 ? 'warn' : ''),
    tile(escalations, 'escalations', escalations > 0 ? 'warn' : ''),
    tile(operations.length, 'operations'),
    tile(notifications.length, 'notifications'),
    tile(operatorActions.length, 'operator’s actions'),
    tile(handlerInvocations, 'invocations'),
  ];
}

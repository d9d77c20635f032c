/** One section per cluster: its numbers, its storage over time, and one small chart for each volume. */
import { counted, gib, grouped, percent, usd } from '../format.ts';
import type { ClusterRun, OperationRun, RunRecord, VolumeRun } from '../run-record.ts';
import { markerShape, storageChart } from './charts.ts';
import { html, type Html } from './markup.ts';
import { alarmLanes, inAlarm, isAbout, isAboutCluster, markersOf, summedSamples, type AlarmLane } from './series.ts';

/** Volumes whose sizes differ by no more than this share one axis, so that charts can be compared at a glance. */
const sharedAxisRatio = 4;

export function clusterSections(run: RunRecord, operations: readonly OperationRun[]): Html {
  const lanes = alarmLanes(run.alarms, run.endMs);
  return html`<section id="clusters">
    <h2>Clusters</h2>
    ${legend()} ${run.clusters.length === 0 && html`<p class="empty">The run had no clusters.</p>`}
    ${run.clusters.map((cluster, index) => clusterSection(run, cluster, `c${index + 1}`, lanes, operations))}
  </section>`;
}

const legend = (): Html =>
  html`<ul class="legend">
    <li><i class="swatch used"></i>used</li>
    <li><i class="swatch fs"></i>file system</li>
    <li><i class="swatch size"></i>volume size</li>
    <li>${markerShape('growth')}growth</li>
    <li>${markerShape('escalation')}escalation or failure</li>
    <li>${markerShape('refusal')}refusal</li>
    <li><i class="swatch alarm"></i>in alarm</li>
  </ul>`;

function clusterSection(
  run: RunRecord,
  cluster: ClusterRun,
  id: string,
  lanes: readonly AlarmLane[],
  operations: readonly OperationRun[],
): Html {
  const { volumes } = cluster;
  // One volume alone is its cluster's chart.
  const only = volumes.length === 1 ? volumes[0] : undefined;
  const samples = summedSamples(volumes);
  const frame = { startMs: run.startMs, endMs: run.endMs };
  const title = `${cluster.name}: used and provisioned storage, ${counted(volumes.length, 'volume')}`;
  const chart = storageChart({
    ...frame,
    id,
    title,
    samples,
    alarms: inAlarm(lanes.filter((lane) => isAboutCluster(lane, cluster))),
    markers: markersOf(volumes, operations),
    heightPx: 260,
    maxGib: 0,
    ticksMax: 16,
    hasFileSystem: hasFileSystem(cluster),
  });
  return html`<article class="cluster" aria-labelledby="${id}-h">
    <h3 id="${id}-h">${cluster.name} <span class="kind">${cluster.kind}</span></h3>
    ${numbers(cluster)}
    <figure>
      <figcaption>
        ${only === undefined ? `All ${counted(volumes.length, 'volume')} together` : volumeCaption(only)}
      </figcaption>
      ${chart}
    </figure>
    ${only === undefined && html`<div class="multiples">${volumeCharts(frame, cluster, id, lanes, operations)}</div>`}
  </article>`;
}

function volumeCharts(
  frame: { startMs: number; endMs: number },
  cluster: ClusterRun,
  id: string,
  lanes: readonly AlarmLane[],
  operations: readonly OperationRun[],
): Html[] {
  const largest = cluster.volumes.map(({ samples }) => Math.max(1, ...samples.map(({ sizeGib }) => sizeGib)));
  const maxGib = Math.max(1, ...largest);
  const shared = maxGib <= sharedAxisRatio * Math.min(...largest);
  return cluster.volumes.map((volume, index) => {
    const chart = storageChart({
      ...frame,
      id: `${id}v${index + 1}`,
      title: `${volume.volumeId} (${`${volume.instanceId} ${volume.mountPoint}`.trim()}): used and provisioned storage`,
      samples: volume.samples,
      alarms: inAlarm(lanes.filter((lane) => isAbout(lane, volume))),
      markers: markersOf([volume], operations),
      heightPx: 130,
      maxGib: shared ? maxGib : 0,
      ticksMax: 6,
      hasFileSystem: hasFileSystem(cluster),
    });
    return html`<figure>
      <figcaption>${volumeCaption(volume)}</figcaption>
      ${chart}
    </figure>`;
  });
}

const hasFileSystem = ({ kind }: ClusterRun): boolean => kind !== 'msk';

function volumeCaption({ volumeId, instanceId, mountPoint, samples, minutesFull }: VolumeRun): Html {
  const first = samples[0];
  const last = samples.at(-1);
  const sizes = first && last ? `${gib(first.sizeGib)} → ${gib(last.sizeGib)} GiB` : 'no samples';
  return html`<b>${volumeId}</b>
    <span class="nowrap">${sizes}</span
    >${minutesFull > 0 && html` <span class="bad">${counted(minutesFull, 'minute')} full</span>`}<br /><span
      class="muted"
      >${instanceId} ${mountPoint}</span
    >`;
}

const spread = ({ p50, max }: ClusterRun['pollsPerGrowth']): string =>
  p50 === null || max === null ? '–' : `${grouped(p50)} / ${grouped(max)}`;

function numbers(cluster: ClusterRun): Html {
  const { pollsPerGrowth: polls, pollsUsdPerGrowth: pollsUsd } = cluster;
  const items: [string, string, string?][] = [
    ['Provisioned', `${gib(cluster.startGib)} → ${gib(cluster.endGib)} GiB`],
    ['Peak used', percent(cluster.peakUsedFraction)],
    ['Minutes full', grouped(cluster.minutesFull), cluster.minutesFull > 0 ? 'bad' : 'good'],
    ['Growths', grouped(cluster.growths)],
    ['Refusals', grouped(cluster.refusals), cluster.refusals > 0 ? 'warn' : ''],
    ['Escalations', grouped(cluster.escalations), cluster.escalations > 0 ? 'warn' : ''],
    ['Transitions, p50 / max', spread(cluster.transitionsPerGrowth)],
    ['Cost a growth', cluster.costUsdPerGrowth === null ? '–' : usd(cluster.costUsdPerGrowth, 5)],
    ...(pollsUsd === null
      ? []
      : [
          ['Polls, p50 / max', spread(polls)] as [string, string],
          ['Of it for polls', usd(pollsUsd, 5)] as [string, string],
        ]),
  ];
  return html`<dl class="numbers">
    ${items.map(
      ([name, value, tone = '']) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="${tone}">${value}</dd>
        </div>`,
    )}
  </dl>`;
}

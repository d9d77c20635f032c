/**
 * Charts as plain SVG. Places are percentages and lines do not scale with the picture, so that a chart fills its column
 * at any width with text of its own size; colours are classes of the style sheet, for light and dark.
 */
import { counted, gib, hours, hourMs, minuteTime, percent } from '../format.ts';
import type { VolumeSample } from '../run-record.ts';
import { sizeAxis, timeFraction, timeTicks, type SizeAxis, type Tick } from './axes.ts';
import { html, trusted, type Html } from './markup.ts';
import { bundled, thinned, type AlarmLane, type Marker, type MarkerKind, type Span } from './series.ts';

export interface ChartFrame {
  /** Unique in the page. */
  id: string;
  startMs: number;
  endMs: number;
}

export interface StorageChart extends ChartFrame {
  title: string;
  samples: readonly VolumeSample[];
  alarms: readonly Span[];
  markers: readonly Marker[];
  heightPx: number;
  /** GiB at the top of the axis, at least; charts beside each other may share it. */
  maxGib: number;
  /** Ticks of time, at most. */
  ticksMax: number;
  /** MSK's file systems are as large as their volumes: one line stands for both. */
  hasFileSystem: boolean;
}

/** Points of a line at most; a month by the hour is 720. */
const pointsMax = 900;
/** Lines are drawn in 1,000 units from left to right. */
const widthUnits = 1000;

/** Used space under the file system's and the volume's size, with alarms behind it and markers on top. */
export function storageChart(chart: StorageChart): Html {
  const { id, title, heightPx, startMs, endMs } = chart;
  const axis = sizeAxis(Math.max(chart.maxGib, ...chart.samples.map(({ sizeGib }) => sizeGib)));
  const samples = thinned(chart.samples, pointsMax);
  const x = (atMs: number): string => trim(timeFraction(atMs, startMs, endMs) * widthUnits, 1);
  const y = (sizeGib: number): string => trim(heightPx * (1 - sizeGib / axis.max), 2);
  const used = samples.map(({ atMs, usedGib }) => `${x(atMs)},${y(usedGib)}`).join('L');
  const first = samples[0];
  const last = samples.at(-1);
  const area = first && last ? `M${used}L${x(last.atMs)},${heightPx}L${x(first.atMs)},${heightPx}Z` : '';
  const end = { atMs: endMs };
  return html`<div
    class="plot${chart.ticksMax > 8 && ' wide'}"
    data-start="${startMs}"
    data-end="${endMs}"
    data-max="${axis.max}"
    data-height="${heightPx}"
  >
    <svg class="chart" height="${heightPx}" role="img" aria-labelledby="${id}-t ${id}-d">
      <title id="${id}-t">${title}</title>
      <desc id="${id}-d">${described(chart)}</desc>
      ${sizeGrid(axis)}${timeGrid(timeTicks(startMs, endMs, chart.ticksMax), heightPx)}${alarmBands(chart.alarms, chart)}
      <svg width="100%" height="${heightPx}" viewBox="0 0 ${widthUnits} ${heightPx}" preserveAspectRatio="none">
        <path class="used-area" d="${area}" />
        <path class="size" data-series="size" d="${stepped(samples, 'sizeGib', x, y, end)}" />
        ${
          chart.hasFileSystem &&
          html`<path class="fs" data-series="fs" d="${stepped(samples, 'fileSystemGib', x, y, end)}" />`
        }
        <path class="used" data-series="used" d="${used === '' ? '' : `M${used}`}" />
      </svg>
      ${markers(chart, samples, axis)}
    </svg>
  </div>`;
}

function described({ samples, alarms, markers, startMs, endMs }: StorageChart): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return 'No samples.';
  const peak = Math.max(
    ...samples.map(({ usedGib, fileSystemGib }) => (fileSystemGib > 0 ? usedGib / fileSystemGib : 0)),
  );
  const alarmHours = alarms.reduce((sum, span) => sum + (span.endMs - span.startMs), 0) / hourMs;
  const count = (kind: MarkerKind): number => markers.filter((marker) => marker.kind === kind).length;
  return [
    `${minuteTime(startMs)} to ${minuteTime(endMs)} UTC.`,
    `Volume size ${gib(first.sizeGib)} to ${gib(last.sizeGib)} GiB, used ${gib(first.usedGib)} to ${gib(last.usedGib)} GiB, at most ${percent(peak)} of the file system.`,
    `Growths: ${count('growth')}. Refusals: ${count('refusal')}. Escalations and failures: ${count('escalation')}. In alarm: ${hours(alarmHours)}.`,
  ].join(' ');
}

/** A size stays until it changes. */
function stepped(
  samples: readonly VolumeSample[],
  key: 'sizeGib' | 'fileSystemGib',
  x: (atMs: number) => string,
  y: (sizeGib: number) => string,
  end: { atMs: number },
): string {
  const points: string[] = [];
  samples.forEach((sample, index) => {
    const before = samples[index - 1];
    if (before?.[key] === sample[key]) return;
    if (before !== undefined) points.push(`${x(sample.atMs)},${y(before[key])}`);
    points.push(`${x(sample.atMs)},${y(sample[key])}`);
  });
  const last = samples.at(-1);
  if (last === undefined) return '';
  return `M${[...points, `${x(end.atMs)},${y(last[key])}`].join('L')}`;
}

const sizeGrid = ({ ticks, unit }: SizeAxis): Html[] => [
  html`<text class="tick" x="-8" y="-16" text-anchor="end">${unit}</text>`,
  ...ticks.map(({ at, label }) => {
    const y = share(1 - at);
    return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}" /><text
        class="tick"
        x="-8"
        y="${y}"
        dy=".32em"
        text-anchor="end"
        >${label}</text
      >`;
  }),
];

/** @param first where the label of a tick at the left edge begins: there may be no room to the left of it */
const timeGrid = (ticks: readonly Tick[], heightPx: number, first: 'start' | 'middle' = 'middle'): Html[] =>
  ticks.map(({ at, label, level }) => {
    const x = share(at);
    const inner = at > 0.97 ? 'end' : 'middle';
    const anchor = at < 0.03 ? first : inner;
    return html`<line class="tick-mark" x1="${x}" x2="${x}" y1="${heightPx}" y2="${heightPx + 4}" /><text
        class="tick l${level}"
        x="${x}"
        y="${heightPx + 20}"
        text-anchor="${anchor}"
        >${label}</text
      >`;
  });

/** Too short a band would not be seen: each has at least a fifth of a percent. */
const alarmBands = (spans: readonly Span[], { startMs, endMs }: ChartFrame): Html[] =>
  spans.map((span) => {
    const from = timeFraction(span.startMs, startMs, endMs);
    const width = Math.max(0.002, timeFraction(span.endMs, startMs, endMs) - from);
    const label = `In alarm from ${minuteTime(span.startMs)} to ${minuteTime(span.endMs)}`;
    return html`<g class="alarm"
      ><rect x="${share(from)}" width="${share(width)}" height="100%" class="band" /><rect
        x="${share(from)}"
        width="${share(width)}"
        y="-5"
        height="5"
        class="cap"
        ><title>${label}</title></rect
      ></g
    >`;
  });

const shapes: Readonly<Record<MarkerKind, string>> = {
  growth: 'M0-7 6 4H-6Z',
  escalation: 'M0-7 6 0 0 7-6 0Z',
  refusal: 'M-5-5H5V5H-5Z',
};

export const markerShape = (kind: MarkerKind): Html =>
  html`<svg class="key ${kind}" width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
    <path d="${trusted(shapes[kind])}" />
  </svg>`;

/** Growths stand on the line of the size; what called a person stands at the foot, where it hides nothing. */
function markers(chart: StorageChart, samples: readonly VolumeSample[], axis: SizeAxis): Html[] {
  const { startMs, endMs, heightPx } = chart;
  return bundled(chart.markers, (endMs - startMs) / 80).map(({ kind, atMs, text, operationIndex }) => {
    const size = samples.findLast((sample) => sample.atMs <= atMs)?.sizeGib ?? 0;
    const feet = { escalation: heightPx - 10, refusal: heightPx - 26, growth: heightPx * (1 - size / axis.max) };
    const shape = html`<path d="${shapes[kind]}"><title>${minuteTime(atMs)} UTC: ${text}</title></path>`;
    const linked =
      operationIndex === undefined ? shape : html`<a href="#op-${operationIndex + 1}" tabindex="-1">${shape}</a>`;
    return html`<svg
      class="marker ${kind}"
      x="${share(timeFraction(atMs, startMs, endMs))}"
      y="${trim(feet[kind], 1)}"
      overflow="visible"
    >
      ${linked}
    </svg>`;
  });
}

/** One line per alarm and contributor, over one axis of time. */
export function alarmChart({ startMs, endMs, lanes }: Span & { lanes: readonly AlarmLane[] }): Html {
  const rows = lanes.map((lane) => {
    const bars = lane.spans.map((span) => {
      const from = timeFraction(span.startMs, startMs, endMs);
      const width = Math.max(0.003, timeFraction(span.endMs, startMs, endMs) - from);
      const text = `${span.state} from ${minuteTime(span.startMs)} to ${minuteTime(span.endMs)} UTC`;
      return html`<rect class="bar ${span.state}" x="${share(from)}" width="${share(width)}" height="10" rx="2">
        <title>${text}</title>
      </rect>`;
    });
    const alarms = lane.spans.filter(({ state }) => state === 'ALARM').length;
    return html`<li>
      <b>${lane.contributor}</b> <span class="muted">${lane.cluster} ${lane.alarm}</span>
      <svg class="chart" height="10" role="img" aria-label="${counted(alarms, 'time')} in alarm">
        <rect class="lane" width="100%" height="10" rx="2" />
        ${bars}
      </svg>
    </li>`;
  });
  return html`<div class="plot wide lanes">
    <ol>
      ${rows}
    </ol>
    <svg class="chart" height="24" aria-hidden="true">${timeGrid(timeTicks(startMs, endMs, 16), 0, 'start')}</svg>
  </div>`;
}

const share = (fraction: number): string => `${trim(fraction * 100, 3)}%`;

/** Without trailing zeros: a page has tens of thousands of numbers. */
const trim = (value: number, decimals: number): string => String(Number(value.toFixed(decimals)));

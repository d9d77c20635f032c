/** Alarms as a timeline, and each change as a row. */
import { counted, duration, grouped, minuteTime } from '../format.ts';
import type { RunRecord } from '../run-record.ts';
import { alarmChart } from './charts.ts';
import { html, type Html } from './markup.ts';
import { alarmLanes, type AlarmLane } from './series.ts';

/** Lanes in the picture, the longest in alarm first. */
const lanesMax = 40;
const rowsMax = 1_000;

export function alarmSection(run: RunRecord): Html {
  if (run.alarms.length === 0)
    return html`<section id="alarms">
      <h2>Alarms</h2>
      <p class="empty">No alarm changed its state.</p>
    </section>`;
  const all = alarmLanes(run.alarms, run.endMs);
  const lanes = all.length <= lanesMax ? all : [...all].sort((a, b) => alarmMs(b) - alarmMs(a)).slice(0, lanesMax);
  const more =
    all.length > lanes.length && html`<p class="muted">The ${lanesMax} longest in alarm of ${all.length}.</p>`;
  return html`<section id="alarms">
    <h2>Alarms</h2>
    <ul class="legend">
      <li><i class="swatch ALARM"></i>ALARM</li>
      <li><i class="swatch INSUFFICIENT_DATA"></i>INSUFFICIENT_DATA</li>
      <li><i class="swatch lane"></i>OK</li>
    </ul>
    <figure>${alarmChart({ startMs: run.startMs, endMs: run.endMs, lanes })}</figure>
    ${more} ${changes(run, all)}
  </section>`;
}

const alarmMs = ({ spans }: AlarmLane): number =>
  spans.filter(({ state }) => state === 'ALARM').reduce((sum, span) => sum + (span.endMs - span.startMs), 0);

function changes({ alarms }: RunRecord, lanes: readonly AlarmLane[]): Html {
  const sorted = [...alarms].sort((a, b) => a.atMs - b.atMs);
  const inAlarm = duration(lanes.reduce((sum, lane) => sum + alarmMs(lane), 0));
  const rows = sorted.slice(0, rowsMax).map(
    ({ atMs, state, contributor, cluster, alarm }) =>
      html`<tr>
        <td class="nowrap">${minuteTime(atMs)}</td>
        <td><span class="state ${state === 'ALARM' ? 'bad' : 'plain'}">${state}</span></td>
        <td>${contributor}</td>
        <td>${cluster ?? ''}</td>
        <td>${alarm}</td>
      </tr>`,
  );
  return html`<details>
    <summary>${counted(alarms.length, 'change')} of state, ${inAlarm} in alarm in all</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Changes of alarm state">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">State</th>
            <th scope="col">Contributor</th>
            <th scope="col">Cluster</th>
            <th scope="col">Alarm</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${sorted.length > rowsMax && html`<p class="muted">The first ${grouped(rowsMax)}.</p>`}
  </details>`;
}

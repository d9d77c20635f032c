/** The table of every operation: what was decided, why, and how it ended. Its timeline opens below its row. */
import { counted, duration, gib, grouped, hours, minuteTime, percent, secondTime, shortened, usd } from '../format.ts';
import type { OperationRun, RunRecord } from '../run-record.ts';
import { html, type Html } from './markup.ts';

/** The page stays small enough to open; all of it is in the JSON lines. */
const rowsMax = 5_000;
const timelineEntriesMax = 6_000;
const detailMax = 240;
const messageMax = 400;

const columns = [
  'Time (UTC)',
  'Volume',
  'Trigger',
  'Decision',
  'Size, GiB',
  '$ a month',
  'Used',
  'Full in',
  'Outcome',
  'States',
];

export function operationsSection(run: RunRecord, operations: readonly OperationRun[]): Html {
  if (operations.length === 0)
    return html`<section id="operations">
      <h2>Operations</h2>
      <p class="empty">No operation was started.</p>
    </section>`;
  const shown = operations.slice(0, rowsMax);
  const withTimeline = timelinesShown(shown);
  const rows = shown.map((operation, index) => row(operation, index, withTimeline.has(operation)));
  const heads = columns.map(
    (name, index) =>
      html`<th scope="col" class="c${index}" aria-sort="${index === 0 ? 'ascending' : 'none'}">${name}</th>`,
  );
  return html`<section id="operations">
    <h2>Operations <span class="count">${grouped(operations.length)}</span></h2>
    <p class="lead">Each line is one decision and its reason; open one for its timeline.</p>
    ${filters(run, shown)}
    <div class="scroll tall" tabindex="0" role="region" aria-label="Operations">
      <table id="ops">
        <thead>
          <tr>
            ${heads}
          </tr>
        </thead>
        ${rows}
      </table>
    </div>
    ${omissions(operations.length - shown.length, shown.length - withTimeline.size)}
  </section>`;
}

function omissions(rows: number, timelines: number): Html | undefined {
  if (rows === 0 && timelines === 0) return undefined;
  const parts = [rows > 0 && counted(rows, 'later operation'), timelines > 0 && counted(timelines, 'timeline')];
  return html`<p class="muted">
    Left out to keep this page small: ${parts.filter((part) => part !== false).join(', ')}. All are in the operations
    file (JSON lines).
  </p>`;
}

const dull = ({ action }: OperationRun): boolean => action === 'keep' || action === 'wait';

/** When not all fit: first those that changed something or called somebody. */
function timelinesShown(operations: readonly OperationRun[]): Set<OperationRun> {
  const shown = new Set<OperationRun>();
  let left = timelineEntriesMax;
  for (const operation of [...operations.filter((each) => !dull(each)), ...operations.filter(dull)]) {
    if (operation.timeline.length > left) continue;
    left -= operation.timeline.length;
    shown.add(operation);
  }
  return shown;
}

const options = (values: Iterable<string>): Html[] =>
  [...new Set(values)].sort().map((value) => html`<option>${value}</option>`);

function filters(run: RunRecord, operations: readonly OperationRun[]): Html {
  return html`<form id="filters" hidden role="search" aria-label="Filter operations">
    <label>Search<input type="search" id="q" placeholder="volume, reason, message…" autocomplete="off" /></label>
    <label
      >Decision<select id="by-action">
        <option value="">all</option>
        ${options(operations.map(decisionOf))}
      </select></label
    >
    <label
      >Outcome<select id="by-status">
        <option value="">all</option>
        ${options(operations.map(({ status }) => status))}
      </select></label
    >
    <label
      >Cluster<select id="by-cluster">
        <option value="">all</option>
        ${options(run.clusters.map(({ name }) => name))}
      </select></label
    >
    <output id="shown" aria-live="polite"></output>
  </form>`;
}

const decisionOf = ({ action }: OperationRun): string => action ?? 'none';

const known = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? '' : text(value);

function row(operation: OperationRun, index: number, withTimeline: boolean): Html {
  const { cluster, volumeId, trigger, fromGib, targetGib, usdPerMonth, usedFraction, fullInHours, status } = operation;
  const sizes =
    targetGib === undefined ? known(fromGib, gib) : `${known(fromGib, (from) => `${gib(from)} → `)}${gib(targetGib)}`;
  return html`<tbody id="op-${index + 1}" data-a="${decisionOf(operation)}" data-o="${status}" data-c="${cluster}">
    <tr>
      <td class="c0">${minuteTime(operation.startedAtMs)}</td>
      <td class="c1"><b>${volumeId}</b><small>${cluster}</small></td>
      <td class="c2">${trigger}</td>
      <td class="c3">
        <b class="a-${tone(operation)}">${decisionOf(operation)}</b><small>${operation.reason ?? ''}</small>
      </td>
      <td class="c4" data-v="${targetGib ?? fromGib}">${sizes}</td>
      <td class="c5" data-v="${usdPerMonth}">${known(usdPerMonth, (value) => usd(value))}</td>
      <td class="c6" data-v="${usedFraction}">${known(usedFraction, (value) => percent(value))}</td>
      <td class="c7" data-v="${fullInHours}">${known(fullInHours, hours)}</td>
      <td class="c8">
        <span class="state ${tone(operation)}">${status}</span><small>${operation.outcome ?? ''}</small>
      </td>
      <td class="c9" data-v="${operation.statesEntered}">${operation.statesEntered}</td>
    </tr>
    <tr class="more">
      <td colspan="${columns.length}">${story(operation, withTimeline)}</td>
    </tr>
  </tbody>`;
}

function tone({ status, action }: OperationRun): string {
  if (status === 'failed') return 'bad';
  if (status === 'refused' || status === 'escalated') return 'warn';
  return status === 'succeeded' && action?.startsWith('grow') === true ? 'good' : 'plain';
}

/** The message as a line, the timeline on demand. */
function story(operation: OperationRun, withTimeline: boolean): Html {
  const { operationId, workflow, startedAtMs, endedAtMs, timeline, message, topics = [] } = operation;
  const took = endedAtMs === undefined ? 'still running at the end' : `took ${duration(endedAtMs - startedAtMs)}`;
  const facts = html`<p class="muted">${workflow} · operation ${operationId} · ${took}</p>`;
  const text = message === undefined || message === '' ? 'Timeline' : shortened(message, messageMax);
  const entries = timeline.map(
    ({ atMs, what, detail }) =>
      html`<li>
        <time>${secondTime(atMs)}</time> ${what}${detail !== undefined && html` <code>${detailText(detail)}</code>`}
      </li>`,
  );
  const list = withTimeline
    ? html`<ol>
        ${entries}
      </ol>`
    : html`<p class="muted">${counted(timeline.length, 'entry', 'entries')} in the operations file.</p>`;
  return html`<details>
    <summary>${text}</summary>
    ${facts}${
      topics.length > 0 &&
      html`<ul>
        ${topics.map((topic) => html`<li>${topic}</li>`)}
      </ul>`
    }${timeline.length > 0 && list}
  </details>`;
}

const detailText = (detail: Record<string, unknown>): string =>
  shortened(
    Object.entries(detail)
      .map(([key, value]) => `${key}=${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}`)
      .join(' '),
    detailMax,
  );

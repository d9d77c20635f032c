/** Who was told what and did what, which workflows ran, and what was asked of AWS. */
import { byText, counted, grouped, minuteTime, shortened, sortedEntries } from '../format.ts';
import type { RunRecord } from '../run-record.ts';
import { html, type Html } from './markup.ts';

const entriesMax = 500;
const textMax = 2_000;

/** Notifications and the operator's actions in one list, as they happened. */
export function peopleSection(run: RunRecord): Html {
  const notifications = run.notifications.map(({ atMs, kind, cluster, subject, text }) => ({
    atMs,
    entry: html`<li class="sent">
      <time>${minuteTime(atMs)}</time>
      <div>
        <span class="state ${kind === 'escalation' ? 'warn' : 'plain'}">${kind}</span> <small>${cluster}</small>
        <details>
          <summary>${subject}</summary>
          <pre>${shortened(text, textMax)}</pre>
        </details>
      </div>
    </li>`,
  }));
  const actions = run.operatorActions.map(({ atMs, what, volumeId, operationId }) => ({
    atMs,
    entry: html`<li class="did">
      <time>${minuteTime(atMs)}</time>
      <div>
        <span class="state good">operator</span> ${what}
        <small>${volumeId ?? ''} ${operationId !== undefined && `operation ${operationId}`}</small>
      </div>
    </li>`,
  }));
  const all = [...notifications, ...actions].sort((a, b) => a.atMs - b.atMs);
  const told = `${counted(notifications.length, 'notification')} went to people; the simulated operator acted ${counted(actions.length, 'time')}.`;
  return html`<section id="people">
    <h2>People</h2>
    <p class="lead">${told}</p>
    ${
      all.length > 0 &&
      html`<div class="scroll" tabindex="0" role="region" aria-label="Notifications and operator's actions">
        <ol class="log">
          ${all.slice(0, entriesMax).map(({ entry }) => entry)}
        </ol>
      </div>`
    }
    ${all.length > entriesMax && html`<p class="muted">The first ${entriesMax} of ${grouped(all.length)}.</p>`}
  </section>`;
}

export function workflowSection({ workflows }: RunRecord): Html {
  const rows = sortedEntries(workflows).map(
    ([name, { executions, succeeded, failed }]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${grouped(executions)}</td>
        <td>${grouped(succeeded)}</td>
        <td class="${failed > 0 && 'warn'}">${grouped(failed)}</td>
      </tr>`,
  );
  return html`<section id="workflows">
    <h2>Workflows</h2>
    <table class="counts">
      <thead>
        <tr>
          <th scope="col">Workflow</th>
          <th scope="col">Executions</th>
          <th scope="col">Succeeded</th>
          <th scope="col">Failed</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    <p class="muted">A workflow that ends in NeedsOperator counts as failed: a person was called.</p>
  </section>`;
}

export function callsSection({ apiCalls }: RunRecord): Html {
  const sorted = Object.entries(apiCalls).sort(([a, m], [b, n]) => n - m || byText(a, b));
  const sum = sorted.reduce((total, [, count]) => total + count, 0);
  const most = Math.max(1, ...sorted.map(([, count]) => count));
  const rows = sorted.map(
    ([name, count]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${grouped(count)}</td>
        <td class="share" aria-hidden="true">
          <i style="width:${Math.max(1, Math.round((count / most) * 100))}%"></i>
        </td>
      </tr>`,
  );
  return html`<section id="calls">
    <h2>API calls <span class="count">${grouped(sum)}</span></h2>
    <table class="counts">
      <thead>
        <tr>
          <th scope="col">Operation</th>
          <th scope="col">Calls</th>
          <th scope="col"><span class="hidden">Share</span></th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </section>`;
}

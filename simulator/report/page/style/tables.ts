/** Tables, lists and the filters. */
import { css } from './css.ts';

export const tables = css`
  table {
    border-collapse: collapse;
    width: 100%;
    font-size: 14px;
  }
  th {
    text-align: left;
    font-weight: 600;
    font-size: 13px;
    color: var(--muted);
  }
  th,
  td {
    padding: 8px 12px 8px 0;
    vertical-align: top;
    border-bottom: 1px solid var(--rule);
  }
  tbody th {
    color: var(--ink);
    font-size: 14px;
    overflow-wrap: anywhere;
  }
  .scroll {
    overflow: auto;
    max-height: 420px;
    background: var(--panel);
    border: 1px solid var(--rule);
    border-radius: 10px;
    padding: 0 16px;
    position: relative;
  }
  .scroll.tall {
    max-height: min(85vh, 1000px);
  }
  .scroll thead th {
    position: sticky;
    top: 0;
    background: var(--panel);
    z-index: 1;
    padding-top: 12px;
    white-space: nowrap;
  }
  td small {
    display: block;
  }
  td {
    overflow-wrap: anywhere;
  }
  .state {
    display: inline-block;
    font-size: 12px;
    font-weight: 600;
    line-height: 1.5;
    padding: 0 7px;
    border-radius: 4px;
    background: var(--soft);
    color: var(--muted);
    white-space: nowrap;
  }
  .state.good {
    background: var(--good-bg);
    color: var(--good);
  }
  .state.warn {
    background: var(--warn-bg);
    color: var(--warn);
  }
  .state.bad {
    background: var(--bad-bg);
    color: var(--bad);
  }
  #ops td {
    border-bottom: 0;
    padding-bottom: 2px;
  }
  #ops .more td {
    border-bottom: 1px solid var(--rule);
    padding: 0 0 8px;
  }
  #ops .c0 {
    white-space: nowrap;
  }
  #ops td.c1,
  #ops td.c2,
  #ops td.c3,
  #ops td.c8 {
    min-width: 110px;
  }
  #ops td.c2 {
    max-width: 190px;
  }
  #ops td.c4 {
    white-space: nowrap;
  }
  #ops .c4,
  #ops .c5,
  #ops .c6,
  #ops .c7,
  #ops .c9 {
    text-align: right;
    white-space: nowrap;
  }
  #ops .c8 {
    padding-left: 14px;
  }
  #ops .c9 {
    padding-right: 0;
  }
  #ops tbody:target {
    background: var(--soft);
  }
  .a-good {
    color: var(--good);
  }
  .a-warn {
    color: var(--warn);
  }
  .a-bad {
    color: var(--bad);
  }
  #ops th button {
    border: 0;
    background: none;
    padding: 0;
    font-weight: 600;
    color: inherit;
  }
  #ops th[aria-sort='ascending'] button::after {
    content: ' ↑';
  }
  #ops th[aria-sort='descending'] button::after {
    content: ' ↓';
  }
  summary {
    cursor: pointer;
    color: var(--muted);
    font-size: 14px;
    overflow-wrap: anywhere;
  }
  summary:hover {
    color: var(--ink);
  }
  details[open] > summary {
    margin-bottom: 6px;
  }
  #ops details p {
    margin: 4px 0 4px 18px;
    font-size: 13px;
  }
  #ops ol {
    list-style: none;
    margin: 4px 0 8px 18px;
    padding: 0 0 0 14px;
    border-left: 2px solid var(--rule);
    font-size: 13px;
  }
  #ops li {
    margin: 3px 0;
    overflow-wrap: anywhere;
  }
  #ops li time {
    color: var(--muted);
    margin-right: 8px;
  }
  code,
  pre {
    font:
      12px/1.5 ui-monospace,
      SFMono-Regular,
      Menlo,
      Consolas,
      monospace;
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  pre {
    white-space: pre-wrap;
    margin: 4px 0 8px;
    padding: 10px 12px;
    background: var(--soft);
    border-radius: 6px;
  }
  #filters {
    display: flex;
    flex-wrap: wrap;
    gap: 10px 16px;
    align-items: end;
    margin: 0 0 14px;
  }
  #filters[hidden] {
    display: none;
  }
  #filters label {
    display: grid;
    gap: 3px;
    font-size: 13px;
    color: var(--muted);
    min-width: 0;
  }
  #filters input,
  #filters select {
    color: var(--ink);
    font-size: 14px;
    height: 36px;
  }
  #filters input {
    width: 260px;
  }
  #filters select {
    max-width: 220px;
  }
  output {
    font-size: 13px;
    color: var(--muted);
    padding: 7px 0;
  }
  .count {
    font-size: 14px;
    font-weight: 500;
    color: var(--muted);
    margin-left: 4px;
  }
  .log {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .log li {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 4px 16px;
    padding: 10px 0;
    border-bottom: 1px solid var(--rule);
    font-size: 14px;
  }
  .log li:last-child {
    border: 0;
  }
  .log time {
    color: var(--muted);
  }
  .log summary {
    color: var(--ink);
  }
  .log div {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .columns {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0 48px;
  }
  .columns section {
    min-width: 0;
  }
  .counts td,
  .counts thead th:not(:first-child) {
    text-align: right;
  }
  .counts td.share {
    width: 34%;
    padding-right: 0;
  }
  .share i {
    display: block;
    height: 8px;
    margin-top: 7px;
    background: var(--used);
    opacity: 0.7;
    border-radius: 2px;
  }
  .counts td {
    white-space: nowrap;
  }
  .counts + p {
    font-size: 13px;
    margin-top: 8px;
  }
  footer {
    margin: 64px 0 40px;
    font-size: 13px;
    border-top: 1px solid var(--rule);
    padding-top: 16px;
  }
`;

/** What differs on a telephone and on paper. */
import { css } from './css.ts';

export const narrow = css`
  @media (max-width: 760px) {
    .page {
      padding: 0 16px;
    }
    .columns {
      grid-template-columns: 1fr;
    }
    .cluster {
      padding: 16px 14px 8px;
    }
    h2 {
      margin-top: 44px;
    }
    .plot {
      padding-left: 46px;
    }
    .numbers {
      grid-template-columns: repeat(2, 1fr);
    }
    #filters label,
    #filters input,
    #filters select {
      width: 100%;
      max-width: none;
    }
    .scroll {
      padding: 0 12px;
    }
    .scroll.tall {
      background: none;
      border: 0;
      padding: 0;
    }
    .log li {
      grid-template-columns: 1fr;
    }
    #ops,
    #ops tbody {
      display: block;
    }
    #ops thead {
      display: none;
    }
    #ops tbody {
      background: var(--panel);
      border: 1px solid var(--rule);
      border-radius: 8px;
      padding: 10px 12px;
      margin-bottom: 10px;
    }
    #ops tbody[hidden] {
      display: none;
    }
    #ops tr {
      display: grid;
      grid-template-columns: 1fr 1fr;
      gap: 2px 12px;
    }
    #ops tr.more {
      display: block;
    }
    #ops td,
    #ops .more td {
      border: 0;
      padding: 2px 0;
      text-align: left !important;
      min-width: 0 !important;
      max-width: none !important;
    }
    #ops td.c8 {
      padding-left: 0;
    }
    #ops .more td {
      display: block;
    }
    #ops td:empty {
      display: none;
    }
    #ops .c4::before {
      content: 'GiB ';
      color: var(--muted);
    }
    #ops .c5:not(:empty)::after {
      content: ' a month';
      color: var(--muted);
    }
    #ops .c6::after {
      content: ' used';
      color: var(--muted);
    }
    #ops .c7::before {
      content: 'full in ';
      color: var(--muted);
    }
    #ops .c9::after {
      content: ' states';
      color: var(--muted);
    }
  }
  @media print {
    .scroll,
    .scroll.tall {
      max-height: none;
      overflow: visible;
    }
    #filters,
    #theme,
    nav {
      display: none;
    }
  }
`;

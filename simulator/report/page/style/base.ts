/** Colours, type, and the top of the page. */
import { css } from './css.ts';

export const base = css`
  :root {
    color-scheme: light dark;
    --bg: light-dark(#fafaf9, #0f1216);
    --panel: light-dark(#fff, #161a20);
    --ink: light-dark(#1b1f24, #e7eaee);
    --muted: light-dark(#59616c, #9ea8b4);
    --rule: light-dark(#e4e6ea, #2a3038);
    --soft: light-dark(#f1f2f4, #1e242b);
    --link: light-dark(#1a56b0, #84b4ff);
    --used: light-dark(#2f6fd0, #6ea6ff);
    --fs: light-dark(#0a7a68, #46c2a8);
    --size: light-dark(#6a7380, #98a3b1);
    --good: light-dark(#12703c, #63cf8e);
    --warn: light-dark(#8a5100, #f2b653);
    --bad: light-dark(#b3261e, #ff8e80);
    --good-bg: light-dark(#e5f4ea, #15301f);
    --warn-bg: light-dark(#fcf1dc, #34270f);
    --bad-bg: light-dark(#fde9e7, #3b1917);
    --alarm: light-dark(#d4483b, #f0705f);
  }
  :root[data-theme='light'] {
    color-scheme: light;
  }
  :root[data-theme='dark'] {
    color-scheme: dark;
  }
  * {
    box-sizing: border-box;
  }
  html {
    scroll-behavior: smooth;
    scroll-padding-top: 12px;
    -webkit-text-size-adjust: 100%;
  }
  @media (prefers-reduced-motion) {
    html {
      scroll-behavior: auto;
    }
  }
  body {
    margin: 0;
    background: var(--bg);
    color: var(--ink);
    font:
      15px/1.5 system-ui,
      -apple-system,
      'Segoe UI',
      Roboto,
      'Helvetica Neue',
      Arial,
      sans-serif;
    font-variant-numeric: tabular-nums;
    overflow-wrap: break-word;
  }
  .page {
    max-width: 1280px;
    margin: 0 auto;
    padding: 0 24px;
  }
  h1,
  h2,
  h3 {
    line-height: 1.2;
    letter-spacing: -0.01em;
    margin: 0;
    font-weight: 650;
  }
  h1 {
    font-size: clamp(24px, 3.4vw, 36px);
    margin: 8px 0 20px;
    text-wrap: balance;
  }
  h2 {
    font-size: 22px;
    margin: 56px 0 12px;
  }
  h3 {
    font-size: 18px;
    overflow-wrap: anywhere;
  }
  p {
    margin: 0 0 12px;
    max-width: 80ch;
  }
  a {
    color: var(--link);
  }
  b,
  strong {
    font-weight: 600;
  }
  small {
    font-size: 13px;
    color: var(--muted);
  }
  .muted,
  .empty,
  .lead,
  figcaption,
  footer,
  dt {
    color: var(--muted);
  }
  .nowrap,
  time {
    white-space: nowrap;
  }
  .good {
    color: var(--good);
  }
  .warn {
    color: var(--warn);
  }
  .bad {
    color: var(--bad);
  }
  .skip {
    position: absolute;
    left: -999px;
  }
  .skip:focus {
    left: 8px;
    top: 8px;
    background: var(--panel);
    padding: 8px;
    z-index: 9;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  :focus-visible {
    outline: 2px solid var(--link);
    outline-offset: 2px;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
    background: var(--panel);
    border: 1px solid var(--rule);
    border-radius: 6px;
    padding: 5px 10px;
    max-width: 100%;
  }
  button {
    cursor: pointer;
    font-size: 13px;
  }
  .banner {
    background: light-dark(#a51c16, #8c1712);
    color: #fff;
    padding: 4px 0 16px;
  }
  .banner h2 {
    margin: 20px 0 6px;
  }
  .banner li {
    margin: 8px 0;
    overflow-wrap: anywhere;
  }
  .banner ol {
    padding-left: 24px;
    margin: 0;
    max-height: 60vh;
    overflow: auto;
  }
  header {
    padding-top: 28px;
  }
  .eyebrow {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 12px;
    align-items: center;
    font-size: 13px;
    color: var(--muted);
    min-height: 34px;
  }
  .eyebrow span:first-child {
    font-weight: 600;
    color: var(--ink);
  }
  .eyebrow button {
    margin-left: auto;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 12px 40px;
    margin: 0 0 16px;
  }
  dt {
    font-size: 13px;
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .facts div {
    max-width: 100%;
  }
  .notes {
    margin: 0 0 16px;
    padding: 10px 16px 10px 32px;
    background: var(--soft);
    border-radius: 8px;
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  .held {
    display: inline-flex;
    gap: 8px;
    align-items: center;
    color: var(--good);
    background: var(--good-bg);
    padding: 6px 14px 6px 10px;
    border-radius: 8px;
    font-weight: 600;
  }
  .held path {
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
  }
  .tiles {
    list-style: none;
    margin: 8px 0 20px;
    padding: 0;
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(136px, 1fr));
    gap: 1px;
    background: var(--rule);
    border: 1px solid var(--rule);
    border-radius: 10px;
    overflow: hidden;
  }
  .tiles li {
    background: var(--panel);
    padding: 14px 16px;
  }
  .tiles strong {
    display: block;
    font-size: 24px;
    line-height: 1.2;
  }
  .tiles span {
    font-size: 13px;
    color: var(--muted);
  }
  nav {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 20px;
    border-bottom: 1px solid var(--rule);
    padding-bottom: 12px;
  }
  nav a {
    text-decoration: none;
  }
  nav a:hover {
    text-decoration: underline;
  }
  .cluster {
    background: var(--panel);
    border: 1px solid var(--rule);
    border-radius: 10px;
    padding: 20px 24px 12px;
    margin: 16px 0;
  }
  .kind {
    font-size: 12px;
    font-weight: 500;
    color: var(--muted);
    border: 1px solid var(--rule);
    border-radius: 4px;
    padding: 1px 6px;
    vertical-align: 2px;
  }
  .numbers {
    display: grid;
    grid-template-columns: repeat(4, 1fr);
    gap: 14px 24px;
    margin: 16px 0 20px;
  }
  .numbers dd {
    font-size: 16px;
    font-weight: 600;
  }
`;

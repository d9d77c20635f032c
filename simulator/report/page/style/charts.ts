/** Charts, their legends and what is read off them. */
import { css } from './css.ts';

export const charts = css`
  .legend {
    list-style: none;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 20px;
    margin: 0 0 8px;
    padding: 0;
    font-size: 13px;
    color: var(--muted);
  }
  .legend li {
    display: inline-flex;
    align-items: center;
    gap: 7px;
  }
  .swatch {
    display: inline-block;
    width: 18px;
    height: 0;
    border-top: 2px solid;
  }
  .swatch.used {
    height: 10px;
    border-color: var(--used);
    background: color-mix(in srgb, var(--used) 22%, transparent);
  }
  .swatch.fs {
    border-color: var(--fs);
  }
  .swatch.size {
    border-top-style: dashed;
    border-color: var(--size);
  }
  .swatch.alarm {
    height: 12px;
    border-top: 4px solid var(--alarm);
    background: color-mix(in srgb, var(--alarm) 14%, transparent);
  }
  .swatch.ALARM,
  .swatch.INSUFFICIENT_DATA,
  .swatch.lane {
    height: 10px;
    border: 0;
    border-radius: 2px;
    background: var(--alarm);
  }
  .swatch.INSUFFICIENT_DATA {
    background: var(--size);
  }
  .swatch.lane {
    background: var(--rule);
  }
  figure {
    margin: 0;
    min-width: 0;
  }
  figcaption {
    font-size: 13px;
    margin-bottom: 2px;
    overflow-wrap: anywhere;
  }
  figcaption b {
    color: var(--ink);
  }
  .multiples {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr));
    gap: 20px 28px;
    margin-top: 24px;
  }
  .plot {
    position: relative;
    padding: 28px 10px 30px 48px;
    container-type: inline-size;
  }
  .plot.lanes {
    padding: 4px 0 8px;
  }
  .lanes ol {
    list-style: none;
    margin: 0 0 2px;
    padding: 0;
    font-size: 13px;
  }
  .lanes li {
    margin-bottom: 8px;
    overflow-wrap: anywhere;
  }
  .lanes li .chart {
    margin-top: 3px;
  }
  .chart {
    display: block;
    width: 100%;
    overflow: visible;
    pointer-events: none;
  }
  .chart svg {
    overflow: visible;
  }
  .grid {
    stroke: var(--rule);
    stroke-width: 1;
  }
  .tick-mark {
    stroke: var(--size);
  }
  .tick {
    fill: var(--muted);
    font-size: 12px;
  }
  .used-area {
    fill: var(--used);
    opacity: 0.16;
  }
  .used,
  .fs,
  .size {
    fill: none;
    vector-effect: non-scaling-stroke;
    stroke-linejoin: round;
  }
  .used {
    stroke: var(--used);
    stroke-width: 1.6;
  }
  .fs {
    stroke: var(--fs);
    stroke-width: 1.6;
  }
  .size {
    stroke: var(--size);
    stroke-width: 1.4;
    stroke-dasharray: 5 3;
  }
  .band {
    fill: var(--alarm);
    opacity: 0.1;
  }
  .cap {
    fill: var(--alarm);
    pointer-events: auto;
  }
  .bar {
    pointer-events: auto;
  }
  .bar.ALARM {
    fill: var(--alarm);
  }
  .bar.INSUFFICIENT_DATA {
    fill: var(--size);
  }
  .lane {
    fill: var(--rule);
  }
  .marker path,
  .key path {
    pointer-events: auto;
    stroke: var(--panel);
    stroke-width: 1.5;
  }
  .growth path {
    fill: var(--fs);
  }
  .escalation path {
    fill: var(--bad);
  }
  .refusal path {
    fill: var(--warn);
  }
  .marker a:hover path {
    stroke: var(--ink);
  }
  @container (max-width:800px) {
    .wide .l2 {
      display: none;
    }
  }
  @container (max-width:500px) {
    .l2,
    .wide .l1 {
      display: none;
    }
  }
  .cross {
    position: absolute;
    top: 28px;
    width: 1px;
    background: var(--ink);
    opacity: 0.5;
    pointer-events: none;
  }
  #tip {
    position: fixed;
    z-index: 5;
    background: var(--panel);
    border: 1px solid var(--rule);
    border-radius: 8px;
    box-shadow: 0 4px 16px #0003;
    padding: 8px 12px;
    font-size: 13px;
    line-height: 1.45;
    pointer-events: none;
    white-space: pre;
    max-width: calc(100vw - 16px);
  }
`;

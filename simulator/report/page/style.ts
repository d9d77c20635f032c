/**
 * The page's style sheet: system fonts, one set of colours with a light and a dark value each, no picture, no request.
 * The order matters: what is narrow overrides the rest.
 */
import { base } from './style/base.ts';
import { charts } from './style/charts.ts';
import { narrow } from './style/narrow.ts';
import { tables } from './style/tables.ts';

export const style = [base, charts, tables, narrow].join('');

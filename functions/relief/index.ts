/** What other rooms may use of relief. */
export { restoreDue } from './due.ts';

/** What other rooms may use of relief. */
export { restoreDue } from './due.ts';
export { isReached } from './operation.ts';

/** Alarms say where to read on: `docs/runbooks/<name>.md` of this project. */

export type Runbook =
  | 'disk-used'
  | 'dead-letters'
  | 'execution-failures'
  | 'function-errors'
  | 'function-throttles'
  | 'relief-not-restored'
  | 'sweep-silent'
  | 'defects';

export const runbookPath = (runbook: Runbook): string => `docs/runbooks/${runbook}.md`;
export const describe = (what: string, runbook: Runbook): string => `${what} Runbook: ${runbookPath(runbook)}`;

/** What every verb is given. */
import type { Account } from './account.ts';
import type { Paint } from './render.ts';

export interface GlobalOptions {
  /** fleet.yaml; absent: the one in the present directory, or the simulation's own. */
  fleet?: string;
  simulated?: string;
  json?: boolean;
  yes?: boolean;
  region?: string;
  profile?: string;
}

export interface Context {
  options: GlobalOptions;
  paint: Paint;
  readFile(path: string): string;
  /** Opened on first use, closed after the verb. */
  account(): Promise<Account>;
}

/** Said by every verb that was not told `--yes`. */
export const nothingChanged = 'Nothing was changed. Add --yes to do it.';

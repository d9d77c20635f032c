/** The operator's command on a real terminal. The only file of `cli/` that knows the process. */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import pico from 'picocolors';
import type { Account, OpenSimulatedAccount } from './account.ts';
import type { GlobalOptions } from './context.ts';
import { fleetFileDefault, readFleet } from './fleet-file.ts';
import { run } from './program.ts';

const readFile = (path: string): string => readFileSync(path, 'utf8');

/** The simulator is large: loaded only when asked for. */
async function openSimulated(directory: string, fleetFile: string | undefined): Promise<Account> {
  const module = new URL('simulated-account.ts', import.meta.url).href;
  const { openSimulatedAccount } = (await import(module)) as { openSimulatedAccount: OpenSimulatedAccount };
  return openSimulatedAccount({ directory, fleetFile });
}

async function openAccount({ simulated, fleet: fleetFile, region, profile }: GlobalOptions): Promise<Account> {
  if (simulated !== undefined) return openSimulated(simulated, fleetFile);
  const { fleet, home } = readFleet(fleetFile ?? fleetFileDefault, readFile);
  // Before any client exists: the SDK's own resolution then holds for everything.
  if (profile !== undefined) process.env.AWS_PROFILE = profile;
  const { openAwsAccount } = await import('./aws-account.ts');
  return openAwsAccount(fleet, home, region);
}

const coloured = isatty(1) && process.env.NO_COLOR === undefined;
process.exitCode = await run(process.argv.slice(2), {
  openAccount,
  readFile,
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  paint: pico.createColors(coloured),
});

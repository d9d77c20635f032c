/** The command line: verbs, options, exit codes. Where output goes and how accounts are opened are arguments. */
import { Command, CommanderError, Option } from 'commander';
import type { Account } from './account.ts';
import type { Context, GlobalOptions } from './context.ts';
import { EXIT, failed, type Outcome, WrongInput } from './outcome.ts';
import type { Paint } from './render.ts';
import { answerApproval } from './verbs/answer.ts';
import { explain } from './verbs/explain.ts';
import { grow } from './verbs/grow.ts';
import { growFilesystem } from './verbs/grow-filesystem.ts';
import { setPause } from './verbs/pause.ts';
import { plan } from './verbs/plan.ts';
import { relieve } from './verbs/relieve.ts';
import { restoreRetention } from './verbs/restore-retention.ts';
import { status } from './verbs/status.ts';
import { validate } from './verbs/validate.ts';

export interface Surroundings {
  openAccount(options: GlobalOptions): Promise<Account>;
  readFile(path: string): string;
  out(text: string): void;
  err(text: string): void;
  paint: Paint;
}

/**
 * Runs one command line.
 *
 * @param args without the program's name
 * @returns the exit code: 0 ok, 1 failure, 2 wrong input, 3 refused
 */
export async function run(args: string[], surroundings: Surroundings): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = commands(surroundings, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are no errors; every other complaint of the parser is about the input.
    if (error.exitCode === 0) return EXIT.ok;
    const { json, exitCode } = failed(new WrongInput(error.message));
    if (program.opts<GlobalOptions>().json === true) surroundings.out(document(json, exitCode));
    return exitCode;
  }
  return exitCode;
}

type Verb = (context: Context) => Promise<Outcome>;

function commands(surroundings: Surroundings, end: (exitCode: number) => void): Command {
  const program = new Command('kafka-autopilot')
    .description(
      "Operates Kafka's storage on AWS by fleet.yaml. Verbs that change something only show it unless told --yes.",
    )
    .addOption(new Option('--fleet <file>', 'the fleet file (default: fleet.yaml)'))
    .addOption(new Option('--simulated <dir>', 'work on the simulation kept in this directory instead of AWS'))
    .addOption(new Option('--json', 'print one JSON document'))
    .addOption(new Option('--yes', 'do it; without, show what would be done'))
    .addOption(new Option('--region <region>', 'AWS Region (default: as the AWS SDK finds it)'))
    .addOption(new Option('--profile <name>', 'AWS profile (default: as the AWS SDK finds it)'))
    .configureOutput({
      writeOut: (text) => surroundings.out(text.trimEnd()),
      writeErr: (text) => surroundings.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help shows verbs and options)')
    .exitOverride();

  const carryOut = async (verb: Verb): Promise<void> =>
    end(await perform(verb, program.opts<GlobalOptions>(), surroundings));
  const verb = (name: string, description: string): Command => program.command(name).description(description);

  verb('validate [file]', 'check the fleet file; offline unless told --account')
    .option('--account', 'also look whether brokers, clusters, mount points and metrics are there')
    .action((file: string | undefined, options: { account?: boolean }) =>
      carryOut((context) => validate(context, { ...(file === undefined ? {} : { file }), ...options })),
    );
  verb('plan [cluster]', 'what would be done now, and why; changes nothing').action((cluster: string | undefined) =>
    carryOut((context) => plan(context, cluster)),
  );
  verb('grow <volume>', 'grow one volume, or those of all brokers of an MSK cluster; limits and approvals hold')
    .option('--to <gib>', 'size of each volume to grow to (default: by the forecast)')
    .action((volume: string, options: { to?: string }) => carryOut((context) => grow(context, volume, options)));
  verb('grow-filesystem <volume>', "grow only the file system, to the volume's size").action((volume: string) =>
    carryOut((context) => growFilesystem(context, volume)),
  );
  for (const [name, answer] of [
    ['approve', 'approved'],
    ['reject', 'rejected'],
  ] as const) {
    verb(`${name} <operation>`, `${name} the plan that an operation asks about`)
      .option('--plan-hash <hash>', 'only if the plan is still this one')
      .action((operation: string, options: { planHash?: string }) =>
        carryOut((context) => answerApproval(context, answer, operation, options)),
      );
  }
  verb('relieve <cluster>', 'shorten retention for a while, which deletes data, where a disk would be full first')
    .option('--topic <name...>', 'only these topics (default: those that free most)')
    .action((cluster: string, options: { topic?: string[] }) =>
      carryOut((context) => relieve(context, cluster, options)),
    );
  verb('restore-retention <cluster>', 'give shortened retention back before its time').action((cluster: string) =>
    carryOut((context) => restoreRetention(context, cluster)),
  );
  verb('status [cluster]', 'what is paused, running, shortened or waiting for a person').action(
    (cluster: string | undefined) => carryOut((context) => status(context, cluster)),
  );
  verb('explain <operation>', 'why an operation did what it did').action((operation: string) =>
    carryOut((context) => explain(context, operation)),
  );
  verb('pause [cluster]', 'stop all new changes of a cluster, or of the fleet')
    .requiredOption('--reason <text>', 'for those who wonder later')
    .action((cluster: string | undefined, { reason }: { reason: string }) =>
      carryOut((context) => setPause(context, cluster, { pause: true, reason })),
    );
  verb('resume [cluster]', 'allow changes again').action((cluster: string | undefined) =>
    carryOut((context) => setPause(context, cluster, { pause: false })),
  );
  return program;
}

/** Runs one verb and prints how it ended: one JSON document, or text (errors to the error stream). */
async function perform(verb: Verb, options: GlobalOptions, surroundings: Surroundings): Promise<number> {
  let opened: Promise<Account> | undefined;
  const context: Context = {
    options,
    paint: surroundings.paint,
    readFile: (path) => surroundings.readFile(path),
    account: () => (opened ??= surroundings.openAccount(options)),
  };
  let outcome: Outcome;
  let isError = false;
  try {
    outcome = await verb(context);
    const account = await opened;
    await account?.close?.();
  } catch (error) {
    outcome = failed(error);
    isError = true;
  }
  const { json, text, exitCode = EXIT.ok } = outcome;
  if (options.json === true) surroundings.out(document(json, exitCode));
  else if (isError) surroundings.err(text);
  else surroundings.out(text);
  return exitCode;
}

function document(json: Outcome['json'], exitCode: number): string {
  return JSON.stringify({ ...json, exitCode }, undefined, 2);
}

/**
 * `npm start`: rehearses a fleet. Synthesizes the CDK app, deploys the template into the simulator, runs virtual days and
 * leaves a report. One of two files of `cli/` that know the process (the other is `main.ts`).
 */
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { jsonDocument } from '../simulator/report/document.ts';
import { reportHtml } from '../simulator/report/html.ts';
import { liveView } from '../simulator/report/live-view.ts';
import { operationsJsonl } from '../simulator/report/operations-jsonl.ts';
import { summary } from '../simulator/report/summary.ts';
import type { FillOptions } from '../simulator/run/fill.ts';
import { Run } from '../simulator/run/run.ts';
import { saveSimulation } from '../simulator/run/saved.ts';
import { InvalidTrace, readTraces } from '../simulator/traces/index.ts';
import { readFleet } from './fleet-file.ts';
import { EXIT, failed, WrongInput } from './outcome.ts';
import { synthesizeFleet } from './synthesize-fleet.ts';

const project = fileURLToPath(new URL('..', import.meta.url));

interface Options {
  days: number;
  seed: number;
  fleet: string;
  trace?: string;
  fillHours: number;
  retentionHours: number;
  out: string;
  operator: 'hours' | 'none';
  json?: boolean;
}

const within = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new InvalidArgumentError(`expected ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`);
  }
  return value;
};

function parseOptions(args: string[]): Options {
  const program = new Command('npm start --')
    .description('Rehearses a fleet in the simulator: the synthesized template, virtual time, no AWS account.')
    .option('--days <n>', 'virtual days', within(0.01, 365, false), 30)
    .option('--seed <n>', 'the same seed gives the same run, byte for byte', within(0, 2 ** 32 - 1, true), 1)
    .option('--fleet <file>', 'the fleet file', join(project, 'examples', 'fleet.yaml'))
    .option('--trace <csv file or folder>', 'fill the volumes as recorded traces say')
    .option(
      '--fill-hours <h>',
      'with --trace: hours in which a volume fills at the mean rate',
      within(0.1, 10_000, false),
      72,
    )
    .option('--retention-hours <h>', 'with --trace: hours that records are kept', within(0.1, 100_000, false), 168)
    .option('--out <folder>', 'where the report goes', 'out')
    .option(
      '--operator <hours|none>',
      'whether the simulated operator answers',
      (text) => {
        if (text !== 'hours' && text !== 'none') throw new InvalidArgumentError("expected 'hours' or 'none'");
        return text;
      },
      'hours',
    )
    .option('--json', 'print one JSON document and nothing else')
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  return program.parse(args, { from: 'user' }).opts<Options>();
}

async function fillOptions({ trace: path, fillHours, retentionHours }: Options): Promise<FillOptions> {
  if (path === undefined) return { kind: 'model' };
  const traces = await readTraces(path);
  if (traces.length === 0) throw new WrongInput(`${path}: expected at least one .csv file in the folder or below it`);
  return { kind: 'traces', path: relative('.', resolve(path)), traces, meanFillHours: fillHours, retentionHours };
}

/** Before anything long is done: a run whose report can't be kept is no use. */
function prepareOut(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new WrongInput(`--out ${folder}: expected a folder to write to: ${(error as Error).message}`);
  }
}

async function simulate(options: Options): Promise<number> {
  const startedMs = performance.now();
  const quiet = options.json === true;
  const say = (line: string): void => void (quiet || process.stdout.write(`${line}\n`));

  const { fleet } = readFleet(options.fleet, (path) => readFileSync(path, 'utf8'));
  const fill = await fillOptions(options);
  prepareOut(options.out);
  say(`Synthesizing ${relative('.', resolve(options.fleet))} …`);
  const assembly = await synthesizeFleet(fleet);
  say(`Deploying the template into the simulator; ${options.days} days, seed ${options.seed}.`);
  const run = await Run.boot({
    fleet,
    assembly,
    seed: options.seed,
    days: options.days,
    fill,
    operator: options.operator,
  });

  const view = liveView({
    stream: process.stdout,
    isTty: isatty(1),
    columns: process.stdout.columns ?? 100,
    nowMs: () => performance.now(),
  });
  await run.advance(run.endMs, quiet ? undefined : (progress) => view.update(progress));
  if (!quiet) view.done();

  const record = await run.record();
  writeFileSync(join(options.out, 'operations.jsonl'), operationsJsonl(record));
  writeFileSync(join(options.out, 'report.html'), reportHtml(record));
  saveSimulation(options.out, {
    version: 1,
    seed: options.seed,
    days: options.days,
    operator: options.operator,
    fill:
      fill.kind === 'model'
        ? fill
        : { kind: 'traces', path: fill.path, meanFillHours: fill.meanFillHours, retentionHours: fill.retentionHours },
    fleet,
    nowMs: record.endMs,
    inputs: [],
  });

  const wallSeconds = Number(((performance.now() - startedMs) / 1000).toFixed(1));
  if (quiet) process.stdout.write(`${JSON.stringify(jsonDocument(record, wallSeconds), undefined, 2)}\n`);
  else
    say(
      summary(record, {
        wallSeconds,
        reportPath: join(options.out, 'report.html'),
        colour: isatty(1) && process.env.NO_COLOR === undefined,
      }),
    );
  return record.violations.length === 0 ? EXIT.ok : EXIT.failure;
}

function fail(error: unknown, json: boolean): number {
  const wrong =
    error instanceof InvalidTrace || (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new WrongInput((error as Error).message)
      : error;
  const { json: document, text, exitCode } = failed(wrong);
  if (json) process.stdout.write(`${JSON.stringify({ ...document, exitCode }, undefined, 2)}\n`);
  else process.stderr.write(`${text}\n`);
  return exitCode;
}

const args = process.argv.slice(2);
try {
  process.exitCode = await simulate(parseOptions(args));
} catch (error) {
  // The parser has said what is wrong.
  process.exitCode =
    error instanceof CommanderError
      ? error.exitCode === 0
        ? EXIT.ok
        : EXIT.wrongInput
      : fail(error, args.includes('--json'));
}

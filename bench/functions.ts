/**
 * `npm run bench:functions [-- --write] [-- --json] [-- --runs=N]`: how large each function is, and how long it takes
 * from import to the end of its first invocation, against the bare SDK clients it uses making the same calls.
 *
 * The bundles are the deployed ones. Each measurement is a fresh process; function and baseline alternate, so that what
 * else this machine does meets both; medians. AWS is a stub on the loopback: the clients really sign, send and parse.
 * `--write` renews `functions.table.json`, from which the cost model reckons.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundle, bundleOptions, findEntries, projectRoot } from '../infra/bundle.ts';
import { networkVerbs, specOf, type Verb } from '../infra/function-table.ts';
import { loadFleet } from '../infra/load-fleet.ts';
import { baselineSource, clientsOf } from './functions/baseline.ts';
import { events } from './functions/events.ts';
import { bucket, ledgerName } from './functions/names.ts';
import { seed } from './functions/stub-ledger.ts';
import { startStubAws, type StubAws } from './functions/stub-aws.ts';

interface Run {
  outcome: string;
  importMs: number;
  coldMs: number;
  coldCpuMs: number;
  warmMs: number;
  warmCpuMs: number;
}

interface Row {
  verb: Verb;
  kilobytes: number;
  baselineKilobytes: number;
  coldMs: number;
  baselineColdMs: number;
  ratio: number;
  /** Of the processor's time, which what else this machine does disturbs less. */
  cpuRatio: number;
  outcome: string;
  calls: string[];
  coldCpuMs: number;
  warmCpuMs: number;
}

const ratioMax = 1.2;
const warmRuns = 20;
/** Lambda gives one vCPU at 1,769 MiB and a share in proportion below (Lambda guide, "Configure memory"). */
const memoryOfOneCpuMib = 1769;
/** While calls are recorded: long enough for all that a function asks side by side. */
const recordedAnswerMs = 50;
/** Assumed, not measured: what one call to AWS takes inside a Region. */
const callMs: Record<string, number> = {
  dynamodb: 8,
  ec2: 150,
  cloudwatch: 80,
  ssm: 60,
  states: 40,
  sns: 30,
  kafka: 150,
  'application-autoscaling': 60,
  s3: 30,
  scheduler: 60,
};

const run = promisify(execFile);
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const medianOf = (runs: Run[], key: 'coldMs' | 'coldCpuMs' | 'warmCpuMs'): number => median(runs.map((of) => of[key]));

async function once(file: string, event: object, environment: Record<string, string>, warm: number): Promise<Run> {
  const script = join(projectRoot, 'bench', 'functions', 'run-once.mjs');
  const args = [script, file, JSON.stringify(event), String(warm)];
  const { stdout } = await run(process.execPath, args, { env: environment });
  return JSON.parse(stdout) as Run;
}

function environmentOf(verb: Verb, stub: StubAws, fleetFile: string): Record<string, string> {
  const known: Record<string, string> = {
    LEDGER_TABLE: ledgerName,
    FLEET_FILE: fleetFile,
    TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:demo',
    OBJECTS_BUCKET: bucket,
  };
  const settings = specOf(verb).settings.map((name) => {
    const workflow = name.replace('WORKFLOW_', '').replaceAll('_', '-').toLowerCase();
    const arn = `arn:aws:states:us-east-1:123456789012:stateMachine:${workflow}:live`;
    return [name, known[name] ?? (name.startsWith('WORKFLOW_') ? arn : name)];
  });
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    // The stub reads from the path which function asks.
    AWS_ENDPOINT_URL: `${stub.url}/${verb}`,
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    ...(Object.fromEntries(settings) as Record<string, string>),
  };
}

async function measure(runs: number, progress: (text: string) => void): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-autopilot-bench-'));
  const fleetFile = join(folder, 'fleet.json');
  writeFileSync(fleetFile, JSON.stringify(loadFleet(join(projectRoot, 'examples/fleet.yaml')).fleet));
  // What speaks Kafka has no call that an AWS on the loopback could answer, and is no function of the table.
  const entries = findEntries()
    .filter(({ verb }) => !networkVerbs.includes(verb))
    .map(({ verb, file }) => ({ verb: verb as Verb, file }));
  const { bytes, metafile } = await bundle(entries, folder);
  const stub = await startStubAws();
  const rows: Row[] = [];
  try {
    const subjects = [];
    for (const { verb } of entries) {
      const file = join(folder, verb, 'index.mjs');
      const environment = environmentOf(verb, stub, fleetFile);
      await seed(verb, `${stub.url}/${verb}`);
      stub.ledgerOf(verb).keepAsSeed();
      stub.taken();
      stub.answerAfterMs = recordedAnswerMs;
      const { outcome } = await once(file, events[verb], environment, 0);
      stub.answerAfterMs = 0;
      const calls = stub.taken();
      const output = Object.entries(metafile.outputs).find(([path]) => path.endsWith(`${verb}/index.mjs`))?.[1];
      const baseline = join(folder, `${verb}-baseline`, 'index.mjs');
      const contents = baselineSource(clientsOf(output?.inputs ?? {}), calls);
      const built = await build({
        ...bundleOptions,
        stdin: { contents, resolveDir: projectRoot, loader: 'ts' },
        outfile: baseline,
        metafile: true,
      });
      const baselineBytes = Object.values(built.metafile.outputs)[0]?.bytes ?? 0;
      subjects.push({ verb, file, environment, outcome, calls, baseline, baselineBytes });
    }
    const measured = new Map<string, Run[]>();
    const add = async (file: string, verb: Verb, environment: Record<string, string>) => {
      stub.ledgerOf(verb).reset();
      measured.set(file, [...(measured.get(file) ?? []), await once(file, events[verb], environment, warmRuns)]);
    };
    for (let i = 0; i < runs; i++) {
      progress(`run ${i + 1} of ${runs}`);
      for (const { verb, file, baseline, environment } of subjects) {
        for (const each of i % 2 === 0 ? [file, baseline] : [baseline, file]) await add(each, verb, environment);
      }
    }
    for (const { verb, file, baseline, baselineBytes, outcome, calls } of subjects) {
      const own = measured.get(file) ?? [];
      const bare = measured.get(baseline) ?? [];
      const broken = bare.find((one) => one.outcome !== 'ok');
      if (broken !== undefined) throw new Error(`the baseline of ${verb} ended with ${broken.outcome}: no measure`);
      // Of neighbours in time, so that what else the machine did meets both.
      const ratioOf = (key: 'coldMs' | 'coldCpuMs') =>
        median(own.map((one, i) => one[key] / (bare[i]?.[key] ?? Number.NaN)));
      rows.push({
        verb,
        kilobytes: (bytes[verb] ?? 0) / 1000,
        baselineKilobytes: baselineBytes / 1000,
        coldMs: medianOf(own, 'coldMs'),
        baselineColdMs: medianOf(bare, 'coldMs'),
        ratio: ratioOf('coldMs'),
        cpuRatio: ratioOf('coldCpuMs'),
        outcome,
        calls: calls.map(({ operation }) => operation),
        coldCpuMs: medianOf(own, 'coldCpuMs'),
        warmCpuMs: medianOf(own, 'warmCpuMs'),
      });
    }
  } finally {
    stub.close();
  }
  return rows;
}

/** What Lambda would bill: the processor time at this memory's share, and what the calls would wait for. */
function billed({ verb, calls, coldCpuMs, warmCpuMs }: Row) {
  const { memoryMib } = specOf(verb);
  const share = memoryOfOneCpuMib / Math.min(memoryMib, memoryOfOneCpuMib);
  const waitMs = calls.reduce((sum, call) => sum + (callMs[call.slice(0, call.indexOf(':'))] ?? 0), 0);
  return { memoryMib, warmMs: Math.ceil(warmCpuMs * share + waitMs), coldMs: Math.ceil(coldCpuMs * share + waitMs) };
}

const line = (cells: readonly (string | number)[]): string =>
  cells.map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(i === 8 ? 24 : 9))).join('');

function print(rows: readonly Row[]): void {
  console.log(line(['function', 'kB', 'bare kB', 'ms', 'bare ms', 'ratio', 'cpu', 'calls', 'outcome']));
  for (const row of rows) {
    const { kilobytes, baselineKilobytes, coldMs, baselineColdMs, ratio, cpuRatio, calls, outcome } = row;
    const numbers = [kilobytes, baselineKilobytes, coldMs, baselineColdMs].map((value) => value.toFixed(0));
    const verdict = ratio <= ratioMax ? ratio.toFixed(2) : `${ratio.toFixed(2)}!`;
    console.log(line([row.verb, ...numbers, verdict, cpuRatio.toFixed(2), calls.length, outcome]));
  }
  const over = rows.filter(({ ratio }) => ratio > ratioMax).length;
  console.log(
    `\nms: import to the end of the first invocation, fresh process. ${rows.length - over} of ${rows.length} within ${ratioMax}.` +
      ` Not measured, because they speak Kafka: ${networkVerbs.join(', ')}.`,
  );
}

const options = process.argv.slice(2);
const runs = Number(options.find((option) => option.startsWith('--runs='))?.slice('--runs='.length) ?? 9);
const json = options.includes('--json');
const rows = await measure(runs, (text) => process.stderr.isTTY && process.stderr.write(`\r${text}  `));
if (json) console.log(JSON.stringify(rows, null, 2));
else print(rows);
if (options.includes('--write')) {
  const functions = Object.fromEntries(rows.map((row) => [row.verb, billed(row)]));
  const text = JSON.stringify(functions, null, 2);
  writeFileSync(join(projectRoot, 'bench', 'functions.table.json'), `${text}\n`);
}

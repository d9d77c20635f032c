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
import { specOf, type Verb } from '../infra/function-table.ts';
import { loadFleet } from '../infra/load-fleet.ts';
import { baselineSource } from './functions/baseline.ts';
import { events } from './functions/events.ts';
import { seed } from './functions/stub-ledger.ts';
import { type Call, startStubAws, type StubAws } from './functions/stub-aws.ts';

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
  outcome: string;
  calls: string[];
  coldCpuMs: number;
  warmCpuMs: number;
}

const ratioMax = 1.2;
const warmRuns = 20;
/** Lambda gives one vCPU at 1,769 MiB and a share in proportion below (Lambda guide, "Configure memory"). */
const memoryOfOneCpuMib = 1769;
/** Assumed, not measured: what one call to AWS takes inside a Region. */
const callMs: Record<string, number> = { dynamodb: 8, ec2: 150, cloudwatch: 80, ssm: 60, states: 40, sns: 30 };

const run = promisify(execFile);
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const medianOf = (runs: Run[], key: 'coldMs' | 'coldCpuMs' | 'warmCpuMs'): number => median(runs.map((of) => of[key]));

/** Clients that a bundle holds, by the service's prefix. */
function clientsOf(inputs: Record<string, unknown>): string[] {
  const prefixes: Record<string, string> = { sfn: 'states' };
  const found = Object.keys(inputs).map((path) => /node_modules\/@aws-sdk\/client-(\w+)\//.exec(path)?.[1]);
  const names = [...new Set(found.filter((name) => name !== undefined))].sort();
  return names.map((name) => prefixes[name] ?? name);
}

async function once(file: string, event: object, environment: Record<string, string>, warm: number): Promise<Run> {
  const script = join(projectRoot, 'bench', 'functions', 'run-once.mjs');
  const args = [script, file, JSON.stringify(event), String(warm)];
  const { stdout } = await run(process.execPath, args, { env: environment });
  return JSON.parse(stdout) as Run;
}

function environmentOf(verb: Verb, stub: StubAws, fleetFile: string): Record<string, string> {
  const settings = specOf(verb).settings.map((name) => {
    if (name === 'FLEET_FILE') return [name, fleetFile];
    if (name === 'TOPIC_ARN') return [name, 'arn:aws:sns:us-east-1:123456789012:demo'];
    const workflow = name.replace('WORKFLOW_', '').replaceAll('_', '-').toLowerCase();
    return [
      name,
      name.startsWith('WORKFLOW_') ? `arn:aws:states:us-east-1:123456789012:stateMachine:${workflow}:live` : name,
    ];
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
  const entries = findEntries().map(({ verb, file }) => ({ verb: verb as Verb, file }));
  const { bytes, metafile } = await bundle(entries, folder);
  const stub = await startStubAws();
  await seed(stub.url);
  stub.ledger.keepAsSeed();
  const rows: Row[] = [];
  try {
    const subjects = [];
    for (const { verb } of entries) {
      const file = join(folder, verb, 'index.mjs');
      const environment = environmentOf(verb, stub, fleetFile);
      stub.taken();
      const { outcome } = await once(file, events[verb], environment, 0);
      const calls: Call[] = stub.taken();
      stub.ledger.reset();
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
      stub.ledger.reset();
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
      // Of neighbours in time, so that what else the machine did meets both.
      const ratios = own.map(({ coldMs }, i) => coldMs / (bare[i]?.coldMs ?? Number.NaN));
      rows.push({
        verb,
        kilobytes: (bytes[verb] ?? 0) / 1000,
        baselineKilobytes: baselineBytes / 1000,
        coldMs: medianOf(own, 'coldMs'),
        baselineColdMs: medianOf(bare, 'coldMs'),
        ratio: median(ratios),
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
  cells.map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(i === 7 ? 24 : 9))).join('');

function print(rows: readonly Row[]): void {
  console.log(line(['function', 'kB', 'bare kB', 'ms', 'bare ms', 'ratio', 'calls', 'outcome']));
  for (const row of rows) {
    const { kilobytes, baselineKilobytes, coldMs, baselineColdMs, ratio, calls, outcome } = row;
    const numbers = [kilobytes, baselineKilobytes, coldMs, baselineColdMs].map((value) => value.toFixed(0));
    const verdict = ratio <= ratioMax ? ratio.toFixed(2) : `${ratio.toFixed(2)}!`;
    console.log(line([row.verb, ...numbers, verdict, calls.length, outcome]));
  }
  const over = rows.filter(({ ratio }) => ratio > ratioMax).length;
  console.log(
    `\nms: import to the end of the first invocation, fresh process. ${rows.length - over} of ${rows.length} within ${ratioMax}.`,
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

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { synthesize } from '../../../infra/synthesize.ts';
import { operationsJsonl } from '../../../simulator/report/operations-jsonl.ts';
import { reportHtml } from '../../../simulator/report/html.ts';
import type { Progress, RunRecord } from '../../../simulator/report/run-record.ts';
import { summary } from '../../../simulator/report/summary.ts';
import type { FunctionTable } from '../../../simulator/run/costs.ts';
import { usdPer } from '../../../simulator/run/prices.ts';
import { Run } from '../../../simulator/run/run.ts';
import { planWorld } from '../../../simulator/run/world.ts';
import { exampleFleet } from './a-fleet.ts';

/** In its first day MSK grows once, without a question. */
const seed = 6;
const warmMs = 200;
/** Every function takes as long. */
const functionTable: FunctionTable = new Proxy({}, { get: () => ({ memoryMib: 512, warmMs }) });
const fleet = exampleFleet();
const folder = mkdtempSync(join(tmpdir(), 'kafka-autopilot-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const broker = planWorld(fleet, seed)[0]?.instanceId ?? '';
let assembly = '';
const progress: Progress[] = [];
let record: RunRecord;

const alarmsCluster = (contributor: string): string | undefined =>
  record.alarms.find((alarm) => alarm.contributor === contributor)?.cluster;

const lines = (section: string, series: string): number => section.split(`data-series="${series}"`).length - 1;

async function aDay(table: FunctionTable): Promise<RunRecord> {
  const run = await Run.boot({ fleet, assembly, seed, days: 1, fill: { kind: 'model' }, functionTable: table });
  for (const attributes of [{ 'Cluster Name': 'payments' }, { 'Cluster Name': 'another' }, { InstanceId: broker }]) {
    run.simulation.cloud.publish({
      'detail-type': 'CloudWatch Alarm Contributor State Change',
      source: 'aws.cloudwatch',
      resources: [],
      detail: { alarmName: 'an-alarm', alarmContributor: { attributes }, state: { value: 'OK' } },
    });
  }
  await run.advance(run.endMs, (now) => void progress.push(now));
  return run.record();
}

beforeAll(async () => {
  assembly = await synthesize({ fleet, outdir: join(folder, 'cdk.out'), dist: join(folder, 'dist') });
  record = await aDay(functionTable);
}, 120_000);

describe('a run of the example', () => {
  it('shows both kinds, and breaks no invariant', () => {
    expect(record.violations).toEqual([]);
    expect(record.clusters).toMatchObject([
      {
        name: 'orders',
        kind: 'ec2',
        minutesFull: 0,
        pollsPerGrowth: { p50: null, max: null },
        pollsUsdPerGrowth: null,
      },
      { name: 'payments', kind: 'msk', minutesFull: 0, startGib: 300, growths: 1 },
    ]);
    expect(progress.at(-1)?.clusters).toMatchObject([
      { name: 'orders', kind: 'ec2' },
      { name: 'payments', kind: 'msk', growths: 1 },
    ]);
  });

  it('knows whose alarm it is, of either kind', () => {
    expect(['payments', 'another', broker].map(alarmsCluster)).toEqual(['payments', undefined, 'orders']);
  });

  it('samples each broker of MSK, all of one size, as large as the report says', () => {
    const [, payments] = record.clusters;
    expect(payments?.volumes.map(({ volumeId, storageId, instanceId }) => [volumeId, storageId, instanceId])).toEqual([
      ['msk/payments/1', 'msk/payments', 'broker 1'],
      ['msk/payments/2', 'msk/payments', 'broker 2'],
      ['msk/payments/3', 'msk/payments', 'broker 3'],
    ]);
    const last = payments?.volumes.map(({ samples }) => samples.at(-1)?.sizeGib ?? 0) ?? [];
    expect(last.reduce((sum, gib) => sum + gib, 0)).toBe(payments?.endGib);
    expect(payments?.endGib).toBeGreaterThan(300);
  });

  it('counts the polls of a growth as transitions, and what they cost', () => {
    const growth = record.operations.find(({ cluster, outcome }) => cluster === 'payments' && outcome === 'grown');
    const [, payments] = record.clusters;
    const polls = payments?.pollsPerGrowth.p50 ?? 0;
    expect(growth).toMatchObject({ volumeId: 'msk/payments', action: 'grow' });
    expect(polls).toBeGreaterThan(2);
    // The first look is the state itself, each further one a retry.
    expect((growth?.transitions ?? 0) - (growth?.statesEntered ?? 0)).toBeGreaterThanOrEqual(polls - 1);
    expect(payments?.transitionsPerGrowth.max).toBe(growth?.transitions);
    const gibSeconds = (0.5 * warmMs) / 1000;
    const usd = usdPer.lambdaRequest + gibSeconds * usdPer.lambdaGibSecond + usdPer.stateTransition;
    expect(payments?.pollsUsdPerGrowth).toBeCloseTo(polls * usd, 6);
    expect(payments?.costUsdPerGrowth).toBeGreaterThan(payments?.pollsUsdPerGrowth ?? 0);
  });

  it('draws each broker against the one line of its size', () => {
    const page = reportHtml(record);
    const [ec2 = '', msk = ''] = page.split('<article').slice(1, 3);
    expect([lines(ec2, 'used'), lines(ec2, 'fs'), lines(ec2, 'size')]).toEqual([7, 7, 7]);
    expect([lines(msk, 'used'), lines(msk, 'fs'), lines(msk, 'size')]).toEqual([4, 0, 4]);
    expect(msk).toMatch(/msk\/payments grew from 100 to \d+ GiB/);
    expect(summary(record, { colour: false })).toMatch(/polls +payments: \d+ \/ \d+ a growth, \$0\.000\d+ of its cost/);
  });

  it('gives the same bytes for the same seed', async () => {
    const again = await aDay(functionTable);
    expect(JSON.stringify(again)).toBe(JSON.stringify(record));
    expect(operationsJsonl(again)).toBe(operationsJsonl(record));
  }, 120_000);

  it('does not guess what a function costs that was never measured', async () => {
    await expect(aDay({})).rejects.toThrow('npm run bench:functions -- --write');
  }, 120_000);
});

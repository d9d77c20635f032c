import { describe, expect, it } from '@jest/globals';
import { jsonDocument } from '../../../simulator/report/document.ts';
import { operationsJsonl } from '../../../simulator/report/operations-jsonl.ts';
import { anOperation, aRun, startMs } from './a-run.ts';

describe('jsonDocument', () => {
  it('has exactly these keys, in this order', () => {
    const document = jsonDocument(aRun(), 1.5);
    expect(Object.keys(document)).toEqual([
      'version',
      'seed',
      'days',
      'wallSeconds',
      'handlerInvocations',
      'clusters',
      'workflows',
      'apiCalls',
      'violations',
    ]);
    expect(Object.keys(document.clusters[0] ?? {})).toEqual([
      'name',
      'kind',
      'minutesFull',
      'startGib',
      'endGib',
      'peakUsedFraction',
      'growths',
      'refusals',
      'escalations',
      'transitionsPerGrowth',
      'costUsdPerGrowth',
      'pollsPerGrowth',
      'pollsUsdPerGrowth',
    ]);
    expect(JSON.stringify(document.clusters[0]?.transitionsPerGrowth)).toBe('{"p50":17,"max":21}');
    expect(JSON.stringify(document.violations[0])).toMatch(/^\{"invariant":.*"atMs":.*"subject":.*"detail":/);
  });

  it('sorts maps by key, whatever the order of the record', () => {
    const { workflows, apiCalls } = jsonDocument(aRun(), 1.5);
    expect(JSON.stringify(workflows)).toBe(
      '{"storage-scaling":{"executions":3,"succeeded":1,"failed":2},"storage-sweep":{"executions":192,"succeeded":192,"failed":0}}',
    );
    expect(Object.keys(apiCalls)).toEqual(['cloudwatch:GetMetricData', 'ec2:DescribeVolumes', 'ec2:ModifyVolume']);
  });

  it('differs between two runs of a seed in nothing but the wall time', () => {
    const { wallSeconds: first, ...one } = jsonDocument(aRun(), 1);
    const { wallSeconds: second, ...two } = jsonDocument(aRun(), 2);
    expect([first, second]).toEqual([1, 2]);
    expect(JSON.stringify(one)).toBe(JSON.stringify(two));
  });
});

describe('operationsJsonl', () => {
  it('writes one line per operation, by start and then by id', () => {
    const lines = operationsJsonl(aRun()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => (JSON.parse(line) as { operationId: string }).operationId)).toEqual([
      '0123456789abcdef',
      'aaaa',
      'ffff',
    ]);
  });

  it('keeps every field and adds ISO times', () => {
    const operation = anOperation();
    const [line = ''] = operationsJsonl({ operations: [operation] }).split('\n');
    const { startedAt, endedAt, ...rest } = JSON.parse(line) as Record<string, unknown>;
    expect([startedAt, endedAt]).toEqual(['2026-01-05T23:00:00.000Z', '2026-01-06T01:00:00.000Z']);
    expect(rest).toMatchObject({ ...operation });
    expect(rest.timeline).toEqual([
      { at: '2026-01-05T23:00:02.000Z', ...operation.timeline[0] },
      { at: '2026-01-06T00:00:00.000Z', ...operation.timeline[1] },
    ]);
  });

  it('does not show in which order fields were set, and leaves out what is unknown', () => {
    const operation = {
      operationId: 'a',
      workflow: 'w',
      cluster: 'c',
      volumeId: 'v',
      trigger: 't',
      startedAtMs: startMs,
    };
    const tail = { status: 'running', timeline: [], statesEntered: 1, transitions: 1 };
    const one = operationsJsonl({ operations: [{ ...operation, ...tail }] });
    expect(operationsJsonl({ operations: [{ ...tail, ...operation }] })).toBe(one);
    expect(one).not.toContain('endedAt');
  });

  it('is empty for a run without operations', () => {
    expect(operationsJsonl({ operations: [] })).toBe('');
  });
});

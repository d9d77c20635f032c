import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type {
  EscalateReason,
  GrowReason,
  GrowthDecision,
  RefuseReason,
  WaitReason,
} from '../../functions/storage/decision.ts';
import { deviceProblems, refusedLayouts } from '../../functions/storage/ec2/host/results.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import { callOf, failureOutcomes, isOver, outcomeOf } from '../../functions/storage/outcome.ts';
import { nowMs } from '../support/storage-facts.ts';

const failed = (Error: string, cause = '') =>
  outcomeOf({ failure: { Error, Cause: JSON.stringify({ errorType: Error, errorMessage: cause }) } });
const message = (Cause?: string) => outcomeOf({ failure: { Error: 'Paused', Cause } }).message;
const evidence = { sizeGib: 100 };
const grow: GrowthDecision = {
  action: 'grow',
  reason: 'above-threshold',
  fromGib: 100,
  targetGib: 134,
  usdPerMonth: 2.7,
  needsApproval: false,
  evidence,
};
const verified = { filesystemBytes: 1 };

describe('how an operation ends', () => {
  it.each<[string, Parameters<typeof outcomeOf>[0], string, string, boolean]>([
    ['grown and proven', { decision: grow, verified }, 'succeeded', 'grown', false],
    [
      'only the file system',
      { decision: { action: 'grow-filesystem', reason: 'filesystem-smaller-than-volume', evidence }, verified },
      'succeeded',
      'filesystem-grown',
      false,
    ],
    [
      'nothing to do',
      { decision: { action: 'keep', reason: 'below-threshold', evidence } },
      'succeeded',
      'kept',
      false,
    ],
    ['waiting', { decision: { action: 'wait', reason: 'day-cap', evidence } }, 'deferred', 'day-cap', false],
    ['refused', { decision: { action: 'refuse', reason: 'metric-stale', evidence } }, 'refused', 'metric-stale', true],
    [
      'escalated',
      { decision: { action: 'escalate', reason: 'cluster-cap', evidence } },
      'escalated',
      'cluster-cap',
      true,
    ],
    ['observed', { decision: grow, observeOnly: true }, 'succeeded', 'observed', true],
    ['a growth that nothing carried out is no success', { decision: grow }, 'failed', 'not-done', true],
    ['nothing known', {}, 'failed', 'defect', true],
  ])('%s', (_title, input, status, outcome, escalate) => {
    expect(outcomeOf(input)).toMatchObject({ status, outcome, escalate });
  });

  it('a failure counts before the decision', () => {
    expect(outcomeOf({ decision: grow, failure: { Error: 'Paused' } })).toMatchObject({ outcome: 'paused' });
  });

  it('what no table knows is failed, by its name, and calls a person', () => {
    for (const name of ['Novel', 'constructor', '__proto__'])
      expect(failed(name)).toMatchObject({ status: 'failed', outcome: `error-${name}`, escalate: true });
  });

  it.each(['Throttled', 'States.HeartbeatTimeout', 'Novel'])(
    'a growth that is proven stays one when %s comes after it',
    (Error) => {
      expect(outcomeOf({ decision: grow, verified, failure: { Error } })).toMatchObject({
        status: 'succeeded',
        outcome: 'grown-completion-unseen',
        escalate: true,
      });
    },
  );

  it('except when EBS gave it up', () => {
    expect(outcomeOf({ decision: grow, verified, failure: { Error: 'ModificationFailed' } })).toMatchObject({
      status: 'escalated',
    });
  });

  it('the time in a refusal is when to try again', () => {
    expect(failed('VolumeModificationLimit', 'vol-1 may be modified again at 2026-06-03T20:00:00.000Z')).toMatchObject({
      status: 'deferred',
      retryAtMs: Date.parse('2026-06-03T20:00:00Z'),
      pauseMs: hourMs,
    });
    expect(failed('VolumeModificationLimit', 'no time named')).not.toHaveProperty('retryAtMs');
  });

  it('an unknown text is tried again at the time that is named, only where it is taken for the cool-down', () => {
    const text = 'msk/payments is tried again at 2026-06-03T20:00:00.000Z: until 2026-06-09T00:00:00Z we sleep';
    const retryAtMs = Date.parse('2026-06-03T20:00:00Z');
    expect(failed('UnknownRefusalInCoolDown', text)).toMatchObject({ outcome: 'unknown-text', retryAtMs });
    expect(failed('UnknownRefusal', text)).not.toHaveProperty('retryAtMs');
    expect(failed('UnknownRefusal', text).pauseMs).toBe(30 * 24 * hourMs);
  });

  it('reads a cause that is JSON, text or nothing', () => {
    expect(message('{"errorMessage":"why"}')).toBe('why');
    expect(message('rejected by me')).toBe('rejected by me');
    expect(message('null')).toBe('null');
    expect(message()).toBe('Paused');
    expect(message('x'.repeat(10_000))).toHaveLength(500);
  });

  it('a refusal carries its detail', () => {
    const decision = {
      action: 'refuse',
      reason: 'inspection-impossible',
      evidence: { ...evidence, detail: 'agent down' },
    };
    expect(outcomeOf({ decision: decision as GrowthDecision }).message).toContain('agent down');
  });
});

describe('calls for a person', () => {
  it('have another name in an emergency', () => {
    const decision: GrowthDecision = { action: 'escalate', reason: 'at-size-limit', evidence };
    expect(callOf('at-size-limit', decision)).toBe('at-size-limit');
    expect(callOf('at-size-limit', { ...decision, evidence: { ...evidence, emergency: true } })).toBe(
      'at-size-limit-emergency',
    );
    expect(callOf('defect', undefined)).toBe('defect');
  });

  it.each([
    [hourMs - 1, false],
    [hourMs, true],
  ])('told %d ms ago, they may be closed: %s', (agoMs, over) => {
    const escalation = { reason: 'x', operationId: 'op', openedAtMs: 0, remindedAtMs: nowMs - agoMs };
    expect(isOver(escalation, nowMs)).toBe(over);
  });
});

describe('docs/decisions-reference.md', () => {
  // The compiler keeps these complete: a code that is added to a union is missing here.
  const actions: Record<GrowthDecision['action'], true> = {
    keep: true,
    wait: true,
    inspect: true,
    grow: true,
    'grow-filesystem': true,
    refuse: true,
    escalate: true,
  };
  type Keep = Extract<GrowthDecision, { action: 'keep' | 'inspect' | 'grow-filesystem' }>['reason'];
  type Named<T> = T extends `layout-${string}` ? never : T;
  const reasons: Record<Keep | GrowReason | WaitReason | EscalateReason | Named<RefuseReason>, true> = {
    'below-threshold': true,
    'not-a-data-volume': true,
    'filesystem-complete': true,
    'no-longer-needed': true,
    'inspection-missing': true,
    'inspection-stale': true,
    'filesystem-smaller-than-volume': true,
    'above-threshold': true,
    'forecast-full': true,
    emergency: true,
    operator: true,
    approved: true,
    paused: true,
    'modification-in-progress': true,
    'modification-limit': true,
    'modification-reserved': true,
    'not-before': true,
    'maintenance-window': true,
    'day-cap': true,
    'at-size-limit': true,
    'cluster-cap': true,
    'growth-barred': true,
    'volume-managed-by-aws': true,
    'multi-attach': true,
    'volume-type': true,
    'volume-state': true,
    'broker-not-live': true,
    'root-volume': true,
    'mount-point-mismatch': true,
    'inspection-impossible': true,
    'metric-missing': true,
    'metric-stale': true,
    'metric-implausible': true,
    'target-not-larger': true,
    'target-above-maximum': true,
    'target-step-too-small': true,
    'cool-down': true,
    'cluster-not-active': true,
    'cluster-not-found': true,
    'cluster-express': true,
    'cluster-serverless': true,
    'cluster-state': true,
    'owned-by-auto-scaling': true,
    skewed: true,
  };
  const ofRecord = ['kept', 'grown', 'filesystem-grown', 'observed', 'not-done', 'defect', 'interrupted'];
  const outcomes = [...failureOutcomes, ...ofRecord];
  const layouts = [...refusedLayouts, ...deviceProblems].map((name) => `layout-${name}`);
  const all = new Set([...Object.keys(actions), ...Object.keys(reasons), ...outcomes, ...layouts]);

  const text = readFileSync('docs/decisions-reference.md', 'utf8');
  const documented = new Set(
    text
      .split('\n')
      .filter((row) => row.startsWith('| `'))
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')),
  );

  it('explains every code', () => {
    expect([...all].filter((code) => !documented.has(code))).toEqual([]);
  });

  it('explains no code that isn’t there', () => {
    expect([...documented].filter((code) => !all.has(code))).toEqual([]);
  });

  it('says of every failure how it ends', () => {
    const statusOf = new Map(
      text.split('\n').flatMap((row) => {
        const [, code = '', status = ''] = row.split('|').map((cell) => cell.trim());
        return [['`' + code.replaceAll('`', '') + '`', status] as const];
      }),
    );
    const names = [
      'AlreadyRunning',
      'VolumeModificationLimit',
      'ModificationInProgress',
      'WorldChanged',
      'LedgerBusy',
      'LedgerContended',
      'ServiceUnavailable',
      'AlreadySettled',
      'Throttled',
      'Paused',
      'ObserveOnly',
      'LeaseLost',
      'ApprovalRejected',
      'States.Timeout',
      'States.HeartbeatTimeout',
      'ApprovalExpired',
      'AnswerLost',
      'AccessDenied',
      'UnsupportedVolume',
      'VolumeQuotaExceeded',
      'ModificationFailed',
      'HostUnreachable',
      'HostBusy',
      'FilesystemNotGrown',
      'VolumeNotFound',
      'ClusterNotFound',
      'ClusterNotActive',
      'StaleClusterVersion',
      'StorageUnchanged',
      'StorageCoolDown',
      'StorageStepTooSmall',
      'UnknownRefusal',
      'UnknownRefusalInCoolDown',
      'CoolDownEndless',
      'OperationRunning',
      'GrowthNotShown',
      'UnknownCluster',
    ];
    for (const name of names) {
      const { outcome, status, escalate } = failed(name);
      // `modification-limit` and its like are reasons of waiting too: the last row, the outcome's, counts.
      expect([name, outcome, statusOf.get(`\`${outcome}\``)]).toEqual([name, outcome, status]);
      expect(escalate).toBe(status !== 'deferred');
    }
  });
});

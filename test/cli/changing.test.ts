import { describe, expect, it } from '@jest/globals';
import { FunctionFailed } from '../../cli/account.ts';
import { anApproval, anOperation, aRow, command, HOUR_MS, NOW_MS, type World } from './fake-account.ts';

const started = { started: 'new', operationId: '0123456789abcdef', executionArn: 'arn', workflow: 'storage-scaling' };
const gp3 = {
  volumeId: 'vol-1',
  sizeGib: 100,
  type: 'gp3' as const,
  state: 'in-use',
  multiAttach: false,
  attachments: [],
  tags: {},
};
const world: World = { plan: [aRow()], volumes: [gp3], answers: { 'start-workflow': started } };

describe('grow', () => {
  it('without --yes shows what would be done, and changes nothing', async () => {
    const { exitCode, out, invoked } = await command(['grow', 'vol-1', '--to', '150'], world);
    expect(exitCode).toBe(0);
    expect(out).toContain('Grow vol-1 from 100 to 150 GiB (4.00 USD/month more, for good):');
    expect(out).toContain('Nothing was changed.');
    expect(invoked).toEqual([]);
  });

  it('with --yes asks start-workflow, once, in the operator’s name', async () => {
    const { exitCode, out, invoked } = await command(['grow', 'vol-1', '--to', '150', '--yes'], world);
    expect(exitCode).toBe(0);
    expect(invoked).toEqual([
      {
        verb: 'start-workflow',
        payload: {
          source: 'operator',
          requestId: 'request-1',
          by: 'operator',
          workflow: 'storage-scaling',
          subject: 'vol-1',
          request: { action: 'grow', toGib: 150 },
        },
      },
    ]);
    expect(out).toContain('kafka-autopilot explain 0123456789abcdef');
  });

  it.each([
    ['a smaller size', ['grow', 'vol-1', '--to', '100'], 3, 'target-not-larger'],
    [
      'more than the policy allows',
      ['grow', 'vol-1', '--to', '16385'],
      3,
      'policy.sizeGibMax of cluster orders is 16384 GiB',
    ],
    ['half a GiB', ['grow', 'vol-1', '--to', '150.5'], 2, '--to: expected a whole number of GiB, found "150.5"'],
    ['a volume of somebody else', ['grow', 'vol-9'], 2, 'vol-9 is no data volume of fleet demo'],
    ['no volume', ['grow', 'disk1'], 2, 'expected a volume id, vol-…, or an MSK cluster\'s name, found "disk1"'],
  ])('refuses %s', async (_title, line, code, message) => {
    const { exitCode, err, invoked } = await command([...line, '--yes'], world);
    expect(exitCode).toBe(code);
    expect(err).toContain(message);
    expect(invoked).toEqual([]);
  });

  it('says why nothing was started', async () => {
    const because = 'no cluster of the fleet is known to have vol-1';
    const { exitCode, err } = await command(['grow', 'vol-1', '--yes'], {
      ...world,
      answers: { 'start-workflow': { started: 'no', because } },
    });
    expect([exitCode, err]).toEqual([3, `Refused (not-started): ${because}`]);
  });

  it('fails when the function fails', async () => {
    const failure = new FunctionFailed('start-workflow', 'Throttled', 'slow down');
    const { exitCode, out } = await command(['grow', 'vol-1', '--yes', '--json'], {
      ...world,
      answers: { 'start-workflow': failure },
    });
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toEqual({
      error: { name: 'Throttled', message: 'start-workflow: Throttled: slow down' },
      exitCode: 1,
    });
  });
});

describe('grow-filesystem', () => {
  it('asks for the file system only', async () => {
    const { invoked } = await command(['grow-filesystem', 'vol-1', '--yes'], world);
    expect(invoked[0]?.payload).toMatchObject({ subject: 'vol-1', request: { action: 'grow-filesystem' } });
  });
});

describe('approve and reject', () => {
  const asking: World = {
    operations: [anOperation()],
    approvals: [anApproval()],
    answers: { 'answer-approval': { answered: true } },
  };

  it('show the plan, its hash and its reasons, and change nothing', async () => {
    const { exitCode, out, invoked } = await command(['approve', '0123456789abcdef'], asking);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/targetGib: +150/);
    expect(out).toMatch(/plan: +f00d/);
    expect(out).toContain('2026-01-15T17:00:00Z (in 7.0 h)');
    expect(out).toMatch(/metricAtMs: +2026-01-15T09:59:00Z \(1 min ago\)/);
    expect(out).toContain('kafka-autopilot approve 0123456789abcdef --plan-hash f00d --yes');
    expect(invoked).toEqual([]);
  });

  it('never show the token', async () => {
    const { out } = await command(['approve', '0123456789abcdef', '--json'], asking);
    expect(out).not.toContain('secret-token');
    const { out: status } = await command(['status', '--json'], asking);
    expect(status).not.toContain('secret-token');
  });

  it.each([
    ['approve', 'approved'],
    ['reject', 'rejected'],
  ])('%s sends the answer to the shown plan', async (verb, answer) => {
    const { exitCode, invoked } = await command([verb, '0123456789abcdef', '--yes'], asking);
    expect(exitCode).toBe(0);
    expect(invoked).toEqual([
      {
        verb: 'answer-approval',
        payload: { operationId: '0123456789abcdef', planHash: 'f00d', answer, by: 'operator' },
      },
    ]);
  });

  it.each([
    ['another plan than the one seen', asking, ['--plan-hash', 'beef'], 'the plan is now f00d, not beef'],
    [
      'an expired question',
      { ...asking, approvals: [anApproval({ expiresAtMs: NOW_MS })] },
      [],
      'expired at 2026-01-15T10:00:00Z',
    ],
    [
      'a question that was answered otherwise',
      { ...asking, approvals: [anApproval({ answer: 'rejected', answeredBy: 'ann', answeredAtMs: NOW_MS - HOUR_MS })] },
      [],
      'rejected by ann at 2026-01-15T09:00:00Z',
    ],
    [
      'a plan that changed meanwhile',
      { ...asking, answers: { 'answer-approval': { answered: false, because: 'other-plan' } } },
      [],
      'the plan has changed since it was shown',
    ],
  ])('refuses %s', async (_title, given, options, message) => {
    const { exitCode, err } = await command(['approve', '0123456789abcdef', '--yes', ...options], given);
    expect(exitCode).toBe(3);
    expect(err).toContain(message);
  });

  it('knows no other operation', async () => {
    const { exitCode, err } = await command(['approve', 'nobody'], asking);
    expect([exitCode, err]).toEqual([2, 'operation nobody asks for no approval: see kafka-autopilot status']);
  });
});

describe('pause and resume', () => {
  it('pause without --yes only says what it would do', async () => {
    const { out, invoked } = await command(['pause', 'orders', '--reason', 'upgrade']);
    expect(out).toContain('Pause cluster orders (now not paused)');
    expect(out).toContain('Nothing was changed.');
    expect(invoked).toEqual([]);
  });

  it('pauses the fleet where no cluster is named', async () => {
    const { invoked } = await command(['pause', '--reason', 'upgrade', '--yes']);
    expect(invoked).toEqual([{ verb: 'set-pause', payload: { pause: true, by: 'operator', reason: 'upgrade' } }]);
  });

  it('needs a reason', async () => {
    const { exitCode, err } = await command(['pause', 'orders', '--yes']);
    expect(exitCode).toBe(2);
    expect(err).toContain("required option '--reason <text>' not specified");
  });

  it('resumes a cluster, and says that the fleet stays paused', async () => {
    const states = {
      orders: { by: 'ann', atMs: NOW_MS - HOUR_MS, reason: 'upgrade' },
      '*': { by: 'bob', atMs: NOW_MS, reason: 'fire' },
    };
    const { out, invoked } = await command(['resume', 'orders', '--yes'], { states });
    expect(invoked).toEqual([{ verb: 'set-pause', payload: { cluster: 'orders', pause: false, by: 'operator' } }]);
    expect(out).toContain('paused by ann, 2026-01-15T09:00:00Z (60 min ago): upgrade');
    expect(out).toContain('The fleet stays paused: kafka-autopilot resume');
  });

  it('knows no other cluster', async () => {
    const { exitCode, err } = await command(['pause', 'order', '--reason', 'x', '--yes']);
    expect([exitCode, err]).toEqual([2, 'fleet demo has no cluster order; did you mean "orders"?']);
  });
});

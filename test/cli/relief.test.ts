import { describe, expect, it } from '@jest/globals';
import type { Relief } from '../../functions/gateways/ledger/ledger.ts';
import { ClusterNotActive } from '../../functions/gateways/faults.ts';
import { hashOf } from '../../functions/relief/plan-hash.ts';
import {
  anApproval,
  anMskCluster,
  anOperation,
  command,
  HOUR_MS,
  MSK_FLEET,
  NOW_MS,
  type World,
} from './fake-account.ts';

const topic = (name: string, configs: Record<string, string> = {}) => ({
  name,
  id: `arn:topic/${name}`,
  partitions: 3,
  replicationFactor: 3,
  configs: { 'cleanup.policy': 'delete', 'retention.ms': String(168 * HOUR_MS), 'retention.bytes': '-1', ...configs },
});

/** What CloudWatch shows of each broker, so that the topic holds this on it; one hour of data stands for a day. */
const traffic = (name: string, gib: number): Record<string, number> =>
  Object.fromEntries(
    [1, 2, 3].map((broker) => [`payments-prod ${broker} ${name}`, (24 * gib * 2 ** 30) / 3 / (168 * 3600)]),
  );

/** Broker 2 uses 850 of 1000 GiB: 250 too much for the target of 60 %. */
const world: World = {
  fleet: MSK_FLEET,
  mskClusters: [anMskCluster()],
  topics: [topic('clicks'), topic('views'), topic('table', { 'cleanup.policy': 'compact' }), topic('audit')],
  metrics: {
    'payments-prod 1': 70,
    'payments-prod 2': 85,
    'payments-prod 3': 70,
    ...traffic('clicks', 500),
    ...traffic('views', 100),
    ...traffic('audit', 100),
  },
  answers: { 'start-workflow': { started: 'new', operationId: '0123456789abcdef', executionArn: 'arn' } },
};

describe('relieve', () => {
  it('shows topics, from what to what, what is freed, the floor and until when, and changes nothing', async () => {
    const { exitCode, out, invoked } = await command(['relieve', 'payments'], world);
    expect(exitCode).toBe(0);
    expect(out).toContain('shorten the retention of a topic for 24 h at most');
    expect(out).toMatch(/ {2}clicks +retention\.ms 168 h → 84 h +250 GiB/);
    expect(out).toContain('Broker 2 uses 85 % of 1000 GiB');
    expect(out).toContain('What is deleted does not come back');
    expect(out).toMatch(/floor: +12 h, or 1 GiB of each partition/);
    expect(out).toMatch(/given back: +2026-01-16T10:00:00Z \(in 24\.0 h\) at the latest/);
    expect(out).toMatch(/approval: +a person is asked/);
    expect(out).toContain('Nothing was changed.');
    expect(invoked).toEqual([]);
  });

  it('gives the plan and the hash that the question will have in JSON', async () => {
    const { out } = await command(['relieve', 'payments', '--json'], world);
    const { plan, planHash } = JSON.parse(out) as { plan: Parameters<typeof hashOf>[0]; planHash: string };
    expect(plan).toMatchObject({ cluster: 'payments', restoreAfterHours: 24, topics: [{ name: 'clicks' }] });
    expect(planHash).toBe(hashOf(plan));
  });

  it('with --yes starts it, with the topics that were named', async () => {
    const { exitCode, invoked } = await command(
      ['relieve', 'payments', '--topic', 'views', 'clicks', 'views', '--yes'],
      world,
    );
    expect(exitCode).toBe(0);
    const payload = { source: 'operator', requestId: 'request-1', by: 'operator', workflow: 'retention-relief' };
    expect(invoked).toEqual([
      { verb: 'start-workflow', payload: { ...payload, cluster: 'payments', topics: ['views', 'clicks'] } },
    ]);
    const { invoked: unnamed } = await command(['relieve', 'payments', '--yes'], world);
    expect(unnamed).toEqual([{ verb: 'start-workflow', payload: { ...payload, cluster: 'payments' } }]);
  });

  it('says when named topics are not enough', async () => {
    const { out } = await command(['relieve', 'payments', '--topic', 'views'], world);
    expect(out).toMatch(/ {2}views +retention\.ms 168 h → 12 h/);
    expect(out).toContain('it wins time, no more');
  });

  it('is not done where there is room', async () => {
    const metrics = { ...world.metrics, 'payments-prod 2': 59 };
    const { exitCode, out, invoked } = await command(['relieve', 'payments', '--yes'], {
      ...world,
      metrics: { ...metrics, 'payments-prod 1': 50, 'payments-prod 3': 50 },
    });
    expect(exitCode).toBe(0);
    expect(out).toContain('needs no relief: the fullest broker, 2, uses 59.0 % of 1000 GiB');
    expect(invoked).toEqual([]);
  });

  const paused = { by: 'ann', atMs: NOW_MS, reason: 'upgrade' };
  it.each([
    ['a topic nearly right', world, ['payments', '--topic', 'click'], 2, 'no topic click; did you mean "clicks"?'],
    ['a cluster nearly right', world, ['payment'], 2, 'did you mean "payments"?'],
    ['topics that are never touched', world, ['payments', '--topic', 'table'], 3, 'table (compacted)'],
    ['what is excluded', world, ['payments', '--topic', 'audit'], 3, 'audit (excluded)'],
    ['brokers on EC2, with the commands by hand', world, ['orders'], 3, 'kafka-configs.sh'],
    [
      'what the fleet file does not allow',
      { ...world, fleet: MSK_FLEET.replace('enabled: true', 'enabled: false') },
      ['payments'],
      3,
      'Refused (disabled): cluster payments: shorter retention deletes data and is off',
    ],
    ['a paused fleet', { ...world, states: { '*': paused } }, ['payments'], 3, 'Refused (paused): the fleet is paused'],
    ['Express', { ...world, mskClusters: [withoutVolumes()] }, ['payments'], 3, 'Refused (no-volumes)'],
  ])('refuses %s', async (_title, given: World, line, code, message) => {
    const { exitCode, err, invoked } = await command(['relieve', ...line, '--yes'], given);
    expect(exitCode).toBe(code);
    expect(err).toContain(message);
    expect(invoked).toEqual([]);
  });

  describe('of brokers on EC2 that are reached from a network', () => {
    const reached: World = {
      ...world,
      fleet: MSK_FLEET.replace(
        'clusters:',
        'networks: { inner: { subnetIds: [subnet-0123456789abcdef0], securityGroupIds: [sg-0123456789abcdef0] } }\nclusters:',
      ).replace(
        'mountPoints: [/data1] }',
        'mountPoints: [/data1], retentionRelief: { enabled: true }, kafka: { network: inner, bootstrapServers: ["b:9092"], security: plaintext } }',
      ),
    };

    it('says within what bounds it is planned there, and changes nothing', async () => {
      const { exitCode, out, invoked } = await command(['relieve', 'orders'], reached);
      expect(exitCode).toBe(0);
      expect(out).toContain('reached from network inner only');
      expect(out).toContain('at most 5 topics, those that free most; never below 24 h');
      expect(out).toContain('a person is asked, with the plan');
      expect(out).toContain('What is deleted does not come back');
      expect(out).toContain('Nothing was changed.');
      expect(invoked).toEqual([]);
    });

    it('with --yes starts it', async () => {
      const { exitCode, invoked } = await command(['relieve', 'orders', '--topic', 'clicks', '--yes'], reached);
      expect(exitCode).toBe(0);
      expect(invoked).toMatchObject([
        { payload: { workflow: 'retention-relief', cluster: 'orders', topics: ['clicks'] } },
      ]);
    });

    it('holds for it, too, that a relief is open or the fleet paused', async () => {
      const { exitCode, err } = await command(['relieve', 'orders', '--yes'], { ...reached, states: { '*': paused } });
      expect(exitCode).toBe(3);
      expect(err).toContain('Refused (paused)');
    });
  });

  it('waits its turn behind an open relief', async () => {
    const { exitCode, err } = await command(['relieve', 'payments', '--yes'], { ...world, reliefs: [aRelief()] });
    expect(exitCode).toBe(3);
    expect(err).toContain(
      'relief feed until 2026-01-16T08:00:00Z (in 22.0 h); to end it: kafka-autopilot restore-retention',
    );
  });
});

function withoutVolumes() {
  const express = anMskCluster({ instanceType: 'express.m7g.large' });
  delete express.provisioned?.volumeGib;
  return express;
}

const former = { 'retention.ms': String(168 * HOUR_MS) };
const shortened = { 'retention.ms': String(24 * HOUR_MS) };
const aRelief = (more: Partial<Relief> = {}): Relief => ({
  reliefId: 'feed',
  cluster: 'payments',
  volumeId: 'msk/payments',
  armedAtMs: NOW_MS - 2 * HOUR_MS,
  restoreAtMs: NOW_MS + 22 * HOUR_MS,
  topics: ['clicks', 'views', 'anew', 'gone', 'busy'].map((name) => ({
    name,
    id: `arn:topic/${name}`,
    former,
    shortened,
    state: 'shortened',
  })),
  ...more,
});

describe('restore-retention', () => {
  const open: World = {
    ...world,
    reliefs: [aRelief()],
    topics: [
      topic('clicks', shortened),
      topic('views', { 'retention.ms': '1' }),
      { ...topic('anew', shortened), id: 'arn:other' },
      { ...topic('busy'), fault: new ClusterNotActive('payments-prod is HEALING') },
    ],
  };

  it('shows what would be given back, and what is no longer ours', async () => {
    const { exitCode, out, invoked } = await command(['restore-retention', 'payments'], open);
    expect(exitCode).toBe(0);
    expect(out).toContain(
      '(relief feed, armed 2026-01-15T08:00:00Z (2.0 h ago), due 2026-01-16T08:00:00Z (in 22.0 h))',
    );
    expect(out).toMatch(/ {2}clicks +retention\.ms 24 h → 168 h +be set/);
    expect(out).toMatch(/ {2}views .* nothing: somebody else has changed it/);
    expect(out).toMatch(/ {2}anew .* nothing: the topic was created anew/);
    expect(out).toMatch(/ {2}gone .* nothing: the topic is gone/);
    expect(out).toMatch(/ {2}busy .* not known: ClusterNotActive/);
    expect(out).toContain('Nothing was changed.');
    expect(invoked).toEqual([]);
  });

  it('with --yes starts it without looking first', async () => {
    const { exitCode, invoked } = await command(['restore-retention', 'payments', '--yes'], { ...open, topics: [] });
    expect(exitCode).toBe(0);
    expect(invoked).toMatchObject([
      { verb: 'start-workflow', payload: { source: 'operator', workflow: 'retention-restore', cluster: 'payments' } },
    ]);
  });

  it('also of a cluster that was taken out of the fleet file', async () => {
    const reliefs = [aRelief({ cluster: 'former' })];
    const { exitCode, out } = await command(['restore-retention', 'former'], { ...open, reliefs });
    expect(exitCode).toBe(0);
    expect(out).toContain('Give back the retention of clicks, views, anew, gone, busy in cluster former');
    const { exitCode: unknown } = await command(['restore-retention', 'former'], { ...open, reliefs: [] });
    expect(unknown).toBe(2);
  });

  it.each([
    ['nothing is shortened', [], 'cluster payments has no shortened retention to give back'],
    ['it was given back', [aRelief({ endedAtMs: NOW_MS })], 'cluster payments has no shortened retention'],
  ])('has nothing to do where %s', async (_title, reliefs, message) => {
    const { exitCode, err } = await command(['restore-retention', 'payments', '--yes'], { ...open, reliefs });
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });
});

describe('status', () => {
  it.each([
    ['shortened', NOW_MS, 'retention shortened  clicks, views, anew, gone, busy, back by 2026-01-15T10:00:00Z'],
    ['owed', NOW_MS - 1, 'retention owed  clicks'],
  ])('names open reliefs: %s', async (_title, restoreAtMs, message) => {
    const { out } = await command(['status', 'payments'], { ...world, reliefs: [aRelief({ restoreAtMs })] });
    expect(out).toContain(message);
    expect(out).toContain('kafka-autopilot restore-retention payments');
    expect(out).not.toContain('orders');
  });

  it('shows operations on MSK storage and topics', async () => {
    const operations = [
      anOperation({ cluster: 'payments', subject: 'msk/payments', status: 'running' }),
      anOperation({ cluster: 'payments', subject: 'topics/payments', workflow: 'retention-relief', status: 'running' }),
    ];
    const { out } = await command(['status'], { ...world, operations });
    expect(out).toMatch(/storage-scaling +msk\/payments +running/);
    expect(out).toMatch(/retention-relief +topics\/payments +running/);
    const { out: json } = await command(['status', '--json'], { ...world, reliefs: [aRelief()] });
    expect(JSON.parse(json)).toMatchObject({
      clusters: [
        { cluster: 'payments', relief: { reliefId: 'feed', topics: [{ name: 'clicks' }, {}, {}, {}, {}] } },
        { relief: null },
      ],
    });
  });
});

describe('approve', () => {
  it('shows a relief as topics, from what to what', async () => {
    const operation = anOperation({ cluster: 'payments', subject: 'topics/payments', workflow: 'retention-relief' });
    const plan = {
      cluster: 'payments',
      restoreAfterHours: 24,
      topics: [{ name: 'clicks', id: 'arn:topic/clicks', former, shortened, freesGib: 400 }],
    };
    const asking: World = {
      ...world,
      operations: [operation],
      approvals: [anApproval({ cluster: 'payments', plan })],
      answers: { 'answer-approval': { answered: true } },
    };
    const { out } = await command(['approve', operation.operationId], asking);
    expect(out).toMatch(/ {2}clicks +retention\.ms 168 h → 24 h +400 GiB/);
    expect(out).toContain('What is deleted does not come back');
    const { invoked } = await command(['approve', operation.operationId, '--yes'], asking);
    expect(invoked).toMatchObject([{ verb: 'answer-approval', payload: { planHash: 'f00d', answer: 'approved' } }]);
  });
});

describe('explain', () => {
  it.each([
    ['retention-relief', 'feed', {}],
    ['retention-restore', 'beef', { type: 'operator', reliefId: 'feed' }],
  ])('%s tells what became of each topic', async (workflow, operationId, trigger) => {
    const operation = anOperation({
      cluster: 'payments',
      subject: 'topics/payments',
      workflow,
      operationId,
      trigger,
      decision: {
        action: 'shorten',
        reason: 'enough',
        topics: [{ name: 'clicks', id: 'x', former, shortened }],
        evidence: { untilMs: NOW_MS + HOUR_MS, left: [{ name: 'table', why: 'compacted' }] },
      },
    });
    const reliefs = [
      aRelief({ endedAtMs: NOW_MS, topics: [{ name: 'clicks', id: 'x', former, shortened, state: 'restored' }] }),
    ];
    const { out } = await command(['explain', operationId], { ...world, operations: [operation], reliefs });
    expect(out).toContain('Relief feed, over 2026-01-15T10:00:00Z');
    expect(out).toContain('clicks: restored');
    expect(out).toMatch(/topics: +clicks retention\.ms 168 h → 24 h/);
    expect(out).toMatch(/left: +table \(compacted\)/);
    expect(out).toMatch(/untilMs: +2026-01-15T11:00:00Z \(in 60 min\)/);
  });
});

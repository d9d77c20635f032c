/** What single steps promise beyond their workflows (workflows.test.ts). */
import { describe, expect, it } from '@jest/globals';
import type { Ec2Cluster } from '../../functions/fleet/fleet.ts';
import { AccessDenied } from '../../functions/gateways/faults.ts';
import { approveRelief } from '../../functions/relief/approve-relief.step.ts';
import { armRelief } from '../../functions/relief/arm-relief.step.ts';
import { restoreDue } from '../../functions/relief/index.ts';
import { hourMs } from '../../functions/relief/limits.ts';
import { planRelief } from '../../functions/relief/plan-relief.step.ts';
import { recordRelief } from '../../functions/relief/record-relief.step.ts';
import { restoreRetention } from '../../functions/relief/restore-retention.step.ts';
import { shortenRetention } from '../../functions/relief/shorten-retention.step.ts';
import {
  aRelief,
  arnOf,
  aRestore,
  aTopic,
  days7,
  policy,
  reliefPolicy,
  reliefWorld,
  type ReliefWorld,
  seen,
  startMs,
} from './relief-world.ts';

const ask = { retentionRelief: { ...reliefPolicy, approval: 'ask' as const } };

const anEc2Cluster: Ec2Cluster = {
  name: 'payments',
  kind: 'ec2',
  mode: 'act',
  brokers: { instanceIds: ['i-1'] },
  mountPoints: ['/data'],
  metric: { namespace: 'CWAgent', name: 'disk_used_percent', periodSeconds: 60 },
  maintenanceWindows: [],
  policy,
  retentionRelief: reliefPolicy,
};

/** As the state machine hands it on. */
async function planned(world: ReliefWorld) {
  const { lease, plan, planHash, approvalSeconds, decision } = await planRelief(world)(aRelief());
  return { ...aRelief(), lease, plan, planHash, approvalSeconds, decision };
}

async function armed(world: ReliefWorld) {
  const input = await planned(world);
  await armRelief(world)(input);
  return input;
}

describe('plan-relief', () => {
  it.each<[string, (world: ReliefWorld) => unknown]>([
    ['disabled', (world) => (world.fleet.clusters[0]!.retentionRelief = { ...reliefPolicy, enabled: false })],
    ['paused', (world) => world.ledger.setPaused('payments', { by: 'me', atMs: 0, reason: '' })],
    ['paused', (world) => world.ledger.setPaused('*', { by: 'me', atMs: 0, reason: '' })],
    ['no-way-to-topics', (world) => (world.fleet.clusters[0] = anEc2Cluster)],
    ['cluster-not-found', (world) => (world.seen = undefined)],
    ['no-volumes', (world) => delete world.seen?.provisioned?.volumeGib],
    ['no-topic-api', (world) => (world.seen!.provisioned!.kafkaVersion = '3.5.1')],
    ['fill-unknown', (world) => (world.used = {})],
    ['weights-unknown', (world) => (world.traffic = {})],
  ])('refuses as %s, and reads nothing into it', async (reason, change) => {
    const world = reliefWorld();
    await change(world);
    expect(await planRelief(world)(aRelief())).toMatchObject({
      next: 'record',
      decision: { action: 'refuse', reason },
    });
  });

  it.each(['3.6.0', '3.10.1', '4.1.x', 'something'])('tries the topic APIs of Kafka %s', async (kafkaVersion) => {
    const world = reliefWorld();
    world.seen!.provisioned!.kafkaVersion = kafkaVersion;
    expect(await planRelief(world)(aRelief())).toMatchObject({ next: 'arm' });
  });

  it('in mode observe shows the plan and asks for nothing', async () => {
    const world = reliefWorld({ ...ask, mode: 'observe' });
    const { next, observeOnly, decision } = await planRelief(world)(aRelief());
    expect({ next, observeOnly, action: decision.action }).toEqual({
      next: 'record',
      observeOnly: true,
      action: 'shorten',
    });
    const { outcome } = await recordRelief(world)({ ...aRelief(), decision, observeOnly });
    expect(outcome).toBe('observed');
    expect(world.notify.messages[0]?.text).toMatch(/--entity-name big --add-config retention.ms=\d+/);
  });

  it('run twice has the same lease and the same plan', async () => {
    const world = reliefWorld();
    const first = await planRelief(world)(aRelief());
    const second = await planRelief(world)(aRelief());
    expect(second.lease).toEqual(first.lease);
    expect(second.planHash).toBe(first.planHash);
  });

  it('stands back from another operation, and gives the lease back where it fails itself', async () => {
    const world = reliefWorld();
    await planRelief(world)(aRelief('op-9'));
    await expect(planRelief(world)(aRelief())).rejects.toMatchObject({ name: 'AlreadyRunning' });
    world.workflows.statuses.set(arnOf('op-9'), 'ABORTED');
    world.seen!.state = 'HEALING';
    await expect(planRelief(world)(aRelief())).rejects.toMatchObject({ name: 'ClusterNotActive' });
    expect(await world.ledger.readLease('topics/payments')).toBeUndefined();
  });

  it('takes an approval only of the plan that the ledger knows as approved', async () => {
    const world = reliefWorld(ask);
    const { plan, planHash } = await planned(world);
    const approved = { planHash, plan };
    await expect(planRelief(world)({ ...aRelief(), approved })).rejects.toMatchObject({ name: 'NotApproved' });
  });

  it('lets a question stand no longer than the disk', async () => {
    const world = reliefWorld(ask);
    expect((await planned(world)).approvalSeconds).toBe(8 * 3600);
    const soon = aRelief('op-1', { trigger: { type: 'barred', fullInHours: 2 } });
    expect((await planRelief(world)(soon)).approvalSeconds).toBe(2 * 3600);
    const now = aRelief('op-1', { trigger: { type: 'barred', fullInHours: 0.1 } });
    expect((await planRelief(world)(now)).approvalSeconds).toBe(900);
  });

  it('shortens what an operator names, and nothing else', async () => {
    const world = reliefWorld();
    world.traffic = {};
    const { decision } = await planRelief(world)(aRelief('op-1', { request: { topics: ['small'] } }));
    expect(decision).toMatchObject({ action: 'shorten', reason: 'unweighed', topics: [{ name: 'small' }] });
  });

  it('a stale metric is none', async () => {
    const world = reliefWorld();
    const read = world.metrics.read.bind(world.metrics);
    world.metrics.read = (queries, fromMs, toMs) => read(queries, fromMs, toMs - 21 * 60_000);
    expect(await planRelief(world)(aRelief())).toMatchObject({ decision: { reason: 'fill-unknown' } });
  });

  it('reads the topics with most traffic where there are very many, and says how many it left out', async () => {
    const world = reliefWorld();
    for (let at = 0; at < 520; at++) world.topics.set(`t-${at}`, aTopic(`t-${at}`));
    world.clock.advance(120_000);
    let described = 0;
    const describe = world.topics.describe.bind(world.topics);
    world.topics.describe = (arn, name) => {
      described += 1;
      return describe(arn, name);
    };
    const { decision } = await planRelief(world)(aRelief());
    expect(described).toBe(500);
    expect(decision.evidence.unread).toBe(22);
    expect(decision).toMatchObject({ action: 'shorten', topics: [{ name: 'big' }, {}] });
    expect(Buffer.byteLength(JSON.stringify(decision))).toBeLessThan(20_000);
  });
});

describe('approve-relief', () => {
  it('asks once; the reminder renews the token; an answer in between reaches the new one', async () => {
    const world = reliefWorld(ask);
    const input = await planned(world);
    const question = { ...input, reminder: false, taskToken: 'first' };
    expect(await approveRelief(world)(question)).toEqual({ asked: true });
    const { planHash, expiresAtMs } = (await world.ledger.approval('op-1'))!;
    world.clock.advance(hourMs);
    await approveRelief(world)({ ...question, reminder: true, taskToken: 'second' });
    expect(await world.ledger.approval('op-1')).toMatchObject({ token: 'second', expiresAtMs });
    expect(world.notify.messages[1]?.subject).toContain('Reminder');
    await world.ledger.answerApproval({
      operationId: 'op-1',
      planHash,
      answer: 'rejected',
      by: 'me',
      nowMs: world.clock.nowMs(),
    });
    expect(await approveRelief(world)({ ...question, taskToken: 'third' })).toEqual({ asked: false });
    expect(world.workflows.answers.get('third')).toEqual({ error: 'ApprovalRejected', cause: 'rejected by me' });
    expect(world.notify.messages).toHaveLength(2);
  });

  it('says what is deleted, for how long, and what it frees', async () => {
    const world = reliefWorld(ask);
    await approveRelief(world)({ ...(await planned(world)), reminder: false, taskToken: 't' });
    const { text } = world.notify.messages[0]!;
    expect(text).toContain('big: retention.ms 168 h → 24 h, frees about 288 GiB');
    expect(text).toContain('48 h');
    expect(text).toContain('does not come back');
  });
});

describe('arm-relief', () => {
  it('run twice keeps the time of the first run', async () => {
    const world = reliefWorld();
    const input = await planned(world);
    const first = await armRelief(world)(input);
    expect(first.restoreAtMs).toBe(world.clock.nowMs() + 48 * hourMs);
    world.clock.advance(hourMs);
    expect(await armRelief(world)(input)).toEqual(first);
    expect(world.schedule.standing.get('op-1-restore')?.atMs).toBe(first.restoreAtMs);
  });

  it.each<[string, string, (world: ReliefWorld) => unknown]>([
    ['a pause', 'Paused', (world) => world.ledger.setPaused('payments', { by: 'me', atMs: 0, reason: '' })],
    ['mode observe', 'ObserveOnly', (world) => (world.fleet.clusters[0]!.mode = 'observe')],
    ['a topic that is gone', 'WorldChanged', (world) => world.topics.set('big', undefined)],
    ['a topic that is another', 'WorldChanged', (world) => world.topics.set('big', { id: 'x' })],
    ['a retention that is another', 'WorldChanged', (world) => world.topics.set('big', { configs: {} })],
    [
      'a floor that is higher by now',
      'PlanNotAllowed',
      (world) => (world.fleet.clusters[0]!.retentionRelief = { ...reliefPolicy, retentionHoursMin: 100 }),
    ],
  ])('arms nothing for %s', async (_title, name, change) => {
    const world = reliefWorld();
    const input = await planned(world);
    await change(world);
    world.clock.advance(120_000);
    await expect(armRelief(world)(input)).rejects.toMatchObject({ name });
    expect(await world.ledger.relief('op-1')).toBeUndefined();
    expect(world.schedule.calls).toBe(0);
  });

  it('arms nothing after its lease was taken over', async () => {
    const world = reliefWorld();
    const input = await planned(world);
    world.workflows.statuses.set(arnOf('op-1'), 'ABORTED');
    await planRelief(world)(aRelief('op-2'));
    await expect(armRelief(world)(input)).rejects.toMatchObject({ name: 'LeaseLost' });
    expect(await world.ledger.relief('op-1')).toBeUndefined();
  });
});

describe('shorten-retention', () => {
  it('run twice changes nothing more', async () => {
    const world = reliefWorld();
    const input = await armed(world);
    const first = await shortenRetention(world)(input);
    const alters = world.topics.alters.length;
    expect(await shortenRetention(world)(input)).toEqual(first);
    expect(world.topics.alters).toHaveLength(alters);
  });

  it('changes one key and keeps the others', async () => {
    const world = reliefWorld();
    await shortenRetention(world)(await armed(world));
    expect(world.topics.alters.every(({ configs }) => Object.keys(configs).join() === 'retention.ms')).toBe(true);
    expect(world.topics.now('big')?.configs).toMatchObject({ 'cleanup.policy': 'delete', 'retention.bytes': '-1' });
  });

  it.each<[string, string, (world: ReliefWorld) => unknown]>([
    ['a pause', 'Paused', (world) => world.ledger.setPaused('*', { by: 'me', atMs: 0, reason: '' })],
    ['mode observe', 'ObserveOnly', (world) => (world.fleet.clusters[0]!.mode = 'observe')],
    ['the deadline', 'DeadlinePassed', (world) => world.clock.advance(48 * hourMs)],
  ])('shortens nothing after %s', async (_title, name, change) => {
    const world = reliefWorld();
    const input = await armed(world);
    await change(world);
    await expect(shortenRetention(world)(input)).rejects.toMatchObject({ name });
    expect(world.topics.alters).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['is compacted by now', { 'cleanup.policy': 'compact' }, 'compacted'],
    ['somebody else has changed', { 'retention.ms': '5' }, 'changed by somebody else'],
  ])('leaves a topic alone that %s', async (_title, configs, detail) => {
    const world = reliefWorld();
    const input = await armed(world);
    world.topics.set('big', { configs: { ...world.topics.now('big')?.configs, ...configs } });
    world.clock.advance(120_000);
    expect((await shortenRetention(world)(input)).leftAlone).toEqual(['big']);
    expect((await world.ledger.relief('op-1'))?.topics[0]).toMatchObject({ state: 'left-alone', detail });
  });
});

describe('record-relief', () => {
  it('calls once for what stays as it is, and again as a reminder', async () => {
    const world = await seen(reliefWorld());
    world.traffic = {};
    const end = async (operationId: string) => {
      const { decision, lease } = await planRelief(world)(aRelief(operationId));
      return recordRelief(world)({ ...aRelief(operationId), decision, lease });
    };
    expect(await end('op-1')).toMatchObject({ outcome: 'weights-unknown', failed: true });
    await end('op-2');
    expect(world.notify.messages).toHaveLength(1);
    expect(world.notify.messages[0]?.text).toContain('kafka-log-dirs.sh');
    world.clock.advance(12 * hourMs);
    await end('op-3');
    expect(world.notify.messages).toHaveLength(2);
    expect(world.notify.messages[1]?.subject).toContain('Reminder');
  });

  it('a first run that could not tell is made up for', async () => {
    const world = await seen(reliefWorld());
    world.traffic = {};
    const { decision, lease } = await planRelief(world)(aRelief());
    world.notify.trouble.push(new AccessDenied('sns:Publish'));
    await expect(recordRelief(world)({ ...aRelief(), decision, lease })).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await recordRelief(world)({ ...aRelief(), decision, lease });
    expect(world.notify.messages).toHaveLength(1);
    await recordRelief(world)({ ...aRelief(), decision, lease });
    expect(world.notify.messages).toHaveLength(1);
  });

  it('a relief that was armed by a run whose answer was lost is ended: nothing was shortened', async () => {
    const world = reliefWorld();
    const { decision, lease } = await armed(world);
    world.schedule.cancelTrouble.push(new AccessDenied('scheduler:DeleteSchedule'));
    const failure = { Error: 'States.Timeout' };
    expect(await recordRelief(world)({ ...aRelief(), decision, lease, failure, armed: false })).toMatchObject({
      outcome: 'deadline-passed',
    });
    expect((await world.ledger.clusterState('payments')).relief).toBeUndefined();
    expect((await world.ledger.relief('op-1'))?.topics[0]).toMatchObject({ state: 'left-alone' });
  });

  it('an unknown error is no reason to give up a relief that may be in force', async () => {
    const world = reliefWorld();
    const { decision, lease } = await armed(world);
    const failure = { Error: 'Novel', Cause: '{"errorMessage":"something new"}' };
    const { outcome, message } = await recordRelief(world)({ ...aRelief(), decision, lease, failure, armed: true });
    expect(outcome).toBe('shortened-partly');
    expect(message).toContain('Novel: something new');
    expect((await world.ledger.clusterState('payments')).relief?.reliefId).toBe('op-1');
  });
});

describe('restore-retention', () => {
  it('the first look proves nothing, the second does', async () => {
    const world = reliefWorld();
    await shortenRetention(world)(await armed(world));
    world.workflows.statuses.set(arnOf('op-1'), 'ABORTED');
    // Seconds after the shortening MSK still shows the former value.
    expect((await world.topics.describe('', 'big'))?.configs['retention.ms']).toBe(days7);
    await restoreRetention(world)({ ...aRestore(), confirm: false });
    expect((await world.ledger.relief('op-1'))?.topics[0]?.state).toBe('shortened');
    world.clock.advance(75_000);
    const confirm = () => restoreRetention(world)({ ...aRestore(), confirm: true });
    await expect(confirm()).rejects.toMatchObject({ name: 'RestoreOwed' });
    expect(world.topics.retention('big')).toBe(days7);
    world.clock.advance(75_000);
    expect((await confirm()).owed).toEqual([]);
    expect((await world.ledger.relief('op-1'))?.topics[0]?.state).toBe('restored');
  });

  it('a topic that was never shortened is not touched', async () => {
    const world = reliefWorld();
    await armed(world);
    world.workflows.statuses.set(arnOf('op-1'), 'ABORTED');
    world.clock.advance(hourMs);
    await restoreRetention(world)({ ...aRestore(), confirm: false });
    await restoreRetention(world)({ ...aRestore(), confirm: true });
    expect((await world.ledger.relief('op-1'))?.topics.map(({ state }) => state)).toEqual(['restored', 'restored']);
    expect(world.topics.alters).toEqual([]);
  });

  it('keeps to its own cluster', async () => {
    const world = reliefWorld();
    await armed(world);
    const other = { ...aRestore(), cluster: 'orders', confirm: false };
    await expect(restoreRetention(world)(other)).rejects.toMatchObject({ name: 'UnknownRelief' });
  });
});

describe('when a relief is to be given back', () => {
  const relief = { reliefId: 'op-1', restoreAtMs: startMs };
  const minuteMs = 60_000;
  it.each([
    ['not without a relief', undefined, 0.1, false, startMs, undefined],
    ['at the deadline the schedule has the first word', relief, 0.9, true, startMs + 5 * minuteMs - 1, undefined],
    ['then the sweep, room or not', relief, 0.9, true, startMs + 5 * minuteMs, 'deadline'],
    ['earlier once there is room', relief, 0.59, false, startMs - hourMs, 'room'],
    ['not at the target', relief, 0.6, false, startMs - hourMs, undefined],
    ['not while growth is barred', relief, 0.1, true, startMs - hourMs, undefined],
    ['not where the fill is unknown', relief, undefined, false, startMs - hourMs, undefined],
  ])('%s', (_title, open, usedFraction, growthBarred, nowMs, due) => {
    expect(restoreDue({ relief: open, usedFraction, usedFractionTarget: 0.6, growthBarred, nowMs })).toBe(due);
  });
});

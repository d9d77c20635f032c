/** What single steps promise beyond their workflow (growth.test.ts). */
import { describe, expect, it } from '@jest/globals';
import { apply } from '../../functions/storage/apply.step.ts';
import { awaitUsable } from '../../functions/storage/await-usable.step.ts';
import { decide } from '../../functions/storage/decide.step.ts';
import { growFilesystem } from '../../functions/storage/grow-filesystem.step.ts';
import { inspect } from '../../functions/storage/inspect.step.ts';
import { bytesPerGib, dayMs, hourMs } from '../../functions/storage/limits.ts';
import { observe } from '../../functions/storage/observe.step.ts';
import { record } from '../../functions/storage/record.step.ts';
import { rememberInspection } from '../../functions/storage/remember-inspection.step.ts';
import { verify } from '../../functions/storage/verify.step.ts';
import { wakeWaiting } from '../../functions/storage/wake-waiting.step.ts';
import { noRelief } from '../support/storage-facts.ts';
import {
  anEbsVolume,
  anMskOperation,
  anOperation,
  executionArn,
  grown,
  instanceId,
  minuteMs,
  mskWorld,
  storageWorld,
  type StorageWorld,
  volumeId,
} from '../support/storage-world.ts';

async function inspectedWorld(cluster: Parameters<typeof storageWorld>[0] = {}): Promise<StorageWorld> {
  const world = storageWorld(cluster);
  await world.inspect();
  return world;
}
const operation = anOperation();
const ebsEvent = { source: 'aws.ec2', resources: [`arn:aws:ec2:eu-central-1::volume/${volumeId}`], detail: {} };

async function planned(world: StorageWorld) {
  const { lease, facts } = await observe(world)(operation);
  const { plan } = await decide(world)({ ...operation, facts });
  return { ...operation, lease, plan };
}

describe('observe', () => {
  it('run twice has the same lease', async () => {
    const world = await inspectedWorld();
    const first = await observe(world)(operation);
    expect((await observe(world)(operation)).lease).toEqual(first.lease);
  });

  it('gives the lease back when no live broker has the volume', async () => {
    const world = await inspectedWorld();
    world.ebs.instances.length = 0;
    await expect(observe(world)(operation)).rejects.toMatchObject({ name: 'VolumeNotFound' });
    expect(await world.ledger.readLease(`volume/${volumeId}`)).toBeUndefined();
  });

  it('remembers a modification that somebody else made, once', async () => {
    const world = await inspectedWorld();
    world.ebs.begin(volumeId, 120);
    await observe(world)(operation);
    await observe(world)(operation);
    expect(await world.ledger.journal(`volume/${volumeId}`, 0)).toMatchObject([{ foreign: true }]);
  });

  it.each([20, 128])('fits a state’s payload for a broker with %d volumes of a full day’s readings', async (count) => {
    const world = await inspectedWorld();
    const tags = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`terraform-${at}`, 'x'.repeat(250)]));
    for (let at = 2; at <= count; at++) {
      const id = `vol-${String(at).padStart(17, '0')}`;
      world.ebs.all.push(anEbsVolume({ volumeId: id, tags }));
      await world.ledger.seeVolume({
        cluster: 'orders',
        volumeId: id,
        instanceId,
        sizeGib: 100,
        ownerTags: tags,
        nowMs: world.clock.nowMs(),
      });
      await world.ledger.saveInspection('orders', id, {
        atMs: world.clock.nowMs(),
        instanceId,
        supported: true,
        layout: 'plain',
        mountPoint: `/data${at}`,
        deviceBytes: 100 * bytesPerGib,
        filesystemBytes: 100 * bytesPerGib,
      });
    }
    const observed = await observe(world)(operation);
    expect(observed.facts.volumes).toHaveLength(count);
    // The next state's payload carries it once, with little else.
    expect(Buffer.byteLength(JSON.stringify(observed))).toBeLessThan(240_000);
    expect(await decide(world)({ ...operation, facts: observed.facts })).toMatchObject({ next: 'grow' });
  });
});

describe('decide', () => {
  it('decides the broker’s other volumes along, from the one observation', async () => {
    const world = await inspectedWorld();
    world.ebs.all.push(anEbsVolume({ volumeId: 'vol-2' }));
    const { facts } = await observe(world)(operation);
    await decide(world)({ ...operation, facts });
    const { decision } = (await world.ledger.operation('op-1')) ?? {};
    expect(decision).toMatchObject({ action: 'grow', siblings: [{ volumeId: 'vol-2', action: 'inspect' }] });
  });

  it('does not take an approval of another size for this plan', async () => {
    const world = await inspectedWorld({ policy: { approvalAboveUsdPerMonth: 0 } });
    const { facts } = await observe(world)(operation);
    const approved = { fromGib: 90, targetGib: 500 };
    expect(await decide(world)({ ...operation, facts, approved })).toMatchObject({ next: 'ask' });
  });

  it('is a defect without the volume, and a refusal for a cluster that was taken out', async () => {
    const world = await inspectedWorld();
    const { facts } = await observe(world)(operation);
    await expect(decide(world)({ ...operation, facts: { ...facts, volumes: [] } })).rejects.toMatchObject({
      name: 'InputInvalid',
    });
    await expect(decide(world)({ ...operation, cluster: 'gone', facts })).rejects.toMatchObject({
      name: 'UnknownCluster',
    });
  });
});

describe('apply', () => {
  it.each<[string, (world: StorageWorld) => unknown, string]>([
    ['a size that is another by now', (world) => (world.ebs.all[0]!.sizeGib = 110), 'WorldChanged'],
    ['a volume that is gone', (world) => (world.ebs.all.length = 0), 'WorldChanged'],
    [
      'a modification of somebody else',
      (world) => {
        world.ebs.begin(volumeId, 120);
        world.ebs.all[0]!.sizeGib = 100;
      },
      'ModificationInProgress',
    ],
    ['a pause', (world) => world.ledger.setPaused('orders', { by: 'me', atMs: 0, reason: '' }), 'Paused'],
    ['a pause of the fleet', (world) => world.ledger.setPaused('*', { by: 'me', atMs: 0, reason: '' }), 'Paused'],
    ['mode observe', (world) => (world.fleet.clusters[0]!.mode = 'observe'), 'ObserveOnly'],
    [
      'a cap that is used up by now',
      (world) => (world.fleet.clusters[0]!.policy.growthGibPerDayMax = 10),
      'WorldChanged',
    ],
  ])('re-reads the world and changes nothing for %s', async (_title, change, name) => {
    const world = await inspectedWorld();
    const input = await planned(world);
    await change(world);
    await expect(apply(world)(input)).rejects.toMatchObject({ name });
    expect(world.ebs.calls).toBe(0);
    expect((await world.ledger.journal(`volume/${volumeId}`, 0)).filter(({ foreign }) => foreign !== true)).toEqual([]);
  });

  it('refuses when its lease was taken over', async () => {
    const world = await inspectedWorld();
    const input = await planned(world);
    const over = await world.ledger.readLease(`volume/${volumeId}`);
    await world.ledger.takeLease({
      name: `volume/${volumeId}`,
      operationId: 'op-2',
      executionArn: executionArn('op-2'),
      nowMs: 0,
      over: over!,
    });
    await expect(apply(world)(input)).rejects.toMatchObject({ name: 'LeaseLost' });
    expect(world.ebs.calls).toBe(0);
  });

  it('two growths that fit alone but not together: one is refused', async () => {
    const world = await inspectedWorld({ policy: { growthGibPerDayMax: 50 } });
    const input = await planned(world);
    world.table.beforeNextWrite(async () => {
      const state = await world.ledger.clusterState('orders');
      const other = { name: 'volume/vol-2', operationId: 'op-2', executionArn: executionArn('op-2') };
      const taken = await world.ledger.takeLease({ ...other, nowMs: 0 });
      if (!taken.taken) throw new Error('held');
      await world.ledger.reserveIntent({
        intent: {
          intentId: 'op-2/ec2:ModifyVolume',
          operationId: 'op-2',
          cluster: 'orders',
          subject: 'volume/vol-2',
          action: 'ec2:ModifyVolume',
          request: {},
          atMs: world.clock.nowMs(),
        },
        lease: taken.lease,
        clusterVersion: state.version,
        reservation: { volumeId: 'vol-2', operationId: 'op-2', fromGib: 100, toGib: 140, usdPerMonth: 3 },
        day: '2026-11-21',
      });
    });
    await expect(apply(world)(input)).rejects.toMatchObject({ name: 'WorldChanged' });
    expect(world.ebs.calls).toBe(0);
    expect((await world.ledger.clusterState('orders')).dayGrownGib).toBe(40);
  });

  it('gives back what it reserved when, after a lost answer, it may not act any more', async () => {
    const world = await inspectedWorld();
    world.ebs.trouble.push('lost-before');
    const input = await planned(world);
    await expect(apply(world)(input)).rejects.toMatchObject({ name: 'AnswerLost' });
    await world.ledger.setPaused('orders', { by: 'me', atMs: 0, reason: '' });
    world.clock.advance(minuteMs);
    await expect(apply(world)(input)).rejects.toMatchObject({ name: 'Paused' });
    expect(await world.ledger.clusterState('orders')).toMatchObject({ reservations: {}, dayGrownGib: 0 });
    await expect(apply(world)(input)).rejects.toMatchObject({ name: 'AlreadySettled' });
    expect(world.ebs.calls).toBe(1);
  });

  it('counts a growth on the day on which it was checked', async () => {
    const world = await inspectedWorld();
    world.clock.advance(12 * hourMs - 1);
    await world.inspect();
    await apply(world)(await planned(world));
    expect(await world.ledger.clusterState('orders')).toMatchObject({ day: '2026-11-21', dayGrownGib: 34 });
  });
});

describe('apply of an MSK growth', () => {
  it('that was accepted and is not listed yet is waited for: without its name nobody can follow it', async () => {
    const world = mskWorld();
    const mskOperation = anMskOperation();
    const { lease, facts } = await observe(world)(mskOperation);
    const { plan } = await decide(world)({ ...mskOperation, facts });
    const input = { ...mskOperation, lease, plan };
    const applied = await apply(world)(input);
    expect(applied).toEqual({
      targetGib: 134,
      startedAtMs: world.clock.nowMs(),
      reference: world.msk.history[0]?.operationArn,
    });
    const shown = { list: world.msk.storageOperations.bind(world.msk), one: world.msk.operation.bind(world.msk) };
    world.msk.storageOperations = () => Promise.resolve([]);
    world.msk.operation = () => Promise.resolve(undefined);
    await expect(apply(world)(input)).rejects.toMatchObject({ name: 'AnswerLost', faultClass: 'transient' });
    Object.assign(world.msk, { storageOperations: shown.list, operation: shown.one });
    expect(await apply(world)(input)).toEqual(applied);
    expect(world.msk.calls).toBe(1);
  });
});

describe('waiting and waking', () => {
  const wait = { ...operation, taskToken: 'token-1', targetGib: 150 };

  it('an event before the token is not missed: the step looks for itself', async () => {
    const world = await inspectedWorld();
    world.ebs.begin(volumeId, 150);
    world.clock.advance(minuteMs);
    expect(await wakeWaiting(world)(ebsEvent)).toEqual({ woken: [] });
    expect(await awaitUsable(world)(wait)).toEqual({ waiting: 'answered' });
  });

  it('an event wakes who waits; a second one wakes nobody', async () => {
    const world = await inspectedWorld();
    world.ebs.begin(volumeId, 150);
    expect(await awaitUsable(world)(wait)).toEqual({ waiting: 'parked' });
    expect(await wakeWaiting(world)(ebsEvent)).toEqual({ woken: [] });
    world.clock.advance(minuteMs);
    expect(await wakeWaiting(world)(ebsEvent)).toEqual({ woken: [`volume/${volumeId}/usable`] });
    expect(await wakeWaiting(world)(ebsEvent)).toEqual({ woken: [] });
    expect(world.workflows.answers.get('token-1')).toMatchObject({ output: { sizeGib: 150 } });
  });

  it('a token that is closed already is no failure', async () => {
    const world = await inspectedWorld();
    world.ebs.begin(volumeId, 150);
    await awaitUsable(world)(wait);
    world.workflows.closed.add('token-1');
    world.clock.advance(minuteMs);
    expect(await wakeWaiting(world)(ebsEvent)).toMatchObject({ woken: [expect.any(String)] });
  });

  it('does nothing for volumes and commands that are not ours', async () => {
    const world = await inspectedWorld();
    const foreign = [
      { source: 'aws.ec2', resources: ['arn:aws:ec2:::volume/vol-9', 'arn:aws:ec2:::snapshot/snap-1'], detail: {} },
      { source: 'aws.ssm', detail: { 'command-id': 'c-9' } },
      { source: 'aws.ssm', detail: {} },
    ];
    for (const event of foreign) expect(await wakeWaiting(world)(event)).toEqual({ woken: [] });
  });
});

async function growingInput(world: StorageWorld) {
  const { lease } = await observe(world)(operation);
  return { ...operation, lease, targetGib: 100, instanceId, taskToken: 'token-1' };
}
const grow = (world: StorageWorld) => growFilesystem({ ...world, document: 'grow' });

describe('grow-filesystem', () => {
  it('run twice while the command runs sends no second one', async () => {
    const world = await inspectedWorld();
    world.ssm.run = () => ({ status: 'running' });
    const given = await growingInput(world);
    await grow(world)(given);
    expect(await grow(world)({ ...given, taskToken: 'token-2' })).toEqual({
      commandId: 'command-1',
      waiting: 'parked',
    });
    world.ssm.end('command-1', { stdout: JSON.stringify(grown(100)) });
    const event = { source: 'aws.ssm', detail: { 'command-id': 'command-1' } };
    expect(await wakeWaiting(world)(event)).toEqual({ woken: ['command/command-1'] });
    expect([...world.workflows.answers.keys()]).toEqual(['token-2']);
    expect(world.ssm.sent).toHaveLength(1);
  });

  it.each(['failed', 'timed-out', 'undeliverable', 'cancelled'] as const)(
    'sends another one after a command that is %s',
    async (status) => {
      const world = await inspectedWorld();
      world.ssm.run = () => ({ status });
      const given = await growingInput(world);
      await grow(world)(given);
      await grow(world)(given);
      expect(world.ssm.sent).toHaveLength(2);
    },
  );

  it('changes nothing on a host that the volume has left', async () => {
    const world = await inspectedWorld();
    const given = await growingInput(world);
    world.ebs.all[0]!.attachments = [];
    await expect(grow(world)(given)).rejects.toMatchObject({ name: 'WorldChanged' });
    expect(world.ssm.sent).toEqual([]);
  });
});

const check = async (change: { answer?: object; stdout?: string }) => {
  const world = await inspectedWorld();
  await observe(world)(operation);
  world.ssm.end('c-1', { stdout: change.stdout ?? JSON.stringify(change.answer ?? grown(150)) });
  return verify(world)({ ...operation, targetGib: 150, instanceId, commandId: 'c-1' });
};

const provenTo = (gib: number) => ({
  sizeGib: 150,
  evidence: { filesystemBytes: gib * bytesPerGib },
  announcement: { toGib: 150, filesystemBytes: gib * bytesPerGib },
});

describe('verify', () => {
  it('believes the host’s file system, and remembers it', async () => {
    expect(await check({})).toMatchObject(provenTo(150));
    expect(await check({ answer: { ...grown(143), deviceBytes: 150 * bytesPerGib } })).toMatchObject(provenTo(143));
  });

  it.each([
    ['a file system that stayed small', { answer: { ...grown(142), deviceBytes: 150 * bytesPerGib } }],
    ['a device that has not the size', { answer: { ...grown(150), deviceBytes: 150 * bytesPerGib - 1 } }],
    ['a report about another volume', { answer: { ...grown(150), volumeId: 'vol-2' } }],
    ['a report that can’t be read', { stdout: '{"version":1,"script":"grow-fi' }],
    ['no report', { stdout: '' }],
  ])('takes %s for no growth', async (_title, change) => {
    await expect(check(change)).rejects.toMatchObject({ name: 'FilesystemNotGrown' });
  });
});

describe('inspect and remember-inspection', () => {
  it('asks the host for its attached volumes, and keeps what it saw with its time', async () => {
    const world = storageWorld();
    const input = { operationId: 'op-1', cluster: 'orders', instanceId, taskToken: 'token-1' };
    const { commandId } = await inspect({ ...world, document: 'look' })(input);
    expect(world.ssm.sent).toMatchObject([{ documentName: 'look', parameters: { VolumeIds: [volumeId] } }]);
    expect(world.workflows.answers.get('token-1')).toEqual({ output: { commandId } });
    expect(await rememberInspection(world)({ cluster: 'orders', instanceId, commandId })).toEqual({
      inspected: [volumeId],
    });
    expect(await world.ledger.volume('orders', volumeId)).toMatchObject({
      firstSeenGib: 100,
      inspection: { atMs: world.clock.nowMs(), mountPoint: '/data1', supported: true },
    });
  });

  it('refuses a report that can’t be read, and ignores volumes that are gone', async () => {
    const world = storageWorld();
    world.ssm.end('c-1', { stdout: 'cut' });
    const input = { cluster: 'orders', instanceId, commandId: 'c-1' };
    await expect(rememberInspection(world)(input)).rejects.toMatchObject({ name: 'InspectionFailed' });
    world.ssm.end('c-1', { stdout: JSON.stringify({ version: 1, script: 'inspect-volume', volumes: [] }) });
    // No volume of the host is known to serve the fleet's mount point: it may be an instance store.
    await expect(rememberInspection(world)(input)).rejects.toMatchObject({ name: 'MountPointUnserved' });
    expect(await world.ledger.volume('orders', volumeId)).toBeUndefined();
  });
});

describe('record', () => {
  it('without a lease touches nothing of the volume', async () => {
    const world = await inspectedWorld();
    const input = await planned(world);
    await apply(world)(input);
    const failure = { Error: 'AlreadyRunning', Cause: '' };
    await world.ledger.openOperation({
      ...anOperation('op-2'),
      workflow: 'storage-scaling',
      startedAtMs: world.clock.nowMs(),
      status: 'running',
      timeline: [],
    });
    await record(world)({ ...anOperation('op-2'), lease: null, failure });
    expect(Object.keys((await world.ledger.clusterState('orders')).reservations)).toEqual([volumeId]);
    expect(await world.ledger.readLease(`volume/${volumeId}`)).toMatchObject({ operationId: 'op-1' });
    expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'running' });
    expect(await world.ledger.operation('op-2')).toMatchObject({ status: 'deferred', outcome: 'already-running' });
  });

  it('run twice writes and tells once', async () => {
    const world = await inspectedWorld();
    const { lease } = await observe(world)(operation);
    const input = { ...operation, lease, failure: { Error: 'VolumeQuotaExceeded', Cause: 'full' } };
    expect(await record(world)(input)).toEqual(await record(world)(input));
    expect(world.notify.messages).toHaveLength(1);
    const pause = { atMs: world.clock.nowMs() + 6 * hourMs, reason: 'volume-quota' };
    expect(await world.ledger.volume('orders', volumeId)).toMatchObject({ notBefore: pause });
  });

  it('tells of a volume that was never seen, too', async () => {
    const world = storageWorld();
    world.ebs.instances.length = 0;
    await observe(world)(operation).catch(() => undefined);
    const input = { ...operation, failure: { Error: 'VolumeNotFound', Cause: '' } };
    await record(world)(input);
    await record(world)(input);
    expect(world.notify.messages).toHaveLength(1);
  });

  it('is older than a day when the escalation is looked at: a reminder', async () => {
    const world = await inspectedWorld();
    const { lease } = await observe(world)(operation);
    const input = { ...operation, lease, failure: { Error: 'AccessDenied', Cause: '' } };
    await record(world)(input);
    world.clock.advance(dayMs);
    await record(world)(input);
    expect(world.notify.messages.map(({ subject }) => subject)).toEqual([
      'orders: volume/vol-1 access-denied',
      'Reminder: orders: volume/vol-1 access-denied',
    ]);
  });

  it('a shorter pause does not take a person’s no away; their own new request does', async () => {
    const world = await inspectedWorld();
    const { lease } = await observe(world)(operation);
    const no = { atMs: world.clock.nowMs() + 12 * hourMs, reason: 'approval-rejected' };
    await world.ledger.setNotBefore('orders', volumeId, no);
    const failure = { Error: 'AccessDenied', Cause: '' };
    await record(world)({ ...operation, lease, failure });
    expect(await world.ledger.volume('orders', volumeId)).toMatchObject({ notBefore: no });

    await record(world)({ ...anOperation('op-1', { action: 'grow' }), lease, failure });
    expect(await world.ledger.volume('orders', volumeId)).toMatchObject({
      notBefore: { atMs: world.clock.nowMs() + hourMs, reason: 'access-denied' },
    });
  });

  it('a longer pause replaces a shorter one', async () => {
    const world = await inspectedWorld();
    const { lease } = await observe(world)(operation);
    await world.ledger.setNotBefore('orders', volumeId, { atMs: world.clock.nowMs() + 1, reason: 'x' });
    await record(world)({ ...operation, lease, failure: { Error: 'AccessDenied', Cause: '' } });
    expect(await world.ledger.volume('orders', volumeId)).toMatchObject({ notBefore: { reason: 'access-denied' } });
  });

  it('says what relief is to be started with, where it is enabled', async () => {
    const retentionRelief = { ...noRelief, enabled: true };
    const decision = {
      action: 'escalate',
      reason: 'at-size-limit',
      evidence: { sizeGib: 100, usedFraction: 0.95, emergency: true },
    };
    const of = async (cluster: Parameters<typeof storageWorld>[0]) => {
      const world = await inspectedWorld(cluster);
      const { lease } = await observe(world)(operation);
      return record(world)({ ...operation, lease, decision });
    };
    expect(await of({ retentionRelief })).toMatchObject({
      failed: true,
      relief: { outcome: 'at-size-limit', volumeId },
    });
    expect(await of({})).not.toHaveProperty('relief');
  });
});

/** The workflow with its real steps: what becomes of a growth when something goes wrong on its way. */
import { describe, expect, it } from '@jest/globals';
import { answerApproval } from '../../functions/control/answer-approval.step.ts';
import { setPause } from '../../functions/control/set-pause.step.ts';
import {
  HostUnreachable,
  ModificationInProgress,
  Throttled,
  UnknownAwsError,
  VolumeModificationLimit,
  VolumeQuotaExceeded,
} from '../../functions/gateways/faults.ts';
import { apply } from '../../functions/storage/apply.step.ts';
import { decide } from '../../functions/storage/decide.step.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import { observe } from '../../functions/storage/observe.step.ts';
import { runStorageScaling } from '../support/storage-workflow.ts';
import {
  anOperation,
  executionArn,
  minuteMs,
  storageWorld,
  type StorageWorld,
  volumeId,
} from '../support/storage-world.ts';
import { sweepOnce } from '../support/sweep.ts';

async function inspectedWorld(cluster: Parameters<typeof storageWorld>[0] = {}): Promise<StorageWorld> {
  const world = storageWorld(cluster);
  await world.inspect();
  return world;
}

const throwing = (name: string): never => {
  throw Object.assign(new Error(name), { name });
};
const journalOf = (world: StorageWorld) => world.ledger.journal(`volume/${volumeId}`, 0);
const recordOf = (world: StorageWorld) => world.ledger.volume('orders', volumeId);
const nothingHeld = async (world: StorageWorld): Promise<void> => {
  expect(await world.ledger.readLease(`volume/${volumeId}`)).toBeUndefined();
  expect((await world.ledger.clusterState('orders')).reservations).toEqual({});
};
const kinds = (world: StorageWorld): string[] => world.notify.messages.map(({ attributes }) => String(attributes.kind));

describe('a clean growth', () => {
  it('grows, proves it on the host and announces it, in at most 14 states', async () => {
    const world = await inspectedWorld();
    const ran = await runStorageScaling(world);
    expect(ran).toMatchObject({ status: 'SUCCEEDED', output: { status: 'succeeded', outcome: 'grown' } });
    expect(ran.names.length).toBeLessThanOrEqual(14);
    expect(world.ebs.calls).toBe(1);
    expect(ran.announced).toMatchObject([
      { Entries: [{ Detail: { fromGib: 100, toGib: 134, ownerTags: { owner: 'streaming' } } }] },
    ]);
    expect(world.notify.messages).toEqual([]);
    expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'succeeded', outcome: 'grown' });
    await nothingHeld(world);
  });

  it('reads the world by itself when every event is lost', async () => {
    const world = await inspectedWorld();
    expect(await runStorageScaling(world, { silent: true, heartbeatMinutes: 5 })).toMatchObject({
      output: { outcome: 'grown' },
    });
  });

  it.each(['Observe', 'Decide', 'Apply', 'AwaitUsable', 'GrowFilesystem', 'Verify', 'AwaitCompleted', 'Record'])(
    'comes to the same end when the answer of %s is lost and it runs twice',
    async (lost) => {
      const world = await inspectedWorld();
      const ran = await runStorageScaling(world, {
        after: (state, attempt) => (state === lost && attempt === 0 ? throwing('Sandbox.Timedout') : undefined),
      });
      expect(ran).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'grown' } });
      expect(world.ebs.history).toHaveLength(1);
      expect((await journalOf(world)).filter(({ action }) => action === 'ec2:ModifyVolume')).toMatchObject([
        { status: 'accepted' },
      ]);
      await nothingHeld(world);
    },
  );

  it.each(['Observe', 'Decide', 'Apply', 'Verify', 'Record'])(
    'is tried again when the ledger is contended in %s',
    async (lost) => {
      const world = await inspectedWorld();
      const ran = await runStorageScaling(world, {
        before: (state, attempt) => (state === lost && attempt === 0 ? throwing('LedgerContended') : undefined),
      });
      expect(ran).toMatchObject({ output: { outcome: 'grown' } });
    },
  );
});

describe('ModifyVolume', () => {
  it('a lost answer never becomes a second modification', async () => {
    const world = await inspectedWorld();
    world.ebs.trouble.push('lost');
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.ebs.calls).toBe(1);
    expect(world.ebs.history).toHaveLength(1);
  });

  it('a call that never arrived is made again under the same intent', async () => {
    const world = await inspectedWorld();
    world.ebs.trouble.push('lost-before');
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.ebs.calls).toBe(2);
    expect(await journalOf(world)).toMatchObject([{ status: 'accepted' }, { action: 'ssm:SendCommand' }]);
  });

  it('a ledger that can’t be written right after the call makes no refusal of an accepted modification', async () => {
    const world = await inspectedWorld();
    const modify = world.ebs.modify.bind(world.ebs);
    world.ebs.modify = async (request) => {
      const answer = await modify(request);
      world.table.refuse(1, { name: 'TransactionConflictException', httpStatusCode: 400 });
      return answer;
    };
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.ebs.calls).toBe(1);
    expect((await journalOf(world))[0]).toMatchObject({ status: 'accepted' });
  });

  it.each([
    ['its rate', new VolumeModificationLimit('wait', {}), 'deferred', 'modification-limit'],
    ['one in progress', new ModificationInProgress('optimizing'), 'deferred', 'modification-in-progress'],
    ['the quota', new VolumeQuotaExceeded('50 TiB'), 'escalated', 'volume-quota'],
  ])(
    'gives the reservation and the day’s sums back when EC2 refuses for %s',
    async (_title, error, status, outcome) => {
      const world = await inspectedWorld();
      world.ebs.trouble.push(error);
      const ran = await runStorageScaling(world);
      expect(await world.ledger.operation('op-1')).toMatchObject({ status, outcome });
      expect(ran.status).toBe(status === 'escalated' ? 'FAILED' : 'SUCCEEDED');
      expect(await world.ledger.clusterState('orders')).toMatchObject({
        reservations: {},
        dayGrownGib: 0,
        dayUsdPerMonth: 0,
      });
      expect((await journalOf(world))[0]).toMatchObject({ status: 'refused' });
      await nothingHeld(world);
    },
  );

  it('waits until the time that EC2 names', async () => {
    const world = await inspectedWorld();
    const retryAtMs = world.clock.nowMs() + 7 * hourMs;
    world.ebs.trouble.push(new VolumeModificationLimit('wait', { retryAtMs }));
    await runStorageScaling(world);
    expect(await recordOf(world)).toMatchObject({ notBefore: { atMs: retryAtMs, reason: 'modification-limit' } });
  });

  it('leaves no intent as merely intended when it stays throttled, and the next operation settles it', async () => {
    const world = await inspectedWorld();
    world.ebs.trouble.push(...Array.from({ length: 6 }, () => new Throttled('slow down')));
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'throttled' } });
    expect((await journalOf(world))[0]).toMatchObject({ status: 'unknown' });
    expect(await runStorageScaling(world, { operationId: 'op-2' })).toMatchObject({ output: { outcome: 'grown' } });
    expect((await journalOf(world)).filter(({ action }) => action === 'ec2:ModifyVolume')).toMatchObject([
      { status: 'not-done' },
      { status: 'accepted' },
    ]);
    expect(await world.ledger.clusterState('orders')).toMatchObject({ dayGrownGib: 34 });
  });

  it('calls a developer for an error that nobody knows, and does not try again by itself', async () => {
    const world = await inspectedWorld();
    world.ebs.trouble.push(new UnknownAwsError('Novel'));
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'error-UnknownAwsError' });
    expect(world.ebs.calls).toBe(1);
    expect((await journalOf(world))[0]).toMatchObject({ status: 'unknown' });
  });
});

describe('an execution that is stopped half-way', () => {
  it.each([['lost', 1] as const, ['answered', 1] as const, ['lost-before', 2] as const])(
    'is taken over after its modification was %s: one effect, a truthful record',
    async (how, calls) => {
      const world = await inspectedWorld();
      if (how !== 'answered') world.ebs.trouble.push(how);
      const operation = anOperation('op-1');
      const { facts, lease } = await observe(world)(operation);
      const { plan } = await decide(world)({ ...operation, facts });
      await apply(world)({ ...operation, lease, plan }).catch(() => undefined);
      world.workflows.statuses.set(executionArn('op-1'), 'ABORTED');
      world.clock.advance(minuteMs);

      expect(await runStorageScaling(world, { operationId: 'op-2' })).toMatchObject({ status: 'SUCCEEDED' });
      expect(world.ebs.calls).toBe(calls);
      expect(world.ebs.history).toHaveLength(1);
      expect(world.filesystemGib).toBe(134);
      expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'failed', outcome: 'interrupted' });
      expect(await world.ledger.clusterState('orders')).toMatchObject({ reservations: {}, dayGrownGib: 34 });
    },
  );

  it('is not decided about before it is known what its last call did', async () => {
    const world = await inspectedWorld();
    world.ebs.trouble.push('lost-before');
    const operation = anOperation('op-1');
    const { facts, lease } = await observe(world)(operation);
    const { plan } = await decide(world)({ ...operation, facts });
    await apply(world)({ ...operation, lease, plan }).catch(() => undefined);
    world.workflows.statuses.set(executionArn('op-1'), 'ABORTED');

    world.clock.advance(minuteMs - 1);
    await expect(observe(world)(anOperation('op-2'))).rejects.toMatchObject({ name: 'AnswerLost' });
    world.clock.advance(1);
    expect((await observe(world)(anOperation('op-2'))).facts.state).toMatchObject({ reservations: {}, dayGrownGib: 0 });
  });
});

describe('pausing', () => {
  it('between Apply and GrowFilesystem changes nothing more; after resuming the sweep finishes it', async () => {
    const world = await inspectedWorld();
    const pause = (on: boolean) => setPause(world)({ cluster: 'orders', pause: on, by: 'me' });
    const ran = await runStorageScaling(world, {
      before: (state) => (state === 'GrowFilesystem' ? pause(true) : undefined),
    });
    expect(ran).toMatchObject({ output: { status: 'deferred', outcome: 'paused' } });
    expect(world.ssm.sent).toEqual([]);
    await nothingHeld(world);

    world.usedFraction = () => 0.5;
    expect(await sweepOnce(world, 'a')).toEqual([]);
    await pause(false);
    expect(await sweepOnce(world, 'b')).toMatchObject([{ workflow: 'storage-scaling', subject: volumeId }]);
    expect(await runStorageScaling(world, { operationId: 'op-2' })).toMatchObject({
      output: { outcome: 'filesystem-grown' },
    });
    expect(world.ebs.calls).toBe(1);
    expect(world.filesystemGib).toBe(134);
  });
});

describe('the host', () => {
  it('is inspected first where no inspection is younger than a day', async () => {
    const world = storageWorld();
    const ran = await runStorageScaling(world);
    expect(ran).toMatchObject({ output: { outcome: 'grown' } });
    expect(ran.names.slice(0, 6)).toEqual([
      'Observe',
      'Decide',
      'ChooseAction',
      'Inspect',
      'RememberInspection',
      'Observe',
    ]);
  });

  it('that can’t be inspected is refused and escalated with the cause', async () => {
    const world = storageWorld();
    world.ssm.trouble.push(new HostUnreachable('the agent is down'));
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'inspection-impossible' });
    expect(world.notify.messages).toHaveLength(1);
    expect(world.notify.messages[0]?.text).toContain('the agent is down');
    expect(world.ebs.calls).toBe(0);
  });

  it('whose agent is down is tried again, then a person is called; the growth is finished later', async () => {
    const world = await inspectedWorld();
    world.ssm.trouble.push(...Array.from({ length: 4 }, () => new HostUnreachable('down')));
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'host-unreachable' });
    expect(kinds(world)).toEqual(['escalation']);
    await nothingHeld(world);
    world.clock.advance(hourMs);
    expect(await runStorageScaling(world, { operationId: 'op-2' })).toMatchObject({
      output: { outcome: 'filesystem-grown' },
    });
    expect(world.ebs.calls).toBe(1);
    expect((await recordOf(world))?.escalations).toEqual({});
  });

  it('whose report can’t be read runs the script again, not the same report', async () => {
    const world = await inspectedWorld();
    const run = world.ssm.run;
    world.ssm.run = (command) => (world.ssm.sent.length === 1 ? { stdout: 'cut' } : run(command));
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.ssm.sent).toHaveLength(2);
  });

  it('that shows no larger file system is no success', async () => {
    const world = await inspectedWorld();
    world.ssm.run = () => ({
      status: 'failed',
      stdout: JSON.stringify({ version: 1, script: 'grow-filesystem', error: 'not-grown', message: 'still small' }),
    });
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'filesystem-not-grown' });
    expect(world.notify.messages[0]?.text).toContain('grow-filesystem vol-1 --yes');
  });
});

describe('completion', () => {
  it('that is not seen within three days is told, but the growth stands', async () => {
    const world = await inspectedWorld();
    world.ebs.completedAfterMs = Number.POSITIVE_INFINITY;
    const ran = await runStorageScaling(world, { heartbeatMinutes: 3 });
    expect(ran).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'grown-completion-unseen' } });
    expect(kinds(world)).toEqual(['escalation']);
    await nothingHeld(world);
  });

  it('that can’t be read for a while does not make a failure of a proven growth', async () => {
    const world = await inspectedWorld();
    const ran = await runStorageScaling(world, {
      before: (state) => (state === 'AwaitCompleted' ? throwing('Throttled') : undefined),
    });
    expect(ran).toMatchObject({ output: { status: 'succeeded', outcome: 'grown-completion-unseen' } });
  });
});

const asked = async (world: StorageWorld) => {
  const approval = await world.ledger.approval('op-1');
  if (approval === undefined) throw new Error('nobody was asked');
  return approval;
};

const answerWith = async (world: StorageWorld, answer: 'approved' | 'rejected') =>
  answerApproval(world)({ operationId: 'op-1', planHash: (await asked(world)).planHash, answer, by: 'me' });

describe('an approval', () => {
  const dear = { policy: { approvalAboveUsdPerMonth: 0 } };

  it('that is given grows what was shown', async () => {
    const world = await inspectedWorld(dear);
    const ran = await runStorageScaling(world, {
      answer: (state) => (state === 'Approve' ? answerWith(world, 'approved') : Promise.resolve()),
    });
    expect(ran).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.ebs.history).toMatchObject([{ targetGib: (await asked(world)).plan.targetGib }]);
    expect(kinds(world)).toEqual(['approval']);
  });

  it('that is refused changes nothing and is not asked again for half a day', async () => {
    const world = await inspectedWorld(dear);
    const ran = await runStorageScaling(world, { answer: () => answerWith(world, 'rejected') });
    expect(ran).toMatchObject({ status: 'FAILED', error: 'approval-rejected' });
    expect(world.ebs.calls).toBe(0);
    expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'refused', outcome: 'approval-rejected' });
    expect((await runStorageScaling(world, { operationId: 'op-2' })).output).toMatchObject({ outcome: 'not-before' });
    // Nothing to do for a moment is no reason to ask again after it.
    world.usedFraction = () => 0.5;
    await runStorageScaling(world, { operationId: 'op-3' });
    expect(await recordOf(world)).toMatchObject({ notBefore: { reason: 'approval-rejected' } });
  });

  it('that nobody gives is reminded at half its time and escalates with the hours left', async () => {
    const world = await inspectedWorld(dear);
    // 1 % an hour: full in 20 h; the question stands for eight.
    const startMs = world.clock.nowMs();
    world.usedFraction = (atMs) => 0.8 + ((atMs - startMs) / hourMs) * 0.01;
    const ran = await runStorageScaling(world, { heartbeatMinutes: 4 * 60 });
    expect(ran).toMatchObject({ status: 'FAILED', error: 'approval-expired' });
    expect(kinds(world)).toEqual(['approval', 'approval-reminder', 'escalation']);
    const left = world.notify.messages.map(({ text }) => Number(/(?:Full in|full in) ([\d.]+) h/.exec(text)?.[1]));
    expect((left[0] ?? 0) - (left[1] ?? 0)).toBeCloseTo(4, 0);
    expect((left[0] ?? 0) - (left[2] ?? 0)).toBeCloseTo(8, 0);
  });

  it('given between two tokens is found by the reminder', async () => {
    const world = await inspectedWorld(dear);
    const ran = await runStorageScaling(world, {
      heartbeatMinutes: 4 * 60,
      before: (state) => (state === 'RemindApproval' ? answerWith(world, 'approved') : undefined),
    });
    expect(ran).toMatchObject({ output: { outcome: 'grown' } });
    expect(kinds(world)).toEqual(['approval']);
  });

  it('comes too late after it expired', async () => {
    const world = await inspectedWorld(dear);
    await runStorageScaling(world, { heartbeatMinutes: 4 * 60 });
    expect(await answerWith(world, 'approved')).toEqual({ answered: false, because: 'expired' });
    expect(world.ebs.calls).toBe(0);
  });

  it('is for the plan that was shown: another size is asked about anew', async () => {
    const world = await inspectedWorld(dear);
    let grownByHand = false;
    const hashes = new Set<string>();
    const ran = await runStorageScaling(world, {
      answer: async (state) => {
        if (state !== 'Approve') return;
        hashes.add((await asked(world)).planHash);
        if (!grownByHand) {
          grownByHand = true;
          world.ebs.begin(volumeId, 110);
          world.filesystemGib = 110;
          await world.inspect();
          world.clock.advance(2 * hourMs);
          await world.inspect();
        }
        await answerWith(world, 'approved');
      },
    });
    expect(ran).toMatchObject({ output: { outcome: 'grown' } });
    expect(hashes.size).toBe(2);
  });

  it('asks no longer than the disk lasts', async () => {
    const world = await inspectedWorld(dear);
    const startMs = world.clock.nowMs();
    world.usedFraction = (atMs) => Math.min(1, 0.9 + ((atMs - startMs) / hourMs) * 0.05);
    await runStorageScaling(world, { heartbeatMinutes: 5 });
    const { requestedAtMs, expiresAtMs } = await asked(world);
    expect(expiresAtMs - requestedAtMs).toBeLessThan(2.1 * hourMs);
  });
});

const holding = async (world: StorageWorld): Promise<void> => {
  await world.ledger.takeLease({
    name: `volume/${volumeId}`,
    operationId: 'op-0',
    executionArn: executionArn('op-0'),
    nowMs: world.clock.nowMs(),
  });
  await world.ledger.openOperation({
    ...anOperation('op-0'),
    workflow: 'storage-scaling',
    subject: `volume/${volumeId}`,
    startedAtMs: world.clock.nowMs(),
    status: 'running',
    timeline: [],
  });
};

describe('while another operation holds the volume', () => {
  it('an alarm’s operation ends at once and leaves the holder’s record and lease alone', async () => {
    const world = await inspectedWorld();
    await holding(world);
    expect(await runStorageScaling(world)).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'deferred', outcome: 'already-running' },
    });
    expect(await world.ledger.operation('op-0')).toMatchObject({ status: 'running' });
    expect(await world.ledger.readLease(`volume/${volumeId}`)).toMatchObject({ operationId: 'op-0' });
    expect(world.notify.messages).toEqual([]);
  });

  it('a person is called when the disk fills before EBS allows the next growth', async () => {
    const world = await inspectedWorld();
    await holding(world);
    world.ebs.all[0] = { ...world.ebs.all[0]!, sizeGib: 90 };
    world.ebs.completedAfterMs = 100 * hourMs;
    world.ebs.begin(volumeId, 100);
    world.clock.advance(2 * hourMs);
    const startMs = world.clock.nowMs();
    world.usedFraction = (atMs) => Math.min(1, 0.95 + ((atMs - startMs) / hourMs) * 0.05);
    await world.inspect();
    expect(await sweepOnce(world, 'a')).toMatchObject([{ workflow: 'storage-scaling' }]);
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'growth-barred' });
    expect(kinds(world)).toEqual(['escalation']);
    expect(await world.ledger.readLease(`volume/${volumeId}`)).toMatchObject({ operationId: 'op-0' });
    expect(await sweepOnce(world, 'b')).toEqual([]);
  });
});

describe('mode observe', () => {
  it('decides, records and tells once what it would do, and changes nothing', async () => {
    const world = await inspectedWorld({ mode: 'observe' });
    for (const operationId of ['op-1', 'op-2'])
      expect(await runStorageScaling(world, { operationId })).toMatchObject({ output: { outcome: 'observed' } });
    expect(kinds(world)).toEqual(['observed']);
    expect(world.ebs.calls).toBe(0);
    expect(world.ssm.sent).toEqual([]);
    expect(await world.ledger.operation('op-1')).toMatchObject({ decision: { action: 'grow', mode: 'observe' } });
  });
});

describe('calling a person', () => {
  const atMaximum = { policy: { sizeGibMax: 100 } };

  it('happens once for a reason, then as a reminder', async () => {
    const world = await inspectedWorld(atMaximum);
    const run = async (operationId: string, hours: number): Promise<void> => {
      world.clock.advance(hours * hourMs);
      await world.inspect();
      await runStorageScaling(world, { operationId });
    };
    await run('op-1', 0);
    await run('op-2', 11.9);
    expect(world.notify.messages).toHaveLength(1);
    await run('op-3', 0.1);
    expect(world.notify.messages.map(({ subject }) => subject.startsWith('Reminder'))).toEqual([false, true]);
  });

  it('again when it has become an emergency: an old call does not hide it', async () => {
    const world = await inspectedWorld(atMaximum);
    await runStorageScaling(world);
    world.usedFraction = () => 0.95;
    await runStorageScaling(world, { operationId: 'op-2' });
    await runStorageScaling(world, { operationId: 'op-3' });
    expect(kinds(world)).toEqual(['escalation', 'escalation']);
  });

  it('is not lost when the topic fails at first', async () => {
    const world = await inspectedWorld(atMaximum);
    world.notify.trouble.push(new Throttled('SNS'));
    await runStorageScaling(world);
    expect(kinds(world)).toEqual(['escalation']);
  });

  it('is over once the volume has grown', async () => {
    const world = await inspectedWorld(atMaximum);
    await runStorageScaling(world);
    expect(Object.keys((await recordOf(world))?.escalations ?? {})).toEqual(['at-size-limit']);
    Object.assign(world.fleet.clusters[0]!.policy, { sizeGibMax: 4096 });
    await runStorageScaling(world, { operationId: 'op-2' });
    expect((await recordOf(world))?.escalations).toEqual({});
  });
});

/** Both workflows from end to end, in the interpreter, with the real steps over a small MSK cluster. */
import { describe, expect, it } from '@jest/globals';
import { AccessDenied, ServiceUnavailable } from '../../functions/gateways/faults.ts';
import { hourMs } from '../../functions/relief/limits.ts';
import { aRelief, arnOf, aRestore, days7, reliefPolicy, reliefWorld, run, seen, startMs } from './relief-world.ts';

const shortenedOf = async (world: ReturnType<typeof reliefWorld>, id = 'op-1') =>
  (await world.ledger.relief(id))?.topics.map(({ name, state }) => `${name} ${state}`);

describe('retention relief', () => {
  it('shortens where the policy waives the question, in at most ten states', async () => {
    const world = reliefWorld();
    const done = await run(world, 'retention-relief', aRelief());
    expect(done.status).toBe('SUCCEEDED');
    expect(done.names).toEqual([
      'PlanRelief',
      'ChoosePlan',
      'ArmRelief',
      'ShortenRetention',
      'RecordRelief',
      'ChooseOutcome',
      'Done',
    ]);
    expect(Number(world.topics.retention('big'))).toBeLessThan(Number(days7));
    expect(Number(world.topics.retention('big'))).toBeGreaterThanOrEqual(24 * hourMs);
    expect(world.topics.retention('__consumer_offsets')).toBe(days7);
    expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'succeeded', workflow: 'retention-relief' });
    expect((await world.ledger.clusterState('payments')).relief?.reliefId).toBe('op-1');
    expect(await world.ledger.readLease('topics/payments')).toBeUndefined();
    expect(world.notify.messages).toHaveLength(1);
    expect(world.notify.messages[0]?.text).toContain('restore-retention payments --yes');
  });

  it('asks first, and plans again before it acts', async () => {
    const world = reliefWorld({ retentionRelief: { ...reliefPolicy, approval: 'ask' } });
    const done = await run(world, 'retention-relief', aRelief(), { answer: 'approved' });
    expect(done.status).toBe('SUCCEEDED');
    expect(done.names.length).toBeLessThanOrEqual(10);
    expect(done.names.filter((name) => name === 'PlanRelief')).toHaveLength(2);
    expect(world.topics.retention('big')).not.toBe(days7);
    expect(world.notify.messages[0]?.text).toContain('approve op-1 --yes');
  });

  it('shortens nothing after a no, and does not ask again soon', async () => {
    const world = reliefWorld({ retentionRelief: { ...reliefPolicy, approval: 'ask' } });
    const done = await run(world, 'retention-relief', aRelief(), { answer: 'rejected' });
    expect(done).toMatchObject({ status: 'FAILED', error: 'approval-rejected' });
    expect(world.topics.alters).toEqual([]);
    const messages = world.notify.messages.length;
    await run(world, 'retention-relief', aRelief('op-3'), { answer: 'approved' });
    expect((await world.ledger.operation('op-3'))?.outcome).toBe('asked-recently');
    expect(world.notify.messages).toHaveLength(messages);
    // An operator may, and so may anybody half a day later.
    await run(world, 'retention-relief', aRelief('op-4', { trigger: { type: 'operator' } }), { answer: 'rejected' });
    expect((await world.ledger.operation('op-4'))?.outcome).toBe('approval-rejected');
    world.clock.advance(12 * hourMs);
    await run(world, 'retention-relief', aRelief('op-5'), { answer: 'approved' });
    expect((await world.ledger.operation('op-5'))?.outcome).toBe('shortened');
  });

  it('reminds once, then ends as expired with commands by hand', async () => {
    const world = reliefWorld({ retentionRelief: { ...reliefPolicy, approval: 'ask' } });
    const done = await run(world, 'retention-relief', aRelief());
    expect(done).toMatchObject({ status: 'FAILED', error: 'approval-expired' });
    expect(world.notify.messages.map(({ attributes }) => attributes.kind)).toEqual([
      'approval',
      'approval-reminder',
      'escalation',
    ]);
    expect(world.notify.messages[2]?.text).toMatch(/--entity-name big --add-config retention.ms=\d+/);
    expect(world.topics.alters).toEqual([]);
  });

  it('does nothing with an approval once the need has passed', async () => {
    const world = reliefWorld({ retentionRelief: { ...reliefPolicy, approval: 'ask' } });
    const done = await run(world, 'retention-relief', aRelief('op-1', { trigger: { type: 'barred' } }), {
      answer: 'approved',
      before: (state) => {
        if (state === 'Approve') world.used = { 1: 0.3, 2: 0.3, 3: 0.3 };
      },
    });
    expect(done.status).toBe('SUCCEEDED');
    expect((await world.ledger.operation('op-1'))?.outcome).toBe('no-longer-needed');
    expect(world.topics.alters).toEqual([]);
  });

  it('finds the fullest broker where numbers have gaps since brokers were removed', async () => {
    const world = reliefWorld();
    world.used = { 1: 0.7, 3: 0.7, 5: 0.9 };
    await run(world, 'retention-relief', aRelief());
    expect((await world.ledger.operation('op-1'))?.decision).toMatchObject({
      evidence: { brokerId: 5, usedFraction: 0.9 },
    });
  });

  it('takes the forecast for what it was worth: an emptier disk does not fill faster', async () => {
    const world = reliefWorld({ retentionRelief: { ...reliefPolicy, approval: 'ask' } });
    const trigger = { type: 'barred', fullInHours: 20 };
    await run(world, 'retention-relief', aRelief('op-1', { trigger }), {
      answer: 'approved',
      before: (state) => {
        if (state === 'Approve') world.used = { 1: 0.1, 2: 0.1, 3: 0.1 };
      },
    });
    expect((await world.ledger.operation('op-1'))?.outcome).toBe('no-longer-needed');
    expect(world.topics.alters).toEqual([]);
  });

  it('does nothing with an approval of a topic that is another by now', async () => {
    const world = reliefWorld({ retentionRelief: { ...reliefPolicy, approval: 'ask' } });
    await run(world, 'retention-relief', aRelief(), {
      answer: 'approved',
      before: (state) => {
        if (state !== 'Approve') return;
        world.topics.set('big', { configs: { ...world.topics.now('big')?.configs, 'retention.ms': '172800000' } });
        world.clock.advance(120_000);
      },
    });
    expect((await world.ledger.operation('op-1'))?.outcome).toBe('world-changed');
    expect(world.topics.alters).toEqual([]);
  });

  it('shortens nothing where giving back can’t be armed, and leaves nothing open', async () => {
    const world = reliefWorld();
    world.schedule.trouble.push(new AccessDenied('scheduler:CreateSchedule'));
    const done = await run(world, 'retention-relief', aRelief());
    expect(done).toMatchObject({ status: 'FAILED', error: 'undo-not-armed' });
    expect(world.topics.alters).toEqual([]);
    expect((await world.ledger.relief('op-1'))?.endedAtMs).toBeDefined();
    expect((await world.ledger.clusterState('payments')).relief).toBeUndefined();
  });

  it('arms once where the schedule’s answer was lost', async () => {
    const world = reliefWorld();
    world.schedule.trouble.push(new ServiceUnavailable('scheduler'));
    const done = await run(world, 'retention-relief', aRelief());
    expect(done.status).toBe('SUCCEEDED');
    const relief = await world.ledger.relief('op-1');
    expect(world.schedule.standing.get('op-1-restore')).toEqual({
      atMs: relief?.restoreAtMs,
      payload: { source: 'relief-deadline', reliefId: 'op-1', cluster: 'payments' },
    });
  });

  it('arms before the first topic is shortened', async () => {
    const world = reliefWorld();
    const seen: unknown[] = [];
    world.topics.beforeAlter = async () =>
      seen.push([world.schedule.standing.size, (await world.ledger.relief('op-1'))?.topics[0]?.former]);
    await run(world, 'retention-relief', aRelief());
    expect(seen[0]).toEqual([1, { 'retention.ms': days7 }]);
  });

  it('counts a topic as shortened whose answer was lost', async () => {
    const world = reliefWorld();
    world.topics.trouble.set('big', ['lost']);
    const done = await run(world, 'retention-relief', aRelief());
    expect(done.status).toBe('SUCCEEDED');
    expect(await shortenedOf(world)).toContain('big shortened');
    expect(world.topics.alters.filter(({ name }) => name === 'big')).toHaveLength(1);
  });

  it('shortens again what never arrived', async () => {
    const world = reliefWorld();
    world.topics.trouble.set('big', ['lost-before']);
    await run(world, 'retention-relief', aRelief());
    expect(world.topics.alters.filter(({ name }) => name === 'big')).toHaveLength(2);
    expect(await shortenedOf(world)).toContain('big shortened');
  });

  it('stops at a pause between two topics; what was shortened stays to be given back', async () => {
    const world = reliefWorld();
    world.used = { 1: 0.7, 2: 0.99, 3: 0.7 };
    world.topics.beforeAlter = () => world.ledger.setPaused('payments', { by: 'me', atMs: 0, reason: '' });
    const done = await run(world, 'retention-relief', aRelief());
    expect(done).toMatchObject({ status: 'FAILED', error: 'shortened-partly' });
    expect(await shortenedOf(world)).toEqual(['big shortened', 'small planned']);
    expect(world.topics.alters).toHaveLength(1);
    expect(world.schedule.standing.has('op-1-restore')).toBe(true);
    expect((await world.ledger.clusterState('payments')).relief?.reliefId).toBe('op-1');
    // Undo still runs while paused.
    await run(world, 'retention-restore', aRestore());
    expect(world.topics.retention('big')).toBe(days7);
    expect(await shortenedOf(world)).toEqual(['big restored', 'small restored']);
  });

  it('leaves a topic alone that is created anew between arming and shortening', async () => {
    const world = reliefWorld();
    const done = await run(world, 'retention-relief', aRelief(), {
      before: (state) => {
        if (state !== 'ShortenRetention') return;
        world.topics.set('big', { id: 'another' });
        world.clock.advance(120_000);
      },
    });
    expect(done).toMatchObject({ status: 'FAILED' });
    expect(await shortenedOf(world)).toContain('big left-alone');
    expect(world.topics.alters.some(({ name }) => name === 'big')).toBe(false);
  });

  it('ends a relief of which nothing was shortened', async () => {
    const world = reliefWorld();
    const done = await run(world, 'retention-relief', aRelief(), {
      before: (state) => {
        if (state !== 'ShortenRetention') return;
        for (const name of ['big', 'small']) world.topics.set(name, undefined);
        world.clock.advance(120_000);
      },
    });
    expect(done).toMatchObject({ status: 'FAILED', error: 'nothing-shortened' });
    expect((await world.ledger.clusterState('payments')).relief).toBeUndefined();
    expect(world.schedule.standing.size).toBe(0);
  });

  it('goes on to the other topics where one is refused, which stays to be given back', async () => {
    const world = reliefWorld();
    world.used = { 1: 0.7, 2: 0.99, 3: 0.7 };
    world.topics.trouble.set('big', [new AccessDenied('kafka-cluster:AlterTopic')]);
    const done = await run(world, 'retention-relief', aRelief());
    expect(done).toMatchObject({ error: 'shortened-partly' });
    expect(await shortenedOf(world)).toEqual(['big planned', 'small shortened']);
  });

  it('one relief of a cluster at a time', async () => {
    const world = reliefWorld();
    await run(world, 'retention-relief', aRelief());
    const alters = world.topics.alters.length;
    const done = await run(world, 'retention-relief', aRelief('op-3'));
    expect(done.status).toBe('SUCCEEDED');
    expect((await world.ledger.operation('op-3'))?.outcome).toBe('relief-open');
    expect(world.topics.alters).toHaveLength(alters);
  });

  it('a record that died after it told tells once more at most, and once it has ended not again', async () => {
    const world = reliefWorld();
    const done = await run(world, 'retention-relief', aRelief(), {
      after: (state, attempt) => {
        if (state === 'RecordRelief' && attempt === 0)
          throw Object.assign(new Error('lost'), { name: 'Lambda.Unknown' });
      },
    });
    expect(done.status).toBe('SUCCEEDED');
    expect(world.notify.messages).toHaveLength(1);
  });
});

async function shortenedWorld() {
  const world = await seen(reliefWorld());
  await run(world, 'retention-relief', aRelief());
  world.clock.advance(48 * hourMs);
  return world;
}

describe('retention restore', () => {
  it('gives the former values back, ends the relief, cancels the schedule', async () => {
    const world = await shortenedWorld();
    const done = await run(world, 'retention-restore', aRestore());
    expect(done.status).toBe('SUCCEEDED');
    expect(done.names.length).toBeLessThanOrEqual(10);
    expect(world.topics.retention('big')).toBe(days7);
    expect((await world.ledger.operation('op-2'))?.outcome).toBe('restored');
    expect((await world.ledger.clusterState('payments')).relief).toBeUndefined();
    expect(world.schedule.standing.size).toBe(0);
    expect(await world.ledger.readLease('topics/payments')).toBeUndefined();
  });

  it('says at the deadline that there is no room yet, and restores all the same', async () => {
    const world = await shortenedWorld();
    await run(world, 'retention-restore', aRestore());
    expect(world.notify.messages.at(-1)?.text).toContain('there is no room yet');
    expect(world.topics.retention('big')).toBe(days7);
  });

  it('restores seconds after the shortening, when MSK still shows what was before', async () => {
    const world = reliefWorld();
    await run(world, 'retention-relief', aRelief());
    const done = await run(world, 'retention-restore', aRestore('op-2', 'op-1', 'operator'));
    expect(done.status).toBe('SUCCEEDED');
    expect(world.topics.retention('big')).toBe(days7);
  });

  it('runs in mode observe as well', async () => {
    const world = await shortenedWorld();
    world.fleet.clusters[0]!.mode = 'observe';
    await run(world, 'retention-restore', aRestore());
    expect(world.topics.retention('big')).toBe(days7);
  });

  it('does not overwrite what somebody else has set, and says so', async () => {
    const world = await shortenedWorld();
    world.topics.set('big', { configs: { ...world.topics.now('big')?.configs, 'retention.ms': '999' } });
    world.clock.advance(120_000);
    await run(world, 'retention-restore', aRestore());
    expect(world.topics.retention('big')).toBe('999');
    expect((await world.ledger.operation('op-2'))?.outcome).toBe('restored-partly');
    expect(world.notify.messages.at(-1)?.text).toContain('changed by somebody else: retention.ms=999');
  });

  it.each([
    ['created anew', { id: 'another' }],
    ['gone', undefined],
  ])('leaves a topic alone that is %s', async (detail, change) => {
    const world = await shortenedWorld();
    const alters = world.topics.alters.length;
    world.topics.set('big', change);
    world.clock.advance(120_000);
    await run(world, 'retention-restore', aRestore());
    const big = (await world.ledger.relief('op-1'))?.topics.find(({ name }) => name === 'big');
    expect(big).toMatchObject({ state: 'left-alone', detail });
    expect(world.topics.alters.slice(alters).some(({ name }) => name === 'big')).toBe(false);
  });

  it('a lost answer is seen by reading', async () => {
    const world = await shortenedWorld();
    world.topics.trouble.set('big', ['lost']);
    const alters = world.topics.alters.length;
    const done = await run(world, 'retention-restore', aRestore());
    expect(done.status).toBe('SUCCEEDED');
    expect(world.topics.retention('big')).toBe(days7);
    expect(world.topics.alters.slice(alters).filter(({ name }) => name === 'big')).toHaveLength(1);
  });

  it('sets again, ever more slowly, what is still short', async () => {
    const world = await shortenedWorld();
    world.topics.trouble.set('big', ['lost-before', new AccessDenied('x'), new ServiceUnavailable('x')]);
    const done = await run(world, 'retention-restore', aRestore());
    expect(done.status).toBe('SUCCEEDED');
    expect(world.topics.retention('big')).toBe(days7);
  });

  it('owes what it can’t give back: tells with commands, stays open, and the next one goes on', async () => {
    const world = await shortenedWorld();
    const denied = Array.from({ length: 30 }, () => new AccessDenied('kafka-cluster:AlterTopic'));
    world.topics.trouble.set('big', denied);
    const done = await run(world, 'retention-restore', aRestore());
    expect(done).toMatchObject({ status: 'FAILED', error: 'restore-owed' });
    const { text } = world.notify.messages.at(-1)!;
    expect(text).toContain(`--entity-name big --add-config retention.ms=${days7}`);
    expect((await world.ledger.clusterState('payments')).relief?.reliefId).toBe('op-1');
    expect((await world.ledger.volume('payments', 'msk/payments'))?.escalations['restore-owed']).toBeDefined();

    world.topics.trouble.clear();
    expect((await run(world, 'retention-restore', aRestore('op-3'))).status).toBe('SUCCEEDED');
    expect(world.topics.retention('big')).toBe(days7);
    expect((await world.ledger.volume('payments', 'msk/payments'))?.escalations['restore-owed']).toBeUndefined();
  });

  it('one topic that can’t be read keeps no other short', async () => {
    const world = reliefWorld();
    world.used = { 1: 0.7, 2: 0.99, 3: 0.7 };
    await run(world, 'retention-relief', aRelief());
    world.clock.advance(hourMs);
    world.topics.trouble.set(
      'big',
      Array.from({ length: 30 }, () => new AccessDenied('x')),
    );
    await run(world, 'retention-restore', aRestore());
    expect(world.topics.retention('small')).toBe(days7);
    expect(world.topics.retention('big')).not.toBe(days7);
  });

  it('gives back after the relief’s execution was stopped half way, and says how that one ended', async () => {
    const world = reliefWorld();
    world.used = { 1: 0.7, 2: 0.99, 3: 0.7 };
    // Stopped: no Catch, no record, the lease is not given back.
    const stopped = Object.assign(new Error('stopped'), { name: 'Stopped' });
    await run(world, 'retention-relief', aRelief(), {
      before: (state) => {
        if (state === 'RecordRelief') throw stopped;
      },
    });
    expect(await world.ledger.readLease('topics/payments')).toMatchObject({ operationId: 'op-1' });
    expect((await world.ledger.operation('op-1'))?.status).toBe('running');
    world.clock.advance(48 * hourMs);
    const done = await run(world, 'retention-restore', aRestore());
    expect(done.status).toBe('SUCCEEDED');
    expect(world.topics.retention('big')).toBe(days7);
    expect(world.topics.retention('small')).toBe(days7);
    expect((await world.ledger.operation('op-1'))?.outcome).toBe('interrupted');
  });

  it('waits while the relief’s execution still runs', async () => {
    const world = await shortenedWorld();
    const held = { name: 'topics/payments', operationId: 'op-9', executionArn: arnOf('op-9'), nowMs: startMs };
    await world.ledger.takeLease(held);
    let looks = 0;
    const done = await run(world, 'retention-restore', aRestore(), {
      before: (state) => {
        if (state !== 'RestoreRetention') return;
        expect(world.topics.retention('big')).not.toBe(days7);
        if (++looks === 3) world.workflows.statuses.set(arnOf('op-9'), 'ABORTED');
      },
    });
    expect(looks).toBe(3);
    expect(done.status).toBe('SUCCEEDED');
    expect(world.topics.retention('big')).toBe(days7);
  });

  it('the second of two restores finds nothing to do and tells nobody', async () => {
    const world = await shortenedWorld();
    await run(world, 'retention-restore', aRestore());
    const messages = world.notify.messages.length;
    const alters = world.topics.alters.length;
    const done = await run(world, 'retention-restore', aRestore('op-3', 'op-1', 'room'));
    expect(done.status).toBe('SUCCEEDED');
    expect((await world.ledger.operation('op-3'))?.outcome).toBe('already-restored');
    expect(world.notify.messages).toHaveLength(messages);
    expect(world.topics.alters).toHaveLength(alters);
  });

  it('refuses a relief that nobody knows', async () => {
    const world = reliefWorld();
    const done = await run(world, 'retention-restore', aRestore('op-2', 'unknown'));
    expect(done).toMatchObject({ status: 'FAILED', error: 'unknown-relief' });
  });

  it('owes what belongs to a cluster that was taken out of the fleet file', async () => {
    const world = await shortenedWorld();
    world.fleet.clusters.length = 0;
    const done = await run(world, 'retention-restore', aRestore());
    expect(done).toMatchObject({ status: 'FAILED', error: 'restore-owed' });
  });

  it('is restored although its schedule can’t be cancelled', async () => {
    const world = await shortenedWorld();
    world.schedule.cancelTrouble.push(new AccessDenied('scheduler:DeleteSchedule'));
    const done = await run(world, 'retention-restore', aRestore());
    expect(done.status).toBe('SUCCEEDED');
    expect((await world.ledger.clusterState('payments')).relief).toBeUndefined();
  });
});

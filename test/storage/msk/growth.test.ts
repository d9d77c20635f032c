/** The workflow with its real steps over an MSK cluster: what becomes of a growth when something goes wrong on its way. */
import { describe, expect, it } from '@jest/globals';
import { answerApproval } from '../../../functions/control/answer-approval.step.ts';
import { StaleClusterVersion, UnknownRefusal } from '../../../functions/gateways/faults.ts';
import { apply } from '../../../functions/storage/apply.step.ts';
import { decide } from '../../../functions/storage/decide.step.ts';
import { dayMs, hourMs } from '../../../functions/storage/limits.ts';
import { observe } from '../../../functions/storage/observe.step.ts';
import { aProvisioned } from '../../support/msk-world.ts';
import { clusterArn } from '../../support/storage-facts.ts';
import { runStorageScaling } from '../../support/storage-workflow.ts';
import { anMskOperation, executionArn, minuteMs, mskWorld, type StorageWorld } from '../../support/storage-world.ts';
import { sweepOnce } from '../../support/sweep.ts';

const subject = 'storage/payments';
const journalOf = (world: StorageWorld) => world.ledger.journal(subject, 0);
const recordOf = (world: StorageWorld) => world.ledger.volume('payments', 'msk/payments');
const nothingHeld = async (world: StorageWorld): Promise<void> => {
  expect(await world.ledger.readLease(subject)).toBeUndefined();
  expect((await world.ledger.clusterState('payments')).reservations).toEqual({});
};
const nothingGrown = async (world: StorageWorld): Promise<void> => {
  expect(await world.ledger.clusterState('payments')).toMatchObject({
    reservations: {},
    dayGrownGib: 0,
    dayUsdPerMonth: 0,
  });
};

describe('a clean growth', () => {
  it('follows the operation, proves it by each broker and announces it, in at most 14 states', async () => {
    const world = mskWorld();
    const ran = await runStorageScaling(world);
    expect(ran).toMatchObject({ status: 'SUCCEEDED', output: { status: 'succeeded', outcome: 'grown' } });
    expect(new Set(ran.names)).toEqual(
      new Set([
        'Observe',
        'Decide',
        'ChooseAction',
        'Apply',
        'ChooseWait',
        'FollowOperation',
        'Verify',
        'AnnounceGrowth',
        'AwaitCompleted',
        'Record',
        'ChooseOutcome',
        'Done',
      ]),
    );
    expect(world.msk.requests).toEqual([{ clusterArn, currentVersion: 'K1', sizeGib: 134 }]);
    expect(ran.announced).toMatchObject([
      { Entries: [{ Detail: { kind: 'msk', clusterArn, fromGib: 100, toGib: 134, brokers: 3 } }] },
    ]);
    expect(world.notify.messages).toEqual([]);
    await nothingHeld(world);
  });

  it('counts all brokers in the day’s sums', async () => {
    const world = mskWorld();
    await runStorageScaling(world);
    expect(await world.ledger.clusterState('payments')).toMatchObject({ dayGrownGib: 102, dayUsdPerMonth: 10.2 });
  });

  it.each(['Observe', 'Decide', 'Apply', 'FollowOperation', 'Verify', 'AwaitCompleted', 'Record'])(
    'comes to the same end when the answer of %s is lost and it runs twice',
    async (lost) => {
      const world = mskWorld();
      const ran = await runStorageScaling(world, {
        after: (state, attempt) => {
          if (state === lost && attempt === 0) throw Object.assign(new Error('lost'), { name: 'Sandbox.Timedout' });
        },
      });
      expect(ran).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'grown' } });
      expect(world.msk.history).toHaveLength(1);
      expect(await journalOf(world)).toMatchObject([{ status: 'accepted' }]);
      await nothingHeld(world);
    },
  );

  it('takes as long as MSK takes', async () => {
    const world = mskWorld();
    // The runner takes each poll for a minute; their real intervals: statemachines.test.ts.
    world.msk.operationMs = 55 * minuteMs;
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
  });

  it('asks a person above the policy’s price, of all brokers', async () => {
    const world = mskWorld({ policy: { approvalAboveUsdPerMonth: 10 } });
    const ran = await runStorageScaling(world, {
      answer: async (state) => {
        const approval = await world.ledger.approval('op-1');
        if (state !== 'Approve' || approval === undefined) return;
        expect(approval.plan).toMatchObject({ fromGib: 100, targetGib: 134, usdPerMonth: 10.2 });
        await answerApproval(world)({ operationId: 'op-1', planHash: approval.planHash, answer: 'approved', by: 'me' });
      },
    });
    expect(ran).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.notify.messages[0]?.text).toContain('from 100 to 134 GiB on each of 3 brokers costs 10.2 USD');
  });

  it('asks anew where brokers were added since, which makes the same size dearer', async () => {
    const world = mskWorld({ policy: { approvalAboveUsdPerMonth: 10 } });
    world.brokerUsedGib = (brokerId) => (brokerId <= 6 ? 80 : undefined);
    const prices: unknown[] = [];
    const ran = await runStorageScaling(world, {
      answer: async (state) => {
        const approval = await world.ledger.approval('op-1');
        if (state !== 'Approve' || approval === undefined) return;
        prices.push(approval.plan.usdPerMonth);
        world.msk.cluster().provisioned = aProvisioned({ brokers: 6 });
        await answerApproval(world)({ operationId: 'op-1', planHash: approval.planHash, answer: 'approved', by: 'me' });
      },
    });
    expect(ran).toMatchObject({ output: { outcome: 'grown' } });
    expect(prices).toEqual([10.2, 20.4]);
  });
});

describe('UpdateBrokerStorage', () => {
  it('a lost answer is adopted from the operations: never a second growth', async () => {
    const world = mskWorld();
    world.msk.trouble.push('lost');
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.msk.calls).toBe(1);
    expect(world.msk.history).toHaveLength(1);
  });

  it('also while the list of operations lags behind', async () => {
    const world = mskWorld();
    world.msk.listLagMs = 5 * minuteMs;
    world.msk.trouble.push('lost');
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.msk.history).toHaveLength(1);
  });

  it('a call that never arrived is made again under the same intent', async () => {
    const world = mskWorld();
    world.msk.trouble.push('lost-before');
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.msk.calls).toBe(2);
    expect(await journalOf(world)).toMatchObject([{ status: 'accepted' }]);
  });

  it('a ledger that can’t be written right after the call makes no refusal of an accepted growth', async () => {
    const world = mskWorld();
    const growStorage = world.msk.growStorage.bind(world.msk);
    world.msk.growStorage = async (request) => {
      const answer = await growStorage(request);
      world.table.refuse(1, { name: 'TransactionConflictException', httpStatusCode: 400 });
      return answer;
    };
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.msk.calls).toBe(1);
    expect(await journalOf(world)).toMatchObject([{ status: 'accepted' }]);
  });

  it('an update of somebody else between describe and call: the version is read again', async () => {
    const world = mskWorld();
    world.msk.beforeNext = () => world.msk.touch();
    expect(await runStorageScaling(world)).toMatchObject({ output: { outcome: 'grown' } });
    expect(world.msk.calls).toBe(2);
  });

  it('a version that stays stale is the next sweep’s', async () => {
    const world = mskWorld();
    world.msk.trouble.push(...Array.from({ length: 3 }, () => new StaleClusterVersion('not current')));
    expect(await runStorageScaling(world)).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'deferred', outcome: 'stale-cluster-version' },
    });
    await nothingGrown(world);
    expect(await sweepOnce(world, 'a')).toMatchObject([{ workflow: 'storage-scaling', subject: 'msk/payments' }]);
  });

  it('a maintenance that begins between decision and call changes nothing', async () => {
    const world = mskWorld();
    const ran = await runStorageScaling(world, {
      before: (state) => {
        if (state === 'Apply') world.msk.cluster().state = 'MAINTENANCE';
      },
    });
    expect(ran).toMatchObject({ output: { status: 'deferred', outcome: 'cluster-not-active' } });
    expect(world.msk.calls).toBe(0);
    await nothingGrown(world);
    await nothingHeld(world);
  });
});

describe('an operation that fails', () => {
  it('calls a person, gives everything back, and is tried again after an hour: it left no cool-down', async () => {
    const world = mskWorld();
    world.msk.failure = 'no capacity';
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'modification-failed' });
    expect(world.notify.messages[0]?.text).toContain('no capacity');
    expect(world.notify.messages[0]?.text).toContain(`list-cluster-operations-v2 --cluster-arn ${clusterArn}`);
    await nothingHeld(world);
    world.clock.advance(hourMs);
    expect(await runStorageScaling(world, { operationId: 'op-2' })).toMatchObject({ output: { outcome: 'grown' } });
  });

  it('after a lost answer is followed to its end all the same', async () => {
    const world = mskWorld();
    world.msk.failure = 'no capacity';
    world.msk.trouble.push('lost');
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'modification-failed' });
    expect(world.msk.calls).toBe(1);
  });
});

/** Runs whatever each sweep starts, every quarter of an hour, until it has grown so often. */
async function sweepUntilGrown(world: StorageWorld, growths: number, hoursMax = 80): Promise<string[]> {
  const outcomes: string[] = [];
  for (let quarters = 0; quarters < hoursMax * 4 && world.msk.history.length < growths; quarters++) {
    for (const [index] of (await sweepOnce(world, `slot-${quarters}`)).entries()) {
      const operationId = `swept-${quarters}-${index}`;
      await runStorageScaling(world, { operationId });
      outcomes.push((await world.ledger.operation(operationId))?.outcome ?? 'none');
    }
    world.clock.advance(15 * minuteMs);
  }
  return outcomes;
}

describe('the cool-down', () => {
  it.each([
    ['in words for it', undefined, 'cool-down'],
    ['in words that nobody knows', () => new UnknownRefusal('Not yet.'), 'unknown-text'],
  ])('is hit, learnt %s, and not hit again', async (_title, answer, outcome) => {
    const world = mskWorld();
    world.msk.coolDownMs = 13 * hourMs;
    if (answer !== undefined) world.msk.coolDownAnswer = answer;
    let usedGib = 80;
    world.brokerUsedGib = (brokerId) => (brokerId <= 3 ? usedGib : undefined);

    await sweepUntilGrown(world, 1);
    usedGib = 105;
    const outcomes = await sweepUntilGrown(world, 2);
    // Tried at six hours (the documented least), again six later, then hourly until it is over.
    expect(outcomes.filter((one) => one === outcome).length).toBeGreaterThanOrEqual(2);
    const [first, second] = world.msk.history;
    const gapMs = (second?.startedAtMs ?? 0) - (first?.endedAtMs ?? 0);
    expect(gapMs).toBeGreaterThanOrEqual(13 * hourMs);
    expect(gapMs).toBeLessThan(15 * hourMs);
    const learntMs = (await recordOf(world))?.coolDown?.learntMs ?? 0;
    expect(learntMs).toBeGreaterThan(11 * hourMs);
    expect(learntMs).toBeLessThan(13 * hourMs);

    const calls = world.msk.calls;
    usedGib = 140;
    await sweepUntilGrown(world, 3);
    expect(world.msk.calls - calls).toBeLessThanOrEqual(3);
  });

  it('that never ends is tried 24 times after the first, then a person is called', async () => {
    const world = mskWorld();
    world.msk.coolDownMs = 30 * dayMs;
    let usedGib = 80;
    world.brokerUsedGib = (brokerId) => (brokerId <= 3 ? usedGib : undefined);
    await sweepUntilGrown(world, 1);
    usedGib = 105;
    const outcomes = await sweepUntilGrown(world, 2, 50);
    expect(outcomes.filter((outcome) => outcome === 'cool-down')).toHaveLength(24);
    expect(outcomes.at(-1)).toBe('cool-down-endless');
    expect(world.msk.calls).toBe(1 + 25);
    expect(world.notify.messages.map(({ attributes }) => attributes.outcome)).toContain('cool-down-endless');
  });

  it('words that nobody knows, without a change of the last day, are a person’s: not tried again', async () => {
    const world = mskWorld();
    world.msk.trouble.push(new UnknownRefusal('Computer says no.'));
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'unknown-text' });
    expect(world.notify.messages[0]?.text).toContain('Computer says no.');
    expect(await sweepUntilGrown(world, 1, 30)).toEqual([]);
    expect(world.msk.calls).toBe(1);
    // Their own request is another matter.
    const request = { action: 'grow' };
    expect(await runStorageScaling(world, { operationId: 'op-2', request })).toMatchObject({
      output: { outcome: 'grown' },
    });
    expect((await recordOf(world))?.notBefore).toBeUndefined();
  });
});

describe('an execution that is stopped half-way', () => {
  it.each([
    ['answered', 1],
    ['lost', 1],
    ['lost-before', 2],
  ] as const)('is taken over after its growth was %s: one effect, a truthful record', async (how, calls) => {
    const world = mskWorld();
    if (how !== 'answered') world.msk.trouble.push(how);
    const operation = anMskOperation('op-1');
    const { facts, lease } = await observe(world)(operation);
    const { plan } = await decide(world)({ ...operation, facts });
    await apply(world)({ ...operation, lease, plan }).catch(() => undefined);
    world.workflows.statuses.set(executionArn('op-1'), 'ABORTED');
    world.clock.advance(20 * minuteMs);

    expect(await runStorageScaling(world, { operationId: 'op-2' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.msk.calls).toBe(calls);
    expect(world.msk.history).toHaveLength(1);
    expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'failed', outcome: 'interrupted' });
    expect(await world.ledger.clusterState('payments')).toMatchObject({ reservations: {}, dayGrownGib: 102 });
  });
});

describe('while it may not grow', () => {
  it('observed only: tells once what it would do', async () => {
    const world = mskWorld({ mode: 'observe' });
    for (const operationId of ['op-1', 'op-2'])
      expect(await runStorageScaling(world, { operationId })).toMatchObject({ output: { outcome: 'observed' } });
    expect(world.notify.messages).toHaveLength(1);
    expect(world.msk.calls).toBe(0);
  });

  it('owned by Application Auto Scaling: says how to end that', async () => {
    const world = mskWorld();
    world.scalingOwners.targets.push({ clusterArn, sizeGibMax: 500 });
    expect(await runStorageScaling(world)).toMatchObject({ error: 'owned-by-auto-scaling' });
    expect(world.notify.messages[0]?.text).toContain(`deregister-scalable-target`);
    expect(world.msk.calls).toBe(0);
  });

  it('a cluster that is not there is refused, once', async () => {
    const world = mskWorld();
    world.msk.all.length = 0;
    expect(await runStorageScaling(world)).toMatchObject({ error: 'cluster-not-found' });
    expect(await sweepOnce(world, 'a')).toEqual([]);
    expect(world.notify.messages).toHaveLength(1);
  });

  it('a growth that no metric shows is no success', async () => {
    const world = mskWorld();
    const size = world.msk.sizeGibAt.bind(world.msk);
    world.msk.sizeGibAt = () => size(clusterArn, 0);
    expect(await runStorageScaling(world)).toMatchObject({ status: 'FAILED', error: 'growth-not-shown' });
  });
});

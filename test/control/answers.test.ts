/** What a person says: to an approval, and to everything (pause). */
import { describe, expect, it } from '@jest/globals';
import { answerApproval } from '../../functions/control/answer-approval.step.ts';
import { setPause } from '../../functions/control/set-pause.step.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import { anOperation, storageWorld } from '../support/storage-world.ts';

async function asked() {
  const world = storageWorld();
  const nowMs = world.clock.nowMs();
  const operation = { ...anOperation(), workflow: 'storage-scaling', startedAtMs: nowMs, timeline: [] };
  await world.ledger.openOperation({ ...operation, status: 'awaiting-approval' });
  const question = { operationId: 'op-1', cluster: 'orders', planHash: 'hash', plan: {}, token: 'token-1' };
  await world.ledger.requestApproval({ ...question, requestedAtMs: nowMs, expiresAtMs: nowMs + 8 * hourMs });
  const answer = (given: 'approved' | 'rejected', planHash = 'hash') =>
    answerApproval(world)({ operationId: 'op-1', planHash, answer: given, by: 'me' });
  return { world, answer, question, nowMs };
}

describe('answer-approval', () => {
  it('writes the answer, then passes it on', async () => {
    const { world, answer } = await asked();
    expect(await answer('approved')).toEqual({ answered: true });
    expect(world.workflows.answers.get('token-1')).toEqual({ output: { approvedBy: 'me' } });
    expect(await world.ledger.approval('op-1')).toMatchObject({ answer: 'approved', answeredBy: 'me' });
  });

  it('a rejection fails the token by name', async () => {
    const { world, answer } = await asked();
    await answer('rejected');
    expect(world.workflows.answers.get('token-1')).toMatchObject({ error: 'ApprovalRejected' });
  });

  it('has written all before the workflow can go on: it never overwrites the operation’s end', async () => {
    const { world, answer } = await asked();
    const fail = world.workflows.fail.bind(world.workflows);
    world.workflows.fail = async (...given) => {
      await world.ledger.updateOperation('op-1', { status: 'refused', outcome: 'approval-rejected' });
      return fail(...given);
    };
    await answer('rejected');
    expect(await world.ledger.operation('op-1')).toMatchObject({ status: 'refused' });
  });

  it('said again after a crash is passed on again', async () => {
    const { world, answer } = await asked();
    const succeed = world.workflows.succeed.bind(world.workflows);
    world.workflows.succeed = () => Promise.reject(new Error('killed'));
    await expect(answer('approved')).rejects.toThrow('killed');
    world.workflows.succeed = succeed;
    expect(await answer('approved')).toEqual({ answered: true });
    expect(world.workflows.answers.has('token-1')).toBe(true);
  });

  it('counts once: the other answer comes too late', async () => {
    const { answer } = await asked();
    await answer('rejected');
    expect(await answer('approved')).toEqual({ answered: false, because: 'answered' });
  });

  it.each([
    ['a millisecond before it expires', 8 * hourMs - 1, { answered: true }],
    ['the moment it expires', 8 * hourMs, { answered: false, because: 'expired' }],
  ])('%s', async (_title, laterMs, expected) => {
    const { world, answer } = await asked();
    world.clock.advance(laterMs);
    expect(await answer('approved')).toEqual(expected);
  });

  it('is for the plan that was shown', async () => {
    const { answer, world } = await asked();
    expect(await answer('approved', 'another')).toEqual({ answered: false, because: 'other-plan' });
    expect(world.workflows.answers.size).toBe(0);
  });

  it('goes to the reminder’s token once there is one', async () => {
    const { world, answer, question, nowMs } = await asked();
    await world.ledger.requestApproval({
      ...question,
      token: 'token-2',
      requestedAtMs: nowMs,
      expiresAtMs: nowMs + 8 * hourMs,
    });
    await answer('approved');
    expect([...world.workflows.answers.keys()]).toEqual(['token-2']);
  });

  it('to a question that nobody asked', async () => {
    const world = storageWorld();
    const answer = { operationId: 'op-9', planHash: 'x', answer: 'approved', by: 'me' };
    expect(await answerApproval(world)(answer)).toEqual({ answered: false, because: 'unknown' });
  });

  it.each([{ by: '' }, { answer: 'maybe' }, { planHash: undefined }])('is a defect with %j', async (change) => {
    const answer = { operationId: 'op-1', planHash: 'x', answer: 'approved', by: 'me', ...change };
    await expect(answerApproval(storageWorld())(answer)).rejects.toMatchObject({ name: 'InputInvalid' });
  });
});

const pause = (world: ReturnType<typeof storageWorld>, pausing: boolean, cluster?: string) =>
  setPause(world)({ pause: pausing, by: 'me', reason: 'why', ...(cluster === undefined ? {} : { cluster }) });

describe('set-pause', () => {
  it('pauses and resumes a cluster; again is the same', async () => {
    const world = storageWorld();
    await pause(world, true, 'orders');
    await pause(world, true, 'orders');
    expect((await world.ledger.clusterState('orders')).paused).toMatchObject({ by: 'me', reason: 'why' });
    await pause(world, false, 'orders');
    expect(await pause(world, false, 'orders')).toEqual({ subject: 'orders', paused: false });
    expect((await world.ledger.clusterState('orders')).paused).toBeUndefined();
  });

  it('pauses the whole fleet without a cluster', async () => {
    const world = storageWorld();
    expect(await pause(world, true)).toEqual({ subject: '*', paused: true });
    expect((await world.ledger.clusterState('*')).paused).toBeDefined();
    expect((await world.ledger.clusterState('orders')).paused).toBeUndefined();
  });

  it('refuses a cluster that isn’t there', async () => {
    await expect(pause(storageWorld(), true, 'ordres')).rejects.toMatchObject({ name: 'UnknownCluster' });
  });
});

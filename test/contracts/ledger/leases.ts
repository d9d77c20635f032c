import { expect, it } from '@jest/globals';
import { execution, lease, type MakeLedger, noonMs, subject } from './fixtures.ts';

const by = (name: string, nowMs = noonMs) => ({
  name: subject,
  operationId: `op-${name}`,
  executionArn: execution(name),
  nowMs,
});

export function leaseCases(make: MakeLedger): void {
  it('are taken when free', async () => {
    const { ledger } = await make();
    const held = { ...lease, operationId: 'op-one', takenAtMs: noonMs };
    expect(await ledger.takeLease(by('one'))).toEqual({ taken: true, lease: held });
    expect(await ledger.readLease(subject)).toEqual(held);
  });

  it('are not there before somebody takes them', async () => {
    const { ledger } = await make();
    expect(await ledger.readLease(subject)).toBeUndefined();
  });

  it('go to exactly one of two executions that race', async () => {
    const { ledger, other } = await make();
    const answers = await Promise.all([ledger.takeLease(by('one')), other.takeLease(by('two'))]);
    expect(answers.filter(({ taken }) => taken)).toHaveLength(1);
    const winner = answers.find((answer) => answer.taken);
    const loser = answers.find((answer) => !answer.taken);
    expect(loser).toEqual({ taken: false, holder: winner?.taken === true ? winner.lease : undefined });
  });

  it('are given again to their holder, as they were', async () => {
    const { ledger } = await make();
    const first = await ledger.takeLease(by('one'));
    expect(await ledger.takeLease(by('one', noonMs + 1))).toEqual(first);
  });

  it('are taken over from the holder that was proven closed', async () => {
    const { ledger } = await make();
    await ledger.takeLease(by('one'));
    const holder = await ledger.readLease(subject);
    const taken = await ledger.takeLease({ ...by('two'), ...(holder && { over: holder }) });
    expect(taken).toMatchObject({ taken: true, lease: { executionArn: execution('two'), fence: 2 } });
  });

  it('are not taken over with an older fence', async () => {
    const { ledger } = await make();
    const first = await ledger.takeLease(by('one'));
    if (!first.taken) throw new Error('not taken');
    await ledger.releaseLease(first.lease);
    await ledger.takeLease(by('one'));
    const taken = await ledger.takeLease({ ...by('two'), over: first.lease });
    expect(taken).toMatchObject({ taken: false, holder: { executionArn: execution('one'), fence: 2 } });
  });

  it('are not taken over from somebody else than was proven closed', async () => {
    const { ledger } = await make();
    const first = await ledger.takeLease(by('one'));
    if (!first.taken) throw new Error('not taken');
    const over = { ...first.lease, executionArn: execution('zero') };
    expect(await ledger.takeLease({ ...by('two'), over })).toMatchObject({ taken: false });
  });

  it('give a growing fence, also after a release', async () => {
    const { ledger } = await make();
    for (const [i, name] of ['one', 'two', 'one'].entries()) {
      const taken = await ledger.takeLease(by(name));
      expect(taken).toMatchObject({ taken: true, lease: { fence: i + 1 } });
      const free = { name: subject, executionArn: execution(name), fence: i + 1 };
      expect(await ledger.releaseLease(free)).toBe(true);
      expect(await ledger.readLease(subject)).toBeUndefined();
    }
  });

  it('are not released by a holder that was taken over', async () => {
    const { ledger } = await make();
    const first = await ledger.takeLease(by('one'));
    if (!first.taken) throw new Error('not taken');
    await ledger.takeLease({ ...by('two'), over: first.lease });
    expect(await ledger.releaseLease(first.lease)).toBe(false);
    expect(await ledger.readLease(subject)).toMatchObject({ executionArn: execution('two') });
  });

  it('are released once, however often it is said, until somebody else has them', async () => {
    const { ledger } = await make();
    await ledger.takeLease(by('one'));
    expect(await ledger.releaseLease(lease)).toBe(true);
    expect(await ledger.releaseLease(lease)).toBe(true);
    await ledger.takeLease(by('two'));
    expect(await ledger.releaseLease(lease)).toBe(false);
  });

  it('that were never taken are not released', async () => {
    const { ledger } = await make();
    expect(await ledger.releaseLease(lease)).toBe(false);
  });

  it('are ours when the answer to taking them was lost', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(1);
    expect(await ledger.takeLease(by('one'))).toMatchObject({ taken: true, lease: { fence: 1 } });
    expect(table.calls).toEqual(['UpdateItem', 'UpdateItem']);
  });

  it('are ours when the answer to taking them over was lost', async () => {
    const { ledger, table } = await make();
    const first = await ledger.takeLease(by('one'));
    if (!first.taken) throw new Error('not taken');
    table.loseAnswers(1);
    const taken = await ledger.takeLease({ ...by('two'), over: first.lease });
    expect(taken).toMatchObject({ taken: true, lease: { executionArn: execution('two'), fence: 2 } });
  });

  it('are released when the answer to releasing them was lost', async () => {
    const { ledger, table } = await make();
    await ledger.takeLease(by('one'));
    table.loseAnswers(1);
    expect(await ledger.releaseLease(lease)).toBe(true);
  });
}

import { expect, it } from '@jest/globals';
import { aQuestion, type MakeLedger, noonMs } from './fixtures.ts';

const yes = { operationId: 'op-1', planHash: 'hash-1', answer: 'approved', by: 'ada', nowMs: noonMs + 1 } as const;
const given = { answer: 'approved', answeredBy: 'ada', answeredAtMs: noonMs + 1 } as const;

export function approvalCases(make: MakeLedger): void {
  it('are asked and answered', async () => {
    const { ledger, other } = await make();
    expect(await ledger.requestApproval(aQuestion())).toEqual(aQuestion());
    expect(await other.answerApproval(yes)).toEqual({ answered: true, approval: { ...aQuestion(), ...given } });
    expect(await ledger.approval('op-1')).toEqual({ ...aQuestion(), ...given });
  });

  it('are unknown before they are asked', async () => {
    const { ledger } = await make();
    expect(await ledger.approval('op-1')).toBeUndefined();
    expect(await ledger.answerApproval(yes)).toEqual({ answered: false, because: 'unknown' });
  });

  it('are for the plan that was shown', async () => {
    const { ledger } = await make();
    await ledger.requestApproval(aQuestion());
    const other = await ledger.answerApproval({ ...yes, planHash: 'hash-2' });
    expect(other).toEqual({ answered: false, because: 'other-plan', approval: aQuestion() });
    expect((await ledger.approval('op-1'))?.answer).toBeUndefined();
  });

  it('are taken in the last millisecond, not when they expire', async () => {
    const { ledger } = await make();
    const { expiresAtMs } = await ledger.requestApproval(aQuestion());
    const late = await ledger.answerApproval({ ...yes, nowMs: expiresAtMs });
    expect(late).toEqual({ answered: false, because: 'expired', approval: aQuestion() });
    expect(await ledger.answerApproval({ ...yes, nowMs: expiresAtMs - 1 })).toMatchObject({ answered: true });
  });

  it('are answered once', async () => {
    const { ledger, other } = await make();
    await ledger.requestApproval(aQuestion());
    await ledger.answerApproval({ ...yes, answer: 'rejected' });
    const second = await other.answerApproval({ ...yes, by: 'bob', nowMs: noonMs + 2 });
    const first = { ...aQuestion(), ...given, answer: 'rejected' };
    expect(second).toEqual({ answered: false, because: 'answered', approval: first });
    expect(await ledger.approval('op-1')).toEqual(first);
  });

  it('are answered by one of two at the same time', async () => {
    const { ledger, other } = await make();
    await ledger.requestApproval(aQuestion());
    const answers = await Promise.all([
      ledger.answerApproval(yes),
      other.answerApproval({ ...yes, answer: 'rejected', by: 'bob' }),
    ]);
    expect(answers.filter(({ answered }) => answered)).toHaveLength(1);
  });

  it('are renewed with a new token', async () => {
    const { ledger } = await make();
    await ledger.requestApproval(aQuestion());
    const renewed = aQuestion({ token: 'token-2' });
    expect(await ledger.requestApproval(renewed)).toEqual(renewed);
    expect(await ledger.answerApproval(yes)).toMatchObject({ answered: true, approval: { token: 'token-2' } });
  });

  it('come back answered when they were answered before the token was renewed', async () => {
    const { ledger } = await make();
    await ledger.requestApproval(aQuestion());
    await ledger.answerApproval(yes);
    const answered = { ...aQuestion(), ...given };
    expect(await ledger.requestApproval(aQuestion({ token: 'token-2' }))).toEqual(answered);
    expect(await ledger.approval('op-1')).toEqual(answered);
  });

  it('come back answered when the answer came in the last moment', async () => {
    const { ledger, other, table } = await make();
    await ledger.requestApproval(aQuestion());
    table.beforeNextWrite(() => other.answerApproval(yes));
    expect(await ledger.requestApproval(aQuestion({ token: 'token-2' }))).toEqual({ ...aQuestion(), ...given });
  });

  it('are asked anew for another plan, whatever was answered to the old one', async () => {
    const { ledger } = await make();
    await ledger.requestApproval(aQuestion());
    await ledger.answerApproval(yes);
    const anew = aQuestion({ planHash: 'hash-2', token: 'token-2' });
    expect(await ledger.requestApproval(anew)).toEqual(anew);
    expect(await ledger.approval('op-1')).toEqual(anew);
    expect(await ledger.answerApproval(yes)).toMatchObject({ answered: false, because: 'other-plan' });
  });

  it('are asked and answered although both answers were lost', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(1);
    expect(await ledger.requestApproval(aQuestion())).toEqual(aQuestion());
    table.loseAnswers(1);
    expect(await ledger.answerApproval(yes)).toMatchObject({ answered: true, approval: given });
  });
}

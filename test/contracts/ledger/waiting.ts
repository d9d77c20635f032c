import { expect, it } from '@jest/globals';
import { cluster, type MakeLedger, noonMs } from './fixtures.ts';

const wait = {
  resource: 'volume/vol-0a1/usable',
  token: 'token-1',
  operationId: 'op-1',
  cluster,
  detail: { targetGib: 150 },
  sinceMs: noonMs,
};

export function waitingCases(make: MakeLedger): void {
  it('are found under what they wait for', async () => {
    const { ledger, other } = await make();
    await ledger.putWaiting(wait);
    expect(await other.waiting(wait.resource)).toEqual(wait);
    expect(await other.waiting('volume/vol-0a1')).toBeUndefined();
  });

  it('are replaced by a newer token, which the old one can not delete', async () => {
    const { ledger } = await make();
    await ledger.putWaiting(wait);
    const newer = { ...wait, token: 'token-2', sinceMs: noonMs + 1 };
    await ledger.putWaiting(newer);
    await ledger.deleteWaiting(wait.resource, 'token-1');
    expect(await ledger.waiting(wait.resource)).toEqual(newer);
    await ledger.deleteWaiting(wait.resource, 'token-2');
    expect(await ledger.waiting(wait.resource)).toBeUndefined();
  });

  it('are not replaced by an older one that arrives late', async () => {
    const { ledger } = await make();
    await ledger.putWaiting(wait);
    await ledger.putWaiting({ ...wait, token: 'token-0', sinceMs: noonMs - 1 });
    expect((await ledger.waiting(wait.resource))?.token).toBe('token-1');
  });

  it('are replaced within the same millisecond', async () => {
    const { ledger } = await make();
    await ledger.putWaiting(wait);
    await ledger.putWaiting({ ...wait, token: 'token-2' });
    expect((await ledger.waiting(wait.resource))?.token).toBe('token-2');
  });

  it('are deleted where there is nothing', async () => {
    const { ledger } = await make();
    await ledger.deleteWaiting(wait.resource, 'token-1');
    expect(await ledger.waiting(wait.resource)).toBeUndefined();
  });

  it('take lost answers to being stored and deleted', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(1);
    await ledger.putWaiting(wait);
    expect(await ledger.waiting(wait.resource)).toEqual(wait);
    table.loseAnswers(1);
    await ledger.deleteWaiting(wait.resource, 'token-1');
    expect(await ledger.waiting(wait.resource)).toBeUndefined();
  });
}

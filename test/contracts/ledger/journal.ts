import { expect, it } from '@jest/globals';
import { anIntent, cluster, dayMs, type MakeLedger, noonMs, reserve, subject } from './fixtures.ts';

const key = { intentId: anIntent().intentId, subject, cluster };

export function journalCases(make: MakeLedger): void {
  it('says when and how an intent was settled', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    await ledger.settleIntent({
      intent: key,
      status: 'accepted',
      atMs: noonMs + 5,
      answer: 'modifying, 100 → 150 GiB',
    });
    expect(await ledger.readIntent(subject, key.intentId)).toEqual({
      ...anIntent(),
      status: 'accepted',
      settledAtMs: noonMs + 5,
      answer: 'modifying, 100 → 150 GiB',
    });
  });

  it('is not harmed by settling twice', async () => {
    const { ledger, other } = await make();
    await reserve(ledger);
    await ledger.settleIntent({ intent: key, status: 'accepted', atMs: noonMs + 5 });
    await other.settleIntent({ intent: key, status: 'accepted', atMs: noonMs + 9, answer: 'later' });
    expect(await ledger.readIntent(subject, key.intentId)).toMatchObject({
      status: 'accepted',
      settledAtMs: noonMs + 5,
    });
    expect((await ledger.readIntent(subject, key.intentId))?.answer).toBeUndefined();
  });

  it('keeps an unknown outcome open until the world was read', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    await ledger.settleIntent({ intent: key, status: 'unknown', atMs: noonMs + 5, answer: 'TimeoutError' });
    expect((await ledger.readIntent(subject, key.intentId))?.settledAtMs).toBeUndefined();
    await ledger.settleIntent({ intent: key, status: 'accepted', atMs: noonMs + 9 });
    expect(await ledger.readIntent(subject, key.intentId)).toMatchObject({
      status: 'accepted',
      settledAtMs: noonMs + 9,
    });
  });

  it.each([['refused'], ['not-done'], ['unknown'], ['intended']] as const)(
    'never turns accepted into %s',
    async (status) => {
      const { ledger } = await make();
      await reserve(ledger);
      await ledger.settleIntent({ intent: key, status: 'accepted', atMs: noonMs });
      const again = ledger.settleIntent({ intent: key, status, atMs: noonMs });
      await expect(again).rejects.toMatchObject({ name: 'LedgerContradiction', faultClass: 'defect' });
      expect((await ledger.readIntent(subject, key.intentId))?.status).toBe('accepted');
    },
  );

  it('settles nothing that was never intended', async () => {
    const { ledger } = await make();
    const settle = ledger.settleIntent({ intent: key, status: 'accepted', atMs: noonMs });
    await expect(settle).rejects.toMatchObject({ name: 'LedgerContradiction' });
  });

  it('takes a lost answer to settling', async () => {
    const { ledger, table } = await make();
    await reserve(ledger);
    table.loseAnswers(1);
    await ledger.settleIntent({ intent: key, status: 'accepted', atMs: noonMs });
    expect((await ledger.readIntent(subject, key.intentId))?.status).toBe('accepted');
  });

  it('shortens a long answer', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    await ledger.settleIntent({ intent: key, status: 'refused', atMs: noonMs, answer: 'x'.repeat(500_000) });
    expect((await ledger.readIntent(subject, key.intentId))?.answer).toHaveLength(2_000);
  });

  it('holds what happened from the first millisecond of the window on, newest last', async () => {
    const { ledger } = await make();
    const sinceMs = noonMs - dayMs;
    for (const atMs of [noonMs, sinceMs - 1, sinceMs]) {
      const intent = anIntent({ atMs, operationId: `op-${atMs}`, intentId: `op-${atMs}/ec2:ModifyVolume` });
      const { reserved } = await reserve(ledger, { intent });
      expect(reserved).toBe(true);
    }
    expect((await ledger.journal(subject, sinceMs)).map(({ atMs }) => atMs)).toEqual([sinceMs, noonMs]);
    expect((await ledger.journal(subject, sinceMs + 1)).map(({ atMs }) => atMs)).toEqual([noonMs]);
    expect(await ledger.journal(subject, noonMs + 1)).toEqual([]);
  });

  it('keeps subjects apart, also where one name begins like the other', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    expect(await ledger.journal('volume/vol-0a', 0)).toEqual([]);
    expect(await ledger.readIntent('volume/vol-0a', key.intentId)).toBeUndefined();
  });

  it('records a change by somebody else once', async () => {
    const { ledger, other } = await make();
    const change = {
      subject,
      cluster,
      action: 'ec2:ModifyVolume',
      startedAtMs: noonMs - 1,
      request: { sizeGib: 120, fromGib: 100 },
    };
    await ledger.recordForeign(change);
    await other.recordForeign({ ...change, request: { sizeGib: 999 } });
    const journal = await ledger.journal(subject, 0);
    expect(journal).toEqual([
      {
        intentId: `foreign/${noonMs - 1}`,
        operationId: 'foreign',
        cluster,
        subject,
        action: 'ec2:ModifyVolume',
        request: { sizeGib: 120, fromGib: 100 },
        atMs: noonMs - 1,
        settledAtMs: noonMs - 1,
        status: 'accepted',
        foreign: true,
      },
    ]);
  });

  it('lists our own and foreign changes together in order', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    const foreign = { subject, cluster, action: 'ec2:ModifyVolume', request: {} };
    await ledger.recordForeign({ ...foreign, startedAtMs: noonMs + 1 });
    await ledger.recordForeign({ ...foreign, startedAtMs: noonMs - 1 });
    expect((await ledger.journal(subject, 0)).map(({ atMs }) => atMs)).toEqual([noonMs - 1, noonMs, noonMs + 1]);
  });

  it('is read whole, however many pages it has', async () => {
    const { ledger, table } = await make();
    const request = { note: 'x'.repeat(300_000) };
    for (let n = 0; n < 5; n++) {
      await ledger.recordForeign({ subject, cluster, action: 'ec2:ModifyVolume', startedAtMs: noonMs + n, request });
    }
    table.calls.length = 0;
    expect(await ledger.journal(subject, 0)).toHaveLength(5);
    expect(table.calls.length).toBeGreaterThan(1);
  });
}

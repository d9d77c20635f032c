import { expect, it } from '@jest/globals';
import { anOperation, cluster, type MakeLedger, noonMs } from './fixtures.ts';

export function operationCases(make: MakeLedger): void {
  it('are opened once', async () => {
    const { ledger, other } = await make();
    await ledger.openOperation(anOperation());
    await other.openOperation(anOperation({ workflow: 'other', startedAtMs: noonMs + 1 }));
    expect(await ledger.operation('op-1')).toEqual(anOperation());
    expect(await ledger.operation('op-2')).toBeUndefined();
  });

  it('merge what changed and append to the timeline in order', async () => {
    const { ledger, other } = await make();
    await ledger.openOperation(anOperation());
    const decision = { action: 'grow', reason: 'above-threshold', targetGib: 150 };
    await ledger.updateOperation('op-1', { decision, note: { atMs: noonMs + 1, what: 'decided', detail: decision } });
    await other.updateOperation('op-1', { status: 'awaiting-approval' });
    await ledger.updateOperation('op-1', { note: { atMs: noonMs + 2, what: 'asked' } });
    await ledger.updateOperation('op-1', { status: 'succeeded', outcome: 'grown', endedAtMs: noonMs + 3 });
    expect(await ledger.operation('op-1')).toEqual(
      anOperation({
        status: 'succeeded',
        outcome: 'grown',
        endedAtMs: noonMs + 3,
        decision,
        timeline: [
          { atMs: noonMs + 1, what: 'decided', detail: decision },
          { atMs: noonMs + 2, what: 'asked' },
        ],
      }),
    );
  });

  it('lose no note when two write at once', async () => {
    const { ledger, other, table } = await make();
    await ledger.openOperation(anOperation());
    table.beforeNextWrite(() => other.updateOperation('op-1', { note: { atMs: noonMs, what: 'theirs' } }));
    await ledger.updateOperation('op-1', { note: { atMs: noonMs, what: 'ours' } });
    expect((await ledger.operation('op-1'))?.timeline.map(({ what }) => what)).toEqual(['theirs', 'ours']);
  });

  it('write a note once when its answer was lost or its step ran again', async () => {
    const { ledger, table } = await make();
    await ledger.openOperation(anOperation());
    const note = { atMs: noonMs, what: 'applied', detail: { fromGib: 100, targetGib: 150, usdPerMonth: 4.76 } };
    table.loseAnswers(1);
    await ledger.updateOperation('op-1', { note, status: 'running' });
    await ledger.updateOperation('op-1', { note });
    expect((await ledger.operation('op-1'))?.timeline).toEqual([note]);
  });

  it('that were never opened are not updated', async () => {
    const { ledger } = await make();
    const update = ledger.updateOperation('op-1', { status: 'failed' });
    await expect(update).rejects.toMatchObject({ name: 'LedgerContradiction', faultClass: 'defect' });
  });

  it('keep the last 200 notes', async () => {
    const { ledger } = await make();
    const timeline = Array.from({ length: 199 }, (_, n) => ({ atMs: noonMs + n, what: `note ${n}` }));
    await ledger.openOperation(anOperation({ timeline }));
    await ledger.updateOperation('op-1', { note: { atMs: noonMs + 199, what: 'note 199' } });
    expect((await ledger.operation('op-1'))?.timeline).toHaveLength(200);
    await ledger.updateOperation('op-1', { note: { atMs: noonMs + 200, what: 'note 200' } });
    const kept = (await ledger.operation('op-1'))?.timeline ?? [];
    expect([kept.length, kept[0]?.what, kept.at(-1)?.what]).toEqual([200, 'note 1', 'note 200']);
  });

  it('fit into an item however much is noted', async () => {
    const { ledger } = await make();
    const much = { text: 'é'.repeat(200_000) };
    const timeline = Array.from({ length: 200 }, (_, n) => ({ atMs: noonMs + n, what: 'note', detail: much }));
    await ledger.openOperation(anOperation({ trigger: much, timeline }));
    await ledger.updateOperation('op-1', { decision: much, note: { atMs: noonMs + 200, what: 'more', detail: much } });
    const operation = await ledger.operation('op-1');
    expect(operation?.timeline).toHaveLength(200);
    expect(Object.keys(operation?.decision ?? {})).toEqual(['shortened']);
  });

  it('are listed newest first, of one cluster, up to the limit', async () => {
    const { ledger } = await make();
    for (const [n, atMs] of [noonMs, noonMs + 2, noonMs + 1].entries()) {
      await ledger.openOperation(anOperation({ operationId: `op-${n}`, startedAtMs: atMs }));
    }
    await ledger.openOperation(anOperation({ operationId: 'op-x', cluster: 'other', startedAtMs: noonMs + 9 }));
    const ids = async (options: { sinceMs?: number; limit: number }) =>
      (await ledger.operations(cluster, options)).map(({ operationId }) => operationId);
    expect(await ids({ limit: 10 })).toEqual(['op-1', 'op-2', 'op-0']);
    expect(await ids({ limit: 2 })).toEqual(['op-1', 'op-2']);
    expect(await ids({ limit: 0 })).toEqual([]);
    expect(await ids({ sinceMs: noonMs + 1, limit: 10 })).toEqual(['op-1', 'op-2']);
    expect(await ids({ sinceMs: noonMs + 2, limit: 10 })).toEqual(['op-1']);
    expect(await ids({ sinceMs: noonMs + 3, limit: 10 })).toEqual([]);
  });

  it('are listed over several pages', async () => {
    const { ledger, table } = await make();
    const decision = { text: 'x'.repeat(39_000) };
    for (let n = 0; n < 60; n++) {
      const operationId = `op-${String(n).padStart(2, '0')}`;
      await ledger.openOperation(anOperation({ operationId, startedAtMs: noonMs + n, decision }));
    }
    table.calls.length = 0;
    const all = await ledger.operations(cluster, { limit: 100 });
    expect(all.map(({ startedAtMs }) => startedAtMs - noonMs)).toEqual(Array.from({ length: 60 }, (_, n) => 59 - n));
    expect(table.calls.length).toBeGreaterThan(1);
    expect(await ledger.operations(cluster, { limit: 45 })).toHaveLength(45);
  });

  it('are listed as they ended', async () => {
    const { ledger } = await make();
    await ledger.openOperation(anOperation());
    await ledger.updateOperation('op-1', { status: 'succeeded', outcome: 'kept' });
    expect(await ledger.operations(cluster, { limit: 1 })).toMatchObject([{ status: 'succeeded', outcome: 'kept' }]);
  });

  it('are opened when the answer was lost', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(1);
    await ledger.openOperation(anOperation());
    expect(await ledger.operation('op-1')).toEqual(anOperation());
  });
}

import { expect, it } from '@jest/globals';
import type { Ledger } from '../../../functions/gateways/ledger/ledger.ts';
import {
  anIntent,
  aRelief,
  aReservation,
  aTopic,
  cluster,
  lease,
  type MakeLedger,
  noonMs,
  reserve,
  subject,
  today,
} from './fixtures.ts';

const paused = { by: 'ada', atMs: noonMs, reason: 'maintenance' };
const contradiction = { name: 'LedgerContradiction', faultClass: 'defect' };

async function restoreAll(ledger: Ledger, relief = aRelief()): Promise<void> {
  for (const { name } of relief.topics) {
    await ledger.setReliefTopic(relief.reliefId, { name, state: 'restored' });
  }
}

export function reliefCases(make: MakeLedger): void {
  it('are written with the cluster, which names them', async () => {
    const { ledger, other } = await make();
    expect(await ledger.armRelief(aRelief())).toEqual({ armed: true });
    expect(await other.relief('op-1')).toEqual(aRelief());
    const { restoreAtMs } = aRelief();
    expect(await other.clusterState(cluster)).toMatchObject({ version: 1, relief: { reliefId: 'op-1', restoreAtMs } });
  });

  it('are unknown before they are armed', async () => {
    const { ledger } = await make();
    expect(await ledger.relief('op-1')).toBeUndefined();
    expect((await ledger.clusterState(cluster)).relief).toBeUndefined();
  });

  it.each([
    ['the cluster', cluster],
    ['the fleet', '*'],
  ])('are not armed while %s is paused, and leave nothing behind', async (_title, name) => {
    const { ledger } = await make();
    await ledger.setPaused(name, paused);
    expect(await ledger.armRelief(aRelief())).toEqual({ armed: false, because: 'paused' });
    expect(await ledger.relief('op-1')).toBeUndefined();
    expect((await ledger.clusterState(cluster)).relief).toBeUndefined();
    await ledger.setPaused(name, undefined);
    expect(await ledger.armRelief(aRelief())).toEqual({ armed: true });
  });

  it('are not armed when the cluster was paused in the last moment', async () => {
    const { ledger, other, table } = await make();
    table.beforeNextWrite(() => other.setPaused(cluster, paused));
    expect(await ledger.armRelief(aRelief())).toEqual({ armed: false, because: 'paused' });
  });

  it('are one at a time in a cluster, and apart between clusters', async () => {
    const { ledger, other } = await make();
    await ledger.armRelief(aRelief());
    const second = aRelief({ reliefId: 'op-2' });
    expect(await other.armRelief(second)).toEqual({ armed: false, because: 'open', reliefId: 'op-1' });
    expect(await ledger.relief('op-2')).toBeUndefined();
    expect(await other.armRelief({ ...second, cluster: 'clicks' })).toEqual({ armed: true });
  });

  it('are armed again as they were, even if planned otherwise or paused since', async () => {
    const { ledger, other } = await make();
    await ledger.armRelief(aRelief());
    await ledger.setReliefTopic('op-1', { name: 'clicks', state: 'shortened' });
    await ledger.setPaused(cluster, paused);
    const again = aRelief({ armedAtMs: noonMs + 1, topics: [aTopic('clicks', { former: { 'retention.ms': '1' } })] });
    expect(await other.armRelief(again)).toEqual({ armed: true });
    const topics = [aTopic('orders.events'), aTopic('clicks', { state: 'shortened' })];
    expect(await ledger.relief('op-1')).toEqual(aRelief({ topics }));
    expect((await ledger.clusterState(cluster)).version).toBe(2);
  });

  it('are armed when the very same is asked again', async () => {
    const { ledger } = await make();
    await ledger.armRelief(aRelief());
    expect(await ledger.armRelief(aRelief())).toEqual({ armed: true });
    expect((await ledger.clusterState(cluster)).version).toBe(1);
  });

  it('keep a growth from being reserved by an older reading', async () => {
    const { ledger, other, table } = await make();
    await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
    table.beforeNextWrite(() => other.armRelief(aRelief({ reliefId: 'op-2' })));
    const request = { intent: anIntent(), lease, clusterVersion: 0, reservation: aReservation(), day: today };
    expect(await ledger.reserveIntent(request)).toEqual({ reserved: false, because: 'cluster-changed' });
    expect(await reserve(ledger)).toEqual({ reserved: true });
  });

  it('stand through pause, growth, what is given back and what is released', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    const intent = anIntent({ operationId: 'op-2', intentId: 'op-2/x' });
    const reservation = aReservation({ operationId: 'op-2', volumeId: 'vol-2' });
    await ledger.armRelief(aRelief());
    await reserve(ledger, { intent, reservation });
    await ledger.settleIntent({ intent, status: 'refused', atMs: noonMs, giveBack: { volumeId: 'vol-2' } });
    await ledger.releaseReservation(cluster, aReservation().volumeId, 'op-1');
    await ledger.setPaused(cluster, paused);
    await ledger.setPaused(cluster, undefined);
    const { reliefId, restoreAtMs } = aRelief();
    expect(await ledger.clusterState(cluster)).toEqual({
      cluster,
      version: 7,
      reservations: {},
      day: today,
      dayGrownGib: 50,
      dayUsdPerMonth: 4.76,
      relief: { reliefId, restoreAtMs },
    });
  });

  it('keep each topic with what became of it, in order', async () => {
    const { ledger, other } = await make();
    await ledger.armRelief(aRelief());
    await ledger.setReliefTopic('op-1', { name: 'orders.events', state: 'shortened' });
    await other.setReliefTopic('op-1', { name: 'clicks', state: 'left-alone', detail: 'gone' });
    expect((await ledger.relief('op-1'))?.topics).toEqual([
      aTopic('orders.events', { state: 'shortened' }),
      aTopic('clicks', { state: 'left-alone', detail: 'gone' }),
    ]);
  });

  it('lose no topic where two write at once', async () => {
    const { ledger, other, table } = await make();
    await ledger.armRelief(aRelief());
    table.beforeNextWrite(() => other.setReliefTopic('op-1', { name: 'clicks', state: 'shortened' }));
    await ledger.setReliefTopic('op-1', { name: 'orders.events', state: 'shortened' });
    expect((await ledger.relief('op-1'))?.topics.map(({ state }) => state)).toEqual(['shortened', 'shortened']);
  });

  it('drop what was said of an earlier state, and keep it when the same is said again', async () => {
    const { ledger } = await make();
    await ledger.armRelief(aRelief());
    const state = async () => (await ledger.relief('op-1'))?.topics[1];
    await ledger.setReliefTopic('op-1', { name: 'clicks', state: 'shortened', detail: 'at the second try' });
    await ledger.setReliefTopic('op-1', { name: 'clicks', state: 'shortened' });
    expect(await state()).toEqual(aTopic('clicks', { state: 'shortened', detail: 'at the second try' }));
    await ledger.setReliefTopic('op-1', { name: 'clicks', state: 'restored' });
    expect(await state()).toEqual(aTopic('clicks', { state: 'restored' }));
  });

  it.each([
    ['planned', 'shortened', true],
    ['planned', 'restored', true],
    ['planned', 'left-alone', true],
    ['shortened', 'planned', false],
    ['shortened', 'restored', true],
    ['shortened', 'left-alone', true],
    ['restored', 'planned', false],
    ['restored', 'shortened', false],
    ['restored', 'restored', true],
    ['restored', 'left-alone', false],
    ['left-alone', 'planned', false],
    ['left-alone', 'shortened', false],
    ['left-alone', 'restored', false],
    ['left-alone', 'left-alone', true],
  ] as const)('whose topic is %s and becomes %s: %s', async (from, to, allowed) => {
    const { ledger } = await make();
    await ledger.armRelief(aRelief());
    await ledger.setReliefTopic('op-1', { name: 'clicks', state: from });
    const change = ledger.setReliefTopic('op-1', { name: 'clicks', state: to });
    const [{ status }] = await Promise.allSettled([change]);
    expect(status).toBe(allowed ? 'fulfilled' : 'rejected');
    expect((await ledger.relief('op-1'))?.topics[1]?.state).toBe(allowed ? to : from);
  });

  it('are not told that a topic is shortened which was restored in the last moment', async () => {
    const { ledger, other, table } = await make();
    await ledger.armRelief(aRelief());
    table.beforeNextWrite(() => other.setReliefTopic('op-1', { name: 'clicks', state: 'restored' }));
    const late = ledger.setReliefTopic('op-1', { name: 'clicks', state: 'shortened' });
    await expect(late).rejects.toMatchObject(contradiction);
    expect((await ledger.relief('op-1'))?.topics[1]?.state).toBe('restored');
  });

  it('have no other topics and no unknown ones', async () => {
    const { ledger } = await make();
    const change = { name: 'payments', state: 'shortened' } as const;
    await expect(ledger.setReliefTopic('op-1', change)).rejects.toMatchObject(contradiction);
    await ledger.armRelief(aRelief());
    await expect(ledger.setReliefTopic('op-1', change)).rejects.toMatchObject(contradiction);
  });

  it('end once, and free the cluster for another one', async () => {
    const { ledger, other } = await make();
    await ledger.armRelief(aRelief());
    await restoreAll(ledger);
    await ledger.endRelief('op-1', noonMs + 1);
    await other.endRelief('op-1', noonMs + 2);
    expect((await ledger.relief('op-1'))?.endedAtMs).toBe(noonMs + 1);
    const state = await ledger.clusterState(cluster);
    expect(state.relief).toBeUndefined();
    expect(state.version).toBe(2);
    expect(await ledger.armRelief(aRelief({ reliefId: 'op-2' }))).toEqual({ armed: true });
  });

  it("do not end another one's", async () => {
    const { ledger } = await make();
    await ledger.armRelief(aRelief());
    await restoreAll(ledger);
    await ledger.endRelief('op-1', noonMs + 1);
    await ledger.armRelief(aRelief({ reliefId: 'op-2' }));
    await ledger.endRelief('op-1', noonMs + 2);
    expect((await ledger.clusterState(cluster)).relief?.reliefId).toBe('op-2');
    expect((await ledger.relief('op-2'))?.endedAtMs).toBeUndefined();
  });

  it('end while cluster and fleet are paused', async () => {
    const { ledger } = await make();
    await ledger.armRelief(aRelief());
    await ledger.setPaused(cluster, paused);
    await ledger.setPaused('*', paused);
    await restoreAll(ledger);
    await ledger.endRelief('op-1', noonMs + 1);
    expect(await ledger.clusterState(cluster)).toMatchObject({ paused });
    expect((await ledger.clusterState(cluster)).relief).toBeUndefined();
  });

  it.each(['planned', 'shortened'] as const)('do not end while a topic is %s', async (state) => {
    const { ledger } = await make();
    await ledger.armRelief(aRelief());
    await ledger.setReliefTopic('op-1', { name: 'orders.events', state: 'left-alone', detail: 'gone' });
    await ledger.setReliefTopic('op-1', { name: 'clicks', state });
    await expect(ledger.endRelief('op-1', noonMs + 1)).rejects.toMatchObject(contradiction);
    expect((await ledger.relief('op-1'))?.endedAtMs).toBeUndefined();
    expect((await ledger.clusterState(cluster)).relief?.reliefId).toBe('op-1');
  });

  it('do not end where there is none', async () => {
    const { ledger } = await make();
    await expect(ledger.endRelief('op-1', noonMs)).rejects.toMatchObject(contradiction);
  });

  it('that ended half-way free the cluster when they are ended again', async () => {
    const { ledger, table } = await make();
    await ledger.armRelief(aRelief());
    await restoreAll(ledger);
    table.beforeNextWrite(() => {
      table.beforeNextWrite(() => Promise.reject(new Error('killed')));
      return Promise.resolve();
    });
    await expect(ledger.endRelief('op-1', noonMs + 1)).rejects.toThrow('killed');
    expect((await ledger.clusterState(cluster)).relief?.reliefId).toBe('op-1');
    await ledger.endRelief('op-1', noonMs + 2);
    expect((await ledger.clusterState(cluster)).relief).toBeUndefined();
    expect((await ledger.relief('op-1'))?.endedAtMs).toBe(noonMs + 1);
  });

  it('are not armed again after their end', async () => {
    const { ledger } = await make();
    await ledger.armRelief(aRelief());
    await restoreAll(ledger);
    await ledger.endRelief('op-1', noonMs + 1);
    await expect(ledger.armRelief(aRelief())).rejects.toMatchObject(contradiction);
    expect((await ledger.clusterState(cluster)).relief).toBeUndefined();
  });

  it('hold up to a hundred topics with long names', async () => {
    const { ledger } = await make();
    const topics = Array.from({ length: 100 }, (_, i) => {
      const name = `${i}`.padStart(249, 'x');
      return aTopic(name, { id: `arn:aws:kafka:eu-central-1:123456789012:topic/orders/${'0'.repeat(36)}/${name}` });
    });
    const hundred = aRelief({ topics });
    await expect(ledger.armRelief({ ...hundred, topics: [...topics, aTopic('one-more')] })).rejects.toMatchObject(
      contradiction,
    );
    expect(await ledger.armRelief(hundred)).toEqual({ armed: true });
    const [first, last] = [topics[0]?.name ?? '', topics[99]?.name ?? ''];
    await ledger.setReliefTopic('op-1', { name: last, state: 'left-alone', detail: 'é'.repeat(2_000) });
    const read = await ledger.relief('op-1');
    expect(read?.topics[99]).toMatchObject({ name: last, state: 'left-alone', detail: 'é'.repeat(500) });
    expect(read?.topics[0]).toMatchObject({ name: first, state: 'planned' });
  });

  it('name no topic twice and belong to no fleet', async () => {
    const { ledger, table } = await make();
    const twice = aRelief({ topics: [aTopic('clicks'), aTopic('clicks')] });
    await expect(ledger.armRelief(twice)).rejects.toMatchObject(contradiction);
    await expect(ledger.armRelief(aRelief({ cluster: '*' }))).rejects.toMatchObject(contradiction);
    expect(table.calls).toEqual([]);
  });

  it('go to exactly one of two that arm at once', async () => {
    const { ledger, other } = await make();
    const [first, second] = [aRelief(), aRelief({ reliefId: 'op-2' })];
    // On a real table one of the two may be told to come again.
    const tries = await Promise.allSettled([ledger.armRelief(first), other.armRelief(second)]);
    const armed = tries.filter((answer) => answer.status === 'fulfilled' && answer.value.armed);
    expect(armed.length).toBeLessThanOrEqual(1);
    const standing = [await ledger.relief('op-1'), await ledger.relief('op-2')].filter((one) => one !== undefined);
    expect(standing).toHaveLength(armed.length);
    expect((await ledger.clusterState(cluster)).relief?.reliefId).toBe(standing[0]?.reliefId);
  });

  it('take lost answers to being armed, changed and ended', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(2);
    expect(await ledger.armRelief(aRelief())).toEqual({ armed: true });
    expect((await ledger.clusterState(cluster)).version).toBe(1);
    await restoreAll(ledger, aRelief({ topics: [aTopic('clicks')] }));
    table.loseAnswers(1);
    await ledger.setReliefTopic('op-1', { name: 'orders.events', state: 'restored' });
    table.loseAnswers(2);
    await ledger.endRelief('op-1', noonMs + 1);
    expect((await ledger.relief('op-1'))?.endedAtMs).toBe(noonMs + 1);
    expect(await ledger.clusterState(cluster)).toMatchObject({ version: 2 });
    expect((await ledger.clusterState(cluster)).relief).toBeUndefined();
  });

  it('are armed for a step that runs again after all answers were lost', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(4);
    await expect(ledger.armRelief(aRelief())).rejects.toMatchObject({ name: 'AnswerLost' });
    expect(await ledger.armRelief(aRelief({ armedAtMs: noonMs + 1 }))).toEqual({ armed: true });
    expect((await ledger.relief('op-1'))?.armedAtMs).toBe(noonMs);
  });
}

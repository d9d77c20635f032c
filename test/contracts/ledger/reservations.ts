import { expect, it } from '@jest/globals';
import {
  anIntent,
  aReservation,
  cluster,
  dayMs,
  execution,
  lease,
  type MakeLedger,
  noonMs,
  reserve,
  subject,
  today,
  tomorrow,
  volumeId,
} from './fixtures.ts';

const key = { intentId: anIntent().intentId, subject, cluster };
const second = { volumeId: 'vol-0b2', operationId: 'op-2' };
const paused = { by: 'ada', atMs: noonMs, reason: 'maintenance' };

const requestOf = (operationId: string) => ({
  intent: anIntent({ operationId, intentId: `${operationId}/ec2:ModifyVolume`, subject: `volume/${operationId}` }),
  lease,
  clusterVersion: 0,
  reservation: aReservation({ operationId, volumeId: operationId }),
  day: today,
});

export function reservationCases(make: MakeLedger): void {
  it('writes the intent, the reservation and the sums of the day together', async () => {
    const { ledger } = await make();
    expect(await reserve(ledger)).toEqual({ reserved: true });
    expect(await ledger.readIntent(subject, key.intentId)).toEqual({ ...anIntent(), status: 'intended' });
    expect(await ledger.clusterState(cluster)).toEqual({
      cluster,
      version: 1,
      reservations: { [volumeId]: aReservation() },
      day: today,
      dayGrownGib: 50,
      dayUsdPerMonth: 4.76,
    });
  });

  it('without growth leaves the bookkeeping as it is', async () => {
    const { ledger } = await make();
    await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
    const intent = anIntent({ intentId: 'op-1/ssm:SendCommand', action: 'ssm:SendCommand' });
    const request = { intent, lease, clusterVersion: 0, day: today };
    expect(await ledger.reserveIntent(request)).toEqual({ reserved: true });
    expect((await ledger.clusterState(cluster)).version).toBe(0);
  });

  it('finds the intent when it was reserved before', async () => {
    const { ledger, other } = await make();
    await reserve(ledger);
    const intent = { ...anIntent(), status: 'intended' };
    const again = { intent: anIntent({ atMs: noonMs + 1 }) };
    expect(await reserve(other, again)).toEqual({ reserved: false, because: 'intent-exists', intent });
    expect((await ledger.clusterState(cluster)).dayGrownGib).toBe(50);
  });

  it('finds the intent when the very same is asked again', async () => {
    const { ledger } = await make();
    await reserve(ledger, { clusterVersion: 0 });
    expect(await reserve(ledger, { clusterVersion: 0 })).toMatchObject({ reserved: false, because: 'intent-exists' });
  });

  it('is refused while the cluster is paused', async () => {
    const { ledger } = await make();
    await ledger.setPaused(cluster, paused);
    expect(await reserve(ledger)).toEqual({ reserved: false, because: 'paused' });
    await ledger.setPaused(cluster, undefined);
    expect(await reserve(ledger)).toEqual({ reserved: true });
  });

  it('is refused while the fleet is paused', async () => {
    const { ledger } = await make();
    await ledger.setPaused('*', paused);
    expect(await reserve(ledger)).toEqual({ reserved: false, because: 'paused' });
    await ledger.setPaused('*', undefined);
    expect(await reserve(ledger)).toEqual({ reserved: true });
  });

  it('is refused without growth too while the cluster is paused', async () => {
    const { ledger } = await make();
    await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
    await ledger.setPaused(cluster, paused);
    const request = { intent: anIntent(), lease, clusterVersion: 1, day: today };
    expect(await ledger.reserveIntent(request)).toEqual({ reserved: false, because: 'paused' });
  });

  it('is refused when the bookkeeping changed since it was read, and leaves nothing behind', async () => {
    const { ledger, other } = await make();
    await reserve(other, {
      intent: anIntent({ ...second, intentId: 'op-2/ec2:ModifyVolume', subject: 'volume/vol-0b2' }),
      reservation: aReservation(second),
    });
    expect(await reserve(ledger, { clusterVersion: 0 })).toEqual({ reserved: false, because: 'cluster-changed' });
    expect(await ledger.readIntent(subject, key.intentId)).toBeUndefined();
    expect((await ledger.clusterState(cluster)).dayGrownGib).toBe(50);
  });

  it('is refused when somebody changed the bookkeeping in the last moment', async () => {
    const { ledger, other, table } = await make();
    await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
    table.beforeNextWrite(() => other.setPaused(cluster, paused).then(() => other.setPaused(cluster, undefined)));
    const request = { intent: anIntent(), lease, clusterVersion: 0, reservation: aReservation(), day: today };
    expect(await ledger.reserveIntent(request)).toEqual({ reserved: false, because: 'cluster-changed' });
  });

  it('is refused to a holder that was taken over', async () => {
    const { ledger } = await make();
    const holder = { name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs };
    const first = await ledger.takeLease(holder);
    if (!first.taken) throw new Error('not taken');
    await ledger.takeLease({ ...holder, executionArn: execution('two'), over: first.lease });
    const request = { intent: anIntent(), lease, clusterVersion: 0, reservation: aReservation(), day: today };
    expect(await ledger.reserveIntent(request)).toEqual({ reserved: false, because: 'lease-lost' });
  });

  it('is refused without a lease, and to an older fence of the same execution', async () => {
    const { ledger } = await make();
    const request = { intent: anIntent(), lease, clusterVersion: 0, reservation: aReservation(), day: today };
    expect(await ledger.reserveIntent(request)).toEqual({ reserved: false, because: 'lease-lost' });
    expect(await reserve(ledger, { lease: { ...lease, fence: 0 } })).toEqual({
      reserved: false,
      because: 'lease-lost',
    });
  });

  it('goes to exactly one of two that read the same version', async () => {
    const { ledger, other } = await make();
    await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
    // On a real table one of the two may be told to come again.
    const tries = await Promise.allSettled([ledger.reserveIntent(requestOf('a')), other.reserveIntent(requestOf('b'))]);
    const reserved = tries.filter((answer) => answer.status === 'fulfilled' && answer.value.reserved);
    expect(reserved.length).toBeLessThanOrEqual(1);
    expect((await ledger.clusterState(cluster)).version).toBe(reserved.length);
  });

  it('adds up within a day and begins anew on the next', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    const onDay = (n: number, day: string) =>
      reserve(ledger, {
        intent: anIntent({ operationId: `op-${n}`, intentId: `op-${n}/ec2:ModifyVolume` }),
        reservation: aReservation({ operationId: `op-${n}`, volumeId: `vol-${n}`, usdPerMonth: 0.1 }),
        day,
      });
    await onDay(2, today);
    expect(await ledger.clusterState(cluster)).toMatchObject({ day: today, dayGrownGib: 100, dayUsdPerMonth: 4.86 });
    await onDay(3, tomorrow);
    const state = await ledger.clusterState(cluster);
    expect(state).toMatchObject({ day: tomorrow, dayGrownGib: 50, dayUsdPerMonth: 0.1 });
    expect(Object.keys(state.reservations).toSorted()).toEqual([volumeId, 'vol-2', 'vol-3'].toSorted());
  });

  it('is ours when its answer was lost', async () => {
    const { ledger, table } = await make();
    await ledger.takeLease({ name: subject, operationId: 'op-1', executionArn: lease.executionArn, nowMs: noonMs });
    table.loseAnswers(2);
    const request = { intent: anIntent(), lease, clusterVersion: 0, reservation: aReservation(), day: today };
    expect(await ledger.reserveIntent(request)).toEqual({ reserved: true });
    expect(table.calls.filter((call) => call === 'TransactWriteItems')).toHaveLength(3);
    expect(await ledger.clusterState(cluster)).toMatchObject({ version: 1, dayGrownGib: 50 });
  });

  it('gives back what was reserved, to the cent', async () => {
    const { ledger } = await make();
    await reserve(ledger, { reservation: aReservation({ usdPerMonth: 0.1 }) });
    const other = aReservation({ ...second, usdPerMonth: 0.2 });
    const intent = anIntent({ ...second, intentId: 'op-2/ec2:ModifyVolume' });
    await reserve(ledger, { intent, reservation: other });
    const returned = { status: 'refused', atMs: noonMs, giveBack: { volumeId: second.volumeId } } as const;
    await ledger.settleIntent({ intent, ...returned });
    const state = await ledger.clusterState(cluster);
    expect(state).toMatchObject({ dayGrownGib: 50, dayUsdPerMonth: 0.1 });
    expect(Object.keys(state.reservations)).toEqual([volumeId]);
  });

  it('gives back exactly once', async () => {
    const { ledger, other } = await make();
    await reserve(ledger);
    const settle = { intent: key, status: 'not-done', atMs: noonMs, giveBack: { volumeId } } as const;
    await ledger.settleIntent(settle);
    await other.settleIntent(settle);
    expect(await ledger.clusterState(cluster)).toMatchObject({ version: 2, dayGrownGib: 0, dayUsdPerMonth: 0 });
  });

  it('gives back exactly once when the answer was lost', async () => {
    const { ledger, table } = await make();
    await reserve(ledger);
    table.loseAnswers(1);
    await ledger.settleIntent({ intent: key, status: 'refused', atMs: noonMs, giveBack: { volumeId } });
    const state = await ledger.clusterState(cluster);
    expect(state).toMatchObject({ version: 2, reservations: {}, dayGrownGib: 0, dayUsdPerMonth: 0 });
    expect((await ledger.readIntent(subject, key.intentId))?.status).toBe('refused');
  });

  it('gives back although the bookkeeping changed in the last moment', async () => {
    const { ledger, other, table } = await make();
    await reserve(ledger);
    table.beforeNextWrite(() => other.setPaused(cluster, paused));
    await ledger.settleIntent({ intent: key, status: 'refused', atMs: noonMs, giveBack: { volumeId } });
    expect(await ledger.clusterState(cluster)).toMatchObject({ version: 3, paused, dayGrownGib: 0, reservations: {} });
  });

  it("takes nothing out of another day's sums", async () => {
    const { ledger } = await make();
    await reserve(ledger);
    const intent = anIntent({ ...second, intentId: 'op-2/ec2:ModifyVolume', atMs: noonMs + dayMs });
    await reserve(ledger, { intent, reservation: aReservation(second), day: tomorrow });
    await ledger.settleIntent({ intent: key, status: 'refused', atMs: noonMs + dayMs, giveBack: { volumeId } });
    const state = await ledger.clusterState(cluster);
    expect(state).toMatchObject({ day: tomorrow, dayGrownGib: 50, dayUsdPerMonth: 4.76 });
    expect(Object.keys(state.reservations)).toEqual([second.volumeId]);
  });

  it("gives back the sums and leaves a later operation's reservation of the same volume", async () => {
    const { ledger } = await make();
    await reserve(ledger);
    const intent = anIntent({ operationId: 'op-2', intentId: 'op-2/ec2:ModifyVolume' });
    const later = aReservation({ operationId: 'op-2', fromGib: 150, toGib: 160 });
    await reserve(ledger, { intent, reservation: later });
    await ledger.settleIntent({ intent: key, status: 'not-done', atMs: noonMs, giveBack: { volumeId } });
    const state = await ledger.clusterState(cluster);
    expect(state.reservations).toEqual({ [volumeId]: later });
    expect(state.dayGrownGib).toBe(10);
  });
}

import { expect, it } from '@jest/globals';
import { aReservation, cluster, type MakeLedger, noonMs, reserve, today } from './fixtures.ts';

const paused = { by: 'ada', atMs: noonMs, reason: 'maintenance' };

export function clusterCases(make: MakeLedger): void {
  it('begins with version 0 and nothing in it', async () => {
    const { ledger } = await make();
    const state = await ledger.clusterState(cluster);
    expect(state).toMatchObject({ cluster, version: 0, reservations: {}, dayGrownGib: 0, dayUsdPerMonth: 0 });
    expect(state.paused).toBeUndefined();
  });

  it('says who paused and why, until it is resumed', async () => {
    const { ledger, other } = await make();
    await ledger.setPaused(cluster, paused);
    expect(await other.clusterState(cluster)).toMatchObject({ paused, reservations: {}, dayGrownGib: 0 });
    await other.setPaused(cluster, undefined);
    expect((await ledger.clusterState(cluster)).paused).toBeUndefined();
  });

  it('has a new version after a pause and after its end', async () => {
    const { ledger } = await make();
    await ledger.setPaused(cluster, paused);
    const between = await ledger.clusterState(cluster);
    await ledger.setPaused(cluster, undefined);
    expect(between.version).toBe(1);
    expect((await ledger.clusterState(cluster)).version).toBe(2);
  });

  it('is not changed by resuming what is not paused', async () => {
    const { ledger } = await make();
    await ledger.setPaused(cluster, undefined);
    expect((await ledger.clusterState(cluster)).version).toBe(0);
  });

  it('stays paused when somebody paused anew while the old pause was being ended', async () => {
    const { ledger, other, table } = await make();
    await ledger.setPaused(cluster, paused);
    const anew = { ...paused, by: 'bob', atMs: noonMs + 1 };
    table.beforeNextWrite(() => other.setPaused(cluster, anew));
    await ledger.setPaused(cluster, undefined);
    expect((await ledger.clusterState(cluster)).paused).toEqual(anew);
  });

  it('keeps the fleet apart from the clusters', async () => {
    const { ledger } = await make();
    await ledger.setPaused('*', paused);
    expect((await ledger.clusterState(cluster)).paused).toBeUndefined();
    expect((await ledger.clusterState('*')).paused).toEqual(paused);
  });

  it('keeps its sums and reservations through a pause', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    await ledger.setPaused(cluster, paused);
    expect(await ledger.clusterState(cluster)).toMatchObject({
      day: today,
      dayGrownGib: 50,
      dayUsdPerMonth: 4.76,
      reservations: { [aReservation().volumeId]: aReservation() },
    });
  });

  it('drops a reservation when the growth is proven, and keeps the sums of the day', async () => {
    const { ledger } = await make();
    await reserve(ledger);
    await ledger.releaseReservation(cluster, aReservation().volumeId, 'op-1');
    await ledger.releaseReservation(cluster, aReservation().volumeId, 'op-1');
    expect(await ledger.clusterState(cluster)).toMatchObject({ version: 2, reservations: {}, dayGrownGib: 50 });
  });

  it("keeps another operation's reservation", async () => {
    const { ledger } = await make();
    await reserve(ledger);
    await ledger.releaseReservation(cluster, aReservation().volumeId, 'op-2');
    expect(Object.keys((await ledger.clusterState(cluster)).reservations)).toEqual([aReservation().volumeId]);
  });

  it('releases where nothing was ever reserved', async () => {
    const { ledger } = await make();
    await ledger.releaseReservation(cluster, aReservation().volumeId, 'op-1');
    expect((await ledger.clusterState(cluster)).version).toBe(0);
  });

  it('takes lost answers to pausing, resuming and releasing', async () => {
    const { ledger, table } = await make();
    await reserve(ledger);
    table.loseAnswers(1);
    await ledger.setPaused(cluster, paused);
    expect((await ledger.clusterState(cluster)).paused).toEqual(paused);
    table.loseAnswers(1);
    await ledger.setPaused(cluster, undefined);
    table.loseAnswers(1);
    await ledger.releaseReservation(cluster, aReservation().volumeId, 'op-1');
    const state = await ledger.clusterState(cluster);
    expect(state.paused).toBeUndefined();
    expect(state.reservations).toEqual({});
  });
}

import { expect, it } from '@jest/globals';
import { anInspection, aSight, cluster, hourMs, type MakeLedger, noonMs, volumeId } from './fixtures.ts';

const call = {
  cluster,
  volumeId,
  reason: 'at-size-limit',
  operationId: 'op-1',
  nowMs: noonMs,
  remindAfterMs: 24 * hourMs,
};

export function volumeCases(make: MakeLedger): void {
  it('are unknown before they are seen', async () => {
    const { ledger } = await make();
    expect(await ledger.volumes(cluster)).toEqual([]);
    expect(await ledger.volume(cluster, volumeId)).toBeUndefined();
  });

  it('keep their first sight for ever, and follow their instance', async () => {
    const { ledger, other } = await make();
    await ledger.seeVolume(aSight);
    await other.seeVolume({ ...aSight, instanceId: 'i-2', sizeGib: 150, ownerTags: { team: 'x' }, nowMs: noonMs + 1 });
    expect(await ledger.volume(cluster, volumeId)).toEqual({
      cluster,
      volumeId,
      instanceId: 'i-2',
      firstSeenAtMs: noonMs,
      firstSeenGib: 100,
      ownerTags: { team: 'orders' },
      escalations: {},
    });
  });

  it('are listed by cluster, and told apart where one id begins like the other', async () => {
    const { ledger } = await make();
    for (const id of ['vol-1', 'vol-12', 'vol-2']) await ledger.seeVolume({ ...aSight, volumeId: id });
    await ledger.seeVolume({ ...aSight, cluster: 'orders-2', volumeId: 'vol-3' });
    await ledger.setNotBefore(cluster, 'vol-12', { atMs: noonMs, reason: 'modification-limit' });
    const ids = (await ledger.volumes(cluster)).map((record) => record.volumeId);
    expect(ids.toSorted()).toEqual(['vol-1', 'vol-12', 'vol-2']);
    expect((await ledger.volume(cluster, 'vol-1'))?.notBefore).toBeUndefined();
  });

  it('remember their latest inspection', async () => {
    const { ledger } = await make();
    await ledger.seeVolume(aSight);
    await ledger.saveInspection(cluster, volumeId, anInspection());
    const later = anInspection({ atMs: noonMs + 1, usedBytes: 1 });
    await ledger.saveInspection(cluster, volumeId, later);
    await ledger.saveInspection(cluster, volumeId, anInspection());
    expect((await ledger.volume(cluster, volumeId))?.inspection).toEqual(later);
  });

  it('are found by instance and mount point', async () => {
    const { ledger } = await make();
    await ledger.saveInspection(cluster, volumeId, anInspection());
    expect(await ledger.volumeAtMountPoint('i-1', '/var/lib/kafka')).toEqual({ cluster, volumeId });
    expect(await ledger.volumeAtMountPoint('i-2', '/var/lib/kafka')).toBeUndefined();
    expect(await ledger.volumeAtMountPoint('i-1', '/')).toBeUndefined();
  });

  it('are no longer found where they were before they moved', async () => {
    const { ledger } = await make();
    await ledger.saveInspection(cluster, volumeId, anInspection());
    const moved = anInspection({ atMs: noonMs + 1, instanceId: 'i-2' });
    await ledger.saveInspection(cluster, volumeId, moved);
    expect(await ledger.volumeAtMountPoint('i-1', '/var/lib/kafka')).toBeUndefined();
    expect(await ledger.volumeAtMountPoint('i-2', '/var/lib/kafka')).toEqual({ cluster, volumeId });
  });

  it('make way for the volume that was mounted in their place', async () => {
    const { ledger } = await make();
    await ledger.saveInspection(cluster, volumeId, anInspection());
    await ledger.saveInspection(cluster, 'vol-new', anInspection({ atMs: noonMs + 1 }));
    await ledger.saveInspection(cluster, volumeId, anInspection());
    expect(await ledger.volumeAtMountPoint('i-1', '/var/lib/kafka')).toEqual({ cluster, volumeId: 'vol-new' });
  });

  it('remember a layout that is not supported, without a mount point', async () => {
    const { ledger } = await make();
    await ledger.seeVolume(aSight);
    const inspection = {
      atMs: noonMs,
      instanceId: 'i-1',
      supported: false,
      reason: 'raid',
      layout: 'raid',
      deviceBytes: 5,
    };
    await ledger.saveInspection(cluster, volumeId, inspection);
    expect((await ledger.volume(cluster, volumeId))?.inspection).toEqual(inspection);
  });

  it('of an MSK cluster are remembered together, without an instance', async () => {
    const { ledger } = await make();
    const { instanceId: _, ...ofMsk } = { ...aSight, volumeId: 'msk/orders' };
    await ledger.seeVolume(ofMsk);
    await ledger.seeVolume({ ...ofMsk, volumeId: 'msk/orders/2' });
    await ledger.setNotBefore(cluster, 'msk/orders', { atMs: noonMs, reason: 'x' });
    await ledger.escalate({ ...call, volumeId: 'msk/orders' });
    const record = {
      cluster,
      volumeId: 'msk/orders',
      firstSeenAtMs: noonMs,
      firstSeenGib: 100,
      ownerTags: { team: 'orders' },
      notBefore: { atMs: noonMs, reason: 'x' },
      escalations: {
        'at-size-limit': { reason: 'at-size-limit', operationId: 'op-1', openedAtMs: noonMs, remindedAtMs: noonMs },
      },
    };
    expect(await ledger.volume(cluster, 'msk/orders')).toEqual(record);
    expect(await ledger.volume(cluster, 'msk')).toBeUndefined();
    const ids = (await ledger.volumes(cluster)).map(({ volumeId: id }) => id);
    expect(ids.toSorted()).toEqual(['msk/orders', 'msk/orders/2']);
    await ledger.closeEscalations(cluster, 'msk/orders');
    expect((await ledger.volume(cluster, 'msk/orders'))?.escalations).toEqual({});
  });

  it('keep their instance through a sight that names none', async () => {
    const { ledger } = await make();
    await ledger.seeVolume(aSight);
    const { instanceId: _, ...without } = aSight;
    await ledger.seeVolume(without);
    expect((await ledger.volume(cluster, volumeId))?.instanceId).toBe('i-1');
  });

  it('remember what refusals taught about the cool-down, the last lesson', async () => {
    const { ledger, other } = await make();
    await ledger.setCoolDown(cluster, volumeId, { changeAtMs: noonMs, refusals: 1, learntMs: 6 * hourMs });
    expect(await ledger.volumes(cluster)).toEqual([]);
    await ledger.seeVolume(aSight);
    const coolDown = { changeAtMs: noonMs, refusals: 2, learntMs: 7 * hourMs };
    await other.setCoolDown(cluster, volumeId, coolDown);
    expect((await ledger.volume(cluster, volumeId))?.coolDown).toEqual(coolDown);
    expect((await ledger.volumes(cluster))[0]?.coolDown).toEqual(coolDown);
  });

  it('remember not to be tried before a time, until that is lifted', async () => {
    const { ledger } = await make();
    await ledger.seeVolume(aSight);
    const notBefore = { atMs: noonMs + hourMs, reason: 'modification-limit' };
    await ledger.setNotBefore(cluster, volumeId, notBefore);
    expect((await ledger.volume(cluster, volumeId))?.notBefore).toEqual(notBefore);
    await ledger.setNotBefore(cluster, volumeId, undefined);
    await ledger.setNotBefore(cluster, volumeId, undefined);
    expect((await ledger.volume(cluster, volumeId))?.notBefore).toBeUndefined();
  });

  it('open an escalation once', async () => {
    const { ledger, other } = await make();
    await ledger.seeVolume(aSight);
    expect(await ledger.escalate(call)).toBe('opened');
    expect(await other.escalate({ ...call, operationId: 'op-2', nowMs: noonMs + 1 })).toBe('standing');
    expect((await ledger.volume(cluster, volumeId))?.escalations).toEqual({
      'at-size-limit': { reason: 'at-size-limit', operationId: 'op-1', openedAtMs: noonMs, remindedAtMs: noonMs },
    });
  });

  it('open an escalation at the same instant once', async () => {
    const { ledger } = await make();
    expect(await ledger.escalate(call)).toBe('opened');
    expect(await ledger.escalate(call)).toBe('standing');
  });

  it('remind of an escalation from the very millisecond on, and then anew', async () => {
    const { ledger } = await make();
    await ledger.escalate(call);
    const dueMs = noonMs + call.remindAfterMs;
    expect(await ledger.escalate({ ...call, nowMs: dueMs - 1 })).toBe('standing');
    expect(await ledger.escalate({ ...call, nowMs: dueMs })).toBe('due');
    expect(await ledger.escalate({ ...call, nowMs: dueMs })).toBe('standing');
    expect(await ledger.escalate({ ...call, nowMs: dueMs + call.remindAfterMs - 1 })).toBe('standing');
    expect(await ledger.escalate({ ...call, nowMs: dueMs + call.remindAfterMs })).toBe('due');
  });

  it('remind once where two would', async () => {
    const { ledger, other, table } = await make();
    await ledger.escalate(call);
    const late = { ...call, nowMs: noonMs + call.remindAfterMs };
    table.beforeNextWrite(() => other.escalate({ ...late, operationId: 'op-2' }));
    expect(await ledger.escalate(late)).toBe('standing');
  });

  it('keep escalations of several reasons apart, and close them one by one or all', async () => {
    const { ledger } = await make();
    await ledger.seeVolume(aSight);
    for (const reason of ['at-size-limit', 'metric-stale', 'raid']) await ledger.escalate({ ...call, reason });
    await ledger.closeEscalations(cluster, volumeId, 'raid');
    const standing = (await ledger.volume(cluster, volumeId))?.escalations ?? {};
    expect(Object.keys(standing).toSorted()).toEqual(['at-size-limit', 'metric-stale']);
    await ledger.closeEscalations(cluster, volumeId);
    await ledger.closeEscalations(cluster, volumeId);
    expect((await ledger.volume(cluster, volumeId))?.escalations).toEqual({});
    expect(await ledger.escalate(call)).toBe('opened');
  });

  it('can be escalated before they were ever seen, and closed', async () => {
    const { ledger } = await make();
    expect(await ledger.escalate(call)).toBe('opened');
    expect(await ledger.volume(cluster, volumeId)).toBeUndefined();
    expect(await ledger.volumes(cluster)).toEqual([]);
    await ledger.seeVolume(aSight);
    expect(Object.keys((await ledger.volume(cluster, volumeId))?.escalations ?? {})).toEqual(['at-size-limit']);
  });

  it('call for a person although the answers to opening and reminding were lost', async () => {
    const { ledger, table } = await make();
    table.loseAnswers(1);
    expect(await ledger.escalate(call)).toBe('opened');
    table.loseAnswers(1);
    expect(await ledger.escalate({ ...call, nowMs: noonMs + call.remindAfterMs })).toBe('due');
  });

  it('take lost answers to being seen, inspected, held off and closed', async () => {
    const { ledger, table } = await make();
    const losing = async (work: Promise<void>) => {
      table.loseAnswers(1);
      await work;
    };
    await losing(ledger.seeVolume(aSight));
    await losing(ledger.saveInspection(cluster, volumeId, anInspection()));
    await losing(ledger.setNotBefore(cluster, volumeId, { atMs: noonMs, reason: 'x' }));
    await losing(ledger.setCoolDown(cluster, volumeId, { changeAtMs: noonMs, refusals: 1, learntMs: hourMs }));
    await ledger.escalate(call);
    await losing(ledger.closeEscalations(cluster, volumeId));
    expect(await ledger.volume(cluster, volumeId)).toEqual({
      cluster,
      volumeId,
      instanceId: 'i-1',
      firstSeenAtMs: noonMs,
      firstSeenGib: 100,
      ownerTags: { team: 'orders' },
      inspection: anInspection(),
      notBefore: { atMs: noonMs, reason: 'x' },
      coolDown: { changeAtMs: noonMs, refusals: 1, learntMs: hourMs },
      escalations: {},
    });
  });
}

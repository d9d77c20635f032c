import { describe, expect, it } from '@jest/globals';
import { startWorkflow } from '../../functions/control/start-workflow.step.ts';
import { sweep } from '../../functions/fleet/sweep.step.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import {
  anEbsVolume,
  anOperation,
  executionArn,
  instanceId,
  minuteMs,
  storageWorld,
  type StorageWorld,
  volumeId,
} from '../support/storage-world.ts';

const look = (world: StorageWorld, slot = 'slot-1') => sweep(world)({ trigger: { type: 'schedule' }, slot });
const growths = async (world: StorageWorld): Promise<string[]> =>
  (await look(world)).start.filter(({ workflow }) => workflow === 'storage-scaling').map(({ subject }) => subject);
const escalations = async (world: StorageWorld): Promise<string[]> =>
  Object.keys((await world.ledger.volume('orders', volumeId))?.escalations ?? {});
const called = (world: StorageWorld, reason: string) =>
  world.ledger.escalate({
    cluster: 'orders',
    volumeId,
    reason,
    operationId: 'op-0',
    nowMs: world.clock.nowMs(),
    remindAfterMs: 12 * hourMs,
  });

async function inspected(cluster: Parameters<typeof storageWorld>[0] = {}): Promise<StorageWorld> {
  const world = storageWorld(cluster);
  await world.inspect();
  return world;
}

describe('the sweep', () => {
  it('starts a growth for a volume that stayed above its threshold, without any alarm (S7)', async () => {
    expect(await growths(await inspected())).toEqual([volumeId]);
  });

  it('starts nothing for a volume that needs nothing', async () => {
    const world = await inspected();
    world.usedFraction = () => 0.5;
    expect(await look(world)).toEqual({ start: [], volumes: 1, left: 0 });
  });

  it('what it lists is taken by start-workflow as it is, once', async () => {
    const world = await inspected();
    const [entry] = (await look(world)).start;
    expect(await startWorkflow(world)(entry)).toMatchObject({ started: 'new', workflow: 'storage-scaling' });
    expect(await startWorkflow(world)(entry)).toMatchObject({ started: 'already' });
  });

  it('inspects a host that was never looked at, and one whose look is 20 hours old', async () => {
    const world = storageWorld();
    expect((await look(world)).start).toMatchObject([{ workflow: 'host-inspection', subject: instanceId }]);
    await world.inspect();
    world.usedFraction = () => 0.5;
    world.clock.advance(20 * hourMs - 1);
    expect((await look(world)).start).toEqual([]);
    world.clock.advance(1);
    expect((await look(world)).start).toMatchObject([{ workflow: 'host-inspection' }]);
  });

  it('inspects again after a change of attachments, under another name', async () => {
    const world = storageWorld();
    const [before] = (await look(world)).start;
    world.ebs.all.push(anEbsVolume({ volumeId: 'vol-2' }));
    const [after] = (await look(world)).start;
    expect(after?.slot).not.toBe(before?.slot);
  });

  it('lets a volume’s own operation say that its host can’t be inspected, once', async () => {
    const world = await inspected();
    world.clock.advance(24 * hourMs - 1);
    expect(await growths(world)).toEqual([volumeId]);
    world.usedFraction = () => 0.5;
    expect(await growths(world)).toEqual([]);
    world.clock.advance(1);
    expect(await growths(world)).toEqual([volumeId]);
    await called(world, 'inspection-impossible');
    expect(await growths(world)).toEqual([]);
  });

  it('gives a new broker an hour to be inspected', async () => {
    const world = storageWorld();
    await look(world);
    world.clock.advance(hourMs - 1);
    expect(await growths(world)).toEqual([]);
    world.clock.advance(1);
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('leaves volumes of brokers that are not running alone (S10)', async () => {
    const world = await inspected();
    for (const state of ['stopped', 'pending']) {
      world.ebs.instances[0]!.state = state;
      expect((await look(world)).start).toEqual([]);
    }
    world.ebs.instances.length = 0;
    expect(await look(world)).toEqual({ start: [], volumes: 0, left: 0 });
  });

  it('does not start what a running operation is at', async () => {
    const world = await inspected();
    const { executionArn: arn } = anOperation('op-0');
    await world.ledger.takeLease({
      name: `volume/${volumeId}`,
      operationId: 'op-0',
      executionArn: arn,
      nowMs: world.clock.nowMs(),
    });
    expect(await growths(world)).toEqual([]);
    world.workflows.statuses.set(arn, 'ABORTED');
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('calls for a person once, and again as a reminder', async () => {
    const world = await inspected({ policy: { sizeGibMax: 100 } });
    expect(await growths(world)).toEqual([volumeId]);
    await called(world, 'at-size-limit');
    world.clock.advance(12 * hourMs - 1);
    expect(await growths(world)).toEqual([]);
    world.clock.advance(1);
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('closes a call whose cause is gone, though it starts nothing; a saw-tooth of less than an hour is one incident', async () => {
    const world = await inspected();
    await called(world, 'at-size-limit');
    world.usedFraction = () => 0.5;
    world.clock.advance(hourMs - 1);
    await look(world);
    expect(await escalations(world)).toEqual(['at-size-limit']);
    world.clock.advance(1);
    expect((await look(world)).start).toEqual([]);
    expect(await escalations(world)).toEqual([]);
  });

  it('keeps a call open while its cause stands', async () => {
    const world = await inspected({ policy: { sizeGibMax: 100 } });
    await called(world, 'at-size-limit');
    world.clock.advance(2 * hourMs);
    await look(world);
    expect(await escalations(world)).toEqual(['at-size-limit']);
  });

  it('raises a missing metric as its own incident', async () => {
    const world = await inspected();
    world.usedFraction = () => undefined;
    expect(await growths(world)).toEqual([volumeId]);
    await called(world, 'metric-missing');
    expect(await growths(world)).toEqual([]);
  });

  it('starts nothing that would change something while paused, but calls when there is too little time', async () => {
    const world = await inspected();
    await world.ledger.setPaused('orders', { by: 'me', atMs: world.clock.nowMs(), reason: '' });
    expect(await growths(world)).toEqual([]);
    const startMs = world.clock.nowMs();
    world.usedFraction = (atMs) => Math.min(1, 0.9 + ((atMs - startMs) / hourMs) * 0.02);
    expect(await growths(world)).toEqual([volumeId]);
  });

  it('ends the record of an operation that was stopped, and starts one that gives back what it held', async () => {
    const world = await inspected();
    world.usedFraction = () => 0.5;
    await world.ledger.openOperation({
      ...anOperation('op-0'),
      workflow: 'storage-scaling',
      subject: `volume/${volumeId}`,
      startedAtMs: world.clock.nowMs(),
      status: 'awaiting-approval',
      timeline: [],
    });
    expect((await look(world)).start).toEqual([]);
    world.workflows.statuses.set(executionArn('op-0'), 'ABORTED');
    world.clock.advance(15 * minuteMs);
    expect((await look(world)).start).toEqual([]); // once an hour
    world.clock.advance(45 * minuteMs);
    expect(await growths(world)).toEqual([volumeId]);
    expect(await world.ledger.operation('op-0')).toMatchObject({ status: 'failed', outcome: 'interrupted' });
    expect(await growths(world)).toEqual([]);
  });

  it('starts the most urgent first and leaves what is too much to the next one', async () => {
    const world = storageWorld();
    world.ebs.all.length = 0;
    world.ebs.instances.length = 0;
    for (let at = 0; at < 201; at++) {
      const id = `i-${at}`;
      world.ebs.instances.push({ instanceId: id, state: 'running', tags: {}, blockDevices: [] });
      world.ebs.all.push(
        anEbsVolume({
          volumeId: `vol-${at}`,
          attachments: [{ instanceId: id, deviceName: '/dev/sdf', state: 'attached' }],
        }),
      );
    }
    const { start, left, volumes } = await look(world);
    expect({ starts: start.length, left, volumes }).toEqual({ starts: 200, left: 1, volumes: 201 });
    expect(Buffer.byteLength(JSON.stringify(start))).toBeLessThan(256 * 1024);
  });
});

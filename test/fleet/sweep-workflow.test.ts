/** `storage-sweep` as a whole: what becomes of a sweep when something goes wrong on its way. */
import { describe, expect, it } from '@jest/globals';
import { hourMs } from '../../functions/storage/limits.ts';
import { anEbsVolume, mskWorld, storageWorld, type StorageWorld, volumeId } from '../support/storage-world.ts';
import { definitionOf } from '../support/storage-workflow.ts';
import { runSweep } from '../support/sweep-workflow.ts';

async function inspected(): Promise<StorageWorld> {
  const world = storageWorld();
  await world.inspect();
  return world;
}
/** A second page: a cluster of its own. */
function twoPages(world: StorageWorld): StorageWorld {
  const attachments = [{ instanceId: 'i-1', deviceName: '/dev/sdg', state: 'attached' }];
  for (let at = 0; at < 499; at++) world.ebs.all.push(anEbsVolume({ volumeId: `vol-x${at}`, attachments }));
  world.fleet.clusters.push(...mskWorld().fleet.clusters);
  return world;
}
const throwing = (error: string): never => {
  throw Object.assign(new Error(error), { error });
};

describe('storage-sweep', () => {
  it('starts what is due', async () => {
    const world = await inspected();
    const done = await runSweep(world);
    expect(done.status).toBe('SUCCEEDED');
    expect(world.workflows.started).toMatchObject([{ workflow: 'storage-scaling' }]);
  });

  it('ends without a start where nothing is due', async () => {
    const world = await inspected();
    world.usedFraction = () => 0.5;
    const done = await runSweep(world);
    expect(done.status).toBe('SUCCEEDED');
    expect(done.states.map(({ name }) => name)).toEqual([
      'PlanSweep',
      'SurveyPages',
      'CollectDue',
      'ChooseDue',
      'Done',
    ]);
  });

  it('ends well for a fleet that has nothing', async () => {
    const world = storageWorld();
    world.fleet.clusters = [];
    expect((await runSweep(world)).status).toBe('SUCCEEDED');
  });

  it('starts what the other pages have when one breaks, and fails', async () => {
    const world = twoPages(await inspected());
    const done = await runSweep(world, (state, { number }) =>
      state === 'SurveyPage' && number === 1 ? throwing('Novel') : undefined,
    );
    expect(done).toMatchObject({ status: 'FAILED', error: 'SomeNotSurveyed' });
    expect(world.workflows.started).toMatchObject([{ input: { subject: 'msk/payments' } }]);
  });

  it('fails when a page breaks and nothing else is due', async () => {
    const world = await inspected();
    const done = await runSweep(world, (state) => (state === 'SurveyPage' ? throwing('Novel') : undefined));
    expect(done).toMatchObject({ status: 'FAILED', error: 'SomeNotSurveyed' });
    expect(done.cause).toContain('"failedPages":1');
  });

  it('says that a kind could not be listed, after it has started the rest', async () => {
    const world = twoPages(await inspected());
    world.msk.clusters = () => Promise.reject(new Error('novel'));
    const done = await runSweep(world);
    expect(done).toMatchObject({ status: 'FAILED', error: 'SomeNotSurveyed' });
    expect(done.cause).toContain('novel');
    expect(world.workflows.started.map(({ input }) => (input as { subject: string }).subject)).toContain(volumeId);
  });

  it('starts the others when one can’t be started, and fails', async () => {
    const world = twoPages(await inspected());
    const done = await runSweep(world, (state, { subject }) =>
      state === 'Start' && subject === volumeId ? throwing('Novel') : undefined,
    );
    expect(done).toMatchObject({ status: 'FAILED', error: 'SomeNotStarted' });
    expect(world.workflows.started.map(({ input }) => (input as { subject: string }).subject)).toContain(
      'msk/payments',
    );
  });

  it('gives shortened retention back', async () => {
    const world = mskWorld();
    const nowMs = world.clock.nowMs();
    const relief = { reliefId: 'op-9', cluster: 'payments', volumeId: 'msk/payments', armedAtMs: nowMs, topics: [] };
    await world.ledger.armRelief({ ...relief, restoreAtMs: nowMs + 48 * hourMs });
    await runSweep(world);
    expect(world.workflows.started.map(({ workflow }) => workflow)).toEqual(['storage-scaling']);
    world.brokerUsedGib = (brokerId) => (brokerId <= 3 ? 40 : undefined);
    world.clock.advance(hourMs);
    await runSweep(world);
    expect(world.workflows.started.at(-1)).toMatchObject({ workflow: 'retention-restore' });
  });

  it('has time to try each of its steps twice, and ends before the next sweep', () => {
    interface Timed {
      TimeoutSeconds: number;
      States: Record<string, Timed & { ItemProcessor?: Timed }>;
    }
    const { TimeoutSeconds, States } = JSON.parse(definitionOf('storage-sweep')) as Timed;
    const steps = [States.PlanSweep, States.SurveyPages?.ItemProcessor?.States.SurveyPage, States.CollectDue];
    const seconds = steps.map((step) => step?.TimeoutSeconds ?? Number.NaN);
    expect(TimeoutSeconds).toBeGreaterThan(2 * seconds.reduce((sum, one) => sum + one, 0));
    expect(TimeoutSeconds).toBeLessThan(900);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { startWorkflow } from '../../functions/control/start-workflow.step.ts';
import { instanceId, mountPoint, storageWorld, volumeId } from '../support/storage-world.ts';

const alarmArn = 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:disk';
const alarm = (change: Record<string, unknown> = {}, value = 'ALARM', timestamp = '2026-11-21T12:00:00.000+0000') => ({
  source: 'aws.cloudwatch',
  resources: [alarmArn],
  detail: { state: { value, timestamp }, ...change },
});
const contributor = {
  alarmContributor: { id: 'c-1', attributes: { InstanceId: instanceId, path: mountPoint } },
};
const operator = (change: Record<string, unknown> = {}) => ({
  source: 'operator',
  workflow: 'storage-scaling',
  requestId: 'r-1',
  by: 'me',
  subject: volumeId,
  request: { action: 'grow', toGib: 150 },
  ...change,
});

async function world() {
  const made = storageWorld();
  await made.inspect();
  return { made, start: startWorkflow(made), started: made.workflows.started };
}

describe('start-workflow', () => {
  it('finds the volume behind an alarm’s contributor', async () => {
    const { start, started } = await world();
    expect(await start(alarm(contributor))).toMatchObject({ started: 'new', workflow: 'storage-scaling' });
    expect(started).toMatchObject([{ input: { cluster: 'orders', subject: volumeId, trigger: { type: 'alarm' } } }]);
  });

  it('finds it behind the dimensions of an alarm of the user’s own', async () => {
    const { start } = await world();
    const metrics = [
      { id: 'e1', expression: 'm1' },
      { metricStat: { metric: { dimensions: { InstanceId: instanceId, path: mountPoint } } } },
    ];
    expect(await start(alarm({ configuration: { metrics } }))).toMatchObject({ workflow: 'storage-scaling' });
  });

  it.each([
    ['without dimensions', {}],
    [
      'of a host that was never inspected',
      { alarmContributor: { id: 'c', attributes: { InstanceId: 'i-9', path: '/d' } } },
    ],
  ])('looks at the whole fleet for an alarm %s', async (_title, change) => {
    const { start, started } = await world();
    expect(await start(alarm(change))).toMatchObject({ workflow: 'storage-sweep' });
    expect(started).toMatchObject([{ input: { subject: 'fleet' } }]);
  });

  it('runs the same transition once, however often it is delivered', async () => {
    const { start, started } = await world();
    const [first, second] = [await start(alarm(contributor)), await start(alarm(contributor))];
    expect([first, second]).toMatchObject([{ started: 'new' }, { started: 'already' }]);
    expect(started).toHaveLength(1);
  });

  it('runs another transition, contributor or request apart', async () => {
    const { start, started } = await world();
    await start(alarm(contributor));
    await start(alarm(contributor, 'ALARM', '2026-11-21T13:00:00.000+0000'));
    await start(alarm({ alarmContributor: { ...contributor.alarmContributor, id: 'c-2' } }));
    await start(operator());
    await start(operator({ requestId: 'r-2' }));
    expect(new Set(started.map(({ name }) => name)).size).toBe(5);
  });

  it.each(['OK', 'INSUFFICIENT_DATA'])('does nothing for a transition to %s', async (value) => {
    const { start, started } = await world();
    expect(await start(alarm(contributor, value))).toMatchObject({ started: 'no' });
    expect(started).toEqual([]);
  });

  it('names an execution by the hash of workflow, subject and trigger; the operation by its beginning', async () => {
    const { start, started } = await world();
    const answer = await start(operator());
    const name = createHash('sha256')
      .update(JSON.stringify(['storage-scaling', volumeId, 'operator r-1']))
      .digest('hex');
    expect(started).toMatchObject([{ name, input: { operationId: name.slice(0, 16), request: { toGib: 150 } } }]);
    expect(answer).toMatchObject({ operationId: name.slice(0, 16) });
  });

  it('starts nothing for a volume that no cluster is known to have', async () => {
    const { start } = await world();
    expect(await start(operator({ subject: 'vol-9' }))).toMatchObject({ started: 'no' });
  });

  it('starts one sweep a slot', async () => {
    const { start, started } = await world();
    const slot = { source: 'schedule', workflow: 'storage-sweep', slot: '2026-11-21T12:00:00Z' };
    await start(slot);
    await start(slot);
    expect(started).toMatchObject([{ workflow: 'storage-sweep' }]);
  });

  it.each([
    ['another source', { source: 'aws.s3' }],
    ['a workflow that nobody may start so', operator({ workflow: 'host-inspection' })],
    ['a size of nothing', operator({ request: { action: 'grow', toGib: 0 } })],
    ['a subject that is no volume', operator({ subject: 'i-1' })],
    ['nothing', undefined],
  ])('is a defect for %s', async (_title, event) => {
    const { start } = await world();
    await expect(start(event)).rejects.toMatchObject({ name: 'InputInvalid', faultClass: 'defect' });
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { startWorkflow } from '../../functions/control/start-workflow.step.ts';
import { anMskCluster, clusterArn } from '../support/storage-facts.ts';
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

const relieve = { source: 'operator', workflow: 'retention-relief', requestId: 'r-1', by: 'me', cluster: 'payments' };

/** One cluster on EC2, `orders`, and one on MSK, `payments`, which MSK knows as `payments-prod`. */
async function world() {
  const made = storageWorld();
  made.fleet.clusters.push(anMskCluster());
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

  it.each(['vol-9', 'i-1', 'msk/orders', 'msk/payments-prod', 'orders', 'msk/'])(
    'starts nothing for %s, which is nobody’s storage',
    async (subject) => {
      const { start, started } = await world();
      expect(await start(operator({ subject }))).toMatchObject({ started: 'no' });
      expect(started).toEqual([]);
    },
  );

  it.each(['msk/payments', 'payments'])(
    'grows an MSK cluster by its name, however it is written: %s',
    async (subject) => {
      const { start, started } = await world();
      await start(operator({ subject }));
      expect(started).toMatchObject([
        {
          workflow: 'storage-scaling',
          input: { cluster: 'payments', subject: 'msk/payments', request: { action: 'grow', toGib: 150 } },
        },
      ]);
    },
  );

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
    ['no subject', operator({ subject: '' })],
    ['no topics at all', { ...relieve, topics: [] }],
    ['a relief of nobody’s', { source: 'relief', cluster: 'payments', subject: 'msk/payments', barred: {} }],
    ['a deadline of no relief', { source: 'relief-deadline', cluster: 'payments' }],
    ['nothing', undefined],
  ])('is a defect for %s', async (_title, event) => {
    const { start } = await world();
    await expect(start(event)).rejects.toMatchObject({ name: 'InputInvalid', faultClass: 'defect' });
  });
});

describe('an alarm about an MSK cluster', () => {
  it.each([
    [
      'contributor',
      { alarmContributor: { id: 'c-1', attributes: { 'Cluster Name': 'payments-prod', 'Broker ID': '2' } } },
    ],
    [
      'own dimensions',
      { configuration: { metrics: [{ metricStat: { metric: { dimensions: { 'Cluster Name': 'payments-prod' } } } }] } },
    ],
  ])('finds it by the name in its ARN, from its %s', async (_title, change) => {
    const { start, started } = await world();
    expect(await start(alarm(change))).toMatchObject({ workflow: 'storage-scaling' });
    expect(started).toMatchObject([
      { input: { cluster: 'payments', subject: 'msk/payments', trigger: { type: 'alarm' } } },
    ]);
  });

  it.each(['payments', 'clicks', ''])('looks at the whole fleet for one that it does not know: %s', async (name) => {
    const { start } = await world();
    const change = { alarmContributor: { id: 'c-1', attributes: { 'Cluster Name': name } } };
    expect(await start(alarm(change))).toMatchObject({ workflow: 'storage-sweep' });
  });
});

const alert = (change: Record<string, unknown> = {}) => ({
  id: 'e-1',
  time: '2026-11-21T12:00:00Z',
  source: 'aws.kafka',
  'detail-type': 'MSK Cluster Alert',
  resources: [clusterArn],
  detail: {},
  ...change,
});
const health = (change: Record<string, unknown> = {}, detail: Record<string, unknown> = {}) =>
  alert({
    source: 'aws.health',
    'detail-type': 'AWS Health Event',
    resources: [],
    detail: { service: 'KAFKA', affectedEntities: [{ entityValue: clusterArn }], ...detail },
    ...change,
  });

describe('an alert of MSK’s own', () => {
  it.each([
    ['from MSK', alert()],
    ['from Health, by its entities', health()],
    ['from Health, by its resources', health({ resources: [clusterArn] }, { affectedEntities: [] })],
    ['with others of the account', alert({ resources: ['arn:aws:kafka:eu-central-1:1:cluster/other/1', clusterArn] })],
  ])('%s starts its cluster’s growth', async (_title, event) => {
    const { start, started } = await world();
    expect(await start(event)).toMatchObject({ workflow: 'storage-scaling' });
    expect(started).toMatchObject([
      { input: { cluster: 'payments', subject: 'msk/payments', trigger: { type: 'alert' } } },
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['about nobody', alert({ resources: [] })],
    ['about a cluster that the fleet does not have', alert({ resources: [`${clusterArn}0`] })],
    ['without resources', alert({ resources: undefined })],
    ['with resources of another form', alert({ resources: { arn: clusterArn } })],
    ['with a detail of another form', alert({ resources: [], detail: 'disk' })],
    ['with nothing but its source', { source: 'aws.kafka' }],
    ['from Health, with entities of another form', health({}, { affectedEntities: [null, 3, { entityValue: {} }] })],
  ])('%s starts the sweep, and never fails', async (_title, event) => {
    const { start, started } = await world();
    expect(await start(event)).toMatchObject({ workflow: 'storage-sweep' });
    expect(started).toMatchObject([{ input: { cluster: '*', subject: 'fleet' } }]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a call of the API', alert({ 'detail-type': 'AWS API Call via CloudTrail' })],
    ['Health’s word on another service', health({}, { service: 'EC2' })],
    ['Health’s word on none', health({ detail: undefined })],
  ])('%s is none', async (_title, event) => {
    const { start, started } = await world();
    expect(await start(event)).toMatchObject({ started: 'no' });
    expect(started).toEqual([]);
  });

  it('delivered twice runs once', async () => {
    const { start, started } = await world();
    await start(alert());
    expect(await start(alert())).toMatchObject({ started: 'already' });
    await start(alert({ id: 'e-2' }));
    expect(started).toHaveLength(2);
  });
});

describe('relief', () => {
  const barred = { outcome: 'growth-barred', fullInHours: 3, retryAtMs: 5, brokerId: 2 };
  const start = { source: 'relief', cluster: 'payments', subject: 'msk/payments', operationId: 'op-1', barred };

  it('is started by the operation that found growth barred, once', async () => {
    const { start: run, started } = await world();
    await run(start);
    expect(await run(start)).toMatchObject({ started: 'already' });
    expect(started).toMatchObject([
      {
        workflow: 'retention-relief',
        input: { cluster: 'payments', subject: 'msk/payments', trigger: { type: 'barred', ...barred } },
      },
    ]);
    await run({ ...start, operationId: 'op-2' });
    expect(started).toHaveLength(2);
  });

  it('is asked for by an operator, with topics or without', async () => {
    const { start: run, started } = await world();
    await run(relieve);
    await run({ ...relieve, requestId: 'r-2', topics: ['clicks'] });
    expect(started).toMatchObject([
      { workflow: 'retention-relief', input: { subject: 'msk/payments', trigger: { type: 'operator', by: 'me' } } },
      { workflow: 'retention-relief', input: { request: { topics: ['clicks'] } } },
    ]);
    expect(started[0]?.input).not.toHaveProperty('request');
    expect(await run({ ...relieve, cluster: 'clicks' })).toMatchObject({ started: 'no' });
  });

  it('is given back by its schedule, once for each relief', async () => {
    const { start: run, started } = await world();
    const deadline = { source: 'relief-deadline', reliefId: 'relief-1', cluster: 'payments' };
    await run(deadline);
    expect(await run(deadline)).toMatchObject({ started: 'already' });
    await run({ ...deadline, reliefId: 'relief-2' });
    expect(started).toMatchObject([
      {
        workflow: 'retention-restore',
        input: { cluster: 'payments', subject: 'topics/payments', reliefId: 'relief-1', trigger: { type: 'deadline' } },
      },
      { input: { reliefId: 'relief-2' } },
    ]);
  });

  it('is given back by its schedule though its cluster was taken out of the fleet file', async () => {
    const { made, start: run, started } = await world();
    made.fleet.clusters.length = 0;
    await run({ source: 'relief-deadline', reliefId: 'relief-1', cluster: 'payments' });
    expect(started).toMatchObject([{ workflow: 'retention-restore' }]);
  });

  it('is given back by the sweep', async () => {
    const { start: run, started } = await world();
    const wanted = {
      source: 'sweep',
      workflow: 'retention-restore',
      cluster: 'payments',
      subject: 'topics/payments',
      slot: 's',
      reliefId: 'relief-1',
    };
    await run(wanted);
    expect(started).toMatchObject([
      { input: { subject: 'topics/payments', reliefId: 'relief-1', trigger: { type: 'sweep' } } },
    ]);
  });

  it('is given back by an operator, where one stands', async () => {
    const { made, start: run, started } = await world();
    const restore = { ...relieve, workflow: 'retention-restore' };
    expect(await run(restore)).toMatchObject({ started: 'no' });
    const nowMs = made.clock.nowMs();
    await made.ledger.armRelief({
      reliefId: 'relief-1',
      cluster: 'payments',
      volumeId: 'msk/payments',
      armedAtMs: nowMs,
      restoreAtMs: nowMs + 1,
      topics: [],
    });
    await run(restore);
    expect(started).toMatchObject([
      {
        workflow: 'retention-restore',
        input: { subject: 'topics/payments', reliefId: 'relief-1', trigger: { by: 'me' } },
      },
    ]);
  });
});

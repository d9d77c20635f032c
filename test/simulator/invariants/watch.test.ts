import { describe, expect, it } from '@jest/globals';
import type { Fleet } from '../../../functions/fleet/fleet.ts';
import { operator } from '../../../simulator/cloud/cloud.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import { SimulatedHosts } from '../../../simulator/cloud/host.ts';
import { MetricStore } from '../../../simulator/cloud/cloudwatch/metrics.ts';
import { SimulatedMsk } from '../../../simulator/cloud/msk.ts';
import type { Principal } from '../../../simulator/cloud/service.ts';
import { watch, type Watched } from '../../../simulator/invariants/index.ts';
import { allow, booted, role, startMs } from '../deploy/fixtures/template.ts';

const minute = 60_000;
const volumeId = 'vol-1';
const product: Principal = { roleArn: 'arn:aws:iam::111122223333:role/demo-Product', name: 'apply' };
const policy = {
  modificationsPerDayMax: 4,
  stepGibMax: 100,
  sizeGibMax: 1_000,
  growthGibPerDayMax: 500,
  clusterGibMax: 2_000,
  clusterUsdPerMonthMax: 1_000,
};
const clusterArn = 'arn:aws:kafka:eu-west-1:111122223333:cluster/payments-prod/0-1';
const retentionRelief = { enabled: true, retentionHoursMin: 12, retentionGibMin: 1, exclude: [] };
const ec2Cluster = { brokers: { tags: { kafka: 'orders' } }, mountPoints: ['/kafka'] };
const fleet = {
  clusters: [
    { name: 'orders', kind: 'ec2', mode: 'act', ...ec2Cluster, policy },
    { name: 'payments', kind: 'msk', mode: 'act', clusterArn, retentionRelief, policy },
  ],
  prices: { usdPerGibMonth: { gp3: 0.1, msk: 0.1 } },
} as unknown as Fleet;
const hourMs = 3_600_000;

type Listen = Parameters<Watched['onLedgerWrite']>[0];

const base64 = (configs: Record<string, string>): string => Buffer.from(JSON.stringify(configs)).toString('base64');

/** As the ledger's table holds it. */
const relief = {
  pk: 'operation#relief-1',
  type: 'relief',
  reliefId: 'relief-1',
  cluster: 'payments',
  volumeId: 'msk/payments',
  armedAtMs: startMs,
  restoreAtMs: startMs + 24 * hourMs,
  topics: [
    {
      name: 'events',
      id: 'arn:events',
      former: { 'retention.ms': String(168 * hourMs) },
      shortened: { 'retention.ms': String(12 * hourMs) },
      state: 'planned',
    },
  ],
};

function watched(isDryRun = false) {
  const world = booted({ Product: role('lambda.amazonaws.com', allow(['ec2:*', 'kafka:*', 'kafka-cluster:*'])) });
  const ec2 = world.cloud.add(new SimulatedEc2(world.cloud));
  const fill = { usedBytes: () => 0, shortenRetention: () => {}, notes: [] };
  const hosts = new SimulatedHosts(world.cloud, ec2, fill);
  const msk = world.cloud.add(new SimulatedMsk(world.cloud, fill, new MetricStore()));
  msk.createCluster({ clusterName: 'payments-prod', clusterArn });
  const configs = { 'retention.ms': String(168 * hourMs) };
  msk.createTopic(clusterArn, { name: 'events', partitions: 3, replicationFactor: 3, configs });
  ec2.createInstance({ instanceId: 'i-1', tags: { kafka: 'orders' } });
  ec2.createVolume({ volumeId, sizeGib: 100 });
  ec2.attach(volumeId, 'i-1', '/dev/sdf');
  hosts.mount({ instanceId: 'i-1', volumeId, mountPoint: '/kafka' });

  const ledger: { write?: Listen } = {};
  const { cloud, clock, deployment } = world.simulation;
  const invariants = watch(
    {
      cloud,
      clock,
      deployment,
      observe: (hooks) => world.simulation.observe(hooks),
      ec2,
      hosts,
      msk,
      onLedgerWrite: (listen) => {
        ledger.write = listen;
      },
      readOnlyDocuments: new Set(),
    },
    fleet,
    { isDryRun: () => isDryRun },
  );
  const modify = (sizeGib: number, principal = product) =>
    cloud.answer({
      service: 'ec2',
      operation: 'ModifyVolume',
      input: { VolumeId: volumeId, Size: sizeGib },
      principal,
      atMs: clock.nowMs(),
    });
  const intend = (sizeGib: number, status = 'intended') =>
    ledger.write?.(
      {
        pk: `journal#volume/${volumeId}`,
        type: 'intent',
        intentId: 'one',
        operationId: 'op',
        subject: `volume/${volumeId}`,
        action: 'ec2:ModifyVolume',
        request: { volumeId, sizeGib },
        atMs: clock.nowMs(),
        status,
      },
      undefined,
    );
  const ask = (operation: string, input: Record<string, unknown>) =>
    cloud.answer({
      service: 'kafka',
      operation,
      input: { ClusterArn: clusterArn, ...input },
      principal: product,
      atMs: clock.nowMs(),
    });
  const grow = (VolumeSizeGB: number) =>
    ask('UpdateBrokerStorage', {
      CurrentVersion: msk.cluster(clusterArn).currentVersion,
      TargetBrokerEBSVolumeInfo: [{ KafkaBrokerNodeId: 'All', VolumeSizeGB }],
    });
  const retain = (hours: number) =>
    ask('UpdateTopic', { TopicName: 'events', Configs: base64({ 'retention.ms': String(hours * hourMs) }) });
  const intendStorage = (sizeGib: number) =>
    ledger.write?.(
      {
        pk: 'journal#storage/payments',
        type: 'intent',
        intentId: 'one',
        operationId: 'op',
        subject: 'storage/payments',
        action: 'kafka:UpdateBrokerStorage',
        request: { volumeId: 'msk/payments', sizeGib },
        atMs: clock.nowMs(),
        status: 'intended',
      },
      undefined,
    );
  const write: Listen = (after, before) => ledger.write?.(after, before);
  const pause = () => ledger.write?.({ pk: 'cluster#*', type: 'cluster', paused: { by: 'me' } }, undefined);
  const names = () => invariants.violations.map(({ invariant }) => invariant);
  return { ...world, ec2, msk, modify, intend, intendStorage, grow, retain, write, pause, names };
}

describe('watch', () => {
  it('is content with a growth that was intended', async () => {
    const { modify, intend, names, simulation } = watched();
    intend(150);
    modify(150);
    intend(150, 'accepted');
    await simulation.run(startMs + 60 * minute);
    expect(names()).toEqual([]);
  });

  it('sees a growth without an intent, and caps that it breaks', () => {
    const { modify, names } = watched();
    modify(300);
    expect(names()).toEqual(['step-cap', 'intent-before-effect']);
  });

  it('sees a pause in the ledger and a call after it, though the call is refused', async () => {
    const { modify, intend, pause, names, simulation } = watched();
    intend(50);
    pause();
    await simulation.run(startMs + minute);
    expect(() => modify(50)).toThrow('size');
    expect(names()).toEqual(['quiet-while-paused']);
  });

  it('sees a call in a dry run', () => {
    const { modify, intend, names } = watched(true);
    intend(150);
    modify(150);
    expect(names()).toEqual(['quiet-in-dry-run']);
  });

  it('leaves the operator and strangers alone', () => {
    const { modify, ec2, names, simulation } = watched(true);
    modify(150, operator);
    expect(() => ec2.foreignModify(volumeId, { sizeGib: 200 })).toThrow('modification');
    expect(names()).toEqual([]);
    expect(simulation.counters().apiCalls).toEqual({ 'ec2:ModifyVolume': 1 });
  });

  it('is content with a growth of MSK that was intended, and counts all brokers', async () => {
    const { grow, intendStorage, names, simulation, msk } = watched();
    intendStorage(150);
    grow(150);
    await simulation.run(startMs + hourMs);
    expect(msk.cluster(clusterArn).volumeGib).toBe(150);
    expect(names()).toEqual([]);
  });

  it('sees a growth of MSK without an intent, and caps that its brokers break together', () => {
    const { grow, names } = watched();
    grow(267);
    expect(names()).toEqual(['step-cap', 'day-cap', 'intent-before-effect']);
  });

  it('sees a call in the cool-down that a stranger’s growth began, and one that the ledger has learnt of', async () => {
    const { grow, intendStorage, names, simulation, msk, write } = watched();
    const foreign = msk.foreignUpdate(clusterArn, { volumeGib: 120 });
    await simulation.run(startMs + hourMs);
    expect(names()).toEqual([]);
    intendStorage(150);
    expect(() => grow(150)).toThrow('optimizing');
    expect(names()).toEqual(['cool-down']);
    const learnt = { type: 'cool-down', volumeId: 'msk/payments', changeAtMs: foreign.atMs, refusals: 0 };
    write({ pk: 'volumes#payments', ...learnt, learntMs: 20 * hourMs }, undefined);
    await simulation.run(startMs + 10 * hourMs);
    grow(150);
    expect(names()).toEqual(['cool-down', 'cool-down']);
  });

  it('is content with a relief that is armed, does what it says and gives it back', async () => {
    const { retain, names, simulation, write } = watched();
    write(relief, undefined);
    retain(12);
    await simulation.run(startMs + hourMs);
    retain(168);
    write({ ...relief, endedAtMs: startMs + hourMs }, relief);
    await simulation.run(startMs + 40 * hourMs);
    expect(names()).toEqual([]);
  });

  it('sees topics changed without a relief, and beside what it says', () => {
    const { retain, names, write } = watched();
    retain(100);
    expect(names()).toEqual(['relief-armed-first']);
    write(relief, undefined);
    retain(50);
    expect(names()).toEqual(['relief-armed-first', 'relief-armed-first']);
  });

  it('leaves a topic to whoever changed it meanwhile', async () => {
    const { retain, names, simulation, msk, write } = watched();
    write(relief, undefined);
    retain(12);
    await simulation.run(startMs + hourMs);
    const theirs = base64({ 'retention.ms': String(20 * hourMs) });
    msk.foreignTopic(clusterArn, 'update', { TopicName: 'events', Configs: theirs });
    await simulation.run(startMs + 40 * hourMs);
    expect(names()).toEqual([]);
    retain(168);
    expect(names()).toEqual(['relief-respects-others']);
  });

  it('sees a workflow of the template without a time-out', () => {
    const bare = { QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };
    const world = booted({
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: { StateMachineName: 'bare', RoleArn: { 'Fn::GetAtt': ['MachineRole', 'Arn'] }, Definition: bare },
      },
    });
    const ec2 = new SimulatedEc2(world.cloud);
    const { cloud, clock, deployment } = world.simulation;
    const fill = { usedBytes: () => 0, shortenRetention: () => {}, notes: [] };
    const hosts = new SimulatedHosts(cloud, ec2, fill);
    const msk = new SimulatedMsk(cloud, fill, new MetricStore());
    const invariants = watch(
      {
        cloud,
        clock,
        deployment,
        observe: () => {},
        ec2,
        hosts,
        msk,
        onLedgerWrite: () => {},
        readOnlyDocuments: new Set(),
      },
      fleet,
    );
    expect(invariants.violations).toMatchObject([{ invariant: 'wait-deadline', subject: 'bare' }]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Fleet } from '../../../functions/fleet/fleet.ts';
import { operator } from '../../../simulator/cloud/cloud.ts';
import { SimulatedEc2 } from '../../../simulator/cloud/ec2.ts';
import { SimulatedHosts } from '../../../simulator/cloud/host.ts';
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
const fleet = {
  clusters: [{ name: 'orders', mode: 'act', brokers: { tags: { kafka: 'orders' } }, mountPoints: ['/kafka'], policy }],
  prices: { usdPerGibMonth: { gp3: 0.1 } },
} as unknown as Fleet;

type Listen = Parameters<Watched['onLedgerWrite']>[0];

function watched(isDryRun = false) {
  const world = booted({ Product: role('lambda.amazonaws.com', allow('ec2:*')) });
  const ec2 = world.cloud.add(new SimulatedEc2(world.cloud));
  const fill = { usedBytes: () => 0, shortenRetention: () => {}, notes: [] };
  const hosts = new SimulatedHosts(world.cloud, ec2, fill);
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
  const pause = () => ledger.write?.({ pk: 'cluster#*', type: 'cluster', paused: { by: 'me' } }, undefined);
  const names = () => invariants.violations.map(({ invariant }) => invariant);
  return { ...world, ec2, modify, intend, pause, names };
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
    const hosts = new SimulatedHosts(cloud, ec2, { usedBytes: () => 0, shortenRetention: () => {}, notes: [] });
    const invariants = watch(
      {
        cloud,
        clock,
        deployment,
        observe: () => {},
        ec2,
        hosts,
        onLedgerWrite: () => {},
        readOnlyDocuments: new Set(),
      },
      fleet,
    );
    expect(invariants.violations).toMatchObject([{ invariant: 'wait-deadline', subject: 'bare' }]);
  });
});

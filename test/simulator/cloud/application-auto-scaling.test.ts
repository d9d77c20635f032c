import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { describe, expect, it } from '@jest/globals';
import { SimulatedScaling } from '../../../simulator/cloud/application-auto-scaling.ts';
import { connectTo, simulatedClientDefaults } from '../../../simulator/cloud/seam.ts';
import { errorOf, gib, hour, minute, mskWorld, startMs } from './msk-world.ts';

interface Answer {
  ScalableTargets: { ResourceId: string; MaxCapacity: number }[];
  ScalingPolicies: object[];
  NextToken?: string;
}

function world(usedGib: number, volumeGib = 100) {
  const made = mskWorld({ volumeGib, usedBytes: (id) => (id === 3 ? usedGib : 1) * gib });
  const scaling = made.cloud.add(new SimulatedScaling(made.cloud, made.msk));
  made.msk.switches.operationMs = () => 10 * minute;
  const call = (operation: string, input: object) =>
    made.ask('application-autoscaling', operation, { ServiceNamespace: 'kafka', ...input }) as Answer;
  const size = () => made.msk.cluster(made.clusterArn).volumeGib;
  return { ...made, scaling, call, size };
}

describe('storage auto scaling', () => {
  it.each([
    ['by 10 GiB where 10 % is less', 90, 90, 100],
    ['by 10 %, whole GiB', 181, 201, 222],
  ])('grows %s, when the fullest broker is above the target', async (_title, usedGib, volumeGib, expected) => {
    const { clock, scaling, clusterArn, msk, size } = world(usedGib, volumeGib);
    scaling.registerTarget({ clusterArn, maxGib: 1_000, targetPercent: 60 });
    await clock.run(startMs + 11 * minute);
    expect(size()).toBe(expected);
    expect(msk.cluster(clusterArn).operations).toMatchObject([
      { by: 'application-autoscaling', atMs: startMs + minute },
    ]);
  });

  it('leaves a cluster alone at the target, or unregistered', async () => {
    const { clock, scaling, clusterArn, size } = world(60);
    scaling.registerTarget({ clusterArn, maxGib: 1_000, targetPercent: 60 });
    await clock.run(startMs + hour);
    expect(size()).toBe(100);
    const other = world(99);
    await other.clock.run(startMs + hour);
    expect(other.size()).toBe(100);
  });

  it('grows once in six hours at most, never beyond the maximum, under MSK’s rules', async () => {
    const { clock, scaling, clusterArn, msk, size } = world(95);
    msk.switches.coolDownMs = () => 7 * hour;
    const target = scaling.registerTarget({ clusterArn, maxGib: 121, targetPercent: 60 });
    await clock.run(startMs + 6 * hour);
    expect([size(), target.refusals]).toEqual([110, 0]);
    await clock.run(startMs + 6.5 * hour);
    expect(target.refusals).toBeGreaterThan(0);
    await clock.run(startMs + 30 * hour);
    expect(size()).toBe(121);
    expect(msk.cluster(clusterArn).operations).toHaveLength(2);
  });

  it('describes its targets and policies for those who ask', async () => {
    const { clock, scaling, cloud, clusterArn, call, msk } = world(10);
    scaling.registerTarget({ clusterArn, maxGib: 800, targetPercent: 55 });
    for (let index = 0; index < 50; index++) {
      const other = msk.createCluster({ clusterName: `c${index}`, usedBytes: () => 0 });
      scaling.registerTarget({ clusterArn: other.clusterArn, maxGib: 500, targetPercent: 50 });
    }
    const first = call('DescribeScalableTargets', {});
    expect(first.ScalableTargets).toHaveLength(50);
    expect(call('DescribeScalableTargets', { NextToken: first.NextToken }).ScalableTargets).toHaveLength(1);
    expect(call('DescribeScalableTargets', { ServiceNamespace: 'ecs' }).ScalableTargets).toEqual([]);
    expect(call('DescribeScalingPolicies', { ResourceId: clusterArn }).ScalingPolicies).toMatchObject([
      { PolicyType: 'TargetTrackingScaling', TargetTrackingScalingPolicyConfiguration: { TargetValue: 55 } },
    ]);
    expect(
      errorOf(() => call('DescribeScalableTargets', { ResourceIds: Array.from({ length: 51 }, String) })).name,
    ).toBe('ValidationException');

    const client = connectTo(cloud, { roleArn: 'arn:aws:iam::1:role/sweep', name: 'sweep' })(
      new ApplicationAutoScalingClient(simulatedClientDefaults(cloud)),
    );
    const command = new DescribeScalableTargetsCommand({ ServiceNamespace: 'kafka', ResourceIds: [clusterArn] });
    const done = clock.spawn(() => cloud.invocation(() => client.send(command)));
    await clock.run(startMs + minute);
    expect((await done).ScalableTargets).toMatchObject([
      {
        ResourceId: clusterArn,
        ScalableDimension: 'kafka:broker-storage:VolumeSize',
        MinCapacity: 100,
        MaxCapacity: 800,
      },
    ]);
    scaling.deregisterTarget(clusterArn);
    expect(call('DescribeScalableTargets', { ResourceIds: [clusterArn] }).ScalableTargets).toEqual([]);
  });
});

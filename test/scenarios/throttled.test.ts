/** EC2 throttles the account: reads are repeated, mutations are asked about first; nothing happens twice. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';
import { throttled } from '../../simulator/cloud/throttle.ts';
import { clusterState, expectGrown, journal, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];
const nothing = { burst: 0, perSecond: 0 };
const reads = ['ec2:DescribeInstances', 'ec2:DescribeVolumes', 'ec2:DescribeVolumesModifications'];

/** Until the test says otherwise. */
function storm({ simulation }: Scenario, actions: readonly string[]): () => void {
  for (const action of actions) simulation.cloud.throttle.limit(action, nothing);
  return () => {
    for (const action of actions) simulation.cloud.throttle.unlimit(action);
  };
}

describe('throttled by EC2', () => {
  it.each(reads)('a storm over %s delays the growth, no more', async (action) => {
    const scenario = await aScenario({ brokers });
    const over = storm(scenario, [action]);
    scenario.use(volumeId, 76.5);
    await scenario.pass(hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    over();
    await scenario.pass(4 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))[0]).toBe('grown');
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    // Passing trouble calls nobody.
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('a storm that begins when the modification has been asked for loses no growth', async () => {
    const scenario = await aScenario({ brokers });
    const stop = scenario.simulation.cloud.observe({
      after({ operation }) {
        if (operation !== 'ModifyVolume') return;
        stop();
        const over = storm(scenario, reads);
        scenario.simulation.clock.after(20 * minuteMs, over);
      },
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
  });

  it('ModifyVolume is asked again under the same intent, a minute later', async () => {
    const scenario = await aScenario({ brokers });
    let left = 2;
    scenario.simulation.cloud.observe({
      before({ operation, service }) {
        if (operation === 'ModifyVolume' && left-- > 0) throw throttled(service);
      },
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    const times = scenario.called('ec2:ModifyVolume').map(({ atMs }) => atMs);
    expect(times).toHaveLength(3);
    times.slice(1).forEach((atMs, index) => expect(atMs - (times[index] ?? 0)).toBeGreaterThan(minuteMs));
    const modifications = (await journal(scenario, volumeId)).filter(({ action }) => action === 'ec2:ModifyVolume');
    expect(modifications).toMatchObject([{ status: 'accepted' }]);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('a long storm over ModifyVolume ends the operation truthfully, gives its part of the day back, and tries later', async () => {
    const scenario = await aScenario({ brokers });
    const over = storm(scenario, ['ec2:ModifyVolume']);
    scenario.use(volumeId, 76.5);
    await scenario.pass(3 * hourMs);
    const known = await scenario.operationsOf(volumeId);
    expect(known.find(({ outcome }) => outcome === 'throttled')).toMatchObject({ status: 'deferred' });
    expect(scenario.sizeGib(volumeId)).toBe(100);
    over();
    await scenario.pass(4 * hourMs);
    expect(scenario.simulation.ec2.volume(volumeId).modifications).toHaveLength(1);
    expect((await clusterState(scenario)).dayGrownGib).toBe(scenario.sizeGib(volumeId) - 100);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('CloudWatch and SSM throttled: the growth comes late, and once', async () => {
    const scenario = await aScenario({ brokers });
    const over = storm(scenario, ['cloudwatch:GetMetricData', 'ssm:GetCommandInvocation', 'ssm:SendCommand']);
    scenario.use(volumeId, 76.5);
    await scenario.pass(hourMs);
    over();
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });
});

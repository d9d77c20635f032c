/** S7: an alarm fires only when its state changes; events get lost, late and doubled; agents die. */
import { describe, expect, it } from '@jest/globals';
import { AwsError } from '../../simulator/cloud/service.ts';
import { aScenario, hourMs, instanceId, minuteMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');
const sweepMs = 15 * minuteMs;

async function nearThreshold(policy = {}): Promise<Scenario> {
  const scenario = await aScenario({ policy, brokers: [{ '/data1': { usedGib: 73 }, '/data2': {} }] });
  await scenario.pass(2 * hourMs);
  return scenario;
}

const losesAlarms = (scenario: Scenario): void => {
  scenario.simulation.cloud.eventFault = ({ source }) => (source === 'aws.cloudwatch' ? [] : [0]);
};

const triggersOf = async (scenario: Scenario): Promise<unknown[]> =>
  (await scenario.operationsOf(volumeId)).map(({ trigger }) => trigger['type']).toReversed();

describe('S7: what alarms do not tell, the sweep finds', () => {
  it('an alarm that is lost costs one period of the sweep', async () => {
    const scenario = await nearThreshold();
    losesAlarms(scenario);
    const sinceMs = scenario.nowMs;
    scenario.use(volumeId, 76);
    await scenario.pass(2 * sweepMs);
    const [call] = scenario.called('ec2:ModifyVolume');
    // One period, and the two minutes that a reading takes to be seen.
    expect(call?.atMs).toBeLessThanOrEqual(sinceMs + sweepMs + 2 * minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(100);
    expect(await triggersOf(scenario)).toEqual(['sweep']);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a step so small that the alarm stays in ALARM is followed by another, without another event', async () => {
    const scenario = await nearThreshold({ stepGibMin: 5, stepGibMax: 5 });
    scenario.simulation.ec2.switches.optimizingMs = () => 10 * minuteMs;
    scenario.use(volumeId, 81);
    await scenario.pass(4 * minuteMs);
    expect(scenario.sizeGib(volumeId)).toBe(105);
    await scenario.pass(50 * minuteMs);
    expect(scenario.sizeGib(volumeId)).toBeGreaterThanOrEqual(110);
    const wentToAlarm = scenario.events.filter(
      ({ source, detail }) =>
        source === 'aws.cloudwatch' &&
        detail['alarmContributor'] !== undefined &&
        (detail['state'] as { value: string }).value === 'ALARM',
    );
    expect(wentToAlarm).toHaveLength(1);
    expect((await scenario.operationsOf(volumeId))[0]?.trigger).toMatchObject({ type: 'sweep' });
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a dead agent is an incident of its own: named within two sweeps, nothing is changed', async () => {
    const scenario = await nearThreshold();
    const deadMs = scenario.nowMs;
    const end = scenario.simulation.cloudwatch.agents.disturb({
      instanceId: instanceId(0),
      kind: 'gap',
      fromMs: deadMs,
    });
    await scenario.pass(hourMs);
    const told = scenario.notices('metric-stale');
    expect(new Set(told.map(({ attributes }) => attributes.volumeId))).toEqual(new Set([volumeId, vol(0, '/data2')]));
    expect(told).toHaveLength(2);
    expect(told[0]?.atMs).toBeLessThanOrEqual(deadMs + 20 * minuteMs + 2 * sweepMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);

    end(scenario.nowMs);
    await scenario.pass(3 * hourMs);
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
    expect(scenario.notices('metric-stale')).toHaveLength(2);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('an alarm delivered twice runs once; one that comes late finds nothing to do', async () => {
    const scenario = await nearThreshold();
    losesAlarms(scenario);
    scenario.use(volumeId, 76);
    await scenario.pass(3 * minuteMs);
    scenario.simulation.cloud.eventFault = ({ source }) => (source === 'aws.cloudwatch' ? [0, 0, 40_000] : [0]);
    const transitionMs = scenario.nowMs;
    scenario.alarm({ broker: 0, mountPoint: '/data1' }, transitionMs);
    await scenario.pass(3 * hourMs);
    expect(await triggersOf(scenario)).toEqual(['alarm']);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);

    // An older transition arrives after the newer one, when all is done.
    scenario.alarm({ broker: 0, mountPoint: '/data1' }, transitionMs - hourMs);
    await scenario.pass(5 * minuteMs);
    expect((await scenario.operationsOf(volumeId))[0]).toMatchObject({
      outcome: 'kept',
      decision: { action: 'keep', reason: 'below-threshold' },
    });
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('an alarm for a host that nobody has inspected yet starts a sweep', async () => {
    const scenario = await nearThreshold();
    scenario.addBroker(1, { '/data1': { usedGib: 80 }, '/data2': {} });
    scenario.alarm({ broker: 1, mountPoint: '/data1' });
    await scenario.pass(30_000);
    expect(scenario.commands('inspect-volume').at(-1)?.input.InstanceIds).toEqual([instanceId(1)]);
    await scenario.pass(2 * sweepMs);
    expect(scenario.filesystemGib(vol(1, '/data1'))).toBeGreaterThan(100);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a missed sweep is made up for by the next', async () => {
    const scenario = await nearThreshold();
    losesAlarms(scenario);
    const { cloud } = scenario.simulation;
    const untilMs = scenario.nowMs + sweepMs;
    const stop = cloud.observe({
      before({ service, operation, principal, atMs }) {
        if (principal.name === 'sweep' && service === 'ec2' && operation === 'DescribeInstances' && atMs < untilMs)
          throw new AwsError('UnauthorizedOperation', 'not now', 403);
      },
    });
    scenario.use(volumeId, 76);
    await scenario.pass(2 * sweepMs + 5 * minuteMs);
    stop();
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(100);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

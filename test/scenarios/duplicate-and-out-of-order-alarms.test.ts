/** CloudWatch's events come at least once and in any order (S7): a transition runs once, whatever is delivered. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol } from './scenario.ts';
import { executions, expectGrown, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');
const volume = { broker: 0, mountPoint: '/data1' };
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];
const isContributorEvent = (event: { 'detail-type': string }): boolean =>
  event['detail-type'] === 'CloudWatch Alarm Contributor State Change';

describe('duplicate and out-of-order alarms', () => {
  it('runs one transition once, however often it is delivered', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.cloud.eventFault = (event) => (isContributorEvent(event) ? [0, 0, 700, 5_000, 3_600_000] : [0]);
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);

    const alarms = (await scenario.operationsOf(volumeId)).filter(({ trigger }) => trigger['type'] === 'alarm');
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toMatchObject({ status: 'succeeded', outcome: 'grown' });
    // Delivered five times, started once: four times Step Functions knew the name already.
    const starts = scenario
      .called('states:StartExecution')
      .filter(({ input }) => String(input['name']).startsWith(alarms[0]?.operationId ?? '?'));
    expect(starts).toHaveLength(5);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('two transitions at once start two operations, of which one grows and the other gives way', async () => {
    const scenario = await aScenario({ brokers });
    scenario.use(volumeId, 76.5);
    // Enough for the agent's next report, too little for the stack's own alarm.
    await scenario.pass(61_000);
    scenario.alarm(volume, scenario.nowMs - 30_000);
    scenario.alarm(volume, scenario.nowMs);
    await scenario.pass(10 * minuteMs);
    const known = await scenario.operationsOf(volumeId);
    expect(known.map(({ outcome, status }) => [status, outcome])).toContainEqual(['deferred', 'already-running']);
    await scenario.pass(4 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('an old alarm that comes after its growth changes nothing', async () => {
    const scenario = await aScenario({ brokers });
    const crossedAtMs = scenario.nowMs;
    scenario.use(volumeId, 76.5);
    await scenario.pass(5 * hourMs);
    const sizeGib = scenario.sizeGib(volumeId);
    expect(sizeGib).toBeGreaterThan(100);

    scenario.alarm(volume, crossedAtMs + minuteMs);
    await scenario.pass(hourMs);
    const [late] = await scenario.operationsOf(volumeId);
    expect(late).toMatchObject({
      trigger: { type: 'alarm', at: new Date(crossedAtMs + minuteMs).toISOString() },
      status: 'succeeded',
      outcome: 'kept',
      decision: { action: 'keep', reason: 'below-threshold' },
    });
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, sizeGib);
  });

  it('OK starts nothing, and an ALARM that comes late runs once', async () => {
    const scenario = await aScenario({ brokers });
    // Reordered: OK arrives at once, everything else a minute later.
    scenario.simulation.cloud.eventFault = (event) => {
      if (!isContributorEvent(event)) return [0];
      return (event.detail['state'] as { value: string }).value === 'ALARM' ? [minuteMs] : [0];
    };
    scenario.use(volumeId, 76.5);
    await scenario.pass(10 * minuteMs);
    scenario.use(volumeId, 70);
    await scenario.pass(5 * hourMs);
    const alarms = scenario.events.filter(isContributorEvent);
    expect(alarms.map(({ detail }) => (detail['state'] as { value: string }).value)).toEqual(['ALARM', 'OK']);
    expect(executions(scenario).filter(({ input }) => input.includes('"type":"alarm"'))).toHaveLength(1);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('an alarm whose dimensions nobody knows starts the sweep, which finds the volume', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.cloud.eventFault = (event) => (isContributorEvent(event) ? [] : [0]);
    scenario.use(volumeId, 76.5);
    await scenario.pass(61_000);
    scenario.simulation.cloud.eventFault = undefined;
    scenario.alarm({ broker: 7, mountPoint: '/data1' });
    await scenario.pass(30_000);
    expect(await scenario.operationsOf(volumeId)).toMatchObject([{ trigger: { type: 'sweep' } }]);
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });
});

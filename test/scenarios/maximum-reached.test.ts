/** The volume is as large as the policy allows: a person is called with what would help, nothing is grown. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, startMs, vol } from './scenario.ts';
import { expectAtRest, expectGrown, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

const rising = (atMs: number): number => Math.min(99, 71 + (0.5 * (atMs - startMs)) / hourMs);

describe('the maximum is reached', () => {
  it('escalates once, with the time left and the commands that would help', async () => {
    const scenario = await aScenario({
      brokers: [{ '/data1': { usedGib: rising }, '/data2': {} }],
      policy: { sizeGibMax: 100 },
    });
    await scenario.pass(12 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const notices = scenario.notices('at-size-limit');
    expect(notices).toHaveLength(1);
    const [notice] = notices;
    expect(notice?.attributes).toMatchObject({ kind: 'escalation', cluster: 'orders', volumeId });
    expect(notice?.message).toMatch(/7\d % of 99\.5 GiB used, full in \d+\.?\d* h at this rate/);
    expect(notice?.message).toContain('kafka-log-dirs.sh');
    expect(notice?.message).toContain('startswith("/data1")');
    expect(notice?.message).toContain('--add-config retention.ms=');
    expect(notice?.message).toContain('kafka-reassign-partitions.sh');
    expect(notice?.message).toContain('policy.sizeGibMax for cluster orders');
    const escalated = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'at-size-limit');
    expect(escalated).toMatchObject({ status: 'escalated', decision: { action: 'escalate', barredBy: 'size' } });
    await expectAtRest(scenario, volumeId);
  });

  it('reminds after twelve hours, and again when it becomes an emergency, not at every sweep', async () => {
    const scenario = await aScenario({ brokers, policy: { sizeGibMax: 100 } });
    scenario.use(volumeId, 76.5);
    await scenario.pass(11 * hourMs);
    expect(scenario.notices('at-size-limit')).toHaveLength(1);
    await scenario.pass(2 * hourMs);
    expect(scenario.notices('at-size-limit').map(({ subject }) => subject)).toEqual([
      `orders: volume/${volumeId} at-size-limit`,
      `Reminder: orders: volume/${volumeId} at-size-limit`,
    ]);
    scenario.use(volumeId, 93);
    await scenario.pass(2 * hourMs);
    expect(scenario.notices('at-size-limit')).toHaveLength(3);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('takes the last, smaller step up to the maximum, and not one GiB more', async () => {
    const scenario = await aScenario({ brokers, policy: { sizeGibMax: 104 } });
    scenario.use(volumeId, 78.5);
    await scenario.pass(8 * hourMs);
    expect(scenario.called('ec2:ModifyVolume').map(({ input }) => input['Size'])).toEqual([104]);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toContain('grown');
    expect(scenario.notices('at-size-limit')).toHaveLength(1);
    await expectGrown(scenario, volumeId, 104);
  });

  it('closes the call when the volume no longer needs anybody', async () => {
    const scenario = await aScenario({ brokers, policy: { sizeGibMax: 100 } });
    scenario.use(volumeId, 76.5);
    await scenario.pass(2 * hourMs);
    expect(Object.keys((await scenario.remembered(volumeId))?.escalations ?? {})).toEqual(['at-size-limit']);
    scenario.use(volumeId, 60);
    await scenario.pass(2 * hourMs + 15 * minuteMs);
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
    expect(scenario.invariants.violations).toEqual([]);
  });
});

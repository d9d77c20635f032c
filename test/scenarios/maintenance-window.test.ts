/** Growth that is no emergency waits for its window; one that can't wait doesn't, or a person is called. */
import { describe, expect, it } from '@jest/globals';
import type { MaintenanceWindow } from '../../functions/fleet/fleet.ts';
import { aScenario, hourMs, minuteMs, startMs, vol } from './scenario.ts';
import { expectAtRest, expectGrown, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];
/** The scenario begins on a Monday, 00:00 UTC. */
const maintenanceWindows: MaintenanceWindow[] = [{ days: ['mon'], from: '20:00', to: '22:00' }];
const opensMs = startMs + 20 * hourMs;

const rising = (atMs: number): number => Math.min(95, 70 + (2 * (atMs - startMs)) / hourMs);

describe('a maintenance window', () => {
  it('is waited for, and used as soon as it opens', async () => {
    const scenario = await aScenario({ brokers, cluster: { maintenanceWindows } });
    scenario.use(volumeId, 76.5);
    await scenario.pass(opensMs - scenario.nowMs - 1);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const waited = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'maintenance-window');
    expect(waited).toMatchObject({ status: 'deferred', decision: { action: 'wait', retryAtMs: opensMs } });
    expect(scenario.notices()).toEqual([]);
    await expectAtRest(scenario, volumeId);

    await scenario.pass(16 * minuteMs);
    const [call] = scenario.called('ec2:ModifyVolume');
    expect(call?.atMs).toBeGreaterThanOrEqual(opensMs);
    await scenario.pass(4 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))[0]).toBe('grown');
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('does not hold an emergency', async () => {
    const scenario = await aScenario({ brokers, cluster: { maintenanceWindows } });
    scenario.use(volumeId, 76.5);
    await scenario.pass(3 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    scenario.use(volumeId, 91);
    await scenario.pass(30 * minuteMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    const grown = (await scenario.operationsOf(volumeId)).find(({ decision }) => decision?.['action'] === 'grow');
    expect(grown?.decision).toMatchObject({ reason: 'emergency', evidence: { emergency: true } });
    await scenario.pass(4 * hourMs);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('that opens too late calls a person, hours before it is an emergency', async () => {
    const scenario = await aScenario({
      brokers: [{ '/data1': { usedGib: rising }, '/data2': {} }],
      cluster: { maintenanceWindows: [{ days: ['wed'], from: '01:00', to: '03:00' }] },
    });
    await scenario.pass(8 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toMatch(/full in [\d.]+ h at this rate/);
    const barred = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'growth-barred');
    expect(barred?.decision).toMatchObject({ barredBy: 'maintenance-window' });
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('that has closed while a person thought about it is respected', async () => {
    const scenario = await aScenario({
      brokers,
      cluster: { maintenanceWindows: [{ days: ['mon'], from: '00:00', to: '02:00' }] },
      policy: { approvalAboveUsdPerMonth: 0.5 },
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(20 * minuteMs);
    const waiting = (await scenario.operationsOf(volumeId)).find(({ status }) => status === 'awaiting-approval');
    await scenario.pass(2 * hourMs);
    await scenario.answer(waiting?.operationId ?? '', 'approved');
    await scenario.pass(hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(outcomesOf(await scenario.operationsOf(volumeId))[0]).toBe('maintenance-window');
    await expectAtRest(scenario, volumeId);
  });

  it('does not hold up a file system that lies behind its volume', async () => {
    const scenario = await aScenario({ brokers, cluster: { maintenanceWindows } });
    scenario.simulation.ec2.foreignModify(volumeId, { sizeGib: 150 });
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    await expectGrown(scenario, volumeId, 150);
  });
});

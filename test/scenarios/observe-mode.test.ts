/** `mode: observe`: decides, records and notifies once; changes nothing. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol } from './scenario.ts';
import { clusterState, expectAtRest, journal } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

describe('observe mode', () => {
  it('says once what it would do, records it with its evidence, and changes nothing', async () => {
    const scenario = await aScenario({ brokers, mode: 'observe' });
    scenario.use(volumeId, 76.5);
    await scenario.pass(11 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    expect(scenario.notices()).toHaveLength(1);
    const [notice] = scenario.notices('observed');
    expect(notice?.attributes['kind']).toBe('observed');
    expect(notice?.message).toContain('grow: above-threshold');
    const observed = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'observed');
    expect(observed).toMatchObject({
      status: 'succeeded',
      decision: { action: 'grow', reason: 'above-threshold', mode: 'observe', fromGib: 100 },
    });
    expect(observed?.decision?.['evidence']).toMatchObject({ sizeGib: 100, emergency: false });
    expect(await journal(scenario, volumeId)).toEqual([]);
    expect((await clusterState(scenario)).dayGrownGib).toBe(0);
    await expectAtRest(scenario, volumeId);
  });

  it('does not obey the operator either, and asks nobody to approve', async () => {
    const scenario = await aScenario({ brokers, mode: 'observe', policy: { approvalAboveUsdPerMonth: 0 } });
    const { operationId } = await scenario.grow(volumeId, 150);
    await scenario.pass(30 * minuteMs);
    const asked = (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
    expect(asked).toMatchObject({ status: 'succeeded', outcome: 'observed', decision: { targetGib: 150 } });
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.notices().filter(({ attributes }) => attributes['kind'] === 'approval')).toEqual([]);
    await expectAtRest(scenario, volumeId);
  });

  it('leaves a file system alone that somebody else has to grow, and says so', async () => {
    const scenario = await aScenario({ brokers, mode: 'observe' });
    scenario.simulation.ec2.foreignModify(volumeId, { sizeGib: 200 });
    await scenario.pass(3 * hourMs);
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    expect(scenario.filesystemGib(volumeId)).toBeLessThan(100);
    expect(scenario.notices('observed')[0]?.message).toContain('filesystem-smaller-than-volume');
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('still calls a person for what growing would not help', async () => {
    const scenario = await aScenario({ brokers, mode: 'observe', policy: { sizeGibMax: 100 } });
    scenario.use(volumeId, 76.5);
    await scenario.pass(2 * hourMs);
    expect(scenario.notices('at-size-limit')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

/** A metric that reads 0 is an offline disk or a broken agent (S6), never an empty one: refused, and its own incident. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, instanceId, minuteMs, vol } from './scenario.ts';
import { expectAtRest, expectGrown, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');

describe('a metric that reads 0', () => {
  it('refuses by name, calls a person once, and changes nothing', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
    scenario.use(volumeId, 0);
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const [refused] = await scenario.operationsOf(volumeId);
    expect(refused).toMatchObject({
      status: 'refused',
      outcome: 'metric-implausible',
      decision: { action: 'refuse', reason: 'metric-implausible', evidence: { detail: 'used fraction 0' } },
    });
    expect(scenario.notices('metric-implausible')).toHaveLength(1);
    await expectAtRest(scenario, volumeId);
  });

  it('does not grow for the operator either, who hears why', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
    scenario.use(volumeId, 0);
    await scenario.pass(2 * minuteMs);
    const { operationId } = await scenario.grow(volumeId, 150);
    await scenario.pass(5 * minuteMs);
    const asked = (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
    expect(asked).toMatchObject({ status: 'refused', outcome: 'metric-implausible' });
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    await expectAtRest(scenario, volumeId);
  });

  it('a short drop to 0 does not look like a disk that fills within minutes when the readings are back', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 70 }, '/data2': {} }] });
    scenario.use(volumeId, 0);
    await scenario.pass(40 * minuteMs);
    scenario.use(volumeId, 70);
    await scenario.pass(12 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('grows as ever once the readings are back and above the threshold', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
    scenario.use(volumeId, 0);
    await scenario.pass(hourMs);
    scenario.use(volumeId, 76.5);
    await scenario.pass(6 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))[0]).toBe('grown');
    expect(scenario.sizeGib(volumeId)).toBeLessThan(150);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
  });

  it('its neighbour on the same broker is not held up', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': { usedGib: 74 } }] });
    scenario.use(volumeId, 0);
    scenario.use(vol(0, '/data2'), 76.5);
    await scenario.pass(6 * hourMs);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    expect(scenario.sizeGib(vol(0, '/data2'))).toBeGreaterThan(100);
    await expectGrown(scenario, vol(0, '/data2'), scenario.sizeGib(vol(0, '/data2')));
  });

  it('a metric that stops with its broker calls nobody, and grows nothing', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 76 }, '/data2': {} }] });
    await scenario.pass(5 * hourMs);
    const sizeGib = scenario.sizeGib(volumeId);
    scenario.simulation.ec2.setInstanceState(instanceId(0), 'stopped');
    await scenario.pass(3 * hourMs);
    expect(scenario.sizeGib(volumeId)).toBe(sizeGib);
    // A broker that is stopped fills no disk: nobody is called.
    expect(scenario.notices('broker-not-live')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

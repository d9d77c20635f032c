/** MSK says no in words that nobody knows: recorded and told, and without a change that explains it not tried again. */
import { describe, expect, it } from '@jest/globals';
import { badRequest } from '../../../simulator/cloud/msk/storage.ts';
import { hourMs } from '../world.ts';
import { anMskScenario, expectAtRest, expectGrown, outcomes, storage } from './msk-scenario.ts';

describe('a refusal in unknown words', () => {
  it('without a recent change is a person’s: told once, not tried again', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.spoil('kafka:UpdateBrokerStorage', () => badRequest('The moon is not right.'));
    scenario.use(71);
    await scenario.pass(30 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect(await outcomes(scenario)).toContain('unknown-text');
    const refused = (await scenario.growths()).find(({ outcome }) => outcome === 'unknown-text');
    expect(refused).toMatchObject({ status: 'refused' });
    const [notice] = scenario.notices('unknown-text');
    expect(notice?.message).toContain('The moon is not right.');
    expect(notice?.message).toContain('npx kafka-autopilot grow msk/payments --yes');
    expect(await scenario.journal()).toMatchObject([{ status: 'refused', answer: expect.stringContaining('moon') }]);
    expect((await scenario.clusterState()).dayGrownGib).toBe(0);
    await expectAtRest(scenario);
  });

  it('is tried again when the operator says so', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.spoil('kafka:UpdateBrokerStorage', () => badRequest('The moon is not right.'), 1);
    scenario.use(71);
    await scenario.pass(8 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    await scenario.grow();
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toHaveLength(2);
    expect((await outcomes(scenario))[0]).toBe('grown');
    expect((await scenario.remembered(storage))?.notBefore).toBeUndefined();
    expect((await scenario.remembered(storage))?.escalations).toEqual({});
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('calls a person once more when the disk is about to be full', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.spoil('kafka:UpdateBrokerStorage', () => badRequest('The moon is not right.'));
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    scenario.fill(71, 5);
    await scenario.pass(5 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect(scenario.notices('growth-barred').length).toBeGreaterThanOrEqual(1);
    await expectAtRest(scenario);
  });

  it('about a step that is too small, or nothing to update, calls for nothing unknown', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.spoil('kafka:UpdateBrokerStorage', () => badRequest('The request does not include any updates.'), 1);
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown', 'world-changed']);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, scenario.sizeGib);
  });
});

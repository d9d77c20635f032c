/** What is no Standard cluster with local storage: Express and Serverless have nothing to grow; a remote tier is left alone. */
import { describe, expect, it } from '@jest/globals';
import { hourMs } from '../world.ts';
import { anMskScenario, expectAtRest, expectGrown } from './msk-scenario.ts';

describe('a cluster without volumes', () => {
  it.each([
    ['Express', { instanceType: 'express.m7g.large' }, 'cluster-express', 'elastic'],
    ['Serverless', { type: 'SERVERLESS' as const }, 'cluster-serverless', 'no volumes that could grow'],
  ])('of the kind %s is refused with a clear reason, once', async (_title, msk, outcome, words) => {
    const scenario = await anMskScenario({ msk });
    scenario.alarm();
    await scenario.pass(6 * hourMs);
    await scenario.grow();
    await scenario.pass(hourMs);
    const operations = await scenario.growths();
    expect(new Set(operations.map((operation) => operation.outcome))).toEqual(new Set([outcome]));
    expect(operations.every(({ status }) => status === 'refused')).toBe(true);
    const [notice, ...more] = scenario.notices();
    expect(more).toEqual([]);
    expect(notice?.message).toContain(words);
    expect(notice?.message).toContain('taken out of fleet.yaml');
    expect(scenario.growthCalls).toEqual([]);
    await expectAtRest(scenario);
  });
});

describe('tiered storage', () => {
  it('is known to the plan and not changed by it', async () => {
    const scenario = await anMskScenario({ usedGib: 68, msk: { storageMode: 'TIERED' } });
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect((await scenario.growths())[0]).toMatchObject({
      outcome: 'grown',
      decision: { evidence: { storageMode: 'TIERED' } },
    });
    expect(scenario.simulation.msk.cluster(scenario.clusterArn).storage?.storageMode).toBe('TIERED');
    await expectGrown(scenario, scenario.sizeGib);
  });
});

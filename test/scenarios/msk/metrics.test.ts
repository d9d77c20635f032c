/** What the brokers report is believed only where it can be true; a growth that nobody sees is none. */
import { describe, expect, it } from '@jest/globals';
import { gib, hourMs } from '../world.ts';
import { anMskScenario, expectAtRest, expectGrown, outcomes, storage, type MskScenario } from './msk-scenario.ts';

const sizeGibAt = ({ simulation, clusterArn }: MskScenario, atMs: number): number =>
  simulation.msk.disks(clusterArn).sizeBytes(atMs) / gib;

describe('metrics of MSK that can’t be believed', () => {
  it('missing of one broker call a person; the others do not stand for it', async () => {
    const scenario = await anMskScenario({ usedGib: 50 });
    const { clusterArn, nowMs } = scenario;
    scenario.simulation.msk.metricsGap({ clusterArn, brokerId: 2, fromMs: nowMs, toMs: nowMs + 3 * hourMs });
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    const [notice, ...more] = scenario.notices();
    expect(more).toEqual([]);
    expect(notice?.attributes['outcome']).toMatch(/^metric-/);
    await scenario.pass(3 * hourMs);
    // It came back.
    expect((await scenario.remembered(storage))?.escalations).toEqual({});
    await expectAtRest(scenario);
  });

  it('zero on one broker never grow, nor keep the others from growing', async () => {
    const scenario = await anMskScenario({ usedGib: [50, 50, 50] });
    scenario.use(0, [2]);
    await scenario.pass(4 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    scenario.use(71, [1, 3]);
    await scenario.pass(2 * hourMs);
    expect(scenario.changes).toHaveLength(1);
    await expectAtRest(scenario);
  });

  it('zero on all brokers are refused', async () => {
    const scenario = await anMskScenario({ usedGib: 50 });
    scenario.use(0);
    await scenario.pass(4 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(new Set(await outcomes(scenario))).toEqual(new Set(['metric-implausible']));
    expect(scenario.notices()).toHaveLength(1);
    await expectAtRest(scenario);
  });

  it('missing of all brokers while CloudWatch has a gap call once, and growth comes afterwards', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { clusterArn, nowMs } = scenario;
    scenario.simulation.msk.metricsGap({ clusterArn, fromMs: nowMs, toMs: nowMs + 2 * hourMs });
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    expect(scenario.notices().length).toBeLessThanOrEqual(2);
    await scenario.pass(3 * hourMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    await expectGrown(scenario, scenario.sizeGib);
  });
});

describe('a growth that the metric does not show', () => {
  it('is not announced as one: a person is called, and it is not grown again', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    // The fraction stays what it was, to the last digit.
    scenario.use((atMs) => 0.71 * sizeGibAt(scenario, atMs));
    await scenario.pass(6 * hourMs);
    expect((await scenario.growths()).find(({ outcome }) => outcome === 'growth-not-shown')).toMatchObject({
      status: 'escalated',
    });
    expect(scenario.notices('growth-not-shown')).toHaveLength(1);
    expect(scenario.announced()).toEqual([]);
    expect(scenario.growthCalls).toHaveLength(1);
    await scenario.pass(12 * hourMs);
    // A metric that hangs must not buy storage (S6).
    expect(scenario.growthCalls).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('for some minutes only is waited for', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    let shownFromMs = Number.POSITIVE_INFINITY;
    scenario.simulation.msk.onUpdate(({ atMs }) => {
      shownFromMs = atMs + 28 * 60_000;
    });
    scenario.use((atMs) => (atMs < shownFromMs ? 0.71 * sizeGibAt(scenario, atMs) : 71));
    await scenario.pass(3 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, scenario.sizeGib);
  });
});

/** One broker is far fuller than the others: more storage for all would be bought for one. */
import { describe, expect, it } from '@jest/globals';
import { hourMs, startMs } from '../world.ts';
import { anMskScenario, expectAtRest, expectGrown, outcomes, storage } from './msk-scenario.ts';

const onBroker2 = [
  [2, 1],
  [2, 3],
];
/** Fuller and fuller, and not soon full. */
const warming = (atMs: number): number => Math.min(72, 64 + (2 * Math.max(0, atMs - startMs)) / hourMs);
const topics = [
  { name: 'hot', partitions: 2, replicationFactor: 2, share: 0.5, replicas: onBroker2 },
  { name: 'warm', partitions: 3, replicationFactor: 3, share: 0.2 },
  { name: 'elsewhere', partitions: 1, replicationFactor: 2, share: 0.1, replicas: [[1, 3]] },
];

describe('one hot broker', () => {
  it('is to be rebalanced, not grown: a person is told which topics and partitions weigh most', async () => {
    const scenario = await anMskScenario({ usedGib: [40, warming, 42], topics });
    await scenario.pass(6 * hourMs);
    expect(scenario.growthCalls).toEqual([]);
    const skewed = (await scenario.growths()).filter(({ outcome }) => outcome === 'skewed');
    expect(skewed.length).toBeGreaterThanOrEqual(1);
    expect(skewed[0]).toMatchObject({ status: 'escalated' });
    const [notice, ...more] = scenario.notices();
    expect(more).toEqual([]);
    expect(notice?.message).toMatch(/broker 2 is \d+ % full/);
    expect(notice?.message).toContain('rebalance, do not grow');
    expect(notice?.message).toMatch(/hot: [\d.]+ MiB\/s to broker 2; partitions there: 0 1, led there: 0 1/);
    expect(notice?.message).toContain('warm: ');
    expect(notice?.message).not.toContain('elsewhere: ');
    expect(notice?.message).toContain('kafka-reassign-partitions.sh');
    await expectAtRest(scenario);
  });

  it('is grown all the same when it is about to be full', async () => {
    const scenario = await anMskScenario({ usedGib: [40, 60, 42], topics });
    scenario.use(91, [2]);
    await scenario.pass(2 * hourMs);
    expect((await scenario.growths())[0]).toMatchObject({ outcome: 'grown', decision: { reason: 'emergency' } });
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('is grown when the operator insists', async () => {
    const scenario = await anMskScenario({ usedGib: [40, warming, 42] });
    await scenario.pass(5 * hourMs);
    expect(scenario.notices('skewed')).toHaveLength(1);
    await scenario.grow();
    await scenario.pass(2 * hourMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('is over once it is balanced: the call is closed', async () => {
    const scenario = await anMskScenario({ usedGib: [40, warming, 42] });
    await scenario.pass(5 * hourMs);
    expect(Object.keys((await scenario.remembered(storage))?.escalations ?? {})).toEqual(['skewed']);
    scenario.use(52, [2]);
    await scenario.pass(3 * hourMs);
    expect((await scenario.remembered(storage))?.escalations).toEqual({});
    expect(scenario.growthCalls).toEqual([]);
    await expectAtRest(scenario);
  });

  it('within the tolerated skew is grown with the others', async () => {
    const scenario = await anMskScenario({ usedGib: [60, warming, 58] });
    await scenario.pass(6 * hourMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('of a cluster whose metrics by topic are off: the commands find what weighs most', async () => {
    const scenario = await anMskScenario({ usedGib: [40, warming, 42], topics, msk: { monitoring: 'DEFAULT' } });
    await scenario.pass(5 * hourMs);
    const [notice] = scenario.notices('skewed');
    expect(notice?.message).toContain('kafka-log-dirs.sh --bootstrap-server BOOTSTRAP --describe --broker-list 2');
    expect(notice?.message).not.toContain('hot: ');
    await expectAtRest(scenario);
  });
});

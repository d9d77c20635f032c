/** Relief that could not be begun is begun later: growth stays barred, and nobody is called a second time for that. */
import { describe, expect, it } from '@jest/globals';
import { onceEntered } from '../support.ts';
import { hourMs, minuteMs } from '../world.ts';
import { barred, reliefs } from './relief.ts';

describe('relief that had to wait', () => {
  it('is begun within the hour once MSK has ended its maintenance', async () => {
    const scenario = await barred({ relief: { approval: 'waived' } });
    const { msk } = scenario.simulation;
    onceEntered(scenario, 'StartRelief', () => msk.setState(scenario.clusterArn, 'MAINTENANCE', 20 * minuteMs));
    await scenario.pass(2.25 * hourMs);
    const ended = (await reliefs(scenario)).map(({ outcome = '' }) => outcome);
    expect(ended).toContain('cluster-not-active');
    expect(ended[0]).toMatch(/^shortened/);
    expect(scenario.notices('growth-barred')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

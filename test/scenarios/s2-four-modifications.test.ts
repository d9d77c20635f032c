import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol } from './scenario.ts';

describe('S2: four modifications per rolling 24 h, each previous one completed', () => {
  it('grows at once when a volume is above its threshold, and only once', async () => {
    const scenario = await aScenario();
    const volumeId = vol(0, '/data1');
    scenario.use(volumeId, 80);
    await scenario.pass(20 * minuteMs);
    expect(scenario.sizeGib(volumeId)).toBeGreaterThan(100);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.95 * scenario.sizeGib(volumeId));
    await scenario.pass(12 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect((await scenario.operationsOf(volumeId)).map(({ outcome }) => outcome)).toEqual(['grown']);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

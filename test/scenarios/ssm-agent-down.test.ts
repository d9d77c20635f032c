/** The agent on the host is down (S5): the volume has grown, its file system has not; said so, and finished later. */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, instanceId, minuteMs, vol } from './scenario.ts';
import { expectGrown, onceEntered, outcomesOf, statesEntered } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

describe('the SSM agent is down', () => {
  it.each(['Delivery Timed Out', 'Undeliverable'] as const)(
    'calls a person with the way out, and grows only the file system when the agent is back (%s)',
    async (undelivered) => {
      const scenario = await aScenario({ brokers });
      const { ssm } = scenario.simulation;
      ssm.switches.undelivered = undelivered;
      ssm.setAgent(instanceId(0), 'down');
      scenario.use(volumeId, 76.5);
      await scenario.pass(2 * hourMs);
      // Truthful: grown in EC2, not on the host.
      expect(scenario.sizeGib(volumeId)).toBeGreaterThan(100);
      expect(scenario.filesystemGib(volumeId)).toBeLessThan(100);
      const before = await scenario.operationsOf(volumeId);
      expect(before.at(-1)).toMatchObject({ status: 'escalated', outcome: 'host-unreachable' });
      const [notice] = scenario.notices('host-unreachable');
      expect(notice?.message).toContain('systemctl restart amazon-ssm-agent');
      expect(notice?.message).toContain(`npx kafka-autopilot grow-filesystem ${volumeId} --yes`);
      expect(scenario.announced()).toEqual([]);
      // A handful of tries, no hammering.
      expect(scenario.commands('grow-filesystem').length).toBeLessThanOrEqual(8);

      ssm.setAgent(instanceId(0), 'up');
      await scenario.pass(4 * hourMs);
      expect(outcomesOf(await scenario.operationsOf(volumeId))[0]).toBe('filesystem-grown');
      expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
      expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
      expect(scenario.announced()).toHaveLength(1);
      await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
    },
  );

  it('needs nobody when the agent is back within minutes', async () => {
    const scenario = await aScenario({ brokers });
    const { ssm, clock } = scenario.simulation;
    onceEntered(scenario, 'GrowFilesystem', () => {
      ssm.setAgent(instanceId(0), 'down');
      clock.after(6 * minuteMs, () => ssm.setAgent(instanceId(0), 'up'));
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(4 * hourMs);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['grown']);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('finishes at once when the operator asks, also inside the pause after the failure', async () => {
    const scenario = await aScenario({ brokers });
    const { ssm } = scenario.simulation;
    ssm.setAgent(instanceId(0), 'down');
    scenario.use(volumeId, 76.5);
    for (let waited = 0; scenario.notices('host-unreachable').length === 0 && waited < 12; waited++)
      await scenario.pass(15 * minuteMs);
    ssm.setAgent(instanceId(0), 'up');
    const { operationId } = await scenario.growFilesystem(volumeId);
    await scenario.pass(2 * minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(100);
    await scenario.pass(4 * hourMs);
    const asked = (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
    expect(asked).toMatchObject({ status: 'succeeded', outcome: 'filesystem-grown', trigger: { type: 'operator' } });
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('grows nothing when the host can no longer be inspected, and calls a person', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ssm.setAgent(instanceId(0), 'down');
    // The inspection of the first minutes is too old after a day.
    await scenario.pass(25 * hourMs);
    scenario.use(volumeId, 76.5);
    await scenario.pass(3 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const refused = (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome === 'inspection-impossible');
    expect(refused).toMatchObject({ status: 'refused' });
    expect(statesEntered(scenario, refused?.executionArn ?? '')).toContain('Inspect');
    const [notice] = scenario.notices('inspection-impossible');
    expect(notice?.message).toContain('aws ssm describe-instance-information');

    scenario.simulation.ssm.setAgent(instanceId(0), 'up');
    await scenario.pass(6 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });
});

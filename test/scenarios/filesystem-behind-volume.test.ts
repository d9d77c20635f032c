/** Somebody else grew the volume, or an earlier growth stopped half-way: only the file system is grown. */
import { describe, expect, it } from '@jest/globals';
import type { Layout } from '../../simulator/cloud/host.ts';
import { aScenario, hourMs, minuteMs, vol } from './scenario.ts';
import { clusterState, expectGrown, outcomesOf } from './support.ts';

const volumeId = vol(0, '/data1');

describe('a file system behind its volume', () => {
  it.each<[Layout, 'ext4' | 'xfs']>([
    ['plain', 'xfs'],
    ['plain', 'ext4'],
    ['partition', 'ext4'],
    ['lvm', 'xfs'],
    ['partition-lvm', 'ext4'],
  ])('is grown alone: %s, %s', async (layout, filesystem) => {
    const tags = { 'aws:cloudformation:stack-name': 'kafka-brokers' };
    const scenario = await aScenario({ brokers: [{ '/data1': { layout, filesystem, tags }, '/data2': {} }] });
    scenario.simulation.ec2.foreignModify(volumeId, { sizeGib: 150 });
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.commands('grow-filesystem')).toHaveLength(1);
    expect(outcomesOf(await scenario.operationsOf(volumeId))).toEqual(['filesystem-grown']);
    expect(scenario.announced()).toMatchObject([{ volumeId, toGib: 150, ownerTags: tags }]);
    // Their growth, not ours: it takes nothing of the day.
    expect((await clusterState(scenario)).dayGrownGib).toBe(0);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, volumeId, 150);
  });

  it('is grown by the operator without waiting for the sweep', async () => {
    const scenario = await aScenario();
    scenario.simulation.ec2.foreignModify(volumeId, { sizeGib: 150 });
    await scenario.pass(90_000);
    const { operationId } = await scenario.growFilesystem(volumeId);
    await scenario.pass(minuteMs);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(145);
    await scenario.pass(4 * hourMs);
    const asked = (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
    expect(asked).toMatchObject({ status: 'succeeded', outcome: 'filesystem-grown' });
    await expectGrown(scenario, volumeId, 150);
  });

  it('that is no smaller than its volume is left alone, and the operator hears so', async () => {
    const scenario = await aScenario();
    const { operationId } = await scenario.growFilesystem(volumeId);
    await scenario.pass(minuteMs);
    const asked = (await scenario.operationsOf(volumeId)).find((operation) => operation.operationId === operationId);
    expect(asked).toMatchObject({ outcome: 'kept', decision: { reason: 'filesystem-complete' } });
    expect(scenario.commands('grow-filesystem')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('was grown by a foreign modification, which counts against the four of 24 h', async () => {
    const scenario = await aScenario({ brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }] });
    const { switches } = scenario.simulation.ec2;
    switches.optimizingMs = () => 10 * minuteMs;
    for (const sizeGib of [101, 102, 103]) {
      scenario.simulation.ec2.foreignModify(volumeId, { sizeGib });
      await scenario.pass(20 * minuteMs);
    }
    scenario.use(volumeId, 79);
    await scenario.pass(3 * hourMs);
    // Three are used, seen by the sweep one by one; the fourth is kept for an emergency.
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    const known = await scenario.operationsOf(volumeId);
    expect(outcomesOf(known)).toContain('modification-reserved');
    scenario.use(volumeId, 95);
    await scenario.pass(4 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('whose growth the script refuses is said to a person, with its reason', async () => {
    const scenario = await aScenario();
    scenario.simulation.hosts.scriptFault = (_instanceId, script) =>
      script === 'grow-filesystem' ? { error: 'resize-failed', message: 'resize2fs: No space left' } : undefined;
    scenario.simulation.ec2.foreignModify(volumeId, { sizeGib: 150 });
    await scenario.pass(2 * hourMs);
    const [notice] = scenario.notices('filesystem-not-grown');
    expect(notice?.message).toContain('resize-failed: resize2fs: No space left');
    expect(notice?.message).toContain(`npx kafka-autopilot grow-filesystem ${volumeId} --yes`);
    expect(scenario.filesystemGib(volumeId)).toBeLessThan(100);
    scenario.simulation.hosts.scriptFault = undefined;
    await scenario.pass(4 * hourMs);
    expect((await scenario.remembered(volumeId))?.escalations).toEqual({});
    await expectGrown(scenario, volumeId, 150);
  });
});

/**
 * The event comes before anybody waits for it: the world is read after the token is stored, so nothing is missed and
 * nothing waits for a heartbeat.
 */
import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../../functions/gateways/ledger/ledger.ts';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';
import { cleanPath, expectGrown, outcomesOf, statesEntered } from './support.ts';

const volumeId = vol(0, '/data1');
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];

/** Milliseconds from entering one state to entering the next. */
function timeIn(scenario: Scenario, executionArn: string, state: string): number {
  const history = scenario.simulation.states.records.history(executionArn) ?? [];
  const entered = history.filter(({ type }) => type.endsWith('StateEntered'));
  const index = entered.findIndex(({ details }) => details['name'] === state);
  return (entered[index + 1]?.timestampMs ?? 0) - (entered[index]?.timestampMs ?? 0);
}

/** The operation that grows, not one that gave way to it. */
async function main(scenario: Scenario): Promise<Operation | undefined> {
  return (await scenario.operationsOf(volumeId)).find(({ outcome }) => outcome !== 'already-running');
}

describe('an event before its token', () => {
  it('goes on at once when EBS is usable before the workflow asks', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.modifyingMs = () => 1;
    scenario.use(volumeId, 76.5);
    await scenario.pass(30 * minuteMs);
    const operation = await main(scenario);
    expect(timeIn(scenario, operation?.executionArn ?? '', 'AwaitUsable')).toBeLessThan(5_000);
    await scenario.pass(3 * hourMs);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('goes on at once when EBS has completed before the file system is verified', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.modifyingMs = () => 1;
    scenario.simulation.ec2.switches.optimizingMs = () => 1;
    scenario.use(volumeId, 76.5);
    await scenario.pass(20 * minuteMs);
    const known = await scenario.operationsOf(volumeId);
    expect(outcomesOf(known)).toEqual(['grown']);
    const grown = known.find(({ outcome }) => outcome === 'grown');
    expect((grown?.endedAtMs ?? 0) - (grown?.startedAtMs ?? 0)).toBeLessThan(minuteMs);
    expect(statesEntered(scenario, grown?.executionArn ?? '')).toEqual(cleanPath);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });

  it('goes on at once when the command has ended before its token is stored', async () => {
    const scenario = await aScenario({ brokers });
    const { ssm, hosts, deployment } = scenario.simulation;
    ssm.switches.deliveryMs = () => 0;
    ssm.switches.invisibleMs = () => 0;
    // A host that is done in no time.
    const document = deployment.template
      .ofType('AWS::SSM::Document')
      .find(({ ref }) => ref.endsWith('grow-filesystem'));
    ssm.registerDocument(document?.ref ?? '', document?.properties['Content'] as object, () => {
      const before = { filesystemBytes: hosts.filesystemBytes(volumeId), usedBytes: hosts.usedBytes(volumeId) };
      hosts.grow(volumeId, 'filesystem');
      const host = hosts.filesystem(volumeId);
      const answer = {
        version: 1,
        script: 'grow-filesystem',
        volumeId,
        mountPoint: '/data1',
        layout: 'plain',
        filesystem: 'xfs',
        devicePath: '/dev/nvme1n1',
        deviceBytes: host && hosts.deviceBytes(host),
        before,
        after: { ...before, filesystemBytes: hosts.filesystemBytes(volumeId) },
        changed: true,
        steps: ['xfs_growfs'],
      };
      return Promise.resolve({ stdout: `${JSON.stringify(answer)}\n`, stderr: '', exitCode: 0 });
    });
    const endedAtMs: number[] = [];
    scenario.simulation.cloud.onEvent((event) => {
      if (event.source === 'aws.ssm' && event.detail['status'] === 'Success') endedAtMs.push(scenario.nowMs);
    });
    scenario.use(volumeId, 76.5);
    await scenario.pass(20 * minuteMs);

    const stored = scenario
      .called('dynamodb:PutItem')
      .find(
        ({ principal, input }) => principal.name === 'grow-filesystem' && JSON.stringify(input).includes('command/'),
      );
    expect(endedAtMs.at(-1)).toBeLessThan(stored?.atMs ?? 0);
    const operation = await main(scenario);
    expect(timeIn(scenario, operation?.executionArn ?? '', 'GrowFilesystem')).toBeLessThan(5_000);
    await scenario.pass(3 * hourMs);
    await expectGrown(scenario, volumeId, scenario.sizeGib(volumeId));
  });
});

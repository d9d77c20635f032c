/** A person says no: nothing is changed, and nobody is asked the same again for a while. */
import { describe, expect, it } from '@jest/globals';
import { asked, approvalOf, ended, noticesOf, volumeId } from './approvals.ts';
import { hourMs, minuteMs } from './scenario.ts';
import { clusterState, executions, expectAtRest, told } from './support.ts';

describe('an approval that is refused', () => {
  it('changes nothing, says so, and gives the volume free', async () => {
    const { scenario, operation } = await asked();
    expect(await scenario.answer(operation.operationId, 'rejected')).toEqual({ answered: true });
    await scenario.pass(minuteMs);
    const end = await ended(scenario, operation.operationId);
    expect(end).toMatchObject({ status: 'refused', outcome: 'approval-rejected' });
    expect(told(end ?? operation)).toEqual(['started', 'decided', 'asked', 'rejected', 'ended']);
    expect(await approvalOf(scenario, operation.operationId)).toMatchObject({
      answer: 'rejected',
      answeredBy: 'operator',
    });
    expect(executions(scenario).find(({ executionArn }) => executionArn === operation.executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'approval-rejected',
    });
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    expect((await clusterState(scenario)).dayGrownGib).toBe(0);
    // What else would help is said, because the disk fills all the same.
    const [notice] = scenario.notices('approval-rejected');
    expect(notice?.message).toContain('rejected by operator');
    expect(notice?.message).toContain('retention.ms=');
    await expectAtRest(scenario, volumeId);
  });

  it('asks again only when half a day has passed', async () => {
    const { scenario, operation } = await asked();
    await scenario.answer(operation.operationId, 'rejected');
    await scenario.pass(11.5 * hourMs);
    expect(noticesOf(scenario, 'approval')).toHaveLength(1);
    await scenario.pass(1.5 * hourMs);
    expect(noticesOf(scenario, 'approval')).toHaveLength(2);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a second answer does not turn a no into a yes', async () => {
    const { scenario, operation } = await asked();
    await scenario.answer(operation.operationId, 'rejected');
    expect(await scenario.answer(operation.operationId, 'approved')).toEqual({ answered: false, because: 'answered' });
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

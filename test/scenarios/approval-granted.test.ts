/** A person says yes: to the plan that was shown, once, and at whichever moment. */
import { describe, expect, it } from '@jest/globals';
import { approvalOf, asked, ended, noticesOf, volumeId } from './approvals.ts';
import { hourMs, minuteMs } from './scenario.ts';
import { expectGrown, invokeNow, told } from './support.ts';

describe('an approval that is granted', () => {
  it('shows the plan with its cost, then grows by exactly that', async () => {
    const { scenario, operation, approval, question } = await asked();
    const { fromGib, targetGib, usdPerMonth } = approval.plan;
    expect(question.subject).toContain(`${String(fromGib)} to ${String(targetGib)} GiB`);
    expect(question.message).toContain(`costs ${String(usdPerMonth)} USD a month`);
    expect(question.message).toContain(`Plan ${approval.planHash}, operation ${operation.operationId}`);
    expect(question.message).toContain(`npx kafka-autopilot approve ${operation.operationId} --yes`);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);

    await scenario.answer(operation.operationId, 'approved');
    await scenario.pass(3 * hourMs);
    const end = await ended(scenario, operation.operationId);
    expect(end).toMatchObject({ status: 'succeeded', outcome: 'grown', decision: { reason: 'approved' } });
    const steps = ['started', 'decided', 'asked', 'approved', 'decided', 'applied', 'verified', 'ended'];
    expect(told(end ?? operation)).toEqual(steps);
    expect(scenario.called('ec2:ModifyVolume').map(({ input }) => input['Size'])).toEqual([targetGib]);
    expect(noticesOf(scenario, 'approval')).toHaveLength(1);
    await expectGrown(scenario, volumeId, Number(targetGib));
  });

  it('is bound to the plan that was shown: another hash is refused', async () => {
    const { scenario, operation, approval } = await asked();
    const invoke = (planHash: string): Promise<unknown> =>
      scenario.simulation.invoke('answer-approval', {
        operationId: operation.operationId,
        planHash,
        answer: 'approved',
        by: 'operator',
      });
    expect(await invoke('0000000000000000')).toEqual({ answered: false, because: 'other-plan' });
    await scenario.pass(30 * minuteMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(await invoke(approval.planHash)).toEqual({ answered: true });
    await scenario.pass(3 * hourMs);
    await expectGrown(scenario, volumeId, Number(approval.plan['targetGib']));
  });

  it('counts once: the same answer again is harmless, another one is refused', async () => {
    const { scenario, operation, approval } = await asked();
    await scenario.answer(operation.operationId, 'approved');
    expect(await scenario.answer(operation.operationId, 'approved')).toEqual({ answered: true });
    expect(await scenario.answer(operation.operationId, 'rejected')).toEqual({ answered: false, because: 'answered' });
    await scenario.pass(3 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(await approvalOf(scenario, operation.operationId)).toMatchObject({ answer: 'approved' });
    await expectGrown(scenario, volumeId, Number(approval.plan['targetGib']));
  });

  it('is heard when it falls between the question and its reminder, whose tokens differ', async () => {
    const { scenario, operation, approval } = await asked({ approvalTimeoutHours: 8 });
    const halfMs = approval.requestedAtMs + 4 * hourMs;
    // The first token is dead; the reminder's function has not stored its own yet.
    let isAnswered = false;
    scenario.simulation.states.observe({
      progressed({ lastState }) {
        if (lastState !== 'RemindApproval' || isAnswered) return;
        isAnswered = true;
        const { operationId } = operation;
        const { planHash } = approval;
        invokeNow(scenario, 'answer-approval', { operationId, planHash, answer: 'approved', by: 'operator' });
      },
    });
    await scenario.pass(halfMs - scenario.nowMs + 10 * minuteMs);
    expect(isAnswered).toBe(true);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    await scenario.pass(3 * hourMs);
    expect(await ended(scenario, operation.operationId)).toMatchObject({ status: 'succeeded', outcome: 'grown' });
    await expectGrown(scenario, volumeId, Number(approval.plan['targetGib']));
  });

  it('grows nothing when the need has gone meanwhile', async () => {
    const { scenario, operation } = await asked();
    scenario.use(volumeId, 50);
    await scenario.pass(4 * hourMs - 30 * minuteMs);
    await scenario.answer(operation.operationId, 'approved');
    await scenario.pass(hourMs);
    expect(await ended(scenario, operation.operationId)).toMatchObject({
      status: 'succeeded',
      outcome: 'kept',
      decision: { action: 'keep', reason: 'no-longer-needed' },
    });
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('does not count for another step, when the volume has another size by then', async () => {
    const { scenario, operation, approval } = await asked();
    scenario.simulation.ec2.switches.optimizingMs = () => minuteMs;
    scenario.simulation.ec2.foreignModify(volumeId, { sizeGib: 101 });
    await scenario.pass(30 * minuteMs);
    await scenario.answer(operation.operationId, 'approved');
    await scenario.pass(2 * hourMs);
    const sizes = scenario.called('ec2:ModifyVolume').map(({ input }) => input['Size']);
    // What was approved was a step from 100 GiB; from 101 it is another plan.
    expect(sizes).toEqual([]);
    expect(approval.plan).toMatchObject({ fromGib: 100 });
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(100);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

/** Nobody answers: reminded at half the time, then a person is called with the hours left; a late answer is refused. */
import { describe, expect, it } from '@jest/globals';
import { approvalOf, asked, ended, noticesOf, volumeId } from './approvals.ts';
import { hourMs, minuteMs } from './scenario.ts';
import { expectAtRest, told } from './support.ts';

describe('an approval that nobody answers', () => {
  it('is reminded of at half its time, on the minute', async () => {
    const { scenario, approval, operation } = await asked({ approvalTimeoutHours: 8 });
    expect(approval.expiresAtMs - approval.requestedAtMs).toBe(8 * hourMs);
    const halfMs = approval.requestedAtMs + 4 * hourMs;
    await scenario.pass(halfMs - scenario.nowMs - minuteMs);
    expect(noticesOf(scenario, 'approval-reminder')).toEqual([]);
    await scenario.pass(2 * minuteMs);
    const [reminder] = noticesOf(scenario, 'approval-reminder');
    expect(reminder?.subject).toMatch(/^Reminder: approval needed/);
    expect(reminder?.message).toContain(new Date(approval.expiresAtMs).toISOString());
    expect(reminder?.message).toContain(`approve ${operation.operationId} --yes`);
    expect(noticesOf(scenario, 'approval')).toHaveLength(1);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('escalates with the hours left until full, and changes nothing', async () => {
    const { scenario, approval, operation } = await asked({ approvalTimeoutHours: 8 });
    // 30 GiB are left; a quarter of a GiB an hour.
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => 76.5 + (0.25 * (atMs - fromMs)) / hourMs);
    await scenario.pass(approval.expiresAtMs - scenario.nowMs - minuteMs);
    expect(noticesOf(scenario, 'escalation')).toEqual([]);
    await scenario.pass(3 * minuteMs);
    const end = await ended(scenario, operation.operationId);
    expect(end).toMatchObject({ status: 'escalated', outcome: 'approval-expired' });
    expect(told(end ?? operation)).toEqual(['started', 'decided', 'asked', 'reminded', 'ended']);
    const [notice] = scenario.notices('approval-expired');
    expect(notice?.message).toMatch(/% of [\d.]+ GiB used, (full in [\d.]+ h|not full within 30 days) at this rate/);
    expect(notice?.message).toContain('retention.ms=');
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    await expectAtRest(scenario, volumeId);
  });

  it('refuses an answer that comes too late', async () => {
    const { scenario, approval, operation } = await asked({ approvalTimeoutHours: 8 });
    await scenario.pass(approval.expiresAtMs - scenario.nowMs + 5 * minuteMs);
    expect(await scenario.answer(operation.operationId, 'approved')).toEqual({ answered: false, because: 'expired' });
    await scenario.pass(hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect((await approvalOf(scenario, operation.operationId))?.answer).toBeUndefined();
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('accepts one in the last minute', async () => {
    const { scenario, approval, operation } = await asked({ approvalTimeoutHours: 8 });
    await scenario.pass(approval.expiresAtMs - scenario.nowMs - 2_000);
    expect(await scenario.answer(operation.operationId, 'approved')).toEqual({ answered: true });
    await scenario.pass(2 * hourMs);
    expect(scenario.called('ec2:ModifyVolume')).toHaveLength(1);
    expect(await ended(scenario, operation.operationId)).toMatchObject({ status: 'succeeded', outcome: 'grown' });
    await expectAtRest(scenario, volumeId);
  });

  it('asks anew after its pause, because the volume still needs it', async () => {
    const { scenario } = await asked({ approvalTimeoutHours: 2 });
    await scenario.pass(7 * hourMs);
    expect(noticesOf(scenario, 'approval').length).toBeGreaterThanOrEqual(2);
    expect(scenario.called('ec2:ModifyVolume')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

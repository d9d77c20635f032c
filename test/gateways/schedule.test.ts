import { describe, expect, it } from '@jest/globals';
import { scheduleGateway } from '../../functions/gateways/schedule.ts';
import { json, jsonError, NOW_MS, type Reply, wired } from './http.ts';

const environment = {
  SCHEDULE_GROUP: 'demo',
  START_WORKFLOW_ARN: 'arn:aws:lambda:eu-central-1:111122223333:function:start-workflow:live',
  SCHEDULE_ROLE_ARN: 'arn:aws:iam::111122223333:role/schedule',
  SCHEDULE_DEAD_LETTERS_ARN: 'arn:aws:sqs:eu-central-1:111122223333:dead-letters',
};
const request = {
  name: 'relief-0b1c2d3e',
  atMs: NOW_MS,
  payload: { source: 'schedule', workflow: 'retention-relief' },
};
const CREATED = json({ ScheduleArn: 'arn:aws:scheduler:eu-central-1:111122223333:schedule/demo/relief-0b1c2d3e' });
const TAKEN = jsonError('ConflictException', 'Schedule relief-0b1c2d3e already exists.', 409);

const arming = (replies: Reply[], changed: Partial<typeof request> = {}) => {
  const wire = wired((_body, count) => replies[count] ?? new Error('unexpected call'), environment);
  return { ...wire, armed: scheduleGateway(wire.runtime).at({ ...request, ...changed }) };
};
const sentBy = async (changed: Partial<typeof request>) => {
  const { armed, bodies } = arming([CREATED], changed);
  await armed;
  return JSON.parse(String(bodies[0])) as { ClientToken: string; ScheduleExpression: string };
};

const present = (Input: string | undefined) => json({ Name: request.name, Target: { Arn: 'a', RoleArn: 'r', Input } });

describe('at', () => {
  it('makes a schedule that invokes start-workflow once and then deletes itself', async () => {
    const { armed, requests, bodies } = arming([CREATED]);
    await armed;
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/schedules/relief-0b1c2d3e' });
    expect(JSON.parse(String(bodies[0]))).toEqual({
      GroupName: 'demo',
      ScheduleExpression: 'at(2026-01-15T10:00:00)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      ClientToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      Target: {
        Arn: environment.START_WORKFLOW_ARN,
        RoleArn: environment.SCHEDULE_ROLE_ARN,
        Input: '{"source":"schedule","workflow":"retention-relief"}',
        DeadLetterConfig: { Arn: environment.SCHEDULE_DEAD_LETTERS_ARN },
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
      },
    });
  });

  it.each([
    ['on the second', NOW_MS, 'at(2026-01-15T10:00:00)'],
    ['a millisecond later: never too early', NOW_MS + 1, 'at(2026-01-15T10:00:01)'],
  ])('%s', async (_title, atMs, expected) => {
    expect((await sentBy({ atMs })).ScheduleExpression).toBe(expected);
  });

  it('has the same token for the same and another for anything else', async () => {
    const { ClientToken: token } = await sentBy({});
    expect((await sentBy({})).ClientToken).toBe(token);
    for (const changed of [{ name: 'other' }, { atMs: NOW_MS + 1_000 }, { payload: { source: 's', workflow: 'w' } }]) {
      expect((await sentBy(changed)).ClientToken).not.toBe(token);
    }
  });

  it('is sent again by the SDK after an internal error, with the same token', async () => {
    const { armed, bodies } = arming([jsonError('InternalServerException', 'oops', 500), CREATED]);
    await armed;
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toBe(bodies[1]);
  });

  it('is content with one that has the same payload, whatever the order of its keys', async () => {
    const { armed, requests } = arming([TAKEN, present('{"workflow":"retention-relief","source":"schedule"}')]);
    await expect(armed).resolves.toBeUndefined();
    expect(requests[1]).toMatchObject({
      method: 'GET',
      path: '/schedules/relief-0b1c2d3e',
      query: { groupName: 'demo' },
    });
  });

  it.each([
    ['another payload', '{"source":"schedule","workflow":"storage-sweep"}'],
    ['no JSON', 'hello'],
    ['none', undefined],
  ])('is refused where the name stands for %s', async (_title, input) => {
    const { armed } = arming([TAKEN, present(input)]);
    await expect(armed).rejects.toMatchObject({ name: 'ScheduleNameTaken', faultClass: 'refused' });
  });

  it('is in doubt where the other one fired just now', async () => {
    const { armed } = arming([TAKEN, jsonError('ResourceNotFoundException', 'no', 404)]);
    await expect(armed).rejects.toMatchObject({ name: 'AnswerLost' });
  });

  it.each([
    ['a group that does not exist', jsonError('ResourceNotFoundException', 'no group', 404), 'UnknownAwsError'],
    ['no permission', jsonError('AccessDeniedException', 'no', 403), 'AccessDenied'],
  ])('says so: %s', async (_title, reply, name) => {
    await expect(arming([reply]).armed).rejects.toMatchObject({ name });
  });

  it('without its settings is a defect before anything is sent', async () => {
    const { runtime, bodies } = wired(() => CREATED, { SCHEDULE_GROUP: 'demo' });
    await expect(scheduleGateway(runtime).at(request)).rejects.toMatchObject({ name: 'MissingSetting' });
    expect(bodies).toEqual([]);
  });
});

const cancelling = (reply: Reply) => {
  const wire = wired(() => reply, { SCHEDULE_GROUP: 'demo' });
  return { ...wire, cancelled: scheduleGateway(wire.runtime).cancel('relief-0b1c2d3e') };
};

describe('cancel', () => {
  it('deletes the schedule of the group', async () => {
    const { cancelled, requests } = cancelling(json({}));
    await cancelled;
    expect(requests[0]).toMatchObject({
      method: 'DELETE',
      path: '/schedules/relief-0b1c2d3e',
      query: { groupName: 'demo' },
    });
  });

  it('is content with one that is gone', async () => {
    const { cancelled } = cancelling(jsonError('ResourceNotFoundException', 'no', 404));
    await expect(cancelled).resolves.toBeUndefined();
  });

  it.each([
    ['changed at the same time', jsonError('ConflictException', 'busy', 409), 'AnswerLost'],
    ['no permission', jsonError('AccessDeniedException', 'no', 403), 'AccessDenied'],
  ])('says so: %s', async (_title, reply, name) => {
    await expect(cancelling(reply).cancelled).rejects.toMatchObject({ name });
  });
});

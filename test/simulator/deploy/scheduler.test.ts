import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { describe, expect, it } from '@jest/globals';
import { LostAnswer, operator } from '../../../simulator/cloud/cloud.ts';
import { connectTo, simulatedClientDefaults } from '../../../simulator/cloud/seam.ts';
import type { Principal } from '../../../simulator/cloud/service.ts';
import { allow, booted, environment, role, startMs } from './fixtures/template.ts';

const minute = 60_000;
const { account, region } = environment;
const arnOf = (name: string) => `arn:aws:iam::${account}:role/demo-${name}`;
const echo = `arn:aws:lambda:${region}:${account}:function:echo`;
const armer: Principal = { roleArn: arnOf('Armer'), name: 'armer' };

const scheduleArn = `arn:aws:scheduler:${region}:${account}:schedule/undo/restore`;
const passRole = {
  ...allow('iam:PassRole', arnOf('Invoker')),
  Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
};

function world(more: Record<string, unknown> = {}) {
  const made = booted({
    Undo: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'undo' } },
    Invoker: role('scheduler.amazonaws.com', allow('lambda:InvokeFunction', echo)),
    Armer: role('lambda.amazonaws.com', allow('scheduler:*', scheduleArn), passRole),
    ...more,
  });
  const payloads: string[] = [];
  made.cloud.observe({
    before({ service, input }) {
      if (service === 'lambda') payloads.push(String(input['Payload']));
    },
  });
  const call = (operation: string, input: object = {}, principal = armer) =>
    made.cloud.answer({
      service: 'scheduler',
      operation,
      input: { Name: 'restore', GroupName: 'undo', ...input },
      principal,
      atMs: made.cloud.clock.nowMs(),
    }) as Record<string, unknown>;
  const create = (input: object = {}, principal = armer) => call('CreateSchedule', request(input), principal);
  return { ...made, payloads, call, create, run: (ms: number) => made.simulation.run(startMs + ms) };
}

const request = (more: object = {}) => ({
  Name: 'restore',
  GroupName: 'undo',
  ScheduleExpression: 'at(2026-11-21T01:00:00)',
  FlexibleTimeWindow: { Mode: 'OFF' as const },
  Target: { Arn: echo, RoleArn: arnOf('Invoker'), Input: '{"undo":"relief-1"}' },
  ...more,
});

const nameOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).name;
  }
  return 'done';
};

describe('one-time schedules', () => {
  it('invoke their target once, within the minute, and stay unless they delete themselves', async () => {
    const { create, call, payloads, run, scheduler } = world();
    expect(create()).toEqual({ ScheduleArn: scheduleArn });
    expect(call('GetSchedule')).toMatchObject({
      Arn: scheduleArn,
      GroupName: 'undo',
      ScheduleExpression: 'at(2026-11-21T01:00:00)',
      ActionAfterCompletion: 'NONE',
      CreationDate: new Date(startMs),
    });
    await run(60 * minute - 1);
    expect(payloads).toEqual([]);
    await run(61 * minute);
    expect(payloads).toEqual(['{"undo":"relief-1"}']);
    await run(24 * 60 * minute);
    expect(payloads).toHaveLength(1);
    expect(call('GetSchedule')['State']).toBe('ENABLED');
    expect(nameOf(() => create({ ScheduleExpression: 'at(2026-11-23T00:00:00)' }))).toBe('ConflictException');
    expect(scheduler.oneTime()).toMatchObject([{ group: 'undo', name: 'restore', atMs: startMs + 60 * minute }]);
  });

  it('delete themselves where asked to', async () => {
    const { create, call, payloads, run, scheduler } = world();
    create({ ActionAfterCompletion: 'DELETE' });
    await run(62 * minute);
    expect(payloads).toHaveLength(1);
    expect(nameOf(() => call('GetSchedule'))).toBe('ResourceNotFoundException');
    expect(scheduler.oneTime()).toEqual([]);
    create({ ScheduleExpression: 'at(2026-11-21T03:00:00)' });
    await run(182 * minute);
    expect(payloads).toHaveLength(2);
  });

  it('can be cancelled before', async () => {
    const { create, call, payloads, run } = world();
    create();
    expect(call('DeleteSchedule')).toEqual({});
    expect(nameOf(() => call('DeleteSchedule'))).toBe('ResourceNotFoundException');
    await run(120 * minute);
    expect(payloads).toEqual([]);
  });

  it('are the same for the same client token, in conflict for another', () => {
    const { create } = world();
    create({ ClientToken: 'a' });
    expect(create({ ClientToken: 'a' })).toEqual({ ScheduleArn: scheduleArn });
    expect(nameOf(() => create({ ClientToken: 'b' }))).toBe('ConflictException');
    expect(nameOf(() => create())).toBe('ConflictException');
  });

  it('are the same for a retry of the SDK, whose token is its own', async () => {
    const { cloud, simulation, scheduler } = world();
    let lost = 0;
    cloud.observe({
      before({ service }) {
        if (service === 'scheduler' && lost++ === 0) throw new LostAnswer();
      },
    });
    const client = connectTo(cloud, armer)(new SchedulerClient(simulatedClientDefaults(cloud)));
    const output = await simulation.within(() => client.send(new CreateScheduleCommand(request())));
    expect(output.ScheduleArn).toBe(scheduleArn);
    expect(cloud.apiCalls.get('scheduler:CreateSchedule')).toBe(2);
    expect(scheduler.oneTime()).toHaveLength(1);
  });

  it.each([
    ['a group that is not there', { GroupName: 'other' }, 'ResourceNotFoundException'],
    ['a name that is too long', { Name: 'x'.repeat(65) }, 'ValidationException'],
    ['a time that has passed', { ScheduleExpression: 'at(2026-11-20T23:59:59)' }, 'ValidationException'],
    ['a time with milliseconds', { ScheduleExpression: 'at(2026-11-21T01:00:00.000Z)' }, 'ValidationException'],
    [
      'a role that does not trust the scheduler',
      { Target: { Arn: echo, RoleArn: arnOf('EchoRole') } },
      'ValidationException',
    ],
  ])('are refused with %s', (_title, input, name) => {
    const { create } = world();
    expect(nameOf(() => create(input, operator))).toBe(name);
  });

  it.each([
    ['a rate', { ScheduleExpression: 'rate(1 hour)' }],
    ['a flexible window', { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }],
    ['an end', { EndDate: new Date(startMs) }],
  ])('do not pretend to know %s', (_title, input) => {
    const { create } = world();
    expect(() => create(input)).toThrow('the simulated CreateSchedule');
  });

  it('need scheduler:CreateSchedule on the schedule and iam:PassRole for the scheduler', () => {
    const { create, call } = world();
    expect(nameOf(() => create({ Name: 'another' }))).toBe('AccessDeniedException');
    expect(nameOf(() => create({ Target: { Arn: echo, RoleArn: arnOf('EchoRole') } }))).toBe('AccessDeniedException');
    expect(nameOf(() => call('GetSchedule', { Name: 'another' }))).toBe('AccessDeniedException');
    const without = world({ Armer: role('lambda.amazonaws.com', allow('scheduler:*', scheduleArn)) });
    expect(nameOf(() => without.create())).toBe('AccessDeniedException');
    expect(nameOf(() => create())).toBe('done');
  });

  it('act as their role, which must be allowed to invoke', async () => {
    const { create, scheduler, run } = world({ Invoker: role('scheduler.amazonaws.com', allow('sns:Publish')) });
    create();
    await run(70 * minute);
    expect(scheduler.deliverer.counts).toEqual({ delivered: 0, deadLettered: 0, dropped: 1 });
  });
});

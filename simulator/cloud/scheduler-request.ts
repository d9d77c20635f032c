/** What CreateSchedule is asked for, checked, and how GetSchedule shows it. One-time schedules only. SDK scheduler. */
import { eventAgeMsMaxDefault, requestFor, retryAttemptsDefault, type Target } from './events-targets.ts';
import { oneTimeMs } from './scheduler-expression.ts';
import { AwsError } from './service.ts';

export interface ScheduleRequest {
  group: string;
  name: string;
  atMs: number;
  clientToken: string | undefined;
  /** ActionAfterCompletion DELETE; NONE, the default, leaves the schedule and its name. */
  deletesItself: boolean;
  target: Target & { roleArn: string; input: string | undefined };
  /** As they came, for GetSchedule. */
  shown: Record<string, unknown>;
}

const known = new Set([
  'ActionAfterCompletion',
  'ClientToken',
  'Description',
  'FlexibleTimeWindow',
  'GroupName',
  'Name',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'State',
  'Target',
]);

/**
 * @throws AwsError ValidationException for what the service refuses
 * @throws Error for what it takes and the simulator doesn't know
 */
export function readSchedule(input: Record<string, unknown>): ScheduleRequest {
  const unknown = Object.keys(input).find((key) => input[key] !== undefined && !known.has(key));
  if (unknown !== undefined) throw new Error(`the simulated CreateSchedule does not know ${unknown}`);
  const { Name, GroupName, ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, ...rest } = input;
  const { ActionAfterCompletion = 'NONE', ClientToken, Description, State = 'ENABLED', Target } = rest;
  const name = String(Name);
  if (!/^[0-9a-zA-Z-_.]{1,64}$/.test(name)) throw invalid(`Name ${name}`);
  if ((FlexibleTimeWindow as { Mode?: string } | undefined)?.Mode !== 'OFF') {
    throw new Error('the simulated CreateSchedule knows FlexibleTimeWindow OFF only');
  }
  if (State !== 'ENABLED') throw new Error('the simulated CreateSchedule knows State ENABLED only');
  if (ActionAfterCompletion !== 'NONE' && ActionAfterCompletion !== 'DELETE') throw invalid('ActionAfterCompletion');
  const group = (GroupName as string | undefined) ?? 'default';
  const expression = String(ScheduleExpression);
  const atMs = timeOf(expression, ScheduleExpressionTimezone as string | undefined);
  return {
    group,
    name,
    atMs,
    clientToken: ClientToken as string | undefined,
    deletesItself: ActionAfterCompletion === 'DELETE',
    target: readTarget((Target ?? {}) as Record<string, unknown>),
    shown: {
      GroupName: group,
      Name: name,
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: ScheduleExpressionTimezone ?? 'UTC',
      FlexibleTimeWindow,
      ActionAfterCompletion,
      State,
      Target,
      ...(Description === undefined ? {} : { Description }),
    },
  };
}

/** As GetSchedule shows it. */
export function scheduleOutput({ shown }: ScheduleRequest, arn: string, createdAtMs: number): Record<string, unknown> {
  return { ...shown, Arn: arn, CreationDate: new Date(createdAtMs), LastModificationDate: new Date(createdAtMs) };
}

function timeOf(expression: string, timezone: string | undefined): number {
  let atMs: number | undefined;
  try {
    atMs = oneTimeMs(expression, timezone);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  if (atMs === undefined) throw new Error(`the simulated CreateSchedule knows at(…) only, not ${expression}`);
  return atMs;
}

function readTarget(target: Record<string, unknown>): ScheduleRequest['target'] {
  const { Arn, RoleArn, Input, RetryPolicy, DeadLetterConfig } = target;
  if (typeof Arn !== 'string' || typeof RoleArn !== 'string') throw invalid('Target needs Arn and RoleArn');
  requestFor(Arn, '{}');
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = (RetryPolicy ?? {}) as Record<string, number | undefined>;
  return {
    arn: Arn,
    roleArn: RoleArn,
    input: Input as string | undefined,
    retryAttempts: MaximumRetryAttempts ?? retryAttemptsDefault,
    eventAgeMsMax: MaximumEventAgeInSeconds === undefined ? eventAgeMsMaxDefault : MaximumEventAgeInSeconds * 1_000,
    deadLetterArn: (DeadLetterConfig as { Arn?: string } | undefined)?.Arn,
  };
}

function invalid(what: string): AwsError {
  return new AwsError('ValidationException', `Invalid request: ${what}`, 400);
}

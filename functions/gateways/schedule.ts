/**
 * One-time schedules of EventBridge Scheduler that invoke `start-workflow`. They stand in a group of their own
 * (SCHEDULE_GROUP), invoke START_WORKFLOW_ARN as SCHEDULE_ROLE_ARN, and leave what could not be delivered in the queue
 * SCHEDULE_DEAD_LETTERS_ARN. Delivery is at least once; `start-workflow` starts a name once.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { setting, type Wire } from '../runtime/runtime.ts';
import { answered, errorCode, type FaultTable, toFault } from './classify.ts';
import { retryingClient } from './client.ts';
import { AnswerLost, ScheduleNameTaken } from './faults.ts';
import type { ScheduleGateway } from './types.ts';

/** Scheduler's own maxima (aws-facts 7.3): an undo is worth every attempt. */
const ATTEMPTS_MAX = 185;
const AGE_SECONDS_MAX = 24 * 3_600;

const changing: FaultTable = {
  // "Updating or deleting the resource can cause an inconsistent state" [SDK scheduler]
  ConflictException: (message, options) => new AnswerLost(message, options),
};

export const scheduleGateway: Wire<ScheduleGateway> = (runtime) => {
  // The client token makes creating idempotent, deleting is so by nature: the SDK may retry both.
  const client = runtime.connect(new SchedulerClient(retryingClient(runtime)));

  /** The input of the schedule that has this name. */
  const present = async (Name: string, GroupName: string): Promise<string | undefined> => {
    try {
      return (await client.send(new GetScheduleCommand({ Name, GroupName }))).Target?.Input;
    } catch (error) {
      // It fired or was deleted just now, and deletes itself thereafter.
      if (errorCode(error) === 'ResourceNotFoundException') throw new AnswerLost(`schedule ${Name} came and went`);
      throw toFault(error, 'read');
    }
  };

  return {
    async at({ name, atMs, payload }) {
      const group = setting(runtime, 'SCHEDULE_GROUP');
      const expression = `at(${wholeSecond(atMs)})`;
      const input = JSON.stringify(payload ?? null);
      const command = new CreateScheduleCommand({
        Name: name,
        GroupName: group,
        ScheduleExpression: expression,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: setting(runtime, 'START_WORKFLOW_ARN'),
          RoleArn: setting(runtime, 'SCHEDULE_ROLE_ARN'),
          Input: input,
          DeadLetterConfig: { Arn: setting(runtime, 'SCHEDULE_DEAD_LETTERS_ARN') },
          RetryPolicy: { MaximumRetryAttempts: ATTEMPTS_MAX, MaximumEventAgeInSeconds: AGE_SECONDS_MAX },
        },
        // With the time in it, one that was cancelled can be made again; without, Scheduler might take that for a repetition.
        ClientToken: createHash('sha256')
          .update(JSON.stringify([group, name, expression, input]))
          .digest('hex'),
      });
      try {
        await client.send(command);
      } catch (error) {
        if (errorCode(error) !== 'ConflictException') throw toFault(error, 'mutation', changing);
        const taken = await present(name, group);
        if (sameJson(taken, input)) return;
        throw new ScheduleNameTaken(`schedule ${name} exists with another input: ${taken}`, { cause: error });
      }
    },

    async cancel(name) {
      // The SDK makes a new token for each call: one of our own would let Scheduler skip the second of two deletions.
      const command = new DeleteScheduleCommand({ Name: name, GroupName: setting(runtime, 'SCHEDULE_GROUP') });
      const gone = async () => {
        try {
          await client.send(command);
        } catch (error) {
          if (errorCode(error) !== 'ResourceNotFoundException') throw error;
        }
      };
      await answered(gone(), 'mutation', changing);
    },
  };
};

/** `yyyy-mm-ddThh:mm:ss` in UTC, never before the wished time. Scheduler invokes within the minute after. */
function wholeSecond(atMs: number): string {
  return new Date(Math.ceil(atMs / 1_000) * 1_000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
}

/** The same payload, in whatever order its keys are. */
function sameJson(a: string | undefined, b: string): boolean {
  if (a === undefined) return false;
  try {
    return isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
  } catch {
    return a === b; // somebody else's schedule, whose input is no JSON
  }
}

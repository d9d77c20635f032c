/**
 * What starts and wakes workflows: alarms, MSK's own alerts and the schedule call `start-workflow`, the services' events call
 * `wake-waiting`. Delivery is tried for an hour (the sweep sees the same disk again before that), then the event goes to
 * the function's dead-letter queue.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { type EventPattern, Match, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Deployed } from './functions.ts';
import { allow } from './permissions.ts';

export interface TriggersProps {
  prefix: string;
  startWorkflow: Deployed;
  wakeWaiting: Deployed;
  /** Names of this stack's own alarms over disks. */
  alarmNames: readonly string[];
  adoptedAlarmArns: readonly string[];
  /** How the names of the alarms over MSK clusters start; none: the fleet has no such cluster. */
  mskAlarmNamesStart?: string;
  /** Whose commands wake a waiting step. */
  documents: readonly CfnDocument[];
  sweepMinutes: number;
}

/** Characters of an event pattern, EventBridge's quota "Event pattern size" (eb-quota, read 2026-11-20). */
export const patternCharactersMax = 2048;
/**
 * Each rule is a statement in the policy of the dead-letter queue, and SQS takes 20 statements or 8,192 bytes a policy
 * (sqs-quotas, read 2026-11-21): of those one says TLS only, three are for MSK, and a statement is some 430 bytes.
 */
const alarmRulesMax = 14;
/** The longest partition, Region and account that an alarm's ARN may come to. */
const alarmArnStemMax = 'arn:aws-us-gov:cloudwatch:ap-northeast-1:123456789012:alarm:'.length;
const delivery = { retryAttempts: 24, maxEventAge: Duration.hours(1) };

export class Triggers extends Construct {
  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id);
    this.alarms(props);
    this.msk(props);
    this.wake(props);
    this.schedule(props);
  }

  private alarms({ prefix, startWorkflow, alarmNames, adoptedAlarmArns }: TriggersProps): void {
    const own = alarmNames.map((name) => ({ arn: this.alarmArn(name), characters: alarmArnStemMax + name.length }));
    const adopted = adoptedAlarmArns.map((arn) => ({ arn, characters: arn.length }));
    const groups = splitByPatternSize([...own, ...adopted]);
    if (groups.length > alarmRulesMax) {
      throw new Error(
        `the fleet's ${own.length + adopted.length} alarms need ${groups.length} event rules, at most ${alarmRulesMax}: ` +
          'adopt fewer alarms, or give clusters the same mount points and thresholds',
      );
    }
    groups.forEach((arns, i) => {
      const suffix = i === 0 ? '' : `${i + 1}`;
      new Rule(this, `Alarms${suffix}`, {
        ruleName: `${prefix}-alarms${suffix && `-${suffix}`}`,
        description: 'Alarms over disks start storage-scaling',
        eventPattern: alarmPattern(arns),
        targets: [target(startWorkflow)],
      });
    });
  }

  private msk({ prefix, startWorkflow, mskAlarmNamesStart: namesStart }: TriggersProps): void {
    if (namesStart === undefined) return;
    new Rule(this, 'MskAlarms', {
      ruleName: `${prefix}-msk-alarms`,
      description: 'Alarms over MSK clusters start storage-scaling',
      // By the start of their names: there may be hundreds.
      eventPattern: alarmPattern(Match.prefix(this.alarmArn(namesStart))),
      targets: [target(startWorkflow)],
    });
    // MSK tells of disks that are 60 and 80 % full, through EventBridge and Health (aws-facts 1.5). Their form is not
    // documented [?], so whatever MSK says itself starts a look at the fleet; API calls that CloudTrail tells of do not.
    new Rule(this, 'MskAlerts', {
      ruleName: `${prefix}-msk-alerts`,
      description: 'What MSK itself says of its clusters starts a look at them',
      eventPattern: { source: ['aws.kafka'], detailType: Match.anythingBut('AWS API Call via CloudTrail') },
      targets: [target(startWorkflow)],
    });
    new Rule(this, 'MskHealth', {
      ruleName: `${prefix}-msk-health`,
      description: 'What AWS Health says of MSK starts a look at the fleet',
      eventPattern: { source: ['aws.health'], detail: { service: ['KAFKA'] } },
      targets: [target(startWorkflow)],
    });
  }

  private alarmArn(resourceName: string): string {
    return Stack.of(this).formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private wake({ prefix, wakeWaiting, documents }: TriggersProps): void {
    new Rule(this, 'VolumeModified', {
      ruleName: `${prefix}-volume-modified`,
      description: 'A modified volume wakes the step that waits for it',
      eventPattern: {
        source: ['aws.ec2'],
        detailType: ['EBS Volume Notification'],
        detail: { event: ['modifyVolume'] },
      },
      targets: [target(wakeWaiting)],
    });
    new Rule(this, 'CommandEnded', {
      ruleName: `${prefix}-command-ended`,
      description: 'A command that ended wakes the step that waits for it',
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['EC2 Command Invocation Status-change Notification'],
        detail: {
          'document-name': documents.map((document) => document.ref),
          // Whatever is not under way has ended, also in a way that we do not know yet.
          status: Match.anythingBut('Pending', 'InProgress', 'Delayed', 'Cancelling'),
        },
      },
      targets: [target(wakeWaiting)],
    });
  }

  private schedule({ prefix, startWorkflow, sweepMinutes }: TriggersProps): void {
    const role = new Role(this, 'SweepRole', {
      description: `Starts the sweep of ${prefix}`,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    const queue = deadLettersOf(startWorkflow);
    allow(role, [
      { actions: ['lambda:InvokeFunction'], resources: [startWorkflow.function.functionArn] },
      { actions: ['sqs:SendMessage'], resources: [queue.queueArn] },
    ]);
    new CfnSchedule(this, 'Sweep', {
      name: `${prefix}-sweep`,
      description: 'Looks at every disk of the fleet, whatever its alarms say',
      scheduleExpression: `rate(${sweepMinutes} ${sweepMinutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: startWorkflow.function.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({
          source: 'schedule',
          workflow: 'storage-sweep',
          slot: '<aws.scheduler.scheduled-time>',
        }),
        deadLetterConfig: { arn: queue.queueArn },
        // A sweep that comes late is the next one's.
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: Math.max(60, sweepMinutes * 60) },
      },
    });
  }
}

function alarmPattern(arns: string[]): EventPattern {
  return {
    source: ['aws.cloudwatch'],
    detailType: ['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change'],
    resources: arns,
    detail: { state: { value: ['ALARM'] } },
  };
}

/** As few groups as hold all ARNs, in order, with each group's pattern inside EventBridge's quota. */
export function splitByPatternSize(alarms: readonly { arn: string; characters: number }[]): string[][] {
  const { detailType, ...rest } = alarmPattern([]);
  const frame = JSON.stringify({ ...rest, 'detail-type': detailType }).length;
  const groups: string[][] = [];
  let left = 0;
  for (const { arn, characters } of alarms) {
    const needed = characters + '"",'.length;
    if (groups.length === 0 || needed > left) {
      groups.push([]);
      left = patternCharactersMax - frame;
    }
    groups.at(-1)?.push(arn);
    left -= needed;
  }
  return groups;
}

const target = (deployed: Deployed): LambdaFunction =>
  new LambdaFunction(deployed.function, { deadLetterQueue: deadLettersOf(deployed), ...delivery });

function deadLettersOf({ deadLetters }: Deployed) {
  if (deadLetters === undefined) throw new Error('a function that events invoke needs a dead-letter queue');
  return deadLetters;
}

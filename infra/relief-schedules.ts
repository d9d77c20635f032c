/**
 * One-time schedules that give shortened retention back, whatever became of the workflow that shortened it. `arm-relief`
 * makes them at run time, in a group of their own: deleting the group deletes what is armed (docs/deploy.md, "Uninstall").
 */
import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { functionArn } from './names.ts';
import { allow } from './permissions.ts';
import { deadLetterQueue } from './queues.ts';

export class ReliefSchedules extends Construct {
  readonly group: CfnScheduleGroup;
  /** What Scheduler acts as. It may start workflows and nothing else. */
  readonly role: Role;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, prefix: string) {
    super(scope, id);
    this.group = new CfnScheduleGroup(this, 'Group', { name: `${prefix}-reliefs` });
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', `${prefix}-reliefs-dead-letters`);
    this.role = new Role(this, 'Role', {
      description: `Starts the restoring of retention of ${prefix}`,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    allow(this.role, [
      { actions: ['lambda:InvokeFunction'], resources: [functionArn(this, prefix, 'start-workflow')] },
      { actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] },
    ]);
  }
}

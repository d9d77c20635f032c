/**
 * Once a day each function in a network is invoked: Lambda takes the network interfaces of one away that was idle for 14
 * days, and the next call would fail [Lambda guide configuration-vpc].
 */
import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { Deployed } from './functions.ts';
import { allow } from './permissions.ts';

export class WarmNetworks extends Construct {
  constructor(scope: Construct, id: string, prefix: string, functions: Readonly<Record<string, Deployed>>) {
    super(scope, id);
    for (const [network, deployed] of Object.entries(functions)) this.warm(prefix, network, deployed);
  }

  private warm(prefix: string, network: string, { version, deadLetters }: Deployed): void {
    if (deadLetters === undefined) throw new Error('a function that a schedule invokes needs a dead-letter queue');
    const scope = new Construct(this, network);
    const role = new Role(scope, 'Role', {
      description: `Keeps the functions of ${prefix} in network ${network} warm`,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    allow(role, [
      // The published version: that is what is called, and each version has its own state.
      { actions: ['lambda:InvokeFunction'], resources: [version.functionArn] },
      { actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] },
    ]);
    new CfnSchedule(scope, 'Schedule', {
      name: `${prefix}-warm-${network}`,
      description: `Keeps the functions in network ${network} warm`,
      scheduleExpression: 'rate(1 day)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: version.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ call: 'warm' }),
        deadLetterConfig: { arn: deadLetters.queueArn },
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3600 },
      },
    });
  }
}

/** Where approvals, outcomes and alarms are told. */
import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

export function newTopic(
  scope: Construct,
  id: string,
  topicName: string,
  emails: readonly string[],
  key: IKey | undefined,
): Topic {
  const topic = new Topic(scope, id, { topicName, enforceSSL: true, ...(key && { masterKey: key }) });
  // A policy of our own takes the place of SNS's default one, under which alarms could publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  key?.grant(new ServicePrincipal('cloudwatch.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey*');
  for (const email of emails) topic.addSubscription(new EmailSubscription(email));
  return topic;
}

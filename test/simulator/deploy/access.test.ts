import { describe, expect, it } from '@jest/globals';
import { servicePrincipal } from '../../../simulator/cloud/events-principal.ts';
import { Access } from '../../../simulator/deploy/access.ts';
import { Iam } from '../../../simulator/deploy/iam.ts';
import { loadTemplate } from '../../../simulator/deploy/template.ts';
import { allow, booted, environment, policy, role } from './fixtures/template.ts';

const topicArn = 'arn:aws:sns:eu-west-1:111122223333:told';
const topic = (properties: object = {}) => ({
  Type: 'AWS::SNS::Topic',
  Properties: { TopicName: 'told', ...properties },
});
const key = (...statements: object[]) => ({ Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy(...statements) } });
const topicPolicy = (...statements: object[]) => ({
  Type: 'AWS::SNS::TopicPolicy',
  Properties: { Topics: [{ Ref: 'Topic' }], PolicyDocument: policy(...statements) },
});
const forService = (service: string, actions: string | string[], resource: unknown = '*') => ({
  ...allow(actions, resource),
  Principal: { Service: service },
});
const publish = [{ action: 'sns:Publish', resources: [topicArn], context: {} }];

const accessOf = (Resources: object) => {
  const template = loadTemplate({ Resources }, environment);
  return new Access(new Iam(template), template);
};
const events = servicePrincipal('events.amazonaws.com', 'arn:aws:events:eu-west-1:111122223333:rule/r');
const publisher = { roleArn: 'arn:aws:iam::111122223333:role/demo-Publisher', name: 'record' };

describe('Access', () => {
  it('lets a service publish only where the policy of the topic says so', () => {
    expect(() => accessOf({ Topic: topic() }).authorize(events, publish)).toThrow('events.amazonaws.com');
    const Policy = topicPolicy(forService('events.amazonaws.com', 'sns:Publish', { Ref: 'Topic' }));
    expect(() => accessOf({ Topic: topic(), Policy }).authorize(events, publish)).not.toThrow();
  });

  it('asks the key behind an encrypted topic too', () => {
    const Topic = topic({ KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } });
    const Policy = topicPolicy(forService('events.amazonaws.com', 'sns:Publish'));
    expect(() => accessOf({ Topic, Policy, Key: key() }).authorize(events, publish)).toThrow('kms:GenerateDataKey');
    const Key = key(forService('events.amazonaws.com', ['kms:GenerateDataKey*', 'kms:Decrypt']));
    expect(() => accessOf({ Topic, Policy, Key }).authorize(events, publish)).not.toThrow();
  });

  it('asks a role for the key behind an encrypted topic', () => {
    const Topic = topic({ KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } });
    const Publisher = role('lambda.amazonaws.com', allow('sns:Publish'));
    expect(() => accessOf({ Topic, Key: key(), Publisher }).authorize(publisher, publish)).toThrow(
      'kms:GenerateDataKey',
    );
  });

  it('refuses an alarm that its topic would not hear', () => {
    const Alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmName: 'a', AlarmActions: [{ Ref: 'Topic' }] } };
    expect(() => booted({ Topic: topic(), Alarm })).not.toThrow();
    const deaf = topicPolicy(forService('events.amazonaws.com', 'sns:Publish'));
    expect(() => booted({ Topic: topic(), Policy: deaf, Alarm })).toThrow('cloudwatch.amazonaws.com');
    const Policy = topicPolicy(forService('cloudwatch.amazonaws.com', 'sns:Publish'));
    expect(() => booted({ Topic: topic(), Policy, Alarm })).not.toThrow();
  });
});

import { describe, expect, it } from '@jest/globals';
import { Iam } from '../../../simulator/deploy/iam.ts';
import { loadTemplate } from '../../../simulator/deploy/template.ts';
import { allow, environment, policy, role } from './fixtures/template.ts';

const roleArn = 'arn:aws:iam::111122223333:role/demo-Role';
const principal = { roleArn, name: 'apply' };
const volume = 'arn:aws:ec2:eu-west-1:111122223333:volume/vol-1';

const iamOf = (...statements: object[]) =>
  new Iam(loadTemplate({ Resources: { Role: role('lambda.amazonaws.com', ...statements) } }, environment));
const ask = (iam: Iam, action: string, resource = volume, context: Record<string, string | string[]> = {}) =>
  iam.authorize(principal, [{ action, resources: [resource], context }]);
const denied = (
  statements: object[],
  action: string,
  resource?: string,
  context?: Record<string, string | string[]>,
) => {
  try {
    ask(iamOf(...statements), action, resource, context);
    return false;
  } catch (error) {
    expect((error as Error).name).toBe('AccessDeniedException');
    return true;
  }
};

describe('Iam', () => {
  it('denies what nothing allows, naming principal, action and resource', () => {
    expect(() => ask(iamOf(allow('ec2:Describe*')), 'ec2:ModifyVolume')).toThrow(
      'User: arn:aws:sts::111122223333:assumed-role/demo-Role/apply is not authorized to perform: ec2:ModifyVolume ' +
        `on resource: ${volume} because no identity-based policy allows the ec2:ModifyVolume action`,
    );
  });

  it('lets an explicit deny win over an allow', () => {
    const deny = { Effect: 'Deny', Action: 'ec2:Modify*', Resource: '*' };
    expect(denied([allow('ec2:*')], 'ec2:ModifyVolume')).toBe(false);
    expect(denied([allow('ec2:*'), deny], 'ec2:ModifyVolume')).toBe(true);
  });

  it.each([
    ['EC2:modifyvolume', '*', false],
    ['ec2:Modify?olume', '*', false],
    ['ec2:ModifyVolum', '*', true],
    ['ec2:ModifyVolume', 'arn:aws:ec2:*:*:volume/*', false],
    ['ec2:ModifyVolume', 'arn:aws:ec2:*:*:instance/*', true],
    ['ec2:ModifyVolume', 'ARN:aws:ec2:*:*:volume/*', true],
  ])('matches action %s on %s: denied %s', (action, resource, expected) => {
    expect(denied([allow(action, resource)], 'ec2:ModifyVolume')).toBe(expected);
  });

  it('understands NotAction and NotResource', () => {
    const notAction = { Effect: 'Allow', NotAction: 'ec2:Modify*', Resource: '*' };
    const notResource = { Effect: 'Allow', Action: '*', NotResource: volume };
    expect(denied([notAction], 'ec2:DescribeVolumes')).toBe(false);
    expect(denied([notAction], 'ec2:ModifyVolume')).toBe(true);
    expect(denied([notResource], 'ec2:ModifyVolume', `${volume}2`)).toBe(false);
    expect(denied([notResource], 'ec2:ModifyVolume')).toBe(true);
  });

  it.each([
    ['StringEquals', { 'aws:ResourceTag/team': 'kafka' }, { 'aws:ResourceTag/team': 'kafka' }, false],
    ['StringEquals', { 'aws:ResourceTag/team': 'kafka' }, { 'aws:ResourceTag/team': 'web' }, true],
    ['StringEquals', { 'aws:ResourceTag/team': 'kafka' }, {}, true],
    ['StringEqualsIfExists', { 'aws:ResourceTag/team': 'kafka' }, {}, false],
    ['StringNotEquals', { 'aws:ResourceTag/team': 'kafka' }, {}, false],
    ['StringNotEquals', { 'aws:ResourceTag/team': ['kafka', 'web'] }, { 'aws:ResourceTag/team': 'web' }, true],
    ['StringLike', { 'aws:ResourceTag/team': 'ka*' }, { 'AWS:resourcetag/team': 'kafka' }, false],
    [
      'ArnLike',
      { 'aws:SourceArn': 'arn:aws:events:*:*:rule/*' },
      { 'aws:SourceArn': 'arn:aws:events:a:b:rule/x' },
      false,
    ],
    ['ArnLike', { 'aws:SourceArn': 'arn:aws:*:rule/*' }, { 'aws:SourceArn': 'arn:aws:events:a:b:rule/x' }, true],
    ['Bool', { 'aws:SecureTransport': 'true' }, {}, false],
    ['Null', { 'aws:ResourceTag/team': 'true' }, {}, false],
    ['NumericLessThan', { 'ec2:VolumeSize': '100' }, { 'ec2:VolumeSize': '99' }, false],
    ['ForAnyValue:StringEquals', { 'aws:TagKeys': ['a'] }, { 'aws:TagKeys': ['a', 'b'] }, false],
    ['ForAllValues:StringEquals', { 'aws:TagKeys': ['a'] }, { 'aws:TagKeys': ['a', 'b'] }, true],
  ])('judges %s %j of %j: denied %s', (operator, condition, context, expected) => {
    const statement = { ...allow('ec2:ModifyVolume'), Condition: { [operator]: condition } };
    expect(denied([statement], 'ec2:ModifyVolume', volume, context as Record<string, string>)).toBe(expected);
  });

  it.each([
    [
      'an unknown operator',
      { ...allow('ec2:*'), Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      'IpAddress',
    ],
    ['a policy variable', allow('ec2:*', 'arn:aws:ec2:::${aws:username}'), 'policy variables'],
    ['an unknown element', { ...allow('ec2:*'), Mood: 'good' }, 'Mood'],
  ])('refuses %s when it is loaded', (_title, statement, message) => {
    expect(() => iamOf(statement)).toThrow(message);
  });

  it('counts attached and managed policies', () => {
    const iam = new Iam(
      loadTemplate(
        {
          Resources: {
            Role: role('lambda.amazonaws.com', allow('ec2:DescribeVolumes')),
            Attached: {
              Type: 'AWS::IAM::Policy',
              Properties: { PolicyName: 'a', Roles: [{ Ref: 'Role' }], PolicyDocument: policy(allow('sns:Publish')) },
            },
            Managed: {
              Type: 'AWS::IAM::ManagedPolicy',
              Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: policy(allow('ssm:SendCommand')) },
            },
          },
        },
        environment,
      ),
    );
    for (const action of ['ec2:DescribeVolumes', 'sns:Publish', 'ssm:SendCommand']) {
      expect(() => ask(iam, action)).not.toThrow();
    }
    expect(() => ask(iam, 'ssm:GetParameter')).toThrow('ssm:GetParameter');
    expect(iam.denied.get('apply ssm:GetParameter')).toBe(1);
  });

  it('refuses to hand a role to a service that it does not trust', () => {
    const iam = iamOf();
    expect(() => iam.requireTrust(roleArn, 'lambda.amazonaws.com', 'Echo')).not.toThrow();
    expect(() => iam.requireTrust(roleArn, 'states.amazonaws.com', 'Machine')).toThrow(
      'Machine: the role demo-Role cannot be assumed by states.amazonaws.com',
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { loadTemplate } from '../../../simulator/deploy/template.ts';
import { allow, booted, environment, policy, role, startMs } from './fixtures/template.ts';

const day = 86_400_000;
const bucket = (properties: object) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName: 'pages', ...properties },
});
const principal = { roleArn: 'arn:aws:iam::111122223333:role/demo-Reader', name: 'reader' };

function deployed(resources: Record<string, unknown>) {
  const world = booted(resources);
  const call = (operation: string, input: object = {}) =>
    world.cloud.answer({
      service: 's3',
      operation,
      input: { Bucket: 'pages', Key: 'k', ...input },
      principal,
      atMs: world.cloud.clock.nowMs(),
    });
  return { ...world, call };
}

describe('AWS::S3::Bucket', () => {
  it('has a name in lower case, an ARN and its domain names', () => {
    const template = {
      Resources: { Pages: { Type: 'AWS::S3::Bucket' } },
      Outputs: {
        Ref: { Value: { Ref: 'Pages' } },
        Arn: { Value: { 'Fn::GetAtt': ['Pages', 'Arn'] } },
        Domain: { Value: { 'Fn::GetAtt': ['Pages', 'RegionalDomainName'] } },
      },
    };
    expect(loadTemplate(template, environment).outputs).toEqual({
      Ref: 'demo-pages',
      Arn: 'arn:aws:s3:::demo-pages',
      Domain: 'demo-pages.s3.eu-west-1.amazonaws.com',
    });
  });

  it('expires what its enabled rules name', async () => {
    const rules = [
      { Id: 'sweeps', Status: 'Enabled', Prefix: 'sweeps/', ExpirationInDays: 1 },
      { Status: 'Disabled', Prefix: 'kept/', ExpirationInDays: 1 },
    ];
    const world = deployed({
      Pages: bucket({ LifecycleConfiguration: { Rules: rules } }),
      Reader: role('lambda.amazonaws.com', allow('s3:*')),
    });
    world.call('PutObject', { Key: 'sweeps/1' });
    world.call('PutObject', { Key: 'kept/1' });
    await world.simulation.run(startMs + 2 * day - 1);
    expect(world.s3.keys('pages')).toEqual(['kept/1', 'sweeps/1']);
    await world.simulation.run(startMs + 2 * day);
    expect(world.s3.keys('pages')).toEqual(['kept/1']);
  });

  it.each<[string, object, string]>([
    ['an unknown property', { WebsiteConfiguration: {} }, 'WebsiteConfiguration'],
    [
      'a rule that moves objects',
      { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Transitions: [] }] } },
      'Transitions',
    ],
    [
      'a rule for tagged objects',
      { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', TagFilters: [], ExpirationInDays: 1 }] } },
      'TagFilters',
    ],
    [
      'no days at all',
      { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 0 }] } },
      'whole days from 1',
    ],
    [
      'a key of one’s own',
      {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
        },
      },
      'only AES256',
    ],
  ])('refuses %s', (_title, properties, message) => {
    expect(() => booted({ Pages: bucket(properties) })).toThrow(message);
  });
});

const withPolicy = (own: object, ...statements: object[]) =>
  deployed({
    Pages: bucket({}),
    Policy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: 'pages', PolicyDocument: policy(...statements) } },
    Reader: role('lambda.amazonaws.com', own),
  });
const objects = 'arn:aws:s3:::pages/*';

describe('AWS::S3::BucketPolicy', () => {
  const roleArn = { 'Fn::GetAtt': ['Reader', 'Arn'] };
  const read = allow(['s3:GetObject', 's3:PutObject'], objects);
  const nothing = allow('logs:PutLogEvents');

  it('may refuse what a role’s own policy allows', () => {
    const world = withPolicy(read, {
      ...allow('s3:PutObject', objects),
      Effect: 'Deny',
      Principal: { AWS: roleArn },
    });
    expect(() => world.call('PutObject')).toThrow('explicit deny in a resource-based policy');
    expect(world.iam.denied.get('reader s3:PutObject')).toBe(1);
  });

  it('may allow what a role’s own policy doesn’t', () => {
    const world = withPolicy(nothing, { ...allow('s3:PutObject', objects), Principal: { AWS: roleArn } });
    expect(world.call('PutObject')).toHaveProperty('ETag');
    expect(() => world.call('GetObject')).toThrow('no identity-based policy allows the s3:GetObject action');
  });

  it('that asks for TLS stands in nobody’s way', () => {
    const world = withPolicy(read, {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:*',
      Resource: ['arn:aws:s3:::pages', objects],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(world.call('PutObject')).toHaveProperty('ETag');
  });
});

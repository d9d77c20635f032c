import { describe, expect, it } from '@jest/globals';
import { loadTemplate } from '../../../simulator/deploy/template.ts';
import { environment } from './fixtures/template.ts';

const queue = (properties: object = {}) => ({ Type: 'AWS::SQS::Queue', Properties: properties });
const load = (template: object) => loadTemplate({ ...template }, environment);
const nameOf = (value: unknown, more: object = {}): unknown =>
  load({ Resources: { One: queue({ QueueName: value }), Two: queue({ QueueName: 'two' }) }, ...more }).resources.find(
    ({ logicalId }) => logicalId === 'One',
  )?.properties['QueueName'];

describe('loadTemplate', () => {
  it.each([
    ['Ref of a resource', { Ref: 'Two' }, 'https://sqs.eu-west-1.amazonaws.com/111122223333/two'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Partition' }, 'aws'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Two', 'Arn'] }, 'arn:aws:sqs:eu-west-1:111122223333:two'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Two.QueueName' }, 'two'],
    ['Fn::Sub', { 'Fn::Sub': '${AWS::Region}-${Two.QueueName}-${!Literal}' }, 'eu-west-1-two-${Literal}'],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${A}${Two.Arn}', { A: 'x:' }] },
      'x:arn:aws:sqs:eu-west-1:111122223333:two',
    ],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }]] }, 'a-111122223333'],
    ['Fn::Select and Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  ])('resolves %s', (_title, value, expected) => {
    expect(nameOf(value)).toBe(expected);
  });

  it('resolves parameters, mappings and conditions', () => {
    const more = {
      Parameters: { Stage: { Type: 'String', Default: 'test' } },
      Mappings: { Names: { test: { queue: 'mapped' } } },
      Conditions: {
        IsTest: { 'Fn::Equals': [{ Ref: 'Stage' }, 'test'] },
        IsLive: { 'Fn::Not': [{ Condition: 'IsTest' }] },
      },
    };
    const value = {
      'Fn::If': ['IsLive', 'live', { 'Fn::FindInMap': ['Names', { Ref: 'Stage' }, 'queue'] }],
    };
    expect(nameOf(value, more)).toBe('mapped');
  });

  it('leaves out what is AWS::NoValue', () => {
    expect(nameOf({ Ref: 'AWS::NoValue' })).toBeUndefined();
  });

  it('leaves out a resource whose condition is false and refuses a reference to it', () => {
    const conditions = { Conditions: { No: { 'Fn::Equals': ['a', 'b'] } } };
    const gone = { ...queue(), Condition: 'No' };
    expect(load({ ...conditions, Resources: { Gone: gone } }).resources).toEqual([]);
    expect(() =>
      load({ ...conditions, Resources: { Gone: gone, One: queue({ QueueName: { Ref: 'Gone' } }) } }),
    ).toThrow('Gone is not created');
  });

  it('puts a resource after all that it needs', () => {
    const { resources } = load({
      Resources: {
        First: { ...queue(), DependsOn: 'Third' },
        Second: queue({ QueueName: { Ref: 'First' } }),
        Third: queue(),
      },
    });
    expect(resources.map(({ logicalId }) => logicalId)).toEqual(['Third', 'First', 'Second']);
  });

  it.each([
    [
      'an unknown resource type',
      { Resources: { A: { Type: 'AWS::EC2::Instance' } } },
      'resource type AWS::EC2::Instance is not known',
    ],
    ['an unknown property', { Resources: { A: queue({ Delay: 1 }) } }, 'A/Delay'],
    ['an unknown function', { Resources: { A: queue({ QueueName: { 'Fn::Cidr': [] } }) } }, 'Fn::Cidr is not known'],
    [
      'an unknown attribute',
      { Resources: { A: queue({ QueueName: { 'Fn::GetAtt': ['B', 'X'] } }), B: queue() } },
      'attribute X',
    ],
    ['a missing resource', { Resources: { A: queue({ QueueName: { Ref: 'B' } }) } }, 'B does not exist'],
    [
      'a missing parameter',
      { Parameters: { P: { Type: 'String' } }, Resources: { A: queue({ QueueName: { Ref: 'P' } }) } },
      'has no value',
    ],
    ['an unknown section', { Transform: 'AWS::Serverless-2016-10-31' }, 'Transform'],
    [
      'a circle',
      { Resources: { A: queue({ QueueName: { Ref: 'B' } }), B: queue({ QueueName: { Ref: 'A' } }) } },
      'circular dependency: A → B → A',
    ],
  ])('refuses %s', (_title, template, message) => {
    expect(() => load(template)).toThrow(message);
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { ledgerTable } from '../../functions/gateways/ledger/table.ts';
import {
  exampleFleet,
  fleetWithMsk,
  list,
  mskCluster,
  ofType,
  references,
  sorted,
  type Resource,
  statementsOf,
  synthesizeTemplate,
  type Template,
} from './synthesized.ts';

let template: Template;
let text: string;
beforeAll(async () => {
  ({ template, text } = await synthesizeTemplate(fleetWithMsk(mskCluster('payments'))));
});

const each = (type: string): [string, Resource][] => ofType(template, type);

describe('every queue', () => {
  it('is a dead-letter queue, encrypted, kept for 14 days, refusing plain HTTP, and watched', () => {
    const watched = each('AWS::CloudWatch::Alarm').flatMap(([, alarm]) => references(alarm.Properties));
    const targets = ['AWS::Lambda::Function', 'AWS::Events::Rule', 'AWS::Scheduler::Schedule'].flatMap((type) =>
      each(type).flatMap(([, resource]) => references(resource.Properties)),
    );
    for (const [id, queue] of each('AWS::SQS::Queue')) {
      expect(targets).toContain(id);
      expect(watched).toContain(id);
      expect(queue.Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
      const policies = each('AWS::SQS::QueuePolicy').filter(([, policy]) =>
        references(policy.Properties.Queues).includes(id),
      );
      expect(JSON.stringify(policies)).toContain('"aws:SecureTransport":"false"');
    }
  });
});

describe('everything that delivers events', () => {
  it('has a dead-letter queue and bounded retries', () => {
    for (const [, rule] of each('AWS::Events::Rule')) {
      for (const target of rule.Properties.Targets as Record<string, Record<string, unknown>>[]) {
        expect(references(target.DeadLetterConfig)).toHaveLength(1);
        expect(target.RetryPolicy?.MaximumEventAgeInSeconds).toBeLessThanOrEqual(3600);
        expect(target.RetryPolicy?.MaximumRetryAttempts).toBeGreaterThan(0);
      }
    }
    for (const [, schedule] of each('AWS::Scheduler::Schedule')) {
      const target = schedule.Properties.Target as Record<string, Record<string, unknown>>;
      expect(references(target.DeadLetterConfig)).toHaveLength(1);
      expect(target.RetryPolicy?.MaximumEventAgeInSeconds).toBeGreaterThanOrEqual(60);
    }
  });

  it('invokes only functions that have a dead-letter queue of their own', () => {
    const asynchronous = ['AWS::Events::Rule', 'AWS::Scheduler::Schedule']
      .flatMap((type) => each(type))
      .flatMap(([, resource]) => references(resource.Properties.Targets ?? resource.Properties.Target))
      .filter((id) => template.Resources[id]?.Type === 'AWS::Lambda::Function');
    expect(asynchronous.length).toBeGreaterThan(0);
    for (const id of asynchronous) expect(template.Resources[id]?.Properties).toHaveProperty('DeadLetterConfig');
  });
});

describe('every alarm', () => {
  it('names a runbook that exists and that names what to type', () => {
    for (const [, alarm] of each('AWS::CloudWatch::Alarm')) {
      const [, runbook] =
        /Runbook: (docs\/runbooks\/[a-z-]+\.md)$/.exec(String(alarm.Properties.AlarmDescription)) ?? [];
      expect([alarm.Properties.AlarmName, runbook]).toEqual([alarm.Properties.AlarmName, expect.any(String)]);
      expect([runbook, existsSync(runbook ?? '')]).toEqual([runbook, true]);
      expect(readFileSync(runbook ?? '', 'utf8')).toMatch(/kafka-autopilot (?:status|explain|plan|grow|pause)/);
    }
  });

  it('says what missing data means, and tells the topic unless its events start a workflow', () => {
    const patterns = each('AWS::Events::Rule').map(([, rule]) => JSON.stringify(rule.Properties.EventPattern));
    const starting = (name: string) =>
      patterns.some((pattern) => pattern.includes(`:alarm:${name}"`)) ||
      (name.startsWith('demo-msk-disk-used-') &&
        patterns.some((pattern) => pattern.includes(':alarm:demo-msk-disk-used-"')));
    for (const [, { Properties: alarm }] of each('AWS::CloudWatch::Alarm')) {
      expect(alarm).toHaveProperty('TreatMissingData');
      if (starting(String(alarm.AlarmName))) continue;
      const told = references(alarm.AlarmActions).map((id) => template.Resources[id]?.Type);
      expect([alarm.AlarmName, told]).toEqual([alarm.AlarmName, ['AWS::SNS::Topic']]);
    }
  });
});

describe('every role', () => {
  it('belongs to one resource', () => {
    const resources = Object.values(template.Resources).filter(({ Type }) => !Type.startsWith('AWS::IAM::'));
    // One is for schedules that are made at run time: functions are told of it.
    const told = resources.flatMap(({ Properties }) => {
      const { Variables } = (Properties?.Environment ?? {}) as { Variables?: Record<string, unknown> };
      return references(Variables?.SCHEDULE_ROLE_ARN);
    });
    const users = resources.flatMap(({ Properties }) => [
      ...references(Properties?.Role),
      ...references(Properties?.RoleArn),
      ...references((Properties?.Target as Record<string, unknown> | undefined)?.RoleArn),
    ]);
    expect(sorted([...users, ...new Set(told)])).toEqual(sorted(each('AWS::IAM::Role').map(([id]) => id)));
  });

  it('allows named actions only, attaches no managed policy, and gives no action on everything that could be narrower', () => {
    /** AWS offers no resource for these. */
    const onEverything =
      /^(?:ec2:Describe[A-Z][A-Za-z]+|cloudwatch:GetMetricData|ssm:GetCommandInvocation|logs:[A-Z][A-Za-z]+|application-autoscaling:DescribeScalableTargets|kafka:(?:ListClustersV2|ListClusterOperationsV2|DescribeClusterOperationV2))$/;
    for (const [id, role] of each('AWS::IAM::Role')) {
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
      for (const { Effect, Action, Resource } of statementsOf(template, id)) {
        expect(Effect).toBe('Allow');
        const allowed = list(Resource).includes('*') ? onEverything : /^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/;
        for (const action of list(Action)) expect(action).toMatch(allowed);
      }
    }
  });
});

describe('the bucket', () => {
  it('is private, encrypted, refuses plain HTTP, and forgets a sweep after a week', () => {
    const buckets = each('AWS::S3::Bucket');
    expect(buckets).toHaveLength(1);
    for (const [id, { Properties, DeletionPolicy }] of buckets) {
      expect(Properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: { Rules: [{ Prefix: 'sweeps/', ExpirationInDays: 7, Status: 'Enabled' }] },
      });
      expect(JSON.stringify(Properties.BucketEncryption)).toContain('AES256');
      expect(DeletionPolicy).toBe('Delete');
      const policies = each('AWS::S3::BucketPolicy').filter(([, policy]) =>
        references(policy.Properties.Bucket).includes(id),
      );
      expect(JSON.stringify(policies)).toContain('"aws:SecureTransport":"false"');
    }
  });

  it('is written and read below one prefix only', () => {
    const s3 = each('AWS::IAM::Role')
      .flatMap(([id]) => statementsOf(template, id))
      .filter(({ Action }) => list(Action).some((action) => action.startsWith('s3:')));
    expect(s3.length).toBeGreaterThan(0);
    for (const { Action, Resource } of s3) {
      for (const action of list(Action)) expect(['s3:GetObject', 's3:PutObject']).toContain(action);
      expect(JSON.stringify(Resource)).toMatch(/\/sweeps\/\*"\]\]\}$/);
    }
  });
});

/** What functions are told by a setting. */
const told = (name: string): string[] =>
  each('AWS::Lambda::Function').flatMap(([, { Properties }]) =>
    references((Properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables?.[name]),
  );

describe('schedules that give retention back', () => {
  it('stand in a group of their own, in which alone they are made and cancelled', () => {
    const groups = each('AWS::Scheduler::ScheduleGroup').map(([id]) => id);
    expect([...new Set(told('SCHEDULE_GROUP'))]).toEqual(groups);
    const changing = each('AWS::IAM::Role')
      .flatMap(([id]) => statementsOf(template, id))
      .filter(({ Action }) => list(Action).some((action) => action.startsWith('scheduler:')));
    expect(changing.length).toBeGreaterThan(0);
    for (const { Resource } of changing) {
      expect(JSON.stringify(Resource)).toContain(`:schedule/",{"Ref":"${groups.join()}"},"/*"`);
    }
  });

  it('act as a role that may start workflows and nothing else, and that only Scheduler may be given', () => {
    const [role = '', ...others] = new Set(told('SCHEDULE_ROLE_ARN'));
    expect(others).toEqual([]);
    const may = statementsOf(template, role);
    expect(may.map(({ Action }) => Action)).toEqual(['lambda:InvokeFunction', 'sqs:SendMessage']);
    expect(JSON.stringify(may[0]?.Resource)).toMatch(/:function:demo-start-workflow"\]\]\}$/);
    expect(references(may[1]?.Resource)).toEqual([...new Set(told('SCHEDULE_DEAD_LETTERS_ARN'))]);
    const passing = each('AWS::IAM::Role')
      .flatMap(([id]) => statementsOf(template, id))
      .filter(({ Action }) => list(Action).includes('iam:PassRole'));
    expect(passing.map(({ Resource, Condition }) => [references(Resource), Condition])).toEqual([
      [[role], { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } }],
    ]);
  });

  it('have an alarm with a runbook of its own, as has the workflow that they start', () => {
    const named = each('AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) =>
        String(Properties.AlarmDescription).endsWith('docs/runbooks/relief-not-restored.md'),
      )
      .map(([, { Properties }]) => Properties.AlarmName);
    expect(sorted(named)).toEqual(['demo-reliefs-dead-letters', 'demo-retention-restore-failures']);
  });
});

const patterns = (of: Template) => ofType(of, 'AWS::Events::Rule').map(([, { Properties }]) => Properties.EventPattern);

describe('what MSK says itself', () => {
  it('starts a look, API calls that CloudTrail tells of do not', () => {
    expect(patterns(template)).toEqual(
      expect.arrayContaining([
        { source: ['aws.kafka'], 'detail-type': [{ 'anything-but': ['AWS API Call via CloudTrail'] }] },
        { source: ['aws.health'], detail: { service: ['KAFKA'] } },
      ]),
    );
  });

  it('is not asked for, nor are alarms, by a fleet without MSK clusters', async () => {
    const { template: without } = await synthesizeTemplate(fleetWithMsk());
    expect(JSON.stringify(patterns(without))).not.toMatch(/aws\.kafka|KAFKA|msk/);
    const alarms = ofType(without, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => String(Properties.AlarmName));
    expect(alarms.filter((name) => name.includes('msk'))).toEqual([]);
    expect(JSON.stringify(ofType(without, 'AWS::CloudWatch::Dashboard'))).not.toContain('KafkaDataLogsDiskUsed');
    expect(JSON.stringify(ofType(template, 'AWS::CloudWatch::Dashboard'))).toContain('KafkaDataLogsDiskUsed');
  });
});

describe('the ledger', () => {
  it('outlives the stack and can be restored', () => {
    const tables = each('AWS::DynamoDB::Table');
    expect(tables).toHaveLength(1);
    for (const [, table] of tables) {
      expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(table.Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { Enabled: true },
      });
    }
  });
});

describe('the ledger’s table', () => {
  it('has the keys, the index and the time to live of its plain description', () => {
    const [[, table] = ['', undefined]] = each('AWS::DynamoDB::Table');
    const { AttributeDefinitions, ...rest } = ledgerTable;
    expect(table?.Properties).toMatchObject(rest);
    expect(table?.Properties.AttributeDefinitions).toEqual(expect.arrayContaining([...AttributeDefinitions]));
  });
});

describe('every log group', () => {
  it('forgets after a set time', () => {
    for (const [, group] of each('AWS::Logs::LogGroup')) expect(group.Properties.RetentionInDays).toBe(90);
  });
});

describe('the topic', () => {
  it('refuses plain HTTP, lets alarms of this account publish, and tells the fleet’s people', () => {
    const policy = JSON.stringify(each('AWS::SNS::TopicPolicy'));
    expect(policy).toContain('"aws:SecureTransport":"false"');
    expect(policy).toContain('cloudwatch.amazonaws.com');
    const emails = each('AWS::SNS::Subscription').map(([, subscription]) => subscription.Properties.Endpoint);
    expect(emails).toEqual(exampleFleet().notify.emails);
  });
});

describe('the template', () => {
  it('holds no credentials', () => {
    expect(text).not.toMatch(/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/);
    expect(text).not.toMatch(/"(?:[A-Z_]*(?:SECRET|PASSWORD|TOKEN|API_?KEY)[A-Z_]*)":/i);
  });

  it('holds nothing of the machine it was made on', () => {
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain('/tmp/');
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { ledgerTable } from '../../functions/gateways/ledger/table.ts';
import {
  exampleFleet,
  list,
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
  ({ template, text } = await synthesizeTemplate(exampleFleet()));
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
    const starting = new Set(
      each('AWS::Events::Rule').flatMap(([, rule]) =>
        [...JSON.stringify(rule.Properties.EventPattern).matchAll(/:alarm:([\w.-]+)/g)].map((match) => match[1]),
      ),
    );
    for (const [, { Properties: alarm }] of each('AWS::CloudWatch::Alarm')) {
      expect(alarm).toHaveProperty('TreatMissingData');
      if (starting.has(alarm.AlarmName as string)) continue;
      const told = references(alarm.AlarmActions).map((id) => template.Resources[id]?.Type);
      expect([alarm.AlarmName, told]).toEqual([alarm.AlarmName, ['AWS::SNS::Topic']]);
    }
  });
});

describe('every role', () => {
  it('belongs to one resource', () => {
    const users = Object.values(template.Resources)
      .filter(({ Type }) => !Type.startsWith('AWS::IAM::'))
      .flatMap(({ Properties }) => [
        ...references(Properties?.Role),
        ...references(Properties?.RoleArn),
        ...references((Properties?.Target as Record<string, unknown> | undefined)?.RoleArn),
      ]);
    expect(sorted(users)).toEqual(sorted(each('AWS::IAM::Role').map(([id]) => id)));
  });

  it('allows named actions only, attaches no managed policy, and gives no action on everything that could be narrower', () => {
    /** AWS offers no resource for these. */
    const onEverything =
      /^(?:ec2:Describe[A-Z][A-Za-z]+|cloudwatch:GetMetricData|ssm:GetCommandInvocation|logs:[A-Z][A-Za-z]+)$/;
    for (const [id, role] of each('AWS::IAM::Role')) {
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
      for (const { Effect, Action, Resource } of statementsOf(template, id)) {
        expect(Effect).toBe('Allow');
        const allowed = list(Resource).includes('*') ? onEverything : /^[a-z0-9]+:[A-Z][A-Za-z]+$/;
        for (const action of list(Action)) expect(action).toMatch(allowed);
      }
    }
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

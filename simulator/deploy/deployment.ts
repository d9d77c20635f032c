/**
 * Deploys a loaded template into a simulated cloud: everything between the services (roles, functions, state machines,
 * rules, schedules, queues). The services of other rooms get their resources through `ServiceResources`.
 */
import { EventsService } from '../cloud/events.ts';
import { LambdaService } from '../cloud/lambda.ts';
import type { SimulatedCloud } from '../cloud/cloud.ts';
import type { ExpirationRule } from '../cloud/s3.ts';
import { SchedulerService } from '../cloud/scheduler.ts';
import { StatesService } from '../cloud/states.ts';
import { servicePrincipal } from '../cloud/events-principal.ts';
import { AwsError } from '../cloud/service.ts';
import { Access } from './access.ts';
import type { Assembly } from './assembly.ts';
import { readExpirationRules } from './buckets.ts';
import { TemplateError } from './errors.ts';
import { readFunctions } from './functions.ts';
import { Iam } from './iam.ts';
import { asList, stringAt, type JsonObject } from './json.ts';
import { readMachines } from './machines.ts';
import { SqsService } from './queues.ts';
import type { LoadedTemplate } from './template.ts';
import { readRules, readSchedules } from './triggers.ts';

/** What the template declares for services that are simulated elsewhere, each as CloudFormation properties. */
export interface ServiceResources {
  alarm(alarm: { name: string; arn: string; properties: JsonObject }): void;
  table(table: { name: string; arn: string; properties: JsonObject }): void;
  topic(topic: { arn: string; properties: JsonObject }): void;
  document(document: { name: string; content: JsonObject | string }): void;
  bucket(bucket: { name: string; rules: readonly ExpirationRule[] }): void;
}

export interface Deployment {
  template: LoadedTemplate;
  iam: Iam;
  access: Access;
  lambda: LambdaService;
  states: StatesService;
  events: EventsService;
  scheduler: SchedulerService;
  queues: SqsService;
}

/** @throws TemplateError, DefinitionError, InvalidEventPatternException: what a deployment would refuse, or can't be simulated */
export function deploy(
  cloud: SimulatedCloud,
  template: LoadedTemplate,
  assembly: Pick<Assembly, 'assetPath'>,
  resources: ServiceResources,
  projectRoot: string,
): Deployment {
  const iam = new Iam(template);
  const access = new Access(iam, template);
  cloud.authorizer = (principal, authorizations) => access.authorize(principal, authorizations);

  const queues = cloud.add(new SqsService());
  for (const { ref, attributes } of template.ofType('AWS::SQS::Queue')) queues.deploy(attributes['Arn'] ?? '', ref);

  const lambda = cloud.add(new LambdaService(cloud));
  for (const declaration of readFunctions(template, assembly, iam, projectRoot)) lambda.deploy(declaration);

  const states = cloud.add(new StatesService(cloud));
  for (const machine of readMachines(template, assembly, iam, (arn) => lambda.has(arn))) states.deploy(machine);

  for (const { ref, properties } of template.ofType('AWS::SNS::Topic')) resources.topic({ arn: ref, properties });
  for (const { ref, attributes, properties } of template.ofType('AWS::DynamoDB::Table')) {
    resources.table({ name: ref, arn: attributes['Arn'] ?? '', properties });
  }
  for (const { ref, properties } of template.ofType('AWS::SSM::Document')) {
    resources.document({ name: ref, content: properties['Content'] as JsonObject | string });
  }

  for (const { ref, properties, logicalId } of template.ofType('AWS::S3::Bucket')) {
    resources.bucket({ name: ref, rules: readExpirationRules(properties, logicalId) });
  }

  const events = cloud.add(new EventsService(cloud));
  for (const rule of readRules(template, iam)) events.deploy(rule);
  for (const { ref, attributes, properties, logicalId } of template.ofType('AWS::CloudWatch::Alarm')) {
    const arn = attributes['Arn'] ?? '';
    checkAlarmActions(access, template, arn, properties, logicalId);
    resources.alarm({ name: ref, arn, properties });
  }

  // Last: a rate begins at once.
  const scheduler = cloud.add(
    new SchedulerService(cloud, { mayAssume: (roleArn) => iam.isTrusting(roleArn, 'scheduler.amazonaws.com') }),
  );
  for (const { ref } of template.ofType('AWS::Scheduler::ScheduleGroup')) scheduler.addGroup(ref);
  for (const schedule of readSchedules(template, iam)) scheduler.deploy(schedule);
  return { template, iam, access, lambda, states, events, scheduler, queues };
}

/**
 * An alarm that may not publish does so silently. A topic without a policy of its own admits the account's alarms; a
 * policy takes the default's place [SNS guide sns-access-policy-use-cases; that the default admits CloudWatch: K].
 */
function checkAlarmActions(
  access: Access,
  template: LoadedTemplate,
  alarmArn: string,
  properties: JsonObject,
  logicalId: string,
): void {
  const withPolicy = new Set(
    template.ofType('AWS::SNS::TopicPolicy').flatMap((policy) => asList(policy.properties['Topics'])),
  );
  const actions = ['AlarmActions', 'OKActions', 'InsufficientDataActions'].flatMap((name) => asList(properties[name]));
  for (const action of actions) {
    const topicArn = stringAt(action, `${logicalId}/AlarmActions`);
    if (!topicArn.includes(':sns:')) throw new TemplateError(logicalId, `alarm action ${topicArn} is not simulated`);
    if (!withPolicy.has(topicArn)) continue;
    try {
      const publish = { action: 'sns:Publish', resources: [topicArn], context: {} };
      access.authorize(servicePrincipal('cloudwatch.amazonaws.com', alarmArn), [publish]);
    } catch (error) {
      if (error instanceof AwsError) throw new TemplateError(logicalId, error.message);
      throw error;
    }
  }
}

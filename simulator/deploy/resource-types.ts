/**
 * The resource types that a template may hold: what Ref and Fn::GetAtt give, and which properties are known. A property
 * in the list is either acted upon or has no effect on what is simulated (tracing, retention, tags…).
 *
 * Ref and attributes: CloudFormation template reference, "Return values" of each type.
 */
import type { Environment } from './environment.ts';
import { stringAt, type JsonObject } from './json.ts';

export interface Identity {
  /** What Ref gives. */
  ref: string;
  attributes: Record<string, string>;
}

type Declared = Environment & { logicalId: string; properties: JsonObject };

type Known = {
  identify(declared: Declared): Identity;
} & ({ properties: readonly string[] } | { inert: string });

/** As CloudFormation makes a name where none is given, without its random tail: the simulator has one stack. */
const nameOf = (declared: Declared, property: string): string =>
  declared.properties[property] === undefined
    ? `${declared.stackName}-${declared.logicalId}`
    : stringAt(declared.properties[property], `${declared.logicalId}/${property}`);

const arn = ({ region, account }: Declared, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;

/** A child named by its parent's ARN and a number or name. */
const childArn = (declared: Declared, parent: string, child: string): string => {
  const at = `${declared.logicalId}/${parent}`;
  const parentArn = stringAt(declared.properties[parent], at);
  return `${parentArn.startsWith('arn:') ? parentArn : arn(declared, 'lambda', `function:${parentArn}`)}:${child}`;
};

/** The one version of a template: what CloudFormation publishes on the first deployment. */
const firstVersion = '1';

/** A list, readable as text. */
const words = (...lines: string[]): string[] => lines.flatMap((line) => line.split(' '));

export const resourceTypes: Record<string, Known> = {
  'AWS::Lambda::Function': {
    properties: words(
      'Architectures Code DeadLetterConfig Description Environment EphemeralStorage FunctionName Handler',
      'KmsKeyArn Layers LoggingConfig MemorySize ReservedConcurrentExecutions Role Runtime Tags Timeout',
      'TracingConfig VpcConfig',
    ),
    identify(declared) {
      const name = nameOf(declared, 'FunctionName');
      return { ref: name, attributes: { Arn: arn(declared, 'lambda', `function:${name}`) } };
    },
  },
  'AWS::Lambda::Version': {
    properties: ['FunctionName', 'Description', 'CodeSha256'],
    identify: (declared) => ({
      ref: childArn(declared, 'FunctionName', firstVersion),
      attributes: { Version: firstVersion, FunctionArn: childArn(declared, 'FunctionName', firstVersion) },
    }),
  },
  'AWS::Lambda::Alias': {
    properties: ['FunctionName', 'FunctionVersion', 'Name', 'Description'],
    identify(declared) {
      const ref = childArn(declared, 'FunctionName', stringAt(declared.properties['Name'], declared.logicalId));
      return { ref, attributes: { AliasArn: ref } };
    },
  },
  'AWS::Lambda::LayerVersion': {
    properties: ['CompatibleArchitectures', 'CompatibleRuntimes', 'Content', 'Description', 'LayerName', 'LicenseInfo'],
    identify(declared) {
      const ref = arn(declared, 'lambda', `layer:${nameOf(declared, 'LayerName')}:${firstVersion}`);
      return { ref, attributes: { LayerVersionArn: ref } };
    },
  },
  'AWS::Lambda::Permission': {
    properties: ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
    identify: ({ logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
  },
  'AWS::Lambda::EventInvokeConfig': {
    properties: ['DestinationConfig', 'FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
    identify: ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
  },
  'AWS::StepFunctions::StateMachine': {
    properties: words(
      'Definition DefinitionS3Location DefinitionString DefinitionSubstitutions EncryptionConfiguration',
      'LoggingConfiguration RoleArn StateMachineName StateMachineType Tags TracingConfiguration',
    ),
    identify(declared) {
      const name = nameOf(declared, 'StateMachineName');
      const ref = arn(declared, 'states', `stateMachine:${name}`);
      return { ref, attributes: { Arn: ref, Name: name, StateMachineRevisionId: 'INITIAL' } };
    },
  },
  'AWS::StepFunctions::StateMachineVersion': {
    properties: ['Description', 'StateMachineArn', 'StateMachineRevisionId'],
    identify(declared) {
      const ref = childArn(declared, 'StateMachineArn', firstVersion);
      return { ref, attributes: { Arn: ref } };
    },
  },
  'AWS::StepFunctions::StateMachineAlias': {
    properties: ['DeploymentPreference', 'Description', 'Name', 'RoutingConfiguration', 'StateMachineArn'],
    identify(declared) {
      const version = aliasVersion(declared.properties, declared.logicalId);
      const ref = `${version.slice(0, version.lastIndexOf(':'))}:${stringAt(declared.properties['Name'], declared.logicalId)}`;
      return { ref, attributes: { Arn: ref } };
    },
  },
  'AWS::IAM::Role': {
    properties: words(
      'AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path Policies RoleName',
      'Tags',
    ),
    identify(declared) {
      const name = nameOf(declared, 'RoleName');
      const path = declared.properties['Path'] ?? '/';
      const Arn = `arn:aws:iam::${declared.account}:role${stringAt(path, declared.logicalId)}${name}`;
      return { ref: name, attributes: { Arn, RoleId: `AROA${declared.logicalId.toUpperCase()}` } };
    },
  },
  'AWS::IAM::Policy': {
    properties: ['PolicyDocument', 'PolicyName', 'Roles'],
    identify: ({ logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
  },
  'AWS::IAM::ManagedPolicy': {
    properties: ['Description', 'ManagedPolicyName', 'Path', 'PolicyDocument', 'Roles'],
    identify(declared) {
      const ref = `arn:aws:iam::${declared.account}:policy/${nameOf(declared, 'ManagedPolicyName')}`;
      return { ref, attributes: { PolicyArn: ref } };
    },
  },
  'AWS::Events::Rule': {
    properties: ['Description', 'EventBusName', 'EventPattern', 'Name', 'RoleArn', 'State', 'Tags', 'Targets'],
    identify(declared) {
      const name = nameOf(declared, 'Name');
      return { ref: name, attributes: { Arn: arn(declared, 'events', `rule/${name}`) } };
    },
  },
  'AWS::Scheduler::Schedule': {
    properties: words(
      'Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression',
      'ScheduleExpressionTimezone StartDate State Target',
    ),
    identify(declared) {
      const name = nameOf(declared, 'Name');
      const group = declared.properties['GroupName'] ?? 'default';
      return {
        ref: name,
        attributes: { Arn: arn(declared, 'scheduler', `schedule/${stringAt(group, declared.logicalId)}/${name}`) },
      };
    },
  },
  'AWS::Scheduler::ScheduleGroup': {
    properties: ['Name', 'Tags'],
    identify(declared) {
      const name = nameOf(declared, 'Name');
      return { ref: name, attributes: { Arn: arn(declared, 'scheduler', `schedule-group/${name}`) } };
    },
  },
  'AWS::CloudWatch::Alarm': {
    // Judged by the CloudWatch service, which is handed all of them.
    properties: words(
      'ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm',
      'Dimensions EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic',
      'InsufficientDataActions MetricName Metrics Namespace OKActions Period Statistic Tags Threshold',
      'ThresholdMetricId TreatMissingData Unit',
    ),
    identify(declared) {
      const name = nameOf(declared, 'AlarmName');
      return { ref: name, attributes: { Arn: arn(declared, 'cloudwatch', `alarm:${name}`) } };
    },
  },
  'AWS::DynamoDB::Table': {
    properties: words(
      'AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema',
      'LocalSecondaryIndexes OnDemandThroughput PointInTimeRecoverySpecification SSESpecification',
      'StreamSpecification TableClass TableName Tags TimeToLiveSpecification ResourcePolicy',
    ),
    identify(declared) {
      const name = nameOf(declared, 'TableName');
      return { ref: name, attributes: { Arn: arn(declared, 'dynamodb', `table/${name}`) } };
    },
  },
  'AWS::SNS::Topic': {
    properties: ['DisplayName', 'FifoTopic', 'KmsMasterKeyId', 'Subscription', 'Tags', 'TopicName', 'TracingConfig'],
    identify(declared) {
      const name = nameOf(declared, 'TopicName');
      const ref = arn(declared, 'sns', name);
      return { ref, attributes: { TopicArn: ref, TopicName: name } };
    },
  },
  'AWS::SNS::Subscription': {
    properties: [
      'Endpoint',
      'FilterPolicy',
      'FilterPolicyScope',
      'Protocol',
      'RawMessageDelivery',
      'RedrivePolicy',
      'TopicArn',
    ],
    identify: (declared) => ({
      ref: `${String(declared.properties['TopicArn'])}:${declared.logicalId}`,
      attributes: {},
    }),
  },
  'AWS::SNS::TopicPolicy': {
    properties: ['PolicyDocument', 'Topics'],
    identify: ({ logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
  },
  'AWS::SQS::Queue': {
    properties: words(
      'KmsDataKeyReusePeriodSeconds KmsMasterKeyId MessageRetentionPeriod QueueName RedriveAllowPolicy',
      'RedrivePolicy SqsManagedSseEnabled Tags VisibilityTimeout',
    ),
    identify(declared) {
      const name = nameOf(declared, 'QueueName');
      const ref = `https://sqs.${declared.region}.amazonaws.com/${declared.account}/${name}`;
      return { ref, attributes: { Arn: arn(declared, 'sqs', name), QueueName: name, QueueUrl: ref } };
    },
  },
  'AWS::SQS::QueuePolicy': {
    properties: ['PolicyDocument', 'Queues'],
    identify: ({ logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
  },
  'AWS::S3::Bucket': {
    // Versions are never read: an object that is written again, or deleted, is what it seems to be.
    properties: words(
      'BucketEncryption BucketName LifecycleConfiguration OwnershipControls PublicAccessBlockConfiguration Tags',
      'VersioningConfiguration',
    ),
    identify(declared) {
      // Names of buckets are in lower case; CloudFormation sees to it.
      const name =
        declared.properties['BucketName'] === undefined
          ? nameOf(declared, 'BucketName').toLowerCase()
          : nameOf(declared, 'BucketName');
      return {
        ref: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${declared.region}.amazonaws.com`,
        },
      };
    },
  },
  'AWS::S3::BucketPolicy': {
    properties: ['Bucket', 'PolicyDocument'],
    identify: (declared) => ({ ref: stringAt(declared.properties['Bucket'], declared.logicalId), attributes: {} }),
  },
  'AWS::SSM::Document': {
    properties: [
      'Content',
      'DocumentFormat',
      'DocumentType',
      'Name',
      'Tags',
      'TargetType',
      'UpdateMethod',
      'VersionName',
    ],
    identify: (declared) => ({ ref: nameOf(declared, 'Name'), attributes: {} }),
  },
  'AWS::KMS::Key': {
    properties: [
      'Description',
      'EnableKeyRotation',
      'KeyPolicy',
      'PendingWindowInDays',
      'RotationPeriodInDays',
      'Tags',
    ],
    identify: (declared) => ({
      ref: declared.logicalId,
      attributes: { Arn: arn(declared, 'kms', `key/${declared.logicalId}`), KeyId: declared.logicalId },
    }),
  },
  'AWS::KMS::Alias': {
    inert: 'a name for a key; nothing refers to keys by alias',
    identify: (declared) => ({ ref: nameOf(declared, 'AliasName'), attributes: {} }),
  },
  'AWS::Logs::LogGroup': {
    inert: 'logs are silent in the simulator',
    identify(declared) {
      const name = nameOf(declared, 'LogGroupName');
      return { ref: name, attributes: { Arn: arn(declared, 'logs', `log-group:${name}:*`) } };
    },
  },
  'AWS::CloudWatch::Dashboard': {
    inert: 'a picture; its metrics are checked by the infra tests',
    identify: (declared) => ({ ref: nameOf(declared, 'DashboardName'), attributes: {} }),
  },
  'AWS::CDK::Metadata': {
    inert: 'usage statistics of the CDK',
    identify: ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
  },
};

/** The version ARN behind a state machine alias. Weighted routing is not simulated. */
export function aliasVersion(properties: JsonObject, logicalId: string): string {
  const routing = properties['RoutingConfiguration'] as { StateMachineVersionArn: string }[] | undefined;
  const preference = properties['DeploymentPreference'] as
    | { StateMachineVersionArn: string; Type?: string }
    | undefined;
  const [first] = routing ?? [];
  return stringAt(
    preference?.StateMachineVersionArn ?? first?.StateMachineVersionArn,
    `${logicalId}/RoutingConfiguration`,
  );
}

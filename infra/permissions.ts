/**
 * What a function may do: each purpose of the function table as actions on named resources. A wildcard stands only where
 * AWS offers nothing narrower, with its reason beside it; cdk-nag refuses any other.
 */
import { Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Permission } from './function-table.ts';
import { eachWorkflow, executionsArn, liveAlias, workflowAliasArn, workflowArn } from './names.ts';
import { sweepsPrefix } from './objects-bucket.ts';

/** What permissions are about. */
export interface Subjects {
  prefix: string;
  ledger: ITable;
  topic: ITopic;
  growFilesystem: CfnDocument;
  inspectVolume: CfnDocument;
  /** By network: who speaks Kafka there. */
  serveTopics: Readonly<Record<string, { function: { functionArn: string }; version: { functionArn: string } }>>;
  /** The fleet's MSK clusters. None: nobody may do anything with MSK. */
  mskClusterArns: readonly string[];
  /** Those of them whose retention may be shortened. */
  reliefClusterArns: readonly string[];
  objects: IBucket;
  reliefSchedules: {
    group: CfnScheduleGroup;
    /** What Scheduler acts as. */
    role: IRole;
    deadLetters: IQueue;
  };
}

/**
 * A role's inline policies have at most 10,240 characters [IAM quotas], and the longest names clusters and topics twice
 * before it is merged (the CDK makes managed policies of what is longer): a dozen clusters by name.
 */
export const namedClustersCharactersMax = 1_500;

export interface Grant {
  actions: string[];
  resources: string[];
  /** Only where `resources` has a wildcard: why nothing narrower will do. */
  because?: string;
  conditions?: Record<string, Record<string, string>>;
}

export function grantsOf(permission: Permission, scope: Construct, subjects: Subjects): Grant[] {
  const { prefix, ledger, topic } = subjects;
  const arn = (service: string, resource: string, resourceName: string) =>
    Stack.of(scope).formatArn({ service, resource, resourceName });
  const document = (name: string) => arn('ssm', 'document', name);
  /** Reads that IAM can't limit to a resource; the Region is the narrowest that is left. */
  const inThisRegion = { StringEquals: { 'aws:RequestedRegion': Stack.of(scope).region } };
  const withMsk = (grants: Grant[]): Grant[] => (subjects.mskClusterArns.length === 0 ? [] : grants);
  const clusters = clustersOf(scope, subjects.mskClusterArns);
  const topics = topicsOf(clusters);

  switch (permission) {
    case 'ledger':
      return [
        {
          // A transaction is authorised as the writes and checks that it is made of.
          actions: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'].map(
            (action) => `dynamodb:${action}`,
          ),
          resources: [ledger.tableArn],
        },
        {
          actions: ['dynamodb:Query'],
          resources: [`${ledger.tableArn}/index/*`],
          because: 'The indexes of one table, this one.',
        },
      ];
    case 'describe-volumes':
      return [
        {
          actions: ['ec2:DescribeInstances', 'ec2:DescribeVolumes', 'ec2:DescribeVolumesModifications'],
          resources: ['*'],
          because: 'EC2 describes can not be limited to resources; read-only, this Region.',
          conditions: inThisRegion,
        },
      ];
    case 'read-metrics':
      return [
        {
          actions: ['cloudwatch:GetMetricData'],
          resources: ['*'],
          because: 'GetMetricData can not be limited to resources; read-only, this Region.',
          conditions: inThisRegion,
        },
      ];
    case 'modify-volumes':
      return [
        {
          actions: ['ec2:ModifyVolume'],
          resources: [arn('ec2', 'volume', '*')],
          because: 'Which volumes belong to the fleet is known by tags at run time; this account and Region only.',
        },
      ];
    case 'describe-msk':
      return withMsk([
        { actions: ['kafka:DescribeClusterV2'], ...clusters },
        {
          // Operations: the reference has named no resource for the one and the cluster for the other [?].
          actions: ['kafka:ListClustersV2', 'kafka:ListClusterOperationsV2', 'kafka:DescribeClusterOperationV2'],
          resources: ['*'],
          because: 'Listing clusters and looking at operations takes no resource; read-only, this Region.',
          conditions: inThisRegion,
        },
      ]);
    case 'grow-msk':
      // Depends on no other action [service authorization reference, as iam-floyd copies it]; MSK owns the volumes.
      return withMsk([{ actions: ['kafka:UpdateBrokerStorage'], ...clusters }]);
    case 'read-scaling-targets':
      return withMsk([
        {
          actions: ['application-autoscaling:DescribeScalableTargets'],
          resources: ['*'],
          because: 'Scalable targets can not be described by resource; read-only, this Region.',
          conditions: inThisRegion,
        },
      ]);
    case 'read-topics':
      // MSK asks Kafka in the caller's name, hence the actions of both [DG msk-topic-operations-information].
      return withMsk([
        { actions: [...topicReads, 'kafka:ListTopics', 'kafka-cluster:Connect'], ...clusters },
        {
          actions: [...topicReads, 'kafka-cluster:DescribeTopic', 'kafka-cluster:DescribeTopicDynamicConfiguration'],
          ...topics,
        },
      ]);
    case 'shorten-topics':
      return alterTopics(scope, subjects.reliefClusterArns);
    case 'restore-topics':
      // Of all: relief may have been switched off since.
      return alterTopics(scope, subjects.mskClusterArns);
    case 'arm-schedules':
      return [
        schedules(['scheduler:CreateSchedule', 'scheduler:GetSchedule'], scope, subjects),
        {
          actions: ['iam:PassRole'],
          resources: [subjects.reliefSchedules.role.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
        },
      ];
    case 'cancel-schedules':
      return [schedules(['scheduler:DeleteSchedule'], scope, subjects)];
    case 'objects':
      return [
        {
          actions: ['s3:GetObject', 's3:PutObject'],
          resources: [subjects.objects.arnForObjects(`${sweepsPrefix}*`)],
          because: 'Objects are named by their sweep at run time; in one bucket, below one prefix.',
        },
      ];
    case 'grow-filesystems':
      return sendCommand(document(subjects.growFilesystem.ref), arn('ec2', 'instance', '*'));
    case 'inspect-volumes':
      return sendCommand(document(subjects.inspectVolume.ref), arn('ec2', 'instance', '*'));
    case 'read-commands':
      return [
        {
          actions: ['ssm:GetCommandInvocation'],
          resources: ['*'],
          because: 'Command invocations are no IAM resources; read-only, this Region.',
          conditions: inThisRegion,
        },
      ];
    case 'answer-tasks':
      return [
        { actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'], resources: workflowArns(scope, prefix) },
      ];
    case 'start-workflows':
      return [
        // Through the alias only. Authorized on the state machine's own ARN with the alias as condition [DG auth-version-alias]…
        {
          actions: ['states:StartExecution'],
          resources: eachWorkflow((workflow) => workflowArn(scope, prefix, workflow)),
          conditions: { StringEquals: { 'states:StateMachineQualifier': liveAlias } },
        },
        // …or, as the service authorization reference lists aliases as resources, on the alias [?].
        {
          actions: ['states:StartExecution'],
          resources: eachWorkflow((workflow) => workflowAliasArn(scope, prefix, workflow)),
        },
      ];
    case 'describe-executions':
      return [
        {
          actions: ['states:DescribeExecution'],
          resources: eachWorkflow((workflow) => executionsArn(scope, prefix, workflow)),
          because: 'Executions are named by hashes at run time; those of this fleet only.',
        },
      ];
    case 'serve-topics':
      return Object.values(subjects.serveTopics).map(({ function: { functionArn } }) => ({
        actions: ['lambda:InvokeFunction'],
        resources: [`${functionArn}:*`],
        because:
          'Any published version of one function: executions in flight go on calling the version they began with.',
      }));
    case 'publish':
      return [{ actions: ['sns:Publish'], resources: [topic.topicArn] }];
    default:
      throw new Error(`no actions stand for ${String(permission satisfies never)}`);
  }
}

const sendCommand = (documentArn: string, instancesArn: string): Grant[] => [
  {
    actions: ['ssm:SendCommand'],
    resources: [documentArn, instancesArn],
    because: 'Which instances are brokers is known by tags at run time; with one document, ours, only.',
  },
];

const topicReads = ['kafka:DescribeTopic', 'kafka:DescribeTopicPartitions'];

type Resources = Pick<Grant, 'resources' | 'because'>;

/** The fleet's clusters by name, or, where a policy can't hold so many, all of this account and Region. */
function clustersOf(scope: Construct, arns: readonly string[]): Resources {
  if (arns.join('').length <= namedClustersCharactersMax) return { resources: [...arns] };
  return {
    resources: [Stack.of(scope).formatArn({ service: 'kafka', resource: 'cluster', resourceName: '*/*' })],
    because: 'A policy can not name so many clusters; those of this account and Region only.',
  };
}

/** `…:cluster/<name>/<uuid>` → `…:topic/<name>/<uuid>/*` */
const topicsOf = ({ resources }: Resources): Resources => ({
  resources: resources.map((arn) => `${arn.replace(':cluster/', ':topic/')}/*`),
  because: 'Which topics a cluster has is known at run time.',
});

function alterTopics(scope: Construct, arns: readonly string[]): Grant[] {
  if (arns.length === 0) return [];
  const clusters = clustersOf(scope, arns);
  return [
    { actions: ['kafka:UpdateTopic', 'kafka-cluster:Connect'], ...clusters },
    {
      actions: [
        'kafka:UpdateTopic',
        ...['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'AlterTopic', 'AlterTopicDynamicConfiguration'].map(
          (action) => `kafka-cluster:${action}`,
        ),
      ],
      ...topicsOf(clusters),
    },
  ];
}

const schedules = (actions: string[], scope: Construct, { reliefSchedules }: Subjects): Grant => ({
  actions,
  resources: [
    Stack.of(scope).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${reliefSchedules.group.ref}/*`,
    }),
  ],
  because: 'Schedules are named by their relief at run time; in one group, theirs.',
});

const workflowArns = (scope: Construct, prefix: string): string[] =>
  eachWorkflow((workflow) => [workflowArn(scope, prefix, workflow), workflowAliasArn(scope, prefix, workflow)]).flat();

export function allow(role: Role, grants: readonly Grant[]): void {
  for (const { actions, resources, because, conditions } of grants) {
    role.addToPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));
    if (because === undefined) continue;
    const wildcards = resources.map((resource) => findingName(role, resource)).filter((name) => name.includes('*'));
    for (const name of wildcards) acknowledge(role, `AwsSolutions-IAM5[Resource::${name}]`, because);
  }
}

/** An ARN in cdk-nag's words: `arn:<AWS::Partition>:ec2:…:volume/*`. */
export function findingName(scope: Construct, arn: string): string {
  return flatten(Stack.of(scope).resolve(arn));
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(flatten).join('');
  const [[name, content] = ['', undefined]] = Object.entries(value as object);
  if (name === 'Ref') return `<${String(content)}>`;
  if (name === 'Fn::GetAtt') return `<${(content as string[]).join('.')}>`;
  if (name === 'Fn::Join') return flatten((content as [string, unknown[]])[1]);
  return JSON.stringify(value);
}

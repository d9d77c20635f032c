/**
 * What a function may do: each purpose of the function table as actions on named resources. A wildcard stands only where
 * AWS offers nothing narrower, with its reason beside it; cdk-nag refuses any other.
 */
import { Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Permission } from './function-table.ts';
import { eachWorkflow, executionsArn, liveAlias, workflowAliasArn, workflowArn } from './names.ts';

/** What permissions are about. */
export interface Subjects {
  prefix: string;
  ledger: ITable;
  topic: ITopic;
  growFilesystem: CfnDocument;
  inspectVolume: CfnDocument;
}

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

/**
 * Deploys `statemachines/*.asl.json` under fixed names. Definitions name published function versions; each definition is
 * published as a version that is kept, and started through the alias `live`. So work in flight ends as it began, and a
 * deployment can be taken back by moving the alias.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnDeletionPolicy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnStateMachine, CfnStateMachineAlias, CfnStateMachineVersion } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { projectRoot } from './bundle.ts';
import { pascalCase, type Verb, verbs, type Workflow, workflows } from './function-table.ts';
import type { Deployed } from './functions.ts';
import { childExecutionsArn, executionsArn, liveAlias, workflowArn, workflowName } from './names.ts';
import { sweepsPrefix } from './objects-bucket.ts';
import { allow, type Grant } from './permissions.ts';

export interface WorkflowsProps {
  prefix: string;
  functions: Readonly<Record<Verb, Deployed>>;
  /** What Distributed Maps read their items from. */
  objects: IBucket;
  logRetention: RetentionDays;
}

export class Workflows extends Construct {
  readonly all: Readonly<Record<Workflow, CfnStateMachine>>;

  constructor(scope: Construct, id: string, props: WorkflowsProps) {
    super(scope, id);
    const deployed = workflows.map((workflow) => [workflow, this.deploy(workflow, props)] as const);
    this.all = Object.fromEntries(deployed) as Record<Workflow, CfnStateMachine>;
  }

  private deploy(workflow: Workflow, { prefix, functions, objects, logRetention }: WorkflowsProps): CfnStateMachine {
    const scope = new Construct(this, pascalCase(workflow));
    const name = workflowName(prefix, workflow);
    const definition = readFileSync(join(projectRoot, 'statemachines', `${workflow}.asl.json`), 'utf8');
    const called = calledBy(definition, workflow);
    const logs = new LogGroup(scope, 'Logs', {
      logGroupName: `/aws/vendedlogs/states/${name}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, 'Role', {
      description: `What the workflow ${name} may do`,
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
    });
    allow(role, [
      ...called.map((verb): Grant => invoke(functions[verb])),
      ...(definition.includes('arn:aws:states:::events:putEvents') ? [putEvents(this)] : []),
      ...(definition.includes('arn:aws:states:::s3:getObject') ? [readItems(objects)] : []),
      ...(definition.includes('"DISTRIBUTED"') ? distribute(this, prefix, workflow) : []),
      logDelivery,
    ]);

    const machine = new CfnStateMachine(scope, 'StateMachine', {
      stateMachineName: name,
      stateMachineType: 'STANDARD',
      roleArn: role.roleArn,
      definitionString: definition,
      definitionSubstitutions: Object.fromEntries(
        called.map((verb) => [pascalCase(verb), functions[verb].version.functionArn]),
      ),
      loggingConfiguration: {
        level: 'ERROR',
        includeExecutionData: true,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logs.logGroupArn } }],
      },
    });
    // Step Functions checks the permissions of the role when it is given one.
    machine.node.addDependency(role);
    acknowledge(
      machine,
      'AwsSolutions-SF1',
      'Errors are logged; every event of an execution stands in its history for 90 days and its reasons in the ledger.',
    );
    acknowledge(
      machine,
      'AwsSolutions-SF2',
      'The functions carry no tracer (127 kB and 120 ms a start), so a trace would show nothing beyond the history.',
    );

    const version = new CfnStateMachineVersion(scope, 'Version', {
      stateMachineArn: machine.attrArn,
      // A changed definition is another revision, and so a new version.
      stateMachineRevisionId: machine.attrStateMachineRevisionId,
    });
    version.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
    version.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    new CfnStateMachineAlias(scope, 'Live', {
      name: liveAlias,
      stateMachineArn: machine.attrArn,
      routingConfiguration: [{ stateMachineVersionArn: version.attrArn, weight: 100 }],
    });
    return machine;
  }
}

/**
 * The functions that a definition's `${Name}` substitutions stand for.
 * @throws Error for a name that is no function
 */
export function calledBy(definition: string, workflow: string): Verb[] {
  const names = new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? ''));
  const called = verbs.filter((verb) => names.delete(pascalCase(verb)));
  if (names.size > 0) throw new Error(`${workflow}.asl.json names no function of ours: ${[...names].join(', ')}`);
  return called;
}

const invoke = (deployed: Deployed): Grant => ({
  actions: ['lambda:InvokeFunction'],
  resources: [`${deployed.function.functionArn}:*`],
  because: 'Any published version of one function: executions in flight go on calling the version they began with.',
});

/** Own events go to the account's default bus. */
const putEvents = (scope: Construct): Grant => ({
  actions: ['events:PutEvents'],
  resources: [Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
});

const readItems = (objects: IBucket): Grant => ({
  actions: ['s3:GetObject'],
  resources: [objects.arnForObjects(`${sweepsPrefix}*`)],
  because: 'The items of a Distributed Map are named by its sweep; in one bucket, below one prefix.',
});

/**
 * As Step Functions documents it for Distributed Maps [DG iam-policies-eg-dist-map]: a workflow runs its pages as children
 * of itself. By name: the role must not wait for the workflow that waits for it.
 */
const distribute = (scope: Construct, prefix: string, workflow: Workflow): Grant[] => [
  { actions: ['states:StartExecution'], resources: [workflowArn(scope, prefix, workflow)] },
  {
    actions: ['states:DescribeExecution', 'states:StopExecution'],
    resources: [executionsArn(scope, prefix, workflow)],
    because: 'Children are named at run time; of this workflow only.',
  },
  {
    actions: ['states:RedriveExecution'],
    resources: [childExecutionsArn(scope, prefix, workflow)],
    because: 'Children are named at run time; of this workflow only.',
  },
];

/** As Step Functions documents it for logging to CloudWatch Logs: none of these takes a resource. */
const logDelivery: Grant = {
  actions: [
    'logs:CreateLogDelivery',
    'logs:GetLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
    'logs:DescribeLogGroups',
  ],
  resources: ['*'],
  because: 'The delivery of vended logs is set up by actions that take no resource.',
};

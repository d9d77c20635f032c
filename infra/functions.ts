/**
 * Deploys the function table: each function with a role and a log group of its own, and published as a version that is
 * kept, because running workflows go on calling the version that they began with.
 */
import { join } from 'node:path';
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function,
  LayerVersion,
  Runtime,
  type Version,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Network } from '../functions/fleet/fleet.ts';
import {
  type FunctionSpec,
  networkTable,
  pascalCase,
  type Setting,
  specOf,
  type Verb,
  verbs,
} from './function-table.ts';
import { functionArn, functionArnOf, functionName, networkFunctionName, workflowAliasArn } from './names.ts';
import { interfaceActions, interfaceGrant } from './networks.ts';
import { allow, grantsOf, type Subjects } from './permissions.ts';
import { deadLetterQueue } from './queues.ts';

export interface Deployed {
  function: Function;
  /** What workflows name. */
  version: Version;
  logGroup: LogGroup;
  deadLetters?: Queue;
}

export interface FunctionsProps {
  subjects: Omit<Subjects, 'serveTopics'>;
  /** By name, those in which functions speak Kafka. */
  networks: Readonly<Record<string, Network>>;
  /** Folder with one bundle per verb and `fleet/fleet.json`. */
  dist: string;
  logRetention: RetentionDays;
  /** Of ledger and topic, where it is not AWS's own. */
  encryptionKey?: IKey;
}

/** Where a layer's files appear, and the name of ours. */
export const fleetFile = '/opt/fleet.json';

export class Functions extends Construct {
  readonly all: Readonly<Record<Verb, Deployed>>;
  /** `serve-topics` by network. */
  readonly serveTopics: Readonly<Record<string, Deployed>>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { prefix } = props.subjects;
    const fleet = new LayerVersion(this, 'Fleet', {
      layerVersionName: `${prefix}-fleet`,
      description: 'The normalised fleet as /opt/fleet.json',
      code: Code.fromAsset(join(props.dist, 'fleet')),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [Architecture.ARM_64],
    });
    const within = Object.entries(props.networks).map(([network, where]) => {
      const verb = 'serve-topics' as const;
      const name = networkFunctionName(prefix, verb, network);
      const subjects = { ...props.subjects, serveTopics: {} };
      const what = { id: `${pascalCase(verb)}-${network}`, name, verb, spec: networkTable[verb], network: where };
      return [network, this.deploy(what, fleet, { ...props, subjects })] as const;
    });
    this.serveTopics = Object.fromEntries(within);
    const subjects = { ...props.subjects, serveTopics: this.serveTopics };
    const deployed = verbs.map((verb) => {
      const what = { id: pascalCase(verb), name: functionName(prefix, verb), verb, spec: specOf(verb) };
      return [verb, this.deploy(what, fleet, { ...props, subjects })] as const;
    });
    this.all = Object.fromEntries(deployed) as Record<Verb, Deployed>;
  }

  private deploy(
    { id, name, verb, spec, network }: ToDeploy,
    fleet: LayerVersion,
    props: Omit<FunctionsProps, 'subjects'> & { subjects: Subjects },
  ): Deployed {
    const { subjects, dist, logRetention, encryptionKey } = props;
    const scope = new Construct(this, id);
    const logGroup = new LogGroup(scope, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, 'Role', {
      description: `What ${name} may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const streams = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `/aws/lambda/${name}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    allow(role, [
      {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [streams],
        because: 'Lambda names the streams of the function’s own log group at run time.',
      },
      ...spec.permissions.flatMap((permission) => grantsOf(permission, this, subjects)),
      ...(network === undefined ? [] : [interfaceGrant]),
    ]);
    if (encryptionKey) useKey(encryptionKey, role);
    const deadLetters = spec.asynchronous && deadLetterQueue(scope, 'DeadLetters', `${name}-dead-letters`);
    const lambda = new Function(scope, 'Function', {
      functionName: name,
      description: `kafka-autopilot: functions/${spec.room}/${verb}.lambda.ts`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(dist, verb)),
      handler: 'index.handler',
      memorySize: spec.memoryMib,
      timeout: Duration.seconds(spec.timeoutSeconds),
      layers: [fleet],
      environment: environmentOf(spec.settings, this, subjects),
      role,
      logGroup,
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...(deadLetters && { deadLetterQueue: deadLetters }),
    });
    const resource = lambda.node.defaultChild as CfnFunction;
    if (network !== undefined) {
      resource.vpcConfig = { subnetIds: network.subnetIds, securityGroupIds: network.securityGroupIds };
      // Only Lambda itself may make interfaces with this role, not the code that runs [Lambda guide configuration-vpc].
      const itself = functionArnOf(this, name);
      const conditions = { ArnEquals: { 'lambda:SourceFunctionArn': itself } };
      role.addToPolicy(
        new PolicyStatement({ effect: Effect.DENY, actions: interfaceActions, resources: ['*'], conditions }),
      );
    }
    resource.addMetadata('kafka-autopilot:entry', `functions/${spec.room}/${verb}.lambda.ts`);
    return { function: lambda, version: lambda.currentVersion, logGroup, ...(deadLetters && { deadLetters }) };
  }
}

interface ToDeploy {
  id: string;
  name: string;
  /** Names the bundle and the source. */
  verb: string;
  spec: FunctionSpec;
  network?: Network;
}

function useKey(key: IKey, role: Role): void {
  key.grantEncryptDecrypt(role);
  for (const action of ['kms:GenerateDataKey*', 'kms:ReEncrypt*']) {
    acknowledge(role, `AwsSolutions-IAM5[Action::${action}]`, 'The forms of one action, on one key.');
  }
}

function environmentOf(settings: readonly Setting[], scope: Construct, subjects: Subjects): Record<string, string> {
  const values: Record<Setting, string> = {
    LEDGER_TABLE: subjects.ledger.tableName,
    FLEET_FILE: fleetFile,
    TOPIC_ARN: subjects.topic.topicArn,
    GROW_FILESYSTEM_DOCUMENT: subjects.growFilesystem.ref,
    INSPECT_VOLUME_DOCUMENT: subjects.inspectVolume.ref,
    WORKFLOW_STORAGE_SCALING: workflowAliasArn(scope, subjects.prefix, 'storage-scaling'),
    WORKFLOW_STORAGE_SWEEP: workflowAliasArn(scope, subjects.prefix, 'storage-sweep'),
    WORKFLOW_HOST_INSPECTION: workflowAliasArn(scope, subjects.prefix, 'host-inspection'),
    WORKFLOW_RETENTION_RELIEF: workflowAliasArn(scope, subjects.prefix, 'retention-relief'),
    WORKFLOW_RETENTION_RESTORE: workflowAliasArn(scope, subjects.prefix, 'retention-restore'),
    OBJECTS_BUCKET: subjects.objects.bucketName,
    SCHEDULE_GROUP: subjects.reliefSchedules.group.ref,
    START_WORKFLOW_ARN: functionArn(scope, subjects.prefix, 'start-workflow'),
    SERVE_TOPICS_FUNCTIONS: Stack.of(scope).toJsonString(
      Object.fromEntries(
        Object.entries(subjects.serveTopics).map(([network, { version }]) => [network, version.functionArn]),
      ),
    ),
    SCHEDULE_ROLE_ARN: subjects.reliefSchedules.role.roleArn,
    SCHEDULE_DEAD_LETTERS_ARN: subjects.reliefSchedules.deadLetters.queueArn,
  };
  return Object.fromEntries(settings.map((setting) => [setting, values[setting]]));
}

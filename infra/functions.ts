/**
 * Deploys the function table: each function with a role and a log group of its own, and published as a version that is
 * kept, because running workflows go on calling the version that they began with.
 */
import { join } from 'node:path';
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
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
import { pascalCase, type Setting, specOf, type Verb, verbs } from './function-table.ts';
import { workflowAliasArn } from './names.ts';
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
  subjects: Subjects;
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
    const deployed = verbs.map((verb) => [verb, this.deploy(verb, fleet, props)] as const);
    this.all = Object.fromEntries(deployed) as Record<Verb, Deployed>;
  }

  private deploy(verb: Verb, fleet: LayerVersion, props: FunctionsProps): Deployed {
    const { subjects, dist, logRetention, encryptionKey } = props;
    const spec = specOf(verb);
    const scope = new Construct(this, pascalCase(verb));
    const name = `${subjects.prefix}-${verb}`;
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
    resource.addMetadata('kafka-autopilot:entry', `functions/${spec.room}/${verb}.lambda.ts`);
    return { function: lambda, version: lambda.currentVersion, logGroup, ...(deadLetters && { deadLetters }) };
  }
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
  };
  return Object.fromEntries(settings.map((setting) => [setting, values[setting]]));
}

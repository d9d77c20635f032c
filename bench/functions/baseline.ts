/**
 * What a function is measured against: the bare SDK clients it uses, bundled in the same way, making the same calls in
 * the same order. A function that makes no call is measured against an empty handler in the shared chain.
 */
import { instanceId, volumeId } from './names.ts';
import type { Call, Operation } from './stub-aws.ts';

const clients: Record<string, { package: string; client: string }> = {
  dynamodb: { package: '@aws-sdk/client-dynamodb', client: 'DynamoDBClient' },
  ec2: { package: '@aws-sdk/client-ec2', client: 'EC2Client' },
  cloudwatch: { package: '@aws-sdk/client-cloudwatch', client: 'CloudWatchClient' },
  ssm: { package: '@aws-sdk/client-ssm', client: 'SSMClient' },
  states: { package: '@aws-sdk/client-sfn', client: 'SFNClient' },
  sns: { package: '@aws-sdk/client-sns', client: 'SNSClient' },
};

/** Of calls whose wire format is no JSON; the others are repeated as they were. */
const inputs: Record<Operation, string> = {
  'ec2:DescribeInstances': JSON.stringify({
    Filters: [{ Name: 'tag:kafka-cluster', Values: ['orders'] }],
    MaxResults: 100,
  }),
  'ec2:DescribeVolumes': JSON.stringify({ Filters: [{ Name: 'volume-id', Values: [volumeId] }], MaxResults: 100 }),
  'ec2:DescribeVolumesModifications': JSON.stringify({
    Filters: [{ Name: 'volume-id', Values: [volumeId] }],
    MaxResults: 100,
  }),
  'ec2:ModifyVolume': JSON.stringify({ VolumeId: volumeId, Size: 130 }),
  'cloudwatch:GetMetricData': `{ MetricDataQueries: [{ Id: 'm0', MetricStat: { Metric: { Namespace: 'CWAgent',
    MetricName: 'disk_used_percent', Dimensions: [{ Name: 'InstanceId', Value: '${instanceId}' }] }, Period: 300,
    Stat: 'Maximum' } }], StartTime: new Date(1795000000000), EndTime: new Date(1795003600000) }`,
  'sns:Publish': JSON.stringify({ TopicArn: 'arn:aws:sns:us-east-1:123456789012:demo', Subject: 's', Message: 'm' }),
};

/** The module's text. `services`: every client that the function holds, whether its first invocation calls it or not. */
export function baselineSource(services: readonly string[], calls: readonly Call[]): string {
  if (services.length === 0) {
    return `import { lambda } from './functions/runtime/lambda.ts';\nexport const handler = lambda(() => async () => ({}), {});\n`;
  }
  const lines = services.map((service) => {
    const found = clients[service];
    if (found === undefined) throw new Error(`the bench knows no client for ${service}`);
    const commands = new Set(
      calls.filter((call) => serviceOf(call) === service).map((call) => `${verbOf(call)}Command`),
    );
    return `import { ${[found.client, ...commands].join(', ')} } from '${found.package}';`;
  });
  const made = services.map((service) => `const ${service} = new ${clients[service]?.client ?? ''}({});`);
  const sent = calls.map((call) => {
    const input = inputs[call.operation] ?? call.body;
    return `  await ${serviceOf(call)}.send(new ${verbOf(call)}Command(${input}));`;
  });
  return [...lines, ...made, 'export const handler = async () => {', ...sent, '  return {};', '};', ''].join('\n');
}

const serviceOf = ({ operation }: Call): string => operation.slice(0, operation.indexOf(':'));
const verbOf = ({ operation }: Call): string => operation.slice(operation.indexOf(':') + 1);

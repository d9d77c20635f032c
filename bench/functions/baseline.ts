/**
 * What a function is measured against: the bare SDK clients it uses, bundled in the same way, making the same calls in
 * the same order, side by side where the function makes them so. A function that makes no call is measured against an empty handler in the shared chain.
 */
import type { Operation } from './requests.ts';
import type { AnsweredCall } from './stub-aws.ts';

/** By the prefix of the service's IAM actions. */
const clients: Record<string, { package: string; client: string }> = {
  'application-autoscaling': {
    package: '@aws-sdk/client-application-auto-scaling',
    client: 'ApplicationAutoScalingClient',
  },
  cloudwatch: { package: '@aws-sdk/client-cloudwatch', client: 'CloudWatchClient' },
  dynamodb: { package: '@aws-sdk/client-dynamodb', client: 'DynamoDBClient' },
  ec2: { package: '@aws-sdk/client-ec2', client: 'EC2Client' },
  kafka: { package: '@aws-sdk/client-kafka', client: 'KafkaClient' },
  lambda: { package: '@aws-sdk/client-lambda', client: 'LambdaClient' },
  s3: { package: '@aws-sdk/client-s3', client: 'S3Client' },
  scheduler: { package: '@aws-sdk/client-scheduler', client: 'SchedulerClient' },
  sns: { package: '@aws-sdk/client-sns', client: 'SNSClient' },
  ssm: { package: '@aws-sdk/client-ssm', client: 'SSMClient' },
  states: { package: '@aws-sdk/client-sfn', client: 'SFNClient' },
};

/** Clients that a bundle holds, by the prefix of the service's IAM actions. */
export function clientsOf(inputs: Record<string, unknown>): string[] {
  const packages = new Set(
    Object.keys(inputs).flatMap((path) => /node_modules\/(@aws-sdk\/client-[\w-]+)\//.exec(path)?.[1] ?? []),
  );
  return [...packages].sort().map((name) => {
    const [service] = Object.entries(clients).find(([, client]) => client.package === name) ?? [];
    if (service === undefined) throw new Error(`the bench knows no client of ${name}`);
    return service;
  });
}

/** The module's text. `services`: every client that the function holds, whether its first invocation calls it or not. */
export function baselineSource(services: readonly string[], calls: readonly AnsweredCall[]): string {
  if (services.length === 0) {
    return `import { lambda } from './functions/runtime/lambda.ts';\nexport const handler = lambda(() => async () => ({}), {});\n`;
  }
  const lines = services.map((service) => {
    const commands = new Set(
      calls.filter((call) => serviceOf(call) === service).map((call) => `${verbOf(call)}Command`),
    );
    const { package: from, client } = clients[service] ?? { package: '', client: '' };
    return `import { ${[client, ...commands].join(', ')} } from '${from}';`;
  });
  const made = services.map((service) => `const ${variable(service)} = new ${clients[service]?.client ?? ''}({});`);
  const sent = [...Map.groupBy(calls, ({ turn }) => turn).values()].map((sideBySide) => {
    const sending = sideBySide.map((call) => {
      const command = `new ${verbOf(call)}Command(${inputOf(call)})`;
      return `${variable(serviceOf(call))}.send(${command})${endOf(call)}`;
    });
    return `  await Promise.all([${sending.join(', ')}]);`;
  });
  return [...lines, ...made, 'export const handler = async () => {', ...sent, '  return {};', '};', ''].join('\n');
}

/** An object has not come before its bytes have. */
function endOf({ operation, refused }: AnsweredCall): string {
  if (refused) return '.catch(() => undefined)';
  return operation === 's3:GetObject' ? '.then(({ Body }) => Body.transformToByteArray())' : '';
}

/** The input as source text. */
function inputOf({ operation, input }: AnsweredCall): string {
  const text = JSON.stringify(input);
  if (operation !== 'cloudwatch:GetMetricData') return text;
  // Seconds on the wire.
  const times = ['StartTime', 'EndTime'].map((name) => `${name}: new Date(${Number(input[name]) * 1000})`);
  return `{ ...${text}, ${times.join(', ')} }`;
}

const variable = (service: string): string => service.replaceAll('-', '');
const serviceOf = ({ operation }: { operation: Operation }): string => operation.slice(0, operation.indexOf(':'));
const verbOf = ({ operation }: { operation: Operation }): string => operation.slice(operation.indexOf(':') + 1);

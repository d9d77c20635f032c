/**
 * What a request on the wire asks for, and the input with which an SDK client would ask for the same again: that is how
 * a baseline repeats a function's calls. The wire's forms are those of the SDK's protocols: JSON with a target header, REST
 * with JSON, S3's, and EC2's and SNS's forms.
 */
import type { IncomingMessage } from 'node:http';

/** Service as in IAM actions, then the API operation: `dynamodb:GetItem`. */
export type Operation = `${string}:${string}`;
export type Input = Record<string, unknown>;

export interface Call {
  operation: Operation;
  /** As an SDK command takes it, but for times, which are as on the wire. */
  input: Input;
}

const targets: Record<string, string> = {
  DynamoDB_20120810: 'dynamodb',
  GraniteServiceVersion20100801: 'cloudwatch',
  AmazonSSM: 'ssm',
  AWSStepFunctions: 'states',
  AnyScaleFrontendService: 'application-autoscaling',
};

/** Paths and their members [SDK kafka, scheduler, s3: http traits]. */
const routes: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['GET', /^\/api\/v2\/clusters$/, 'kafka:ListClustersV2'],
  ['GET', /^\/api\/v2\/clusters\/(?<ClusterArn>[^/]+)$/, 'kafka:DescribeClusterV2'],
  ['GET', /^\/api\/v2\/clusters\/(?<ClusterArn>[^/]+)\/operations$/, 'kafka:ListClusterOperationsV2'],
  ['GET', /^\/api\/v2\/operations\/(?<ClusterOperationArn>[^/]+)$/, 'kafka:DescribeClusterOperationV2'],
  ['PUT', /^\/v1\/clusters\/(?<ClusterArn>[^/]+)\/nodes\/storage$/, 'kafka:UpdateBrokerStorage'],
  ['GET', /^\/v1\/clusters\/(?<ClusterArn>[^/]+)\/topics$/, 'kafka:ListTopics'],
  ['GET', /^\/v1\/clusters\/(?<ClusterArn>[^/]+)\/topics\/(?<TopicName>[^/]+)$/, 'kafka:DescribeTopic'],
  ['PUT', /^\/v1\/clusters\/(?<ClusterArn>[^/]+)\/topics\/(?<TopicName>[^/]+)$/, 'kafka:UpdateTopic'],
  [
    'GET',
    /^\/v1\/clusters\/(?<ClusterArn>[^/]+)\/topics\/(?<TopicName>[^/]+)\/partitions$/,
    'kafka:DescribeTopicPartitions',
  ],
  ['POST', /^\/schedules\/(?<Name>[^/]+)$/, 'scheduler:CreateSchedule'],
  ['GET', /^\/schedules\/(?<Name>[^/]+)$/, 'scheduler:GetSchedule'],
  ['DELETE', /^\/schedules\/(?<Name>[^/]+)$/, 'scheduler:DeleteSchedule'],
  // Path style: the stub has no names for its buckets.
  ['GET', /^\/(?<Bucket>[^/]+)\/(?<Key>sweeps\/.+)$/, 's3:GetObject'],
  ['PUT', /^\/(?<Bucket>[^/]+)\/(?<Key>sweeps\/.+)$/, 's3:PutObject'],
];

/** @param url below the prefix that names the function */
export function callOf({ method = '', headers }: IncomingMessage, url: URL, body: string): Call {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const [service = '', operation = ''] = target.split('.');
    return { operation: `${targets[service] ?? service}:${operation}`, input: JSON.parse(body) as Input };
  }
  for (const [wanted, path, operation] of routes) {
    const found = method === wanted ? path.exec(url.pathname) : null;
    if (found === null) continue;
    const inPath = Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]);
    const rest = operation === 's3:PutObject' ? objectOf(headers, body) : restOf(url, body);
    return { operation, input: { ...rest, ...(Object.fromEntries(inPath) as Input) } };
  }
  const form = new URLSearchParams(body);
  const service = form.get('Version') === '2010-03-31' ? 'sns' : 'ec2';
  return { operation: `${service}:${form.get('Action') ?? `${method} ${url.pathname}`}`, input: formOf(form) };
}

function objectOf(headers: IncomingMessage['headers'], body: string): Input {
  const { 'content-type': ContentType, 'x-amz-checksum-sha256': ChecksumSHA256 } = headers;
  return { Body: body, ContentType, ChecksumSHA256 };
}

function restOf(url: URL, body: string): Input {
  const inQuery = [...url.searchParams].filter(([name]) => name !== 'x-id');
  return {
    ...(capitalised(body === '' ? {} : JSON.parse(body)) as Input),
    ...Object.fromEntries(inQuery.map(([name, text]) => [capital(name), numberOr(name, text)])),
  };
}

/** REST's JSON names are the members' with a small letter, here. */
function capitalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [capital(name), capitalised(inner)]));
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const numberOr = (name: string, text: string): string | number =>
  /^(maxResults|size)$/i.test(name) ? Number(text) : text;

/** Flat members and filters: `Filter.1.Name=volume-id&Filter.1.Value.1=vol-…`. Lists of another kind are left out. */
function formOf(form: URLSearchParams): Input {
  const input: Input = {};
  const filters: { Name?: string; Values: string[] }[] = [];
  for (const [name, text] of form) {
    const [, at, member] = /^Filter\.(\d+)\.(Name|Value)/.exec(name) ?? [];
    if (at !== undefined) {
      const filter = (filters[Number(at) - 1] ??= { Values: [] });
      if (member === 'Name') filter.Name = text;
      else filter.Values.push(text);
    } else if (/^\w+$/.test(name) && name !== 'Action' && name !== 'Version') input[name] = numberOr(name, text);
  }
  return filters.length === 0 ? input : { ...input, Filters: filters };
}

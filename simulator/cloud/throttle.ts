/**
 * Request limits: token buckets per account, Region and API action. A bucket holds `burst` requests and is refilled with
 * `perSecond`; an empty one refuses the request with the service's own error.
 */
import { AwsError, type Call } from './service.ts';

export interface Bucket {
  burst: number;
  perSecond: number;
}

/** EC2 guide ec2-api-throttling, aws-facts 2.4. */
const ec2Buckets = {
  describe: { burst: 100, perSecond: 20 },
  describeUnfiltered: { burst: 50, perSecond: 10 },
  mutate: { burst: 50, perSecond: 5 },
} as const;
const ec2Named: Readonly<Record<string, Bucket>> = {
  CreateSnapshot: { burst: 100, perSecond: 5 },
  CreateSnapshots: { burst: 100, perSecond: 5 },
  CreateVolume: { burst: 100, perSecond: 5 },
  DeleteSnapshot: { burst: 100, perSecond: 5 },
  CreateTags: { burst: 100, perSecond: 10 },
};

/**
 * Other services, per action, `*` for the rest. SOURCES below; [?] = unverified, docs/facts/rules.md.
 */
const otherBuckets: Readonly<Record<string, Readonly<Record<string, Bucket>>>> = {
  // StartExecution 1,300 and 300/s (us-east-1, us-west-2, eu-west-1; elsewhere 800 and 150), DescribeExecution 300 and
  // 15/s (250 and 10): Step Functions guide service-quotas [K]; the smaller ones are taken.
  states: {
    StartExecution: { burst: 800, perSecond: 150 },
    DescribeExecution: { burst: 250, perSecond: 10 },
    '*': { burst: 500, perSecond: 50 }, // [?]
  },
  // GetMetricData 50/s: CloudWatch service quotas [K]; burst [?].
  cloudwatch: {
    GetMetricData: { burst: 50, perSecond: 50 },
    '*': { burst: 25, perSecond: 25 }, // [?]
  },
  // Not published: [?].
  ssm: { '*': { burst: 40, perSecond: 40 } },
  // Publish to a standard topic, smallest Regional quota 300/s: SNS quotas [K].
  sns: { '*': { burst: 300, perSecond: 300 } },
  // DynamoDB on demand has no such limit at this scale; its capacity is the table's own.
  dynamodb: {},
  // GetFunction, Invoke and the like: far above what is simulated [?].
  lambda: { '*': { burst: 1000, perSecond: 1000 } },
  events: { '*': { burst: 400, perSecond: 400 } }, // PutEvents, smallest Regional quota [K]
  sts: { '*': { burst: 600, perSecond: 600 } }, // [K]
  // Not published: [?]; small, so that a call for each cluster is felt.
  kafka: { '*': { burst: 20, perSecond: 10 } },
  'application-autoscaling': { '*': { burst: 20, perSecond: 10 } },
  // CreateSchedule, GetSchedule, DeleteSchedule: Scheduler guide scheduler-quotas, Regions other than the large ones.
  scheduler: { '*': { burst: 250, perSecond: 250 } },
};

/**
 * S3, per prefix: 3,500 writes and 5,500 reads a second (S3 guide optimizing-performance). [?] That a prefix is all up
 * to a key's last slash, and the bursts: S3 splits and widens prefixes as it sees fit, which is not simulated.
 */
const s3Buckets = { write: { burst: 3500, perSecond: 3500 }, read: { burst: 5500, perSecond: 5500 } } as const;

/** What each service calls it. */
const errors: Readonly<Record<string, { code: string; message: string; httpStatusCode: number }>> = {
  ec2: { code: 'RequestLimitExceeded', message: 'Request limit exceeded.', httpStatusCode: 503 },
  cloudwatch: { code: 'Throttling', message: 'Rate exceeded', httpStatusCode: 400 },
  sns: { code: 'Throttling', message: 'Rate exceeded', httpStatusCode: 400 },
  lambda: { code: 'TooManyRequestsException', message: 'Rate exceeded', httpStatusCode: 429 },
  s3: { code: 'SlowDown', message: 'Please reduce your request rate.', httpStatusCode: 503 },
  kafka: { code: 'TooManyRequestsException', message: 'Too Many Requests', httpStatusCode: 429 },
  scheduler: { code: 'ThrottlingException', message: 'Rate exceeded', httpStatusCode: 429 },
};
const otherError = { code: 'ThrottlingException', message: 'Rate exceeded', httpStatusCode: 400 };

interface State {
  bucket: Bucket;
  tokens: number;
  atMs: number;
}

export class Throttle {
  /** Refused requests by `<service>:<Operation>`. */
  readonly refused = new Map<string, number>();
  readonly #states = new Map<string, State>();
  readonly #overrides = new Map<string, Bucket>();

  /** Another bucket for `<service>:<Operation>`, from now on (a shared account, a storm). */
  limit(key: string, bucket: Bucket): void {
    this.#overrides.set(key, bucket);
    this.#states.delete(key);
  }

  /** Back to the service's own. */
  unlimit(key: string): void {
    this.#overrides.delete(key);
    this.#states.delete(key);
  }

  /** @throws AwsError when the bucket is empty */
  take(call: Call): void {
    const action = `${call.service}:${call.operation}`;
    const unfiltered = this.#isUnfiltered(call);
    const key = this.#overrides.has(action) ? action : keyOf(call, unfiltered);
    let state = this.#states.get(key);
    if (state === undefined) {
      const bucket = this.#overrides.get(action) ?? bucketOf(call, unfiltered);
      if (bucket === undefined) return;
      state = { bucket, tokens: bucket.burst, atMs: call.atMs };
      this.#states.set(key, state);
    }
    const refill = ((call.atMs - state.atMs) / 1000) * state.bucket.perSecond;
    state.tokens = Math.min(state.bucket.burst, state.tokens + refill);
    state.atMs = call.atMs;
    if (state.tokens >= 1) {
      state.tokens -= 1;
      return;
    }
    this.refused.set(action, (this.refused.get(action) ?? 0) + 1);
    throw throttled(call.service);
  }

  #isUnfiltered({ service, operation, input }: Call): boolean {
    if (service !== 'ec2' || (operation !== 'DescribeVolumes' && operation !== 'DescribeSnapshots')) return false;
    const given = (name: string) => Array.isArray(input[name]) && (input[name] as unknown[]).length > 0;
    return input['MaxResults'] === undefined && !given('Filters') && !given('VolumeIds') && !given('SnapshotIds');
  }
}

/** As the service says it; also for injected faults. */
export function throttled(service: string): AwsError {
  const error = errors[service] ?? otherError;
  return new AwsError(error.code, error.message, error.httpStatusCode);
}

/** Calls of the same key share a bucket. */
function keyOf({ service, operation, input }: Call, unfiltered: boolean): string {
  if (service === 's3') {
    const key = (input['Key'] ?? input['Prefix'] ?? '') as string;
    return `s3/${s3Kind(operation)}/${String(input['Bucket'])}/${key.slice(0, key.lastIndexOf('/') + 1)}`;
  }
  return `${service}:${operation}${unfiltered ? '/unfiltered' : ''}`;
}

function s3Kind(operation: string): 'write' | 'read' {
  return operation.startsWith('Put') || operation.startsWith('Delete') ? 'write' : 'read';
}

function bucketOf({ service, operation }: Call, unfiltered: boolean): Bucket | undefined {
  if (service === 's3') return s3Buckets[s3Kind(operation)];
  if (service !== 'ec2') {
    const buckets = otherBuckets[service];
    return buckets?.[operation] ?? buckets?.['*'];
  }
  if (unfiltered) return ec2Buckets.describeUnfiltered;
  return ec2Named[operation] ?? (operation.startsWith('Describe') ? ec2Buckets.describe : ec2Buckets.mutate);
}

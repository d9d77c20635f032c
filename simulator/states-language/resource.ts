/** The Resource of a Task: which service, which action, and how the task waits for it. */

/** What the Resource of a Task asks for. */
export interface Integration {
  /** `lambda`: a function's own ARN. `sdk`: `aws-sdk:…`. `optimized`: any other `states:::service:action`. */
  readonly kind: 'lambda' | 'sdk' | 'optimized';
  /** As AWS records it: `lambda`, `dynamodb`, `aws-sdk:ec2`. */
  readonly service: string;
  /** `invoke`, `describeVolumes`; for `lambda` the function's ARN. */
  readonly action: string;
  readonly pattern: 'request-response' | 'sync' | 'wait-for-task-token';
  /** The suffix as written: '', `.sync`, `.sync:2`, `.waitForTaskToken`. */
  readonly suffix: string;
}

// The partition is matched loosely: recorded definitions hold stand-ins such as `<partition>`.
const lambdaArn = /^arn:[^:]+:lambda:[^:]+:[^:]+:function:.+$/;
const integrationArn =
  /^arn:[^:]+:states:[^:]*:[^:]*:(?<service>aws-sdk:[A-Za-z0-9]+|[A-Za-z0-9-]+):(?<action>[A-Za-z0-9]+)(?<suffix>\.sync|\.sync:2|\.waitForTaskToken)?$/;

/** Undefined for what this interpreter doesn't run: activities and anything unknown. */
export function parseResource(resource: string): Integration | undefined {
  if (lambdaArn.test(resource)) {
    return { kind: 'lambda', service: 'lambda', action: resource, pattern: 'request-response', suffix: '' };
  }
  const { service, action, suffix = '' } = integrationArn.exec(resource)?.groups ?? {};
  if (service === undefined || action === undefined || service === 'activity') return undefined;
  const isSdk = service.startsWith('aws-sdk:');
  // AWS offers no .sync for SDK integrations.
  if (isSdk && suffix.startsWith('.sync')) return undefined;
  return {
    kind: isSdk ? 'sdk' : 'optimized',
    service,
    action,
    pattern: suffix === '' ? 'request-response' : suffix === '.waitForTaskToken' ? 'wait-for-task-token' : 'sync',
    suffix,
  };
}

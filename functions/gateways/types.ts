/**
 * What steps know of AWS: the gateways' interfaces, in AWS's own terms, without its SDK. Sizes are whole GiB, times epoch
 * milliseconds.
 */

export type VolumeType = 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1' | 'standard';

/** A live EC2 instance that runs a broker. */
export interface Broker {
  instanceId: string;
  /** EC2's instance state, e.g. `running`. */
  state: string;
  rootDeviceName?: string;
  tags: Record<string, string>;
  blockDevices: { volumeId: string; deviceName: string }[];
}

export interface EbsVolume {
  volumeId: string;
  sizeGib: number;
  type: VolumeType;
  iops?: number;
  throughputMibps?: number;
  /** EC2's volume state, e.g. `in-use`. */
  state: string;
  multiAttach: boolean;
  /** `Operator.Managed`: changed only by the AWS service that owns it. */
  managedBy?: string;
  attachments: { instanceId: string; deviceName: string; state: string }[];
  tags: Record<string, string>;
}

/** The latest modification of a volume; the API keeps only that one (aws-facts 2.1). */
export interface VolumeModification {
  volumeId: string;
  state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  originalGib: number;
  targetGib: number;
  startedAtMs: number;
  endedAtMs?: number;
  statusMessage?: string;
}

export interface EbsGateway {
  /** Brokers that match all tags, or these ids. Only pending, running, stopping and stopped instances: a terminated broker has no volumes (S10). */
  brokers(select: { tags: Record<string, string> } | { instanceIds: readonly string[] }): Promise<Broker[]>;
  /** Volumes attached to these instances, root volumes included. */
  volumesOf(instanceIds: readonly string[]): Promise<EbsVolume[]>;
  volume(volumeId: string): Promise<EbsVolume | undefined>;
  /** The latest modification of each volume that has one. */
  modifications(volumeIds: readonly string[]): Promise<VolumeModification[]>;
  /**
   * Never retried by the SDK: there is no client token.
   * @throws VolumeModificationLimit, ModificationInProgress, VolumeQuotaExceeded, AnswerLost, …
   */
  modify(request: { volumeId: string; sizeGib: number }): Promise<VolumeModification>;
}

export type CommandStatus =
  | 'pending'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'timed-out'
  | 'undeliverable'
  | 'cancelled';

export interface CommandInvocation {
  commandId: string;
  instanceId: string;
  status: CommandStatus;
  /** SSM's own StatusDetails. */
  statusDetails: string;
  responseCode: number;
  /** Cut by SSM at 24,000 characters. */
  stdout: string;
  /** Cut by SSM at 8,000 characters. */
  stderr: string;
}

export interface SsmGateway {
  /** Not retried by the SDK; the scripts are idempotent. */
  sendCommand(request: {
    documentName: string;
    instanceId: string;
    parameters: Record<string, string[]>;
    deliverySeconds: number;
    comment: string;
  }): Promise<{ commandId: string }>;
  /** Undefined while SSM does not know it yet (InvocationDoesNotExist right after sending). */
  invocation(commandId: string, instanceId: string): Promise<CommandInvocation | undefined>;
}

export interface MetricQuery {
  id: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  stat: 'Maximum' | 'Minimum' | 'Average';
  periodSeconds: number;
}

/** Oldest first; a gap is simply absent. */
export interface MetricSeries {
  id: string;
  timesMs: number[];
  values: number[];
}

export interface MetricsGateway {
  /** Batches of 500 queries a call. A query without data comes back with empty arrays. */
  read(queries: readonly MetricQuery[], fromMs: number, toMs: number): Promise<MetricSeries[]>;
}

export interface NotifyGateway {
  /** `attributes` become SNS message attributes, for subscription filters. Subject ≤ 100 ASCII characters (cut). */
  publish(message: { subject: string; text: string; attributes: Record<string, string> }): Promise<void>;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

export interface WorkflowsGateway {
  /** `already` when an execution of this name exists, whatever its input or state. */
  start(request: {
    workflow: string;
    name: string;
    input: unknown;
  }): Promise<{ started: 'new' | 'already'; executionArn: string }>;
  /** Undefined when Step Functions no longer knows it (90 days after it closed). */
  status(executionArn: string): Promise<ExecutionStatus | undefined>;
  /** `late` when the token is closed or unknown: somebody else answered, or it timed out. That is success for the sender. */
  succeed(token: string, output: unknown): Promise<'sent' | 'late'>;
  fail(token: string, error: string, cause: string): Promise<'sent' | 'late'>;
}

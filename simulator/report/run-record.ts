/**
 * What one simulated run leaves behind: the input of the summary, the report and the JSON document. Times are epoch
 * milliseconds (virtual), sizes GiB, fractions 0..1, money USD. The same seed gives the same record; wall-clock time is
 * not part of it.
 */

export interface VolumeSample {
  atMs: number;
  usedGib: number;
  fileSystemGib: number;
  sizeGib: number;
}

export interface VolumeRun {
  volumeId: string;
  /** Where several grow together: what operations call them, e.g. `msk/payments`. */
  storageId?: string;
  /** `i-…`, or `broker 1` of MSK. */
  instanceId: string;
  /** Empty for MSK. */
  mountPoint: string;
  /** Every hour and at each change of size. */
  samples: VolumeSample[];
  minutesFull: number;
}

export interface ClusterRun {
  name: string;
  kind: string;
  minutesFull: number;
  startGib: number;
  endGib: number;
  peakUsedFraction: number;
  growths: number;
  refusals: number;
  escalations: number;
  /** Over clean growths: one storage, without approval; null where there was none. Retries count, as they are billed. */
  transitionsPerGrowth: { p50: number | null; max: number | null };
  costUsdPerGrowth: number | null;
  /** Of MSK, whose operations must be looked at until they end: how often, and what of the cost that is. */
  pollsPerGrowth: { p50: number | null; max: number | null };
  pollsUsdPerGrowth: number | null;
  volumes: VolumeRun[];
}

export interface OperationRun {
  operationId: string;
  workflow: string;
  cluster: string;
  /** A volume, `msk/<cluster>`, or `topics/<cluster>`. */
  volumeId: string;
  trigger: string;
  startedAtMs: number;
  endedAtMs?: number;
  status: string;
  outcome?: string;
  action?: string;
  reason?: string;
  fromGib?: number;
  targetGib?: number;
  usdPerMonth?: number;
  usedFraction?: number;
  fullInHours?: number;
  message?: string;
  /** What it changed of topics, as the cluster has it: `payments-events: retention.ms 168 h → 60 h`. */
  topics?: string[];
  timeline: { atMs: number; what: string; detail?: Record<string, unknown> }[];
  statesEntered: number;
  /** As billed: states entered, and retries. */
  transitions: number;
}

export interface AlarmRun {
  atMs: number;
  alarm: string;
  cluster?: string;
  /** e.g. `i-0a…:/data1`. */
  contributor: string;
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
}

/** A notification that went to a person, and what the simulated operator did about it. */
export interface NotificationRun {
  atMs: number;
  kind: string;
  cluster: string;
  operationId: string;
  subject: string;
  text: string;
}

export interface OperatorRun {
  atMs: number;
  what: string;
  operationId?: string;
  volumeId?: string;
}

export interface RunRecord {
  version: 1;
  seed: number;
  days: number;
  startMs: number;
  endMs: number;
  /** Where the fill came from, e.g. a trace's name; notes such as "repeated 3 times". */
  source: string;
  notes: string[];
  clusters: ClusterRun[];
  operations: OperationRun[];
  alarms: AlarmRun[];
  notifications: NotificationRun[];
  operatorActions: OperatorRun[];
  workflows: Record<string, { executions: number; succeeded: number; failed: number }>;
  /** `"<service>:<Operation>"` → count. */
  apiCalls: Record<string, number>;
  handlerInvocations: number;
  violations: { invariant: string; atMs: number; subject: string; detail: string }[];
}

/** While it runs. */
export interface Progress {
  nowMs: number;
  startMs: number;
  endMs: number;
  handlerInvocations: number;
  runningWorkflows: { operationId: string; workflow: string; volumeId: string; state: string }[];
  alarmsInAlarm: number;
  clusters: { name: string; kind: string; sizeGib: number; usedFraction: number; growths: number }[];
  latest: string[];
}

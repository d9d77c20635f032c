/** What an invariant hears, and what it says. Each looks only at what has changed. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import type { Intent, Waiting } from '../../functions/gateways/ledger/ledger.ts';
import type { StateMachine } from '../states-language/index.ts';

/** Something that must never be, and was. */
export interface Violation {
  /** Stable name of the invariant, e.g. `one-change-at-a-time`. */
  invariant: string;
  atMs: number;
  /** What it is about: a volume, an execution, an intent. */
  subject: string;
  detail: string;
}

/** A call by the system under test that changes the world. */
export interface Mutation {
  action: 'ec2:ModifyVolume' | 'ssm:SendCommand';
  /** For a command: read from its parameters. */
  volumeId: string;
  /** ModifyVolume only. */
  sizeGib: number | undefined;
  /** SendCommand only. */
  document: string | undefined;
  instanceIds: readonly string[];
  by: string;
  atMs: number;
}

export interface ModificationView {
  state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  originalGib: number;
  targetGib: number;
  startedAtMs: number;
  endedAtMs: number | undefined;
  foreign: boolean;
}

export interface VolumeView {
  volumeId: string;
  sizeGib: number;
  type: string;
  /** Oldest first. */
  modifications: readonly ModificationView[];
}

export interface ExecutionView {
  executionArn: string;
  name: string;
  workflow: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  startedMs: number;
  historyEvents: number;
}

/** The world as it is, not as the product sees it. */
export interface InvariantWorld {
  readonly fleet: Fleet;
  nowMs(): number;
  volume(volumeId: string): VolumeView | undefined;
  /** The cluster that the volume belongs to: its broker's. */
  clusterOf(volumeId: string): string | undefined;
  /** Volumes that hold the cluster's data: mounted where its policy says, on its live brokers. */
  dataVolumes(cluster: string): readonly VolumeView[];
  /** The execution whose name begins with the operation's id. */
  executionOf(operationId: string): ExecutionView | undefined;
  readonly machines: readonly { name: string; machine: StateMachine }[];
  /** Whether the run is one that may change nothing. */
  isDryRun(): boolean;
}

/** The intent as written now, and as it was before. */
export interface IntentChange {
  intent: Intent;
  before: Intent | undefined;
}

export interface Checker {
  /** Once, when the system was deployed. */
  deployed?(): void;
  /** A mutating call arrives; whether it will be accepted is not known yet. */
  attempted?(mutation: Mutation): void;
  /** It was accepted. The world shows it already. */
  accepted?(mutation: Mutation): void;
  intentWritten?(change: IntentChange): void;
  waitWritten?(waiting: Waiting): void;
  /** `*` is the fleet. */
  pauseChanged?(cluster: string, isPaused: boolean): void;
  executionStarted?(execution: ExecutionView): void;
  executionProgressed?(execution: ExecutionView): void;
  executionEnded?(execution: ExecutionView): void;
  /** Everything has come to rest at this instant. */
  rested?(): void;
}

export type Report = (invariant: string, subject: string, detail: string) => void;

/** What an invariant hears, and what it says. Each looks only at what has changed. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import type { Intent, Relief, VolumeRecord, Waiting } from '../../functions/gateways/ledger/ledger.ts';
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
  action: 'ec2:ModifyVolume' | 'kafka:UpdateBrokerStorage' | 'kafka:UpdateTopic' | 'ssm:SendCommand';
  /** An EBS volume, or `msk/<cluster>` for all brokers of one. For a command: read from its parameters. */
  volumeId: string;
  /** Growth only. */
  sizeGib: number | undefined;
  /** SendCommand only. */
  document: string | undefined;
  instanceIds: readonly string[];
  /** UpdateTopic only. */
  topic: TopicRequest | undefined;
  by: string;
  atMs: number;
}

export type Configs = Readonly<Record<string, string>>;

export interface TopicRequest {
  name: string;
  /** What holds for the topic before the call, by itself or by default; undefined: there is no such topic. */
  before: Configs | undefined;
  /** Values that the call carries. */
  asked: Configs;
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
  /** An EBS volume, or `msk/<cluster>`. */
  volumeId: string;
  /** Of each. */
  sizeGib: number;
  /** So many volumes have this size, and grow together: 1 of EBS, one for each broker of MSK. */
  volumes: number;
  /** As the fleet's prices name it. */
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
  /** The cluster of the fleet that the volume belongs to: its broker's. */
  clusterOf(volumeId: string): string | undefined;
  /** Volumes that hold the cluster's data: mounted where its policy says, on its live brokers. */
  dataVolumes(cluster: string): readonly VolumeView[];
  /** What holds for a topic now, by itself or by default; undefined: there is no such topic. */
  topicConfigs(cluster: string, topic: string): Configs | undefined;
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
  /** Undefined: forgotten. */
  coolDownWritten?(volumeId: string, coolDown: VolumeRecord['coolDown']): void;
  notBeforeWritten?(volumeId: string, notBefore: VolumeRecord['notBefore']): void;
  reliefWritten?(relief: Relief): void;
  /** Somebody else made, changed or deleted it. Configs as set explicitly; undefined: no such topic. */
  topicChangedByOthers?(cluster: string, topic: string, before: Configs | undefined, after: Configs | undefined): void;
  /** `*` is the fleet. */
  pauseChanged?(cluster: string, isPaused: boolean): void;
  executionStarted?(execution: ExecutionView): void;
  executionProgressed?(execution: ExecutionView): void;
  executionEnded?(execution: ExecutionView): void;
  /** Everything has come to rest at this instant. */
  rested?(): void;
}

export type Report = (invariant: string, subject: string, detail: string) => void;

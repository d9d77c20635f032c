/**
 * The ledger: everything that another person may ask about later. One DynamoDB table; this file is its interface, in
 * the terms of operations, not of items. Times are epoch milliseconds (UTC), sizes whole GiB.
 */

/** Held by one execution while it changes what the name protects, e.g. `volume/vol-0a1b`. */
export interface Lease {
  name: string;
  operationId: string;
  executionArn: string;
  /** Grows by one with every taking; a writer with an older fence is refused. */
  fence: number;
  takenAtMs: number;
}

/** What came of an intent. `unknown`: the answer was lost; the world has to be read before anything else is done. */
export type EffectStatus = 'intended' | 'unknown' | 'accepted' | 'refused' | 'not-done';

/** Written before a mutation, settled after it. Also what counts modifications in the rolling 24 h. */
export interface Intent {
  /** `<operationId>/<action>` : one operation does each mutation once. */
  intentId: string;
  operationId: string;
  cluster: string;
  /** e.g. `volume/vol-0a1b`. */
  subject: string;
  /** The API that will be called, e.g. `ec2:ModifyVolume`. */
  action: string;
  /** The call's arguments, for `explain` and for recognising the effect when the answer was lost. */
  request: Record<string, unknown>;
  atMs: number;
  status: EffectStatus;
  settledAtMs?: number;
  /** What the service answered, shortened. */
  answer?: string;
  /** True for a change that somebody else made and that was seen in the service's own record. */
  foreign?: boolean;
}

/** Growth of a cluster that is promised but not yet proven; taken and given back with intents. */
export interface Reservation {
  volumeId: string;
  operationId: string;
  /** Sums over the volumes that grow together (one of EBS, all brokers' of MSK). */
  fromGib: number;
  toGib: number;
  usdPerMonth: number;
}

/** Bookkeeping of one cluster (or of the whole fleet, under the name `*`). Changed only by conditional writes on `version`. */
export interface ClusterState {
  cluster: string;
  /** 0 where nothing was written yet. */
  version: number;
  paused?: { by: string; atMs: number; reason: string };
  reservations: Record<string, Reservation>;
  /** UTC day, `YYYY-MM-DD`, that the two sums below belong to. */
  day: string;
  dayGrownGib: number;
  dayUsdPerMonth: number;
  /** Topics whose retention is shortened: to be given back by then. One at a time. */
  relief?: { reliefId: string; restoreAtMs: number };
}

/** The read-only look at a host that maps a volume to its file system. */
export interface Inspection {
  atMs: number;
  instanceId: string;
  supported: boolean;
  /** Stable code where `supported` is false, e.g. `raid`. */
  reason?: string;
  layout: string;
  filesystem?: string;
  mountPoint?: string;
  deviceBytes: number;
  filesystemBytes?: number;
  usedBytes?: number;
}

/** A call for a person that is still open. One per volume and reason; repeated only as a reminder. */
export interface Escalation {
  reason: string;
  operationId: string;
  openedAtMs: number;
  remindedAtMs: number;
}

/** What MSK's refusals have taught about one cluster's cool-down. */
export interface CoolDown {
  /** Start of the storage change that they are counted from. */
  changeAtMs: number;
  /** Tries refused since that change. */
  refusals: number;
  /** The longest time after a change that was seen to be too early: no try before it. */
  learntMs: number;
}

/** What is remembered of a volume between operations: an EBS volume, or `msk/<cluster>` for all brokers' volumes of one. */
export interface VolumeRecord {
  cluster: string;
  volumeId: string;
  instanceId?: string;
  firstSeenAtMs: number;
  firstSeenGib: number;
  ownerTags: Record<string, string>;
  inspection?: Inspection;
  /** Learnt from a refusal: no try before this time. */
  notBefore?: { atMs: number; reason: string };
  coolDown?: CoolDown;
  escalations: Record<string, Escalation>;
}

export type OperationStatus =
  | 'running'
  | 'awaiting-approval'
  | 'succeeded'
  | 'deferred'
  | 'refused'
  | 'escalated'
  | 'failed';

/** One workflow run about one subject, with its reasons. */
export interface Operation {
  /** First 16 hex digits of the execution's name: what operators type. */
  operationId: string;
  workflow: string;
  cluster: string;
  subject: string;
  executionArn: string;
  trigger: Record<string, unknown>;
  startedAtMs: number;
  endedAtMs?: number;
  status: OperationStatus;
  /** Stable code of how it ended, e.g. `grown`, `kept`, `modification-limit`. */
  outcome?: string;
  /** The last decision with its evidence, as the capability wrote it. */
  decision?: Record<string, unknown>;
  /** Appended in order; short. */
  timeline: { atMs: number; what: string; detail?: Record<string, unknown> }[];
}

export type ApprovalAnswer = 'approved' | 'rejected';

/** A question to a person, bound to the hash of the plan that was shown. Single use, expiring. */
export interface Approval {
  operationId: string;
  cluster: string;
  planHash: string;
  plan: Record<string, unknown>;
  token: string;
  requestedAtMs: number;
  expiresAtMs: number;
  answer?: ApprovalAnswer;
  answeredBy?: string;
  answeredAtMs?: number;
}

/** A parked workflow: event functions find the token under the resource that they hear about. */
export interface Waiting {
  /** e.g. `volume/vol-0a1b/usable`, `command/8f14…`. */
  resource: string;
  token: string;
  operationId: string;
  cluster: string;
  /** What the waiting step needs to judge the world again. */
  detail: Record<string, unknown>;
  sinceMs: number;
}

/** One topic of a relief, with what it was before. */
export interface ReliefTopic {
  name: string;
  /** The topic's id or ARN then: another one later is another topic. */
  id: string;
  /** Config values before, `retention.ms` and `retention.bytes`. */
  former: Record<string, string>;
  /** They were not the topic's own: they are given back by taking away what relief set. */
  inherited?: boolean;
  /** The values that relief sets. */
  shortened: Record<string, string>;
  /**
   * `planned`: perhaps shortened, perhaps not: the world has to be read. `left-alone`: not ours any more (somebody else
   * changed it, it was created anew or is gone); `detail` says which.
   */
  state: 'planned' | 'shortened' | 'restored' | 'left-alone';
  detail?: string;
}

/** Shortened retention that has to be given back; written before anything is shortened. */
export interface Relief {
  /** The operation that shortens. */
  reliefId: string;
  cluster: string;
  /** The volume that was about to be full. */
  volumeId: string;
  armedAtMs: number;
  /** Given back by then, whatever happened. */
  restoreAtMs: number;
  topics: ReliefTopic[];
  /** All topics are restored or left alone. */
  endedAtMs?: number;
}

export type TakeLease = { taken: true; lease: Lease } | { taken: false; holder: Lease };

export type ReserveIntent =
  | { reserved: true }
  /** The same intent stands already: read the world, then settle it. */
  | { reserved: false; because: 'intent-exists'; intent: Intent }
  /** Somebody else changed the cluster's bookkeeping since it was read: read again, plan again. */
  | { reserved: false; because: 'cluster-changed' }
  | { reserved: false; because: 'paused' }
  | { reserved: false; because: 'lease-lost' };

export interface Ledger {
  /** Taken if free, or already ours (same execution, same fence), or `over` names the present holder, which the caller has proven closed. */
  takeLease(request: {
    name: string;
    operationId: string;
    executionArn: string;
    nowMs: number;
    over?: Lease;
  }): Promise<TakeLease>;
  /** False if it was no longer ours. */
  releaseLease(lease: Pick<Lease, 'name' | 'executionArn' | 'fence'>): Promise<boolean>;
  readLease(name: string): Promise<Lease | undefined>;

  /** Strongly consistent. A cluster never written to comes back with version 0. The fleet is `*`. */
  clusterState(cluster: string): Promise<ClusterState>;
  setPaused(cluster: string, paused: ClusterState['paused'] | undefined): Promise<void>;

  /**
   * One transaction: the lease is still ours, neither cluster nor fleet is paused, the cluster's version is the one that
   * was read, then the intent is written and, where growth is asked for, reserved and added to the day's sums.
   */
  reserveIntent(request: {
    intent: Omit<Intent, 'status'>;
    lease: Pick<Lease, 'name' | 'executionArn' | 'fence'>;
    clusterVersion: number;
    reservation?: Reservation;
    day: string;
  }): Promise<ReserveIntent>;
  /**
   * Settles it once; settling again with the same status is harmless. `giveBack` takes the reservation out of the day's
   * sums too (nothing was changed).
   */
  settleIntent(request: {
    intent: Pick<Intent, 'intentId' | 'subject' | 'cluster'>;
    status: EffectStatus;
    atMs: number;
    answer?: string;
    giveBack?: { volumeId: string };
  }): Promise<void>;
  readIntent(subject: string, intentId: string): Promise<Intent | undefined>;
  /** Newest last. */
  journal(subject: string, sinceMs: number): Promise<Intent[]>;
  /** Writes a foreign change into the subject's journal, once per (subject, startedAtMs). */
  recordForeign(change: {
    subject: string;
    cluster: string;
    action: string;
    startedAtMs: number;
    request: Record<string, unknown>;
  }): Promise<void>;
  /** The growth is proven or given up: the reservation stops counting against the cluster's total. */
  releaseReservation(cluster: string, volumeId: string, operationId: string): Promise<void>;

  /** All that is remembered of a cluster's volumes. */
  volumes(cluster: string): Promise<VolumeRecord[]>;
  volume(cluster: string, volumeId: string): Promise<VolumeRecord | undefined>;
  /** First sight is kept for ever (size, owner's tags, time); a later sight only updates `instanceId`. */
  seeVolume(sight: {
    cluster: string;
    volumeId: string;
    /** None for an MSK cluster's volumes. */
    instanceId?: string;
    sizeGib: number;
    ownerTags: Record<string, string>;
    nowMs: number;
  }): Promise<void>;
  /** Also remembers which volume is behind (instance, mount point), so that an alarm's dimensions find it. */
  saveInspection(cluster: string, volumeId: string, inspection: Inspection): Promise<void>;
  volumeAtMountPoint(
    instanceId: string,
    mountPoint: string,
  ): Promise<{ cluster: string; volumeId: string } | undefined>;
  setNotBefore(cluster: string, volumeId: string, notBefore: VolumeRecord['notBefore'] | undefined): Promise<void>;
  setCoolDown(cluster: string, volumeId: string, coolDown: CoolDown): Promise<void>;
  /** Opens it, or says that it stands already; `due` when the last notification is older than `remindAfterMs` (and counts as reminded now). */
  escalate(request: {
    cluster: string;
    volumeId: string;
    reason: string;
    operationId: string;
    nowMs: number;
    remindAfterMs: number;
  }): Promise<'opened' | 'due' | 'standing'>;
  /** Without a reason: all of the volume's. */
  closeEscalations(cluster: string, volumeId: string, reason?: string): Promise<void>;

  /** Creates it; if it stands already, nothing changes. */
  openOperation(operation: Operation): Promise<void>;
  /** Merges the given fields, appends to the timeline. */
  updateOperation(
    operationId: string,
    change: Partial<Pick<Operation, 'status' | 'outcome' | 'decision' | 'endedAtMs'>> & {
      note?: Operation['timeline'][number];
    },
  ): Promise<void>;
  operation(operationId: string): Promise<Operation | undefined>;
  /** Newest first. */
  operations(cluster: string, options: { sinceMs?: number; limit: number }): Promise<Operation[]>;

  /** Writes or renews (a new token, a reminder) the question; if it was answered meanwhile, that comes back and nothing is written. */
  requestApproval(approval: Omit<Approval, 'answer' | 'answeredBy' | 'answeredAtMs'>): Promise<Approval>;
  /** Only the shown plan, only once, only before it expires. */
  answerApproval(request: {
    operationId: string;
    planHash: string;
    answer: ApprovalAnswer;
    by: string;
    nowMs: number;
  }): Promise<
    | { answered: true; approval: Approval }
    | { answered: false; because: 'unknown' | 'answered' | 'expired' | 'other-plan'; approval?: Approval }
  >;
  approval(operationId: string): Promise<Approval | undefined>;

  putWaiting(waiting: Waiting): Promise<void>;
  waiting(resource: string): Promise<Waiting | undefined>;
  /** Only if the token is still the one given. */
  deleteWaiting(resource: string, token: string): Promise<void>;

  /**
   * An event about a resource came and nobody waited: kept for an hour, so that whoever parks a token right afterwards
   * knows that it is time to look. Writing it twice is harmless.
   */
  heard(resource: string, atMs: number): Promise<void>;
  /** Whether an event about it was heard since then. */
  wasHeard(resource: string, sinceMs: number): Promise<boolean>;

  /**
   * A place in a queue that lets `burst` through at once and then one each `everyMs` (a token bucket, as data): at which
   * time the caller may go on. Never refused; contention costs no retry. The same holder asking again gets its first answer
   * (for a day: another try is another holder). Clocks some seconds apart move turns by as much.
   */
  takeSlot(request: {
    queue: string;
    holder: string;
    nowMs: number;
    burst: number;
    everyMs: number;
  }): Promise<{ atMs: number }>;

  /**
   * One transaction: neither cluster nor fleet is paused, no other relief of the cluster is open, then the relief is written.
   * The same relief again changes nothing, not even its topics (read them back), and is armed also where a pause came since.
   * @throws LedgerContradiction for more than 100 topics, and for a relief that has ended
   */
  armRelief(relief: Relief): Promise<{ armed: true } | { armed: false; because: 'paused' | 'open'; reliefId?: string }>;
  relief(reliefId: string): Promise<Relief | undefined>;
  /**
   * `restored` and `left-alone` are final; a topic once shortened is not `planned` again. The same again is harmless.
   * @throws LedgerContradiction when there is no such topic, or it can't become that
   */
  setReliefTopic(reliefId: string, topic: Pick<ReliefTopic, 'name' | 'state'> & { detail?: string }): Promise<void>;
  /**
   * Ends it once; the cluster is free for another one.
   * @throws LedgerContradiction when there is no such relief, or a topic is neither restored nor left alone
   */
  endRelief(reliefId: string, atMs: number): Promise<void>;
}

/**
 * The functions as data: how large, how long, what they are told and what they may do. `functions.ts` deploys exactly
 * these. The table in docs/design.md is the same one in words.
 */

/** A set of AWS permissions, named by purpose. `permissions.ts` says which actions on which resources. */
export type Permission =
  | 'ledger'
  | 'describe-volumes'
  | 'describe-msk'
  | 'read-scaling-targets'
  | 'read-metrics'
  | 'modify-volumes'
  | 'grow-msk'
  | 'grow-filesystems'
  | 'inspect-volumes'
  | 'read-commands'
  | 'answer-tasks'
  | 'start-workflows'
  | 'describe-executions'
  | 'read-topics'
  | 'shorten-topics'
  | 'restore-topics'
  | 'arm-schedules'
  | 'cancel-schedules'
  | 'serve-topics'
  | 'objects'
  | 'publish';

export type Setting =
  | 'LEDGER_TABLE'
  | 'FLEET_FILE'
  | 'TOPIC_ARN'
  | 'GROW_FILESYSTEM_DOCUMENT'
  | 'INSPECT_VOLUME_DOCUMENT'
  | 'WORKFLOW_STORAGE_SCALING'
  | 'WORKFLOW_STORAGE_SWEEP'
  | 'WORKFLOW_HOST_INSPECTION'
  | 'WORKFLOW_RETENTION_RELIEF'
  | 'WORKFLOW_RETENTION_RESTORE'
  | 'OBJECTS_BUCKET'
  | 'SERVE_TOPICS_FUNCTIONS'
  | ScheduleSetting;

/** What a function needs that makes or cancels one-time schedules. */
type ScheduleSetting = 'SCHEDULE_GROUP' | 'START_WORKFLOW_ARN' | 'SCHEDULE_ROLE_ARN' | 'SCHEDULE_DEAD_LETTERS_ARN';

export interface FunctionSpec {
  room: 'control' | 'fleet' | 'storage' | 'relief' | 'topics';
  /** A function's share of a CPU grows with its memory (1,769 MiB = one): 512 MiB is for the start, not for the heap. */
  memoryMib: number;
  timeoutSeconds: number;
  settings: readonly Setting[];
  permissions: readonly Permission[];
  /** Invoked by events, with nobody waiting for the answer: failures go to a dead-letter queue. */
  asynchronous?: true;
}

const small = { memoryMib: 512, timeoutSeconds: 30 };
/** Where a call may wait for its retries: three services, each up to some ten seconds. */
const patient = { memoryMib: 512, timeoutSeconds: 60 };
/** Topics are read and changed by a call each, some hundreds of them at most. */
const topical = { memoryMib: 512, timeoutSeconds: 300 };
/** The gateway of schedules asks for all of them, whatever it is used for. */
const scheduleSettings = [
  'SCHEDULE_GROUP',
  'START_WORKFLOW_ARN',
  'SCHEDULE_ROLE_ARN',
  'SCHEDULE_DEAD_LETTERS_ARN',
] as const satisfies ScheduleSetting[];

export const functionTable = {
  'start-workflow': {
    room: 'control',
    ...small,
    asynchronous: true,
    settings: [
      'LEDGER_TABLE',
      'FLEET_FILE',
      'WORKFLOW_STORAGE_SCALING',
      'WORKFLOW_STORAGE_SWEEP',
      'WORKFLOW_HOST_INSPECTION',
      'WORKFLOW_RETENTION_RELIEF',
      'WORKFLOW_RETENTION_RESTORE',
    ],
    permissions: ['ledger', 'start-workflows', 'describe-executions'],
  },
  'answer-approval': {
    room: 'control',
    ...small,
    settings: ['LEDGER_TABLE'],
    permissions: ['ledger', 'answer-tasks'],
  },
  'set-pause': { room: 'control', ...small, settings: ['LEDGER_TABLE', 'FLEET_FILE'], permissions: ['ledger'] },
  'plan-sweep': {
    room: 'fleet',
    // Lists the whole fleet: some 40 pages for 10,000 volumes.
    memoryMib: 1024,
    timeoutSeconds: 120,
    settings: ['FLEET_FILE', 'OBJECTS_BUCKET'],
    permissions: ['describe-volumes', 'describe-msk', 'read-scaling-targets', 'objects'],
  },
  'survey-page': {
    room: 'fleet',
    // At most 500 volumes and a day of their metrics.
    memoryMib: 1024,
    timeoutSeconds: 120,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'OBJECTS_BUCKET'],
    permissions: ['ledger', 'describe-volumes', 'describe-msk', 'read-metrics', 'describe-executions', 'objects'],
  },
  'collect-due': {
    room: 'fleet',
    ...patient,
    settings: ['OBJECTS_BUCKET'],
    permissions: ['objects', 'describe-executions'],
  },
  observe: {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE'],
    permissions: [
      'ledger',
      'describe-volumes',
      'describe-msk',
      'read-scaling-targets',
      'read-metrics',
      'describe-executions',
    ],
  },
  decide: { room: 'storage', ...small, settings: ['LEDGER_TABLE', 'FLEET_FILE'], permissions: ['ledger'] },
  approve: {
    room: 'storage',
    ...small,
    settings: ['LEDGER_TABLE', 'TOPIC_ARN'],
    permissions: ['ledger', 'publish', 'answer-tasks'],
  },
  apply: {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE'],
    permissions: ['ledger', 'describe-volumes', 'describe-msk', 'read-scaling-targets', 'modify-volumes', 'grow-msk'],
  },
  'await-usable': {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE'],
    permissions: ['ledger', 'describe-volumes', 'describe-msk', 'answer-tasks'],
  },
  'await-completed': {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE'],
    permissions: ['ledger', 'describe-volumes', 'describe-msk', 'answer-tasks'],
  },
  'follow-operation': {
    room: 'storage',
    ...small,
    settings: [],
    permissions: ['describe-volumes', 'describe-msk'],
  },
  'grow-filesystem': {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'GROW_FILESYSTEM_DOCUMENT'],
    permissions: ['ledger', 'describe-volumes', 'grow-filesystems', 'read-commands', 'answer-tasks'],
  },
  verify: {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE'],
    permissions: ['ledger', 'describe-volumes', 'describe-msk', 'read-commands', 'read-metrics'],
  },
  inspect: {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'INSPECT_VOLUME_DOCUMENT'],
    permissions: ['ledger', 'describe-volumes', 'inspect-volumes', 'read-commands', 'answer-tasks'],
  },
  'remember-inspection': {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE'],
    permissions: ['ledger', 'describe-volumes', 'read-commands'],
  },
  'wake-waiting': {
    room: 'storage',
    ...patient,
    asynchronous: true,
    settings: ['LEDGER_TABLE'],
    permissions: ['ledger', 'describe-volumes', 'describe-msk', 'read-commands', 'answer-tasks'],
  },
  record: {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'TOPIC_ARN'],
    permissions: ['ledger', 'publish', 'describe-msk', 'read-topics', 'read-metrics'],
  },
  'plan-relief': {
    room: 'relief',
    ...topical,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'SERVE_TOPICS_FUNCTIONS'],
    permissions: ['ledger', 'describe-msk', 'read-topics', 'serve-topics', 'read-metrics', 'describe-executions'],
  },
  'approve-relief': {
    room: 'relief',
    ...small,
    settings: ['LEDGER_TABLE', 'TOPIC_ARN'],
    permissions: ['ledger', 'publish', 'answer-tasks'],
  },
  'arm-relief': {
    room: 'relief',
    ...topical,
    timeoutSeconds: 110,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'SERVE_TOPICS_FUNCTIONS', ...scheduleSettings],
    permissions: ['ledger', 'read-topics', 'serve-topics', 'arm-schedules'],
  },
  'shorten-retention': {
    room: 'relief',
    ...topical,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'SERVE_TOPICS_FUNCTIONS'],
    permissions: ['ledger', 'read-topics', 'shorten-topics', 'serve-topics'],
  },
  'record-relief': {
    room: 'relief',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'TOPIC_ARN', ...scheduleSettings],
    permissions: ['ledger', 'publish', 'cancel-schedules'],
  },
  'restore-retention': {
    room: 'relief',
    ...topical,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'SERVE_TOPICS_FUNCTIONS'],
    permissions: ['ledger', 'read-topics', 'restore-topics', 'serve-topics', 'describe-executions'],
  },
  'record-restore': {
    room: 'relief',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'TOPIC_ARN', ...scheduleSettings],
    permissions: ['ledger', 'describe-msk', 'read-metrics', 'publish', 'cancel-schedules'],
  },
} as const satisfies Record<string, FunctionSpec>;

export type Verb = keyof typeof functionTable;
export const verbs = Object.keys(functionTable) as Verb[];
export const specOf = (verb: Verb): FunctionSpec => functionTable[verb];

/** Functions that speak Kafka: not once, but once in each network from which a cluster is reached (`networks.ts`). */
export const networkTable = {
  'serve-topics': {
    room: 'topics',
    ...small,
    // Called and waited for, except by the schedule that keeps it warm.
    asynchronous: true,
    settings: ['FLEET_FILE'],
    permissions: [],
  },
} as const satisfies Record<string, FunctionSpec>;

export type NetworkVerb = keyof typeof networkTable;
export const networkVerbs: readonly string[] = Object.keys(networkTable);

/** `grow-filesystem` → `GrowFilesystem`: construct ids and the substitutions of the workflows. */
export const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase());

export const workflows = [
  'storage-scaling',
  'storage-sweep',
  'host-inspection',
  'retention-relief',
  'retention-restore',
] as const;
export type Workflow = (typeof workflows)[number];

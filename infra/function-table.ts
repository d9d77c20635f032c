/**
 * The functions as data: how large, how long, what they are told and what they may do. `functions.ts` deploys exactly
 * these. The table in docs/design.md is the same one in words.
 */

/** A set of AWS permissions, named by purpose. `permissions.ts` says which actions on which resources. */
export type Permission =
  | 'ledger'
  | 'describe-volumes'
  | 'read-metrics'
  | 'modify-volumes'
  | 'grow-filesystems'
  | 'inspect-volumes'
  | 'read-commands'
  | 'answer-tasks'
  | 'start-workflows'
  | 'describe-executions'
  | 'publish';

export type Setting =
  | 'LEDGER_TABLE'
  | 'FLEET_FILE'
  | 'TOPIC_ARN'
  | 'GROW_FILESYSTEM_DOCUMENT'
  | 'INSPECT_VOLUME_DOCUMENT'
  | 'WORKFLOW_STORAGE_SCALING'
  | 'WORKFLOW_STORAGE_SWEEP'
  | 'WORKFLOW_HOST_INSPECTION';

export interface FunctionSpec {
  room: 'control' | 'fleet' | 'storage';
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
  sweep: {
    room: 'fleet',
    // Reads the whole fleet: some 40 pages of volumes for 10,000 of them, and their metrics.
    memoryMib: 1024,
    timeoutSeconds: 300,
    settings: ['LEDGER_TABLE', 'FLEET_FILE'],
    permissions: ['ledger', 'describe-volumes', 'read-metrics', 'describe-executions'],
  },
  observe: {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE', 'FLEET_FILE'],
    permissions: ['ledger', 'describe-volumes', 'read-metrics', 'describe-executions'],
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
    permissions: ['ledger', 'describe-volumes', 'modify-volumes'],
  },
  'await-usable': {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE'],
    permissions: ['ledger', 'describe-volumes', 'read-commands', 'answer-tasks'],
  },
  'await-completed': {
    room: 'storage',
    ...patient,
    settings: ['LEDGER_TABLE'],
    permissions: ['ledger', 'describe-volumes', 'read-commands', 'answer-tasks'],
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
    settings: ['LEDGER_TABLE'],
    permissions: ['ledger', 'describe-volumes', 'read-commands'],
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
    permissions: ['ledger', 'describe-volumes', 'read-commands', 'answer-tasks'],
  },
  record: {
    room: 'storage',
    ...small,
    settings: ['LEDGER_TABLE', 'FLEET_FILE', 'TOPIC_ARN'],
    permissions: ['ledger', 'publish'],
  },
} as const satisfies Record<string, FunctionSpec>;

export type Verb = keyof typeof functionTable;
export const verbs = Object.keys(functionTable) as Verb[];
export const specOf = (verb: Verb): FunctionSpec => functionTable[verb];

/** `grow-filesystem` → `GrowFilesystem`: construct ids and the substitutions of the workflows. */
export const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase());

export const workflows = ['storage-scaling', 'storage-sweep', 'host-inspection'] as const;
export type Workflow = (typeof workflows)[number];

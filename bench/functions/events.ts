/** One event for each function, as its workflow, rule or operator would send it (statemachines/, docs/design.md). */
import type { Verb } from '../../infra/function-table.ts';
import {
  commandId,
  formerRetention,
  instanceId,
  shortenedRetention,
  storageOperationArn,
  topicArn,
  topicName,
  volumeId,
} from './names.ts';
import { dueKey, pageKey, referenceTo, slot } from './objects.ts';

const account = 'us-east-1:123456789012';
const executionOf = (workflow: string): string => `arn:aws:states:${account}:execution:demo-${workflow}:bench`;
const executionArn = executionOf('storage-scaling');
export const operation = {
  operationId: '0123456789abcdef',
  executionArn,
  cluster: 'orders',
  subject: volumeId,
  trigger: { source: 'sweep', slot: '2026-11-20T10:00:00Z' },
};
const waiting = { ...operation, taskToken: 'token', targetGib: 130, instanceId };
const lease = { name: `volume/${volumeId}`, executionArn, fence: 1 };
export const plan = { cluster: 'orders', volumeId, fromGib: 100, targetGib: 130, usdPerMonth: 2.4 };
const nowMs = Date.parse('2026-11-20T10:00:00Z');

const volume = {
  volumeId,
  cluster: 'orders',
  instanceId,
  instanceState: 'running',
  sizeGib: 100,
  type: 'gp3',
  state: 'in-use',
  multiAttach: false,
  isRoot: false,
  past: [],
  growths: [],
  firstSeenGib: 100,
  ownerTags: {},
  inspection: {
    atMs: nowMs,
    instanceId,
    supported: true,
    layout: 'plain',
    filesystem: 'xfs',
    mountPoint: '/data1',
    deviceBytes: 100 * 1024 ** 3,
    filesystemBytes: 100 * 1024 ** 3,
    usedBytes: 80 * 1024 ** 3,
  },
  hourly: { timesMs: [nowMs - 3_600_000], usedFractions: [0.79] },
  recent: { timesMs: [nowMs - 60_000], usedFractions: [0.8] },
};
/** Shorter retention of one topic, from its plan to its end. */
export const relieving = {
  operationId: 'fedcba9876543210',
  executionArn: executionOf('retention-relief'),
  cluster: 'payments',
  subject: 'msk/payments',
  trigger: { type: 'barred', operationId: operation.operationId, outcome: 'cool-down', fullInHours: 8 },
};
export const restoring = {
  operationId: '0011223344556677',
  executionArn: executionOf('retention-restore'),
  cluster: 'payments',
  subject: 'topics/payments',
  reliefId: relieving.operationId,
  trigger: { type: 'deadline' },
};
export const topics = [
  { name: topicName, id: topicArn, former: formerRetention, shortened: shortenedRetention, freesGib: 30 },
];
export const planned = { cluster: 'payments', restoreAfterHours: 24, topics };
const shorten = {
  action: 'shorten',
  reason: 'enough',
  topics,
  evidence: {
    brokerId: 1,
    usedGib: 80,
    capacityGib: 100,
    usedFraction: 0.8,
    fullInHours: 8,
    needGib: 28,
    freesGib: 30,
  },
};
const leaseOf = (holder: string) => ({ name: 'topics/payments', executionArn: holder, fence: 1 });

export const facts = {
  name: 'orders',
  nowMs,
  state: { cluster: 'orders', version: 0, reservations: {}, day: '2026-11-20', dayGrownGib: 0, dayUsdPerMonth: 0 },
  fleetPaused: false,
  volumes: [volume] as const,
  elsewhereGib: 0,
};

export const events: Record<Verb, object> = {
  'start-workflow': {
    source: 'sweep',
    workflow: 'storage-scaling',
    cluster: 'orders',
    subject: volumeId,
    slot: '2026-11-20T10:00:00Z',
  },
  'answer-approval': { operationId: operation.operationId, planHash: 'hash', answer: 'approved', by: 'bench' },
  'set-pause': { cluster: 'orders', pause: true, by: 'bench', reason: 'bench' },
  'plan-sweep': { trigger: { type: 'schedule', slot: '2026-11-20T10:00:00Z' }, slot },
  'survey-page': { page: referenceTo(pageKey), number: 1, slot, dueAtMs: nowMs },
  'collect-due': { slot, plan: { pages: 1 }, surveyed: [{ due: referenceTo(dueKey), volumes: 5, wanted: 1 }] },
  observe: operation,
  decide: { ...operation, facts },
  approve: {
    ...operation,
    taskToken: 'token',
    reminder: false,
    plan,
    planHash: 'hash',
    approvalSeconds: 3600,
    evidence: { usedFraction: 0.8 },
  },
  apply: { ...operation, lease, plan },
  'await-usable': waiting,
  'await-completed': waiting,
  // The only kind that is followed and not waited for.
  'follow-operation': {
    ...operation,
    cluster: 'payments',
    subject: 'msk/payments',
    targetGib: 130,
    reference: storageOperationArn,
  },
  'grow-filesystem': { ...waiting, lease },
  verify: { ...operation, instanceId, commandId, targetGib: 130 },
  inspect: waiting,
  'remember-inspection': { ...operation, instanceId, commandId },
  'wake-waiting': {
    source: 'aws.ec2',
    'detail-type': 'EBS Volume Notification',
    resources: [`arn:aws:ec2:${account}:volume/${volumeId}`],
    detail: { event: 'modifyVolume', result: 'optimizing', cause: '' },
  },
  record: { ...operation, lease, failure: null, decision: { action: 'keep', reason: 'below-threshold', evidence: {} } },
  'plan-relief': { ...relieving, approved: null },
  'approve-relief': {
    ...relieving,
    taskToken: 'token',
    reminder: false,
    plan: planned,
    planHash: 'hash',
    approvalSeconds: 28_800,
    decision: shorten,
  },
  'arm-relief': { ...relieving, lease: leaseOf(relieving.executionArn), plan: planned },
  'shorten-retention': { ...relieving, lease: leaseOf(relieving.executionArn) },
  'record-relief': {
    ...relieving,
    lease: leaseOf(relieving.executionArn),
    failure: null,
    decision: shorten,
    observeOnly: false,
    armed: true,
  },
  'restore-retention': { ...restoring, confirm: false },
  'record-restore': { ...restoring, lease: leaseOf(restoring.executionArn), failure: null, already: false },
};

/** One event for each function, as its workflow, rule or operator would send it (statemachines/, docs/design.md). */
import type { Verb } from '../../infra/function-table.ts';
import { commandId, instanceId, volumeId } from './names.ts';

const account = 'us-east-1:123456789012';
const executionArn = `arn:aws:states:${account}:execution:demo-storage-scaling:bench`;
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
    layout: 'whole',
    filesystem: 'xfs',
    mountPoint: '/data1',
    deviceBytes: 100 * 1024 ** 3,
    filesystemBytes: 100 * 1024 ** 3,
    usedBytes: 80 * 1024 ** 3,
  },
  hourly: { timesMs: [nowMs - 3_600_000], usedFractions: [0.79] },
  recent: { timesMs: [nowMs - 60_000], usedFractions: [0.8] },
};
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
  sweep: { trigger: operation.trigger, slot: '2026-11-20T10:00:00Z' },
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
};

/** Records of runs for the report's tests: a small one by hand with every kind of thing in it, and one of a usual size. */
import { seededRandom } from '../../../simulator/random.ts';
import type {
  AlarmRun,
  ClusterRun,
  OperationRun,
  RunRecord,
  VolumeRun,
  VolumeSample,
} from '../../../simulator/report/run-record.ts';

export const startMs = Date.UTC(2026, 0, 5);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Text that would be a tag, an attribute's end, a script's end or a terminal's command if it were not escaped. */
export const hostile = `<img src=x onerror="alert(1)"></script><script>alert('2')</script>&amp;\u001B[31mred\u0007\u202E`;

export function aVolume(overrides: Partial<VolumeRun> = {}): VolumeRun {
  const samples: VolumeSample[] = Array.from({ length: 49 }, (_, hour) => {
    const sizeGib = hour < 24 ? 100 : 150;
    return { atMs: startMs + hour * hourMs, usedGib: 60 + hour, fileSystemGib: sizeGib * 0.98, sizeGib };
  });
  return {
    volumeId: 'vol-0a1',
    instanceId: 'i-0a',
    mountPoint: '/data1',
    samples,
    minutesFull: 0,
    ...overrides,
  };
}

export const aCluster = (overrides: Partial<ClusterRun> = {}): ClusterRun => ({
  name: 'orders',
  kind: 'ec2',
  minutesFull: 0,
  startGib: 100,
  endGib: 150,
  peakUsedFraction: 0.8571,
  growths: 1,
  refusals: 0,
  escalations: 0,
  transitionsPerGrowth: { p50: 17, max: 21 },
  costUsdPerGrowth: 0.00042,
  pollsPerGrowth: { p50: null, max: null },
  pollsUsdPerGrowth: null,
  volumes: [aVolume()],
  ...overrides,
});

export const anOperation = (overrides: Partial<OperationRun> = {}): OperationRun => ({
  operationId: '0123456789abcdef',
  workflow: 'storage-scaling',
  cluster: 'orders',
  volumeId: 'vol-0a1',
  trigger: 'alarm',
  startedAtMs: startMs + 23 * hourMs,
  endedAtMs: startMs + 25 * hourMs,
  status: 'succeeded',
  outcome: 'grown',
  action: 'grow',
  reason: 'above-threshold',
  fromGib: 100,
  targetGib: 150,
  usdPerMonth: 4,
  usedFraction: 0.85,
  fullInHours: 15,
  message: 'grown and proven on the host',
  timeline: [
    {
      atMs: startMs + 23 * hourMs + 2_000,
      what: 'decided',
      detail: { action: 'grow', reason: 'above-threshold' },
    },
    { atMs: startMs + 24 * hourMs, what: 'applied', detail: { fromGib: 100, targetGib: 150 } },
  ],
  statesEntered: 17,
  transitions: 19,
  ...overrides,
});

/** Two days, two clusters; a growth, a refusal, an escalation, a violation, and hostile text in every field of text. */
export const aRun = (overrides: Partial<RunRecord> = {}): RunRecord => ({
  version: 1,
  seed: 7,
  days: 2,
  startMs,
  endMs: startMs + 2 * dayMs,
  source: 'synthetic',
  notes: ['repeated 3 times', hostile],
  clusters: [
    aCluster(),
    aCluster({
      name: hostile,
      minutesFull: 12,
      growths: 0,
      refusals: 1,
      escalations: 1,
      transitionsPerGrowth: { p50: null, max: null },
      costUsdPerGrowth: null,
      volumes: [aVolume({ volumeId: 'vol-0b1', instanceId: 'i-0b', mountPoint: hostile, minutesFull: 12 })],
    }),
  ],
  operations: [
    anOperation({
      operationId: 'ffff',
      cluster: hostile,
      volumeId: 'vol-0b1',
      trigger: hostile,
      startedAtMs: startMs + 30 * hourMs,
      status: 'escalated',
      outcome: 'at-size-limit',
      action: 'escalate',
      reason: 'at-size-limit',
      message: hostile,
      timeline: [{ atMs: startMs + 30 * hourMs, what: hostile, detail: { [hostile]: hostile } }],
    }),
    anOperation(),
    {
      operationId: 'aaaa',
      workflow: 'storage-scaling',
      cluster: hostile,
      volumeId: 'vol-0b1',
      trigger: 'sweep',
      startedAtMs: startMs + 30 * hourMs,
      status: 'refused',
      action: 'refuse',
      reason: 'volume-type',
      timeline: [],
      statesEntered: 5,
      transitions: 5,
    },
  ],
  alarms: [
    { atMs: startMs + 22 * hourMs, alarm: 'used', cluster: 'orders', contributor: 'i-0a:/data1', state: 'ALARM' },
    { atMs: startMs + 26 * hourMs, alarm: 'used', cluster: 'orders', contributor: 'i-0a:/data1', state: 'OK' },
    { atMs: startMs + 40 * hourMs, alarm: hostile, contributor: hostile, state: 'INSUFFICIENT_DATA' },
  ],
  notifications: [
    {
      atMs: startMs + 31 * hourMs,
      kind: 'escalation',
      cluster: hostile,
      operationId: 'ffff',
      subject: hostile,
      text: `first line\nsecond line ${hostile}`,
    },
  ],
  operatorActions: [{ atMs: startMs + 32 * hourMs, what: 'approve', operationId: 'ffff', volumeId: 'vol-0b1' }],
  workflows: {
    'storage-sweep': { executions: 192, succeeded: 192, failed: 0 },
    'storage-scaling': { executions: 3, succeeded: 1, failed: 2 },
  },
  apiCalls: { 'ec2:DescribeVolumes': 400, 'ec2:ModifyVolume': 1, 'cloudwatch:GetMetricData': 1_234 },
  handlerInvocations: 1_999,
  violations: [
    { invariant: 'no-double-growth', atMs: startMs + 33 * hourMs, subject: 'vol-0b1', detail: `grew twice ${hostile}` },
  ],
  ...overrides,
});

const steps = (statesEntered: number) => ({ statesEntered, transitions: statesEntered });

export interface MonthOptions {
  volumes?: number;
  operations?: number;
  violations?: RunRecord['violations'];
}

const hex = (index: number): string => (0xa1b2c3d4e5 + index * 7919).toString(16);

/** Thirty days as a real run would give them: two clusters, growths that follow the fill, alarms, a person who answers. */
export function aMonth({
  volumes: volumeCount = 6,
  operations: count = 500,
  violations = [],
}: MonthOptions = {}): RunRecord {
  const random = seededRandom('a-month');
  const endMs = startMs + 30 * dayMs;
  const operations: OperationRun[] = [];
  const alarms: AlarmRun[] = [];
  const clusterOf = (index: number): string => (index < Math.ceil(volumeCount / 2) ? 'orders' : 'clickstream');

  const volumes = Array.from({ length: volumeCount }, (_, index): VolumeRun => {
    const cluster = clusterOf(index);
    const volumeId = `vol-0${hex(index)}f0${index}1`;
    const instanceId = `i-0${hex(index + 40)}c${index}`;
    const contributor = `${instanceId}:/data1`;
    let sizeGib = 200 + index * 40;
    let usedGib = sizeGib * 0.5;
    let pendingHours = 0;
    const samples: VolumeSample[] = [];
    for (let hour = 0; hour <= 720; hour += 1) {
      const atMs = startMs + hour * hourMs;
      const day = Math.sin((hour / 24) * 2 * Math.PI);
      usedGib = Math.max(20, usedGib + random.normal(0.4 + index * 0.08, 1) + day * 2.2);
      if (pendingHours > 0) {
        pendingHours -= 1;
        if (pendingHours === 0) {
          sizeGib = Math.ceil(sizeGib * 1.35);
          alarms.push({ atMs: atMs + 600_000, alarm: 'kafka-autopilot-used', cluster, contributor, state: 'OK' });
        }
      } else if (usedGib / sizeGib > 0.8) {
        pendingHours = 2;
        alarms.push({ atMs, alarm: 'kafka-autopilot-used', cluster, contributor, state: 'ALARM' });
        const targetGib = Math.ceil(sizeGib * 1.35);
        operations.push(
          anOperation({
            operationId: hex(operations.length).padStart(16, '0'),
            cluster,
            volumeId,
            trigger: 'alarm kafka-autopilot-used',
            startedAtMs: atMs,
            endedAtMs: atMs + 3 * hourMs,
            fromGib: sizeGib,
            targetGib,
            usdPerMonth: (targetGib - sizeGib) * 0.08,
            usedFraction: usedGib / sizeGib,
            fullInHours: (sizeGib - usedGib) / 1.2,
            timeline: [
              'asked',
              'approved',
              'decided',
              'intent',
              'applied',
              'usable',
              'filesystem',
              'verified',
              'ended',
            ].map((what, step) => ({
              atMs: atMs + step * 400_000,
              what,
              detail: { fromGib: sizeGib, targetGib, planHash: hex(step) },
            })),
          }),
        );
      }
      samples.push({ atMs, usedGib, fileSystemGib: sizeGib * 0.98, sizeGib });
    }
    return { volumeId, instanceId, mountPoint: '/data1', samples, minutesFull: 0 };
  });

  const growths = operations.length;
  const others = [
    ['keep', 'below-threshold', 'succeeded', 'kept'],
    ['wait', 'modification-limit', 'deferred', 'modification-limit'],
    ['keep', 'below-threshold', 'succeeded', 'kept'],
    ['wait', 'maintenance-window', 'deferred', 'maintenance-window'],
    ['escalate', 'growth-barred', 'escalated', 'growth-barred'],
    ['refuse', 'layout-lvm-thin', 'refused', 'layout-lvm-thin'],
    ['inspect', 'inspection-stale', 'failed', 'error-HostUnreachable'],
  ] as const;
  for (let index = growths; index < count; index += 1) {
    const rare = random.chance(0.03) ? random.integer(4, 6) : random.integer(0, 3);
    const [action, reason, status, outcome] = others[rare] ?? others[0];
    const at = random.integer(0, volumeCount - 1);
    const startedAtMs = startMs + random.integer(0, 30 * 96 - 1) * 900_000;
    const volume = volumes[at] ?? aVolume();
    operations.push({
      operationId: hex(index).padStart(16, '0'),
      workflow: 'storage-scaling',
      cluster: clusterOf(at),
      volumeId: volume.volumeId,
      trigger: random.pick(['sweep', 'alarm kafka-autopilot-used', 'operator grow by ops@example.com']),
      startedAtMs,
      endedAtMs: startedAtMs + random.integer(3, 900) * 1_000,
      status,
      outcome,
      action,
      reason,
      usedFraction: random.between(0.5, 0.95),
      ...(action === 'keep' ? {} : { fullInHours: random.between(0.5, 200) }),
      message: `${action}: ${reason}; the file system of ${volume.instanceId} at /data1 was looked at and its forecast taken into account`,
      timeline: ['observed', 'decided', 'recorded', 'ended'].map((what, step) => ({
        atMs: startedAtMs + step * 2_000,
        what,
        detail: { action, reason, evidence: { usedGib: 123.4, fileSystemGib: 392, fillGibPerHour: 1.25 } },
      })),
      ...steps(random.integer(5, 12)),
    });
  }

  const clusters = ['orders', 'clickstream'].map((name): ClusterRun => {
    const own = volumes.filter((_, index) => clusterOf(index) === name);
    const sum = (at: number): number => own.reduce((total, { samples }) => total + (samples.at(at)?.sizeGib ?? 0), 0);
    const inCluster = operations.filter(({ cluster }) => cluster === name);
    return aCluster({
      name,
      volumes: own,
      startGib: sum(0),
      endGib: sum(-1),
      peakUsedFraction: Math.max(
        ...own.flatMap(({ samples }) => samples.map((each) => each.usedGib / each.fileSystemGib)),
      ),
      growths: inCluster.filter(({ action }) => action === 'grow').length,
      refusals: inCluster.filter(({ action }) => action === 'refuse').length,
      escalations: inCluster.filter(({ status }) => status === 'escalated').length,
    });
  });
  const escalated = operations.filter(({ status }) => status === 'escalated');
  return aRun({
    seed: 42,
    days: 30,
    endMs,
    source: 'trace broker-hours-2025 (12 days)',
    notes: ['the trace was repeated 3 times to fill 30 days'],
    clusters,
    operations,
    alarms: alarms.sort((a, b) => a.atMs - b.atMs),
    notifications: escalated.map(({ operationId, cluster, volumeId, reason = '', startedAtMs }) => ({
      atMs: startedAtMs + 60_000,
      kind: 'escalation',
      cluster,
      operationId,
      subject: `${cluster}: ${volumeId} ${reason}`,
      text: `The volume must grow, but may not yet.\n\nWhat to do:\n  1. kafka-autopilot status ${cluster}\n  2. delete or move data`,
    })),
    operatorActions: escalated.slice(0, 4).map(({ operationId, volumeId, startedAtMs }) => ({
      atMs: startedAtMs + 1_800_000,
      what: 'grew the volume by hand',
      operationId,
      volumeId,
    })),
    workflows: {
      'storage-scaling': { executions: operations.length, succeeded: operations.length - 9, failed: 9 },
      'storage-sweep': { executions: 2_880, succeeded: 2_880, failed: 0 },
      'host-inspection': { executions: 120, succeeded: 119, failed: 1 },
    },
    apiCalls: {
      'cloudwatch:GetMetricData': 6_412,
      'dynamodb:UpdateItem': 4_100,
      'ec2:DescribeVolumes': 8_800,
      'ec2:DescribeVolumesModifications': 3_021,
      'ec2:ModifyVolume': growths,
      'ssm:SendCommand': 230,
      'states:StartExecution': 3_400,
    },
    handlerInvocations: 18_433,
    violations,
  });
}

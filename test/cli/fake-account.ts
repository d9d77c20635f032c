/** An account in memory: what verbs read is given, what they invoke is kept. */
import type { Account, FunctionVerb } from '../../cli/account.ts';
import { run } from '../../cli/program.ts';
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { parseFleet } from '../../functions/fleet/parse.ts';
import type {
  Approval,
  ClusterState,
  Intent,
  Ledger,
  Operation,
  Relief,
  VolumeRecord,
} from '../../functions/gateways/ledger/ledger.ts';
import type {
  Broker,
  EbsGateway,
  EbsVolume,
  MetricQuery,
  MskCluster,
  MskGateway,
  Topic,
  TopicsGateway,
} from '../../functions/gateways/types.ts';
import type { Fault } from '../../functions/runtime/fault.ts';
import type { GrowthDecision, PlanRow } from '../../functions/storage/index.ts';

export const NOW_MS = Date.UTC(2026, 0, 15, 10, 0, 0);
export const HOUR_MS = 3_600_000;

export interface World {
  /** Default: `FLEET`. */
  fleet?: string;
  brokers?: Broker[];
  volumes?: EbsVolume[];
  mskClusters?: MskCluster[];
  scalingTargets?: { clusterArn: string; sizeGibMax: number }[];
  /** Of every MSK cluster; a fault is what describing it ends in. Each partition lies on brokers 1 to 3. */
  topics?: (Topic & { fault?: Fault })[];
  /** Newest values by the metric's dimensions: `instance mount-point`, `cluster broker`, `cluster broker topic`. */
  metrics?: Record<string, number>;
  dimensions?: string[][];
  plan?: PlanRow[];
  /** What the workflow would decide about a request; default: as the plan. */
  decision?: GrowthDecision;
  states?: Record<string, ClusterState['paused']>;
  /** Those that have not ended are their cluster's open ones. */
  reliefs?: Relief[];
  records?: VolumeRecord[];
  operations?: Operation[];
  approvals?: Approval[];
  journal?: Intent[];
  /** What a function answers; an error is thrown. */
  answers?: Partial<Record<FunctionVerb, unknown>>;
}

export function fleetOf(text: string): Fleet {
  const parsed = parseFleet(text, 'fleet.yaml');
  if (!parsed.ok) throw new Error('the test needs a valid fleet');
  return parsed.fleet;
}

export const FLEET = `version: 1
name: demo
clusters:
  - { name: orders, kind: ec2, mode: act, brokers: { tags: { kafka-cluster: orders } }, mountPoints: [/data1] }
  - { name: logs, kind: ec2, brokers: { tags: { kafka-cluster: logs } }, mountPoints: [/data1] }
`;

const used = <T extends object>(parts: Partial<T>, what: string): T =>
  new Proxy(parts, {
    get(target, key) {
      if (key in target) return target[key as keyof T];
      throw new Error(`${what}.${String(key)} is not for a verb to call`);
    },
  }) as T;

export function fakeAccount(world: World): { account: Account; invoked: { verb: string; payload: unknown }[] } {
  const invoked: { verb: string; payload: unknown }[] = [];
  const ledger: Partial<Ledger> = {
    clusterState: (cluster) => {
      const paused = world.states?.[cluster];
      const open = world.reliefs?.find((relief) => relief.cluster === cluster && relief.endedAtMs === undefined);
      return Promise.resolve({
        cluster,
        version: 1,
        reservations: {},
        day: '2026-01-15',
        dayGrownGib: 0,
        dayUsdPerMonth: 0,
        ...(paused === undefined ? {} : { paused }),
        ...(open === undefined ? {} : { relief: { reliefId: open.reliefId, restoreAtMs: open.restoreAtMs } }),
      });
    },
    volumes: (cluster) => Promise.resolve((world.records ?? []).filter((record) => record.cluster === cluster)),
    volume: (_cluster, id) => Promise.resolve(world.records?.find(({ volumeId }) => volumeId === id)),
    relief: (id) => Promise.resolve(world.reliefs?.find(({ reliefId }) => reliefId === id)),
    operations: (cluster) =>
      Promise.resolve((world.operations ?? []).filter((operation) => operation.cluster === cluster)),
    operation: (id) => Promise.resolve(world.operations?.find(({ operationId }) => operationId === id)),
    approval: (id) => Promise.resolve(world.approvals?.find(({ operationId }) => operationId === id)),
    journal: (subject) => Promise.resolve((world.journal ?? []).filter((intent) => intent.subject === subject)),
  };
  const ebs: Partial<EbsGateway> = {
    brokers: (select) =>
      Promise.resolve(
        (world.brokers ?? []).filter(
          (broker) => 'tags' in select && broker.tags['kafka-cluster'] === select.tags['kafka-cluster'],
        ),
      ),
    volume: (id) => Promise.resolve(world.volumes?.find(({ volumeId }) => volumeId === id)),
  };
  const read = (queries: readonly MetricQuery[]) =>
    Promise.resolve(
      queries.map(({ id, dimensions }) => {
        const value = world.metrics?.[Object.values(dimensions).join(' ')];
        return value === undefined ? { id, timesMs: [], values: [] } : { id, timesMs: [NOW_MS], values: [value] };
      }),
    );
  const msk: Partial<MskGateway> = {
    storageOperations: () => Promise.resolve([]),
    clusters: (arns) =>
      Promise.resolve((world.mskClusters ?? []).filter(({ clusterArn }) => arns.includes(clusterArn))),
  };
  const account: Account = {
    fleet: fleetOf(world.fleet ?? FLEET),
    clock: { nowMs: () => NOW_MS },
    ledger: used<Ledger>(ledger, 'ledger'),
    ebs: used<EbsGateway>(ebs, 'ebs'),
    msk: used<MskGateway>(msk, 'msk'),
    scalingOwners: {
      storageTargets: (arns) =>
        Promise.resolve((world.scalingTargets ?? []).filter(({ clusterArn }) => arns.includes(clusterArn))),
    },
    topics: used<TopicsGateway>(topicsOf(world), 'topics'),
    metrics: { read },
    invoke: (verb, payload) => {
      invoked.push({ verb, payload });
      const answer = world.answers?.[verb];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    plan: (cluster) =>
      Promise.resolve((world.plan ?? []).filter((row) => cluster === undefined || row.cluster === cluster)),
    decide: ({ volumeId }) =>
      Promise.resolve(world.decision ?? world.plan?.find((row) => row.volumeId === volumeId)?.decision),
    caller: () => Promise.resolve('operator'),
    newRequestId: () => 'request-1',
    dimensionsOf: () => Promise.resolve(world.dimensions ?? []),
  };
  return { account, invoked };
}

function topicsOf({ topics = [] }: World): Partial<TopicsGateway> {
  return {
    list: () => Promise.resolve(topics.map((topic) => ({ ...topic, configs: {} }))),
    describe: (_arn, name) => {
      const topic = topics.find((candidate) => candidate.name === name);
      return topic?.fault === undefined ? Promise.resolve(topic) : Promise.reject(topic.fault);
    },
    placement: (_arn, name) =>
      Promise.resolve(
        Array.from({ length: topics.find((topic) => topic.name === name)?.partitions ?? 0 }, (_, partition) => ({
          partition,
          leader: (partition % 3) + 1,
          replicas: [1, 2, 3],
        })),
      ),
  };
}

const plain = (text: string): string => text;

/** Runs a command line against a world. */
export async function command(line: string[], world: World = {}, files: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const { account, invoked } = fakeAccount(world);
  const exitCode = await run(line, {
    openAccount: () => Promise.resolve(account),
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error('ENOENT');
      return text;
    },
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    paint: { bold: plain, dim: plain, red: plain, green: plain, yellow: plain },
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n'), invoked };
}

export const aRow = (more: Partial<PlanRow> = {}): PlanRow => ({
  cluster: 'orders',
  mode: 'act',
  volumeId: 'vol-1',
  instanceId: 'i-1',
  mountPoint: '/data1',
  sizeGib: 100,
  firstSeenGib: 100,
  ownerTags: {},
  usedFraction: 0.8,
  decision: {
    action: 'grow',
    reason: 'above-threshold',
    fromGib: 100,
    targetGib: 150,
    usdPerMonth: 4,
    needsApproval: false,
    evidence: { sizeGib: 100, usedFraction: 0.8, fullInHours: 20 },
  },
  ...more,
});

export const PAYMENTS_ARN =
  'arn:aws:kafka:eu-central-1:111122223333:cluster/payments-prod/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-5';

export const MSK_FLEET = `version: 1
name: demo
clusters:
  - name: payments
    kind: msk
    mode: act
    clusterArn: ${PAYMENTS_ARN}
    retentionRelief: { enabled: true, retentionHoursMin: 12, exclude: [audit] }
  - { name: orders, kind: ec2, mode: act, brokers: { tags: { kafka-cluster: orders } }, mountPoints: [/data1] }
`;

export const anMskCluster = (more: Partial<MskCluster['provisioned']> = {}): MskCluster => ({
  clusterArn: PAYMENTS_ARN,
  clusterName: 'payments-prod',
  state: 'ACTIVE',
  currentVersion: 'K1',
  tags: {},
  provisioned: {
    instanceType: 'kafka.m7g.large',
    brokers: 3,
    volumeGib: 1000,
    storageMode: 'LOCAL',
    monitoring: 'PER_TOPIC_PER_BROKER',
    kafkaVersion: '3.8.x',
    ...more,
  },
});

/** An MSK cluster's line of the plan: 3 brokers × 1000 GiB, the fullest is 2. */
export const anMskRow = (more: Partial<PlanRow> = {}): PlanRow => ({
  cluster: 'payments',
  mode: 'act',
  volumeId: 'msk/payments',
  sizeGib: 1000,
  firstSeenGib: 1000,
  ownerTags: {},
  usedFraction: 0.78,
  decision: {
    action: 'grow',
    reason: 'above-threshold',
    fromGib: 1000,
    targetGib: 1300,
    usdPerMonth: 90,
    needsApproval: false,
    evidence: mskEvidence(),
  },
  ...more,
});

export function mskEvidence(more: Partial<GrowthDecision['evidence']> = {}): GrowthDecision['evidence'] {
  return {
    sizeGib: 1000,
    volumes: 3,
    brokers: [
      { brokerId: 1, usedFraction: 0.7 },
      { brokerId: 2, usedFraction: 0.78 },
      { brokerId: 3, usedFraction: 0.71 },
    ],
    storageMode: 'LOCAL',
    usedFraction: 0.78,
    fullInHours: 20,
    ...more,
  };
}

export const anOperation = (more: Partial<Operation> = {}): Operation => ({
  operationId: '0123456789abcdef',
  workflow: 'storage-scaling',
  cluster: 'orders',
  subject: 'vol-1',
  executionArn: 'arn:aws:states:eu-central-1:111122223333:execution:demo-storage-scaling:0123',
  trigger: { type: 'sweep' },
  startedAtMs: NOW_MS - HOUR_MS,
  status: 'awaiting-approval',
  decision: { action: 'grow', reason: 'above-threshold', evidence: { usedFraction: 0.8, metricAtMs: NOW_MS - 60_000 } },
  timeline: [{ atMs: NOW_MS - HOUR_MS, what: 'observed', detail: { sizeGib: 100 } }],
  ...more,
});

export const anApproval = (more: Partial<Approval> = {}): Approval => ({
  operationId: '0123456789abcdef',
  cluster: 'orders',
  planHash: 'f00d',
  plan: { volumeId: 'vol-1', fromGib: 100, targetGib: 150, usdPerMonth: 4 },
  token: 'secret-token',
  requestedAtMs: NOW_MS - HOUR_MS,
  expiresAtMs: NOW_MS + 7 * HOUR_MS,
  ...more,
});

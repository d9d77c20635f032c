/**
 * A small cloud for tests of single steps: one broker, its volumes, commands on its host, executions and tokens, the
 * topic. It keeps state and obeys the rules of the service that the steps rely on. The ledger is the real one on the
 * simulated table. Time moves only by `advance`.
 */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { AnswerLost, ModificationInProgress, VolumeModificationLimit } from '../../functions/gateways/faults.ts';
import { ledgerGateway } from '../../functions/gateways/ledger/dynamodb.ts';
import type { Ledger } from '../../functions/gateways/ledger/ledger.ts';
import type {
  Broker,
  BrokerSelection,
  CommandInvocation,
  EbsGateway,
  EbsVolume,
  ExecutionStatus,
  MetricQuery,
  MetricsGateway,
  NotifyGateway,
  ObjectsGateway,
  Reference,
  SsmGateway,
  VolumeModification,
  WorkflowsGateway,
} from '../../functions/gateways/types.ts';
import { bytesPerGib, dayMs, hourMs } from '../../functions/storage/limits.ts';
import { type TestTable, simulatedTable, TestClock } from './dynamodb.ts';
import { FakeMsk, FakeScalingOwners, FakeTopics } from './msk-world.ts';
import { aCluster, anMskCluster, prices } from './storage-facts.ts';

export const instanceId = 'i-1';
export const volumeId = 'vol-1';
export const mountPoint = '/data1';
export const minuteMs = 60_000;

export function aFleet(cluster: Parameters<typeof aCluster>[0] = {}): Fleet {
  return {
    version: 1,
    name: 'demo',
    sweepMinutes: 15,
    adoptedAlarmArns: [],
    notify: { emails: [] },
    prices,
    clusters: [aCluster(cluster)],
  };
}

export function aBroker(change: Partial<Broker> = {}): Broker {
  return {
    instanceId,
    state: 'running',
    rootDeviceName: '/dev/xvda',
    tags: { 'kafka-cluster': 'orders' },
    blockDevices: [],
    ...change,
  };
}

export function anEbsVolume(change: Partial<EbsVolume> = {}): EbsVolume {
  return {
    volumeId,
    sizeGib: 100,
    type: 'gp3',
    state: 'in-use',
    multiAttach: false,
    attachments: [{ instanceId, deviceName: '/dev/sdf', state: 'attached' }],
    tags: { owner: 'streaming' },
    ...change,
  };
}

/** EC2's volumes: a modification is usable after 30 s and completed after an hour; four in 24 h. */
export class FakeEbs implements EbsGateway {
  readonly all: EbsVolume[] = [anEbsVolume()];
  readonly instances: Broker[] = [aBroker()];
  readonly history: VolumeModification[] = [];
  /** What the next calls of ModifyVolume meet: `lost` takes effect and is not answered. */
  readonly trouble: ('lost' | 'lost-before' | Error)[] = [];
  completedAfterMs = hourMs;
  calls = 0;
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  brokers(): Promise<Broker[]> {
    return Promise.resolve(this.instances);
  }

  brokersOf(selections: readonly BrokerSelection[]): Promise<Broker[][]> {
    return Promise.resolve(selections.map(() => this.instances));
  }

  async dataVolumesOf(brokers: readonly Broker[]): Promise<EbsVolume[]> {
    const roots = new Map(brokers.map((broker) => [broker.instanceId, broker.rootDeviceName]));
    const all = await this.volumesOf([...roots.keys()]);
    return all.filter(({ attachments }) =>
      attachments.some((one) => roots.has(one.instanceId) && roots.get(one.instanceId) !== one.deviceName),
    );
  }

  volumesOf(instanceIds: readonly string[]): Promise<EbsVolume[]> {
    return Promise.resolve(
      this.all.filter(({ attachments }) => attachments.some((one) => instanceIds.includes(one.instanceId))),
    );
  }

  volume(id: string): Promise<EbsVolume | undefined> {
    return Promise.resolve(this.all.find((volume) => volume.volumeId === id));
  }

  modifications(ids: readonly string[]): Promise<VolumeModification[]> {
    return Promise.resolve(
      ids.flatMap((id) => {
        const newest = this.history.findLast((one) => one.volumeId === id);
        return newest === undefined ? [] : [this.#seen(newest)];
      }),
    );
  }

  async modify({ volumeId: id, sizeGib }: { volumeId: string; sizeGib: number }): Promise<VolumeModification> {
    this.calls += 1;
    const trouble = this.trouble.shift();
    if (trouble === 'lost-before') throw new AnswerLost('ModifyVolume: TimeoutError');
    if (trouble instanceof Error) throw trouble;
    const modification = this.begin(id, sizeGib);
    if (trouble === 'lost') throw new AnswerLost('ModifyVolume: TimeoutError');
    return Promise.resolve(modification);
  }

  /** By whomever. */
  begin(id: string, sizeGib: number): VolumeModification {
    const nowMs = this.#clock.nowMs();
    const volume = this.all.find((one) => one.volumeId === id);
    if (volume === undefined) throw new Error(`no ${id}`);
    const own = this.history.filter((one) => one.volumeId === id);
    const newest = own.at(-1);
    if (newest !== undefined && !['completed', 'failed'].includes(this.#seen(newest).state))
      throw new ModificationInProgress('cannot be modified in modification state OPTIMIZING');
    if (own.filter(({ startedAtMs }) => startedAtMs > nowMs - dayMs).length >= 4)
      throw new VolumeModificationLimit('four times', { retryAtMs: nowMs + 5 * hourMs });
    const modification: VolumeModification = {
      volumeId: id,
      state: 'modifying',
      originalGib: volume.sizeGib,
      targetGib: sizeGib,
      startedAtMs: nowMs,
    };
    volume.sizeGib = sizeGib;
    this.history.push(modification);
    return modification;
  }

  #seen(modification: VolumeModification): VolumeModification {
    if (modification.state === 'failed') return modification;
    const ageMs = this.#clock.nowMs() - modification.startedAtMs;
    const state = ageMs < 30_000 ? 'modifying' : ageMs < this.completedAfterMs ? 'optimizing' : 'completed';
    return { ...modification, state };
  }
}

export class FakeSsm implements SsmGateway {
  readonly sent: Parameters<SsmGateway['sendCommand']>[0][] = [];
  /** What the next sends meet. */
  readonly trouble: Error[] = [];
  readonly #invocations = new Map<string, CommandInvocation>();
  /** What a command comes to; default: both scripts do what they promise, at once. */
  run: (command: Parameters<SsmGateway['sendCommand']>[0]) => Partial<CommandInvocation>;

  constructor(run: FakeSsm['run']) {
    this.run = run;
  }

  sendCommand(command: Parameters<SsmGateway['sendCommand']>[0]): Promise<{ commandId: string }> {
    this.sent.push(command);
    const trouble = this.trouble.shift();
    if (trouble !== undefined) return Promise.reject(trouble);
    const commandId = `command-${this.sent.length}`;
    this.end(commandId, this.run(command));
    return Promise.resolve({ commandId });
  }

  end(commandId: string, change: Partial<CommandInvocation>): void {
    this.#invocations.set(commandId, {
      commandId,
      instanceId,
      status: 'succeeded',
      statusDetails: 'Success',
      responseCode: 0,
      stdout: '',
      stderr: '',
      ...change,
    });
  }

  invocation(commandId: string): Promise<CommandInvocation | undefined> {
    return Promise.resolve(this.#invocations.get(commandId));
  }
}

export type TokenAnswer = { output: unknown } | { error: string; cause: string };

export class FakeWorkflows implements WorkflowsGateway {
  readonly started: Parameters<WorkflowsGateway['start']>[0][] = [];
  readonly statuses = new Map<string, ExecutionStatus>();
  readonly answers = new Map<string, TokenAnswer>();
  /** Tokens that nobody waits for any more. */
  readonly closed = new Set<string>();

  start(request: Parameters<WorkflowsGateway['start']>[0]): ReturnType<WorkflowsGateway['start']> {
    const executionArn = `arn:aws:states:eu-central-1:123456789012:execution:${request.workflow}:${request.name}`;
    const known = this.started.some(({ workflow, name }) => workflow === request.workflow && name === request.name);
    if (!known) this.started.push(request);
    return Promise.resolve({ started: known ? 'already' : 'new', executionArn });
  }

  status(executionArn: string): Promise<ExecutionStatus | undefined> {
    return Promise.resolve(this.statuses.get(executionArn) ?? 'RUNNING');
  }

  succeed(token: string, output: unknown): Promise<'sent' | 'late'> {
    return this.#answer(token, { output });
  }

  fail(token: string, error: string, cause: string): Promise<'sent' | 'late'> {
    return this.#answer(token, { error, cause });
  }

  #answer(token: string, answer: TokenAnswer): Promise<'sent' | 'late'> {
    if (this.closed.has(token) || this.answers.has(token)) return Promise.resolve('late');
    this.answers.set(token, answer);
    return Promise.resolve('sent');
  }
}

/** Objects as JSON, so that nothing but JSON passes. */
export class FakeObjects implements ObjectsGateway {
  readonly all = new Map<string, string>();

  put(key: string, value: unknown): Promise<Reference> {
    this.all.set(key, JSON.stringify(value));
    return Promise.resolve({ bucket: 'objects', key, sha256: key });
  }

  get<T>({ key }: Reference): Promise<T> {
    return Promise.resolve(JSON.parse(this.all.get(key) ?? 'null') as T);
  }
}

export type Message = Parameters<NotifyGateway['publish']>[0];

export interface StorageWorld {
  clock: TestClock;
  table: TestTable;
  ledger: Ledger;
  fleet: Fleet;
  ebs: FakeEbs;
  msk: FakeMsk;
  scalingOwners: FakeScalingOwners;
  topics: FakeTopics;
  ssm: FakeSsm;
  metrics: MetricsGateway & { asked: MetricQuery[] };
  workflows: FakeWorkflows;
  objects: FakeObjects;
  notify: NotifyGateway & { messages: Message[]; trouble: Error[] };
  /** Used fraction of the file system at a time; undefined: no data point. */
  usedFraction: (atMs: number) => number | undefined;
  /** GiB that an MSK broker uses at a time; undefined: no data point. */
  brokerUsedGib: (brokerId: number, atMs: number) => number | undefined;
  /** Bytes a second that a topic's producers send to an MSK broker; undefined: no data point. */
  bytesIn: (topic: string, brokerId: number) => number | undefined;
  /** GiB of the file system that the host has. */
  filesystemGib: number;
  /** As if the daily look at the host had just been made. */
  inspect(): Promise<void>;
}

export function storageWorld(cluster: Parameters<typeof aCluster>[0] = {}): StorageWorld {
  const clock = new TestClock();
  const { table } = simulatedTable(clock);
  const ledger = ledgerGateway(table.runtime);
  const ebs = new FakeEbs(clock);
  const messages: Message[] = [];
  const trouble: Error[] = [];
  const asked: MetricQuery[] = [];
  const world: StorageWorld = {
    clock,
    table,
    ledger,
    fleet: aFleet(cluster),
    ebs,
    msk: new FakeMsk(clock),
    scalingOwners: new FakeScalingOwners(),
    topics: new FakeTopics(),
    ssm: new FakeSsm((command) => ({ stdout: hostAnswer(world, command) })),
    metrics: {
      asked,
      read: (queries, fromMs, toMs) => {
        asked.push(...queries);
        return Promise.resolve(
          queries.map((query) => {
            const timesMs: number[] = [];
            const values: number[] = [];
            const stepMs = query.periodSeconds * 1000;
            for (let atMs = Math.ceil(fromMs / stepMs) * stepMs; atMs < toMs; atMs += stepMs) {
              const value = measured(world, query, atMs);
              if (value === undefined) continue;
              timesMs.push(atMs);
              values.push(value);
            }
            return { id: query.id, timesMs, values };
          }),
        );
      },
    },
    workflows: new FakeWorkflows(),
    objects: new FakeObjects(),
    notify: {
      messages,
      trouble,
      publish: (message) => {
        const error = trouble.shift();
        if (error !== undefined) return Promise.reject(error);
        messages.push(message);
        return Promise.resolve();
      },
    },
    usedFraction: () => 0.8,
    brokerUsedGib: (brokerId) => (brokerId <= 3 ? 80 : undefined),
    bytesIn: () => undefined,
    filesystemGib: 100,
    async inspect() {
      await ledger.seeVolume({
        cluster: 'orders',
        volumeId,
        instanceId,
        sizeGib: ebs.all[0]?.sizeGib ?? 0,
        ownerTags: { owner: 'streaming' },
        nowMs: clock.nowMs(),
      });
      await ledger.saveInspection('orders', volumeId, {
        atMs: clock.nowMs(),
        instanceId,
        supported: true,
        layout: 'plain',
        filesystem: 'xfs',
        mountPoint,
        deviceBytes: (ebs.all[0]?.sizeGib ?? 0) * bytesPerGib,
        filesystemBytes: world.filesystemGib * bytesPerGib,
      });
    },
  };
  return world;
}

/** The same small world with one MSK cluster, `payments`. */
export function mskWorld(cluster: Parameters<typeof anMskCluster>[0] = {}): StorageWorld {
  const world = storageWorld();
  world.fleet.clusters = [anMskCluster(cluster)];
  return world;
}

/** Per cent, or bytes a second. */
function measured(world: StorageWorld, { namespace, name, dimensions }: MetricQuery, atMs: number): number | undefined {
  if (namespace !== 'AWS/Kafka') {
    const fraction = world.usedFraction(atMs);
    return fraction === undefined ? undefined : fraction * 100;
  }
  const brokerId = Number(dimensions['Broker ID']);
  if (name === 'BytesInPerSec') return world.bytesIn(dimensions.Topic ?? '', brokerId);
  const cluster = world.msk.all.find(({ clusterName }) => clusterName === dimensions['Cluster Name']);
  const usedGib = world.brokerUsedGib(brokerId, atMs);
  if (cluster === undefined || usedGib === undefined) return undefined;
  return Math.min(100, (usedGib / world.msk.sizeGibAt(cluster.clusterArn, atMs)) * 100);
}

function hostAnswer(world: StorageWorld, { parameters }: Parameters<SsmGateway['sendCommand']>[0]): string {
  if (parameters.VolumeIds !== undefined) {
    const volumes = (parameters.VolumeIds[0] ?? '').split(',').map((id) => inspected(world, id));
    return JSON.stringify({ version: 1, script: 'inspect-volume', volumes });
  }
  const before = { filesystemBytes: world.filesystemGib * bytesPerGib, usedBytes: 0 };
  world.filesystemGib = Number(parameters.MinimumGib?.[0]);
  return JSON.stringify(grown(world.filesystemGib, before.filesystemBytes));
}

function inspected(world: StorageWorld, id: string): object {
  const sizeGib = world.ebs.all.find((volume) => volume.volumeId === id)?.sizeGib ?? 0;
  return {
    volumeId: id,
    devicePath: '/dev/nvme1n1',
    deviceBytes: sizeGib * bytesPerGib,
    layout: 'plain',
    supported: true,
    reason: null,
    filesystem: 'xfs',
    filesystemUuid: null,
    mountPoints: [mountPoint],
    filesystemBytes: world.filesystemGib * bytesPerGib,
    usedBytes: 0,
  };
}

/** What the script answers after it made the file system so large. */
export function grown(filesystemGib: number, beforeBytes = 100 * bytesPerGib): object {
  return {
    version: 1,
    script: 'grow-filesystem',
    volumeId,
    mountPoint,
    layout: 'plain',
    filesystem: 'xfs',
    devicePath: '/dev/nvme1n1',
    deviceBytes: filesystemGib * bytesPerGib,
    before: { filesystemBytes: beforeBytes, usedBytes: 0 },
    after: { filesystemBytes: filesystemGib * bytesPerGib, usedBytes: 0 },
    changed: true,
    steps: ['xfs_growfs'],
  };
}

/** What every state is given of its operation. */
export function anOperation(operationId = 'op-1', request?: Record<string, unknown>) {
  return {
    operationId,
    executionArn: executionArn(operationId),
    cluster: 'orders',
    subject: volumeId,
    trigger: { type: 'sweep' },
    ...(request === undefined ? {} : { request }),
  };
}

export function anMskOperation(operationId = 'op-1', request?: Record<string, unknown>) {
  return { ...anOperation(operationId, request), cluster: 'payments', subject: 'msk/payments' };
}

export const executionArn = (operationId: string): string =>
  `arn:aws:states:eu-central-1:123456789012:execution:storage-scaling:${operationId}`;

/**
 * A small MSK cluster for tests of relief: topics behind an API whose answers lag a minute, metrics, schedules,
 * executions, the notification topic. The ledger is the real one on the simulated table. Time moves by `advance`, and by
 * the waits of an execution that runs here.
 */
import { readFileSync } from 'node:fs';
import { answerApproval } from '../../functions/control/answer-approval.step.ts';
import type { Fleet, MskCluster, RetentionRelief, StoragePolicy } from '../../functions/fleet/fleet.ts';
import { AnswerLost, TopicNotFound } from '../../functions/gateways/faults.ts';
import { ledgerGateway } from '../../functions/gateways/ledger/dynamodb.ts';
import type { Ledger } from '../../functions/gateways/ledger/ledger.ts';
import type {
  ExecutionStatus,
  MetricQuery,
  MetricsGateway,
  MskCluster as SeenCluster,
  MskGateway,
  NotifyGateway,
  ScheduleGateway,
  Topic,
  TopicsGateway,
  WorkflowsGateway,
} from '../../functions/gateways/types.ts';
import { approveRelief } from '../../functions/relief/approve-relief.step.ts';
import { armRelief } from '../../functions/relief/arm-relief.step.ts';
import { bytesPerGib, hourMs } from '../../functions/relief/limits.ts';
import { planRelief } from '../../functions/relief/plan-relief.step.ts';
import { recordRelief } from '../../functions/relief/record-relief.step.ts';
import { recordRestore } from '../../functions/relief/record-restore.step.ts';
import { restoreRetention } from '../../functions/relief/restore-retention.step.ts';
import { shortenRetention } from '../../functions/relief/shorten-retention.step.ts';
import {
  type Executed,
  executeStateMachine,
  type Scheduler,
  skippingScheduler,
  type TaskCall,
} from '../../simulator/states-language/index.ts';
import { simulatedTable, TestClock, type TestTable } from '../support/dynamodb.ts';

export const startMs = Date.UTC(2026, 10, 21, 12);
export const clusterArn = 'arn:aws:kafka:eu-central-1:123456789012:cluster/payments/abc-1';
export const days7 = String(168 * hourMs);
/** MSK's topic APIs answer with what held up to a minute ago. */
const lagMs = 60_000;

export const policy: StoragePolicy = {
  usedFractionMax: 0.75,
  usedFractionTarget: 0.6,
  usedFractionEmergency: 0.9,
  fullWithinHours: 24,
  modificationsPerDayMax: 4,
  modificationsReserved: 1,
  stepGibMin: 10,
  stepGibMax: 1024,
  sizeGibMax: 1000,
  growthGibPerDayMax: 2048,
  clusterGibMax: 65_536,
  clusterUsdPerMonthMax: 5000,
  approvalAboveUsdPerMonth: 100,
  approvalTimeoutHours: 8,
  metricAgeMinutesMax: 20,
  escalationReminderHours: 12,
};

export const reliefPolicy: RetentionRelief = {
  enabled: true,
  approval: 'waived',
  retentionHoursMin: 24,
  retentionGibMin: 1,
  topicsMax: 3,
  exclude: ['audit-*'],
  restoreAfterHours: 48,
};

export function anMskCluster(change: Partial<MskCluster> = {}): MskCluster {
  return {
    name: 'payments',
    kind: 'msk',
    mode: 'act',
    clusterArn,
    policy,
    maintenanceWindows: [],
    retentionRelief: reliefPolicy,
    takeOverFromAutoScaling: false,
    skewFractionMax: 0.2,
    ...change,
  };
}

export function aTopic(name: string, configs: Record<string, string> = {}): Topic {
  return {
    name,
    id: `arn:aws:kafka:eu-central-1:123456789012:topic/payments/abc-1/${name}`,
    partitions: 3,
    replicationFactor: 3,
    configs: {
      'cleanup.policy': 'delete',
      'retention.ms': days7,
      'retention.bytes': '-1',
      'segment.bytes': String(bytesPerGib / 8),
      ...configs,
    },
  };
}

type Trouble = 'lost' | 'lost-before' | Error;

export class FakeTopics implements TopicsGateway {
  /** Sent alterations, refused ones too. */
  readonly alters: { name: string; configs: Record<string, string>; atMs: number }[] = [];
  /** What the next alterations of a topic meet: `lost` takes effect and is not answered. */
  readonly trouble = new Map<string, Trouble[]>();
  /** Right before an alteration. */
  beforeAlter: (name: string) => unknown = () => undefined;
  lagMs = lagMs;
  readonly #clock: { nowMs(): number };
  readonly #history = new Map<string, { atMs: number; topic: Topic | undefined }[]>();

  constructor(clock: { nowMs(): number }, topics: Topic[]) {
    this.#clock = clock;
    for (const topic of topics) this.#history.set(topic.name, [{ atMs: 0, topic }]);
  }

  /** By whomever, now. */
  set(name: string, change: Partial<Topic> | undefined): void {
    const history = this.#history.get(name) ?? [];
    const topic = change === undefined ? undefined : { ...aTopic(name), ...history.at(-1)?.topic, ...change };
    this.#history.set(name, [...history, { atMs: this.#clock.nowMs(), topic }]);
  }

  /** The truth, without the lag. */
  now(name: string): Topic | undefined {
    return this.#history.get(name)?.at(-1)?.topic;
  }

  retention(name: string): string | undefined {
    return this.now(name)?.configs['retention.ms'];
  }

  list(): Promise<Topic[]> {
    const seen = [...this.#history.keys()].flatMap((name) => this.#seen(name) ?? []);
    return Promise.resolve(seen.map((topic) => ({ ...topic, configs: {} })));
  }

  describe(_clusterArn: string, name: string): Promise<Topic | undefined> {
    return Promise.resolve(this.#seen(name));
  }

  placement(_clusterArn: string, name: string): Promise<{ partition: number; leader: number; replicas: number[] }[]> {
    const partitions = this.#seen(name)?.partitions ?? 0;
    const all = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      leader: (partition % 3) + 1,
      replicas: [1, 2, 3],
    }));
    return Promise.resolve(all);
  }

  async alter(_clusterArn: string, name: string, configs: Record<string, string>): Promise<void> {
    await this.beforeAlter(name);
    this.alters.push({ name, configs, atMs: this.#clock.nowMs() });
    const trouble = this.trouble.get(name)?.shift();
    if (trouble instanceof Error) throw trouble;
    if (trouble === 'lost-before') throw new AnswerLost('UpdateTopic: TimeoutError');
    const topic = this.now(name);
    if (topic === undefined) throw new TopicNotFound(`no topic ${name}`);
    this.set(name, { configs: { ...topic.configs, ...configs } });
    if (trouble === 'lost') throw new AnswerLost('UpdateTopic: TimeoutError');
  }

  #seen(name: string): Topic | undefined {
    const untilMs = this.#clock.nowMs() - this.lagMs;
    const history = this.#history.get(name) ?? [];
    return (history.findLast(({ atMs }) => atMs <= untilMs) ?? history[0])?.topic;
  }
}

export class FakeSchedule implements ScheduleGateway {
  readonly standing = new Map<string, { atMs: number; payload: unknown }>();
  readonly trouble: Error[] = [];
  readonly cancelTrouble: Error[] = [];
  calls = 0;

  at({ name, atMs, payload }: Parameters<ScheduleGateway['at']>[0]): Promise<void> {
    this.calls += 1;
    const trouble = this.trouble.shift();
    if (trouble !== undefined) return Promise.reject(trouble);
    this.standing.set(name, { atMs, payload });
    return Promise.resolve();
  }

  cancel(name: string): Promise<void> {
    const trouble = this.cancelTrouble.shift();
    if (trouble !== undefined) return Promise.reject(trouble);
    this.standing.delete(name);
    return Promise.resolve();
  }
}

export class FakeWorkflows implements WorkflowsGateway {
  readonly statuses = new Map<string, ExecutionStatus>();
  readonly answers = new Map<string, { output: unknown } | { error: string; cause: string }>();

  start(): never {
    throw new Error('relief starts no workflow');
  }

  status(executionArn: string): Promise<ExecutionStatus | undefined> {
    return Promise.resolve(this.statuses.get(executionArn) ?? 'RUNNING');
  }

  succeed(token: string, output: unknown): Promise<'sent' | 'late'> {
    this.answers.set(token, { output });
    return Promise.resolve('sent');
  }

  fail(token: string, error: string, cause: string): Promise<'sent' | 'late'> {
    this.answers.set(token, { error, cause });
    return Promise.resolve('sent');
  }
}

/** The clock of the executions here, and what tests advance it by. */
class WorldClock extends TestClock {
  readonly scheduler: Scheduler = skippingScheduler(startMs);

  override nowMs(): number {
    return Math.floor(this.scheduler.nowMs()) + super.nowMs() - startMs;
  }
}

export type Message = Parameters<NotifyGateway['publish']>[0];

export interface ReliefWorld {
  clock: WorldClock;
  table: TestTable;
  ledger: Ledger;
  fleet: Fleet;
  topics: FakeTopics;
  schedule: FakeSchedule;
  workflows: FakeWorkflows;
  notify: NotifyGateway & { messages: Message[]; trouble: Error[] };
  msk: MskGateway;
  metrics: MetricsGateway;
  /** What MSK shows of the cluster; undefined: gone. */
  seen: SeenCluster | undefined;
  /** Used fraction of each broker's volume; undefined: no data. */
  used: Record<number, number | undefined>;
  /** GiB an hour that producers send to a topic, all partitions; absent: no metric. */
  traffic: Record<string, number>;
}

/** 1,000 GiB a broker, broker 2 the fullest with 80 %; `big` takes 2 GiB an hour, `small` 0.5. */
export function reliefWorld(change: Partial<MskCluster> = {}): ReliefWorld {
  const clock = new WorldClock();
  const { table } = simulatedTable(clock);
  const messages: Message[] = [];
  const trouble: Error[] = [];
  const world: ReliefWorld = {
    clock,
    table,
    ledger: ledgerGateway(table.runtime),
    fleet: {
      version: 1,
      name: 'demo',
      sweepMinutes: 15,
      adoptedAlarmArns: [],
      notify: { emails: [] },
      prices: {
        date: '2026-11-20',
        usdPerGibMonth: { gp2: 0.1, gp3: 0.08, io1: 0.125, io2: 0.125, st1: 0.045, sc1: 0.015, msk: 0.1 },
      },
      clusters: [anMskCluster(change)],
    },
    topics: new FakeTopics(clock, [aTopic('big'), aTopic('small'), aTopic('__consumer_offsets')]),
    schedule: new FakeSchedule(),
    workflows: new FakeWorkflows(),
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
    msk: {
      clusters: () => Promise.resolve(world.seen === undefined ? [] : [world.seen]),
      storageOperations: () => Promise.resolve([]),
      operation: () => Promise.resolve(undefined),
      growStorage: () => Promise.reject(new Error('relief grows nothing')),
    },
    metrics: {
      read: (queries, fromMs, toMs) => Promise.resolve(queries.map((query) => seriesOf(world, query, fromMs, toMs))),
    },
    seen: {
      clusterArn,
      clusterName: 'payments',
      state: 'ACTIVE',
      currentVersion: 'K1',
      tags: {},
      provisioned: {
        instanceType: 'kafka.m7g.large',
        brokers: 3,
        volumeGib: 1000,
        storageMode: 'LOCAL',
        monitoring: 'DEFAULT',
        kafkaVersion: '3.8.x',
      },
    },
    used: { 1: 0.7, 2: 0.8, 3: 0.7 },
    traffic: { big: 2, small: 0.5 },
  };
  return world;
}

function seriesOf(world: ReliefWorld, query: MetricQuery, fromMs: number, toMs: number) {
  const { id, name, dimensions, periodSeconds } = query;
  const topic = dimensions.Topic;
  const gibPerHour = topic === undefined ? undefined : world.traffic[topic];
  const value =
    name === 'KafkaDataLogsDiskUsed'
      ? (world.used[Number(dimensions['Broker ID'])] ?? Number.NaN) * 100
      : ((gibPerHour ?? Number.NaN) * bytesPerGib) / 3600 / 3;
  const timesMs: number[] = [];
  if (!Number.isNaN(value))
    for (let atMs = Math.ceil(fromMs / 300_000) * 300_000; atMs < toMs; atMs += periodSeconds * 1000)
      timesMs.push(atMs);
  return { id, timesMs, values: timesMs.map(() => value) };
}

export const arnOf = (operationId: string): string =>
  `arn:aws:states:eu-central-1:123456789012:execution:retention:${operationId}`;

/** As the sweep has done long before: what is remembered of a storage begins with its first sight. */
export async function seen(world: ReliefWorld): Promise<ReliefWorld> {
  await world.ledger.seeVolume({
    cluster: 'payments',
    volumeId: 'msk/payments',
    sizeGib: 3000,
    ownerTags: {},
    nowMs: world.clock.nowMs(),
  });
  return world;
}

/** What every state of `retention-relief` is given. */
export function aRelief(operationId = 'op-1', change: Record<string, unknown> = {}) {
  return {
    operationId,
    executionArn: arnOf(operationId),
    cluster: 'payments',
    subject: 'msk/payments',
    trigger: { type: 'barred', operationId: 'growth-1', outcome: 'growth-barred', fullInHours: 100 } as Record<
      string,
      unknown
    >,
    ...change,
  };
}

/** What every state of `retention-restore` is given. */
export function aRestore(operationId = 'op-2', reliefId = 'op-1', type = 'deadline') {
  return {
    operationId,
    executionArn: arnOf(operationId),
    cluster: 'payments',
    subject: 'topics/payments',
    reliefId,
    trigger: { type },
  };
}

export const definitionOf = (workflow: string): string => readFileSync(`statemachines/${workflow}.asl.json`, 'utf8');

export interface RunOptions {
  /** Runs before each step; what it throws is the step's failure. */
  before?: (state: string, attempt: number) => unknown;
  /** Runs after each step; what it throws replaces the answer, though the step has run. */
  after?: (state: string, attempt: number) => unknown;
  /** What a person says while the question stands; undefined: nothing. */
  answer?: 'approved' | 'rejected';
}

export interface Ran extends Executed {
  names: string[];
}

export async function run(
  world: ReliefWorld,
  workflow: 'retention-relief' | 'retention-restore',
  event: { operationId: string; executionArn: string },
  options: RunOptions = {},
): Promise<Ran> {
  const { executionArn, ...input } = event;
  const steps: Record<string, (event: unknown) => Promise<unknown>> = {
    PlanRelief: planRelief(world),
    ApproveRelief: approveRelief(world),
    ArmRelief: armRelief(world),
    ShortenRetention: shortenRetention(world),
    RecordRelief: recordRelief(world),
    RestoreRetention: restoreRetention(world),
    RecordRestore: recordRestore(world),
  };
  let tokens = 0;
  const task = async ({ state, resource, arguments: given, attempt }: TaskCall): Promise<unknown> => {
    const { FunctionName, Payload } = given as { FunctionName: string; Payload: Record<string, unknown> };
    const taskToken = `token-${++tokens}`;
    // The interpreter makes its own ARN and token.
    const payload = { ...Payload, executionArn, ...('taskToken' in Payload && { taskToken }) };
    let result: unknown;
    try {
      await options.before?.(state, attempt);
      // As Lambda does: nothing but JSON passes.
      const answered = await steps[FunctionName.slice(2, -1)]?.(JSON.parse(JSON.stringify(payload)));
      result = JSON.parse(JSON.stringify(answered));
      await options.after?.(state, attempt);
    } catch (error) {
      const { name, message } = error as Error;
      throw { error: name, cause: JSON.stringify({ errorType: name, errorMessage: message }) };
    }
    if (!resource.endsWith('waitForTaskToken')) return { Payload: result };
    if (options.answer === undefined) {
      world.clock.advance(4 * hourMs);
      throw { error: state === 'Approve' ? 'States.HeartbeatTimeout' : 'States.Timeout' };
    }
    const { planHash } = (await world.ledger.approval(event.operationId))!;
    await answerApproval(world)({ operationId: event.operationId, planHash, answer: options.answer, by: 'me' });
    const said = world.workflows.answers.get(taskToken);
    if (said === undefined) throw new Error('the answer did not reach the token');
    if ('error' in said) throw said;
    return said.output;
  };
  const done = await executeStateMachine(definitionOf(workflow), input, {
    task,
    name: event.operationId,
    scheduler: world.clock.scheduler,
  });
  world.workflows.statuses.set(executionArn, done.status === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED');
  return { ...done, names: done.states.map(({ name }) => name) };
}

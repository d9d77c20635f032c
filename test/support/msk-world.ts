/** MSK, its topics and Application Auto Scaling for tests of single steps: they keep state and obey the service's rules. */
import {
  ClusterNotActive,
  ClusterNotFound,
  AnswerLost,
  StaleClusterVersion,
  StorageCoolDown,
  StorageStepTooSmall,
  StorageUnchanged,
  TopicNotFound,
  UnknownRefusal,
} from '../../functions/gateways/faults.ts';
import type {
  MskCluster,
  MskGateway,
  MskOperation,
  ScalingOwnersGateway,
  Topic,
  TopicsGateway,
} from '../../functions/gateways/types.ts';
import { hourMs } from '../../functions/storage/limits.ts';
import type { TestClock } from './dynamodb.ts';
import { clusterArn } from './storage-facts.ts';

type Provisioned = NonNullable<MskCluster['provisioned']>;

export function aProvisioned(change: Partial<Provisioned> = {}): Provisioned {
  return {
    instanceType: 'kafka.m7g.large',
    brokers: 3,
    volumeGib: 100,
    storageMode: 'LOCAL',
    monitoring: 'DEFAULT',
    kafkaVersion: '3.8.x',
    ...change,
  };
}

/** Three Standard brokers of 100 GiB. */
export function aSeenCluster(change: Partial<MskCluster> = {}): MskCluster {
  return {
    clusterArn,
    clusterName: 'payments-prod',
    state: 'ACTIVE',
    currentVersion: 'K1',
    tags: { owner: 'payments' },
    provisioned: aProvisioned(),
    ...change,
  };
}

type Running = MskOperation & { clusterArn: string; endsAtMs: number; failure?: string };

/** One change at a time, of an ACTIVE cluster, with the present version, at least 10 GiB more, outside the cool-down. */
export class FakeMsk implements MskGateway {
  readonly all: MskCluster[] = [aSeenCluster()];
  /** What the next calls of UpdateBrokerStorage meet: `lost` takes effect and is not answered. */
  readonly trouble: ('lost' | 'lost-before' | Error)[] = [];
  /** Runs right before the next call of UpdateBrokerStorage arrives. */
  beforeNext: (() => void) | undefined;
  readonly requests: Parameters<MskGateway['growStorage']>[0][] = [];
  operationMs = 10 * 60_000;
  coolDownMs = 6 * hourMs;
  coolDownAnswer = (): Error => new StorageCoolDown('storage is optimizing');
  /** A list of operations that lags behind. */
  listLagMs = 0;
  /** The next operation fails so. */
  failure: string | undefined;
  readonly #operations: Running[] = [];
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  get calls(): number {
    return this.requests.length;
  }

  /** What really happened, each operation once. */
  get history(): MskOperation[] {
    return this.#operations.map((one) => this.#seen(one));
  }

  clusters(clusterArns: readonly string[]): Promise<MskCluster[]> {
    this.#settle();
    return Promise.resolve(structuredClone(this.all.filter((one) => clusterArns.includes(one.clusterArn))));
  }

  storageOperations(arn: string, sinceMs: number): Promise<MskOperation[]> {
    this.#settle();
    if (!this.all.some((one) => one.clusterArn === arn)) return Promise.reject(new ClusterNotFound(arn));
    const listed = this.#operations
      .filter((one) => one.clusterArn === arn)
      .filter(({ startedAtMs }) => this.#clock.nowMs() - startedAtMs >= this.listLagMs)
      .map((one) => this.#seen(one))
      .filter(({ startedAtMs, endedAtMs }) => startedAtMs >= sinceMs || endedAtMs === undefined);
    return Promise.resolve(listed);
  }

  operation(operationArn: string): Promise<MskOperation | undefined> {
    this.#settle();
    const found = this.#operations.find((one) => one.operationArn === operationArn);
    return Promise.resolve(found === undefined ? undefined : this.#seen(found));
  }

  growStorage(request: Parameters<MskGateway['growStorage']>[0]): Promise<{ operationArn: string }> {
    try {
      this.beforeNext?.();
      this.beforeNext = undefined;
      this.requests.push(request);
      const trouble = this.trouble.shift();
      if (trouble === 'lost-before') throw new AnswerLost('UpdateBrokerStorage: TimeoutError');
      if (trouble instanceof Error) throw trouble;
      const operationArn = this.#grow(request);
      if (trouble === 'lost') throw new AnswerLost('UpdateBrokerStorage: TimeoutError');
      return Promise.resolve({ operationArn });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** By whomever. */
  begin(arn: string, sizeGib: number): string {
    const cluster = this.cluster(arn);
    return this.#begin(cluster, sizeGib, cluster.provisioned?.volumeGib ?? 0);
  }

  /** Something else than storage: the version moves on. */
  touch(arn = clusterArn): void {
    const cluster = this.cluster(arn);
    cluster.currentVersion = `K${Number(cluster.currentVersion.slice(1)) + 1}`;
  }

  cluster(arn = clusterArn): MskCluster {
    this.#settle();
    const found = this.all.find((one) => one.clusterArn === arn);
    if (found === undefined) throw new ClusterNotFound(arn);
    return found;
  }

  /** The size that a broker's volume had at a time. */
  sizeGibAt(arn: string, atMs: number): number {
    const own = this.#operations.filter((one) => one.clusterArn === arn && one.failure === undefined);
    const next = own.find(({ endsAtMs }) => endsAtMs > atMs);
    return next?.fromGib ?? this.cluster(arn).provisioned?.volumeGib ?? 0;
  }

  #grow({ clusterArn: arn, currentVersion, sizeGib }: Parameters<MskGateway['growStorage']>[0]): string {
    const cluster = this.cluster(arn);
    const present = cluster.provisioned?.volumeGib ?? 0;
    if (cluster.state !== 'ACTIVE') throw new ClusterNotActive(`${cluster.clusterName} is ${cluster.state}`);
    if (currentVersion !== cluster.currentVersion) throw new StaleClusterVersion("The version isn't current.");
    const newest = this.#operations.findLast((one) => one.clusterArn === arn && one.failure === undefined);
    if (newest !== undefined && this.#clock.nowMs() < newest.endsAtMs + this.coolDownMs) throw this.coolDownAnswer();
    if (sizeGib === present) throw new StorageUnchanged('does not include any updates');
    if (sizeGib < present + 10) throw new StorageStepTooSmall('at least 10 GiB');
    if (sizeGib > 16_384) throw new UnknownRefusal('too large');
    return this.#begin(cluster, sizeGib, present);
  }

  #begin(cluster: MskCluster, targetGib: number, fromGib: number): string {
    const startedAtMs = this.#clock.nowMs();
    const operationArn = `${cluster.clusterArn.replace(':cluster/', ':cluster-operation/')}/op-${this.#operations.length + 1}`;
    this.#operations.push({
      operationArn,
      type: 'UPDATE_BROKER_STORAGE',
      state: 'UPDATE_IN_PROGRESS',
      startedAtMs,
      fromGib,
      targetGib,
      clusterArn: cluster.clusterArn,
      endsAtMs: startedAtMs + this.operationMs,
      ...(this.failure === undefined ? {} : { failure: this.failure }),
    });
    this.failure = undefined;
    cluster.state = 'UPDATING';
    cluster.activeOperationArn = operationArn;
    return operationArn;
  }

  #seen(running: Running): MskOperation {
    const { clusterArn: _, endsAtMs, failure, ...operation } = running;
    if (this.#clock.nowMs() < endsAtMs) return operation;
    return {
      ...operation,
      state: failure === undefined ? 'UPDATE_COMPLETE' : 'UPDATE_FAILED',
      endedAtMs: endsAtMs,
      ...(failure === undefined ? {} : { error: failure }),
    };
  }

  #settle(): void {
    for (const cluster of this.all) {
      const active = this.#operations.find(({ operationArn }) => operationArn === cluster.activeOperationArn);
      if (active === undefined || this.#clock.nowMs() < active.endsAtMs) continue;
      delete cluster.activeOperationArn;
      cluster.state = 'ACTIVE';
      cluster.currentVersion = `K${Number(cluster.currentVersion.slice(1)) + 1}`;
      if (active.failure === undefined && cluster.provisioned !== undefined && active.targetGib !== undefined)
        cluster.provisioned.volumeGib = active.targetGib;
    }
  }
}

export class FakeScalingOwners implements ScalingOwnersGateway {
  readonly targets: { clusterArn: string; sizeGibMax: number }[] = [];

  storageTargets(clusterArns: readonly string[]): Promise<{ clusterArn: string; sizeGibMax: number }[]> {
    return Promise.resolve(this.targets.filter((target) => clusterArns.includes(target.clusterArn)));
  }
}

export interface FakeTopic extends Topic {
  placement: Awaited<ReturnType<TopicsGateway['placement']>>;
}

export class FakeTopics implements TopicsGateway {
  readonly all: FakeTopic[] = [];
  /** What the next calls meet. */
  readonly trouble: Error[] = [];
  /** Every call, by name. */
  readonly calls: string[] = [];

  list(): Promise<Topic[]> {
    return this.#answer('list', () =>
      this.all.map((topic) => {
        const { placement: _, ...bare } = topic;
        return { ...bare, configs: {} };
      }),
    );
  }

  describe(_clusterArn: string, name: string): Promise<Topic | undefined> {
    return this.#answer('describe', () => this.all.find((topic) => topic.name === name));
  }

  placement(_clusterArn: string, name: string): Promise<FakeTopic['placement']> {
    return this.#answer('placement', () => this.all.find((topic) => topic.name === name)?.placement ?? []);
  }

  alter(_clusterArn: string, name: string, configs: Record<string, string>): Promise<void> {
    return this.#answer('alter', () => {
      const topic = this.all.find((one) => one.name === name);
      if (topic === undefined) throw new TopicNotFound(name);
      Object.assign(topic.configs, configs);
    });
  }

  async #answer<T>(call: string, work: () => T): Promise<T> {
    this.calls.push(call);
    const trouble = this.trouble.shift();
    if (trouble !== undefined) throw trouble;
    return Promise.resolve(work());
  }
}

/**
 * A small world for one scenario of MSK: the real template and handlers, the example's MSK cluster whose brokers are as
 * full as the test says, virtual time. Every scenario ends by asking that no invariant was broken.
 */
import { expect } from '@jest/globals';
import type { MskCluster, RetentionRelief, StoragePolicy } from '../../../functions/fleet/fleet.ts';
import type { CoolDown, Intent, Operation, Relief } from '../../../functions/gateways/ledger/ledger.ts';
import { LostAnswer, operator } from '../../../simulator/cloud/cloud.ts';
import type { NewCluster, NewTopic, StorageOperation } from '../../../simulator/cloud/msk.ts';
import { AwsError, type Call } from '../../../simulator/cloud/service.ts';
import { boot, gib, hourMs, minuteMs, ScenarioWorld } from '../world.ts';

export { hourMs, minuteMs } from '../world.ts';

/** What operations call the cluster's storage. */
export const storage = 'msk/payments';
export const brokerIds = [1, 2, 3] as const;

/** GiB; a function of virtual time, or constant. */
export type Used = number | ((atMs: number) => number);

export interface MskOptions {
  seed?: number;
  policy?: Partial<StoragePolicy>;
  /** Of the cluster in the fleet file. Relief is off unless it says otherwise. */
  fleet?: Partial<Omit<MskCluster, 'policy' | 'retentionRelief' | 'kind' | 'clusterArn'>>;
  relief?: Partial<RetentionRelief>;
  /** As MSK has it; default: three Standard brokers of 100 GiB. */
  msk?: Omit<Partial<NewCluster>, 'clusterArn' | 'usedBytes'>;
  /** On every broker, or on each in turn, GiB. Default 50. */
  usedGib?: Used | Used[];
  topics?: NewTopic[];
}

/** The states of a clean growth of MSK without approval, in order. */
export const cleanPath = [
  'Observe',
  'Decide',
  'ChooseAction',
  'Apply',
  'ChooseWait',
  'FollowOperation',
  'Verify',
  'AnnounceGrowth',
  'AwaitCompleted',
  'Record',
  'ChooseOutcome',
  'Done',
] as const;

/** What a broker holds, with its past: a metric that was read stays what it was. */
class Usage {
  readonly #pieces: { fromMs: number; usedGib: (atMs: number) => number }[] = [];

  from(fromMs: number, used: Used): void {
    this.#pieces.push({ fromMs, usedGib: typeof used === 'number' ? () => used : used });
  }

  at(atMs: number): number {
    return this.#pieces.findLast(({ fromMs }) => fromMs <= atMs)?.usedGib(atMs) ?? 0;
  }
}

export class MskScenario extends ScenarioWorld {
  readonly clusterArn: string;
  readonly #usage: ReadonlyMap<number, Usage>;

  constructor(world: Awaited<ReturnType<typeof boot>>, clusterArn: string, usage: ReadonlyMap<number, Usage>) {
    super(world.simulation, world.fleet, 'payments');
    this.clusterArn = clusterArn;
    this.#usage = usage;
  }

  /** From now on, on these brokers. */
  use(used: Used, brokers: readonly number[] = brokerIds): void {
    for (const brokerId of brokers) this.#usage.get(brokerId)?.from(this.nowMs, used);
  }

  /** From now on and from this level, linearly. */
  fill(fromGib: number, gibPerHour: number, brokers: readonly number[] = brokerIds): void {
    const fromMs = this.nowMs;
    this.use((atMs) => fromGib + (gibPerHour * (atMs - fromMs)) / hourMs, brokers);
  }

  /** From now on and from this level, so much an hour, up to a level at which it stays. */
  rise(fromGib: number, gibPerHour: number, toGib: number, brokers: readonly number[] = brokerIds): void {
    const fromMs = this.nowMs;
    this.use((atMs) => Math.min(toGib, fromGib + (gibPerHour * (atMs - fromMs)) / hourMs), brokers);
  }

  /** Of each broker. */
  get sizeGib(): number {
    return this.simulation.msk.cluster(this.clusterArn).volumeGib ?? 0;
  }

  /** 0..1, of the fullest broker. */
  get usedFraction(): number {
    return this.simulation.msk.disks(this.clusterArn).mostUsedFraction(this.nowMs);
  }

  /** Accepted by MSK, by whomever, oldest first. */
  get changes(): StorageOperation[] {
    return this.simulation.msk.cluster(this.clusterArn).operations;
  }

  /** Tries to grow, refused ones included. */
  get growthCalls(): Call[] {
    return this.called('kafka:UpdateBrokerStorage');
  }

  /** Of `storage-scaling`, newest first. */
  async growths(): Promise<Operation[]> {
    return (await this.operations()).filter(({ workflow }) => workflow === 'storage-scaling');
  }

  journal(): Promise<Intent[]> {
    return this.simulation.within(() => this.simulation.ledger.journal('storage/payments', 0));
  }

  async coolDown(): Promise<CoolDown | undefined> {
    return (await this.remembered(storage))?.coolDown;
  }

  /** The operation that holds the storage. */
  async holder(): Promise<string | undefined> {
    const lease = await this.simulation.within(() => this.simulation.ledger.readLease('storage/payments'));
    return lease?.operationId;
  }

  relief(reliefId: string): Promise<Relief | undefined> {
    return this.simulation.within(() => this.simulation.ledger.relief(reliefId));
  }

  /** As `kafka-autopilot grow`. */
  grow(toGib?: number): Promise<{ started: string; operationId: string; executionArn: string }> {
    const request = { action: 'grow', ...(toGib === undefined ? {} : { toGib }) };
    return this.#operator({ workflow: 'storage-scaling', subject: storage, request });
  }

  /** As `kafka-autopilot restore-retention`. */
  restoreRetention(): Promise<{ started: string; operationId: string; executionArn: string }> {
    return this.#operator({ workflow: 'retention-restore', cluster: this.cluster });
  }

  /** As `kafka-autopilot relieve`. */
  relieve(topics?: string[]): Promise<{ started: string; operationId: string; executionArn: string }> {
    return this.#operator({ workflow: 'retention-relief', cluster: this.cluster, ...(topics && { topics }) });
  }

  /** Publishes the contributor event that the stack's alarm over all MSK brokers would send. */
  alarm(atMs = this.nowMs): void {
    const alarm = this.simulation.deployment.template
      .ofType('AWS::CloudWatch::Alarm')
      .find(({ ref }) => ref.includes('msk-disk-used-'));
    this.simulation.cloud.publish({
      'detail-type': 'CloudWatch Alarm Contributor State Change',
      source: 'aws.cloudwatch',
      resources: [alarm?.attributes.Arn ?? ''],
      detail: {
        alarmName: alarm?.ref,
        alarmContributor: { id: 'payments', attributes: { 'Cluster Name': 'payments' } },
        state: { value: 'ALARM', reason: 'Threshold Crossed', timestamp: new Date(atMs).toISOString() },
      },
    });
  }

  /** No alarm arrives any more: what happens is the sweep's doing. */
  loseAlarms(): void {
    this.simulation.cloud.eventFault = (event) => (event.source === 'aws.cloudwatch' ? [] : [0]);
  }

  /** Does it to the first `times` calls of an operation; returns how many were spoilt so far. */
  spoil(operation: string, fault: (call: Call) => Error, times = Number.POSITIVE_INFINITY): () => number {
    let spoilt = 0;
    this.simulation.cloud.observe({
      before: (call) => {
        if (`${call.service}:${call.operation}` !== operation || spoilt >= times || call.principal === operator) return;
        spoilt += 1;
        throw fault(call);
      },
    });
    return () => spoilt;
  }

  async #operator(request: Record<string, unknown>): Promise<{
    started: string;
    operationId: string;
    executionArn: string;
  }> {
    const payload = { source: 'operator', requestId: `request-${this.nowMs}`, by: 'operator', ...request };
    return (await this.simulation.invoke('start-workflow', payload)) as {
      started: string;
      operationId: string;
      executionArn: string;
    };
  }
}

/** It took effect; the answer did not arrive. */
export const answerLost = (): Error => new LostAnswer();
/** It never reached the service. */
export const neverArrived = (): Error => new AwsError('TimeoutError', 'Connection timed out', 0);

/** Boots, and lets the first sweep look. */
export async function anMskScenario(options: MskOptions = {}): Promise<MskScenario> {
  const usage = new Map(Array.from({ length: 30 }, (_, at) => [at + 1, new Usage()]));
  let clusterArn = '';
  const world = await boot({
    seed: options.seed,
    // The cluster is told itself.
    fill: { usedBytes: () => 0, shortenRetention: () => undefined, notes: [] },
    clusters: (example) => {
      const cluster = example.find(({ kind }) => kind === 'msk') as MskCluster;
      ({ clusterArn } = cluster);
      return [
        {
          ...cluster,
          ...options.fleet,
          policy: { ...cluster.policy, approvalAboveUsdPerMonth: 1_000, ...options.policy },
          retentionRelief: { ...cluster.retentionRelief, enabled: false, ...options.relief },
        },
      ];
    },
  });
  const scenario = new MskScenario(world, clusterArn, usage);
  const { msk } = world.simulation;
  msk.switches.operationMs = () => 20 * minuteMs;
  msk.switches.coolDownMs = () => 6 * hourMs;
  const { usedGib = 50 } = options;
  for (const [brokerId, each] of usage) each.from(0, Array.isArray(usedGib) ? (usedGib[brokerId - 1] ?? 50) : usedGib);
  msk.createCluster({
    clusterName: 'payments',
    monitoring: 'PER_TOPIC_PER_BROKER',
    ...options.msk,
    clusterArn,
    // It has a past.
    createdAtMs: scenario.nowMs - 26 * hourMs,
    usedBytes: (brokerId, atMs) => (usage.get(brokerId)?.at(atMs) ?? 0) * gib,
  });
  for (const topic of options.topics ?? []) msk.createTopic(clusterArn, topic);
  await scenario.pass(5 * minuteMs);
  return scenario;
}

/** No lease, no reservation, no intent without an end, no execution under way, no invariant violated. */
export async function expectAtRest(scenario: MskScenario): Promise<void> {
  expect(scenario.invariants.violations).toEqual([]);
  expect(await scenario.holder()).toBeUndefined();
  expect((await scenario.clusterState()).reservations).toEqual({});
  expect((await scenario.journal()).filter(({ status }) => status === 'intended')).toEqual([]);
  expect((await scenario.operations()).filter(({ status }) => status === 'running')).toEqual([]);
}

/** Each broker has this size by one storage operation of ours, announced once. */
export async function expectGrown(scenario: MskScenario, sizeGib: number): Promise<void> {
  expect(scenario.sizeGib).toBe(sizeGib);
  const own = scenario.changes.filter(({ by }) => by !== 'foreign');
  expect(own).toHaveLength(1);
  expect(scenario.announced()).toMatchObject([{ cluster: 'payments', kind: 'msk', toGib: sizeGib }]);
  await expectAtRest(scenario);
}

/** Outcomes of the operations that looked for themselves, newest first. */
export async function outcomes(scenario: MskScenario): Promise<(string | undefined)[]> {
  return (await scenario.growths()).map(({ outcome }) => outcome).filter((outcome) => outcome !== 'already-running');
}

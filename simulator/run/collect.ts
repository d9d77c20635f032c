/** Gathers what a run leaves behind: samples of the world, alarms, and at the end the operations as the ledger tells them. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import type { Operation } from '../../functions/gateways/ledger/ledger.ts';
import type { BusEvent } from '../cloud/service.ts';
import type { Simulation } from '../deploy/boot.ts';
import type { AlarmRun, ClusterRun, OperationRun, VolumeRun } from '../report/run-record.ts';
import type { Costs, OperationCosts } from './costs.ts';
import { minutesFull, stateOf } from './disks.ts';
import { recordTopicChanges } from './topic-changes.ts';
import type { WorldDisk } from './world.ts';

const hourMs = 3_600_000;

export class Collector {
  readonly alarms: AlarmRun[] = [];
  readonly #simulation: Simulation;
  readonly #fleet: Fleet;
  readonly #world: readonly WorldDisk[];
  readonly #runs = new Map<string, VolumeRun>();
  readonly #peaks = new Map<string, number>();
  readonly #topicChanges: ReadonlyMap<string, string[]>;

  constructor(simulation: Simulation, fleet: Fleet, world: readonly WorldDisk[]) {
    this.#simulation = simulation;
    this.#fleet = fleet;
    this.#world = world;
    for (const { volumeId, storageId, instanceId, mountPoint } of world) {
      const shared = storageId === volumeId ? {} : { storageId };
      this.#runs.set(volumeId, { volumeId, ...shared, instanceId, mountPoint, samples: [], minutesFull: 0 });
    }
    this.#topicChanges = recordTopicChanges(simulation);
    simulation.cloud.onEvent((event) => this.#onEvent(event));
    this.#sampleHourly();
  }

  #sampleHourly(): void {
    this.sample();
    this.#simulation.clock.after(hourMs, () => this.#sampleHourly());
  }

  /** Now: called every hour and whenever a size has changed. */
  sample(): void {
    const atMs = this.#simulation.clock.nowMs();
    for (const disk of this.#world) {
      const { usedGib, fileSystemGib, sizeGib } = stateOf(this.#simulation, disk);
      const sample = { atMs, usedGib: round(usedGib), fileSystemGib: round(fileSystemGib), sizeGib };
      this.#runs.get(disk.volumeId)?.samples.push(sample);
      const usedFraction = sample.usedGib / sample.fileSystemGib;
      this.#peaks.set(disk.cluster, Math.max(this.#peaks.get(disk.cluster) ?? 0, usedFraction));
    }
  }

  #onEvent(event: BusEvent): void {
    const state = (event.detail.state as { value?: AlarmRun['state'] } | undefined)?.value;
    if (event.source === 'aws.cloudwatch' && state !== undefined) {
      const attributes =
        (event.detail.alarmContributor as { attributes?: Record<string, string> } | undefined)?.attributes ?? {};
      const { InstanceId: instanceId, 'Cluster Name': clusterName } = attributes;
      const cluster = this.#world.find(
        (disk) => disk.instanceId === instanceId || disk.volumeId.startsWith(`msk/${clusterName ?? ''}/`),
      )?.cluster;
      this.alarms.push({
        atMs: this.#simulation.clock.nowMs(),
        alarm: String(event.detail.alarmName),
        ...(cluster === undefined ? {} : { cluster }),
        contributor: Object.values(attributes).join(':'),
        state,
      });
    }
    if (event.source === 'aws.ec2' || event.source === 'kafka-autopilot') this.sample();
  }

  /** The operations as the ledger has them, oldest first. */
  async operations(costs: Costs): Promise<OperationRun[]> {
    const { ledger } = this.#simulation;
    const all = await Promise.all(this.#fleet.clusters.map(({ name }) => ledger.operations(name, { limit: 100_000 })));
    return all
      .flat()
      .map((operation) => {
        const { operationId } = operation;
        return toRun(operation, costs.of(operationId), this.#topicChanges.get(operationId));
      })
      .toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.operationId.localeCompare(b.operationId));
  }

  clusters(operations: readonly OperationRun[], refusedCalls: Map<string, number>, costs: Costs): ClusterRun[] {
    return this.#fleet.clusters.map((cluster): ClusterRun => {
      const disks = this.#world.filter((disk) => disk.cluster === cluster.name);
      const volumes = disks.flatMap((disk) => {
        const run = this.#runs.get(disk.volumeId);
        return run === undefined ? [] : [{ ...run, minutesFull: minutesFull(this.#simulation, disk) }];
      });
      const storageIds = [...new Set(disks.map(({ storageId }) => storageId))];
      const own = operations.filter((operation) => operation.cluster === cluster.name);
      const clean = own.filter(isCleanGrowth).flatMap(({ operationId }) => costs.of(operationId) ?? []);
      const isPolled = cluster.kind === 'msk';
      return {
        name: cluster.name,
        kind: cluster.kind,
        minutesFull: volumes.reduce((sum, { minutesFull: minutes }) => sum + minutes, 0),
        startGib: disks.reduce((sum, { sizeGib }) => sum + sizeGib, 0),
        endGib: disks.reduce((sum, disk) => sum + stateOf(this.#simulation, disk).sizeGib, 0),
        peakUsedFraction: Number((this.#peaks.get(cluster.name) ?? 0).toFixed(4)),
        // Proven on the host, be it by a later operation than the one that grew the volume.
        growths: own.filter(({ outcome }) => outcome?.includes('grown') === true && outcome !== 'filesystem-not-grown')
          .length,
        refusals: storageIds.reduce((sum, storageId) => sum + (refusedCalls.get(storageId) ?? 0), 0),
        escalations: own.filter(({ status }) => status === 'escalated' || status === 'refused' || status === 'failed')
          .length,
        transitionsPerGrowth: spread(clean.map(({ transitions }) => transitions)),
        costUsdPerGrowth: usd(clean.map((cost) => cost.usd())),
        pollsPerGrowth: spread(isPolled ? clean.map(({ polls }) => polls) : []),
        pollsUsdPerGrowth: usd(isPolled ? clean.map((cost) => cost.pollsUsd()) : []),
        volumes,
      };
    });
  }
}

/** One storage grown without an approval, an inspection or a failure on its way. */
function isCleanGrowth({ outcome, timeline }: OperationRun): boolean {
  const steps = timeline.map(({ what }) => what).join(' ');
  return outcome === 'grown' && steps === 'started decided applied verified ended';
}

function toRun(
  operation: Operation,
  costs: OperationCosts | undefined,
  topics: readonly string[] | undefined,
): OperationRun {
  const decision = (operation.decision ?? {}) as {
    action?: string;
    reason?: string;
    fromGib?: number;
    targetGib?: number;
    usdPerMonth?: number;
    evidence?: { usedFraction?: number; fullInHours?: number };
  };
  const message = operation.timeline.findLast(({ what }) => what === 'ended')?.detail?.message;
  const { action, reason, fromGib, targetGib, usdPerMonth, evidence } = decision;
  return {
    operationId: operation.operationId,
    workflow: operation.workflow,
    cluster: operation.cluster,
    volumeId: operation.subject.replace(/^volume\//, '').replace(/^storage\//, 'msk/'),
    trigger: String(operation.trigger.type),
    startedAtMs: operation.startedAtMs,
    ...given({
      endedAtMs: operation.endedAtMs,
      outcome: operation.outcome,
      action: action ?? (operation.workflow === 'retention-restore' ? 'restore' : undefined),
      reason,
      fromGib,
      targetGib,
      usdPerMonth,
      usedFraction: evidence?.usedFraction,
      fullInHours: evidence?.fullInHours,
    }),
    ...(typeof message === 'string' ? { message } : {}),
    ...(topics === undefined ? {} : { topics: [...topics] }),
    status: operation.status,
    timeline: operation.timeline,
    statesEntered: costs?.states ?? 0,
    transitions: costs?.transitions ?? 0,
  };
}

/** Without the members that are undefined. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

const spread = (values: readonly number[]): { p50: number | null; max: number | null } => ({
  p50: median(values),
  max: values.length === 0 ? null : Math.max(...values),
});

function usd(values: readonly number[]): number | null {
  const middle = median(values);
  return middle === null ? null : Number(middle.toFixed(7));
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

/** Gathers what a run leaves behind: samples of the world, alarms, and at the end the operations as the ledger tells them. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import type { Operation } from '../../functions/gateways/ledger/ledger.ts';
import type { BusEvent } from '../cloud/service.ts';
import type { Simulation } from '../deploy/boot.ts';
import type { AlarmRun, ClusterRun, OperationRun, VolumeRun } from '../report/run-record.ts';
import type { Costs } from './costs.ts';
import type { WorldBroker } from './world.ts';

const gib = 2 ** 30;
const hourMs = 3_600_000;

export class Collector {
  readonly alarms: AlarmRun[] = [];
  readonly #simulation: Simulation;
  readonly #fleet: Fleet;
  readonly #world: readonly WorldBroker[];
  readonly #runs = new Map<string, VolumeRun>();
  readonly #peaks = new Map<string, number>();
  readonly #startGib = new Map<string, number>();

  constructor(simulation: Simulation, fleet: Fleet, world: readonly WorldBroker[]) {
    this.#simulation = simulation;
    this.#fleet = fleet;
    this.#world = world;
    for (const broker of world) {
      for (const { volumeId, mountPoint, sizeGib } of broker.volumes) {
        this.#runs.set(volumeId, { volumeId, instanceId: broker.instanceId, mountPoint, samples: [], minutesFull: 0 });
        this.#startGib.set(broker.cluster, (this.#startGib.get(broker.cluster) ?? 0) + sizeGib);
      }
    }
    simulation.cloud.onEvent((event) => this.#onEvent(event));
    this.#sampleHourly();
  }

  #sampleHourly(): void {
    this.sample();
    this.#simulation.clock.after(hourMs, () => this.#sampleHourly());
  }

  /** Now: called every hour and whenever a size has changed. */
  sample(): void {
    const { clock, ec2, hosts } = this.#simulation;
    const atMs = clock.nowMs();
    for (const broker of this.#world) {
      for (const { volumeId } of broker.volumes) {
        const usedGib = round(hosts.usedBytes(volumeId) / gib);
        const fileSystemGib = round(hosts.filesystemBytes(volumeId) / gib);
        const run = this.#runs.get(volumeId);
        run?.samples.push({ atMs, usedGib, fileSystemGib, sizeGib: ec2.volume(volumeId).sizeGib });
        this.#peaks.set(broker.cluster, Math.max(this.#peaks.get(broker.cluster) ?? 0, usedGib / fileSystemGib));
      }
    }
  }

  #onEvent(event: BusEvent): void {
    const state = (event.detail.state as { value?: AlarmRun['state'] } | undefined)?.value;
    if (event.source === 'aws.cloudwatch' && state !== undefined) {
      const attributes =
        (event.detail.alarmContributor as { attributes?: Record<string, string> } | undefined)?.attributes ?? {};
      const instanceId = attributes.InstanceId;
      const cluster = this.#world.find((broker) => broker.instanceId === instanceId)?.cluster;
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
      .map((operation) => toRun(operation, costs.of(operation.operationId)?.states ?? 0))
      .toSorted((a, b) => a.startedAtMs - b.startedAtMs || a.operationId.localeCompare(b.operationId));
  }

  clusters(operations: readonly OperationRun[], refusedCalls: Map<string, number>, costs: Costs): ClusterRun[] {
    const { hosts, ec2 } = this.#simulation;
    return this.#fleet.clusters.map((cluster): ClusterRun => {
      const volumes = this.#world
        .filter((broker) => broker.cluster === cluster.name)
        .flatMap((broker) => broker.volumes.map(({ volumeId }) => this.#runs.get(volumeId) as VolumeRun));
      for (const volume of volumes) volume.minutesFull = hosts.minutesFull(volume.volumeId);
      const own = operations.filter((operation) => operation.cluster === cluster.name);
      const clean = own.filter(isCleanGrowth).map(({ operationId }) => costs.of(operationId) ?? { states: 0, usd: 0 });
      const states = clean.map((cost) => cost.states).toSorted((a, b) => a - b);
      const usd = median(clean.map((cost) => cost.usd));
      return {
        name: cluster.name,
        kind: cluster.kind,
        minutesFull: volumes.reduce((sum, { minutesFull }) => sum + minutesFull, 0),
        startGib: this.#startGib.get(cluster.name) ?? 0,
        endGib: volumes.reduce((sum, { volumeId }) => sum + ec2.volume(volumeId).sizeGib, 0),
        peakUsedFraction: Number((this.#peaks.get(cluster.name) ?? 0).toFixed(4)),
        // Proven on the host, be it by a later operation than the one that grew the volume.
        growths: own.filter(({ outcome }) => outcome?.includes('grown') === true && outcome !== 'filesystem-not-grown')
          .length,
        refusals: volumes.reduce((sum, { volumeId }) => sum + (refusedCalls.get(volumeId) ?? 0), 0),
        escalations: own.filter(({ status }) => status === 'escalated' || status === 'refused' || status === 'failed')
          .length,
        transitionsPerGrowth: { p50: median(states), max: states.at(-1) ?? null },
        costUsdPerGrowth: usd === null ? null : Number(usd.toFixed(7)),
        volumes,
      };
    });
  }
}

/** One volume grown without an approval, an inspection or a retry on its way. */
function isCleanGrowth({ outcome, timeline }: OperationRun): boolean {
  const steps = timeline.map(({ what }) => what).join(' ');
  return outcome === 'grown' && steps === 'started decided applied verified ended';
}

function toRun(operation: Operation, statesEntered: number): OperationRun {
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
    volumeId: operation.subject.replace(/^volume\//, ''),
    trigger: String(operation.trigger.type),
    startedAtMs: operation.startedAtMs,
    ...given({
      endedAtMs: operation.endedAtMs,
      outcome: operation.outcome,
      action,
      reason,
      fromGib,
      targetGib,
      usdPerMonth,
      usedFraction: evidence?.usedFraction,
      fullInHours: evidence?.fullInHours,
    }),
    ...(typeof message === 'string' ? { message } : {}),
    status: operation.status,
    timeline: operation.timeline,
    statesEntered,
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

function round(value: number): number {
  return Number(value.toFixed(3));
}

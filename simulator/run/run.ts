/**
 * One run: the template of a fleet, deployed into a simulated account whose brokers fill, in which things go wrong and a
 * person answers, for a number of virtual days. Everything but the brokers, the story and the person is the product.
 */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { bootFromTemplate, type Simulation } from '../deploy/boot.ts';
import { watch, type Invariants } from '../invariants/index.ts';
import type { Progress, RunRecord } from '../report/run-record.ts';
import { Collector } from './collect.ts';
import { trackCosts, type Costs } from './costs.ts';
import { fillFor, type FillOptions } from './fill.ts';
import { employOperator, type OperatorLog } from './operator.ts';
import { tellStory } from './story.ts';
import { makeWorld, planWorld, type WorldBroker } from './world.ts';

/** Every run begins on this Monday: dates in reports are then the same for the same seed. */
export const startMs = Date.parse('2026-01-05T00:00:00Z');
const dayMs = 86_400_000;

export interface RunOptions {
  fleet: Fleet;
  /** The cloud assembly's folder. */
  assembly: string;
  seed: number;
  days: number;
  fill: FillOptions;
  /** Whether the simulated person answers; default: within hours. */
  operator?: 'hours' | 'none';
  /** Whether things go wrong by themselves; default: yes. */
  story?: boolean;
}

/** A system that stands ready at the start of its virtual time. */
export class Run {
  readonly simulation: Simulation;
  readonly options: RunOptions;
  readonly world: readonly WorldBroker[];
  readonly invariants: Invariants;
  readonly #collector: Collector;
  readonly #costs: Costs;
  readonly #operator: OperatorLog;
  readonly #notes: () => readonly string[];
  readonly #source: string;
  readonly #refusedCalls = new Map<string, number>();

  private constructor(
    simulation: Simulation,
    options: RunOptions,
    world: readonly WorldBroker[],
    fill: ReturnType<typeof fillFor>,
  ) {
    this.simulation = simulation;
    this.options = options;
    this.world = world;
    this.#source = fill.source;
    this.#notes = () => fill.model.notes;
    const instanceOf = (volumeId: string): string | undefined =>
      world.find(({ volumes }) => volumes.some((volume) => volume.volumeId === volumeId))?.instanceId;
    this.invariants = watch(simulation, options.fleet);
    this.#costs = trackCosts(simulation);
    this.#collector = new Collector(simulation, options.fleet, world);
    this.#countRefusals();
    const random = simulation.cloud.random('operator');
    this.#operator = employOperator({
      simulation,
      fill: fill.model,
      random,
      instanceOf,
      answers: options.operator ?? 'hours',
    });
    if (options.story !== false) tellStory(simulation, { startMs, days: options.days, instanceIdOf: instanceOf });
  }

  static async boot(options: RunOptions): Promise<Run> {
    const world = planWorld(options.fleet, options.seed);
    const fill = fillFor(world, options.fill, { seed: options.seed, startMs });
    const simulation = await bootFromTemplate({
      assembly: options.assembly,
      seed: options.seed,
      startMs,
      fill: fill.model,
    });
    makeWorld(world, simulation.ec2, simulation.hosts);
    return new Run(simulation, options, world, fill);
  }

  get endMs(): number {
    return startMs + this.options.days * dayMs;
  }

  /** Runs up to `untilMs`, telling now and then how far it is; breathes between, so that a terminal can be drawn. */
  async advance(untilMs: number, onProgress?: (progress: Progress) => void): Promise<void> {
    const stepMs = 6 * 3_600_000;
    while (this.simulation.clock.nowMs() < untilMs) {
      await this.simulation.run(Math.min(untilMs, this.simulation.clock.nowMs() + stepMs));
      onProgress?.(this.#progress());
    }
  }

  async record(): Promise<RunRecord> {
    const { simulation, options } = this;
    this.#collector.sample();
    const operations = await simulation.within(() => this.#collector.operations(this.#costs));
    const counters = simulation.counters();
    return {
      version: 1,
      seed: options.seed,
      days: options.days,
      startMs,
      endMs: simulation.clock.nowMs(),
      source: this.#source,
      notes: [...new Set(this.#notes())],
      clusters: this.#collector.clusters(operations, this.#refusedCalls, this.#costs),
      operations,
      alarms: this.#collector.alarms,
      notifications: this.#operator.notifications,
      operatorActions: this.#operator.actions,
      workflows: Object.fromEntries(
        Object.entries(counters.workflows).map(([name, { started, succeeded, failed, timedOut, aborted }]) => [
          name.replace(`${options.fleet.name}-`, ''),
          { executions: started, succeeded, failed: failed + timedOut + aborted },
        ]),
      ),
      apiCalls: counters.apiCalls,
      handlerInvocations: Object.values(counters.handlerInvocations).reduce((sum, count) => sum + count, 0),
      violations: this.invariants.violations.map(({ invariant, atMs, subject, detail }) => ({
        invariant,
        atMs,
        subject,
        detail,
      })),
    };
  }

  #countRefusals(): void {
    this.simulation.cloud.observe({
      after: ({ service, operation, input }, outcome) => {
        if (service !== 'ec2' || operation !== 'ModifyVolume' || !('error' in outcome)) return;
        const volumeId = String(input.VolumeId);
        this.#refusedCalls.set(volumeId, (this.#refusedCalls.get(volumeId) ?? 0) + 1);
      },
    });
  }

  #progress(): Progress {
    const { simulation, options, world } = this;
    const { hosts, ec2 } = simulation;
    const gib = 2 ** 30;
    const growthsOf = new Map<string, number>();
    for (const { cluster } of world) growthsOf.set(cluster, 0);
    for (const broker of world) {
      for (const { volumeId } of broker.volumes) {
        growthsOf.set(broker.cluster, (growthsOf.get(broker.cluster) ?? 0) + ec2.volume(volumeId).modifications.length);
      }
    }
    const running = [...simulation.states.records.all()].filter(
      ({ status, workflow }) => status === 'RUNNING' && workflow.endsWith('storage-scaling'),
    );
    const latestByContributor = new Map(this.#collector.alarms.map(({ contributor, state }) => [contributor, state]));
    return {
      nowMs: simulation.clock.nowMs(),
      startMs,
      endMs: this.endMs,
      handlerInvocations: Object.values(simulation.counters().handlerInvocations).reduce(
        (sum, count) => sum + count,
        0,
      ),
      runningWorkflows: running.map(({ name, workflow, input, lastState }) => ({
        operationId: name.slice(0, 16),
        workflow,
        volumeId: String((JSON.parse(input) as { subject?: string }).subject),
        state: lastState ?? '',
      })),
      alarmsInAlarm: [...latestByContributor.values()].filter((state) => state === 'ALARM').length,
      clusters: options.fleet.clusters.map(({ name }) => {
        const volumes = world.filter(({ cluster }) => cluster === name).flatMap((broker) => broker.volumes);
        const sizeGib = volumes.reduce((sum, { volumeId }) => sum + ec2.volume(volumeId).sizeGib, 0);
        const usedGib = volumes.reduce((sum, { volumeId }) => sum + hosts.usedBytes(volumeId) / gib, 0);
        return { name, sizeGib, usedFraction: usedGib / sizeGib, growths: growthsOf.get(name) ?? 0 };
      }),
      latest: this.#operator.notifications
        .slice(-3)
        .map(({ atMs, subject }) => `${new Date(atMs).toISOString().slice(0, 16)} ${subject}`),
    };
  }
}

/**
 * One run: the template of a fleet, deployed into a simulated account whose brokers fill, in which things go wrong and a
 * person answers, for a number of virtual days. Everything but the brokers, the story and the person is the product.
 */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { bootFromTemplate, type Simulation } from '../deploy/boot.ts';
import { watch, type Invariants } from '../invariants/index.ts';
import type { Progress, RunRecord } from '../report/run-record.ts';
import { Collector } from './collect.ts';
import { trackCosts, type Costs, type FunctionTable } from './costs.ts';
import { fillFor, type FillOptions } from './fill.ts';
import { growthsOf, stateOf } from './disks.ts';
import { employOperator, type OperatorLog } from './operator.ts';
import { tellMskStory } from './story-msk.ts';
import { tellStory } from './story.ts';
import { makeWorld, planWorld, type WorldDisk } from './world.ts';

/** Every run begins on this Monday: dates in reports are then the same for the same seed. */
export const startMs = Date.parse('2026-01-05T00:00:00Z');
const dayMs = 86_400_000;
/** In the live view; sweeps and inspections come and go. */
const workflowsShown = /(storage-scaling|retention-relief|retention-restore)$/;

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
  /** What functions take; default: as `npm run bench:functions` has measured. */
  functionTable?: FunctionTable;
}

/** A system that stands ready at the start of its virtual time. */
export class Run {
  readonly simulation: Simulation;
  readonly options: RunOptions;
  readonly world: readonly WorldDisk[];
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
    world: readonly WorldDisk[],
    fill: ReturnType<typeof fillFor>,
  ) {
    this.simulation = simulation;
    this.options = options;
    this.world = world;
    this.#source = fill.source;
    this.#notes = () => fill.model.notes;
    const instanceOf = (volumeId: string): string | undefined =>
      world.find((disk) => disk.volumeId === volumeId)?.instanceId;
    this.invariants = watch(simulation, options.fleet);
    this.#costs = trackCosts(simulation, options.functionTable);
    this.#collector = new Collector(simulation, options.fleet, world);
    this.#countRefusals();
    const random = simulation.cloud.random('operator');
    this.#operator = employOperator({
      simulation,
      fill: fill.model,
      random,
      world,
      answers: options.operator ?? 'hours',
    });
    if (options.story === false) return;
    const { days } = options;
    tellStory(simulation, { startMs, days, instanceIdOf: instanceOf });
    tellMskStory(simulation, { startMs, days, world, fill: fill.model });
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
    makeWorld(world, options.fleet, simulation);
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
        if (!('error' in outcome)) return;
        const storageId = this.#grownBy(`${service}:${operation}`, input);
        if (storageId !== undefined) this.#refusedCalls.set(storageId, (this.#refusedCalls.get(storageId) ?? 0) + 1);
      },
    });
  }

  #grownBy(action: string, input: Record<string, unknown>): string | undefined {
    if (action === 'ec2:ModifyVolume') return String(input.VolumeId);
    if (action !== 'kafka:UpdateBrokerStorage') return undefined;
    return this.world.find((disk) => disk.kind === 'msk' && disk.clusterArn === input.ClusterArn)?.storageId;
  }

  #progress(): Progress {
    const { simulation, options, world } = this;
    const running = [...simulation.states.records.all()].filter(
      ({ status, workflow }) => status === 'RUNNING' && workflowsShown.test(workflow),
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
      clusters: options.fleet.clusters.map(({ name, kind }) => {
        const disks = world.filter(({ cluster }) => cluster === name);
        const states = disks.map((disk) => stateOf(simulation, disk));
        const sizeGib = states.reduce((sum, state) => sum + state.sizeGib, 0);
        const usedGib = states.reduce((sum, state) => sum + state.usedGib, 0);
        return { name, kind, sizeGib, usedFraction: usedGib / sizeGib, growths: growthsOf(simulation, disks) };
      }),
      latest: this.#operator.notifications
        .slice(-3)
        .map(({ atMs, subject }) => `${new Date(atMs).toISOString().slice(0, 16)} ${subject}`),
    };
  }
}

/**
 * What every scenario's world has, whatever holds its data: the real template and handlers in a simulated account, virtual
 * time, a fleet that the test changes, a record of what was called, told and announced.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster, Fleet } from '../../functions/fleet/fleet.ts';
import { parseFleet } from '../../functions/fleet/parse.ts';
import type { ClusterState, Operation, VolumeRecord } from '../../functions/gateways/ledger/ledger.ts';
import { synthesize } from '../../infra/synthesize.ts';
import type { BusEvent, Call } from '../../simulator/cloud/service.ts';
import type { Notice } from '../../simulator/cloud/sns.ts';
import { readAssembly, type Assembly } from '../../simulator/deploy/assembly.ts';
import { bootFromTemplate, type Simulation } from '../../simulator/deploy/boot.ts';
import type { FillModel } from '../../simulator/fill/index.ts';
import { watch, type Invariants } from '../../simulator/invariants/index.ts';

/** A Monday, UTC. */
export const startMs = Date.parse('2026-03-02T00:00:00Z');
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const gib = 2 ** 30;

let base: Promise<{ fleet: Fleet; assembly: Assembly; folder: string }> | undefined;

/** Synthesized once for all scenarios of a file; what differs between them is the fleet in the functions' layer. */
async function baseAssembly(): Promise<{ fleet: Fleet; assembly: Assembly; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-autopilot-scenarios-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = new URL('../../examples/fleet.yaml', import.meta.url);
  const parsed = parseFleet(readFileSync(file, 'utf8'), 'examples/fleet.yaml');
  if (!parsed.ok) throw new Error('examples/fleet.yaml is no fleet');
  const outdir = await synthesize({ fleet: parsed.fleet, outdir: join(folder, 'cdk.out'), dist: join(folder, 'dist') });
  return { fleet: parsed.fleet, assembly: readAssembly(outdir), folder };
}

let layers = 0;

function withFleet({ assembly, folder }: { assembly: Assembly; folder: string }, fleet: Fleet): Assembly {
  const layer = join(folder, `layer-${(layers += 1)}`);
  mkdirSync(layer, { recursive: true });
  writeFileSync(join(layer, 'fleet.json'), JSON.stringify(fleet));
  return { ...assembly, assetPath: (key) => (isLayer(assembly.assetPath(key)) ? layer : assembly.assetPath(key)) };
}

function isLayer(path: string | undefined): boolean {
  if (path === undefined) return false;
  try {
    readFileSync(join(path, 'fleet.json'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Deploys the fleet of the example with other clusters.
 *
 * @param clusters made of those in the example
 */
export async function boot({
  seed = 1,
  fill,
  clusters,
}: {
  seed?: number | undefined;
  fill: FillModel;
  clusters: (example: readonly Cluster[]) => Cluster[];
}): Promise<{ simulation: Simulation; fleet: Fleet }> {
  const { fleet, assembly, folder } = await (base ??= baseAssembly());
  const changed: Fleet = { ...fleet, clusters: clusters(fleet.clusters) };
  const simulation = await bootFromTemplate({
    assembly: withFleet({ assembly, folder }, changed),
    seed,
    startMs,
    fill,
  });
  return { simulation, fleet: changed };
}

export class ScenarioWorld {
  readonly simulation: Simulation;
  readonly invariants: Invariants;
  readonly fleet: Fleet;
  /** The cluster that the scenario is about, by its name in the fleet. */
  readonly cluster: string;
  readonly calls: Call[] = [];
  /** Calls that ended in an error, by the service's own name of it. */
  readonly refusals: { call: Call; error: string }[] = [];
  /** All that came over the default bus. */
  readonly events: BusEvent[] = [];

  constructor(simulation: Simulation, fleet: Fleet, cluster: string) {
    this.simulation = simulation;
    this.fleet = fleet;
    this.cluster = cluster;
    this.invariants = watch(simulation, fleet);
    simulation.cloud.observe({
      before: (call) => void this.calls.push(call),
      after: (call, outcome) => {
        if ('error' in outcome) this.refusals.push({ call, error: outcome.error.name });
      },
    });
    simulation.cloud.onEvent((event) => void this.events.push(event));
  }

  get nowMs(): number {
    return this.simulation.clock.nowMs();
  }

  /** Lets virtual time pass. */
  async pass(durationMs: number): Promise<void> {
    await this.simulation.run(this.nowMs + durationMs);
  }

  /** Calls of one API operation so far, refused ones included. */
  called(operation: string): Call[] {
    return this.calls.filter((call) => `${call.service}:${call.operation}` === operation);
  }

  /** What people were told by a function (not by an alarm), oldest first. */
  notices(outcome?: string): Notice[] {
    const told = this.simulation.sns.notices.filter(({ by }) => by !== 'cloudwatch');
    return outcome === undefined ? told : told.filter(({ attributes }) => attributes.outcome === outcome);
  }

  /** Details of the `Storage Grown` events. */
  announced(): Record<string, unknown>[] {
    return this.events.filter((event) => event['detail-type'] === 'Storage Grown').map(({ detail }) => detail);
  }

  /** Newest first. */
  operations(): Promise<Operation[]> {
    return this.simulation.within(() => this.simulation.ledger.operations(this.cluster, { limit: 1_000 }));
  }

  /** What the ledger remembers of it. */
  remembered(volumeId: string): Promise<VolumeRecord | undefined> {
    return this.simulation.within(() => this.simulation.ledger.volume(this.cluster, volumeId));
  }

  clusterState(): Promise<ClusterState> {
    return this.simulation.within(() => this.simulation.ledger.clusterState(this.cluster));
  }

  async answer(operationId: string, answer: 'approved' | 'rejected'): Promise<unknown> {
    const approval = await this.simulation.within(() => this.simulation.ledger.approval(operationId));
    return this.simulation.invoke('answer-approval', {
      operationId,
      planHash: approval?.planHash,
      answer,
      by: 'operator',
    });
  }

  pause(pause: boolean, cluster?: string): Promise<unknown> {
    return this.simulation.invoke('set-pause', {
      pause,
      by: 'operator',
      reason: 'scenario',
      ...(cluster === undefined ? {} : { cluster }),
    });
  }
}

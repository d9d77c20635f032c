/**
 * A large fleet in a simulated account: the real template of a generated fleet file, brokers that have been there for a
 * day, hosts that were inspected this morning. Pure but for the simulation that it makes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { parseFleet } from '../../functions/fleet/parse.ts';
import { sideBySide } from '../../functions/runtime/side-by-side.ts';
import { synthesize } from '../../infra/synthesize.ts';
import type { Modification as SimulatedModification } from '../../simulator/cloud/ec2.ts';
import { readAssembly, type Assembly } from '../../simulator/deploy/assembly.ts';
import { bootFromTemplate, type Simulation } from '../../simulator/deploy/boot.ts';

export const hourMs = 3_600_000;
export const startMs = Date.parse('2026-03-02T12:05:00Z');
/** Virtual time of each call to AWS, drawn evenly; an invocation of a function takes 2 to 25 ms beside (simulator). */
export const latencyMs = { low: 10, high: 90 };
const account = '111122223333';
const region = 'us-east-1';
const gib = 2 ** 30;
export const volumeGib = 100;
const mountPoints = ['/data1', '/data2'];

export interface Shape {
  ec2Clusters: number;
  brokersPerCluster: number;
  /** Of three brokers each. */
  mskClusters: number;
}

export interface Volume {
  volumeId: string;
  instanceId: string;
  cluster: string;
  mountPoint: string;
}

/** How full a volume is over time, 0..1. */
export type Used = (volumeId: string) => (atMs: number) => number;

export interface World {
  simulation: Simulation;
  fleet: Fleet;
  volumes: Volume[];
}

const hex = (at: number): string => at.toString(16).padStart(17, '0');

export function planVolumes({ ec2Clusters, brokersPerCluster }: Shape): Volume[] {
  return Array.from({ length: ec2Clusters * brokersPerCluster }, (_, broker) =>
    mountPoints.map((mountPoint, index) => ({
      volumeId: `vol-${hex(broker * mountPoints.length + index)}`,
      instanceId: `i-${hex(broker)}`,
      cluster: `team-${Math.floor(broker / brokersPerCluster)}`,
      mountPoint,
    })),
  ).flat();
}

/** As somebody would write it: everything in the defaults. */
function fleetOf({ ec2Clusters, mskClusters }: Shape): Fleet {
  const ec2 = Array.from(
    { length: ec2Clusters },
    (_, at) => `  - { name: team-${at}, kind: ec2, brokers: { tags: { kafka-cluster: team-${at} } } }\n`,
  );
  const msk = Array.from(
    { length: mskClusters },
    (_, at) => `  - { name: msk-${at}, kind: msk, brokers: 3, clusterArn: "${clusterArn(at)}" }\n`,
  );
  const text = `version: 1
name: bench
account: "${account}"
region: ${region}
defaults:
  mode: act
  mountPoints: [${mountPoints.join(', ')}]
  policy: { growthGibPerDayMax: 1000000, clusterUsdPerMonthMax: 1000000, approvalAboveUsdPerMonth: 10000 }
clusters:
${[...ec2, ...msk].join('')}`;
  const parsed = parseFleet(text, 'bench.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems.slice(0, 3)));
  return parsed.fleet;
}

const clusterArn = (at: number): string =>
  `arn:aws:kafka:${region}:${account}:cluster/msk-${at}/6357e0b2-0e6a-4b86-a0b4-${at.toString(16).padStart(12, '0')}-5`;

/** The sweeps are started by hand, so that one of them is measured and no other is under way. */
function withoutSchedule(assembly: Assembly): Assembly {
  const template = structuredClone(assembly.template);
  for (const resource of Object.values(template.Resources as Record<string, Resource>))
    if (resource.Type === 'AWS::Scheduler::Schedule') resource.Properties.State = 'DISABLED';
  return { ...assembly, template };
}

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

export async function makeWorld(shape: Shape, used: Used): Promise<World> {
  const known = new Map<string, (atMs: number) => number>();
  const usedById = (volumeId: string): ((atMs: number) => number) => {
    const found = known.get(volumeId) ?? used(volumeId);
    known.set(volumeId, found);
    return found;
  };
  const fleet = fleetOf(shape);
  const folder = mkdtempSync(join(tmpdir(), 'kafka-autopilot-bench-'));
  // The functions read their layer from there.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const volumes = planVolumes(shape);
  const outdir = await synthesize({ fleet, outdir: join(folder, 'cdk.out'), dist: join(folder, 'dist') });
  const simulation = await bootFromTemplate({
    assembly: withoutSchedule(readAssembly(outdir)),
    seed: 1,
    // MSK's metrics begin with its clusters.
    startMs: startMs - 25 * hourMs,
    fill: {
      usedBytes: (volumeId, atMs) => usedById(volumeId)(atMs) * volumeGib * gib,
      shortenRetention: () => undefined,
      notes: [],
    },
    account,
    region,
    latencyMs,
  });
  // Whatever an alarm would start, the sweep starts here.
  simulation.cloud.eventFault = ({ source }) => (source === 'aws.cloudwatch' ? [] : [0]);
  simulation.ec2.switches.quotaGib.gp3 = 10_000_000;
  for (let at = 0; at < shape.mskClusters; at++)
    simulation.msk.createCluster({ clusterName: `msk-${at}`, clusterArn: clusterArn(at), volumeGib });
  await simulation.run(startMs);
  makeBrokers(simulation, volumes);
  const world: World = { simulation, fleet, volumes };
  await inspect(world);
  return world;
}

/** They have been there for longer than the metrics are asked for. */
function makeBrokers({ ec2, hosts }: Simulation, volumes: readonly Volume[]): void {
  const sinceMs = startMs - 30 * hourMs;
  for (const [instanceId, own] of Map.groupBy(volumes, (volume) => volume.instanceId)) {
    const cluster = own[0]?.cluster ?? '';
    const instance = ec2.createInstance({ instanceId, tags: { 'kafka-cluster': cluster } });
    instance.history.forEach((entry) => (entry.atMs = sinceMs));
    own.forEach(({ volumeId, mountPoint }, index) => {
      const volume = ec2.createVolume({ volumeId, sizeGib: volumeGib });
      volume.modifications.push(longAgo(volume));
      ec2.attach(volumeId, instanceId, `/dev/sd${String.fromCodePoint(102 + index)}`);
      const host = hosts.mount({ instanceId, volumeId, mountPoint });
      host.mountedAtMs = sinceMs;
      host.sizes.forEach((size) => (size.atMs = sinceMs));
    });
  }
}

/** Each has been grown before: EC2 shows a modification of each. */
function longAgo({ sizeGib, type }: ReturnType<Simulation['ec2']['createVolume']>): SimulatedModification {
  const startedAtMs = startMs - 100 * hourMs;
  return {
    state: 'completed',
    original: { sizeGib: sizeGib / 2, type },
    target: { sizeGib, type },
    startedAtMs,
    optimizingAtMs: startedAtMs,
    completesAtMs: startedAtMs + hourMs,
    endedAtMs: startedAtMs + hourMs,
    requestId: '',
    foreign: false,
  };
}

/** As the daily look at the hosts would have written it, an hour ago. */
async function inspect({ simulation, fleet, volumes }: World): Promise<void> {
  const { ledger, hosts, clock } = simulation;
  const atMs = clock.nowMs() - hourMs;
  const remember = async ({ volumeId, instanceId, cluster, mountPoint }: Volume): Promise<void> => {
    await ledger.seeVolume({ cluster, volumeId, instanceId, sizeGib: volumeGib, ownerTags: {}, nowMs: atMs });
    await ledger.saveInspection(cluster, volumeId, {
      atMs,
      instanceId,
      supported: true,
      layout: 'plain',
      filesystem: 'xfs',
      mountPoint,
      deviceBytes: volumeGib * gib,
      filesystemBytes: hosts.filesystemBytes(volumeId),
    });
  };
  await simulation.within(() => sideBySide(volumes, 500, remember));
  const msk = fleet.clusters.filter(({ kind }) => kind === 'msk');
  await simulation.within(() =>
    sideBySide(msk, 50, ({ name }) =>
      ledger.seeVolume({ cluster: name, volumeId: `msk/${name}`, sizeGib: volumeGib, ownerTags: {}, nowMs: atMs }),
    ),
  );
}

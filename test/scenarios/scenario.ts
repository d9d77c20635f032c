/**
 * A small world for one scenario: the real template and handlers, one cluster whose volumes are as full as the test says,
 * virtual time. Every scenario ends by asking that no invariant was broken.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fleet, StoragePolicy, Ec2Cluster } from '../../functions/fleet/fleet.ts';
import { parseFleet } from '../../functions/fleet/parse.ts';
import type { Operation, VolumeRecord } from '../../functions/gateways/ledger/ledger.ts';
import { synthesize } from '../../infra/synthesize.ts';
import type { Layout } from '../../simulator/cloud/host.ts';
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
const gib = 2 ** 30;

export interface VolumeSetup {
  sizeGib?: number;
  /** GiB used; a function of virtual time, or constant. */
  usedGib?: number | ((atMs: number) => number);
  layout?: Layout;
  filesystem?: 'ext4' | 'xfs';
  /** Where it is really mounted, if elsewhere than the fleet file says. */
  mountPoint?: string;
  tags?: Record<string, string>;
  multiAttach?: boolean;
  managedBy?: string;
}

export interface ScenarioOptions {
  seed?: number;
  mode?: 'observe' | 'act';
  policy?: Partial<StoragePolicy>;
  cluster?: Partial<Pick<Ec2Cluster, 'maintenanceWindows' | 'mountPoints'>>;
  /** Brokers, each with its volumes by mount point; default: one broker with /data1 and /data2, 100 GiB, half full. */
  brokers?: Record<string, VolumeSetup>[];
}

/** What a volume is called in tests: `vol(0, '/data1')` is the first broker's. */
export const instanceId = (broker: number): string => `i-0${String(broker).padStart(16, '0')}`;
export const vol = (broker: number, mountPoint: string): string =>
  `vol-0${String(broker).padStart(8, '0')}${Buffer.from(mountPoint).toString('hex').slice(-8)}`;

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

export class Scenario {
  readonly simulation: Simulation;
  readonly invariants: Invariants;
  readonly fleet: Fleet;
  readonly calls: Call[] = [];
  /** Calls that ended in an error, by the service's own name of it. */
  readonly refusals: { call: Call; error: string }[] = [];
  /** All that came over the default bus. */
  readonly events: BusEvent[] = [];
  readonly #usage: Map<string, (atMs: number) => number>;

  constructor(simulation: Simulation, fleet: Fleet, usage: Map<string, (atMs: number) => number>) {
    this.simulation = simulation;
    this.fleet = fleet;
    this.#usage = usage;
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

  /** From now on. */
  use(volumeId: string, usedGib: number | ((atMs: number) => number)): void {
    this.#usage.set(volumeId, typeof usedGib === 'number' ? () => usedGib : usedGib);
  }

  /** Calls of one API operation so far, refused ones included. */
  called(operation: string): Call[] {
    return this.calls.filter((call) => `${call.service}:${call.operation}` === operation);
  }

  /** Commands that were sent to hosts, refused ones included. */
  commands(script: 'inspect-volume' | 'grow-filesystem'): Call[] {
    return this.called('ssm:SendCommand').filter(({ input }) => String(input.DocumentName).endsWith(script));
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

  sizeGib(volumeId: string): number {
    return this.simulation.ec2.volume(volumeId).sizeGib;
  }

  filesystemGib(volumeId: string): number {
    return this.simulation.hosts.filesystemBytes(volumeId) / gib;
  }

  /** Newest first. */
  operations(): Promise<Operation[]> {
    return this.simulation.within(() => this.simulation.ledger.operations('orders', { limit: 1_000 }));
  }

  async operationsOf(volumeId: string): Promise<Operation[]> {
    return (await this.operations()).filter(({ subject }) => subject === `volume/${volumeId}`);
  }

  /** What the ledger remembers of it. */
  remembered(volumeId: string): Promise<VolumeRecord | undefined> {
    return this.simulation.within(() => this.simulation.ledger.volume('orders', volumeId));
  }

  /** The operation that holds the volume. */
  async holder(volumeId: string): Promise<string | undefined> {
    const lease = await this.simulation.within(() => this.simulation.ledger.readLease(`volume/${volumeId}`));
    return lease?.operationId;
  }

  /** A broker starts, with new volumes. */
  addBroker(broker: number, volumes: Record<string, VolumeSetup>): void {
    this.simulation.ec2.createInstance({ instanceId: instanceId(broker), tags: { 'kafka-cluster': 'orders' } });
    Object.entries(volumes).forEach(([mountPoint, setup], index) => {
      const deviceName = `/dev/sd${String.fromCodePoint(102 + index)}`;
      this.#addVolume(broker, deviceName, mountPoint, setup);
    });
  }

  /** As `kafka-autopilot grow`. */
  async grow(
    volumeId: string,
    toGib?: number,
    requestId = `request-${this.nowMs}`,
  ): Promise<{ operationId: string; executionArn: string }> {
    return this.#operator(volumeId, requestId, { action: 'grow', ...(toGib === undefined ? {} : { toGib }) });
  }

  async growFilesystem(
    volumeId: string,
    requestId = `request-${this.nowMs}`,
  ): Promise<{ operationId: string; executionArn: string }> {
    return this.#operator(volumeId, requestId, { action: 'grow-filesystem' });
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

  /** Publishes the contributor event that the stack's alarm would send. */
  alarm(volume: { broker: number; mountPoint: string }, atMs = this.nowMs): void {
    const alarm = this.simulation.deployment.template
      .ofType('AWS::CloudWatch::Alarm')
      .find(({ ref }) => /disk/i.test(ref) && ref.includes(volume.mountPoint.slice(1)));
    const arn = alarm?.attributes.Arn ?? '';
    this.simulation.cloud.publish({
      'detail-type': 'CloudWatch Alarm Contributor State Change',
      source: 'aws.cloudwatch',
      resources: [arn],
      detail: {
        alarmName: alarm?.ref,
        alarmContributor: {
          id: `${volume.broker}${volume.mountPoint}`,
          attributes: { InstanceId: instanceId(volume.broker), path: volume.mountPoint },
        },
        state: { value: 'ALARM', reason: 'Threshold Crossed', timestamp: new Date(atMs).toISOString() },
      },
    });
  }

  #addVolume(broker: number, deviceName: string, mountPoint: string, setup: VolumeSetup): void {
    const { ec2, hosts } = this.simulation;
    const { sizeGib = 100, usedGib = sizeGib / 2, layout = 'plain', filesystem = 'xfs', tags = {} } = setup;
    const { multiAttach = false, managedBy } = setup;
    const volumeId = vol(broker, mountPoint);
    this.use(volumeId, usedGib);
    ec2.createVolume({ volumeId, sizeGib, tags, multiAttach, ...(managedBy === undefined ? {} : { managedBy }) });
    ec2.attach(volumeId, instanceId(broker), deviceName);
    const at = { instanceId: instanceId(broker), volumeId, mountPoint: setup.mountPoint ?? mountPoint };
    hosts.mount({ ...at, layout, filesystem });
  }

  async #operator(
    subject: string,
    requestId: string,
    request: Record<string, unknown>,
  ): Promise<{ operationId: string; executionArn: string }> {
    const payload = { source: 'operator', workflow: 'storage-scaling', requestId, by: 'operator', subject, request };
    return (await this.simulation.invoke('start-workflow', payload)) as { operationId: string; executionArn: string };
  }
}

/** Boots, and lets the first sweep inspect the hosts. */
export async function aScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const { fleet, assembly, folder } = await (base ??= baseAssembly());
  const cluster = fleet.clusters[0] as Ec2Cluster;
  const changed: Fleet = {
    ...fleet,
    clusters: [
      {
        ...cluster,
        ...options.cluster,
        mode: options.mode ?? 'act',
        policy: { ...cluster.policy, approvalAboveUsdPerMonth: 1_000, ...options.policy },
      },
    ],
  };
  const brokers = options.brokers ?? [{ '/data1': {}, '/data2': {} }];
  const usage = new Map<string, (atMs: number) => number>();
  const fill: FillModel = {
    usedBytes: (volumeId, atMs) => (usage.get(volumeId)?.(atMs) ?? 0) * gib,
    shortenRetention: () => undefined,
    notes: [],
  };
  const simulation = await bootFromTemplate({
    assembly: withFleet({ assembly, folder }, changed),
    seed: options.seed ?? 1,
    startMs,
    fill,
  });
  const scenario = new Scenario(simulation, changed, usage);
  brokers.forEach((volumes, broker) => scenario.addBroker(broker, volumes));
  await scenario.pass(5 * minuteMs);
  return scenario;
}

/**
 * A small world for one scenario: the real template and handlers, one cluster whose volumes are as full as the test says,
 * virtual time. Every scenario ends by asking that no invariant was broken.
 */
import type { Ec2Cluster, Fleet, StoragePolicy } from '../../functions/fleet/fleet.ts';
import type { Operation } from '../../functions/gateways/ledger/ledger.ts';
import type { Layout } from '../../simulator/cloud/host.ts';
import type { Call } from '../../simulator/cloud/service.ts';
import type { Simulation } from '../../simulator/deploy/boot.ts';
import type { FillModel } from '../../simulator/fill/index.ts';
import { boot, gib, minuteMs, ScenarioWorld } from './world.ts';

export { hourMs, minuteMs, startMs } from './world.ts';

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
  cluster?: Partial<Pick<Ec2Cluster, 'maintenanceWindows' | 'mountPoints' | 'retentionRelief'>>;
  /** Brokers, each with its volumes by mount point; default: one broker with /data1 and /data2, 100 GiB, half full. */
  brokers?: Record<string, VolumeSetup>[];
}

/** What a volume is called in tests: `vol(0, '/data1')` is the first broker's. */
export const instanceId = (broker: number): string => `i-0${String(broker).padStart(16, '0')}`;
export const vol = (broker: number, mountPoint: string): string =>
  `vol-0${String(broker).padStart(8, '0')}${Buffer.from(mountPoint).toString('hex').slice(-8)}`;

export class Scenario extends ScenarioWorld {
  readonly #usage: Map<string, (atMs: number) => number>;

  constructor(simulation: Simulation, fleet: Fleet, usage: Map<string, (atMs: number) => number>) {
    super(simulation, fleet, 'orders');
    this.#usage = usage;
  }

  /** From now on. */
  use(volumeId: string, usedGib: number | ((atMs: number) => number)): void {
    this.#usage.set(volumeId, typeof usedGib === 'number' ? () => usedGib : usedGib);
  }

  /** Commands that were sent to hosts, refused ones included. */
  commands(script: 'inspect-volume' | 'grow-filesystem'): Call[] {
    return this.called('ssm:SendCommand').filter(({ input }) => String(input.DocumentName).endsWith(script));
  }

  sizeGib(volumeId: string): number {
    return this.simulation.ec2.volume(volumeId).sizeGib;
  }

  filesystemGib(volumeId: string): number {
    return this.simulation.hosts.filesystemBytes(volumeId) / gib;
  }

  async operationsOf(volumeId: string): Promise<Operation[]> {
    return (await this.operations()).filter(({ subject }) => subject === `volume/${volumeId}`);
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
  const brokers = options.brokers ?? [{ '/data1': {}, '/data2': {} }];
  const usage = new Map<string, (atMs: number) => number>();
  const fill: FillModel = {
    usedBytes: (volumeId, atMs) => (usage.get(volumeId)?.(atMs) ?? 0) * gib,
    shortenRetention: () => undefined,
    notes: [],
  };
  const { simulation, fleet } = await boot({
    seed: options.seed,
    fill,
    clusters: ([first]) => {
      const cluster = first as Ec2Cluster;
      const policy = { ...cluster.policy, approvalAboveUsdPerMonth: 1_000, ...options.policy };
      return [{ ...cluster, ...options.cluster, mode: options.mode ?? 'act', policy }];
    },
  });
  const scenario = new Scenario(simulation, fleet, usage);
  brokers.forEach((volumes, broker) => scenario.addBroker(broker, volumes));
  await scenario.pass(5 * minuteMs);
  return scenario;
}

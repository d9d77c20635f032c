/**
 * Simulated EC2 and EBS: instances, volumes, their modifications. Everything a test or scenario does to the world comes
 * through the methods below; everything the code under test does comes through `handle`.
 */
import type { VolumeType } from '../../functions/gateways/types.ts';
import type { SimulatedCloud } from './cloud.ts';
import {
  instanceOutput,
  modificationOutput,
  volumeOutput,
  type Instance,
  type InstanceState,
  type Modification,
  type Settings,
  type Volume,
} from './ec2/model.ts';
import { Modifications, type ModificationSwitches } from './ec2/modify.ts';
import { page, select } from './ec2/query.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';

export type { Instance, Modification, Volume } from './ec2/model.ts';

/** A terminated instance is shown for about an hour [EC2 guide terminating-instances]. */
const terminatedShownMs = 3_600_000;
/** SDK ec2 DescribeInstancesRequest, DescribeVolumesRequest, DescribeVolumesModificationsRequest: MaxResults. */
const instancesPageMax = 1_000;
const volumesPageMax = 500;

export class SimulatedEc2 implements Service {
  readonly name = 'ec2';
  readonly #cloud: SimulatedCloud;
  readonly #instances = new Map<string, Instance>();
  readonly #volumes = new Map<string, Volume>();
  readonly #modifications: Modifications;

  constructor(cloud: SimulatedCloud) {
    this.#cloud = cloud;
    this.#modifications = new Modifications(cloud, () => this.#volumes.values());
  }

  /** Faults and undocumented behaviour, to be set. */
  get switches(): ModificationSwitches {
    return this.#modifications.switches;
  }

  // The world

  createInstance(options: {
    instanceId?: string;
    tags?: Record<string, string>;
    instanceType?: string;
    availabilityZone?: string;
    rootDeviceName?: string;
    /** A root volume of this size is made and attached; 0: none. */
    rootGib?: number;
  }): Instance {
    const instance: Instance = {
      instanceId: options.instanceId ?? this.#cloud.newId('i'),
      state: 'running',
      instanceType: options.instanceType ?? 'm7g.large',
      availabilityZone: options.availabilityZone ?? `${this.#cloud.region}a`,
      rootDeviceName: options.rootDeviceName ?? '/dev/xvda',
      tags: { ...options.tags },
      launchedAtMs: this.#cloud.clock.nowMs(),
      history: [{ atMs: this.#cloud.clock.nowMs(), state: 'running' }],
    };
    this.#instances.set(instance.instanceId, instance);
    const rootGib = options.rootGib ?? 8;
    if (rootGib > 0) {
      const root = this.createVolume({ sizeGib: rootGib, availabilityZone: instance.availabilityZone });
      this.attach(root.volumeId, instance.instanceId, instance.rootDeviceName, { deleteOnTermination: true });
    }
    return instance;
  }

  createVolume(options: {
    volumeId?: string;
    sizeGib: number;
    type?: VolumeType;
    iops?: number;
    throughputMibps?: number;
    availabilityZone?: string;
    tags?: Record<string, string>;
    multiAttach?: boolean;
    managedBy?: string;
  }): Volume {
    const type = options.type ?? 'gp3';
    const iops = options.iops ?? (type === 'gp3' ? 3_000 : undefined);
    const throughputMibps = options.throughputMibps ?? (type === 'gp3' ? 125 : undefined);
    const volume: Volume = {
      volumeId: options.volumeId ?? this.#cloud.newId('vol'),
      sizeGib: options.sizeGib,
      deviceGib: options.sizeGib,
      type,
      ...(iops === undefined ? {} : { iops }),
      ...(throughputMibps === undefined ? {} : { throughputMibps }),
      state: 'available',
      availabilityZone: options.availabilityZone ?? `${this.#cloud.region}a`,
      tags: { ...options.tags },
      createdAtMs: this.#cloud.clock.nowMs(),
      multiAttach: options.multiAttach ?? false,
      ...(options.managedBy === undefined ? {} : { managedBy: options.managedBy }),
      attachments: [],
      modifications: [],
    };
    this.#volumes.set(volume.volumeId, volume);
    return volume;
  }

  attach(
    volumeId: string,
    instanceId: string,
    deviceName: string,
    { deleteOnTermination = false }: { deleteOnTermination?: boolean } = {},
  ): void {
    const volume = this.volume(volumeId);
    this.instance(instanceId);
    if (volume.attachments.length > 0 && !volume.multiAttach) throw new Error(`${volumeId} is attached already`);
    volume.attachments.push({ instanceId, deviceName, attachedAtMs: this.#cloud.clock.nowMs(), deleteOnTermination });
    volume.state = 'in-use';
  }

  detach(volumeId: string, instanceId: string): void {
    const volume = this.volume(volumeId);
    volume.attachments = volume.attachments.filter((attachment) => attachment.instanceId !== instanceId);
    if (volume.attachments.length === 0) volume.state = 'available';
  }

  setInstanceState(instanceId: string, state: Exclude<InstanceState, 'terminated'>): void {
    const instance = this.instance(instanceId);
    instance.state = state;
    instance.history.push({ atMs: this.#cloud.clock.nowMs(), state });
  }

  /** Volumes that are not deleted with it stay behind as `available` (S10). */
  terminate(instanceId: string): void {
    const instance = this.instance(instanceId);
    instance.state = 'terminated';
    instance.terminatedAtMs = this.#cloud.clock.nowMs();
    instance.history.push({ atMs: instance.terminatedAtMs, state: 'terminated' });
    for (const volume of this.#volumes.values()) {
      const attachment = volume.attachments.find((one) => one.instanceId === instanceId);
      if (attachment === undefined) continue;
      this.detach(volume.volumeId, instanceId);
      if (attachment.deleteOnTermination && volume.attachments.length === 0) this.#volumes.delete(volume.volumeId);
    }
  }

  /** A change by somebody else: the same rules, no IAM, no request limits, no record of a call. */
  foreignModify(volumeId: string, change: Partial<Settings>): Modification {
    return this.#modifications.begin(this.volume(volumeId), change, true);
  }

  /** @throws Error when the test asks for what isn't there */
  instance(instanceId: string): Instance {
    const instance = this.#instances.get(instanceId);
    if (instance === undefined) throw new Error(`no instance ${instanceId} in the simulation`);
    return instance;
  }

  volume(volumeId: string): Volume {
    const volume = this.#volumes.get(volumeId);
    if (volume === undefined) throw new Error(`no volume ${volumeId} in the simulation`);
    return volume;
  }

  instances(): Instance[] {
    return [...this.#instances.values()];
  }

  volumes(): Volume[] {
    return [...this.#volumes.values()];
  }

  volumesOf(instanceId: string): Volume[] {
    return this.volumes().filter((volume) => volume.attachments.some((one) => one.instanceId === instanceId));
  }

  // The API

  authorize({ operation, input }: Call): Authorization[] {
    const action = `ec2:${operation}`;
    const { region, account } = this.#cloud;
    const context: Record<string, string> = { 'ec2:Region': region };
    // Describe* know no resources (service authorization reference, Amazon EC2).
    if (operation !== 'ModifyVolume') return [{ action, resources: ['*'], context }];
    const volumeId = input['VolumeId'] as string;
    const volume = this.#volumes.get(volumeId);
    if (volume !== undefined) {
      context['ec2:VolumeID'] = volumeId;
      context['ec2:VolumeSize'] = String(volume.sizeGib);
      context['ec2:VolumeType'] = volume.type;
      context['ec2:AvailabilityZone'] = volume.availabilityZone;
      for (const [key, value] of Object.entries(volume.tags)) {
        context[`aws:ResourceTag/${key}`] = value;
        context[`ec2:ResourceTag/${key}`] = value;
      }
    }
    return [{ action, resources: [`arn:aws:ec2:${region}:${account}:volume/${volumeId}`], context }];
  }

  handle({ operation, input }: Call): unknown {
    switch (operation) {
      case 'DescribeInstances':
        return this.#describeInstances(input);
      case 'DescribeVolumes':
        return this.#describeVolumes(input);
      case 'DescribeVolumesModifications':
        return this.#describeModifications(input);
      case 'ModifyVolume':
        return this.#modifyVolume(input);
      default:
        throw new Error(`the simulated EC2 does not know ${operation}`);
    }
  }

  #describeInstances(input: Record<string, unknown>): unknown {
    const ids = idsOf(input, 'InstanceIds');
    if (ids !== undefined && input['MaxResults'] !== undefined) {
      throw new AwsError(
        'InvalidParameterCombination',
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    }
    const nowMs = this.#cloud.clock.nowMs();
    const shown = byId(
      this.instances().filter(({ terminatedAtMs }) => nowMs < (terminatedAtMs ?? nowMs) + terminatedShownMs),
      ({ instanceId }) => instanceId,
    );
    const chosen = pick(shown, ids, ({ instanceId }) => instanceId, 'InvalidInstanceID.NotFound', 'instance ID');
    const matching = select(chosen, input['Filters'], (instance, name) => {
      if (name === 'instance-id') return [instance.instanceId];
      if (name === 'instance-state-name') return [instance.state];
      if (name === 'instance-type') return [instance.instanceType];
      return name === 'availability-zone' ? [instance.availabilityZone] : undefined;
    });
    const { items, ...token } = page(matching, input, instancesPageMax);
    return {
      Reservations: items.map((instance) => ({
        ReservationId: instance.instanceId.replace('i-', 'r-'),
        OwnerId: this.#cloud.account,
        Instances: [instanceOutput(instance, this.volumesOf(instance.instanceId))],
      })),
      ...token,
    };
  }

  #describeVolumes(input: Record<string, unknown>): unknown {
    const ids = idsOf(input, 'VolumeIds');
    if (ids !== undefined && input['MaxResults'] !== undefined) {
      throw new AwsError(
        'InvalidParameterCombination',
        'The parameter volumeSet cannot be used with the parameter maxResults',
      );
    }
    const all = byId(this.volumes(), ({ volumeId }) => volumeId);
    const chosen = pick(all, ids, ({ volumeId }) => volumeId, 'InvalidVolume.NotFound', 'volume');
    const matching = select(chosen, input['Filters'], (volume, name) => {
      if (name === 'volume-id') return [volume.volumeId];
      if (name === 'attachment.instance-id') return volume.attachments.map(({ instanceId }) => instanceId);
      if (name === 'attachment.device') return volume.attachments.map(({ deviceName }) => deviceName);
      if (name === 'status') return [volume.state];
      if (name === 'volume-type') return [volume.type];
      if (name === 'size') return [String(volume.sizeGib)];
      return name === 'availability-zone' ? [volume.availabilityZone] : undefined;
    });
    const { items, ...token } = page(matching, input, volumesPageMax);
    return { Volumes: items.map(volumeOutput), ...token };
  }

  #describeModifications(input: Record<string, unknown>): unknown {
    const ids = idsOf(input, 'VolumeIds');
    const all = byId(this.volumes(), ({ volumeId }) => volumeId);
    const chosen = pick(all, ids, ({ volumeId }) => volumeId, 'InvalidVolume.NotFound', 'volume');
    const nowMs = this.#cloud.clock.nowMs();
    // Only the newest of each volume (aws-facts 2.1).
    const newest = chosen.flatMap(({ volumeId, modifications }) => {
      const modification = modifications.at(-1);
      return modification === undefined ? [] : [{ volumeId, modification }];
    });
    const asked = ids?.find((id) => !newest.some(({ volumeId }) => volumeId === id));
    if (asked !== undefined) {
      // Asking by id for a volume that never was modified: csi treats this code as "none" (pkg/cloud, isAWSErrorModificationNotFound).
      throw new AwsError('InvalidVolumeModification.NotFound', `Modification for volume '${asked}' does not exist.`);
    }
    const matching = select(newest, input['Filters'], ({ volumeId, modification }, name) => {
      if (name === 'volume-id') return [volumeId];
      if (name === 'modification-state') return [modification.state];
      if (name === 'original-size') return [String(modification.original.sizeGib)];
      return name === 'target-size' ? [String(modification.target.sizeGib)] : undefined;
    });
    const { items, ...token } = page(matching, input, volumesPageMax);
    return {
      VolumesModifications: items.map(({ volumeId, modification }) =>
        modificationOutput(volumeId, modification, nowMs),
      ),
      ...token,
    };
  }

  #modifyVolume(input: Record<string, unknown>): unknown {
    const volumeId = input['VolumeId'] as string;
    const volume = this.#volumes.get(volumeId);
    if (volume === undefined) throw notFound('InvalidVolume.NotFound', 'volume', volumeId);
    const modification = this.#modifications.begin(
      volume,
      {
        ...(input['Size'] === undefined ? {} : { sizeGib: input['Size'] as number }),
        ...(input['VolumeType'] === undefined ? {} : { type: input['VolumeType'] as VolumeType }),
        ...(input['Iops'] === undefined ? {} : { iops: input['Iops'] as number }),
        ...(input['Throughput'] === undefined ? {} : { throughputMibps: input['Throughput'] as number }),
      },
      false,
    );
    return { VolumeModification: modificationOutput(volumeId, modification, this.#cloud.clock.nowMs()) };
  }
}

function idsOf(input: Record<string, unknown>, name: string): string[] | undefined {
  const ids = input[name] as string[] | undefined;
  return ids === undefined || ids.length === 0 ? undefined : ids;
}

function byId<T>(items: readonly T[], id: (item: T) => string): T[] {
  return [...items].sort((a, b) => (id(a) < id(b) ? -1 : 1));
}

function pick<T>(
  items: readonly T[],
  ids: readonly string[] | undefined,
  id: (item: T) => string,
  code: string,
  what: string,
): readonly T[] {
  if (ids === undefined) return items;
  const byId = new Map(items.map((item) => [id(item), item]));
  return ids.map((wanted) => {
    const item = byId.get(wanted);
    if (item === undefined) throw notFound(code, what, wanted);
    return item;
  });
}

function notFound(code: string, what: string, id: string): AwsError {
  return new AwsError(code, `The ${what} '${id}' does not exist.`);
}

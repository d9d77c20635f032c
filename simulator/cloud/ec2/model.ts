/** What EC2 keeps: instances, volumes, attachments and modifications. Sizes are GiB, times epoch milliseconds. */
import type { VolumeType } from '../../../functions/gateways/types.ts';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

export interface Instance {
  instanceId: string;
  state: InstanceState;
  instanceType: string;
  availabilityZone: string;
  rootDeviceName: string;
  tags: Record<string, string>;
  launchedAtMs: number;
  terminatedAtMs?: number;
  /** Every state since launch, oldest first. */
  history: { atMs: number; state: InstanceState }[];
}

export interface Attachment {
  instanceId: string;
  deviceName: string;
  attachedAtMs: number;
  deleteOnTermination: boolean;
}

export interface Volume {
  volumeId: string;
  /** What DescribeVolumes shows: the target from the moment a modification is accepted (S4). */
  sizeGib: number;
  /** What the operating system's block device has: the target from `optimizing` on. */
  deviceGib: number;
  type: VolumeType;
  iops?: number;
  throughputMibps?: number;
  state: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  availabilityZone: string;
  tags: Record<string, string>;
  createdAtMs: number;
  multiAttach: boolean;
  /** The AWS service that owns it, e.g. `eks.amazonaws.com`. */
  managedBy?: string;
  attachments: Attachment[];
  /** Every accepted one, oldest first. The API shows only the last. */
  modifications: Modification[];
}

export interface Settings {
  sizeGib: number;
  type: VolumeType;
  iops?: number;
  throughputMibps?: number;
}

export interface Modification {
  state: 'modifying' | 'optimizing' | 'completed' | 'failed';
  original: Settings;
  target: Settings;
  startedAtMs: number;
  /** When `optimizing` began. */
  optimizingAtMs?: number;
  /** When it is to be completed, from `optimizing` on. */
  completesAtMs?: number;
  endedAtMs?: number;
  statusMessage?: string;
  requestId: string;
  /** Made by somebody else than the caller of an API. */
  foreign: boolean;
}

const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const tagList = (tags: Record<string, string>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** The state at a moment; undefined before launch. */
export function stateAt({ history }: Instance, atMs: number): InstanceState | undefined {
  return history.findLast((entry) => entry.atMs <= atMs)?.state;
}

/** As in DescribeInstances. */
export function instanceOutput(instance: Instance, volumes: readonly Volume[]): Record<string, unknown> {
  return {
    InstanceId: instance.instanceId,
    InstanceType: instance.instanceType,
    State: { Code: stateCodes[instance.state], Name: instance.state },
    LaunchTime: new Date(instance.launchedAtMs),
    Placement: { AvailabilityZone: instance.availabilityZone },
    RootDeviceName: instance.rootDeviceName,
    RootDeviceType: 'ebs',
    BlockDeviceMappings: volumes.flatMap((volume) =>
      volume.attachments
        .filter((attachment) => attachment.instanceId === instance.instanceId)
        .map((attachment) => ({
          DeviceName: attachment.deviceName,
          Ebs: {
            VolumeId: volume.volumeId,
            Status: 'attached',
            AttachTime: new Date(attachment.attachedAtMs),
            DeleteOnTermination: attachment.deleteOnTermination,
          },
        })),
    ),
    Tags: tagList(instance.tags),
  };
}

/** As in DescribeVolumes. */
export function volumeOutput(volume: Volume): Record<string, unknown> {
  return {
    VolumeId: volume.volumeId,
    Size: volume.sizeGib,
    VolumeType: volume.type,
    ...(volume.iops === undefined ? {} : { Iops: volume.iops }),
    ...(volume.throughputMibps === undefined ? {} : { Throughput: volume.throughputMibps }),
    State: volume.state,
    AvailabilityZone: volume.availabilityZone,
    CreateTime: new Date(volume.createdAtMs),
    Encrypted: true,
    MultiAttachEnabled: volume.multiAttach,
    ...(volume.managedBy === undefined ? {} : { Operator: { Managed: true, Principal: volume.managedBy } }),
    Attachments: volume.attachments.map((attachment) => ({
      VolumeId: volume.volumeId,
      InstanceId: attachment.instanceId,
      Device: attachment.deviceName,
      State: 'attached',
      AttachTime: new Date(attachment.attachedAtMs),
      DeleteOnTermination: attachment.deleteOnTermination,
    })),
    Tags: tagList(volume.tags),
  };
}

/** As in ModifyVolume and DescribeVolumesModifications. */
export function modificationOutput(
  volumeId: string,
  modification: Modification,
  nowMs: number,
): Record<string, unknown> {
  const { original, target, optimizingAtMs, completesAtMs } = modification;
  let progress = modification.state === 'completed' ? 100 : 0;
  if (modification.state === 'optimizing' && optimizingAtMs !== undefined && completesAtMs !== undefined) {
    progress = Math.min(99, Math.floor((100 * (nowMs - optimizingAtMs)) / (completesAtMs - optimizingAtMs)));
  }
  return {
    VolumeId: volumeId,
    ModificationState: modification.state,
    OriginalSize: original.sizeGib,
    OriginalVolumeType: original.type,
    ...(original.iops === undefined ? {} : { OriginalIops: original.iops }),
    ...(original.throughputMibps === undefined ? {} : { OriginalThroughput: original.throughputMibps }),
    TargetSize: target.sizeGib,
    TargetVolumeType: target.type,
    ...(target.iops === undefined ? {} : { TargetIops: target.iops }),
    ...(target.throughputMibps === undefined ? {} : { TargetThroughput: target.throughputMibps }),
    Progress: progress,
    StartTime: new Date(modification.startedAtMs),
    ...(modification.endedAtMs === undefined ? {} : { EndTime: new Date(modification.endedAtMs) }),
    ...(modification.statusMessage === undefined ? {} : { StatusMessage: modification.statusMessage }),
  };
}

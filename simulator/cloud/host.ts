/**
 * The brokers' operating systems, as far as storage goes: what lies between a volume and its file system, how large each
 * layer is, and how full the file system is. Growing the volume grows nothing else (S5).
 */
import type { FillModel } from '../fill/index.ts';
import type { SimulatedCloud } from './cloud.ts';
import type { SimulatedEc2 } from './ec2.ts';
import { stateAt } from './ec2/model.ts';

export type GrowableLayout = 'plain' | 'partition' | 'lvm' | 'partition-lvm';
/** Layouts that the scripts recognise and refuse (functions/storage/ec2/host/results.ts). */
export type RefusedLayout =
  | 'raid'
  | 'luks'
  | 'zfs'
  | 'btrfs'
  | 'lvm-striped'
  | 'lvm-several-pvs'
  | 'lvm-several-lvs'
  | 'several-partitions'
  | 'multiple-mounts'
  | 'not-mounted'
  | 'read-only'
  | 'unknown';
export type Layout = GrowableLayout | RefusedLayout;

export const growableLayouts: ReadonlySet<string> = new Set(['plain', 'partition', 'lvm', 'partition-lvm']);

const gib = 2 ** 30;
const mib = 2 ** 20;
const minute = 60_000;

/**
 * What `df` leaves out of the size: ext4's inode tables (256 bytes for each 16 KiB) and bitmaps, xfs's log. Round
 * numbers after mkfs's defaults, not measured.
 */
const overheadFraction = { ext4: 0.016, xfs: 0.005 } as const;

/** What a file system is filled by: a broker's data by the fill model, a root file system by nothing that moves. */
type Filled = 'model' | { usedFraction: number };

export interface HostFilesystem {
  instanceId: string;
  volumeId: string;
  mountPoint: string;
  layout: Layout;
  filesystem: 'ext4' | 'xfs';
  filesystemUuid: string;
  /** Kernel name; changes across reboots, so nothing may rely on it. */
  device: string;
  /** Size of the partition, 0 without one. */
  partitionBytes: number;
  /** Size of the logical volume, 0 without one. */
  logicalBytes: number;
  filled: Filled;
  mountedAtMs: number;
  /** `df`'s size since when, oldest first. */
  sizes: { atMs: number; bytes: number }[];
}

/** A minute in which the file system was full, counted by the minute. */
interface FullCount {
  minutes: number;
  countedUntilMs: number;
}

export class SimulatedHosts {
  readonly #cloud: SimulatedCloud;
  readonly #ec2: SimulatedEc2;
  readonly #fill: FillModel;
  readonly #filesystems = new Map<string, HostFilesystem>();
  readonly #full = new Map<string, FullCount>();
  readonly #mounted: ((host: HostFilesystem) => void)[] = [];
  /** Volumes that a run of the growing script works on. */
  readonly locked = new Set<string>();
  /** Makes a script fail or hang on this instance; undefined lets it work. Asked once a run. */
  scriptFault:
    | ((instanceId: string, script: 'inspect-volume' | 'grow-filesystem') => ScriptFault | undefined)
    | undefined;

  constructor(cloud: SimulatedCloud, ec2: SimulatedEc2, fill: FillModel) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#fill = fill;
  }

  /** Puts a file system on an attached volume, as large as the volume is now (or as `sizeGib` says: not grown yet). */
  mount(options: {
    instanceId: string;
    volumeId: string;
    mountPoint: string;
    layout?: Layout;
    filesystem?: 'ext4' | 'xfs';
    sizeGib?: number;
    /** Without it the fill model says. */
    usedFraction?: number;
  }): HostFilesystem {
    const { instanceId, volumeId, mountPoint, layout = 'plain', filesystem = 'xfs', usedFraction } = options;
    const nowMs = this.#cloud.clock.nowMs();
    const onInstance = [...this.#filesystems.values()].filter((one) => one.instanceId === instanceId).length;
    const host: HostFilesystem = {
      instanceId,
      volumeId,
      mountPoint,
      layout,
      filesystem,
      filesystemUuid: this.#cloud.uuid(),
      device: `nvme${onInstance + 1}n1`,
      partitionBytes: 0,
      logicalBytes: 0,
      filled: usedFraction === undefined ? 'model' : { usedFraction },
      mountedAtMs: nowMs,
      sizes: [],
    };
    const deviceBytes = (options.sizeGib ?? this.#ec2.volume(volumeId).deviceGib) * gib;
    growLayers(host, deviceBytes);
    host.sizes.push({ atMs: nowMs, bytes: filesystemBytes(host, deviceBytes) });
    this.#filesystems.set(volumeId, host);
    this.#full.set(volumeId, { minutes: 0, countedUntilMs: nowMs });
    for (const listen of this.#mounted) listen(host);
    return host;
  }

  /** Hears of every file system, those mounted already first. */
  onMount(listen: (host: HostFilesystem) => void): void {
    for (const host of this.#filesystems.values()) listen(host);
    this.#mounted.push(listen);
  }

  filesystem(volumeId: string): HostFilesystem | undefined {
    return this.#filesystems.get(volumeId);
  }

  filesystems(): HostFilesystem[] {
    return [...this.#filesystems.values()];
  }

  /** Those of an instance whose volume is attached to it. */
  filesystemsOf(instanceId: string): HostFilesystem[] {
    return this.filesystems().filter((host) => host.instanceId === instanceId && this.deviceBytes(host) !== undefined);
  }

  /** Size of the block device; undefined when the volume is no longer attached. */
  deviceBytes({ volumeId, instanceId }: HostFilesystem): number | undefined {
    const volume = this.#ec2.volumes().find((one) => one.volumeId === volumeId);
    if (volume === undefined || !volume.attachments.some((one) => one.instanceId === instanceId)) return undefined;
    return volume.deviceGib * gib;
  }

  /** As `df` shows it. */
  filesystemBytes(volumeId: string, atMs = this.#cloud.clock.nowMs()): number {
    return sizeAt(this.#of(volumeId), atMs);
  }

  /** As `df` shows it: demand, at most the size. */
  usedBytes(volumeId: string, atMs = this.#cloud.clock.nowMs()): number {
    const host = this.#of(volumeId);
    const bytes = sizeAt(host, atMs);
    return Math.floor(Math.min(this.#demand(host, bytes, atMs), bytes));
  }

  /** Makes every layer as large as what it lies on; what `steps` allows of it. Returns whether anything grew. */
  grow(volumeId: string, until: 'partition' | 'lvm' | 'filesystem'): boolean {
    const host = this.#of(volumeId);
    const deviceBytes = this.deviceBytes(host) ?? 0;
    const before = filesystemBytes(host, deviceBytes);
    const layered = growLayers(host, deviceBytes, until === 'partition' ? 'partition' : 'lvm');
    if (until !== 'filesystem') return layered;
    const bytes = filesystemBytes(host, deviceBytes);
    if (bytes <= sizeAt(host, this.#cloud.clock.nowMs())) return layered || bytes > before;
    this.minutesFull(volumeId); // up to now, at the old size
    host.sizes.push({ atMs: this.#cloud.clock.nowMs(), bytes });
    return true;
  }

  /** Minutes in which the file system was full, from mounting until now. */
  minutesFull(volumeId: string): number {
    const host = this.#of(volumeId);
    const count = this.#full.get(volumeId) as FullCount;
    const nowMs = this.#cloud.clock.nowMs();
    for (; count.countedUntilMs + minute <= nowMs; count.countedUntilMs += minute) {
      const bytes = sizeAt(host, count.countedUntilMs);
      if (this.#demand(host, bytes, count.countedUntilMs) >= bytes) count.minutes += 1;
    }
    return count.minutes;
  }

  /** Used percent as the CloudWatch agent measures it; undefined while the instance doesn't run or isn't mounted. */
  usedPercent(host: HostFilesystem, atMs: number): number | undefined {
    if (atMs < host.mountedAtMs || host.layout === 'not-mounted') return undefined;
    if (stateAt(this.#ec2.instance(host.instanceId), atMs) !== 'running') return undefined;
    const bytes = sizeAt(host, atMs);
    return (100 * Math.min(this.#demand(host, bytes, atMs), bytes)) / bytes;
  }

  #demand(host: HostFilesystem, bytes: number, atMs: number): number {
    return host.filled === 'model' ? this.#fill.usedBytes(host.volumeId, atMs) : host.filled.usedFraction * bytes;
  }

  #of(volumeId: string): HostFilesystem {
    const host = this.#filesystems.get(volumeId);
    if (host === undefined) throw new Error(`no file system on ${volumeId} in the simulation`);
    return host;
  }
}

/** `hang`: never ends by itself. An error: one of the script's codes; what it had done by then stays done. */
export type ScriptFault = 'hang' | { error: string; message?: string };

function sizeAt({ sizes }: HostFilesystem, atMs: number): number {
  for (let index = sizes.length - 1; index > 0; index--) {
    const size = sizes[index];
    if (size !== undefined && size.atMs <= atMs) return size.bytes;
  }
  return sizes[0]?.bytes ?? 0;
}

/** growpart, then pvresize and lvextend. True when a layer grew. */
function growLayers(host: HostFilesystem, deviceBytes: number, until: 'partition' | 'lvm' = 'lvm'): boolean {
  const { partitionBytes, logicalBytes } = host;
  if (host.layout.includes('partition')) host.partitionBytes = Math.max(partitionBytes, deviceBytes - 2 * mib);
  if (until === 'lvm' && host.layout.includes('lvm')) {
    const physical = host.partitionBytes > 0 ? host.partitionBytes : deviceBytes;
    host.logicalBytes = Math.max(logicalBytes, Math.floor((physical - mib) / (4 * mib)) * 4 * mib);
  }
  return host.partitionBytes > partitionBytes || host.logicalBytes > logicalBytes;
}

/** What `df` would show if the file system filled what it lies on. */
function filesystemBytes(host: HostFilesystem, deviceBytes: number): number {
  const node = host.logicalBytes > 0 ? host.logicalBytes : host.partitionBytes > 0 ? host.partitionBytes : deviceBytes;
  return Math.floor(node * (1 - overheadFraction[host.filesystem]));
}

/** How the disks of the world are now, whatever their kind. */
import type { Simulation } from '../deploy/boot.ts';
import type { WorldDisk } from './world.ts';

const gib = 2 ** 30;

export interface DiskState {
  usedGib: number;
  /** Of MSK as large as the volume: its file systems grow by themselves. */
  fileSystemGib: number;
  sizeGib: number;
}

export function stateOf({ clock, ec2, hosts, msk }: Simulation, disk: WorldDisk): DiskState {
  if (disk.kind === 'ec2') {
    const { volumeId } = disk;
    return {
      usedGib: hosts.usedBytes(volumeId) / gib,
      fileSystemGib: hosts.filesystemBytes(volumeId) / gib,
      sizeGib: ec2.volume(volumeId).sizeGib,
    };
  }
  const sizeGib = msk.cluster(disk.clusterArn).volumeGib ?? 0;
  const usedGib = msk.disks(disk.clusterArn).usedBytes(disk.brokerId, clock.nowMs()) / gib;
  return { usedGib, fileSystemGib: sizeGib, sizeGib };
}

export function minutesFull({ clock, hosts, msk }: Simulation, disk: WorldDisk): number {
  return disk.kind === 'ec2'
    ? hosts.minutesFull(disk.volumeId)
    : msk.disks(disk.clusterArn).minutesFull(disk.brokerId, clock.nowMs());
}

/** Changes of size that the services accepted, by anybody; those of brokers that grow together count once. */
export function growthsOf({ ec2, msk }: Simulation, disks: readonly WorldDisk[]): number {
  const byStorage = new Map(
    disks.map((disk) => [
      disk.storageId,
      disk.kind === 'ec2'
        ? ec2.volume(disk.volumeId).modifications.length
        : msk.cluster(disk.clusterArn).operations.filter(({ state }) => state === 'UPDATE_COMPLETE').length,
    ]),
  );
  return [...byStorage.values()].reduce((sum, count) => sum + count, 0);
}

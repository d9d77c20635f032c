/**
 * What the two scripts of functions/storage/ec2/host do on a broker, line by line as far as their answer goes: same
 * order of checks, same error and exit codes, same last line of JSON (results.ts reads both).
 */
import type { VirtualClock } from '../clock.ts';
import type { Random } from '../random.ts';
import { growableLayouts, type HostFilesystem, type ScriptFault, type SimulatedHosts } from './host.ts';

const gib = 2 ** 30;
const second = 1_000;

export interface ScriptResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** One run on one instance. Time passes on the clock; a run that SSM has killed goes on, unseen, to its end. */
export type HostScript = (instanceId: string, parameters: Readonly<Record<string, string>>) => Promise<ScriptResult>;

/** grow-filesystem.sh, `exit_code`. */
const exitCodes: Readonly<Record<string, number>> = {
  'bad-parameter': 10,
  'tool-missing': 11,
  'no-scratch': 12,
  busy: 13,
  'device-not-found': 14,
  'wrong-device': 15,
  'size-not-visible': 16,
  'not-mounted': 18,
  'mount-point-mismatch': 19,
  'partition-not-grown': 20,
  'lvm-failed': 21,
  'resize-failed': 22,
  'not-grown': 23,
  deadline: 24,
  interrupted: 25,
};

class ScriptError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function hostScripts(
  clock: VirtualClock,
  hosts: SimulatedHosts,
  random: Random,
): Record<'inspectVolume' | 'growFilesystem', HostScript> {
  const hang = () => clock.park<ScriptResult>(() => undefined);

  return {
    inspectVolume: async (instanceId, parameters) => {
      const fault = hosts.scriptFault?.(instanceId, 'inspect-volume');
      if (fault === 'hang') return hang();
      await clock.sleep(random.integer(200, 1_500));
      const script = { version: 1, script: 'inspect-volume' };
      if (fault !== undefined) return ended({ ...script, ...errorOf(fault) }, exitCodes[fault.error] ?? 25);
      const asked = parameters['VolumeIds'] ?? 'all';
      const all = hosts.filesystemsOf(instanceId).filter(({ mountPoint }) => mountPoint !== '/');
      const ids = asked === 'all' ? all.map(({ volumeId }) => volumeId) : asked.split(',');
      const volumes = ids.map((id) => describe(hosts, instanceId, id));
      return ended({ ...script, volumes }, 0);
    },

    growFilesystem: async (instanceId, parameters) => {
      const fault = hosts.scriptFault?.(instanceId, 'grow-filesystem');
      if (fault === 'hang') return hang();
      const volumeId = parameters['VolumeId'] ?? '';
      const script = { version: 1, script: 'grow-filesystem', volumeId };
      const steps: string[] = [];
      try {
        return ended({ ...script, ...(await grow(volumeId, instanceId, parameters, fault, steps)) }, 0);
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error;
        const exitCode = error.code.startsWith('layout-unsupported:') ? 17 : (exitCodes[error.code] ?? 25);
        return ended({ ...script, error: error.code, message: error.message, steps }, exitCode);
      }
    },
  };

  async function grow(
    volumeId: string,
    instanceId: string,
    parameters: Readonly<Record<string, string>>,
    fault: ScriptFault | undefined,
    steps: string[],
  ): Promise<Record<string, unknown>> {
    const waitUntilMs = clock.nowMs() + Number(parameters['SizeWaitSeconds'] ?? 60) * second;
    while (hosts.locked.has(volumeId)) {
      if (clock.nowMs() >= waitUntilMs) throw new ScriptError('busy', `another run works on ${volumeId}`);
      await clock.sleep(second);
    }
    hosts.locked.add(volumeId);
    try {
      return await growLocked(volumeId, instanceId, parameters, fault, steps);
    } finally {
      hosts.locked.delete(volumeId);
    }
  }

  async function growLocked(
    volumeId: string,
    instanceId: string,
    parameters: Readonly<Record<string, string>>,
    fault: ScriptFault | undefined,
    steps: string[],
  ): Promise<Record<string, unknown>> {
    const failAt = (...codes: string[]) => {
      if (typeof fault === 'object' && (codes.length === 0 || codes.includes(fault.error))) {
        throw new ScriptError(fault.error, fault.message ?? 'simulated failure');
      }
    };
    await clock.sleep(random.integer(100, 800));
    failAt('tool-missing', 'no-scratch', 'busy', 'device-not-found', 'wrong-device');
    const host = hosts.filesystem(volumeId);
    const attached = host !== undefined && host.instanceId === instanceId && hosts.deviceBytes(host) !== undefined;
    if (!attached) throw new ScriptError('device-not-found', `no NVMe device that is surely ${volumeId}`);

    failAt('size-not-visible');
    const deviceBytes = await sizeOf(host, parameters);
    failAt('not-mounted', 'mount-point-mismatch');
    checkLayout(host, parameters['MountPoint'] ?? '');
    const before = measure(hosts, volumeId);

    failAt('partition-not-grown');
    if (host.layout.includes('partition') && hosts.grow(volumeId, 'partition')) steps.push('growpart');
    failAt('lvm-failed');
    if (host.layout.includes('lvm') && hosts.grow(volumeId, 'lvm')) steps.push('pvresize', 'lvextend');
    await clock.sleep(random.integer(200, 3_000));
    failAt(); // whatever else is to fail, fails where the file system is grown
    if (hosts.grow(volumeId, 'filesystem')) steps.push(host.filesystem === 'ext4' ? 'resize2fs' : 'xfs_growfs');
    return {
      mountPoint: host.mountPoint,
      layout: host.layout,
      filesystem: host.filesystem,
      devicePath: `/dev/${host.device}`,
      deviceBytes,
      before,
      after: measure(hosts, volumeId),
      changed: steps.length > 0,
      steps,
    };
  }

  /** EC2 shows the new size before the kernel does. */
  async function sizeOf(host: HostFilesystem, parameters: Readonly<Record<string, string>>): Promise<number> {
    const minimumBytes = Number(parameters['MinimumGib']) * gib;
    const untilMs = clock.nowMs() + Number(parameters['SizeWaitSeconds'] ?? 60) * second;
    for (;;) {
      const bytes = hosts.deviceBytes(host) ?? 0;
      if (bytes >= minimumBytes) return bytes;
      if (clock.nowMs() >= untilMs) {
        throw new ScriptError('size-not-visible', `/dev/${host.device} has ${bytes} bytes, expected ${minimumBytes}`);
      }
      await clock.sleep(second);
    }
  }
}

function checkLayout(host: HostFilesystem, mountPoint: string): void {
  if (host.layout === 'not-mounted') throw new ScriptError('not-mounted', `/dev/${host.device} is not mounted`);
  if (!growableLayouts.has(host.layout)) {
    throw new ScriptError(`layout-unsupported:${host.layout}`, `/dev/${host.device} holds ${host.layout}`);
  }
  if (host.mountPoint !== mountPoint) {
    throw new ScriptError('mount-point-mismatch', `/dev/${host.device} is mounted at ${host.mountPoint}`);
  }
}

function measure(hosts: SimulatedHosts, volumeId: string): { filesystemBytes: number; usedBytes: number } {
  return { filesystemBytes: hosts.filesystemBytes(volumeId), usedBytes: hosts.usedBytes(volumeId) };
}

/** One entry of inspect-volume's answer. */
function describe(hosts: SimulatedHosts, instanceId: string, volumeId: string): Record<string, unknown> {
  const host = hosts.filesystem(volumeId);
  const deviceBytes = host === undefined ? undefined : hosts.deviceBytes(host);
  if (host === undefined || host.instanceId !== instanceId || deviceBytes === undefined) {
    return {
      volumeId,
      devicePath: null,
      deviceBytes: null,
      layout: 'unknown',
      supported: false,
      reason: 'device-not-found',
      filesystem: null,
      filesystemUuid: null,
      mountPoints: [],
      filesystemBytes: null,
      usedBytes: null,
    };
  }
  const { layout, partitionBytes, logicalBytes, filesystem, filesystemUuid, device, mountPoint } = host;
  const supported = growableLayouts.has(layout);
  // The scripts look for a file system only in layouts that they know the inside of.
  const isSeen = supported || layout === 'not-mounted' || layout === 'multiple-mounts' || layout === 'read-only';
  const isMounted = isSeen && layout !== 'not-mounted';
  return {
    volumeId,
    devicePath: `/dev/${device}`,
    deviceBytes,
    layout,
    supported,
    reason: supported ? null : layout,
    ...(supported && partitionBytes > 0 ? { partitionNumber: 1, partitionBytes } : {}),
    ...(supported && logicalBytes > 0
      ? {
          volumeGroup: 'data',
          physicalVolumeBytes: partitionBytes > 0 ? partitionBytes : deviceBytes,
          logicalVolume: 'kafka',
          logicalVolumeBytes: logicalBytes,
        }
      : {}),
    filesystem: isSeen ? filesystem : null,
    filesystemUuid: isSeen ? filesystemUuid : null,
    mountPoints: isMounted ? [mountPoint] : [],
    ...(isMounted ? measure(hosts, volumeId) : { filesystemBytes: null, usedBytes: null }),
  };
}

function errorOf(fault: Exclude<ScriptFault, 'hang'>): { error: string; message: string } {
  return { error: fault.error, message: fault.message ?? 'simulated failure' };
}

function ended(answer: object, exitCode: number): ScriptResult {
  return { stdout: `${JSON.stringify(answer)}\n`, stderr: '', exitCode };
}

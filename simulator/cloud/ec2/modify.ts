/**
 * The rules of ModifyVolume and the life of a modification. Sources: aws-facts 2.1 and 2.2, ModifyVolumeCommand.d.ts of
 * client-ec2 3.1169; what is marked [?] there and here is a switch or listed in docs/facts/rules.md.
 */
import type { VolumeType } from '../../../functions/gateways/types.ts';
import type { SimulatedCloud } from '../cloud.ts';
import { AwsError } from '../service.ts';
import type { Modification, Settings, Volume } from './model.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** aws-facts 2.1: SDK ec2 ModifyVolumeRequest. GiB, IOPS, MiB/s. */
const limits: Readonly<
  Record<VolumeType, { sizeGib: [number, number]; iops?: [number, number]; throughputMibps?: [number, number] }>
> = {
  gp3: { sizeGib: [1, 65_536], iops: [3_000, 80_000], throughputMibps: [125, 2_000] },
  gp2: { sizeGib: [1, 16_384] },
  io1: { sizeGib: [4, 16_384], iops: [100, 64_000] },
  io2: { sizeGib: [4, 65_536], iops: [100, 256_000] },
  st1: { sizeGib: [125, 16_384] },
  sc1: { sizeGib: [125, 16_384] },
  standard: { sizeGib: [1, 1_024] },
};

/** aws-facts 2.1: at most four in a rolling 24 h. */
const modificationsMax = 4;
const windowMs = 24 * hour;

/** Switches for what AWS may do but seldom does, and for both readings of what is not documented. */
export interface ModificationSwitches {
  /** This accepted modification ends in `failed`: the size stays. */
  fails: (volumeId: string) => boolean;
  /** How a refusal because of the rate says when: the newer text's wording is not documented, the older one had no time [?]. */
  rateText: 'time' | 'duration' | 'none' | 'old';
  /** `rate`: a previous modification that isn't completed is refused under the rate's code too [?]. */
  inProgressCode: 'state' | 'rate';
  /** Resource ARNs of events without their account (aws-facts 2.2). */
  emptyAccountInArn: boolean;
  /** Storage quota of the Region by type, GiB (defaults: Service Quotas, 50 TiB, io2 20 TiB [K]). */
  quotaGib: Record<VolumeType, number>;
  /** Duration of `modifying`; drawn 3–60 s by default ("usually a few seconds", EBS guide). */
  modifyingMs: ((volume: Volume) => number) | undefined;
  /** Duration of `optimizing`; drawn around 6 h per TiB by default, 5 min to 24 h (EBS guide monitoring-volume-modifications). */
  optimizingMs: ((volume: Volume) => number) | undefined;
}

export const defaultSwitches = (): ModificationSwitches => ({
  fails: () => false,
  rateText: 'time',
  inProgressCode: 'state',
  emptyAccountInArn: false,
  quotaGib: {
    gp2: 51_200,
    gp3: 51_200,
    io1: 51_200,
    io2: 20_480,
    st1: 51_200,
    sc1: 51_200,
    standard: 51_200,
  },
  modifyingMs: undefined,
  optimizingMs: undefined,
});

export class Modifications {
  readonly switches = defaultSwitches();
  readonly #cloud: SimulatedCloud;
  readonly #all: () => Iterable<Volume>;
  readonly #random;

  constructor(cloud: SimulatedCloud, all: () => Iterable<Volume>) {
    this.#cloud = cloud;
    this.#all = all;
    this.#random = cloud.random('ec2/modifications');
  }

  /**
   * Checks every rule, then begins the modification.
   * @throws AwsError
   */
  begin(volume: Volume, change: Partial<Settings>, foreign: boolean): Modification {
    const target = this.#target(volume, change);
    this.#checkState(volume);
    this.#checkTarget(volume, target);
    this.#checkRate(volume);
    this.#checkQuota(volume, target);

    const modification: Modification = {
      state: 'modifying',
      original: settingsOf(volume),
      target,
      startedAtMs: this.#cloud.clock.nowMs(),
      requestId: this.#cloud.uuid(),
      foreign,
    };
    volume.modifications.push(modification);
    apply(volume, target); // S4: shown at once, though the device follows later
    const modifyingMs = this.switches.modifyingMs?.(volume) ?? this.#random.integer(3 * second, minute);
    const fails = this.switches.fails(volume.volumeId);
    this.#cloud.clock.after(modifyingMs, () => {
      if (fails) this.#fail(volume, modification);
      else this.#optimize(volume, modification);
    });
    return modification;
  }

  /** Epoch ms from which on the rate allows another one. */
  rateAllowsAtMs(volume: Volume): number {
    const fourth = volume.modifications.at(-modificationsMax);
    return fourth === undefined ? 0 : fourth.startedAtMs + windowMs;
  }

  #optimize(volume: Volume, modification: Modification): void {
    const nowMs = this.#cloud.clock.nowMs();
    modification.state = 'optimizing';
    modification.optimizingAtMs = nowMs;
    volume.deviceGib = modification.target.sizeGib;
    const tib = volume.deviceGib / 1_024;
    const drawnMs = tib * 6 * hour * this.#random.between(0.7, 1.1);
    const durationMs = this.switches.optimizingMs?.(volume) ?? Math.round(clamp(drawnMs, 5 * minute, 24 * hour));
    modification.completesAtMs = nowMs + durationMs;
    this.#announce(volume, modification, 'optimizing');
    this.#cloud.clock.after(durationMs, () => {
      modification.state = 'completed';
      modification.endedAtMs = this.#cloud.clock.nowMs();
      this.#announce(volume, modification, 'completed');
    });
  }

  #fail(volume: Volume, modification: Modification): void {
    modification.state = 'failed';
    modification.endedAtMs = this.#cloud.clock.nowMs();
    modification.statusMessage = 'An internal error has occurred';
    apply(volume, modification.original);
    this.#announce(volume, modification, 'failed');
  }

  /** Shape: EBS guide ebs-cloud-watch-events, "EBS volume modification events". */
  #announce(volume: Volume, modification: Modification, result: string): void {
    const { region, account } = this.#cloud;
    const scope = this.switches.emptyAccountInArn ? `:${region}` : `${region}:${account}`;
    this.#cloud.publish({
      source: 'aws.ec2',
      'detail-type': 'EBS Volume Notification',
      resources: [`arn:aws:ec2:${scope}:volume/${volume.volumeId}`],
      detail: { result, cause: '', event: 'modifyVolume', 'request-id': modification.requestId },
    });
  }

  #target(volume: Volume, change: Partial<Settings>): Settings {
    const type = change.type ?? volume.type;
    const kept = settingsOf(volume);
    const iops = change.iops ?? (limits[type]?.iops === undefined ? undefined : kept.iops);
    const throughputMibps =
      change.throughputMibps ?? (limits[type]?.throughputMibps === undefined ? undefined : kept.throughputMibps);
    return {
      sizeGib: change.sizeGib ?? volume.sizeGib,
      type,
      ...(iops === undefined ? {} : { iops }),
      ...(throughputMibps === undefined ? {} : { throughputMibps }),
    };
  }

  #checkState(volume: Volume): void {
    if (volume.managedBy !== undefined) {
      throw new AwsError(
        'OperationNotPermitted',
        `The volume ${volume.volumeId} is managed by ${volume.managedBy} and cannot be modified`,
      );
    }
    if (volume.state !== 'in-use' && volume.state !== 'available') {
      throw new AwsError('IncorrectState', `The volume '${volume.volumeId}' is in state '${volume.state}'`);
    }
    const last = volume.modifications.at(-1);
    if (last === undefined || last.state === 'completed' || last.state === 'failed') return;
    if (this.switches.inProgressCode === 'rate') throw this.#rateExceeded(volume, 0);
    throw new AwsError(
      'IncorrectModificationState',
      `Volume ${volume.volumeId} cannot be modified in modification state ${last.state.toUpperCase()}`,
    );
  }

  #checkTarget(volume: Volume, target: Settings): void {
    const limit = limits[target.type];
    if (limit === undefined) {
      throw new AwsError('InvalidParameterValue', `Invalid value '${target.type}' for volumeType.`);
    }
    if (volume.multiAttach && volume.type === 'io1') {
      throw new AwsError('UnsupportedOperation', 'A Multi-Attach enabled io1 volume cannot be modified'); // [K]
    }
    if (!Number.isInteger(target.sizeGib)) {
      throw new AwsError('InvalidParameterValue', `Invalid value '${target.sizeGib}' for size`);
    }
    if (target.sizeGib < volume.sizeGib) {
      throw new AwsError('InvalidParameterValue', 'New size cannot be smaller than existing size');
    }
    within(target.sizeGib, limit.sizeGib, 'size', target.type);
    if (target.iops !== undefined) within(target.iops, limit.iops, 'iops', target.type);
    if (target.throughputMibps !== undefined) {
      within(target.throughputMibps, limit.throughputMibps, 'throughput', target.type);
    }
  }

  #checkRate(volume: Volume): void {
    const retryAtMs = this.rateAllowsAtMs(volume);
    if (this.#cloud.clock.nowMs() < retryAtMs) throw this.#rateExceeded(volume, retryAtMs);
  }

  #rateExceeded(volume: Volume, retryAtMs: number): AwsError {
    const nowMs = this.#cloud.clock.nowMs();
    // Rounded up: the time that is told must be late enough.
    const atText = `${new Date(Math.ceil(retryAtMs / second) * second).toISOString().slice(0, 19)}Z`;
    const minutes = Math.ceil((retryAtMs - nowMs) / minute);
    let when = '';
    if (retryAtMs > nowMs && this.switches.rateText === 'time') {
      when = ` You can modify volume ${volume.volumeId} again at ${atText}.`;
    } else if (retryAtMs > nowMs && this.switches.rateText === 'duration') {
      when = ` Try again in ${Math.floor(minutes / 60)} hours ${minutes % 60} minutes.`;
    }
    // The text before January 2026 (kubernetes#131397, openshift/runbooks#247).
    if (this.switches.rateText === 'old') when = ' Wait at least 6 hours between modifications per EBS volume.';
    const text = `You've reached the maximum modification rate per volume limit.${when}`;
    return new AwsError('VolumeModificationRateExceeded', text);
  }

  #checkQuota(volume: Volume, target: Settings): void {
    const quotaGib = this.switches.quotaGib[target.type];
    let usedGib = target.sizeGib;
    for (const other of this.#all()) {
      if (other !== volume && other.type === target.type) usedGib += other.sizeGib;
    }
    const grows = target.sizeGib > volume.sizeGib || target.type !== volume.type;
    if (!grows || usedGib <= quotaGib) return;
    throw new AwsError(
      'VolumeLimitExceeded',
      `You have exceeded your maximum ${target.type} storage limit of ${quotaGib} GiB in this region.`,
    );
  }
}

function settingsOf({ sizeGib, type, iops, throughputMibps }: Volume): Settings {
  return {
    sizeGib,
    type,
    ...(iops === undefined ? {} : { iops }),
    ...(throughputMibps === undefined ? {} : { throughputMibps }),
  };
}

function apply(volume: Volume, { sizeGib, type, iops, throughputMibps }: Settings): void {
  volume.sizeGib = sizeGib;
  volume.type = type;
  delete volume.iops;
  delete volume.throughputMibps;
  if (iops !== undefined) volume.iops = iops;
  if (throughputMibps !== undefined) volume.throughputMibps = throughputMibps;
}

function within(value: number, range: [number, number] | undefined, what: string, type: VolumeType): void {
  if (range !== undefined && value >= range[0] && value <= range[1]) return;
  const text = range === undefined ? 'is not supported' : `must be between ${range[0]} and ${range[1]}`;
  throw new AwsError('InvalidParameterValue', `Volume ${what} of ${value} ${text} for type ${type}.`);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

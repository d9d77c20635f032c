/**
 * The rules of UpdateBrokerStorage and UpdateStorage, and the life of an operation. Sources: aws-facts 1.1, 1.5, 1.6 and
 * the SDK's kafka types; what is marked [?] there is a switch here or listed in docs/facts/rules.md.
 *
 * No event tells that an operation ended (aws-facts 1.6).
 */
import type { SimulatedCloud } from '../cloud.ts';
import { AwsError } from '../service.ts';
import { isExpress, relatedArn, type Cluster, type StorageOperation, type StorageSettings } from './model.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** aws-facts 1.1, GiB. */
const stepGibMin = 10;
const sizeGibMax = 16_384;
/** aws-facts 1.1: at least 6 h, up to 24 h or more. */
const coolDownMs = { min: 6 * hour, max: 30 * hour };

/** What a request asks for; what is left out stays, but for throughput: see the switch. */
export interface StorageChange {
  volumeGib?: number;
  throughput?: { isEnabled: boolean; mibps?: number };
  storageMode?: 'LOCAL' | 'TIERED';
}

/** Both readings of what is not documented, and faults. */
export interface StorageSwitches {
  /** How a refusal in the cool-down reads: the exact sentence is not known [?]. `unknown` is a text that no table has. */
  coolDownText: 'optimizing' | 'unknown';
  /** What the cool-down is counted from: the operation's end or its acceptance [?]. */
  coolDownFrom: 'end' | 'start';
  /** Duration of the cool-down; drawn by default, 6 h and more by how much data lies on the fullest broker [?]. */
  coolDownMs: ((cluster: Cluster) => number) | undefined;
  /** Provisioned throughput that a request leaves out: kept or switched off [?]. */
  omittedThroughput: 'kept' | 'off';
  /** Duration of an operation; drawn 5 to 40 min by default [?]. */
  operationMs: ((cluster: Cluster) => number) | undefined;
  /** What the operation calls itself: known from a third party only [?]. */
  operationType: string;
}

export class ClusterStorage {
  readonly switches: StorageSwitches = {
    coolDownText: 'optimizing',
    coolDownFrom: 'end',
    coolDownMs: undefined,
    omittedThroughput: 'kept',
    operationMs: undefined,
    operationType: 'UPDATE_BROKER_STORAGE',
  };
  readonly #cloud: SimulatedCloud;
  readonly #random;
  readonly #usedTib: (cluster: Cluster) => number;
  readonly #changed: (cluster: Cluster) => void;
  readonly #failures = new Map<string, { code: string; message: string }>();
  readonly #listeners: ((operation: StorageOperation, cluster: Cluster) => void)[] = [];

  /**
   * @param usedTib data on the fullest broker
   * @param changed the cluster was updated: a new version, another state
   */
  constructor(cloud: SimulatedCloud, usedTib: (cluster: Cluster) => number, changed: (cluster: Cluster) => void) {
    this.#cloud = cloud;
    this.#random = cloud.random('msk/storage');
    this.#usedTib = usedTib;
    this.#changed = changed;
  }

  /** Hears of every accepted operation. */
  onUpdate(listen: (operation: StorageOperation, cluster: Cluster) => void): void {
    this.#listeners.push(listen);
  }

  /** The next operation of the cluster ends in UPDATE_FAILED and leaves the storage as it was. */
  failNext(clusterArn: string, error: { code: string; message: string }): void {
    this.#failures.set(clusterArn, error);
  }

  /**
   * Checks every rule, then begins the operation. The order of the checks is not documented.
   * @throws AwsError
   */
  begin(cluster: Cluster, currentVersion: string, change: StorageChange, by: string): StorageOperation {
    const { storage } = cluster;
    if (storage === undefined) {
      throw badRequest(
        `This operation isn't supported for ${isExpress(cluster) ? 'clusters with Express brokers' : 'serverless clusters'}.`,
      ); // own words [?]
    }
    if (cluster.state !== 'ACTIVE') {
      // Own words [?].
      throw badRequest(
        `The cluster is in the ${cluster.state} state. You can update a cluster only when it's in the ACTIVE state.`,
      );
    }
    if (currentVersion !== cluster.currentVersion) {
      throw badRequest("The version of the cluster isn't current. Check the current version and try again.");
    }
    const target = this.#target(storage, change);
    checkTarget(storage, target);
    if (this.#cloud.clock.nowMs() < cluster.storageAllowedAtMs) throw this.#coolDown();

    const operation: StorageOperation = {
      operationArn: relatedArn(cluster.clusterArn, 'cluster-operation', this.#cloud.uuid()),
      operationType: this.switches.operationType,
      state: 'PENDING',
      atMs: this.#cloud.clock.nowMs(),
      source: { ...storage },
      target,
      by,
    };
    cluster.operations.push(operation);
    cluster.activeOperationArn = operation.operationArn;
    this.#changed(cluster);
    this.#run(cluster, operation);
    for (const listen of this.#listeners) listen(operation, cluster);
    return operation;
  }

  #run(cluster: Cluster, operation: StorageOperation): void {
    const { clock } = this.#cloud;
    const pendingMs = this.#random.integer(5 * second, minute);
    const drawnMs = this.#random.integer(5 * minute, 40 * minute);
    const durationMs = this.switches.operationMs?.(cluster) ?? drawnMs;
    const failure = this.#failures.get(cluster.clusterArn);
    this.#failures.delete(cluster.clusterArn);
    clock.after(Math.min(pendingMs, durationMs - 1), () => {
      operation.state = 'UPDATE_IN_PROGRESS';
    });
    clock.after(durationMs, () => {
      operation.endedAtMs = clock.nowMs();
      cluster.activeOperationArn = undefined;
      if (failure === undefined) {
        operation.state = 'UPDATE_COMPLETE';
        this.#apply(cluster, operation);
      } else {
        operation.state = 'UPDATE_FAILED';
        operation.error = failure;
      }
      cluster.currentVersion = newVersion(this.#random);
      this.#changed(cluster);
    });
  }

  #apply(cluster: Cluster, { target, atMs }: StorageOperation): void {
    const nowMs = this.#cloud.clock.nowMs();
    if (target.volumeGib !== cluster.volumeGib) cluster.sizes.push({ atMs: nowMs, gib: target.volumeGib });
    cluster.storage = target;
    const drawnMs = coolDownMs.min * (1 + this.#usedTib(cluster) * this.#random.between(0.7, 1.3));
    const lastsMs = this.switches.coolDownMs?.(cluster) ?? Math.round(Math.min(coolDownMs.max, drawnMs));
    cluster.storageAllowedAtMs = (this.switches.coolDownFrom === 'start' ? atMs : nowMs) + lastsMs;
  }

  #target(storage: StorageSettings, change: StorageChange): StorageSettings {
    const { throughput } = change;
    const kept = this.switches.omittedThroughput === 'kept' ? storage.throughputMibps : undefined;
    const asked = throughput?.isEnabled === true ? throughput.mibps : undefined;
    const throughputMibps = throughput === undefined ? kept : asked;
    return {
      volumeGib: change.volumeGib ?? storage.volumeGib,
      storageMode: change.storageMode ?? storage.storageMode,
      ...(throughputMibps === undefined ? {} : { throughputMibps }),
    };
  }

  #coolDown(): AwsError {
    return badRequest(
      this.switches.coolDownText === 'optimizing'
        ? "You can't update the broker storage while storage is optimizing. Try again later."
        : 'Another request is not permitted at this time.',
    );
  }
}

function checkTarget(storage: StorageSettings, target: StorageSettings): void {
  const { volumeGib } = target;
  const isSame =
    volumeGib === storage.volumeGib &&
    target.throughputMibps === storage.throughputMibps &&
    target.storageMode === storage.storageMode;
  if (isSame) {
    throw badRequest(
      'The request does not include any updates to the EBS volumes of the cluster. Verify the request, then try again.',
    );
  }
  if (storage.storageMode === 'TIERED' && target.storageMode === 'LOCAL') {
    throw badRequest("The storage mode of a cluster can't be changed from TIERED to LOCAL."); // own words [?]
  }
  if (volumeGib === storage.volumeGib) return;
  if (!Number.isInteger(volumeGib) || volumeGib > sizeGibMax) {
    throw badRequest(`The volume size must be a whole number of GiB, at most ${sizeGibMax}.`); // own words [?]
  }
  if (volumeGib < storage.volumeGib + stepGibMin) {
    throw badRequest(`To update storage, you must increase it by at least ${stepGibMin} GiB.`);
  }
}

/** e.g. `KTVPDKIKX0DER` (aws-facts 1.1). */
export function newVersion(random: () => number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  return `K${Array.from({ length: 12 }, () => letters[Math.floor(random() * letters.length)]).join('')}`;
}

export function badRequest(message: string): AwsError {
  return new AwsError('BadRequestException', message, 400);
}

/** Lets the invariants watch a booted simulation: its calls, its ledger, its executions, its instants of rest. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { operator } from '../cloud/cloud.ts';
import type { SimulatedEc2, Volume } from '../cloud/ec2.ts';
import type { HostFilesystem, SimulatedHosts } from '../cloud/host.ts';
import type { Call } from '../cloud/service.ts';
import type { DeployedSystem } from '../deploy/simulation.ts';
import type { ExecutionView, InvariantWorld, Mutation, VolumeView } from './checker.ts';
import { Invariants } from './invariants.ts';
import { tellOfWrite, type LedgerItem } from './ledger-items.ts';

/** What is watched: `simulator/deploy/boot.ts`'s Simulation, or a part of it in tests. */
export interface Watched extends Pick<DeployedSystem, 'cloud' | 'clock' | 'deployment' | 'observe'> {
  ec2: SimulatedEc2;
  hosts: SimulatedHosts;
  /** Calls back for each item of the ledger's table that is written or deleted, unmarshalled. */
  onLedgerWrite(listen: (after: LedgerItem | undefined, before: LedgerItem | undefined) => void): void;
  /** Documents that only look: sending them is no mutation. */
  readOnlyDocuments: ReadonlySet<string>;
}

export interface WatchOptions {
  /** Whether the present part of the run may change nothing. */
  isDryRun?: () => boolean;
}

/** Length of an operation's id: the beginning of its execution's name (docs/design.md). */
const operationIdLength = 16;

/** From now on; `violations` fills as the simulation runs. */
export function watch(watched: Watched, fleet: Fleet, options: WatchOptions = {}): Invariants {
  const { cloud, deployment } = watched;
  const executions = new Map<string, ExecutionView>();
  const invariants = new Invariants(worldOf(watched, fleet, executions, options));

  deployment.states.observe({
    started(record) {
      executions.set(record.name.slice(0, operationIdLength), record);
      invariants.tell('executionStarted', record);
    },
    progressed: (record) => invariants.tell('executionProgressed', record),
    ended: (record) => invariants.tell('executionEnded', record),
  });
  watched.onLedgerWrite((after, before) => tellOfWrite(invariants, after, before));
  const mutations = new WeakMap<Call, Mutation>();
  cloud.observe({
    before(call) {
      const mutation = mutationOf(call, watched.readOnlyDocuments);
      if (mutation === undefined) return;
      mutations.set(call, mutation);
      invariants.tell('attempted', mutation);
    },
    after(call, outcome) {
      const mutation = mutations.get(call);
      if (mutation !== undefined && 'answer' in outcome) invariants.tell('accepted', mutation);
    },
  });
  watched.observe({ afterEach: () => invariants.tell('rested') });
  invariants.tell('deployed');
  return invariants;
}

/** Undefined for what reads, and for what the operator does. */
export function mutationOf(call: Call, readOnlyDocuments: ReadonlySet<string>): Mutation | undefined {
  const { service, operation, input, principal, atMs } = call;
  if (principal === operator) return undefined;
  const action = `${service}:${operation}`;
  if (action === 'ec2:ModifyVolume') {
    const size = input['Size'];
    return {
      action,
      volumeId: String(input['VolumeId']),
      sizeGib: typeof size === 'number' ? size : undefined,
      document: undefined,
      instanceIds: [],
      by: principal.name,
      atMs,
    };
  }
  if (action !== 'ssm:SendCommand') return undefined;
  const document = String(input['DocumentName']);
  if (readOnlyDocuments.has(document)) return undefined;
  const parameters = (input['Parameters'] ?? {}) as Record<string, string[]>;
  return {
    action,
    volumeId: parameters['VolumeId']?.[0] ?? '',
    sizeGib: undefined,
    document,
    instanceIds: (input['InstanceIds'] ?? []) as string[],
    by: principal.name,
    atMs,
  };
}

function worldOf(
  { ec2, hosts, clock, deployment }: Watched,
  fleet: Fleet,
  executions: ReadonlyMap<string, ExecutionView>,
  { isDryRun = () => false }: WatchOptions,
): InvariantWorld {
  const find = (volumeId: string): Volume | undefined => {
    try {
      return ec2.volume(volumeId);
    } catch {
      return undefined; // deleted with its instance
    }
  };
  const clusterOfInstance = (instanceId: string): string | undefined => {
    const { tags } = ec2.instance(instanceId);
    return fleet.clusters.find(({ brokers }) =>
      'tags' in brokers
        ? Object.entries(brokers.tags).every(([key, value]) => tags[key] === value)
        : brokers.instanceIds.includes(instanceId),
    )?.name;
  };
  // What a terminated broker left behind is no part of the cluster (S10).
  const isLive = (host: HostFilesystem): boolean =>
    hosts.deviceBytes(host) !== undefined && ec2.instance(host.instanceId).state !== 'terminated';
  return {
    fleet,
    nowMs: () => clock.nowMs(),
    volume: (volumeId) => viewOf(find(volumeId)),
    clusterOf(volumeId) {
      const [attachment] = find(volumeId)?.attachments ?? [];
      return attachment === undefined ? undefined : clusterOfInstance(attachment.instanceId);
    },
    dataVolumes(name) {
      const cluster = fleet.clusters.find((one) => one.name === name);
      if (cluster === undefined) return [];
      return hosts
        .filesystems()
        .filter(
          (host) =>
            cluster.mountPoints.includes(host.mountPoint) &&
            clusterOfInstance(host.instanceId) === name &&
            isLive(host),
        )
        .flatMap(({ volumeId }) => viewOf(find(volumeId)) ?? []);
    },
    executionOf: (operationId) => executions.get(operationId),
    machines: deployment.states.machines(),
    isDryRun,
  };
}

function viewOf(volume: Volume | undefined): VolumeView | undefined {
  if (volume === undefined) return undefined;
  const { volumeId, sizeGib, type, modifications } = volume;
  return {
    volumeId,
    sizeGib,
    type,
    modifications: modifications.map(({ state, original, target, startedAtMs, endedAtMs, foreign }) => ({
      state,
      originalGib: original.sizeGib,
      targetGib: target.sizeGib,
      startedAtMs,
      endedAtMs,
      foreign,
    })),
  };
}

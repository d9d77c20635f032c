/** The simulated account as invariants see it: both kinds of storage in one form, by the cloud's own record. */
import type { Fleet, MskCluster as FleetMskCluster } from '../../functions/fleet/fleet.ts';
import type { Volume } from '../cloud/ec2.ts';
import type { HostFilesystem } from '../cloud/host.ts';
import type { Cluster as MskCluster, SimulatedMsk } from '../cloud/msk.ts';
import type { Configs, ExecutionView, InvariantWorld, VolumeView } from './checker.ts';
import type { Watched, WatchOptions } from './watched.ts';

/** @param own storage operations of MSK that the system under test began */
export function worldOf(
  { ec2, hosts, msk, clock, deployment }: Watched,
  fleet: Fleet,
  executions: ReadonlyMap<string, ExecutionView>,
  own: ReadonlySet<string>,
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
    return fleet.clusters.find(
      (one) =>
        one.kind === 'ec2' &&
        ('tags' in one.brokers
          ? Object.entries(one.brokers.tags).every(([key, value]) => tags[key] === value)
          : one.brokers.instanceIds.includes(instanceId)),
    )?.name;
  };
  const mskClusterOf = (name: string): FleetMskCluster | undefined =>
    fleet.clusters.find((one): one is FleetMskCluster => one.kind === 'msk' && one.name === name);
  // What a terminated broker left behind is no part of the cluster (S10).
  const isLive = (host: HostFilesystem): boolean =>
    hosts.deviceBytes(host) !== undefined && ec2.instance(host.instanceId).state !== 'terminated';
  const volume = (volumeId: string): VolumeView | undefined => {
    const clusterArn = volumeId.startsWith('msk/') ? mskClusterOf(volumeId.slice(4))?.clusterArn : volumeId;
    const cluster = msk.clusters().find((one) => one.clusterArn === clusterArn);
    return cluster === undefined ? viewOf(find(volumeId)) : mskViewOf(volumeId, cluster, own);
  };
  return {
    fleet,
    nowMs: () => clock.nowMs(),
    volume,
    clusterOf(volumeId) {
      if (volumeId.startsWith('msk/')) return mskClusterOf(volumeId.slice(4))?.name;
      const [attachment] = find(volumeId)?.attachments ?? [];
      return attachment === undefined ? undefined : clusterOfInstance(attachment.instanceId);
    },
    dataVolumes(name) {
      const cluster = fleet.clusters.find((one) => one.name === name);
      if (cluster === undefined) return [];
      if (cluster.kind === 'msk') return [volume(`msk/${name}`) ?? []].flat();
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
    topicConfigs(cluster, topic) {
      return topicConfigsOf(msk, mskClusterOf(cluster)?.clusterArn ?? cluster, topic);
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
    volumes: 1,
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

/** Undefined where storage is elastic. */
function mskViewOf(
  volumeId: string,
  { volumeGib, brokers, operations }: MskCluster,
  own: ReadonlySet<string>,
): VolumeView | undefined {
  if (volumeGib === undefined) return undefined;
  const states = { UPDATE_COMPLETE: 'completed', UPDATE_FAILED: 'failed' } as const;
  return {
    volumeId,
    sizeGib: volumeGib,
    volumes: brokers,
    type: 'msk',
    modifications: operations.map(({ operationArn, state, source, target, atMs, endedAtMs }) => ({
      state: state in states ? states[state as keyof typeof states] : 'modifying',
      originalGib: source.volumeGib,
      targetGib: target.volumeGib,
      startedAtMs: atMs,
      endedAtMs,
      foreign: !own.has(operationArn),
    })),
  };
}

/** What holds for a topic now. */
export function topicConfigsOf(msk: SimulatedMsk, clusterArn: string, topic: string): Configs | undefined {
  const isThere =
    msk.clusters().some((one) => one.clusterArn === clusterArn) && msk.topicNames(clusterArn).includes(topic);
  return isThere ? msk.topicConfigs(clusterArn, topic) : undefined;
}

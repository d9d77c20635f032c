/** All brokers of all clusters in few calls: what a sweep begins with. Reads only. */
import type { Ec2Cluster } from '../../fleet/fleet.ts';
import type { EbsGateway, EbsVolume, VolumeModification } from '../../gateways/types.ts';
import type { Listed } from '../kind.ts';
import type { SeenBroker } from './look.ts';

export async function list(
  { ebs }: { ebs: EbsGateway },
  clusters: readonly Ec2Cluster[],
): Promise<Map<string, Listed<SeenBroker>[]>> {
  const brokers = await ebs.brokersOf(clusters.map((cluster) => cluster.brokers));
  const all = [...new Map(brokers.flat().map((broker) => [broker.instanceId, broker])).values()];
  const rootOf = new Map(all.map(({ instanceId, rootDeviceName }) => [instanceId, rootDeviceName]));
  const volumes = all.length === 0 ? [] : await ebs.dataVolumesOf(all);
  const ids = volumes.map(({ volumeId }) => volumeId);
  const modifications = new Map(
    (ids.length === 0 ? [] : await ebs.modifications(ids)).map((modification) => [modification.volumeId, modification]),
  );
  const byInstance = Map.groupBy(
    volumes.flatMap((volume) =>
      volume.attachments
        .filter(({ instanceId, deviceName, state }) => state !== 'detached' && deviceName !== rootOf.get(instanceId))
        .map(({ instanceId }) => ({ instanceId, volume })),
    ),
    ({ instanceId }) => instanceId,
  );
  return new Map(
    clusters.map((cluster, index) => [
      cluster.name,
      (brokers[index] ?? []).map((broker) =>
        listed(
          { broker, volumes: (byInstance.get(broker.instanceId) ?? []).map(({ volume }) => volume) },
          modifications,
        ),
      ),
    ]),
  );
}

function listed(
  seen: { broker: SeenBroker['broker']; volumes: EbsVolume[] },
  modifications: Map<string, VolumeModification>,
): Listed<SeenBroker> {
  return {
    volumes: seen.volumes.length,
    totalGib: seen.volumes.reduce((sum, { sizeGib }) => sum + sizeGib, 0),
    seen: {
      ...seen,
      modifications: seen.volumes.flatMap(({ volumeId }) => modifications.get(volumeId) ?? []),
    },
  };
}

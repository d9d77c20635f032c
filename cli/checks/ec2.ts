/** Whether the brokers on EC2, their mount points and metrics are as the fleet file says. Changes nothing. */
import type { Ec2Cluster } from '../../functions/fleet/fleet.ts';
import type { Inspection, VolumeRecord } from '../../functions/gateways/ledger/ledger.ts';
import type { Broker } from '../../functions/gateways/types.ts';
import type { Account } from '../account.ts';
import { findingsFor, type Finding, type MakeFinding } from './finding.ts';

export async function ec2Findings(account: Account, cluster: Ec2Cluster): Promise<Finding[]> {
  const finding = findingsFor(cluster.name);
  const brokers = await account.ebs.brokers(cluster.brokers);
  if (brokers.length === 0)
    return [finding('problem', 'no-brokers', `no live instance matches ${JSON.stringify(cluster.brokers)}`)];
  const findings = [
    finding('note', 'brokers', `${brokers.length} brokers: ${brokers.map(({ instanceId }) => instanceId).join(', ')}`),
  ];
  if ('instanceIds' in cluster.brokers) {
    const found = new Set(brokers.map(({ instanceId }) => instanceId));
    const missing = cluster.brokers.instanceIds.filter((id) => !found.has(id));
    if (missing.length > 0)
      findings.push(finding('problem', 'broker-missing', `not among the live instances: ${missing.join(', ')}`));
  }

  const places = await placesOf(account, cluster, brokers);
  for (const { broker, mountPoint, volumeId, uninspected } of places) {
    if (volumeId !== undefined) continue;
    findings.push(
      uninspected.length > 0
        ? finding(
            'note',
            'not-inspected',
            `${broker.instanceId} ${mountPoint}: not known yet which of ${uninspected.join(', ')} it is; the first sweep inspects them`,
          )
        : finding('problem', 'mount-point-missing', `${broker.instanceId}: no volume is mounted at ${mountPoint}`),
    );
  }
  return [...findings, ...(await metricFindings(account, cluster, places, finding))];
}

interface Place {
  broker: Broker;
  mountPoint: string;
  volumeId: string | undefined;
  /** Data volumes of the broker that no inspection has told the mount point of. */
  uninspected: string[];
}

/** Every mount point that the fleet file names on every broker, with its volume where an inspection has found it. */
async function placesOf(account: Account, cluster: Ec2Cluster, brokers: Broker[]): Promise<Place[]> {
  const records = new Map((await account.ledger.volumes(cluster.name)).map((record) => [record.volumeId, record]));
  return brokers.flatMap((broker) => {
    const attached = broker.blockDevices
      .filter(({ deviceName }) => deviceName !== broker.rootDeviceName)
      .map(({ volumeId }) => volumeId);
    const uninspected = attached.filter((volumeId) => inspectionOn(broker, records.get(volumeId)) === undefined);
    return cluster.mountPoints.map((mountPoint) => ({
      broker,
      mountPoint,
      volumeId: attached.find((volumeId) => inspectionOn(broker, records.get(volumeId))?.mountPoint === mountPoint),
      uninspected,
    }));
  });
}

function inspectionOn(broker: Broker, record: VolumeRecord | undefined): Inspection | undefined {
  return record?.inspection?.instanceId === broker.instanceId ? record.inspection : undefined;
}

/** Names each volume without a fresh data point: it would never grow. */
async function metricFindings(
  account: Account,
  cluster: Ec2Cluster,
  places: Place[],
  finding: MakeFinding,
): Promise<Finding[]> {
  const { metric, policy } = cluster;
  const running = places.filter(({ broker }) => broker.state === 'running');
  const nowMs = account.clock.nowMs();
  const series = await account.metrics.read(
    running.map(({ broker, mountPoint }, at) => ({
      id: `m${at}`,
      namespace: metric.namespace,
      name: metric.name,
      dimensions: { InstanceId: broker.instanceId, path: mountPoint },
      stat: 'Maximum',
      periodSeconds: metric.periodSeconds,
    })),
    nowMs - policy.metricAgeMinutesMax * 60_000,
    nowMs,
  );
  const findings: Finding[] = [];
  for (const [at, { broker, mountPoint, volumeId }] of running.entries()) {
    if ((series[at]?.values.length ?? 0) > 0) continue;
    const subject = `${volumeId ?? 'the volume'} (${broker.instanceId} ${mountPoint})`;
    const others = await account.dimensionsOf?.({ ...metric, instanceId: broker.instanceId });
    const hint =
      others === undefined || others.length === 0
        ? ''
        : `; it exists with the dimensions ${others.map((names) => `[${names.join(', ')}]`).join(' and ')}: the agent needs append_dimensions InstanceId, drop_device and an aggregation of [InstanceId, path]`;
    const message = `${subject} has no ${metric.namespace} ${metric.name} with dimensions InstanceId and path in the last ${policy.metricAgeMinutesMax} minutes${hint}`;
    findings.push(finding('problem', 'metric-missing', message));
  }
  return findings;
}

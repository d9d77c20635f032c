/** `validate [FILE]`: is the fleet file right, and with `--account`: does the account look as it says? Changes nothing. */
import type { Fleet, Ec2Cluster } from '../../functions/fleet/fleet.ts';
import type { Inspection, VolumeRecord } from '../../functions/gateways/ledger/ledger.ts';
import type { Broker } from '../../functions/gateways/types.ts';
import type { Account } from '../account.ts';
import type { Context } from '../context.ts';
import { fleetFileDefault, readFleet } from '../fleet-file.ts';
import { EXIT, type Outcome } from '../outcome.ts';

/** Something in the account that is not as the fleet file says. A note explains; a problem makes the verb fail. */
interface Finding {
  severity: 'problem' | 'note';
  cluster: string;
  /** Stable: `no-brokers`, `metric-missing`, `mount-point-missing`, `not-inspected`. */
  code: string;
  message: string;
}

export async function validate(
  context: Context,
  { file, account }: { file?: string; account?: boolean },
): Promise<Outcome> {
  const path = file ?? context.options.fleet ?? fleetFileDefault;
  const simulated =
    context.options.simulated !== undefined && file === undefined && context.options.fleet === undefined;
  const fleet = simulated ? (await context.account()).fleet : readFleet(path, (name) => context.readFile(name)).fleet;
  const summary = summaryOf(fleet);
  const named = simulated ? 'the simulated fleet' : path;
  if (account !== true)
    return { json: { valid: true, file: path, ...summary }, text: `${named} is valid: ${sentence(summary)}.` };

  const opened = await context.account();
  const findings: Finding[] = [];
  for (const cluster of fleet.clusters) findings.push(...(await findingsOf(opened, cluster)));
  const problems = findings.filter(({ severity }) => severity === 'problem');
  const shown = findings.map(({ severity, cluster, message }) => {
    const label = severity === 'problem' ? context.paint.red('problem') : context.paint.yellow('note');
    return `${label}  ${cluster}: ${message}`;
  });
  const verdict =
    problems.length === 0 ? 'The account looks as it says.' : `${problems.length} problems in the account.`;
  return {
    json: { valid: true, file: path, ...summary, findings },
    text: [`${named} is valid: ${sentence(summary)}.`, ...shown, verdict].join('\n'),
    exitCode: problems.length === 0 ? EXIT.ok : EXIT.failure,
  };
}

function summaryOf(fleet: Fleet): { fleet: string; clusters: number; acting: number } {
  const acting = fleet.clusters.filter(({ mode }) => mode === 'act').length;
  return { fleet: fleet.name, clusters: fleet.clusters.length, acting };
}

function sentence({ fleet, clusters, acting }: ReturnType<typeof summaryOf>): string {
  return `fleet ${fleet}, ${clusters} cluster${clusters === 1 ? '' : 's'}, ${acting} in mode act`;
}

async function findingsOf(account: Account, cluster: Ec2Cluster): Promise<Finding[]> {
  const finding = (severity: Finding['severity'], code: string, message: string): Finding => ({
    severity,
    cluster: cluster.name,
    code,
    message,
  });
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
  finding: (severity: Finding['severity'], code: string, message: string) => Finding,
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

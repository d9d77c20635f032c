/**
 * Whether the MSK clusters are there, can be grown at all, and are nobody else's to grow. Pages of clusters, targets and
 * metrics, no call per cluster. Changes nothing.
 */
import type { MskCluster as Declared } from '../../functions/fleet/fleet.ts';
import { partsOfArn } from '../../functions/fleet/schema.ts';
import type { MskCluster } from '../../functions/gateways/types.ts';
import { topicApiVersion } from '../../functions/relief/limits.ts';
import { sizeGibMaxOfMsk } from '../../functions/storage/msk/limits.ts';
import type { Account } from '../account.ts';
import { deregisterCommand } from '../clusters.ts';
import { type Finding, findingsFor } from './finding.ts';

type Provisioned = NonNullable<MskCluster['provisioned']>;

/** A cluster of Standard brokers, which has volumes that can grow. */
interface Standard {
  declared: Declared;
  cluster: MskCluster;
  provisioned: Provisioned & { volumeGib: number };
}

export async function mskFindings(account: Account, clusters: readonly Declared[]): Promise<Finding[]> {
  if (clusters.length === 0) return [];
  const arns = clusters.map(({ clusterArn }) => clusterArn);
  const [found, targets] = await Promise.all([account.msk.clusters(arns), account.scalingOwners.storageTargets(arns)]);
  const findings: Finding[] = [];
  const standard: Standard[] = [];
  for (const declared of clusters) {
    const kind = standardOf(
      declared,
      found.find(({ clusterArn }) => clusterArn === declared.clusterArn),
    );
    if ('code' in kind) {
      findings.push(kind);
      continue;
    }
    standard.push(kind);
    const target = targets.find(({ clusterArn }) => clusterArn === declared.clusterArn);
    findings.push(...stateOf(kind), ...ownerOf(declared, target), ...boundsOf(kind), ...weightsOf(kind));
  }
  return [...findings, ...(await metricFindings(account, standard))];
}

/** What kind of cluster it is: only Standard brokers have volumes (aws-facts 1.3). */
function standardOf(declared: Declared, cluster: MskCluster | undefined): Standard | Finding {
  const { name, clusterArn } = declared;
  const finding = findingsFor(name);
  if (cluster === undefined) {
    const { account, region, clusterName } = partsOfArn(clusterArn);
    const message =
      `account ${account} has no cluster ${clusterArn} in ${region}; one named ${clusterName} that was created anew ` +
      `has another ARN: aws kafka list-clusters-v2 --region ${region} --cluster-name-filter ${clusterName}`;
    return finding('problem', 'cluster-not-found', message);
  }
  const { provisioned } = cluster;
  if (provisioned === undefined) {
    const message = 'MSK Serverless has no volumes that could grow: take it out of the fleet file';
    return finding('problem', 'cluster-serverless', message);
  }
  const { instanceType, volumeGib } = provisioned;
  if (instanceType.startsWith('express.') || volumeGib === undefined) {
    const message = `${instanceType}: the storage of Express brokers is elastic, nothing has to grow: take it out of the fleet file`;
    return finding('problem', 'cluster-express', message);
  }
  return { declared, cluster, provisioned: { ...provisioned, volumeGib } };
}

function stateOf({ declared, cluster, provisioned }: Standard): Finding[] {
  const finding = findingsFor(declared.name);
  const { instanceType, brokers, volumeGib, storageMode, throughputMibps, kafkaVersion } = provisioned;
  const parts = [
    `${brokers} brokers ${instanceType} × ${volumeGib} GiB`,
    ...(kafkaVersion === undefined ? [] : [`Kafka ${kafkaVersion}`]),
    ...(throughputMibps === undefined ? [] : [`provisioned throughput ${throughputMibps} MiB/s`]),
    ...(storageMode === 'TIERED' ? ['tiered storage: only what is local fills these volumes'] : []),
  ];
  const seen = finding('note', 'brokers', parts.join(', '));
  const { state } = cluster;
  if (state === 'ACTIVE') return [seen];
  const lost = state === 'FAILED' || state === 'DELETING';
  return [
    seen,
    lost
      ? finding('problem', 'cluster-state', `the cluster is ${state}: it can't be grown`)
      : finding('note', 'cluster-not-active', `the cluster is ${state}: growth waits until it is ACTIVE`),
  ];
}

/** Two owners collide on the cool-down (aws-facts 1.4). */
function ownerOf(
  { name, clusterArn, takeOverFromAutoScaling }: Declared,
  target: { sizeGibMax: number } | undefined,
): Finding[] {
  if (target === undefined) return [];
  const finding = findingsFor(name);
  const grows = `Application Auto Scaling grows this storage up to ${target.sizeGibMax} GiB`;
  const command = `deregister it:\n  ${deregisterCommand(clusterArn)}`;
  return [
    takeOverFromAutoScaling
      ? finding('note', 'scaled-by-two', `${grows}, and takeOverFromAutoScaling is set; better ${command}`)
      : finding(
          'problem',
          'owned-by-auto-scaling',
          `${grows}; set takeOverFromAutoScaling: true, or better ${command}`,
        ),
  ];
}

/** Limits of the policy that no decision can satisfy, as far as they depend on what is there. */
function boundsOf({ declared, provisioned }: Standard): Finding[] {
  const { policy, name } = declared;
  const { brokers, volumeGib } = provisioned;
  const finding = findingsFor(name);
  const findings: Finding[] = [];
  // A smaller step is never taken (docs/fleet.md: at least MSK's 10 GiB).
  const stepGib = policy.stepGibMin;
  const dayGib = Math.floor(policy.growthGibPerDayMax / Math.max(1, brokers));
  if (dayGib < stepGib) {
    const message = `growthGibPerDayMax ${policy.growthGibPerDayMax} leaves ${dayGib} GiB a day for each of ${brokers} brokers, less than the smallest step of ${stepGib} GiB: it would never grow`;
    findings.push(finding('problem', 'day-too-small', message));
  }
  const sizeGibMax = Math.min(policy.sizeGibMax, sizeGibMaxOfMsk);
  if (volumeGib + stepGib > sizeGibMax) {
    const message = `${volumeGib} GiB a broker leave no step below sizeGibMax ${sizeGibMax}: a person is called when it fills`;
    findings.push(finding('note', 'at-size-limit', message));
  }
  const afterGib = (volumeGib + stepGib) * brokers;
  if (afterGib > policy.clusterGibMax) {
    const message = `${brokers} × ${volumeGib} GiB leave no step below clusterGibMax ${policy.clusterGibMax}: a person is called when it fills`;
    findings.push(finding('note', 'cluster-cap', message));
  }
  return findings;
}

/** What weighs most is known only by topic and broker (aws-facts 1.5). */
function weightsOf({ declared, provisioned }: Standard): Finding[] {
  const { retentionRelief, name } = declared;
  const finding = findingsFor(name);
  const findings: Finding[] = [];
  const { monitoring, kafkaVersion } = provisioned;
  if (!monitoring.startsWith('PER_TOPIC')) {
    const relief = retentionRelief.enabled
      ? 'retention relief finds hardly any to shorten and takes those that are named'
      : 'what makes one broker fuller than the others is not known';
    const message = `monitoring level ${monitoring} does not tell what a topic weighs: ${relief}. It takes PER_TOPIC_PER_BROKER, which is paid`;
    findings.push(finding('note', 'monitoring-level', message));
  }
  if (retentionRelief.enabled && isBefore(kafkaVersion, topicApiVersion)) {
    const message = `retention relief needs MSK's topic APIs, which need Kafka ${topicApiVersion.join('.')}; this is ${kafkaVersion}`;
    findings.push(finding('problem', 'no-topic-api', message));
  }
  return findings;
}

/** Undefined or unlike a version: not known to be. */
function isBefore(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (first === undefined) return false;
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}

/** Brokers without a fresh data point: their cluster would never grow. */
async function metricFindings({ metrics, clock }: Account, clusters: readonly Standard[]): Promise<Finding[]> {
  const nowMs = clock.nowMs();
  const findings: Finding[] = [];
  const byAge = Map.groupBy(clusters, ({ declared }) => declared.policy.metricAgeMinutesMax);
  for (const [ageMinutesMax, alike] of byAge) {
    const brokers = alike.flatMap(({ declared, cluster: { clusterName }, provisioned }) =>
      Array.from({ length: provisioned.brokers }, (_, at) => ({ name: declared.name, clusterName, brokerId: at + 1 })),
    );
    const series = await metrics.read(
      brokers.map(({ clusterName, brokerId }, at) => ({
        id: `m${at}`,
        namespace: 'AWS/Kafka',
        name: 'KafkaDataLogsDiskUsed',
        dimensions: { 'Cluster Name': clusterName, 'Broker ID': String(brokerId) },
        stat: 'Maximum',
        periodSeconds: 60,
      })),
      nowMs - ageMinutesMax * 60_000,
      nowMs,
    );
    const silent = brokers.filter((_, at) => (series[at]?.values.length ?? 0) === 0);
    for (const [name, missing] of Map.groupBy(silent, (broker) => broker.name)) {
      const ids = missing.map(({ brokerId }) => brokerId).join(', ');
      const message = `no AWS/Kafka KafkaDataLogsDiskUsed of broker ${ids} in the last ${ageMinutesMax} minutes: nothing grows by an old metric`;
      findings.push(findingsFor(name)('problem', 'metric-missing', message));
    }
  }
  return findings;
}

/** What a person is told when growth can't help: the time left, and what would, as commands. Pure. */
import type { Evidence, GrowthDecision } from './decision.ts';
import type { HeavyTopic } from './facts.ts';
import { hourMs } from './limits.ts';

interface Input {
  decision?: GrowthDecision | undefined;
  /** Forecasts are counted from here: the decision may be hours old (an approval that nobody answered). */
  nowMs: number;
  outcome: string;
  /** Its name in the fleet file. */
  cluster: string;
  volumeId: string;
  /** Of brokers on EC2. */
  instanceId?: string | undefined;
  /** Where Kafka's log directory of that volume is. */
  mountPoint?: string | undefined;
  /** Of an MSK cluster; absent where it was taken out of the fleet file. */
  clusterArn?: string | undefined;
  /** On the fullest broker, where it was asked for and the service tells. */
  heaviest?: readonly HeavyTopic[] | undefined;
}

export function adviceFor(input: Input): string[] {
  const lines = timeLeft(input.decision?.evidence, input.nowMs);
  return [...lines, ...(input.volumeId.startsWith('msk/') ? ofMsk(input) : ofEc2(input))];
}

function ofEc2({ outcome, cluster, volumeId, instanceId, mountPoint }: Input): string[] {
  const lines: string[] = [];
  if (isFull(outcome)) {
    const inThere = ` | select(.logDir | startswith("${mountPoint ?? '/data'}"))`;
    lines.push(...withoutLargerVolume('HOST:9092', 'BROKER', inThere), ...higherCap(outcome, cluster, volumeId));
  }
  if (outcome === 'host-unreachable' || outcome === 'inspection-impossible') {
    lines.push(
      `  the agent on the host: aws ssm describe-instance-information --filters Key=InstanceIds,Values=${instanceId ?? 'INSTANCE'}; on it: systemctl restart amazon-ssm-agent`,
    );
  }
  if (outcome === 'host-unreachable' || outcome === 'filesystem-not-grown' || outcome === 'host-busy') {
    lines.push(`  then only the file system: npx kafka-autopilot grow-filesystem ${volumeId} --yes`);
  }
  return lines;
}

/** What became of a change is seen in the operations; words that nobody knows are read there, too. */
const askTheService: ReadonlySet<string> = new Set([
  'unknown-text',
  'cool-down-endless',
  'modification-failed',
  'deadline-passed',
  'growth-not-shown',
  'answer-lost',
]);

function ofMsk({ decision, outcome, cluster, volumeId, clusterArn = 'ARN', heaviest = [] }: Input): string[] {
  const brokerId = fullestBroker(decision?.evidence);
  const broker = brokerId === undefined ? 'BROKER' : String(brokerId);
  const lines: string[] = [];
  if (outcome === 'skewed') lines.push(...rebalance(broker, heaviest, volumeId));
  else if (isFull(outcome) || outcome === 'cool-down-endless' || outcome === 'unknown-text')
    lines.push(...withoutLargerVolume('BOOTSTRAP', broker), ...higherCap(outcome, cluster, volumeId));
  if (askTheService.has(outcome)) {
    lines.push(
      `  what MSK says: aws kafka list-cluster-operations-v2 --cluster-arn ${clusterArn}`,
      `  whether it is ACTIVE: aws kafka describe-cluster-v2 --cluster-arn ${clusterArn}`,
      `  then, where it is: npx kafka-autopilot grow ${volumeId} --yes`,
    );
  }
  if (outcome === 'owned-by-auto-scaling') {
    lines.push(
      'Two owners would collide on the cool-down. One of:',
      `  no other owner: aws application-autoscaling deregister-scalable-target --service-namespace kafka --scalable-dimension kafka:broker-storage:VolumeSize --resource-id ${clusterArn}`,
      `  both, knowingly: takeOverFromAutoScaling: true for cluster ${cluster} in fleet.yaml, deployed`,
      `  only the other: cluster ${cluster} taken out of fleet.yaml`,
    );
  }
  if (outcome === 'cluster-not-found' || outcome === 'cluster-express' || outcome === 'cluster-serverless')
    lines.push(`  cluster ${cluster} taken out of fleet.yaml, or its clusterArn corrected: ${clusterArn}`);
  return lines;
}

function rebalance(broker: string, heaviest: readonly HeavyTopic[], volumeId: string): string[] {
  const known = heaviest.map(({ name, bytesInPerSecond, partitions, leads }) => {
    const led = leads.length === 0 ? '' : `, led there: ${leads.join(' ')}`;
    return `  ${name}: ${(bytesInPerSecond / 2 ** 20).toFixed(2)} MiB/s to broker ${broker}; partitions there: ${partitions.join(' ')}${led}`;
  });
  return [
    'More storage for all brokers would be bought for one. Move replicas off it:',
    ...(known.length === 0
      ? []
      : [`The topics that weigh most on broker ${broker}, by what is written to it:`, ...known]),
    largestPartitions('BOOTSTRAP', broker),
    moving('BOOTSTRAP'),
    `  or grow all the same: npx kafka-autopilot grow ${volumeId} --yes`,
  ];
}

function withoutLargerVolume(bootstrap: string, broker: string, inThere = ''): string[] {
  return [
    'What would help now, without a larger volume:',
    largestPartitions(bootstrap, broker, inThere),
    `  shorter retention: kafka-configs.sh --bootstrap-server ${bootstrap} --alter --entity-type topics --entity-name TOPIC --add-config retention.ms=86400000`,
    moving(bootstrap),
  ];
}

function largestPartitions(bootstrap: string, broker: string, inThere = ''): string {
  return `  the partitions that weigh most there: kafka-log-dirs.sh --bootstrap-server ${bootstrap} --describe --broker-list ${broker} | tail -1 | jq '.brokers[].logDirs[]${inThere} | .partitions | sort_by(-.size) | .[:10]'`;
}

function moving(bootstrap: string): string {
  return `  moving replicas: kafka-reassign-partitions.sh --bootstrap-server ${bootstrap} --reassignment-json-file plan.json --execute --throttle 50000000`;
}

function higherCap(outcome: string, cluster: string, volumeId: string): string[] {
  if (outcome === 'at-size-limit')
    return [
      `  a higher policy.sizeGibMax for cluster ${cluster} in fleet.yaml, deployed; then: npx kafka-autopilot grow ${volumeId} --yes`,
      ...(volumeId.startsWith('msk/') ? ['  where it is 16384 already, MSK has no larger volume: more brokers'] : []),
    ];
  if (outcome === 'cluster-cap')
    return [`  a higher policy.clusterGibMax or clusterUsdPerMonthMax for cluster ${cluster} in fleet.yaml, deployed`];
  return [];
}

function isFull(outcome: string): boolean {
  return (
    outcome === 'at-size-limit' ||
    outcome === 'cluster-cap' ||
    outcome === 'growth-barred' ||
    outcome.startsWith('approval-') ||
    outcome === 'volume-quota'
  );
}

/** Of an MSK cluster. */
export function fullestBroker(evidence: Evidence | undefined): number | undefined {
  const known = (evidence?.brokers ?? []).filter(({ usedFraction }) => usedFraction !== undefined);
  return known.toSorted((a, b) => (b.usedFraction ?? 0) - (a.usedFraction ?? 0))[0]?.brokerId;
}

function timeLeft(evidence: Evidence | undefined, nowMs: number): string[] {
  if (evidence?.usedFraction === undefined) return [];
  const used = `${Math.round(evidence.usedFraction * 100)} % of ${evidence.fileSystemGib ?? evidence.sizeGib} GiB used`;
  const hours = hoursLeft(evidence, nowMs);
  const full = hours === undefined ? 'not full within 30 days at this rate' : `full in ${hours} h at this rate`;
  return [`${used}, ${full}.`];
}

/** The forecast, counted from now; undefined: not within 30 days. */
export function hoursLeft({ fullInHours, metricAtMs }: Evidence, nowMs: number): number | undefined {
  if (fullInHours === undefined) return undefined;
  return Math.max(0, Math.round((fullInHours - (nowMs - (metricAtMs ?? nowMs)) / hourMs) * 10) / 10);
}

/** Whose storage it is, for a person. */
export function whatOf(input: {
  volumeId: string;
  instanceId?: string | undefined;
  mountPoint?: string | undefined;
  clusterArn?: string | undefined;
  evidence: Evidence | undefined;
}): string {
  const { volumeId, instanceId, mountPoint, clusterArn = volumeId, evidence } = input;
  if (!volumeId.startsWith('msk/'))
    return `Volume ${volumeId}${instanceId === undefined ? '' : ` of ${instanceId}`}${mountPoint === undefined ? '' : ` at ${mountPoint}`}.`;
  const size = evidence === undefined ? '' : `, ${evidence.volumes ?? '?'} brokers of ${evidence.sizeGib} GiB each`;
  const tiered = evidence?.storageMode === 'TIERED' ? ' (local storage; the remote tier is not counted)' : '';
  return `MSK cluster ${clusterArn}${size}${tiered}.`;
}

/** What a person is told when growth can't help: the time left, and what would, as commands. Pure. */
import type { Evidence, GrowthDecision } from './decision.ts';
import { hourMs } from './limits.ts';

/** @param mountPoint where Kafka's log directory of that volume is */
export function adviceFor(input: {
  decision?: GrowthDecision | undefined;
  /** Forecasts are counted from here: the decision may be hours old (an approval that nobody answered). */
  nowMs: number;
  outcome: string;
  cluster: string;
  volumeId: string;
  instanceId?: string | undefined;
  mountPoint?: string | undefined;
}): string[] {
  const { decision, nowMs, outcome, cluster, volumeId, instanceId, mountPoint } = input;
  const lines = timeLeft(decision?.evidence, nowMs);
  if (isFull(outcome)) {
    lines.push(
      'What would help now, without a larger volume:',
      `  the topics that weigh most there: kafka-log-dirs.sh --bootstrap-server HOST:9092 --describe --broker-list BROKER | tail -1 | jq '.brokers[].logDirs[] | select(.logDir | startswith("${mountPoint ?? '/data'}")) | .partitions | sort_by(-.size) | .[:10]'`,
      '  shorter retention: kafka-configs.sh --bootstrap-server HOST:9092 --alter --entity-type topics --entity-name TOPIC --add-config retention.ms=86400000',
      '  moving replicas: kafka-reassign-partitions.sh --bootstrap-server HOST:9092 --reassignment-json-file plan.json --execute --throttle 50000000',
    );
    if (outcome === 'at-size-limit')
      lines.push(
        `  a higher policy.sizeGibMax for cluster ${cluster} in fleet.yaml, deployed; then: npx kafka-autopilot grow ${volumeId} --yes`,
      );
    if (outcome === 'cluster-cap')
      lines.push(
        `  a higher policy.clusterGibMax or clusterUsdPerMonthMax for cluster ${cluster} in fleet.yaml, deployed`,
      );
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

function isFull(outcome: string): boolean {
  return (
    outcome === 'at-size-limit' ||
    outcome === 'cluster-cap' ||
    outcome === 'growth-barred' ||
    outcome.startsWith('approval-') ||
    outcome === 'volume-quota'
  );
}

function timeLeft(evidence: Evidence | undefined, nowMs: number): string[] {
  if (evidence?.usedFraction === undefined) return [];
  const used = `${Math.round(evidence.usedFraction * 100)} % of ${evidence.fileSystemGib ?? evidence.sizeGib} GiB used`;
  const full =
    evidence.fullInHours === undefined
      ? 'not full within 30 days at this rate'
      : `full in ${hoursLeft(evidence.fullInHours, evidence.metricAtMs ?? nowMs, nowMs)} h at this rate`;
  return [`${used}, ${full}.`];
}

function hoursLeft(fullInHours: number, sinceMs: number, nowMs: number): number {
  return Math.max(0, Math.round((fullInHours - (nowMs - sinceMs) / hourMs) * 10) / 10);
}

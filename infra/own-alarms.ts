/**
 * Alarms on the automation itself: it must not fail silently. Every one tells the topic and names its runbook.
 *
 * A function inside a workflow fails on purpose when it asks for a retry, so its `Errors` are no alarm: what the workflow
 * could not retry away is a failed execution. Functions that events invoke have nobody behind them; theirs are.
 */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { pascalCase, type Verb, verbs, type Workflow, workflows } from './function-table.ts';
import type { Deployed } from './functions.ts';
import { describe, type Runbook } from './runbooks.ts';

export interface OwnAlarmsProps {
  prefix: string;
  functions: Readonly<Record<Verb, Deployed>>;
  /** By network. */
  serveTopics: Readonly<Record<string, Deployed>>;
  workflows: Readonly<Record<Workflow, CfnStateMachine>>;
  /** Of the schedules that give retention back. */
  reliefDeadLetters: Queue;
  sweepMinutes: number;
  actions: readonly IAlarmAction[];
}

interface Condition {
  name: string;
  what: string;
  runbook: Runbook;
  metric: IMetric;
  /** Default: more than none in one period. */
  comparison?: ComparisonOperator;
  threshold?: number;
  /** Default: one. */
  periods?: number;
  missing?: TreatMissingData;
}

/** CloudWatch's limit of metrics in one expression of an alarm (aws-facts 7.3). */
const metricsPerExpressionMax = 10;
const period = Duration.minutes(5);
/** What the sweep tries again and again (a host that can't be reached) is one alarm that stands, not one each time. */
const failuresPeriod = Duration.hours(1);

export const stateMetric = (machine: CfnStateMachine, metricName: string, over = period): Metric =>
  new Metric({
    namespace: 'AWS/States',
    metricName,
    dimensionsMap: { StateMachineArn: machine.attrArn },
    statistic: 'Sum',
    period: over,
  });

/** Faults as `functions/runtime/lambda.ts` counts them. */
export const faultsMetric = (faultClass: 'transient' | 'refused' | 'defect'): Metric =>
  new Metric({
    namespace: 'KafkaAutopilot',
    metricName: 'Faults',
    dimensionsMap: { service: 'kafka-autopilot', faultClass },
    statistic: 'Sum',
    period,
  });

export class OwnAlarms extends Construct {
  constructor(scope: Construct, id: string, props: OwnAlarmsProps) {
    super(scope, id);
    const conditions = [
      ...deadLetters(props),
      reliefDeadLetters(props),
      ...executionFailures(props),
      ...functionErrors(props),
      ...functionThrottles(props),
      sweepSilent(props),
      defects(),
    ];
    for (const condition of conditions) this.raise(condition, props);
  }

  private raise(condition: Condition, { prefix, actions }: OwnAlarmsProps): void {
    const alarm = new Alarm(this, pascalCase(condition.name), {
      alarmName: `${prefix}-${condition.name}`,
      alarmDescription: describe(condition.what, condition.runbook),
      metric: condition.metric,
      comparisonOperator: condition.comparison ?? ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: condition.threshold ?? 0,
      evaluationPeriods: condition.periods ?? 1,
      treatMissingData: condition.missing ?? TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
  }
}

function deadLetters({ functions, serveTopics }: OwnAlarmsProps): Condition[] {
  const within = Object.entries(serveTopics).map(
    ([network, deployed]) => [`serve-topics-${network}`, deployed] as const,
  );
  return [...verbs.map((verb) => [verb, functions[verb]] as const), ...within].flatMap(
    ([name, { deadLetters: queue }]) => {
      if (queue === undefined) return [];
      return {
        name: `${name}-dead-letters`,
        what: `Events for ${name} could not be handled and wait in its dead-letter queue.`,
        runbook: 'dead-letters' as const,
        metric: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      };
    },
  );
}

function reliefDeadLetters({ reliefDeadLetters: queue }: OwnAlarmsProps): Condition {
  return {
    name: 'reliefs-dead-letters',
    what: 'A schedule could not start the restoring of shortened retention; the sweep asks for it too.',
    runbook: 'relief-not-restored',
    metric: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
  };
}

function executionFailures(props: OwnAlarmsProps): Condition[] {
  return workflows.map((workflow) => ({
    name: `${workflow}-failures`,
    what: `Executions of ${workflow} failed, timed out or were aborted.`,
    // Data goes on being deleted early until somebody puts the retention back.
    runbook: workflow === 'retention-restore' ? ('relief-not-restored' as const) : ('execution-failures' as const),
    metric: sum(
      ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'].map((name) =>
        stateMetric(props.workflows[workflow], name, failuresPeriod),
      ),
      'failed, timed out or aborted',
      failuresPeriod,
    ),
  }));
}

function functionErrors({ functions }: OwnAlarmsProps): Condition[] {
  return verbs
    .filter((verb) => functions[verb].deadLetters !== undefined)
    .map((verb) => ({
      name: `${verb}-errors`,
      what: `${verb} ended with an error; it is invoked by events, no workflow retries it.`,
      runbook: 'function-errors' as const,
      metric: functions[verb].function.metricErrors({ period }),
    }));
}

function functionThrottles({ functions }: OwnAlarmsProps): Condition[] {
  const groups = Array.from({ length: Math.ceil(verbs.length / metricsPerExpressionMax) }, (_, i) =>
    verbs.slice(i * metricsPerExpressionMax, (i + 1) * metricsPerExpressionMax),
  );
  return groups.map((group, i) => ({
    name: `function-throttles-${i + 1}`,
    what: `Lambda throttled ${group.join(', ')}: the account's concurrency is used up.`,
    runbook: 'function-throttles' as const,
    metric: sum(
      group.map((verb) => functions[verb].function.metricThrottles({ period })),
      'throttled invocations',
    ),
  }));
}

function sweepSilent({ workflows: machines, sweepMinutes }: OwnAlarmsProps): Condition {
  // At least two sweeps must have had their chance; a longer period is a multiple of the hour, as CloudWatch wants it, and
  // a day at most.
  const silentHours = Math.max(1, Math.ceil((2 * sweepMinutes) / 60));
  const periods = Math.ceil(silentHours / 24);
  const hours = Math.ceil(silentHours / periods);
  return {
    name: 'sweep-silent',
    what: `No sweep succeeded for ${hours * periods} h: full disks are found by alarms only.`,
    runbook: 'sweep-silent',
    metric: stateMetric(machines['storage-sweep'], 'ExecutionsSucceeded', Duration.hours(hours)),
    comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold: 1,
    periods,
    missing: TreatMissingData.BREACHING,
  };
}

function defects(): Condition {
  return {
    name: 'defects',
    what: 'A function met an answer or an input that its code does not know (in any fleet of this account).',
    runbook: 'defects',
    metric: faultsMetric('defect'),
  };
}

function sum(metrics: Metric[], label: string, over = period): MathExpression {
  const named = metrics.map((metric, i) => [`m${i + 1}`, metric] as const);
  return new MathExpression({
    // A metric without data counts as none.
    expression: named.map(([id]) => `FILL(${id}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(named),
    label,
    period: over,
  });
}

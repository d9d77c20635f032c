/** One page: how full the disks are, what the automation did about it, and what stood in its way. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, MathExpression, Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { MSK_PERIOD_SECONDS } from '../functions/fleet/schema.ts';
import type { DiskAlarm } from './disk-alarms.ts';
import { type Verb, verbs, type Workflow, workflows } from './function-table.ts';
import type { Deployed } from './functions.ts';
import { mskQuery } from './msk-alarms.ts';
import { faultsMetric, stateMetric } from './own-alarms.ts';

export interface DashboardProps {
  prefix: string;
  diskAlarms: readonly DiskAlarm[];
  hasMsk: boolean;
  functions: Readonly<Record<Verb, Deployed>>;
  workflows: Readonly<Record<Workflow, CfnStateMachine>>;
  ledger: ITable;
}

/** A graph holds at most 500 metrics; more queries than this in one picture nobody reads. */
const queriesShownMax = 10;

export class FleetDashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: props.prefix });
    const { region } = Stack.of(this);
    dashboard.addWidgets(text(props), ...usedPercent(props, region));
    dashboard.addWidgets(growths(props), executions(props));
    dashboard.addWidgets(faults(), throttles(props));
  }
}

const graph = (title: string, left: IMetric[], width = 12): GraphWidget =>
  new GraphWidget({ title, left, width, height: 7, leftYAxis: { min: 0 } });

const text = ({ prefix }: DashboardProps): TextWidget =>
  new TextWidget({
    width: 6,
    height: 7,
    markdown: [
      `# ${prefix}`,
      'Disks of the fleet, and what kafka-autopilot did about them.',
      '`kafka-autopilot status` shows operations, `explain <operation>` why.',
      'Each alarm names its runbook in its description.',
    ].join('\n\n'),
  });

/** Beside the text: one graph for each kind of cluster that the fleet has. */
function usedPercent({ diskAlarms, hasMsk }: DashboardProps, region: string): GraphWidget[] {
  const queries = new Map(diskAlarms.map((alarm) => [alarm.query, alarm.periodSeconds]));
  const show = (query: string, periodSeconds: number) =>
    new MathExpression({
      expression: query,
      usingMetrics: {},
      label: '',
      searchRegion: region,
      period: Duration.seconds(periodSeconds),
    });
  const fileSystems = [...queries].slice(0, queriesShownMax).map(([query, seconds]) => show(query, seconds));
  const graphs: [string, IMetric[]][] = [
    ['File systems, % used (fullest first)', fileSystems],
    ['MSK clusters, % used of the fullest broker', hasMsk ? [show(mskQuery, MSK_PERIOD_SECONDS)] : []],
  ];
  const shown = graphs.filter(([, metrics]) => metrics.length > 0);
  return shown.map(([title, metrics]) => graph(title, metrics, 18 / shown.length));
}

function growths({ functions }: DashboardProps): GraphWidget {
  const invocations = (verb: Verb, label: string) => functions[verb].function.metricInvocations({ label });
  return graph('Growths', [
    invocations('apply', 'asked of EBS or MSK'),
    invocations('grow-filesystem', 'file system grown'),
    invocations('verify', 'verified'),
  ]);
}

const executions = (props: DashboardProps): GraphWidget =>
  graph(
    'Executions',
    workflows.flatMap((workflow) =>
      ['Succeeded', 'Failed', 'TimedOut', 'Aborted'].map((end) =>
        stateMetric(props.workflows[workflow], `Executions${end}`).with({ label: `${workflow} ${end}` }),
      ),
    ),
  );

const faults = (): GraphWidget =>
  graph(
    'Faults, by who acts next',
    (['transient', 'refused', 'defect'] as const).map((faultClass) => faultsMetric(faultClass)),
  );

const throttles = ({ functions, ledger, workflows: machines }: DashboardProps): GraphWidget =>
  graph('Throttles', [
    ...verbs.map((verb) => functions[verb].function.metricThrottles({ label: `Lambda ${verb}` })),
    ...workflows.map((workflow) =>
      stateMetric(machines[workflow], 'ExecutionThrottled').with({ label: `Step Functions ${workflow}` }),
    ),
    ...['ReadThrottleEvents', 'WriteThrottleEvents'].map(
      (metricName) =>
        new Metric({
          namespace: 'AWS/DynamoDB',
          metricName,
          dimensionsMap: { TableName: ledger.tableName },
          statistic: 'Sum',
          label: `DynamoDB ${metricName}`,
        }),
    ),
  ]);

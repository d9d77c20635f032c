/**
 * An alarm as CloudFormation declares it (AWS::CloudWatch::Alarm), checked and compiled. What the simulator cannot
 * evaluate is refused here, when it is loaded.
 */
import { parseInsights, type InsightsQuery } from './insights.ts';
import { compileMath, type Compiled } from './math.ts';
import { statistics, type Statistic } from './metrics.ts';

export interface MetricRef {
  id: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  statistic: Statistic;
  returnData: boolean;
}

export type Comparison =
  | 'GreaterThanOrEqualToThreshold'
  | 'GreaterThanThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';
const comparisons: Readonly<
  Record<Comparison, { text: string; breaches: (value: number, threshold: number) => boolean }>
> = {
  GreaterThanOrEqualToThreshold: {
    text: 'greater than or equal to',
    breaches: (value, threshold) => value >= threshold,
  },
  GreaterThanThreshold: { text: 'greater than', breaches: (value, threshold) => value > threshold },
  LessThanThreshold: { text: 'less than', breaches: (value, threshold) => value < threshold },
  LessThanOrEqualToThreshold: { text: 'less than or equal to', breaches: (value, threshold) => value <= threshold },
};

export type Missing = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

export type Source =
  | { kind: 'metric'; metric: MetricRef }
  | {
      kind: 'math';
      id: string;
      expression: string;
      label: string | undefined;
      metrics: MetricRef[];
      compiled: Compiled;
    }
  | { kind: 'insights'; id: string; query: InsightsQuery };

export interface AlarmDefinition {
  name: string;
  description: string | undefined;
  source: Source;
  periodMs: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  threshold: number;
  comparison: Comparison;
  comparisonText: string;
  breaches: (value: number) => boolean;
  missing: Missing;
  actionsEnabled: boolean;
  actions: { ALARM: string[]; OK: string[]; INSUFFICIENT_DATA: string[] };
}

type Properties = Readonly<Record<string, unknown>>;

/** CloudWatch guide alarm-limits: metrics in one expression; aws-facts 7.3: the window is 7 days, 1 day under an hour. */
const metricsPerExpressionMax = 10;
const dayMs = 86_400_000;

/**
 * @param properties of the resource, intrinsic functions resolved
 * @throws Error saying what is not understood
 */
export function defineAlarm(properties: Properties): AlarmDefinition {
  const name = String(properties['AlarmName']);
  const fail = (what: string): never => {
    throw new Error(`alarm ${name}: ${what}`);
  };
  for (const unknown of [
    'ThresholdMetricId',
    'ExtendedStatistic',
    'EvaluateLowSampleCountPercentile',
    'EvaluationCriteria',
  ]) {
    if (properties[unknown] !== undefined) fail(`${unknown} is not known to the simulator`);
  }
  const comparison = properties['ComparisonOperator'] as Comparison;
  const known = comparisons[comparison];
  if (known === undefined) fail(`ComparisonOperator ${comparison} is not known to the simulator`);
  const threshold = Number(properties['Threshold']);
  const evaluationPeriods = Number(properties['EvaluationPeriods']);
  const { source, periodSeconds } = sourceOf(properties, fail);
  const periodMs = periodSeconds * 1_000;
  if (!(periodSeconds >= 60 && periodSeconds % 60 === 0)) fail(`a period of ${periodSeconds} s`);
  if (periodMs * evaluationPeriods > (periodSeconds < 3_600 ? dayMs : 7 * dayMs)) fail('its window is too long');
  const missing = (properties['TreatMissingData'] ?? 'missing') as Missing;
  if (!['breaching', 'notBreaching', 'ignore', 'missing'].includes(missing)) fail(`TreatMissingData ${missing}`);
  const actions = (key: string) => (properties[key] ?? []) as string[];
  return {
    name,
    description: properties['AlarmDescription'] as string | undefined,
    source,
    periodMs,
    evaluationPeriods,
    datapointsToAlarm: Number(properties['DatapointsToAlarm'] ?? evaluationPeriods),
    threshold,
    comparison,
    comparisonText: known.text,
    breaches: (value) => known.breaches(value, threshold),
    missing,
    actionsEnabled: properties['ActionsEnabled'] !== false,
    actions: {
      ALARM: actions('AlarmActions'),
      OK: actions('OKActions'),
      INSUFFICIENT_DATA: actions('InsufficientDataActions'),
    },
  };
}

interface MetricDataQuery {
  Id: string;
  Expression?: string;
  Label?: string;
  Period?: number;
  ReturnData?: boolean;
  MetricStat?: {
    Metric: { Namespace: string; MetricName: string; Dimensions?: Dimension[] };
    Period: number;
    Stat: string;
  };
}
interface Dimension {
  Name: string;
  Value: string;
}

function sourceOf(properties: Properties, fail: (what: string) => never): { source: Source; periodSeconds: number } {
  const queries = properties['Metrics'] as MetricDataQuery[] | undefined;
  if (queries === undefined) {
    const metric: MetricRef = {
      id: 'm1',
      namespace: String(properties['Namespace']),
      name: String(properties['MetricName']),
      dimensions: dimensionsOf(properties['Dimensions'] as Dimension[] | undefined),
      statistic: statisticNamed(properties['Statistic'], fail),
      returnData: true,
    };
    return { source: { kind: 'metric', metric }, periodSeconds: Number(properties['Period']) };
  }
  const returned = queries.filter(({ ReturnData }) => ReturnData !== false);
  const [main] = returned;
  if (main === undefined || returned.length !== 1) return fail('exactly one of its Metrics must return data');
  const metrics = queries.flatMap(({ Id, MetricStat, ReturnData }) =>
    MetricStat === undefined
      ? []
      : {
          id: Id,
          namespace: MetricStat.Metric.Namespace,
          name: MetricStat.Metric.MetricName,
          dimensions: dimensionsOf(MetricStat.Metric.Dimensions),
          statistic: statisticNamed(MetricStat.Stat, fail),
          returnData: ReturnData !== false,
        },
  );
  if (queries.length > metrics.length + (main.Expression === undefined ? 0 : 1)) fail('more than one expression');
  const periods = new Set(
    queries
      .map(({ Period, MetricStat }) => MetricStat?.Period ?? Period)
      .filter((one) => one !== undefined)
      .map(Number),
  );
  const [periodSeconds] = periods;
  if (periodSeconds === undefined || periods.size !== 1) return fail('its Metrics need one Period');
  const period = { periodSeconds };
  if (main.Expression === undefined) {
    const metric = metrics.find(({ id }) => id === main.Id);
    return metric === undefined ? fail('no metric') : { source: { kind: 'metric', metric }, ...period };
  }
  if (/^\s*SELECT\b/i.test(main.Expression)) {
    const query = parseInsights(main.Expression);
    if (query.groupBy.length > 0 && query.orderBy === undefined) {
      // CloudWatch guide Create_Metrics_Insights_Alarm, as infra/disk-alarms.ts read it: several series need an order.
      fail('a query with GROUP BY needs ORDER BY');
    }
    return { source: { kind: 'insights', id: main.Id, query }, ...period };
  }
  if (metrics.length > metricsPerExpressionMax) fail(`more than ${metricsPerExpressionMax} metrics`);
  const compiled = compileMath(
    main.Expression,
    metrics.map(({ id }) => id),
  );
  const { Id: id, Expression: expression, Label: label } = main;
  return { source: { kind: 'math', id, expression, label, metrics, compiled }, ...period };
}

function dimensionsOf(dimensions: readonly Dimension[] = []): Record<string, string> {
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
}

function statisticNamed(name: unknown, fail: (what: string) => never): Statistic {
  const statistic = name === 'SampleCount' ? name : String(name);
  return statistics.has(statistic) ? (statistic as Statistic) : fail(`statistic ${statistic} is not known`);
}

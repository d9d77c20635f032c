/**
 * Simulated CloudWatch: metrics, the agents' disk metrics, alarms. Everything a test or scenario does to the world comes
 * through `metrics`, `agents`, `alarms`; everything the code under test does comes through `handle`.
 */
import type { SimulatedCloud } from './cloud.ts';
import { CloudWatchAgents } from './cloudwatch/agent.ts';
import { Alarms, type Alarm, type StateRecord } from './cloudwatch/alarms.ts';
import { minuteMs, MetricStore, statisticOf, statistics, type Statistic } from './cloudwatch/metrics.ts';
import type { SimulatedHosts } from './host.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';
import type { SimulatedSns } from './sns.ts';

/** SDK cloudwatch GetMetricDataInput; aws-facts 2.4. */
const queriesMax = 500;
const datapointsMax = 100_800;
/** CloudWatch guide cloudwatch_concepts, "Metrics retention": 1-minute data 15 days, 5-minute data 63 days. */
const dayMs = 86_400_000;
const fineKeptMs = 15 * dayMs;
const fiveMinutesKeptMs = 63 * dayMs;
const listPageMax = 500;
const alarmsPageMax = 100;

interface MetricDataQuery {
  Id: string;
  Label?: string;
  ReturnData?: boolean;
  MetricStat?: {
    Metric: { Namespace: string; MetricName: string; Dimensions?: { Name: string; Value: string }[] };
    Period: number;
    Stat: string;
  };
}

export class SimulatedCloudWatch implements Service {
  readonly name = 'cloudwatch';
  readonly metrics = new MetricStore();
  readonly agents: CloudWatchAgents;
  readonly alarms: Alarms;
  readonly #cloud: SimulatedCloud;
  readonly #sns: SimulatedSns | undefined;

  /** @param sns where alarms' actions on topics go */
  constructor(cloud: SimulatedCloud, hosts: SimulatedHosts, sns?: SimulatedSns) {
    this.#cloud = cloud;
    this.#sns = sns;
    this.agents = new CloudWatchAgents(hosts, this.metrics);
    this.alarms = new Alarms(cloud, this.metrics, (arn, alarm, previous) => this.#act(arn, alarm, previous));
  }

  /** Stores one sample of a metric now. */
  put(namespace: string, name: string, dimensions: Readonly<Record<string, string>>, value: number): void {
    this.metrics.put(namespace, name, dimensions, value, this.#cloud.clock.nowMs());
  }

  /** Takes a function's line in embedded metric format. */
  putEmbedded(line: string): void {
    this.metrics.putEmbedded(line, this.#cloud.clock.nowMs());
  }

  authorize({ operation, input }: Call): Authorization[] {
    // Only some alarm actions know resources (service authorization reference, Amazon CloudWatch).
    const alarm = operation === 'DescribeAlarmContributors' ? String(input['AlarmName']) : undefined;
    const { region, account } = this.#cloud;
    const resource = alarm === undefined ? '*' : `arn:aws:cloudwatch:${region}:${account}:alarm:${alarm}`;
    return [{ action: `cloudwatch:${operation}`, resources: [resource], context: {} }];
  }

  handle({ operation, input }: Call): unknown {
    switch (operation) {
      case 'GetMetricData':
        return this.#getMetricData(input);
      case 'ListMetrics':
        return this.#listMetrics(input);
      case 'PutMetricData':
        return this.#putMetricData(input);
      case 'DescribeAlarms':
        return this.#describeAlarms(input);
      case 'DescribeAlarmContributors':
        return this.#describeContributors(input);
      default:
        throw new Error(`the simulated CloudWatch does not know ${operation}`);
    }
  }

  #getMetricData(input: Record<string, unknown>): unknown {
    const queries = (input['MetricDataQueries'] ?? []) as MetricDataQuery[];
    if (queries.length === 0 || queries.length > queriesMax) throw invalid(`expected 1 to ${queriesMax} queries`);
    if (new Set(queries.map(({ Id }) => Id)).size !== queries.length) throw invalid('the ids are not unique');
    const nowMs = this.#cloud.clock.nowMs();
    const endMs = (input['EndTime'] as Date).getTime();
    const startMs = roundStart((input['StartTime'] as Date).getTime(), nowMs);
    if (!(startMs < endMs)) throw invalid('StartTime must be before EndTime');
    const isAscending = input['ScanBy'] === 'TimestampAscending';
    const most = Math.min((input['MaxDatapoints'] as number | undefined) ?? datapointsMax, datapointsMax);
    const [fromQuery = 0, fromPoint = 0] = tokenOf(input['NextToken']);

    const results: unknown[] = [];
    let room = most;
    let NextToken: string | undefined;
    for (let index = fromQuery; index < queries.length && NextToken === undefined; index++) {
      const query = queries[index] as MetricDataQuery;
      if (query.ReturnData === false) continue;
      const points = this.#points(query, startMs, endMs, nowMs);
      if (!isAscending) points.reverse();
      const skipped = index === fromQuery ? fromPoint : 0;
      const shown = points.slice(skipped, skipped + room);
      room -= shown.length;
      const rest = points.length - skipped - shown.length;
      if (rest > 0) NextToken = `from-${index}-${skipped + shown.length}`;
      else if (room === 0 && index + 1 < queries.length) NextToken = `from-${index + 1}-0`;
      results.push({
        Id: query.Id,
        Label: query.Label ?? query.MetricStat?.Metric.MetricName,
        Timestamps: shown.map(([atMs]) => new Date(atMs)),
        Values: shown.map(([, value]) => value),
        StatusCode: rest > 0 ? 'PartialData' : 'Complete',
      });
    }
    return { MetricDataResults: results, Messages: [], ...(NextToken === undefined ? {} : { NextToken }) };
  }

  /** Ascending. A period's time is its beginning, a multiple of the period; it counts when it lies in the range asked for. */
  #points({ Id, MetricStat }: MetricDataQuery, startMs: number, endMs: number, nowMs: number): [number, number][] {
    if (!/^[a-z][A-Za-z0-9_]*$/.test(Id)) throw invalid(`the id ${Id}`);
    if (MetricStat === undefined) throw new Error(`the simulated GetMetricData knows MetricStat only (${Id})`);
    const { Metric, Period, Stat } = MetricStat;
    if (Period < 60 || Period % 60 !== 0) throw invalid(`Period ${Period} is not a multiple of 60`);
    if (!statistics.has(Stat)) throw invalid(`Stat ${Stat} is not known to the simulator`);
    const dimensions = Object.fromEntries((Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
    const series = this.metrics.find(Metric.Namespace, Metric.MetricName, dimensions);
    if (series === undefined) return [];
    const periodMs = Period * 1_000;
    const keptMs = periodMs < 300_000 ? fineKeptMs : periodMs < 3_600_000 ? fiveMinutesKeptMs : Infinity;
    const points: [number, number][] = [];
    const firstMs = Math.ceil(Math.max(startMs, nowMs - keptMs) / periodMs) * periodMs;
    for (let atMs = firstMs; atMs < endMs && atMs <= nowMs; atMs += periodMs) {
      const value = statisticOf([series], Stat as Statistic, atMs, atMs + periodMs, nowMs);
      if (value !== undefined) points.push([atMs, value]);
    }
    return points;
  }

  #listMetrics(input: Record<string, unknown>): unknown {
    const { Namespace, MetricName } = input;
    const filters = (input['Dimensions'] ?? []) as { Name: string; Value?: string }[];
    const matching = [...this.metrics.all()].filter(
      ({ namespace, name, dimensions }) =>
        (Namespace === undefined || namespace === Namespace) &&
        (MetricName === undefined || name === MetricName) &&
        filters.every(({ Name, Value }) => Name in dimensions && (Value === undefined || dimensions[Name] === Value)),
    );
    const { items, ...token } = pageOf(matching, input['NextToken'], listPageMax);
    return {
      Metrics: items.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
      ...token,
    };
  }

  #putMetricData(input: Record<string, unknown>): unknown {
    const data = (input['MetricData'] ?? []) as {
      MetricName: string;
      Dimensions?: { Name: string; Value: string }[];
      Value?: number;
      Values?: number[];
      Timestamp?: Date;
    }[];
    for (const { MetricName, Dimensions = [], Value, Values, Timestamp } of data) {
      const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value: value }) => [Name, value]));
      const atMs = Timestamp?.getTime() ?? this.#cloud.clock.nowMs();
      for (const value of Values ?? [Value ?? 0]) {
        this.metrics.put(input['Namespace'] as string, MetricName, dimensions, value, atMs);
      }
    }
    return {};
  }

  #describeAlarms(input: Record<string, unknown>): unknown {
    const names = input['AlarmNames'] as string[] | undefined;
    const prefix = input['AlarmNamePrefix'] as string | undefined;
    const state = input['StateValue'];
    const matching = this.alarms
      .all()
      .filter(
        ({ definition, state: { value } }) =>
          (names === undefined || names.includes(definition.name)) &&
          (prefix === undefined || definition.name.startsWith(prefix)) &&
          (state === undefined || value === state),
      );
    const size = Math.min((input['MaxRecords'] as number | undefined) ?? alarmsPageMax, alarmsPageMax);
    const { items, ...token } = pageOf(matching, input['NextToken'], size);
    return {
      CompositeAlarms: [],
      MetricAlarms: items.map(({ definition, arn, state: { value, reason, atMs }, isPartial }) => ({
        AlarmName: definition.name,
        AlarmArn: arn,
        AlarmDescription: definition.description,
        ActionsEnabled: definition.actionsEnabled,
        AlarmActions: definition.actions.ALARM,
        OKActions: definition.actions.OK,
        InsufficientDataActions: definition.actions.INSUFFICIENT_DATA,
        StateValue: value,
        StateReason: reason,
        StateUpdatedTimestamp: new Date(atMs),
        StateTransitionedTimestamp: new Date(atMs),
        EvaluationPeriods: definition.evaluationPeriods,
        DatapointsToAlarm: definition.datapointsToAlarm,
        Threshold: definition.threshold,
        ComparisonOperator: definition.comparison,
        TreatMissingData: definition.missing,
        ...(isPartial ? { EvaluationState: 'PARTIAL_DATA' } : {}),
      })),
      ...token,
    };
  }

  #describeContributors(input: Record<string, unknown>): unknown {
    const alarm = this.alarms.get(input['AlarmName'] as string);
    if (alarm === undefined) {
      throw new AwsError('ResourceNotFoundException', `Unknown alarm ${input['AlarmName'] as string}`, 404);
    }
    const inAlarm = [...alarm.contributors.values()].filter(({ state }) => state === 'ALARM');
    return {
      AlarmContributors: inAlarm.map(({ id, attributes, reason, changedAtMs }) => ({
        ContributorId: id,
        ContributorAttributes: { ...attributes },
        StateReason: reason,
        StateTransitionedTimestamp: new Date(changedAtMs),
      })),
    };
  }

  /** The message of an alarm to a topic [CloudWatch guide Notify_Users_Alarm_Changes; fields as far as people read them]. */
  #act(arn: string, { definition, arn: alarmArn, state }: Alarm, previous: StateRecord): void {
    if (arn.split(':')[2] !== 'sns' || this.#sns === undefined) return;
    const message = JSON.stringify({
      AlarmName: definition.name,
      AlarmDescription: definition.description ?? null,
      AWSAccountId: this.#cloud.account,
      NewStateValue: state.value,
      NewStateReason: state.reason,
      StateChangeTime: new Date(state.atMs).toISOString().replace('Z', '+0000'),
      Region: this.#cloud.region,
      AlarmArn: alarmArn,
      OldStateValue: previous.value,
    });
    const subject = `${state.value}: "${definition.name}" in ${this.#cloud.region}`.slice(0, 99);
    this.#sns.publish(arn, { subject, message, attributes: {} }, 'cloudwatch');
  }
}

/** SDK cloudwatch GetMetricDataInput.StartTime: rounded down, the more the older. */
function roundStart(startMs: number, nowMs: number): number {
  const ageMs = nowMs - startMs;
  const gridMs = ageMs < fineKeptMs ? minuteMs : ageMs < fiveMinutesKeptMs ? 5 * minuteMs : 60 * minuteMs;
  return Math.floor(startMs / gridMs) * gridMs;
}

function tokenOf(token: unknown): number[] {
  if (token === undefined) return [];
  const found = /^from-(\d+)-(\d+)$/.exec(token as string);
  if (found === null) throw new AwsError('InvalidNextToken', 'The next token is not valid');
  return [Number(found[1]), Number(found[2])];
}

function pageOf<T>(items: readonly T[], token: unknown, size: number): { items: readonly T[]; NextToken?: string } {
  const from = tokenOf(token)[1] ?? 0;
  const to = from + size;
  return to < items.length ? { items: items.slice(from, to), NextToken: `from-0-${to}` } : { items: items.slice(from) };
}

function invalid(what: string): AwsError {
  return new AwsError('ValidationError', `GetMetricData: ${what}`);
}

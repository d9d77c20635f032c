/**
 * Alarms: states, evaluated once a period, and what they say of a change. Events only on transitions (S7). Shapes: the
 * CloudWatch guide's cloudwatch-and-eventbridge, tabs "Single Metric Alarm" and "Multi Time Series Alarm".
 */
import type { SimulatedCloud } from '../cloud.ts';
import { defineAlarm, type AlarmDefinition, type MetricRef } from './definition.ts';
import { alarmTime, contributorReason, evaluate, rangePeriods, reasonOf, type Datapoint } from './evaluate.ts';
import { groupsOf, seriesMax, type Group, type InsightsQuery } from './insights.ts';
import { statisticOf, type MetricStore, type Series } from './metrics.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface StateRecord {
  value: AlarmState;
  reason: string;
  reasonData?: string;
  atMs: number;
}

export interface Contributor {
  id: string;
  attributes: Readonly<Record<string, string>>;
  state: 'OK' | 'ALARM';
  reason: string;
  changedAtMs: number;
}

export interface Alarm {
  readonly definition: AlarmDefinition;
  readonly arn: string;
  state: StateRecord;
  /** Of a Metrics Insights alarm, by id. */
  readonly contributors: Map<string, Contributor>;
  isPartial: boolean;
  /** Nothing was in range at the last evaluation: it stays as it is until something is put. */
  isQuiet: boolean;
}

/** CloudWatch guide alarm-limits. */
const contributorsInAlarmMax = 100;
const insightsWindowMs = 3 * 3_600_000;

export interface AlarmSwitches {
  /** A contributor in ALARM whose series ends: nothing is said, or that it is OK. Not documented [?]. */
  vanishedContributor: 'silent' | 'ok';
}

export class Alarms {
  readonly switches: AlarmSwitches = { vanishedContributor: 'silent' };
  readonly #cloud: SimulatedCloud;
  readonly #store: MetricStore;
  readonly #act: (arn: string, alarm: Alarm, previous: StateRecord) => void;
  readonly #alarms = new Map<string, Alarm>();
  /** Alarms of one period are evaluated together, at one time after the period's end. */
  readonly #periods = new Map<number, Alarm[]>();
  readonly #grouped = new Map<Alarm, { size: number; found: ReturnType<typeof groupsOf> }>();
  readonly #random;

  constructor(
    cloud: SimulatedCloud,
    store: MetricStore,
    act: (arn: string, alarm: Alarm, previous: StateRecord) => void,
  ) {
    this.#cloud = cloud;
    this.#store = store;
    this.#act = act;
    this.#random = cloud.random('cloudwatch/alarms');
  }

  /** @throws Error for what the simulator can't evaluate */
  load(properties: Readonly<Record<string, unknown>>): Alarm {
    const definition = defineAlarm(properties);
    const nowMs = this.#cloud.clock.nowMs();
    const alarm: Alarm = {
      definition,
      arn: `arn:aws:cloudwatch:${this.#cloud.region}:${this.#cloud.account}:alarm:${definition.name}`,
      state: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', atMs: nowMs },
      contributors: new Map(),
      isPartial: false,
      isQuiet: false,
    };
    this.#alarms.set(definition.name, alarm);
    const group = this.#periods.get(definition.periodMs);
    if (group === undefined) {
      this.#periods.set(definition.periodMs, [alarm]);
      this.#schedule(definition.periodMs, this.#random.integer(5_000, 50_000));
    } else {
      group.push(alarm);
    }
    return alarm;
  }

  get(name: string): Alarm | undefined {
    return this.#alarms.get(name);
  }

  all(): Alarm[] {
    return [...this.#alarms.values()];
  }

  #schedule(periodMs: number, offsetMs: number): void {
    const { clock } = this.#cloud;
    const next = (Math.floor(clock.nowMs() / periodMs) + 1) * periodMs;
    clock.at(next + offsetMs, () => {
      for (const alarm of this.#periods.get(periodMs) ?? []) this.#evaluate(alarm);
      this.#schedule(periodMs, offsetMs);
    });
  }

  #evaluate(alarm: Alarm): void {
    const { definition } = alarm;
    const endMs = Math.floor(this.#cloud.clock.nowMs() / definition.periodMs) * definition.periodMs;
    const { source } = definition;
    if (source.kind === 'insights') this.#evaluateInsights(alarm, source.query, endMs);
    else this.#evaluateMetrics(alarm, source.kind === 'metric' ? [source.metric] : source.metrics, endMs);
  }

  #evaluateMetrics(alarm: Alarm, metrics: readonly MetricRef[], endMs: number): void {
    const { definition } = alarm;
    const { periodMs, source } = definition;
    const found = metrics.map((metric) => this.#store.find(metric.namespace, metric.name, metric.dimensions));
    const isEmpty = found.every((series) => endsBefore(series, endMs - rangePeriods(definition) * periodMs));
    if (isEmpty && alarm.isQuiet) return;
    alarm.isQuiet = isEmpty;

    const nowMs = this.#cloud.clock.nowMs();
    const valueOf = (index: number, fromMs: number): number | undefined => {
      const series = found[index];
      const metric = metrics[index];
      if (series === undefined || metric === undefined) return undefined;
      return statisticOf([series], metric.statistic, fromMs, fromMs + periodMs, nowMs);
    };
    const { verdict, datapoints } = evaluate(definition, (back) => {
      const atMs = endMs - (back + 1) * periodMs;
      const value =
        source.kind === 'math'
          ? source.compiled((id) =>
              valueOf(
                metrics.findIndex((metric) => metric.id === id),
                atMs,
              ),
            )
          : valueOf(0, atMs);
      return value === undefined ? undefined : { atMs, value };
    });
    if (verdict === 'retain' || verdict === alarm.state.value) return;
    const reasonData = source.kind === 'metric' ? this.#reasonData(definition, metrics, datapoints) : undefined;
    this.#change(alarm, {
      value: verdict,
      reason: reasonOf(definition, verdict, datapoints),
      ...(reasonData === undefined ? {} : { reasonData }),
      atMs: nowMs,
    });
  }

  #evaluateInsights(alarm: Alarm, query: InsightsQuery, endMs: number): void {
    const { definition } = alarm;
    const { periodMs } = definition;
    const nowMs = this.#cloud.clock.nowMs();
    const { groups, isPartial } = this.#groups(alarm, query);
    const evaluated: { group: Group; verdict: 'OK' | 'ALARM' | 'retain'; datapoints: Datapoint[] }[] = [];
    for (const group of groups) {
      const { verdict, datapoints } = evaluate(definition, (back) => {
        const atMs = endMs - (back + 1) * periodMs;
        if (atMs < nowMs - insightsWindowMs) return undefined;
        const value = statisticOf(group.series, query.statistic, atMs, atMs + periodMs, nowMs);
        return value === undefined ? undefined : { atMs, value };
      });
      // A time series exists only while there is data (guide Acting_Alarm_Changes).
      if (datapoints.length > 0 && verdict !== 'INSUFFICIENT_DATA') evaluated.push({ group, verdict, datapoints });
    }
    const returned = ordered(evaluated, query).slice(0, Math.min(query.limit, seriesMax));
    alarm.isPartial = isPartial || evaluated.length > seriesMax;

    const present = new Set<string>();
    let inAlarm = 0;
    let beyond = 0;
    for (const { group, verdict, datapoints } of returned) {
      const { id } = group;
      present.add(id);
      const known = alarm.contributors.get(id);
      let state = verdict === 'retain' ? (known?.state ?? 'OK') : verdict;
      if (state === 'ALARM' && inAlarm === contributorsInAlarmMax) {
        beyond += 1;
        state = known?.state ?? 'OK';
        if (state === 'ALARM') continue;
      } else if (state === 'ALARM') {
        inAlarm += 1;
      }
      this.#contribute(alarm, id, group.attributes, state, datapoints);
    }
    for (const [id, contributor] of alarm.contributors) {
      if (present.has(id)) continue;
      if (contributor.state === 'ALARM' && this.switches.vanishedContributor === 'ok') {
        this.#contribute(alarm, id, contributor.attributes, 'OK', []);
      }
      alarm.contributors.delete(id);
    }
    const value = returned.length === 0 ? this.#withoutSeries(alarm) : inAlarm > 0 ? 'ALARM' : 'OK';
    if (value === alarm.state.value) return;
    const share = beyond > 0 ? `${contributorsInAlarmMax}+` : `${inAlarm} out of ${returned.length}`;
    const reason =
      value === 'INSUFFICIENT_DATA' ? 'Insufficient Data: no time series' : `${share} time series evaluated to ALARM`;
    this.#change(alarm, { value, reason, atMs: nowMs });
  }

  /** Which series a query means changes only when there are more of them. */
  #groups(alarm: Alarm, query: InsightsQuery): ReturnType<typeof groupsOf> {
    const known = this.#grouped.get(alarm);
    if (known?.size === this.#store.size) return known.found;
    const found = groupsOf(query, this.#store);
    this.#grouped.set(alarm, { size: this.#store.size, found });
    return found;
  }

  #withoutSeries({ definition: { missing }, state }: Alarm): AlarmState {
    if (missing === 'ignore') return state.value;
    if (missing === 'missing') return 'INSUFFICIENT_DATA';
    return missing === 'breaching' ? 'ALARM' : 'OK';
  }

  #contribute(
    alarm: Alarm,
    id: string,
    attributes: Contributor['attributes'],
    state: Contributor['state'],
    datapoints: readonly Datapoint[],
  ): void {
    const known = alarm.contributors.get(id);
    if (known?.state === state) return;
    const atMs = this.#cloud.clock.nowMs();
    const reason = contributorReason(alarm.definition, state, datapoints);
    alarm.contributors.set(id, { id, attributes, state, reason, changedAtMs: atMs });
    if (known === undefined && state === 'OK') return;
    this.#cloud.publish({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm Contributor State Change',
      resources: [alarm.arn],
      detail: {
        alarmName: alarm.definition.name,
        alarmContributor: { id, attributes: { ...attributes } },
        state: { value: state, reason, timestamp: alarmTime(atMs) },
        configuration: configurationOf(alarm.definition),
      },
    });
  }

  #change(alarm: Alarm, state: StateRecord): void {
    const previous = alarm.state;
    alarm.state = state;
    this.#cloud.publish({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      resources: [alarm.arn],
      detail: {
        alarmName: alarm.definition.name,
        state: { ...stateDetail(state), ...(alarm.isPartial ? { evaluationState: 'PARTIAL_DATA' } : {}) },
        previousState: stateDetail(previous),
        configuration: configurationOf(alarm.definition),
      },
    });
    if (!alarm.definition.actionsEnabled) return;
    for (const arn of alarm.definition.actions[state.value]) this.#act(arn, alarm, previous);
  }

  #reasonData(definition: AlarmDefinition, [metric]: readonly MetricRef[], points: readonly Datapoint[]): string {
    const oldest = points.at(-1);
    return JSON.stringify({
      version: '1.0',
      queryDate: alarmTime(this.#cloud.clock.nowMs()),
      ...(oldest === undefined ? {} : { startDate: alarmTime(oldest.atMs) }),
      statistic: metric?.statistic,
      period: definition.periodMs / 1_000,
      recentDatapoints: points.map(({ value }) => value).toReversed(),
      threshold: definition.threshold,
      evaluatedDatapoints: points.map(({ value, atMs }) => ({ timestamp: alarmTime(atMs), value })),
    });
  }
}

/** True when nothing can be in the range: the series isn't there, or is a stored one that ended before. */
function endsBefore(series: Series | undefined, fromMs: number): boolean {
  return series === undefined || (series.newestMs !== undefined && series.newestMs < fromMs);
}

/** The query's order, by the newest data point; without ORDER BY the order is not defined. */
function ordered<T extends { datapoints: readonly Datapoint[] }>(items: readonly T[], { orderBy }: InsightsQuery): T[] {
  if (orderBy === undefined) return [...items];
  const sign = orderBy.descending ? -1 : 1;
  return [...items].sort((a, b) => sign * ((a.datapoints[0]?.value ?? 0) - (b.datapoints[0]?.value ?? 0)));
}

function stateDetail({ value, reason, reasonData, atMs }: StateRecord): Record<string, unknown> {
  return { value, reason, ...(reasonData === undefined ? {} : { reasonData }), timestamp: alarmTime(atMs) };
}

function configurationOf({ description, source, periodMs }: AlarmDefinition): Record<string, unknown> {
  const period = periodMs / 1_000;
  const stat = ({ id, namespace, name, dimensions, statistic, returnData }: MetricRef) => ({
    id,
    metricStat: { metric: { namespace, name, dimensions: { ...dimensions } }, period, stat: statistic },
    returnData,
  });
  let metrics: unknown[];
  if (source.kind === 'metric') metrics = [stat(source.metric)];
  else if (source.kind === 'insights') {
    metrics = [{ id: source.id, expression: source.query.text, returnData: true, period }];
  } else {
    const { id, expression, label } = source;
    const main = { id, expression, ...(label === undefined ? {} : { label }), returnData: true };
    metrics = [...source.metrics.map(stat), main];
  }
  return { ...(description === undefined ? {} : { description }), metrics };
}

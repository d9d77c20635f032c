/**
 * What the data points of an alarm's evaluation range say. Pure. Rules and examples: CloudWatch guide
 * alarms-and-missing-data ("How alarm state is evaluated when data is missing") and alarm-evaluation.
 */
import type { AlarmDefinition } from './definition.ts';

export interface Datapoint {
  atMs: number;
  value: number;
}

export type Verdict = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'retain';

/** Periods that are looked at beyond the evaluation periods. The guide's examples have 5 for 3; the number is not documented [?]. */
const extraPeriods = 2;

export const rangePeriods = ({ evaluationPeriods }: AlarmDefinition): number => evaluationPeriods + extraPeriods;

/**
 * @param valueAt data point of a period, 0 being the newest complete one
 */
export function evaluate(
  alarm: AlarmDefinition,
  valueAt: (periodsBack: number) => Datapoint | undefined,
): { verdict: Verdict; datapoints: Datapoint[] } {
  const { evaluationPeriods, datapointsToAlarm, missing } = alarm;
  const datapoints: Datapoint[] = [];
  let oldestBreachBack = -1;
  const range = rangePeriods(alarm);
  for (let back = 0; back < range && datapoints.length < evaluationPeriods; back++) {
    const point = valueAt(back);
    if (point === undefined) continue;
    datapoints.push(point);
    if (alarm.breaches(point.value)) oldestBreachBack = back;
  }
  const absent = evaluationPeriods - datapoints.length;
  if (datapoints.length === 0) {
    const verdicts = {
      breaching: 'ALARM',
      notBreaching: 'OK',
      ignore: 'retain',
      missing: 'INSUFFICIENT_DATA',
    } as const;
    return { verdict: verdicts[missing], datapoints };
  }
  const breaching = datapoints.filter(({ value }) => alarm.breaches(value)).length;
  if (breaching >= datapointsToAlarm) return { verdict: 'ALARM', datapoints };
  const filled = missing === 'breaching' ? absent : 0;
  if (breaching + filled >= datapointsToAlarm) return { verdict: 'ALARM', datapoints };
  const isUndecided = absent > 0 && breaching > 0 && breaching === datapoints.length;
  if (isUndecided && missing === 'ignore') return { verdict: 'retain', datapoints };
  if (isUndecided && missing === 'missing') {
    // Guide: ALARM once the oldest breaching point is as old as "datapoints to alarm" and all newer breach or are missing.
    return { verdict: oldestBreachBack + 1 >= datapointsToAlarm ? 'ALARM' : 'retain', datapoints };
  }
  return { verdict: 'OK', datapoints };
}

/** `10.5` stays, `80` becomes `80.0`: as CloudWatch writes numbers in its reasons. */
const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** dd/mm/yy hh:mm:ss, as in CloudWatch's reasons. */
function shortTime(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}

/** Wording after the samples in the CloudWatch guide cloudwatch-and-eventbridge; nothing may rely on it. */
export function reasonOf(
  alarm: AlarmDefinition,
  verdict: Exclude<Verdict, 'retain'>,
  points: readonly Datapoint[],
): string {
  if (points.length === 0) {
    return verdict === 'INSUFFICIENT_DATA'
      ? `Insufficient Data: ${alarm.evaluationPeriods} datapoints were unknown.`
      : `Threshold Crossed: no datapoints were received for ${alarm.evaluationPeriods} period${
          alarm.evaluationPeriods === 1 ? '' : 's'
        } and ${alarm.evaluationPeriods} missing datapoint was treated as [${verdict === 'ALARM' ? 'Breaching' : 'NonBreaching'}].`;
  }
  const was = verdict === 'ALARM' ? 'was' : 'was not';
  const shown = points.map(({ value, atMs }) => `${decimal(value)} (${shortTime(atMs)})`).join(', ');
  const count = `${points.length} datapoint${points.length === 1 ? '' : 's'}`;
  return `Threshold Crossed: ${count} [${shown}] ${was} ${alarm.comparisonText} the threshold (${decimal(alarm.threshold)}).`;
}

export function contributorReason(
  alarm: AlarmDefinition,
  verdict: 'OK' | 'ALARM',
  points: readonly Datapoint[],
): string {
  const was = verdict === 'ALARM' ? 'was' : 'was not';
  const count = `${points.length} datapoint${points.length === 1 ? '' : 's'}`;
  const newest = points[0];
  const shown = newest === undefined ? '' : `${decimal(newest.value)} (${shortTime(newest.atMs)})`;
  return `Threshold Crossed: ${count} ${was} ${alarm.comparisonText} the threshold (${decimal(
    alarm.threshold,
  )}). The most recent datapoint which crossed the threshold: [${shown}].`;
}

/** e.g. `2026-11-20T10:00:00.000+0000`. */
export function alarmTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '+0000');
}

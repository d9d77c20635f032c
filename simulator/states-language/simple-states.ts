/** The states without a result: Choice, Wait and Fail. */

import { EvaluationFault, RuntimeFault, StateFailure } from './faults.ts';
import type { ChoiceState, FailState, Result, WaitState } from './model.ts';
import { bindingsOf, type Run, sleep, type Visit } from './run.ts';
import { evaluateTyped } from './template.ts';

/** The first rule whose Condition is true, else Default. Later rules are not evaluated. */
export async function chooseRule(
  run: Run,
  visit: Visit,
  state: ChoiceState,
): Promise<{ next: string; result: Result }> {
  const bindings = bindingsOf(run, visit);
  for (const rule of state.choices) {
    if (await evaluateTyped(rule.condition, bindings, `${rule.place}Condition`, 'boolean')) {
      return { next: rule.next, result: rule };
    }
  }
  if (state.default !== undefined) return { next: state.default, result: state };
  // States.NoChoiceMatched is reserved: AWS reports this as States.Runtime [DG concepts-error-handling].
  throw new RuntimeFault(
    'States.Runtime',
    'Failed to transition out of the state. The state does not point to a next state.',
  );
}

/** Sleeps for `Seconds`, or until `Timestamp` (a time that has passed doesn't wait). */
export async function waitState(run: Run, visit: Visit, state: WaitState): Promise<void> {
  const { scope } = visit.frame;
  const bindings = bindingsOf(run, visit);
  if (state.seconds !== undefined) {
    const seconds = await evaluateTyped(state.seconds, bindings, 'Seconds', 'number');
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > 99_999_999) {
      // AWS's wording for a number out of range is not recorded anywhere that we know of.
      throw new EvaluationFault(
        `The Seconds field must be an integer from 0 to 99999999 but was: ${seconds}`,
        'Seconds',
      );
    }
    return sleep(run, scope, seconds * 1000);
  }
  if (state.timestamp !== undefined) {
    const untilMs = parseTimestamp(await evaluateTyped(state.timestamp, bindings, 'Timestamp', 'string'));
    return sleep(run, scope, Math.max(0, untilMs - run.scheduler.nowMs()));
  }
  return undefined;
}

const offsetDateTime =
  /^(?<date>\d{4}-\d{2}-\d{2})T(?<hours>\d{2}):(?<minutes>\d{2})(?::(?<seconds>\d{2})(?:\.(?<fraction>\d{1,9}))?)?(?<offset>Z|[+-]\d{2}:\d{2})$/;

/** Epoch milliseconds. Takes what Java's ISO_OFFSET_DATE_TIME takes; fractions are cut to milliseconds. */
function parseTimestamp(text: string): number {
  const {
    date = '',
    hours = '',
    minutes = '',
    seconds = '00',
    fraction = '',
    offset = '',
  } = offsetDateTime.exec(text)?.groups ?? {};
  const local = `${date}T${hours}:${minutes}:${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const utc = Date.parse(`${local}Z`);
  // The round trip refuses the 30th of February, which Date.parse would take for the 1st or 2nd of March.
  if (Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(local)) {
    throw new EvaluationFault(
      `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
      'Timestamp',
    );
  }
  return Date.parse(`${local}${offset}`);
}

/** The failure that a Fail state is there for. */
export async function failState(run: Run, visit: Visit, state: FailState): Promise<StateFailure> {
  const bindings = bindingsOf(run, visit);
  const text = async (field: 'Error' | 'Cause', template: FailState['error']) =>
    template === undefined ? undefined : evaluateTyped(template, bindings, field, 'string');
  return new StateFailure(await text('Error', state.error), await text('Cause', state.cause));
}

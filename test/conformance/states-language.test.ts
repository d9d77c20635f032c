/**
 * Runs every recorded execution of a JSONata machine and compares all that AWS recorded of it.
 *
 * A case is left out only for a feature that the loader refuses as NOT_IMPLEMENTED, or for data that the recording lacks
 * and that can't be told from it (`datasetOf`); the reasons are printed at the end.
 */

import { afterAll, describe, expect, it } from '@jest/globals';
import { executeStateMachine, validateDefinition, type TaskCall } from '../../simulator/states-language/index.ts';
import {
  anything,
  childrenCallTasks,
  datasetOf,
  fits,
  isObject,
  type Json,
  readCases,
  reorder,
  report,
  withStandIns,
} from './states-language-cases.ts';

interface RecordedTask {
  state: string;
  parameters?: unknown;
  outcome: { output?: unknown; error?: string; cause?: unknown };
}

interface Case {
  name: string;
  definition: Json;
  input: unknown;
  inputAsSent?: unknown;
  tasks: RecordedTask[];
  placeholders: string[];
  unordered?: boolean;
  eventIdsLost?: boolean;
  needsData?: string;
  distributedMap?: boolean;
  notDeclaredJSONata?: { neutral?: string[]; neverEntered?: string[] };
  expected: {
    status: string;
    output?: unknown;
    error?: string;
    cause?: unknown;
    states: Json[];
    eventTypes: string[];
    evaluationFailed?: Json[];
  };
}

const cases = readCases<Case>('states-language.json');
const leftOut: { name: string; reason: string }[] = [];
const toRun = cases.filter((recorded) => {
  const reason = reasonToLeaveOut(recorded);
  if (reason !== undefined) leftOut.push({ name: recorded.name, reason });
  return reason === undefined;
});

function reasonToLeaveOut(recorded: Case): string | undefined {
  if (recorded.needsData !== undefined && datasetOf(recorded) === undefined) return recorded.needsData;
  if (recorded.distributedMap === true && childrenCallTasks(recorded.definition)) {
    return 'Distributed Map: what its child executions called is not in the recorded history';
  }
  const refused = validateDefinition(declareJsonata(recorded)).filter(({ code }) => code === 'NOT_IMPLEMENTED');
  return refused.length === 0
    ? undefined
    : refused.map(({ message, location }) => `${message} (${location})`).join('; ');
}

/** Gives the states that the case names `QueryLanguage: JSONata`, at any depth. */
function declareJsonata({ definition, notDeclaredJSONata = {} }: Case): unknown {
  const names = new Set([...(notDeclaredJSONata.neutral ?? []), ...(notDeclaredJSONata.neverEntered ?? [])]);
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => {
        const visited = visit(member);
        return [
          key,
          names.has(key) && isObject(visited) && 'Type' in visited ? { ...visited, QueryLanguage: 'JSONata' } : visited,
        ];
      }),
    );
  };
  return names.size === 0 ? definition : visit(definition);
}

/** Answers each call with the recorded attempt of its state; where several are left, with the one of the same arguments. */
function replay(recorded: Case): (call: TaskCall) => unknown {
  const left = recorded.tasks.map((task, index) => ({
    ...task,
    parameters: withStandIns(task.parameters, recorded.placeholders, `/tasks/${index}/parameters`),
  }));
  return (call) => {
    const ofState = left.filter(({ state }) => state === call.state);
    const task = ofState.find(({ parameters }) => fits(call.arguments, parameters)) ?? ofState[0];
    if (task === undefined) throw new Error(`No attempt of '${call.state}' is left in the recording`);
    left.splice(left.indexOf(task), 1);
    expect(call.arguments).toEqual(task.parameters);
    const { output, error, cause } = task.outcome;
    if (error === undefined) return output;
    throw Object.assign(new Error(error), { error, cause: typeof cause === 'string' ? cause : JSON.stringify(cause) });
  };
}

/** Numbers of events mean nothing where the recording lost them. */
function withoutEventIds(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/event id #\d+/g, 'event id #?');
  if (Array.isArray(value)) return value.map(withoutEventIds);
  if (!isObject(value) || value === anything) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutEventIds(member)]));
}

const parsed = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
};

describe('recorded executions of JSONata state machines', () => {
  for (const recorded of toRun)
    it(`answers as AWS did: ${recorded.name}`, async () => {
      const input = recorded.inputAsSent ?? recorded.input;
      const run = await executeStateMachine(declareJsonata(recorded), input, {
        task: replay(recorded),
        readItems: () => JSON.stringify(datasetOf(recorded)),
      });

      let expected = withStandIns(recorded.expected, recorded.placeholders, '/expected') as Case['expected'];
      const evaluationFailed = run.history
        .filter(({ type }) => type === 'EvaluationFailed')
        .map(({ details }) => details);
      let actual: unknown = {
        status: run.status,
        output: run.output,
        error: run.error,
        // A cause that was JSON text is an object in the recording.
        cause: isObject(recorded.expected.cause) ? parsed(run.cause) : run.cause,
        states: run.states,
        eventTypes: run.history.map(({ type }) => type),
        ...(expected.evaluationFailed === undefined && evaluationFailed.length === 0 ? {} : { evaluationFailed }),
      };
      if (recorded.unordered === true || recorded.eventIdsLost === true) {
        expected = withoutEventIds(expected) as Case['expected'];
        const loose = withoutEventIds(actual) as { states: unknown[]; eventTypes: unknown[] };
        actual = {
          ...loose,
          states: reorder(loose.states, expected.states),
          eventTypes: reorder(loose.eventTypes, expected.eventTypes),
        };
      }
      expect(actual).toEqual(expected);
    });

  it('leaves out only what is not implemented', () => {
    expect(toRun.length + leftOut.length).toBe(cases.length);
    expect(leftOut.every(({ reason }) => reason.length > 0)).toBe(true);
  });

  afterAll(() => {
    process.stdout.write(report('states-language', toRun.length, leftOut));
  });
});

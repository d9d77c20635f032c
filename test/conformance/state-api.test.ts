/**
 * What AWS answered about single states and definitions: TestState, ValidateStateMachineDefinition, and the refusals of
 * CreateStateMachine. A case is left out only when its definition needs what the loader refuses as NOT_IMPLEMENTED.
 */

import { afterAll, describe, expect, it } from '@jest/globals';
import {
  DefinitionError,
  loadStateMachine,
  testState,
  type TestStateInput,
  validateDefinition,
} from '../../simulator/states-language/index.ts';
import { type Json, readCases, report, withStandIns } from './states-language-cases.ts';

interface Case {
  name: string;
  operation: string;
  definition: Json;
  arguments: Json;
  response: Json;
  placeholders: string[];
}

const answers: Record<string, (recorded: Case) => unknown> = {
  create_state_machine: ({ definition }) => refusal(definition),
  update_state_machine: ({ definition }) => refusal(definition),
  validate_state_machine_definition: ({ definition }) => {
    const diagnostics = validateDefinition(definition).map((problem) => ({ ...problem, severity: 'ERROR' }));
    return { diagnostics, result: diagnostics.length === 0 ? 'OK' : 'FAIL', truncated: false };
  },
  test_state: ({ definition, arguments: sent }) =>
    testState({ ...(sent as Omit<TestStateInput, 'definition'>), definition }),
};

/** A refused creation, in the shape of the SDK's error. */
function refusal(definition: unknown): unknown {
  try {
    loadStateMachine(definition);
    return undefined;
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return { Error: { Code: error.name, Message: error.message }, message: error.message };
  }
}

function reasonToLeaveOut({ operation, definition, arguments: sent }: Case): string | undefined {
  if (answers[operation] === undefined) return `The operation ${operation} is not part of the room`;
  const isTest = operation === 'test_state';
  const machine =
    isTest && !('States' in definition) ? { StartAt: 'State', States: { State: definition } } : definition;
  const options = isTest ? { forTestState: true } : {};
  const refused = validateDefinition(machine, options).find(({ code }) => code === 'NOT_IMPLEMENTED');
  if (refused !== undefined) return `${refused.message} (${refused.location})`;
  return isTest && sent['mock'] === undefined && needsMock(machine, sent)
    ? 'TestState without a mock would call AWS'
    : undefined;
}

function needsMock(machine: Json, sent: Json): boolean {
  const states = machine['States'] as Record<string, Json>;
  const state = states[(sent['stateName'] as string | undefined) ?? Object.keys(states)[0] ?? ''];
  return ['Task', 'Map', 'Parallel'].includes(String(state?.['Type']));
}

const cases = readCases<Case>('state-api.json');
const leftOut: { name: string; reason: string }[] = [];
const toRun = cases.filter((recorded) => {
  const reason = reasonToLeaveOut(recorded);
  if (reason !== undefined) leftOut.push({ name: recorded.name, reason });
  return reason === undefined;
});

describe('recorded answers about states and definitions', () => {
  for (const recorded of toRun)
    it(`answers as AWS did: ${recorded.name}`, async () => {
      const { ResponseMetadata: _metadata, ...expected } = withStandIns(
        recorded.response,
        recorded.placeholders,
        '/response',
      ) as Json;
      expect(await answers[recorded.operation]?.(recorded)).toEqual(expected);
    });

  it('leaves out only what is not implemented', () => {
    expect(toRun.length + leftOut.length).toBe(cases.length);
  });

  afterAll(() => {
    process.stdout.write(report('state-api', toRun.length, leftOut));
  });
});

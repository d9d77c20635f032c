import { describe, expect, it } from '@jest/globals';
import { DefinitionError, loadStateMachine, validateDefinition } from '../../../simulator/states-language/index.ts';
import { type Json, lambda, machine } from './harness.ts';

const problemsOf = (definition: unknown) =>
  validateDefinition(definition).map(({ code, message, location }) => `${code}: ${message} at ${location}`);
const only = (state: Json) => machine({ S: state });
const pass = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };

describe('loading a definition', () => {
  it.each<[string, unknown, string]>([
    [
      'an unknown field',
      only({ Type: 'Pass', Colour: 'red', End: true }),
      `Field 'Colour' is not supported at /States/S/Colour`,
    ],
    [
      'a field of another type',
      only({ Type: 'Pass', Retry: [], End: true }),
      `Field 'Retry' is not supported at /States/S/Retry`,
    ],
    [
      'an unknown field of the machine',
      { ...only({ Type: 'Pass', End: true }), Extra: 1 },
      `Field 'Extra' is not supported at /Extra`,
    ],
    [
      'an unknown state type',
      only({ Type: 'Loop', End: true }),
      'Value should be one of the following: [Task, Pass, Choice',
    ],
    [
      'a JSONPath field',
      only({ Type: 'Pass', InputPath: '$', End: true }),
      `field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/S`,
    ],
    ['a JSONPath machine', { ...pass }, 'NOT_IMPLEMENTED: JSONPath states are not implemented'],
    [
      'a downgrade',
      only({ Type: 'Pass', QueryLanguage: 'JSONPath', End: true }),
      `'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S`,
    ],
    [
      'a missing target',
      only({ Type: 'Pass', Next: 'T' }),
      `MISSING_TRANSITION_TARGET: Missing 'Next' target: T at /States/S/Next`,
    ],
    [
      'an unreachable state',
      machine({ S: { Type: 'Pass', End: true }, T: { Type: 'Pass', End: true } }),
      `MISSING_TRANSITION_TARGET: State "T" is not reachable. at /States/T`,
    ],
    ['no way to the end', only({ Type: 'Pass', Next: 'S' }), 'MISSING_END_STATE'],
    [
      'an activity',
      only({ Type: 'Task', Resource: 'arn:aws:states:us-east-1:123456789012:activity:a', End: true }),
      'NOT_IMPLEMENTED: The resource',
    ],
    ['a syntax error', only({ Type: 'Pass', Output: '{% a[1,2) %}', End: true }), 'INVALID_JSONATA_EXPRESSION'],
    [
      'a bare name',
      only({ Type: 'Pass', Output: { v: '{% phone %}' }, End: true }),
      `UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/S/Output/v`,
    ],
    [
      '$$',
      only({ Type: 'Pass', Output: '{% $$ %}', End: true }),
      `UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported. at /States/S/Output`,
    ],
    [
      '$states.errorOutput outside a Catch',
      only({ Type: 'Pass', Output: '{% $states.errorOutput %}', End: true }),
      `Field '$states.errorOutput' does not exist. at /States/S/Output`,
    ],
    [
      '$states.result in Pass',
      only({ Type: 'Pass', Output: '{% $states.result %}', End: true }),
      `Field '$states.result' does not exist.`,
    ],
    [
      'the reserved variable',
      only({ Type: 'Pass', Assign: { states: 1 }, End: true }),
      `'states' is a reserved variable name`,
    ],
    [
      'States.ALL beside another',
      only({ Type: 'Task', Resource: lambda, Retry: [{ ErrorEquals: ['States.ALL', 'E'] }], End: true }),
      `'States.ALL' must stand alone`,
    ],
    [
      'a heartbeat as long as the timeout',
      only({ Type: 'Task', Resource: lambda, TimeoutSeconds: 5, HeartbeatSeconds: 5, End: true }),
      `'HeartbeatSeconds' must be smaller`,
    ],
    ['text that is not JSON', '{', 'INVALID_JSON_DESCRIPTION'],
  ])('refuses %s', (_title, definition, message) => {
    expect(problemsOf(definition).join('\n')).toContain(message);
    expect(() => loadStateMachine(definition)).toThrow(DefinitionError);
  });

  it('accepts names that are not bare: in predicates, groups and lambdas', () => {
    const expressions = [
      '$states.input.items[value > 3].name',
      '$map($states.input.items, function($item) { $item.name })',
      '$states.input.items^(>price).sku',
      '$states.input.items{name: $sum(price)}',
      '$count($states.input.items[$ = 1])',
      '($total := $sum($states.input.items.price); $total / 2)',
    ];
    expect(problemsOf(only({ Type: 'Pass', Output: expressions.map((text) => `{% ${text} %}`), End: true }))).toEqual(
      [],
    );
  });

  it('words a refusal as CreateStateMachine does', () => {
    expect(() => loadStateMachine(only({ Type: 'Task', Resource: lambda, Credentials: {}, End: true }))).toThrow(
      `Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/S/Credentials'`,
    );
  });

  it('reports all that is wrong at once', () => {
    expect(
      problemsOf(machine({ S: { Type: 'Wait', End: true }, T: { Type: 'Choice' } })).length,
    ).toBeGreaterThanOrEqual(2);
  });
});

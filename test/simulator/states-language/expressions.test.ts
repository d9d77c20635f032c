import { describe, expect, it } from '@jest/globals';
import { executeStateMachine } from '../../../simulator/states-language/index.ts';
import { machine, start, startMs } from './harness.ts';

const evaluate = async (expression: string, input: unknown = {}) =>
  executeStateMachine(machine({ Show: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }), input);

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['$states.input.items[n > 1].n', [2, 3]],
    ['$states.input.items[n = 2].n', 2],
    ['$states.input.items[n = 2].n[]', [2]],
    ['$parse("{\\"a\\": [1]}")', { a: [1] }],
    ['$hash("abc", "SHA-1")', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['$hash("abc", "SHA-256")', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['$hash("abc", "MD5")', '900150983cd24fb0d6963f7d28e17f72'],
    ['$partition([1, 2, 3], 2)', [[1, 2], [3]]],
    ['$partition([1, 2, 3], 2.9)', [[1, 2], [3]]],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(5, 1, -2)', [5, 3, 1]],
    ['$range(-1.7, 1, 1)', [-1, 0, 1]],
    ['$range(4, 4, 1)', 4],
    ['$random(7) = $random(7)', true],
    ['1 / 0', 'Infinity'],
    ['{"k": [0 / 0]}', { k: ['NaN'] }],
    ['$states.context.Execution.Name', 'execution'],
    ['$exists($states.result)', 'refused'],
    ['$states.input.nothing = null', false],
    ['{"gone": $states.input.nothing, "kept": null}', { kept: null }],
  ])('%s', async (expression, expected) => {
    const run = evaluate(expression, { items: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    const outcome = await run.then(
      ({ output }) => output,
      () => 'refused',
    );
    expect(outcome).toEqual(expected);
  });

  // Each of these is undefined in Step Functions.
  it.each([
    '$states.input.absent',
    '$partition([1], 0)',
    '$partition([], 2)',
    '$range(1, 2)',
    '$range(1, 2, -1)',
    '$hash("a")',
  ])('%s fails for returning nothing', async (expression) => {
    expect(await evaluate(expression)).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        `An error occurred while executing the state 'Show' (entered at the event id #2). ` +
        `The JSONata expression '${expression}' specified for the field 'Output' returned nothing (undefined).`,
    });
  });

  it.each([
    [`1 + {}`, `T2002: The right side of the "+" operator must evaluate to a number`],
    [`$split('a','b',-1)`, 'D3020: Third argument of split function must evaluate to a positive number'],
    [`$each('x', function($v){$v})`, 'T0410: Argument 1 of function "each" does not match function signature'],
    [`$parse(null)`, 'T0410: Argument 1 of function "parse" does not match function signature'],
    [`$eval('1')`, 'T1006: Attempted to invoke a non-function'],
  ])('%s fails with the code and message of JSONata', async (expression, message) => {
    const { cause } = await evaluate(expression);
    expect(cause).toContain(`specified for the field 'Output' threw an error during evaluation. ${message}`);
  });

  it.each([
    [{ a: [{ b: '{% $no %}' }] }, 'Output/a[0]/b'],
    ['{% $no %}', 'Output'],
  ])('names the field in %j', async (output, location) => {
    const run = start(machine({ Show: { Type: 'Pass', Output: output, End: true } }));
    await run.execution.result;
    expect(run.execution.history.find(({ type }) => type === 'EvaluationFailed')?.details).toMatchObject({
      location,
      state: 'Show',
    });
  });

  it('sees the scheduler’s time and the run’s chance', async () => {
    const run = start(
      machine({
        Wait: { Type: 'Wait', Seconds: 90, Next: 'Show' },
        Show: {
          Type: 'Pass',
          Output: '{% [$millis(), $now(), $now("[Y]"), $random(), $shuffle([1, 2])] %}',
          End: true,
        },
      }),
    );
    expect((await run.execution.result).output).toEqual([
      startMs + 90_000,
      '2026-01-01T00:01:30.000Z',
      '2026',
      0.5,
      1,
      2,
    ]);
  });

  it('evaluates Assign and Output on the variables as they were', async () => {
    const run = await executeStateMachine(
      machine({
        Swap: { Type: 'Pass', Assign: { a: '{% $b %}', b: '{% $a %}' }, Output: '{% [$a, $b] %}', Next: 'Show' },
        Show: { Type: 'Pass', Output: { before: '{% $states.input %}', after: '{% [$a, $b] %}' }, End: true },
      }),
      {},
      { variables: { a: 1, b: 2 } },
    );
    expect(run.output).toEqual({ before: [1, 2], after: [2, 1] });
    expect(run.states[0]?.assignedVariables).toEqual({ a: 2, b: 1 });
  });

  it('is literal without its brackets at both ends', async () => {
    const run = await executeStateMachine(
      machine({ Show: { Type: 'Pass', Output: [' {% 1 %}', '$states.input'], End: true } }),
      {},
    );
    expect(run.output).toEqual([' {% 1 %}', '$states.input']);
  });
});

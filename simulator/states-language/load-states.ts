/** Loads one state: which fields each type has, what they may hold, and what this interpreter refuses. */

import { type Checker, isObject, type Json } from './checker.ts';
import type { StatesFields } from './analysis.ts';
import { isText, isWhole, present, type StateContext } from './load-context.ts';
import { distributedFields, mapFields } from './load-map.ts';
import type { Catcher, ChoiceRule, Result, Retrier, State, TaskState, Workflow } from './model.ts';
import { parseResource } from './resource.ts';

const everywhere = ['Type', 'Comment', 'QueryLanguage'];
const flow = [...everywhere, 'Next', 'End', 'Assign', 'Output'];
const fieldsByType: Record<State['type'], readonly string[]> = {
  Task: [...flow, 'Resource', 'Arguments', 'Credentials', 'TimeoutSeconds', 'HeartbeatSeconds', 'Retry', 'Catch'],
  Pass: flow,
  Choice: [...everywhere, 'Assign', 'Output', 'Choices', 'Default'],
  Wait: [...flow, 'Seconds', 'Timestamp'],
  Succeed: [...everywhere, 'Output'],
  Fail: [...everywhere, 'Error', 'Cause'],
  Parallel: [...flow, 'Branches', 'Arguments', 'Retry', 'Catch'],
  Map: [
    ...flow,
    'Items',
    'ItemSelector',
    'ItemProcessor',
    'MaxConcurrency',
    'ToleratedFailureCount',
    'ToleratedFailurePercentage',
    'Label',
    'Retry',
    'Catch',
    ...distributedFields,
  ],
};
const stateTypes = Object.keys(fieldsByType) as State['type'][];

const jsonPathFields = new Set([
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ResultSelector',
  'Parameters',
  'Result',
  'ItemsPath',
  'MaxConcurrencyPath',
  'ErrorPath',
  'CausePath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
]);

/** `$states.result` exists in the Assign and Output of these. */
const withResult = new Set<State['type']>(['Task', 'Parallel', 'Map']);

/** Undefined when nothing useful can be made of it; the problems are reported. */
export function loadState(name: string, json: Json, path: string, context: StateContext): State | undefined {
  const { checker } = context;
  checker.required(json, path, 'Type');
  const type = checker.oneOf(json, path, 'Type', stateTypes);
  checker.string(json, path, 'Comment');
  if (!isJsonata(json, path, context) || type === undefined) return undefined;

  const fields = Object.fromEntries(Object.entries(json).filter(([field]) => !jsonPathFields.has(field)));
  for (const field of Object.keys(json)) {
    if (field in fields) continue;
    checker.report(
      `The QueryLanguage is set to 'JSONata', but field '${field}' is only supported for the 'JSONPath' QueryLanguage`,
      path,
    );
  }
  checker.fields(fields, path, fieldsByType[type]);

  const common = { name, ...result(json, path, '', context, { result: withResult.has(type) }) };
  if (type === 'Succeed') return { type, ...common };
  if (type === 'Fail') return { type, ...common, ...failFields(json, path, checker) };
  if (type === 'Choice') return { type, ...common, ...choiceFields(json, path, context) };
  const moving = { ...common, ...next(json, path, checker) };
  if (type === 'Pass') return { type, ...moving };
  if (type === 'Wait') return { type, ...moving, ...waitFields(json, path, checker) };
  const handled = { ...moving, ...handling(json, path, context) };
  if (type === 'Task') return { type, ...handled, ...taskFields(json, path, checker) };
  if (type === 'Parallel') return { type, ...handled, ...parallelFields(json, path, context) };
  return { type, ...handled, ...mapFields(json, path, context) };
}

function isJsonata(json: Json, path: string, { checker, machineLanguage }: StateContext): boolean {
  checker.oneOf(json, path, 'QueryLanguage', ['JSONPath', 'JSONata']);
  const own = json['QueryLanguage'];
  if (own === 'JSONPath' && machineLanguage === 'JSONata') {
    checker.report(`'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine`, path);
    return false;
  }
  if ((own ?? machineLanguage) === 'JSONata') return true;
  checker.report(`JSONPath states are not implemented: set QueryLanguage to 'JSONata'`, path, 'NOT_IMPLEMENTED');
  return false;
}

function next(json: Json, path: string, checker: Checker): { next?: string } {
  const target = checker.string(json, path, 'Next');
  if (json['End'] !== undefined && json['End'] !== true && json['End'] !== false) {
    checker.report('Expected value of type [BOOLEAN]', `${path}/End`);
  }
  const isEnd = json['End'] === true;
  if (target === undefined && !isEnd) checker.report(`One of 'Next' or 'End: true' is required`, path);
  if (target !== undefined && isEnd) checker.report(`Only one of 'Next' and 'End: true' is allowed`, path);
  return present('next', isEnd ? undefined : target);
}

function result(json: Json, path: string, place: string, context: StateContext, states: StatesFields): Result {
  const { checker } = context;
  const assign = json['Assign'];
  if (assign !== undefined && !isObject(assign)) checker.report('Expected value of type [OBJECT]', `${path}/Assign`);
  for (const name of isObject(assign) ? Object.keys(assign) : []) {
    const location = `${path}/Assign/${name}`;
    if (name === 'states') checker.report(`'states' is a reserved variable name`, location);
    else if (name.length > 80 || !/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) {
      checker.report(`'${name}' is not a variable name`, location);
    }
  }
  return {
    place,
    ...present('assign', isObject(assign) ? checker.template(json, path, 'Assign', states) : undefined),
    ...present('output', checker.template(json, path, 'Output', states)),
  };
}

function failFields(json: Json, path: string, checker: Checker) {
  return {
    ...present('error', checker.typedTemplate(json, path, 'Error', 'a string', isText)),
    ...present('cause', checker.typedTemplate(json, path, 'Cause', 'a string', isText)),
  };
}

function waitFields(json: Json, path: string, checker: Checker) {
  const given = ['Seconds', 'Timestamp'].filter((field) => json[field] !== undefined);
  if (given.length !== 1) checker.report(`Exactly one of 'Seconds' and 'Timestamp' is required`, path);
  return {
    ...present('seconds', checker.typedTemplate(json, path, 'Seconds', 'an integer from 0', isWhole(0, 99_999_999))),
    ...present('timestamp', checker.typedTemplate(json, path, 'Timestamp', 'a string', isText)),
  };
}

function choiceFields(json: Json, path: string, context: StateContext) {
  const { checker } = context;
  checker.required(json, path, 'Choices');
  const rules = checker.objects(json, path, 'Choices');
  if (Array.isArray(json['Choices']) && rules.length === 0)
    checker.report(`Choice state must declare a non-empty field 'Choices'`, path);
  const choices = rules.map(({ json: rule, path: rulePath, index }): ChoiceRule => {
    checker.fields(rule, rulePath, ['Condition', 'Next', 'Assign', 'Output', 'Comment']);
    checker.required(rule, rulePath, 'Condition');
    const condition = checker.typedTemplate(
      rule,
      rulePath,
      'Condition',
      'a boolean',
      (value) => typeof value === 'boolean',
    );
    return {
      condition: condition ?? { kind: 'literal', value: false },
      next: checker.requiredString(rule, rulePath, 'Next'),
      ...result(rule, rulePath, `Choices[${index}]/`, context, {}),
    };
  });
  return { choices, ...present('default', checker.string(json, path, 'Default')) };
}

function taskFields(
  json: Json,
  path: string,
  checker: Checker,
): Omit<TaskState, keyof Result | 'type' | 'name' | 'next' | 'retry' | 'catch'> {
  const resource = checker.requiredString(json, path, 'Resource');
  const integration = parseResource(resource);
  if (integration === undefined && resource !== '') {
    checker.report(`The resource '${resource}' is not implemented`, `${path}/Resource`, 'NOT_IMPLEMENTED');
  }
  const isSeconds = isWhole(1, 99_999_999);
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = json;
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    checker.report(`'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'`, `${path}/HeartbeatSeconds`);
  }
  return {
    resource,
    integration: integration ?? { kind: 'lambda', service: '', action: '', pattern: 'request-response', suffix: '' },
    ...present('arguments', checker.template(json, path, 'Arguments')),
    ...present('credentials', credentials(json, path, checker)),
    ...present('timeoutSeconds', checker.typedTemplate(json, path, 'TimeoutSeconds', 'a positive integer', isSeconds)),
    ...present(
      'heartbeatSeconds',
      checker.typedTemplate(json, path, 'HeartbeatSeconds', 'a positive integer', isSeconds),
    ),
  };
}

function credentials(json: Json, path: string, checker: Checker) {
  const value = json['Credentials'];
  if (value === undefined) return undefined;
  if (!isObject(value)) checker.report('Expected value of type [OBJECT]', `${path}/Credentials`);
  else if (checker.required(value, `${path}/Credentials`, 'RoleArn') !== undefined) {
    checker.fields(value, `${path}/Credentials`, ['RoleArn']);
  }
  return checker.template(json, path, 'Credentials');
}

function parallelFields(json: Json, path: string, context: StateContext) {
  const { checker } = context;
  checker.required(json, path, 'Branches');
  const list = checker.objects(json, path, 'Branches');
  if (Array.isArray(json['Branches']) && list.length === 0)
    checker.report('Expected at least one branch', `${path}/Branches`);
  const branches = list.map(({ json: branch, path: branchPath }): Workflow => {
    checker.fields(branch, branchPath, ['StartAt', 'States', 'Comment']);
    return context.loadWorkflow(branch, branchPath);
  });
  return { branches, ...present('arguments', checker.template(json, path, 'Arguments')) };
}

function handling(json: Json, path: string, context: StateContext): { retry: Retrier[]; catch: Catcher[] } {
  const { checker } = context;
  const retriers = checker.objects(json, path, 'Retry');
  const catchers = checker.objects(json, path, 'Catch');
  return {
    retry: retriers.map(({ json: retrier, path: place, index }): Retrier => {
      checker.fields(retrier, place, [
        'ErrorEquals',
        'IntervalSeconds',
        'MaxAttempts',
        'BackoffRate',
        'MaxDelaySeconds',
        'JitterStrategy',
        'Comment',
      ]);
      return {
        errorEquals: errorEquals(retrier, place, index === retriers.length - 1, checker),
        intervalSeconds: checker.number(retrier, place, 'IntervalSeconds', { min: 1, max: 99_999_999 }) ?? 1,
        maxAttempts: checker.number(retrier, place, 'MaxAttempts', { min: 0, max: 99_999_999 }) ?? 3,
        backoffRate: checker.number(retrier, place, 'BackoffRate', { min: 1, isInteger: false }) ?? 2,
        // Up to a year, exclusive [DG concepts-error-handling].
        ...present('maxDelaySeconds', checker.number(retrier, place, 'MaxDelaySeconds', { min: 1, max: 31_622_399 })),
        jitter: checker.oneOf(retrier, place, 'JitterStrategy', ['NONE', 'FULL']) ?? 'NONE',
      };
    }),
    catch: catchers.map(({ json: catcher, path: place, index }): Catcher => {
      checker.fields(catcher, place, ['ErrorEquals', 'Next', 'Assign', 'Output', 'Comment']);
      return {
        errorEquals: errorEquals(catcher, place, index === catchers.length - 1, checker),
        next: checker.requiredString(catcher, place, 'Next'),
        ...result(catcher, place, `Catch[${index}]/`, context, { errorOutput: true }),
      };
    }),
  };
}

function errorEquals(json: Json, path: string, isLast: boolean, checker: Checker): string[] {
  const value = checker.required(json, path, 'ErrorEquals');
  const names = Array.isArray(value) ? (value as unknown[]).filter((name) => typeof name === 'string') : [];
  const location = `${path}/ErrorEquals`;
  if (value !== undefined && (!Array.isArray(value) || names.length !== value.length || names.length === 0)) {
    checker.report('Expected a non-empty array of strings', location);
  }
  if (names.includes('States.ALL') && (names.length > 1 || !isLast)) {
    checker.report(`'States.ALL' must stand alone, in the last element`, location);
  }
  return names;
}

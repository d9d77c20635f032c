/**
 * Loads a definition: checks it, compiles every expression once, and refuses whatever this interpreter doesn't run.
 */

import { Checker, isObject, type Json } from './checker.ts';
import { DefinitionError, type Problem } from './faults.ts';
import type { StateContext } from './load-context.ts';
import { loadState } from './load-states.ts';
import type { State, StateMachine, Workflow } from './model.ts';

export interface LoadOptions {
  /**
   * For one state on its own: transitions may lead nowhere, and inner workflows and a ResultWriter are not looked at,
   * since `testState` runs none of them. An execution of such a machine would fail.
   */
  forTestState?: boolean;
}

/**
 * @param definition the JSON text, or its value
 * @throws DefinitionError with everything that is wrong
 */
export function loadStateMachine(definition: unknown, options: LoadOptions = {}): StateMachine {
  const { machine, problems } = inspect(definition, options);
  if (machine === undefined || problems.length > 0) throw new DefinitionError(problems);
  return machine;
}

/** All that `loadStateMachine` would refuse, in the order of the definition; empty when it would load. */
export function validateDefinition(definition: unknown, options: LoadOptions = {}): readonly Problem[] {
  return inspect(definition, options).problems;
}

function inspect(definition: unknown, options: LoadOptions): { machine?: StateMachine; problems: Problem[] } {
  const checker = new Checker();
  const { problems } = checker;
  let json = definition;
  if (typeof definition === 'string') {
    try {
      json = JSON.parse(definition) as unknown;
    } catch (error) {
      checker.report((error as Error).message, '/', 'INVALID_JSON_DESCRIPTION');
      return { problems };
    }
  }
  if (!isObject(json)) {
    checker.report('Expected value of type [OBJECT]', '/');
    return { problems };
  }
  checker.fields(json, '', ['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version']);
  checker.oneOf(json, '', 'Version', ['1.0']);
  checker.oneOf(json, '', 'QueryLanguage', ['JSONPath', 'JSONata']);
  const comment = checker.string(json, '', 'Comment');
  const timeoutSeconds = checker.number(json, '', 'TimeoutSeconds', { min: 1, max: 99_999_999 });
  const workflow = loadWorkflow(json, '', {
    checker,
    machineLanguage: json['QueryLanguage'],
    stateNames: new Set(),
    mapLabels: new Set(),
    options,
  });
  const machine: StateMachine = {
    ...workflow,
    definition: json,
    ...(comment === undefined ? {} : { comment }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
  return { machine, problems };
}

interface WorkflowContext extends Omit<StateContext, 'loadWorkflow'> {
  /** Names seen so far: a name is unique in the whole machine. */
  stateNames: Set<string>;
  options: LoadOptions;
}

function loadWorkflow(json: Json, path: string, context: WorkflowContext): Workflow {
  const { checker } = context;
  const startAt = checker.requiredString(json, path, 'StartAt');
  const statesJson = checker.required(json, path, 'States');
  const states = new Map<string, State>();
  if (!isObject(statesJson)) {
    if (statesJson !== undefined) checker.report('Expected value of type [OBJECT]', `${path}/States`);
    return { startAt, states };
  }
  const entries = Object.entries(statesJson).filter((entry): entry is [string, Json] => isObject(entry[1]));
  for (const [name, value] of Object.entries(statesJson)) {
    const statePath = `${path}/States/${name}`;
    if (!isObject(value)) checker.report('Expected value of type [OBJECT]', statePath);
    if (name.length === 0 || name.length > 80) checker.report('A state name has 1 to 80 characters', statePath);
    if (context.stateNames.has(name))
      checker.report(`State name '${name}' is not unique`, statePath, 'DUPLICATE_STATE_NAME');
    context.stateNames.add(name);
  }
  for (const [name, value] of entries) {
    const state = loadState(name, value, `${path}/States/${name}`, {
      ...context,
      loadWorkflow: (inner, innerPath) =>
        context.options.forTestState === true
          ? { startAt: '', states: new Map() }
          : loadWorkflow(inner, innerPath, context),
    });
    if (state !== undefined) states.set(name, state);
  }
  const isComplete = states.size === Object.keys(statesJson).length;
  if (isComplete && context.options.forTestState !== true) checkGraph({ startAt, states }, path, checker);
  return { startAt, states };
}

/** Every transition has a target, every state is reached, and one of them ends. */
function checkGraph(workflow: Workflow, path: string, checker: Checker): void {
  const { startAt, states } = workflow;
  const missing = (field: string, target: string, location: string) => {
    if (!states.has(target))
      checker.report(`Missing '${field}' target: ${target}`, location, 'MISSING_TRANSITION_TARGET');
  };
  if (startAt !== '') missing('StartAt', startAt, `${path}/StartAt`);
  for (const state of states.values()) {
    for (const { field, target, place } of transitions(state))
      missing(field, target, `${path}/States/${state.name}/${place}`);
  }
  if (checker.problems.some((problem) => problem.code === 'MISSING_TRANSITION_TARGET')) return;

  const reached = new Set<string>();
  const queue = [startAt];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const state = states.get(name);
    if (state === undefined || reached.has(name)) continue;
    reached.add(name);
    queue.push(...transitions(state).map(({ target }) => target));
  }
  for (const name of states.keys()) {
    if (!reached.has(name)) {
      checker.report(`State "${name}" is not reachable.`, `${path}/States/${name}`, 'MISSING_TRANSITION_TARGET');
    }
  }
  if (states.size > 0 && ![...states.values()].some((state) => isEnd(state))) {
    checker.report('No state ends the execution', `${path}/States`, 'MISSING_END_STATE');
  }
}

function isEnd(state: State): boolean {
  return state.type === 'Succeed' || state.type === 'Fail' || (state.type !== 'Choice' && state.next === undefined);
}

function transitions(state: State): { field: string; target: string; place: string }[] {
  const found: { field: string; target: string; place: string }[] = [];
  if ('next' in state && state.next !== undefined) found.push({ field: 'Next', target: state.next, place: 'Next' });
  if (state.type === 'Choice') {
    for (const rule of state.choices) found.push({ field: 'Next', target: rule.next, place: `${rule.place}Next` });
    if (state.default !== undefined) found.push({ field: 'Default', target: state.default, place: 'Default' });
  }
  if ('catch' in state) {
    for (const catcher of state.catch)
      found.push({ field: 'Next', target: catcher.next, place: `${catcher.place}Next` });
  }
  return found;
}
